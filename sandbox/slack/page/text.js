// Slack's text: nothing of it is ever markup for the browser; elements are built one by one.

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", no_entry: "⛔", warning: "⚠️", hourglass_flowing_sand: "⏳",
  hourglass: "⌛", moneybag: "💰", money_with_wings: "💸", credit_card: "💳", bell: "🔔", zzz: "💤", memo: "📝",
  mag: "🔍", rotating_light: "🚨", arrows_counterclockwise: "🔄", clock3: "🕒", point_right: "👉",
};
const DATE = {
  "{date_num}": { year: "numeric", month: "2-digit", day: "2-digit" },
  "{date}": { year: "numeric", month: "long", day: "numeric" },
  "{date_long}": { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  "{date_short}": { year: "numeric", month: "short", day: "numeric" },
  "{date_pretty}": { year: "numeric", month: "long", day: "numeric" },
  "{date_long_pretty}": { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  "{date_short_pretty}": { year: "numeric", month: "short", day: "numeric" },
};
const INLINE = [
  [/```([^]+?)```/, m => el("pre", {}, unescape(m[1]))],
  [/`([^`\n]+)`/, m => el("code", {}, unescape(m[1]))],
  [/<([^<>]+)>/, (m, names) => angled(m[1], names)],
  [/(?<![\p{L}\p{N}])\*([^*\n]+)\*(?![\p{L}\p{N}])/u, (m, names) => el("strong", {}, ...inline(m[1], names))],
  [/(?<![\p{L}\p{N}])_([^_\n]+)_(?![\p{L}\p{N}])/u, (m, names) => el("em", {}, ...inline(m[1], names))],
  [/(?<![\p{L}\p{N}])~([^~\n]+)~(?![\p{L}\p{N}])/u, (m, names) => el("s", {}, ...inline(m[1], names))],
  [/:([a-z0-9_+-]+):/, m => document.createTextNode(EMOJI[m[1]] ?? m[0])],
];

/** An element with attributes (functions are listeners) and children, which may be text. */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter(child => child != null));
  return made;
}

/** A text object as nodes; `names` gives people and channels by id. */
export function text(object, names = {}) {
  if (!object) return [];
  return object.type === "plain_text" ? lines(object.text, plain) : mrkdwn(object.text, names);
}

/** Slack's markup as nodes. */
export function mrkdwn(source, names = {}) {
  const nodes = [];
  let quoted = [];
  const flush = () => {
    if (quoted.length) nodes.push(el("blockquote", {}, ...lines(quoted.join("\n"), part => inline(part, names))));
    quoted = [];
  };
  let kept = [];
  const keep = () => {
    if (kept.length) nodes.push(...lines(kept.join("\n"), part => inline(part, names)));
    kept = [];
  };
  if (source.includes("```")) return lines(source, part => inline(part, names), /(?!)/);
  for (const line of source.split("\n")) {
    if (line.startsWith("&gt;")) { keep(); quoted.push(line.slice(4).trimStart()); } else { flush(); kept.push(line); }
  }
  flush();
  keep();
  return nodes;
}

function lines(source, render, separator = "\n") {
  return source.split(separator).flatMap((line, i) => (i ? [el("br"), ...render(line)] : render(line)));
}

function plain(source) {
  return [source.replace(/:([a-z0-9_+-]+):/g, (all, name) => EMOJI[name] ?? all)];
}

function inline(source, names) {
  let first = null;
  for (const [pattern, make] of INLINE) {
    const found = pattern.exec(source);
    if (found && (!first || found.index < first.found.index)) first = { found, make };
  }
  if (!first) return source ? [unescape(source)] : [];
  const { found, make } = first;
  const after = source.slice(found.index + found[0].length);
  return [...inline(source.slice(0, found.index), names), make(found, names), ...inline(after, names)];
}

function angled(inside, names) {
  const [target, label] = inside.split("|");
  const mention = shown => el("span", { class: "mention" }, shown);
  if (target.startsWith("@")) return mention(`@${names[target.slice(1)] ?? target.slice(1)}`);
  if (target.startsWith("#")) return mention(`#${names[target.slice(1)] ?? label ?? target.slice(1)}`);
  if (target.startsWith("!date^")) return date(target.split("^"), label);
  if (target.startsWith("!")) return mention(`@${target.slice(1).split("^")[0]}`);
  if (!/^(https?|mailto):/.test(target)) return document.createTextNode(unescape(`<${inside}>`));
  return el("a", { href: unescape(target), target: "_blank", rel: "noreferrer" }, unescape(label ?? target));
}

function date([, seconds, format], fallback) {
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.valueOf())) return document.createTextNode(unescape(fallback ?? ""));
  const time = { hour: "2-digit", minute: "2-digit" };
  const shown = format.replace(/\{[a-z_]+\}/g, token =>
    token.startsWith("{time") ? at.toLocaleTimeString([], time) : at.toLocaleDateString("en", DATE[token] ?? {}));
  return el("time", { datetime: at.toISOString(), title: fallback ?? "" }, shown);
}

function unescape(source) {
  return source.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
