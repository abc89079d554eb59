// Two pictures on one stage: side by side, one wiped over the other, their difference, or blinking.

import { picture, thumb } from "./api.js";
import { cancel, gone } from "./cards.js";
import { measure, paint, words } from "./difference.js";
import { button, element } from "./words.js";
import { Zoom, follow } from "./zoom.js";

const MODES = [
  ["side", "Side by side", "S"], ["difference", "Difference", "D"], ["blink", "Blink", "L"], ["wipe", "Wipe", "O"],
];
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Stage {
  constructor(box) {
    this.zoom = new Zoom();
    this.mode = "side";
    this.images = [null, null];
    this.sizes = [null, null];
    this.turn = 0;
    this.bar = element("div", "stage-bar");
    this.frames = element("div", "frames");
    this.canvas = element("canvas");
    this.sides = ["a", "b"].map((side) => {
      const frame = element("div", "frame " + side);
      this.frames.append(frame);
      return frame;
    });
    this.third = element("div", "frame third", this.canvas);
    this.frames.append(this.third, this.divider());
    box.append(this.bar, this.frames);
    this.controls();
    for (const frame of [...this.sides, this.third]) {
      follow(frame, this.zoom, { where: (event) => this.where(event, frame), full: () => this.full() });
    }
    this.zoom.addEventListener("view", () => this.lay());
    new ResizeObserver(() => this.lay()).observe(this.frames);
    this.set("side");
  }

  controls() {
    const modes = element("div", "segments");
    modes.setAttribute("role", "group");
    modes.setAttribute("aria-label", "View");
    this.buttons = MODES.map(([mode, name, key]) => {
      const made = button(name, "", () => this.set(mode), key);
      made.dataset.mode = mode;
      modes.append(made);
      return made;
    });
    const range = (name, label, min, max, step, value, act) => {
      const input = element("input");
      Object.assign(input, { type: "range", min, max, step });
      input.value = value;
      const output = element("output");
      const tell = () => {
        const shown = act(Number(input.value));
        output.textContent = shown;
        input.setAttribute("aria-valuetext", shown);
      };
      input.addEventListener("input", tell);
      const made = element("label", "control", element("span", "", label), input, output);
      made.dataset.for = name;
      queueMicrotask(tell);
      return made;
    };
    this.amplify = 4;
    this.pace = 2;
    this.note = element("p", "measured");
    this.note.setAttribute("role", "status");
    this.switch = button("Switch", "switch", () => this.flip(), "Space");
    const controls = element("div", "controls",
      range("difference", "Amplify", 0, 6, 1, 2, (value) => {
        this.amplify = 2 ** value;
        this.paint();
        return "×" + this.amplify;
      }),
      range("blink", "Changes a second", 1, 5, 0.5, 2, (value) => {
        this.pace = value;
        this.blink();
        return String(value);
      }), this.switch, this.note);
    // The words come and go by the style sheet: their room is always there.
    this.level = button("", "plain level", () => this.zoom.to(this.full(), this.full()));
    this.level.title = "To 100 % (1)";
    const zooms = element("div", "zooms",
      button("−", "plain icon", () => this.zoom.out(this.full())), this.level,
      button("+", "plain icon", () => this.zoom.in(this.full())), button("Fit", "plain", () => this.zoom.home(), "0"));
    zooms.firstChild.setAttribute("aria-label", "Zoom out");
    zooms.children[2].setAttribute("aria-label", "Zoom in");
    this.bar.append(modes, controls, zooms);
  }

  divider() {
    const input = element("input", "divider");
    Object.assign(input, { type: "range", min: 0, max: 100, step: 1 });
    input.value = 50;
    input.setAttribute("aria-label", "Where one picture ends and the other begins");
    const wipe = () => this.frames.style.setProperty("--at", input.value / 100);
    input.addEventListener("input", wipe);
    wipe();
    return input;
  }

  // `null` empties a side. The zoom goes home only where another pair is shown.
  pair(a, b) {
    const keys = [a?.i, b?.i].join();
    if (keys === this.keys) return;
    this.keys = keys;
    this.zoom.home();
    [a, b].forEach((image, side) => this.place(side, image));
    this.refresh();
  }

  place(side, image) {
    if (image && this.images[side]?.i === image.i) return;
    this.images[side] = image;
    this.sizes[side] = null;
    const frame = this.sides[side];
    cancel(frame.firstElementChild?.full);
    frame.classList.remove("broken");
    frame.replaceChildren();
    if (!image) return;
    const made = element("img");
    made.alt = image.path;
    made.draggable = false;
    frame.append(made);
    if (image.width) this.sizes[side] = [image.width, image.height];
    made.src = thumb(image.i);
    const full = new Image();
    full.onload = () => {
      if (this.images[side] !== image) return;
      this.sizes[side] = [full.naturalWidth, full.naturalHeight];
      made.src = full.src;
      made.dataset.whole = "";
      this.lay();
      this.refresh();
    };
    full.onerror = () => this.images[side] === image && gone(frame, image);
    full.src = picture(image.i);
    made.full = full;
    this.lay();
  }

  set(mode) {
    this.mode = mode;
    this.frames.dataset.mode = mode;
    this.bar.dataset.mode = mode;
    for (const made of this.buttons) made.setAttribute("aria-pressed", String(made.dataset.mode === mode));
    this.refresh();
    this.lay();
  }

  // The key of a view leads there, and back.
  toggle(mode) {
    this.set(this.mode === mode ? "side" : mode);
  }

  refresh() {
    this.measured = null;
    this.note.textContent = "";
    this.blink();
    if (this.mode !== "difference") return;
    const turn = ++this.turn;
    const loaded = this.sides.map((frame) => frame.querySelector("[data-whole]")?.full);
    this.third.classList.toggle("waiting", loaded.some((image) => !image));
    if (loaded.some((image) => !image)) return;
    setTimeout(() => {
      if (turn !== this.turn) return;
      this.measured = measure(...loaded);
      [this.note.textContent, this.note.title] = words(this.measured);
      this.paint();
      this.lay();
    });
  }

  paint() {
    if (this.measured) paint(this.canvas, this.measured, this.amplify);
  }

  // Never more than three flashes a second; where motion is not wanted, the person switches.
  blink() {
    clearInterval(this.blinking);
    this.frames.classList.remove("second");
    if (this.mode !== "blink" || calm.matches) return;
    this.blinking = setInterval(() => this.flip(), 1000 / this.pace);
  }

  flip() {
    if (!this.frames.offsetParent) return;
    this.frames.classList.toggle("second");
  }

  // The zoom at which one dot of the larger picture is one of the screen.
  full() {
    const frame = this.frame();
    const fits = this.sizes.filter(Boolean).map(([width, height]) => Math.min(frame.width / width, frame.height / height));
    return fits.length && frame.width ? 1 / (Math.min(...fits) * devicePixelRatio) : 1;
  }

  frame() {
    const shown = this.mode === "difference" ? this.third : this.sides[0];
    return { width: shown.clientWidth, height: shown.clientHeight };
  }

  sizeIn(frame) {
    if (frame === this.third) return this.measured ? [this.measured.width, this.measured.height] : [1, 1];
    return this.sizes[this.sides.indexOf(frame)] ?? [1, 1];
  }

  where(event, frame) {
    const box = frame.getBoundingClientRect();
    const [width, height] = this.sizeIn(frame);
    const { scale } = this.zoom.lay(width, height, box.width, box.height);
    return {
      x: event.clientX - box.left, y: event.clientY - box.top, width: box.width, height: box.height,
      shownWidth: width * scale, shownHeight: height * scale,
    };
  }

  lay() {
    [...this.sides, this.third].forEach((frame) => {
      const shown = frame.firstElementChild;
      if (!shown || !frame.clientWidth) return;
      const [width, height] = this.sizeIn(frame);
      const { scale, left, top } = this.zoom.lay(width, height, frame.clientWidth, frame.clientHeight);
      const style = shown.style;
      style.width = width + "px";
      style.height = height + "px";
      style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
      style.imageRendering = scale * devicePixelRatio >= 3 ? "pixelated" : "auto";
    });
    const level = this.zoom.by / this.full();
    this.level.firstChild.textContent = (level * 100).toFixed(0) + " %";
    this.level.setAttribute("aria-label", `${(level * 100).toFixed(0)} percent; press for 100 percent`);
    this.frames.classList.toggle("in", this.zoom.by > 1.01);
  }
}
