// The list on the left: draws rows of groups.js, keeps the place, walks it.

import { thumb } from "./api.js";
import * as filters from "./filters.js";
import { Scroller } from "./scroller.js";
import { $, bytes, button, count, counted, element, fileOf, icon, kindName, similarity } from "./words.js";

const ROW = 76;

const small = (image) => {
  const box = element("span", "small");
  const picture = element("img");
  picture.alt = "";
  picture.decoding = "async";
  picture.addEventListener("error", () => box.classList.add("broken"));
  picture.src = thumb(image.i);
  box.append(picture);
  return box;
};

const distinct = (images, key) => [...new Set(images.map((image) => image[key]).filter(Boolean))];
// Splits and labels are named where a group has more than one: that is what people look for.
const marks = (row) => {
  const made = [];
  if (row.since) made.push(element("b", "chip since-" + row.since, row.since));
  const splits = distinct(row.images, "split");
  if (splits.length > 1) made.push(element("b", "chip leak", splits.join(" + ")));
  else if (distinct(row.images, "label").length > 1) made.push(element("b", "chip leak", "labels differ"));
  return made;
};

const stateWord = { decided: "decided", settled: "settled before" };

export class List {
  // `open(row, index)` shows a group.
  constructor(groups, open) {
    this.groups = groups;
    this.open = open;
    this.at = -1;
    this.box = $("list");
    this.scroller = new Scroller(this.box, {
      draw: (index) => this.draw(index), seen: (first, last) => groups.want(first, last),
    });
    groups.addEventListener("list", () => this.all());
    groups.addEventListener("rows", ({ detail }) => {
      for (let index = detail.from; index < detail.to; index += 1) this.scroller.redraw(index);
      this.summary();
    });
    groups.addEventListener("failed", () => this.box.removeAttribute("aria-busy"));
    groups.addEventListener("loading", () => this.box.setAttribute("aria-busy", "true"));
    this.box.addEventListener("click", (event) => {
      const row = event.target.closest("[data-index]");
      if (!row) return;
      document.body.dataset.pane = "desk"; // on a narrow screen the group takes the list's place
      this.select(Number(row.dataset.index));
    });
  }

  draw(index) {
    const row = this.groups.rows[index];
    const item = element("div", "row");
    item.id = "row-" + index;
    item.dataset.index = index;
    item.setAttribute("role", "option");
    item.setAttribute("aria-setsize", this.groups.total);
    item.setAttribute("aria-posinset", index + 1);
    item.setAttribute("aria-selected", String(index === this.at));
    if (!row) {
      item.classList.add("waiting");
      item.setAttribute("aria-label", "Loading");
      item.append(element("span", "small"), element("span", "small"));
      return item;
    }
    item.classList.toggle("done", row.state !== "open");
    item.append(element("span", "smalls", ...row.images.slice(0, 2).map(small)), this.words(row));
    return item;
  }

  words(row) {
    const alike = row.kind === "near" ? `near ${similarity(row.weakest)}` : kindName[row.kind];
    const first = row.images[0];
    const name = element("bdi", "name", first ? fileOf(first.path) : "");
    const facts = element("span", "facts", `${counted(row.members, "image")} · ${alike}`);
    const line = element("span", "line", element("span", "freed", bytes(row.freeable_bytes)), ...marks(row));
    if (row.state !== "open") {
      const done = element("b", "chip done", icon("check"), stateWord[row.state] ?? row.state);
      line.append(done);
    }
    return element("span", "words", name, facts, line);
  }

  all() {
    this.box.removeAttribute("aria-busy");
    this.scroller.clear();
    this.scroller.lay({ count: this.groups.total, size: ROW });
    this.summary();
  }

  summary() {
    const total = this.groups.total - this.groups.gone(0, this.groups.total).length;
    $("summary").textContent = total === 0 ? "No group" : `${counted(total, "group")} · ${bytes(Math.max(0, this.groups.freeable))} to free`;
    this.box.tabIndex = total === 0 ? -1 : 0;
  }

  mark(index) {
    const before = this.at;
    this.at = index;
    for (const at of [before, index]) {
      this.scroller.drawn.get(at)?.setAttribute("aria-selected", String(at === index));
    }
    if (index >= 0) {
      this.scroller.reveal(index);
      this.box.setAttribute("aria-activedescendant", "row-" + index);
    } else this.box.removeAttribute("aria-activedescendant");
  }

  // Goes to a place; the row that is left leaves the list where it no longer belongs there.
  select(index) {
    let wanted = index;
    const left = this.groups.rows[this.at];
    if (left?.gone && wanted !== this.at) {
      this.groups.remove(this.at);
      if (wanted > this.at) wanted -= 1;
      this.at = -1;
    }
    if (this.groups.total === 0) {
      this.mark(-1);
      this.open(null, -1);
      return;
    }
    wanted = Math.max(0, Math.min(this.groups.total - 1, wanted));
    this.mark(wanted);
    const row = this.groups.rows[wanted];
    if (row) this.open(row, wanted);
    else this.whenKnown(wanted);
  }

  whenKnown(index) {
    const check = () => {
      if (this.at !== index) return stop();
      const row = this.groups.rows[index];
      if (!row) return undefined;
      stop();
      return this.open(row, index);
    };
    const stop = () => this.groups.removeEventListener("rows", check);
    this.groups.addEventListener("rows", check);
  }

  step(by) {
    if (this.groups.total === 0) return;
    const wanted = this.at + by;
    const left = this.groups.rows[this.at];
    if ((wanted < 0 || wanted >= this.groups.total) && !left?.gone) return;
    this.select(wanted);
  }

  // After a group was decided: the next one that is open.
  advance() {
    const left = this.groups.rows[this.at];
    if (left?.gone) this.select(this.at + 1);
    else this.select(this.groups.nextOpen(this.at + 1));
  }

  // The words beneath the slider: what changed since the last scan, each a filter.
  since(state, act) {
    const line = $("since");
    line.hidden = !state.since;
    if (!state.since) return;
    const part = (value, word) => {
      const made = button(`${count(value)} ${word}`, "link", () => act(word));
      made.disabled = value === 0;
      return made;
    };
    line.title = "Since the last scan";
    line.replaceChildren(
      element("span", "unseen", "Since the last scan: "), part(state.since.new, "new"), " · ", part(state.since.back, "back"),
      element("span", "resolved", ` · ${count(state.since.resolved)} resolved`),
    );
  }

  filtersShown() {
    const number = filters.narrowed();
    $("filters-count").hidden = number === 0;
    $("filters-count").textContent = number;
  }
}
