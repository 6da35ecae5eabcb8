// What the workspace holds, drawn anew when it has changed; what a person does goes to the sandbox.

import { blocks } from "./blocks.js";
import { agreed, showModal } from "./modal.js";
import { el, mrkdwn } from "./text.js";

const POLL_MS = 400;
const $ = selector => document.querySelector(selector);
// A tab is one person, so that two of them can sit side by side.
let me = sessionStorage.getItem("me");
let state = null;
let seen = "";
// Trouble of a press stays beside its button until the next press of it.
const troubles = new Map();
const busy = new Set();

async function post(what, body) {
  const answer = await fetch(`/_sandbox/${what}`, { method: "POST", body: JSON.stringify(body) });
  const outcome = await answer.json();
  await poll();
  return outcome;
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
  const names = Object.fromEntries([
    ...state.users.map(user => [user.id, user.real_name]),
    ...state.channels.map(channel => [channel.id, channel.name]),
  ]);
  if (!state.users.some(user => user.id === me)) me = state.users[0].id;
  const here = state.channels.find(channel => channel.id === location.hash.slice(1)) ?? state.channels[0];
  drawSide(here);
  const visible = state.messages.filter(m => m.channel === here.id && (!m.seen_by || m.seen_by === me));
  const roots = visible.filter(m => !m.thread_ts);
  $("#channel-name").textContent = `# ${here.name}`;
  $("#channel-count").textContent = `${visible.length} message${visible.length === 1 ? "" : "s"}`;
  $("#empty").hidden = visible.length > 0;
  // Drawing anew must not take the keyboard away from where it was.
  const focused = document.activeElement?.dataset?.key && document.activeElement.closest("[data-ts]")?.dataset.ts;
  const key = document.activeElement?.dataset?.key;
  const isAtEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 40;
  $("#messages").replaceChildren(...roots.map(root => {
    const replies = visible.filter(m => m.thread_ts === root.ts);
    return el("li", {}, message(root, names), replies.length ? thread(replies, names) : null);
  }));
  if (focused) $(`[data-ts="${focused}"] [data-key="${CSS.escape(key)}"]`)?.focus();
  if (isAtEnd) scrollTo(0, document.documentElement.scrollHeight);
  showModal(state.modals.find(modal => modal.user === me), me, names, post);
}

function drawSide(here) {
  const who = $("#who");
  if (who.children.length !== state.users.length) {
    who.replaceChildren(...state.users.map(user => el("option", { value: user.id }, user.real_name)));
  }
  who.value = me;
  $("#who-title").textContent = `${state.users.find(user => user.id === me).title} (${me})`;
  $("#channels").replaceChildren(...state.channels.map(channel => {
    const count = state.messages.filter(m => m.channel === channel.id && !m.seen_by).length;
    const current = channel.id === here.id ? "page" : null;
    return el("li", {}, el("a", { href: `#${channel.id}`, "aria-current": current },
      `# ${channel.name}`, el("span", {}, count ? String(count) : "")));
  }));
  $("#reached").textContent = {
    socket: "The app is connected by Socket Mode.", http: "The app is reached over HTTP.",
  }[state.reached_by] ?? "No app is connected: buttons will not work.";
}

function thread(replies, names) {
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  return el("div", { class: "replies" },
    el("p", { class: "replies-note" }, count),
    el("ol", {}, ...replies.map(reply => el("li", {}, message(reply, names)))));
}

function message(given, names) {
  const at = new Date(Number(given.ts) * 1000);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const dismiss = () => post("dismiss", { user: me, channel: given.channel, ts: given.ts });
  const body = given.blocks.length ? blocks(given.blocks, names, (...used) => use(given, ...used)) : mrkdwn(given.text, names);
  const trouble = troubles.get(given.ts);
  return el("article", { class: `message${given.seen_by ? " only-you" : ""}`, "data-ts": given.ts },
    el("div", { class: "face", "aria-hidden": "true" }, "RL"),
    el("div", {},
      el("div", { class: "by" },
        el("strong", {}, state.app), el("span", { class: "tag" }, "App"),
        el("time", { class: "hint", datetime: at.toISOString(), title: given.ts }, time),
        given.edited ? el("span", { class: "hint" }, "(edited)") : null,
        given.seen_by ? el("span", { class: "hint" }, "Only visible to you") : null,
        given.seen_by ? el("button", { type: "button", class: "quiet", click: dismiss }, "Dismiss") : null),
      ...body,
      trouble ? el("p", { class: "trouble", role: "alert" }, `⚠️ ${trouble}`) : null));
}

async function use(given, element, chosen, node) {
  if (element.url) open(element.url, "_blank", "noreferrer");
  const key = `${given.ts}/${element.action_id}`;
  if (busy.has(key) || !(await agreed(element.confirm))) return;
  busy.add(key);
  node.disabled = true;
  troubles.delete(given.ts);
  const body = { user: me, channel: given.channel, ts: given.ts, action_id: element.action_id, chosen };
  const outcome = await post("press", body);
  busy.delete(key);
  node.disabled = false;
  if (outcome.trouble) troubles.set(given.ts, outcome.trouble);
  draw();
}

$("#who").addEventListener("change", event => {
  me = event.target.value;
  sessionStorage.setItem("me", me);
  draw();
});
addEventListener("hashchange", () => { if (state) draw(); });
await poll();
setInterval(poll, POLL_MS);
