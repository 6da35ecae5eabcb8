// The mails that came, drawn anew when there is another. Nothing of a mail is markup of this page.

const POLL_MS = 400;
const FORMS = ["HTML", "Text", "Headers", "Source"];
const $ = selector => document.querySelector(selector);
let seen = "";
let mails = [];
let chosen = null;
let form = "HTML";

function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value != null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter(child => child != null));
  return made;
}

async function poll() {
  try {
    const answer = await fetch(`/messages?seen=${encodeURIComponent(seen)}`);
    if (answer.status !== 200) return;
    const state = await answer.json();
    seen = state.version;
    mails = state.messages.reverse();
    drawList();
    if (!chosen && mails.length) await choose(location.hash.slice(1) || mails[0].id);
  } catch {
    $("#server").textContent = "The sandbox has ended.";
  }
}

function drawList() {
  const focused = document.activeElement?.dataset?.id;
  $("#none").hidden = mails.length > 0;
  $("#empty").hidden = chosen !== null || mails.length === 0;
  $("#list").replaceChildren(...mails.map(mail => {
    const at = new Date(mail.at);
    const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const attributes = { type: "button", "data-id": mail.id, "aria-current": mail.id === chosen ? "true" : null };
    return el("li", {}, el("button", { ...attributes, click: () => choose(mail.id) },
      el("span", { class: "who" }, mail.to.replace(/\s*<[^<>]*>$/, "") || mail.to || "(nobody)"),
      el("time", { datetime: at.toISOString() }, time),
      el("span", { class: "subject" }, mail.subject || "(no subject)")));
  }));
  if (focused) $(`#list [data-id="${focused}"]`)?.focus();
}

async function choose(id) {
  const answer = await fetch(`/messages/${id}`);
  if (!answer.ok) return;
  chosen = id;
  history.replaceState(null, "", `#${id}`);
  drawList();
  drawMail(await answer.json());
}

function drawMail(mail) {
  $("#shown").hidden = false;
  $("#subject").textContent = mail.subject || "(no subject)";
  const people = [["From", mail.from], ["To", mail.to], ["Replies to", header(mail, "reply-to")], ["Sent", header(mail, "date")]];
  $("#people").replaceChildren(...people.filter(([, value]) => value).flatMap(([name, value]) =>
    [el("dt", {}, name), el("dd", {}, value)]));
  const forms = mail.has_html ? FORMS : FORMS.slice(1);
  const now = forms.includes(form) ? form : forms[0];
  $("#tabs").replaceChildren(...forms.map(name => el("button", {
    type: "button", role: "tab", "aria-selected": String(name === now), "aria-controls": "body", tabindex: name === now ? 0 : -1,
    click: () => show(mail, name), keydown: event => step(event, mail, forms, name),
  }, name)));
  $("#body").replaceChildren(body(mail, now));
}

function show(mail, name) {
  form = name;
  drawMail(mail);
  $("#tabs [aria-selected=true]").focus();
}

function step(event, mail, forms, name) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (by) show(mail, forms[(forms.indexOf(name) + by + forms.length) % forms.length]);
}

function body(mail, name) {
  if (name === "HTML") {
    // No scripts, no forms, no origin: the answer's own policy says so too.
    const sandbox = "allow-popups allow-popups-to-escape-sandbox";
    return el("iframe", { sandbox, src: `/messages/${mail.id}/html`, title: "The mail as HTML", referrerpolicy: "no-referrer" });
  }
  if (name === "Text") return el("pre", { class: "words" }, mail.text);
  if (name === "Source") return el("pre", {}, mail.raw);
  return el("table", {}, el("tbody", {}, ...mail.headers.map(([key, value]) =>
    el("tr", {}, el("th", { scope: "row" }, key), el("td", {}, value)))));
}

function header(mail, name) {
  return mail.headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

const server = await (await fetch("/server")).json();
$("#server").textContent = `It listens at ${server.host}:${server.port}` +
  { starttls: " and asks for STARTTLS.", tls: " over TLS.", none: ", unencrypted." }[server.tls];
addEventListener("hashchange", () => choose(location.hash.slice(1)));
await poll();
setInterval(poll, POLL_MS);
