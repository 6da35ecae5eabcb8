// What the workspace holds, drawn anew when it has changed; what a person does goes to the sandbox.

const POLL_MS = 400;
const PRIORITY = ["No priority", "Urgent", "High", "Medium", "Low"];
const CLOSED = new Set(["Done", "Collected", "Canceled", "Duplicate"]);
const MARKDOWN = /\[([^\]\n]+)\]\((https?:\/\/[^\s()]+)\)|(https?:\/\/[^\s()<>]+)|(?<!\\)\*\*([^*\n]+)\*\*|(?<!\\)`([^`\n]+)`/g;
const $ = selector => document.querySelector(selector);
// A tab is one person, so that two of them can sit side by side.
let me = sessionStorage.getItem("me");
let which = sessionStorage.getItem("which") ?? "open";
let state = null;
let seen = "";
// What is being written stays when the page is drawn anew; so does trouble, until the next try.
const drafts = new Map();
const troubles = new Map();
// The address of an issue leads to it.
const here = decodeURIComponent(location.pathname.split("/issue/")[1] ?? "");
let isShown = false;

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter(child => child != null));
  return made;
}

// Nothing that was written is ever markup of this page: elements are made one by one, everything else is text.
function words(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(MARKDOWN)) {
    const [, label, address, bare, strong, code] = found;
    const href = address ?? bare;
    nodes.push(plain(text.slice(end, found.index)));
    if (href) nodes.push(el("a", { href, target: "_blank", rel: "noreferrer" }, plain(label ?? href)));
    else nodes.push(strong ? el("strong", {}, plain(strong)) : el("code", {}, code));
    end = found.index + found[0].length;
  }
  return [...nodes, plain(text.slice(end))];
}

const plain = text => text.replace(/\\([\\`*_{}[\]()<>#+\-.!|~@])/g, "$1");

async function post(what, issue, body) {
  troubles.delete(issue);
  try {
    const answer = await fetch(`/_sandbox/${what}`, { method: "POST", body: JSON.stringify({ issue, ...body }) });
    const { trouble } = await answer.json();
    if (trouble) troubles.set(issue, trouble);
    seen = "";
    await poll();
    return !trouble;
  } catch {
    $("#reached").textContent = "The sandbox has ended.";
    return false;
  }
}

async function poll() {
  try {
    const answer = await fetch(`/_sandbox/state?seen=${encodeURIComponent(seen)}`);
    if (answer.status === 200) {
      state = await answer.json();
      seen = state.version;
      draw();
    }
  } catch {
    $("#reached").textContent = "The sandbox has ended.";
  }
}

function draw() {
  if (!state.users.some(user => user.id === me)) me = state.users[0].id;
  if ($("#who").children.length !== state.users.length) {
    $("#who").replaceChildren(...state.users.map(user => el("option", { value: user.id }, user.name)));
  }
  $("#who").value = me;
  $("#which").value = which;
  const isOpen = issue => !CLOSED.has(issue.state) && !issue.gone;
  const shown = state.issues.filter(issue => which === "all" || isOpen(issue) || issue.identifier === here);
  $("#count").textContent = `${state.issues.filter(isOpen).length} open, ${state.issues.length} in all`;
  $("#empty").hidden = shown.length > 0;
  // Drawing anew must not take the keyboard away from where it was.
  const active = document.activeElement;
  const at = active?.id && active.closest("#issues") ? [active.id, active.selectionStart, active.selectionEnd] : null;
  $("#issues").replaceChildren(...shown.map(issue => el("li", {}, card(issue))));
  if (at) {
    const again = document.getElementById(at[0]);
    again?.focus();
    if (at[1] != null) again?.setSelectionRange?.(at[1], at[2]);
  }
  if (here && !isShown && document.getElementById(here)) {
    isShown = true;
    document.getElementById(here).scrollIntoView();
  }
}

function card(issue) {
  const states = issue.states.map(name => el("option", { value: name, selected: name === issue.state }, name));
  const move = event => post("move", issue.id, { state: event.target.value });
  const facts = [issue.team, PRIORITY[issue.priority], issue.assignee ?? "Nobody"];
  return el("article", { class: `issue${issue.identifier === here ? " here" : ""}`, id: issue.identifier },
    el("h3", {}, `${issue.identifier} ${issue.title}`),
    el("div", { class: "facts" },
      el("select", { id: `state-${issue.id}`, "aria-label": `State of ${issue.identifier}`, disabled: !!issue.gone, change: move }, ...states),
      ...facts.map(fact => el("span", {}, fact)),
      ...issue.labels.map(label => el("span", { class: "tag" }, label)),
      ...issue.links.map(link => el("a", { href: link.url, target: "_blank", rel: "noreferrer" }, link.title)),
      issue.gone ? el("strong", {}, issue.gone) : null,
      issue.gone ? null : el("button", { type: "button", class: "quiet", click: () => post("trash", issue.id, {}) }, "Delete")),
    issue.description ? el("p", { class: "words" }, ...words(issue.description)) : null,
    issue.comments.length ? el("ol", { class: "comments", "aria-label": "Comments" }, ...issue.comments.map(comment)) : null,
    issue.gone ? null : reply(issue),
    troubles.has(issue.id) ? el("p", { class: "trouble", role: "alert" }, troubles.get(issue.id)) : null);
}

function comment(given) {
  const at = new Date(given.at);
  return el("li", {},
    el("div", { class: "by" },
      el("strong", {}, given.by ?? "Somebody"),
      el("time", { class: "hint", datetime: given.at }, at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }))),
    el("p", { class: "words" }, ...words(given.body)));
}

function reply(issue) {
  const send = async event => {
    event.preventDefault();
    const body = (drafts.get(issue.id) ?? "").trim();
    if (!body) return;
    drafts.delete(issue.id);
    if (!(await post("comment", issue.id, { user: me, body }))) drafts.set(issue.id, body);
    draw();
  };
  const field = el("textarea", { id: `say-${issue.id}`, rows: 1, input: event => drafts.set(issue.id, event.target.value) });
  field.value = drafts.get(issue.id) ?? "";
  return el("form", { submit: send },
    el("label", {}, `Comment on ${issue.identifier}`, field),
    el("button", {}, "Comment"));
}

$("#who").addEventListener("change", event => {
  me = event.target.value;
  sessionStorage.setItem("me", me);
});
$("#which").addEventListener("change", event => {
  which = event.target.value;
  sessionStorage.setItem("which", which);
  draw();
});
await poll();
setInterval(poll, POLL_MS);
