// The plan: what was chosen, by folder; writing it down; and what to type next. Nothing is touched here.

import { get, send, settled } from "./api.js";
import { said, wrong } from "./notes.js";
import { $, button, bytes, copyButton, count, counted, element, lowerWords, percent } from "./words.js";

const RULES = [
  ["largest-pixels", "most pixels"], ["largest-bytes", "most bytes"], ["richest-exif", "most EXIF fields"], ["oldest", "oldest"],
  ["newest", "newest"], ["format:png>jpeg", "PNG before JPEG"], ["label-majority", "label of the majority"], ["shortest-path", "shortest path"],
];

export class Plan {
  // `state()` is the server's last state; `threshold()` the one in force.
  constructor({ state, threshold }) {
    Object.assign(this, { state, threshold });
    this.box = $("view-plan");
    this.rules = ["largest-pixels", "largest-bytes", "shortest-path"];
    this.chosen = true;
  }

  async open() {
    this.box.setAttribute("aria-busy", "true");
    await settled();
    try {
      this.draw(await get("chosen", { threshold: this.threshold() }));
    } catch (error) {
      this.box.replaceChildren(element("div", "column", element("p", "soft", error.message)));
    } finally {
      this.box.removeAttribute("aria-busy");
    }
  }

  draw(found) {
    const column = element("div", "column");
    const { remove, keep, bytes: freed, folders, lower } = found;
    const title = remove === 0 ? "Nothing is chosen to go yet" : `${counted(remove, "image")} to go, ${bytes(freed)} to be freed`;
    const open = this.state()?.counts.open ?? 0;
    const words = [`${counted(keep, "image")} chosen to stay.`];
    if (open) words.push(`${counted(open, "group")} ${open === 1 ? "is" : "are"} still open.`);
    if (lower) words.push(lowerWords(lower));
    column.append(element("h1", "", title), element("p", "soft", words.join(" ")));
    if (folders.length) column.append(this.table(folders));
    column.append(this.form(remove, open));
    this.result = element("section", "result");
    this.result.hidden = true;
    this.result.tabIndex = -1;
    column.append(this.result);
    this.box.replaceChildren(column);
  }

  table(folders) {
    const head = element("tr", "", ...["Folder", "stay", "go", "freed"].map((name) => element("th", "", name)));
    const rows = folders.map((one) => element("tr", "", element("th", "", element("bdi", "", one.folder || "./")),
      element("td", "", count(one.keep)), element("td", "", count(one.remove)), element("td", "", bytes(one.bytes))));
    for (const cell of head.children) cell.scope = "col";
    for (const row of rows) row.firstChild.scope = "row";
    const table = element("table", "folders", element("caption", "unseen", "What you chose, by folder"),
      element("thead", "", head), element("tbody", "", ...rows));
    return element("div", "wide-table", table);
  }

  form(remove, open) {
    const form = element("form", "plan-form");
    const way = (chosen, words, detail) => {
      const input = element("input");
      Object.assign(input, { type: "radio", name: "chosen", checked: this.chosen === chosen });
      input.addEventListener("change", () => {
        this.chosen = chosen;
        ordered.hidden = chosen;
        write.disabled = chosen && remove === 0;
      });
      return element("label", "way", input, element("span", "", element("b", "", words), element("span", "soft", detail)));
    };
    const ordered = this.ordered();
    ordered.hidden = this.chosen;
    const write = button("Write the plan", "first", () => this.write(write));
    write.disabled = this.chosen && remove === 0;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.append(
      way(true, "Only what I chose", "Whatever is still open stays."),
      way(false, "What I chose, and rules for the rest", open ? `Rules decide the ${counted(open, "open group")}. Your choices come first.` : "Your choices come first."),
      ordered,
      element("p", "promise", "The plan is a file that says what would go. Nothing is moved or deleted here: that takes a command of your own, can be tried first, and undone."),
      write,
    );
    return form;
  }

  // Rules in their order: the first one that tells two images apart decides.
  ordered() {
    const box = element("fieldset", "rules", element("legend", "", "Keep, in this order"));
    const list = element("ol");
    const add = element("select");
    add.setAttribute("aria-label", "Add a rule");
    // The keyboard stays on the button of the rule that was moved, or comes to the next rule.
    const focus = (at, which) => {
      const row = list.children[Math.min(at, this.rules.length - 1)];
      const buttons = [...row.querySelectorAll("button")];
      const wanted = [buttons[which], ...buttons].find((made) => !made.disabled) ?? add;
      wanted.focus();
    };
    const draw = () => {
      list.replaceChildren(...this.rules.map((rule, at) => {
        const name = RULES.find(([one]) => one === rule)[1];
        const up = button("Up", "plain", () => {
          this.rules.splice(at - 1, 2, rule, this.rules[at - 1]);
          draw();
          focus(at - 1, 0);
        });
        up.disabled = at === 0;
        up.setAttribute("aria-label", `Move up: ${name}`);
        const drop = button("Take out", "plain", () => {
          this.rules.splice(at, 1);
          draw();
          focus(at, 1);
        });
        drop.setAttribute("aria-label", `Take out: ${name}`);
        drop.disabled = this.rules.length === 1;
        return element("li", "", element("span", "", name), up, drop);
      }));
      const first = element("option", "", "Add a rule…");
      first.value = "";
      add.replaceChildren(first, ...RULES.filter(([rule]) => !this.rules.includes(rule)).map(([rule, name]) => {
        const option = element("option", "", name);
        option.value = rule;
        return option;
      }));
    };
    add.addEventListener("change", () => {
      if (add.value) this.rules.push(add.value);
      draw();
    });
    draw();
    box.append(list, add);
    return box;
  }

  async write(made) {
    made.disabled = true;
    try {
      const rules = this.chosen ? [] : this.rules;
      const answer = await send("plan", { chosen: this.chosen, rules, threshold: this.threshold() }, { again: false });
      this.show(answer);
      said("The plan is written.");
    } catch (error) {
      wrong(error.message);
    } finally {
      made.disabled = false;
    }
  }

  show(answer) {
    const parts = [element("h2", "", "The plan is written"), element("p", "file", element("code", "", answer.path))];
    if (answer.bound) {
      const { removals, wrong_at_most: most, confidence, judged } = answer.bound;
      parts.push(element("p", "", `Of its ${counted(removals, "removal")} at most ${percent(most)} are wrong, ${percent(confidence, 0)} sure, by your ${counted(judged, "answer")}.`));
    }
    const text = element("pre", "", answer.text);
    text.tabIndex = 0;
    text.setAttribute("aria-label", "Summary of the plan");
    parts.push(text);
    if (answer.next.length) {
      parts.push(element("h3", "", "What to type next"));
      parts.push(element("ul", "commands", ...answer.next.map((command) => element("li", "", element("code", "", command), copyButton(command)))));
    }
    this.result.replaceChildren(...parts);
    this.result.hidden = false;
    this.result.focus({ preventScroll: true });
    this.result.scrollIntoView({ block: "nearest" });
  }
}
