// Two images of a group on the stage, what is known of both beneath it, and the others as a strip.

import { meta, thumb } from "./api.js";
import { badge, reason } from "./cards.js";
import { compare, labelsOf, shorter } from "./facts.js";
import { Scroller } from "./scroller.js";
import { Stage } from "./stage.js";
import { $, button, element, fileOf, icon, pathLine, similarity } from "./words.js";

const STEP = 76; // of the strip

export class Compare {
  constructor(desk) {
    this.desk = desk;
    this.box = $("compare");
    this.active = 1; // the side that the keys speak of
    this.sides = [null, null];
    this.stage = new Stage(this.box);
    this.captions = element("div", "captions");
    this.strip = element("div", "strip");
    this.strip.setAttribute("role", "group");
    this.strip.setAttribute("aria-label", "Images of this group");
    this.box.append(this.captions, this.strip);
    this.scroller = new Scroller(this.strip, { draw: (index) => this.small(index), across: true, gap: 8 });
    this.stage.sides.forEach((frame, side) => frame.addEventListener("pointerdown", () => this.activate(side)));
  }

  fresh() {
    const { desk } = this;
    this.strip.hidden = desk.images.length < 3;
    this.scroller.clear();
    this.scroller.lay({ count: desk.images.length, size: STEP });
    this.pairFor(desk.image);
    this.draw();
  }

  // An image beside the one that it is a copy of; a kept one beside its first copy.
  pairFor(image) {
    const { images } = this.desk;
    if (!image) {
      this.sides = [null, null];
      return;
    }
    const kept = images.find((other) => other.i === image.copy_of);
    const copy = images.find((other) => other.copy_of === image.i) ?? this.nearest(image) ?? images.find((other) => other !== image);
    this.sides = kept ? [kept, image] : [image, copy ?? null];
    this.active = kept ? 1 : 0;
  }

  nearest(image) {
    const [pair] = this.desk.pairsOf(image); // strongest first
    return pair && this.desk.images[this.desk.place(pair.a === image.i ? pair.b : pair.a)];
  }

  // The selection moved: the active side shows it.
  select() {
    const { image } = this.desk;
    const [a, b] = this.sides;
    if (image?.i === this.sides[1 - this.active]?.i) this.active = 1 - this.active;
    else if (image && image.i !== this.sides[this.active]?.i) this.sides = this.active ? [a, image] : [image, b];
    this.draw();
  }

  // By one image; what is on the other side is stepped over, and two images change sides.
  step(by) {
    const { desk } = this;
    if (desk.images.length === 2) {
      this.activate(1 - this.active);
      return;
    }
    const other = this.sides[1 - this.active]?.i;
    let at = desk.at + by;
    if (desk.images[at]?.i === other) at += by;
    if (desk.images[at]) desk.select(at);
  }

  activate(side) {
    if (!this.sides[side] || (side === this.active && this.desk.image?.i === this.sides[side].i)) return;
    this.active = side;
    this.desk.select(this.desk.place(this.sides[side].i));
  }

  get pair() {
    const [a, b] = this.sides;
    return a && b ? this.desk.pairOf(a.i, b.i) : null;
  }

  // After the server's answer the images are other objects of the same number.
  change() {
    this.sides = this.sides.map((image) => (image ? this.desk.images[this.desk.place(image.i)] ?? null : null));
    if (!this.sides[0] || (!this.sides[1] && this.desk.images.length > 1)) this.pairFor(this.desk.image);
    this.scroller.redraw();
    this.draw();
  }

  draw() {
    this.stage.pair(...this.sides);
    // Of a large group not all pairs are known: those of what is shown are asked for.
    const shown = this.sides.find((image) => image && image === this.desk.image) ?? this.sides[this.active];
    if (!this.box.hidden && shown && this.sides[1] && this.desk.whole && !this.sides.some((image) => image && this.desk.knows(image))) this.desk.knowAll(shown);
    this.stage.sides.forEach((frame, side) => {
      frame.classList.toggle("here", side === this.active);
      frame.dataset.choice = this.sides[side]?.choice ?? "";
    });
    this.captionsNow();
    this.metas = this.sides.map(() => undefined);
    const sides = this.sides;
    this.sides.forEach(async (image, side) => {
      if (!image) return;
      const found = await meta(image.i);
      if (sides !== this.sides) return;
      this.metas[side] = found;
      this.factsNow();
    });
    for (const [index, small] of this.scroller.drawn) this.mark(small, index);
    if (!this.strip.hidden) this.scroller.reveal(this.desk.at);
  }

  captionsNow() {
    this.lists = [];
    // The keyboard stays on the button that it was on.
    const held = document.activeElement?.closest(".captions .choose button");
    const at = held ? [...this.captions.children].indexOf(held.closest(".caption")) : -1;
    this.captions.replaceChildren(...this.sides.map((image, side) => this.caption(image, side)));
    if (held) this.captions.children[at]?.querySelector(`.choose .${held.className}`)?.focus({ preventScroll: true });
    this.factsNow();
  }

  caption(image, side) {
    const box = element("section", "caption" + (side === this.active ? " here" : ""));
    if (!image) return box;
    box.setAttribute("aria-label", `${side ? "Right" : "Left"}: ${fileOf(image.path)}`);
    box.addEventListener("click", () => this.activate(side));
    const choose = (choice, words, key) => {
      const made = button(words, choice, () => this.desk.choose(this.desk.images[this.desk.place(image.i)], choice), side === this.active ? key : "");
      made.setAttribute("aria-pressed", String(image.choice === choice));
      made.setAttribute("aria-label", `${words}: ${fileOf(image.path)}`);
      return made;
    };
    const head = element("div", "caption-head", badge(image), element("span", "reason", this.words(image, side)),
      element("div", "choose", choose("keep", "Keep", "K"), choose("remove", "Remove", "R")));
    const list = element("dl", "facts-list");
    this.lists[side] = list;
    const path = pathLine(image.path);
    if (shorter(this.sides) === side) path.append(icon("check"), element("span", "unseen", " shorter path"));
    box.append(head, path, list);
    return box;
  }

  // What binds the two that are shown, which need not be what the suggestion rests on.
  words(image, side) {
    const pair = this.pair;
    if (side === 1 || !this.sides[1]) {
      if (pair?.verdict === "different") return "not a duplicate, on your word";
      if (pair?.verdict === "keep-both") return "both stay, on your word";
      if (pair) return { identical: "same bytes", pixels: "same pixels" }[pair.kind] ?? `similarity ${similarity(pair.similarity)}`;
      if (this.desk.whole && this.sides[1] && this.sides.some((one) => this.desk.knows(one))) return "no direct resemblance";
    }
    return reason(image, this.desk.images).join("");
  }

  factsNow() {
    if (!this.sides[0]) return;
    const rows = compare(this.sides, this.metas ?? [undefined, undefined], labelsOf(this.desk.images));
    this.lists.forEach((list, side) => list.replaceChildren(...rows.map((row) => {
      const value = element("dd", "", row.values[side]);
      if (row.better === side) value.append(icon("check"), element("span", "unseen", " better"));
      const item = element("div", row.conflict ? "conflict" : row.better === side ? "better" : "", element("dt", "", row.name), value);
      return item;
    })));
  }

  small(index) {
    const image = this.desk.images[index];
    const made = element("button", "small");
    made.type = "button";
    made.setAttribute("aria-label", `${index + 1}: ${fileOf(image.path)}`);
    const picture = element("img");
    picture.alt = "";
    picture.decoding = "async";
    picture.addEventListener("error", () => made.classList.add("broken"));
    picture.src = thumb(image.i);
    made.append(picture);
    made.addEventListener("click", () => this.desk.select(index));
    this.mark(made, index);
    return made;
  }

  mark(small, index) {
    const image = this.desk.images[index];
    if (!image) return;
    small.dataset.choice = image.choice ?? "";
    const side = this.sides.findIndex((shown) => shown?.i === image.i);
    small.dataset.side = side < 0 ? "" : "AB"[side];
    if (side === this.active) small.setAttribute("aria-current", "true");
    else small.removeAttribute("aria-current");
  }
}
