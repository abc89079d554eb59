// The images of a group as cards: as large as there is room, of any number.

import { meta, picture, thumb } from "./api.js";
import { Scroller } from "./scroller.js";
import { $, bytes, button, count, element, fileOf, pathLine } from "./words.js";

const GAP = 12;
const CAPTION = 116; // the words beneath a picture, in CSS pixels
const MARGIN = 8; // around a picture, as in the style sheet
const NARROWEST = 210;
const LOWEST = 150; // of the picture
const FEW = 12; // up to here the whole pictures are shown, not thumbnails

export const gone = async (box, image) => {
  const found = await meta(image.i);
  let words = "This picture cannot be shown.";
  if (found?.missing) words = "The file is gone.";
  else if (found?.changed) words = "The file has changed since the scan.";
  box.classList.add("broken");
  box.dataset.words = words;
};

// A picture that nobody waits for any more must not keep the next one waiting.
export const cancel = (full) => {
  if (!full || full.complete) return;
  full.onload = null;
  full.onerror = null;
  full.src = "";
};

// The thumbnail first, the whole picture as soon as it is there.
export const show = (box, image, whole) => {
  const made = element("img");
  made.alt = "";
  made.decoding = "async";
  made.draggable = false;
  const tiny = () => made.classList.toggle("tiny", Math.max(made.naturalWidth, made.naturalHeight) <= 96 && whole);
  made.src = thumb(image.i);
  if (whole) {
    const full = new Image();
    full.onload = () => {
      made.src = full.src;
      tiny();
    };
    full.onerror = () => gone(box, image);
    full.src = picture(image.i);
    made.full = full;
  } else made.addEventListener("error", () => gone(box, image));
  box.append(made);
  return made;
};

// What stands on a picture: the choice where there is one, else what is suggested.
export const badge = (image) => {
  if (image.choice) return element("b", "badge " + image.choice, image.choice === "keep" ? "keep" : "remove");
  return element("b", "badge suggest " + image.suggest, "suggested: " + image.suggest);
};

export const size = (image) => (image.width ? `${image.width} × ${image.height}` : "");
export const facts = (image) => [size(image), [bytes(image.bytes), image.format].filter(Boolean).join(" ")]
  .filter(Boolean).join(" · ");

// Why it is suggested: what is sure of it, and of which image where several are kept.
const COPY_OF = "copy of the kept image: ";
export const reason = (image, images) => {
  if (!image.why.startsWith(COPY_OF)) return ["", image.why];
  const sure = image.why.slice(COPY_OF.length);
  const several = images.filter((other) => other.suggest === "keep").length > 1;
  const kept = several && images.find((other) => other.i === image.copy_of);
  return [sure, kept ? (sure.startsWith("same") ? " as " : " to ") + fileOf(kept.path) : ""];
};

export const spoken = (image) => {
  const state = image.choice ? "chosen: " + image.choice : "suggested: " + image.suggest;
  return `${fileOf(image.path)}, ${state}, ${image.why}, ${facts(image)}`;
};

const tag = (image) => {
  const words = [image.split, image.label].filter(Boolean);
  return words.length ? element("span", "tags", ...words.map((word) => element("b", "chip", word))) : null;
};

export class Cards {
  constructor(desk, { compare }) {
    this.desk = desk;
    this.compare = compare;
    this.box = $("cards");
    this.scroller = new Scroller(this.box, { draw: (index) => this.draw(index), gap: GAP });
    new ResizeObserver(() => this.lay()).observe(this.box);
    this.box.addEventListener("focusin", (event) => {
      const card = event.target.closest(".card");
      if (card && Number(card.dataset.index) !== desk.at) desk.select(Number(card.dataset.index));
    });
  }

  // The number of columns that makes the pictures largest; where all cannot be seen, columns that scroll.
  lay() {
    const number = this.desk.images.length;
    const style = getComputedStyle(this.box);
    const wide = this.box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const high = this.box.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
    if (!number || wide <= 0 || high <= 0) return;
    const shapes = this.shapes();
    const shape = shapes[shapes.length >> 1];
    const tallest = shapes[0];
    let best = null;
    for (let columns = 1; columns <= Math.min(number, 12); columns += 1) {
      const rows = Math.ceil(number / columns);
      const width = (wide - (columns - 1) * GAP) / columns;
      const height = (high - (rows - 1) * GAP) / rows - CAPTION;
      if (height < LOWEST || (width < NARROWEST && columns > 1)) continue;
      const scale = Math.min(width / shape, height);
      const hug = Math.max(LOWEST, Math.min(height, (width - 2 * MARGIN) / tallest + 2 * MARGIN));
      if (!best || scale > best.scale * 1.02) best = { columns, scale, size: Math.round(hug) + CAPTION + GAP };
    }
    if (!best) {
      const columns = Math.max(1, Math.floor((wide + GAP) / (NARROWEST + 30 + GAP)));
      const width = (wide - (columns - 1) * GAP) / columns;
      best = { columns, size: Math.round(Math.min(width / Math.min(shape, 1.4), high * 0.7)) + CAPTION + GAP };
    }
    this.scroller.lay({ count: number, columns: best.columns, size: best.size });
  }

  // Width over height of the pictures here, tallest first.
  shapes() {
    const shapes = this.desk.images.slice(0, 60).filter((image) => image.width)
      .map((image) => Math.min(2.2, Math.max(0.6, image.width / image.height)));
    return shapes.length ? shapes.sort((a, b) => a - b) : [1.4];
  }

  // Another group. Where the keyboard was on a card it is on one again.
  fresh() {
    const held = this.box.contains(document.activeElement);
    this.box.hidden = false;
    this.box.scrollTop = 0;
    for (const card of this.scroller.drawn.values()) cancel(card.querySelector("img").full);
    this.scroller.clear();
    this.lay();
    this.select(held, true);
  }

  draw(index) {
    const image = this.desk.images[index];
    const card = element("article", "card");
    card.setAttribute("role", "listitem");
    card.dataset.index = index;
    const frame = element("div", "picture");
    frame.addEventListener("dblclick", () => this.compare(index));
    show(frame, image, this.desk.images.length <= FEW);
    const words = element("div", "caption", element("p", "why"), element("p", "facts"), pathLine(image.path));
    const acts = element("div", "choose",
      button("Keep", "keep", () => this.desk.choose(this.desk.images[index], "keep"), "K"),
      button("Remove", "remove", () => this.desk.choose(this.desk.images[index], "remove"), "R"));
    card.append(frame, words, acts);
    card.addEventListener("click", () => this.desk.at !== index && this.desk.select(index));
    this.fill(card, index);
    return card;
  }

  // What may change while a card stands.
  fill(card, index) {
    const image = this.desk.images[index];
    const here = index === this.desk.at;
    card.className = `card ${image.choice ? "chosen " + image.choice : "open " + image.suggest}${here ? " here" : ""}`;
    card.tabIndex = here ? 0 : -1;
    card.setAttribute("aria-label", `${count(index + 1)} of ${count(this.desk.images.length)}: ${spoken(image)}`);
    if (here) card.setAttribute("aria-current", "true");
    else card.removeAttribute("aria-current");
    const [frame, words, acts] = card.children;
    frame.querySelector(".badge")?.remove();
    frame.append(badge(image));
    const verdicts = new Set(this.desk.pairsOf(image).map((pair) => pair.verdict));
    words.children[0].replaceChildren(this.why(image, verdicts), tag(image) ?? "");
    words.children[1].textContent = facts(image);
    for (const made of acts.children) {
      made.tabIndex = here ? 0 : -1;
      made.setAttribute("aria-pressed", String(image.choice === (made.classList.contains("keep") ? "keep" : "remove")));
      made.setAttribute("aria-label", `${made.firstChild.textContent}: ${fileOf(image.path)}`);
    }
  }

  why(image, verdicts) {
    if (verdicts.size === 1 && verdicts.has("different")) return element("span", "reason", "not a duplicate, on your word");
    const [sure, rest] = reason(image, this.desk.images);
    const number = sure.replace(/^similarity /, "");
    const word = number === sure ? null : element("span", "unseen", "similarity ");
    return element("span", "reason", word, sure ? element("b", "", number) : null, rest);
  }

  change() {
    for (const [index, card] of this.scroller.drawn) if (this.desk.images[index]) this.fill(card, index);
  }

  select(held = this.box.contains(document.activeElement), fresh = false) {
    for (const [index, card] of this.scroller.drawn) if (this.desk.images[index]) this.fill(card, index);
    // A group that is opened is seen from its beginning.
    const card = this.desk.at > 1 || !fresh ? this.scroller.reveal(this.desk.at) : this.scroller.drawn.get(this.desk.at);
    if (held && card && !card.contains(document.activeElement)) card.focus({ preventScroll: true });
  }
}
