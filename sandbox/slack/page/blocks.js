// Blocks of messages and modals as elements.

import { el, text } from "./text.js";

/** Blocks as nodes. `use(element, chosen, node)` is called when a person uses one; `names` gives people by id. */
export function blocks(given, names, use) {
  return given.map(block => one(block, names, use));
}

function one(block, names, use) {
  const interactive = element => control(element, block.block_id, use);
  switch (block.type) {
    case "header":
      return el("div", { class: "block header" }, ...text(block.text));
    case "section":
      return el("div", { class: "block section" },
        el("div", {},
          ...text(block.text, names),
          block.fields && el("div", { class: "fields" }, ...block.fields.map(f => el("div", {}, ...text(f, names))))),
        block.accessory && interactive(block.accessory));
    case "context":
      return el("div", { class: "block context" }, ...block.elements.map(e =>
        e.type === "image" ? el("img", { src: e.image_url, alt: e.alt_text, height: 16 }) : el("span", {}, ...text(e, names))));
    case "actions":
      return el("div", { class: "block actions" }, ...block.elements.map(interactive));
    case "divider":
      return el("div", { class: "block" }, el("hr"));
    case "image":
      return el("div", { class: "block" }, el("img", { src: block.image_url, alt: block.alt_text }));
    case "input":
      return field(block);
    default:
      return el("div", { class: "block hint" }, `(${block.type}: not shown in the sandbox)`);
  }
}

function control(element, blockId, use) {
  const key = `${blockId}/${element.action_id}`;
  if (element.type === "image") return el("img", { src: element.image_url, alt: element.alt_text, height: 48 });
  if (element.type === "button") {
    const pressed = event => use?.(element, { block_id: blockId }, event.currentTarget);
    const attributes = { type: "button", class: element.style, "data-key": key, "aria-label": element.accessibility_label };
    return el("button", { ...attributes, click: pressed }, ...text(element.text));
  }
  if (element.options) {
    const chosen = event => {
      const option = element.options[event.target.value];
      if (option) use?.(element, { block_id: blockId, selected_option: option }, event.target);
      event.target.value = "";
    };
    const label = element.type === "overflow" ? "More actions" : element.placeholder?.text ?? "Choose";
    return el("select", { "data-key": key, "aria-label": label, change: chosen },
      el("option", { value: "" }, element.type === "overflow" ? "⋯" : label),
      ...element.options.map((option, i) => el("option", { value: i }, ...text(option.text))));
  }
  return el("span", { class: "hint" }, `(${element.type}: not shown in the sandbox)`);
}

function field(block) {
  const { element } = block;
  const id = `${block.block_id}/${element.action_id}`;
  const isMany = element.type === "radio_buttons" || element.type === "checkboxes";
  const label = el(isMany ? "legend" : "label", isMany ? {} : { for: id },
    ...text(block.label), block.optional ? el("small", {}, " (optional)") : "");
  const hint = block.hint && el("p", { class: "hint", id: `${id}/hint` }, ...text(block.hint));
  const trouble = el("p", { class: "trouble", role: "alert", "data-errors-of": block.block_id });
  const described = block.hint ? `${id}/hint` : null;
  const attributes = { id, name: id, "aria-describedby": described, placeholder: element.placeholder?.text };
  return el(isMany ? "fieldset" : "div", { class: "field" }, label, input(element, attributes), hint, trouble);
}

function input(element, attributes) {
  switch (element.type) {
    case "plain_text_input": {
      const made = el(element.multiline ? "textarea" : "input", attributes);
      made.value = element.initial_value ?? "";
      return made;
    }
    case "static_select":
      return el("select", attributes,
        el("option", { value: "" }, element.placeholder?.text ?? "Choose"),
        ...element.options.map((option, i) =>
          el("option", { value: i, selected: option.value === element.initial_option?.value }, ...text(option.text))));
    case "radio_buttons":
    case "checkboxes": {
      const initial = [element.initial_option, ...(element.initial_options ?? [])].map(option => option?.value);
      const type = element.type === "checkboxes" ? "checkbox" : "radio";
      return el("div", {}, ...element.options.map((option, i) => el("label", {},
        el("input", { type, name: attributes.name, value: i, checked: initial.includes(option.value) }),
        " ", ...text(option.text))));
    }
    case "datetimepicker": {
      const made = el("input", { ...attributes, type: "datetime-local" });
      if (element.initial_date_time) made.value = local(element.initial_date_time);
      return made;
    }
    case "datepicker":
      return el("input", { ...attributes, type: "date", value: element.initial_date });
    default:
      return el("input", { ...attributes, type: { number_input: "number" }[element.type] ?? "text" });
  }
}

function local(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at.valueOf() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

/** What was filled into a modal's form, as Slack's `state.values`. */
export function values(given, form) {
  const found = {};
  for (const { type, block_id, element } of given) {
    if (type !== "input") continue;
    const named = [...form.elements].filter(e => e.name === `${block_id}/${element.action_id}`);
    found[block_id] = { [element.action_id]: { type: element.type, ...filled(element, named) } };
  }
  return found;
}

function filled(element, named) {
  const value = named[0]?.value ?? "";
  const checked = named.filter(e => e.checked).map(e => element.options[e.value]);
  switch (element.type) {
    case "static_select": return { selected_option: value === "" ? null : element.options[value] };
    case "radio_buttons": return { selected_option: checked[0] ?? null };
    case "checkboxes": return { selected_options: checked };
    case "datetimepicker": return { selected_date_time: value ? Math.floor(new Date(value).valueOf() / 1000) : null };
    case "datepicker": return { selected_date: value || null };
    default: return { value: value || null };
  }
}
