// The threshold from one's own eyes: sampled pairs one after the other, and what they say as a curve.

import { get, send } from "./api.js";
import { curve } from "./curve.js";
import { said, wrong } from "./notes.js";
import { Stage } from "./stage.js";
import { $, button, count, counted, element, pathLine } from "./words.js";

export class Judge {
  // `use(threshold)` makes it the one in force, `threshold()` tells it; `answered()` hears of each answer.
  constructor({ use, threshold, answered }) {
    Object.assign(this, { use, threshold, answered });
    this.box = $("view-threshold");
    this.asked = null;
    this.target = 0.99;
  }

  build() {
    if (this.stage) return;
    const pictures = element("div", "pictures");
    this.heading = element("h1", "", "The same picture?");
    this.count = element("p", "asked");
    this.count.setAttribute("role", "status");
    const head = element("header", "judge-head", this.heading, this.count);
    const room = element("div", "judge-stage");
    this.paths = element("div", "judge-paths");
    this.acts = element("div", "acts",
      button("Not the same", "not", () => this.answer(false), "N"),
      button("Skip", "plain", () => this.answer(null), "X"),
      button("The same", "first", () => this.answer(true), "Y"));
    this.done = element("div", "empty");
    this.done.hidden = true;
    pictures.append(head, room, this.paths, this.acts, this.done);
    this.room = room;
    this.box.append(pictures, this.side());
    this.stage = new Stage(room);
    let wide = 0;
    new ResizeObserver(() => {
      if (this.figure.clientWidth === wide) return;
      wide = this.figure.clientWidth;
      this.drawCurve();
    }).observe(this.figure);
  }

  side() {
    const input = element("input");
    Object.assign(input, { type: "number", min: 50, max: 99.9, step: 0.1, value: "99" });
    input.id = "target";
    input.addEventListener("change", () => {
      const wanted = Number(input.value);
      if (!(wanted >= 50 && wanted < 100)) {
        input.value = this.target * 100;
        return;
      }
      this.target = wanted / 100;
      this.curveNow();
    });
    const label = element("label", "target", element("span", "", "Precision wanted"), input, element("span", "", "%"));
    label.htmlFor = "target";
    this.figure = element("figure", "curve");
    this.words = element("p", "said");
    this.words.setAttribute("role", "status");
    this.button = button("Use it as the threshold", "first", () => this.proposed !== null && this.use(this.proposed));
    this.button.hidden = true;
    const side = element("aside", "curve-side", element("h2", "", "Precision by threshold"),
      element("p", "soft", "Of the pairs at or above a threshold, how many are the same picture. The band holds the truth with 95 % confidence."),
      label, this.figure, this.words, this.button);
    side.setAttribute("aria-label", "What your answers say");
    return side;
  }

  async open() {
    this.build();
    await Promise.all([this.next(), this.curveNow()]);
  }

  async next() {
    try {
      this.show(await get("judge"));
    } catch (error) {
      if (error.status !== 0) wrong(error.message, ["Try again", () => this.next()]);
    }
  }

  show(answer) {
    this.asked = answer.pair;
    const { asked, answered } = answer;
    this.count.textContent = `${count(answered)} of ${count(asked)} answered`;
    const none = !answer.pair;
    this.room.hidden = none;
    this.paths.hidden = none;
    this.acts.hidden = none;
    this.done.hidden = !none;
    this.heading.textContent = none ? "Threshold" : "The same picture?";
    if (none) {
      this.stage.pair(null, null);
      this.done.replaceChildren(asked === 0
        ? element("p", "", "There are no pairs to ask about: nothing is near enough to be in doubt.")
        : element("p", "", `That is all: ${counted(answered, "answer")}. The curve shows what they say.`));
      return;
    }
    const { a, b } = answer.pair;
    this.stage.pair(a, b);
    this.paths.replaceChildren(pathLine(a.path), pathLine(b.path));
  }

  // How alike the two are is not shown: it would sway the answer.
  async answer(same) {
    if (!this.asked || this.sending) return;
    this.sending = true;
    this.acts.classList.add("waiting");
    try {
      const next = await send("judge", { id: this.asked.id, same, threshold: this.threshold() }, { again: false });
      this.show(next);
      said(next.said);
      this.answered();
      if (same !== null) this.curveNow();
    } catch (error) {
      wrong(error.status === 0 ? "Not saved: " + error.message : error.message);
      if (error.status === 409) await this.next(); // answered in another window
    } finally {
      this.sending = false;
      this.acts.classList.remove("waiting");
    }
  }

  drawCurve() {
    const { found, figure } = this;
    if (!found || !figure.clientWidth) return;
    if (found.points.length) figure.replaceChildren(curve(found, figure.clientWidth));
    else figure.replaceChildren(element("p", "soft nothing", "The curve appears with your first answers."));
  }

  async curveNow() {
    try {
      const found = await get("precision", { target: this.target });
      this.proposed = found.proposed;
      this.found = found;
      this.drawCurve();
      this.words.textContent = found.said;
      this.button.hidden = found.proposed === null;
      if (found.proposed !== null) this.button.firstChild.textContent = `Use ${found.proposed.toFixed(3)} as the threshold`;
      this.button.classList.toggle("first", found.sure);
    } catch (error) {
      if (error.status !== 0) wrong(error.message);
    }
  }
}
