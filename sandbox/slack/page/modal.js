// Modals, and the question before a button that asks for one.

import { blocks, values } from "./blocks.js";
import { el, text } from "./text.js";

const dialog = document.querySelector("#modal");
const question = document.querySelector("#confirm");
let current = null;

/** Show the modal that is open for a person, or none. `post(what, body)` sends what they do. */
export function showModal(modal, user, names, post) {
  if (!modal) {
    current = null;
    if (dialog.open) dialog.close();
    return;
  }
  const key = `${modal.id} ${modal.hash}`;
  if (current === key) return;
  current = key;
  const { view } = modal;
  const form = el("form", { novalidate: true },
    el("header", { id: "modal-title" }, ...text(view.title)),
    el("div", { class: "body" }, ...blocks(view.blocks, names)),
    el("footer", {},
      el("p", { class: "trouble", role: "alert" }),
      el("button", { type: "button", click: () => dialog.close() }, ...(view.close ? text(view.close) : ["Close"])),
      view.submit && el("button", { type: "submit", class: "primary" }, ...text(view.submit))));
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    const outcome = await post("submit", { user, view_id: modal.id, values: values(view.blocks, form) });
    button.disabled = false;
    for (const place of form.querySelectorAll("[data-errors-of]")) {
      place.textContent = outcome.errors[place.dataset.errorsOf] ?? "";
    }
    form.querySelector("footer .trouble").textContent = outcome.trouble ?? "";
  });
  dialog.onclose = () => {
    if (current !== key) return;
    post("close", { user, view_id: modal.id });
  };
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  form.querySelector("textarea, .field input, .field select")?.focus();
}

/** Ask as a button's `confirm` says; whether the answer is yes. */
export function agreed(confirm) {
  if (!confirm) return Promise.resolve(true);
  return new Promise(resolve => {
    question.replaceChildren(el("form", { method: "dialog" },
      el("header", { id: "confirm-title" }, ...text(confirm.title)),
      el("div", { class: "body" }, ...text(confirm.text)),
      el("footer", {},
        el("button", { value: "" }, ...text(confirm.deny)),
        el("button", { value: "yes", class: confirm.style ?? "primary" }, ...text(confirm.confirm)))));
    question.returnValue = "";
    question.onclose = () => resolve(question.returnValue === "yes");
    question.showModal();
  });
}
