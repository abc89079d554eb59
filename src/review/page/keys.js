// The keys: one table that is both what the keyboard does and what the help shows.

import { $, element, store } from "./words.js";

const SHOWN = {
  ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", Delete: "Del",
  "Shift+ArrowLeft": "⇧←", "Shift+ArrowRight": "⇧→", "Shift+ArrowUp": "⇧↑", "Shift+ArrowDown": "⇧↓", " ": "Space",
};
const shown = (key) => SHOWN[key] ?? key.replace("Shift+", "⇧").replace(/(?<=^|⇧|\+)[a-z]$/, (letter) => letter.toUpperCase());

const nameOf = (event) => {
  if (event.altKey) return "";
  const letter = /^[a-z]$/i.test(event.key);
  const key = letter ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) return key === "z" && !event.shiftKey ? "Ctrl+z" : "";
  return event.shiftKey && (letter || key.startsWith("Arrow")) ? "Shift+" + key : key;
};

const TYPING = "input:not([type=checkbox]):not([type=radio]):not([type=range]), select, textarea";
const PRESSING = "button, a, summary, input, select, textarea";
const MOVING = "input[type=range], input[type=radio], select";

export class Keys {
  // `table`: [{ title, keys: [[keys, words, act(key), view, held]] }]; `view()` names the view in sight. Only
  // what is `held` goes on while its key is down: walking and zooming, never a decision.
  constructor(table, view) {
    this.view = view;
    this.map = new Map();
    this.letters = store.get("keys") !== "off";
    for (const { keys } of table) {
      for (const [names, , act, where, held = false] of keys) {
        for (const name of names) this.map.set((where ?? "") + ":" + name, { act, held });
      }
    }
    this.help(table);
    document.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if ($("help").open || event.defaultPrevented) return;
    const name = nameOf(event);
    const { target } = event;
    if (!name || !(target instanceof Element)) return;
    if (target.closest(TYPING)) {
      if (name === "Escape") target.blur();
      return;
    }
    // A focused button is pressed by Enter and Space, a slider is moved by arrows: those keys are theirs.
    if ((name === "Enter" || name === " ") && target.closest(PRESSING)) {
      if (event.repeat && target.closest("button")) event.preventDefault();
      return;
    }
    if (name.startsWith("Arrow") && target.closest(MOVING)) return;
    if (!this.letters && name.length === 1 && name !== " ") return;
    const found = this.map.get(this.view() + ":" + name) ?? this.map.get(":" + name);
    if (!found) return;
    if (event.repeat && !found.held) {
      event.preventDefault();
      return;
    }
    if (found.act(name) === false) return;
    event.preventDefault();
  }

  help(table) {
    const dialog = $("help");
    $("keys").replaceChildren(...table.map(({ title, keys }) => {
      const rows = keys.map(([names, words]) => element("div", "",
        element("dt", "", ...names.flatMap((name) => [element("kbd", "", shown(name)), " "])),
        element("dd", "", words)));
      return element("section", "", element("h3", "", title), element("dl", "", ...rows));
    }));
    const box = $("keys-on");
    box.checked = this.letters;
    box.addEventListener("change", () => {
      this.letters = box.checked;
      store.set("keys", box.checked ? null : "off");
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    $("help-open").addEventListener("click", () => dialog.showModal());
  }
}
