// The group on the desk: which image is selected, what is chosen, what was taken back. Choices show at
// once and are sent at once; what the server refuses is put back as it was, and said.

import { busy, get, picture, send } from "./api.js";
import { hush, said, wrong } from "./notes.js";

const AHEAD = 6; // groups kept at hand
const MOST_PAIRS = 2000; // the server names no more with a group; those of one image are asked for

export class Desk extends EventTarget {
  // `list` walks, `threshold()` is the one in force, `took(state)` is told each new state of the server.
  constructor({ groups, threshold, took }) {
    super();
    Object.assign(this, { groups, threshold, took });
    this.acts = new Map(); // group: how many acts are under way
    this.saving = new Map(); // group: what became of them, until all is confirmed
    this.trail = []; // what was done here, for undo to lead back to
    this.known = new Map();
    this.clear();
  }

  clear() {
    Object.assign(this, { row: null, key: null, group: null, images: [], pairs: [], at: 0, whole: false, cut: false, complete: new Map() });
  }

  get image() {
    return this.images[this.at] ?? null;
  }

  get allPairs() {
    return this.whole && !this.cut;
  }

  place(i) {
    return this.images.findIndex((image) => image.i === i);
  }

  // Shows what the list knows already, then the whole group.
  async open(row) {
    this.clear();
    if (!row) {
      this.tell("group");
      return;
    }
    Object.assign(this, { row, key: row.key, group: row, images: row.images });
    this.whole = false;
    this.at = Math.max(0, this.images.findIndex((image) => image.suggest === "remove"));
    this.tell("group");
    await this.read(row.key);
  }

  async read(key) {
    try {
      const answer = await this.fetch(key);
      if (key === this.key) this.take(answer);
      return answer;
    } catch (error) {
      if (key !== this.key) return null;
      if (error.status === 404) this.tell("vanished");
      else if (error.status !== 0) wrong(error.message, ["Try again", () => this.read(key)]);
      return null;
    }
  }

  // What is known may be old: after an undo, after the server was away.
  again() {
    this.known.clear();
    return this.read(this.key);
  }

  fetch(key) {
    const name = key + " " + this.threshold();
    if (!this.known.has(name)) {
      if (this.known.size >= AHEAD) this.known.delete(this.known.keys().next().value);
      const asked = get("group", { key, threshold: this.threshold() });
      asked.catch(() => this.known.delete(name));
      this.known.set(name, asked);
    }
    return this.known.get(name);
  }

  // The next group is read while the person looks at this one.
  ahead(row) {
    if (!row) return;
    this.fetch(row.key).catch(() => {});
    for (const image of row.images.slice(0, 2)) new Image().src = picture(image.i);
  }

  take({ group, images, pairs }) {
    const i = this.image?.i;
    const fresh = !this.whole || images.length !== this.images.length;
    Object.assign(this, { group, images, pairs, whole: true, cut: pairs.length >= MOST_PAIRS, complete: new Map() });
    this.at = Math.max(0, this.place(i));
    this.groups.patch({ ...group, images: images.slice(0, 12) });
    this.tell(fresh ? "images" : "change");
  }

  select(at) {
    if (!this.images.length) return;
    this.at = Math.max(0, Math.min(this.images.length - 1, at));
    this.tell("select");
  }

  // One act: shown, sent, and put back where it is refused.
  act(path, body, put) {
    const { key, row } = this;
    const step = { key, at: this.groups.find(key) };
    const back = put();
    hush();
    this.known.clear();
    this.acts.set(key, (this.acts.get(key) ?? 0) + 1);
    this.trail.push(step);
    this.tell("change");
    const work = async () => {
      try {
        const answer = await send(path, { ...body, threshold: this.threshold() });
        this.took(answer.state);
        said(answer.said);
      } catch (error) {
        this.trail = this.trail.filter((one) => one !== step);
        back();
        if (key === this.key) this.tell("change");
        this.refused(error, key, row, step.at);
        return false;
      } finally {
        this.acts.set(key, this.acts.get(key) - 1);
      }
      if (!this.acts.get(key)) await this.confirm(key);
      return true;
    };
    const saved = busy(work());
    const group = this.saving.get(key) ?? new Set();
    this.saving.set(key, group.add(saved));
    saved.catch(() => {}).finally(() => group.delete(saved));
    return saved;
  }

  // Waits until all that was done to the group is saved and confirmed; `false` where some of it was not.
  async saved(key) {
    const all = await Promise.all(this.saving.get(key) ?? []);
    return !all.includes(false);
  }

  refused(error, key, row, at) {
    const text = error.status === 0 ? "Not saved: " + error.message : error.message;
    if (this.groups.find(key) < 0) {
      wrong(text, ["Show the group", () => this.tell("return", { key, at })]);
      this.tell("stale", { key: this.key });
    } else {
      if (row.was) {
        row.state = row.was;
        row.gone = !this.groups.belongs(row);
      }
      wrong(text, key === this.key ? null : ["Show the group", () => this.tell("return", { key, at })]);
      if (error.status !== 0) this.confirm(key);
    }
  }

  // The server has the last word on what a choice means for the group: state, suggestions, bytes.
  async confirm(key) {
    this.known.clear();
    try {
      const answer = await this.fetch(key);
      if (this.acts.get(key)) return;
      if (key === this.key) this.take(answer);
      else if (this.groups.patch(answer.group) < 0 && this.groups.belongs(answer.group)) this.tell("stale", { key: this.key });
    } catch (error) {
      // Two images that are no copies are no group: it is not there any more.
      if (error.status !== 404) return;
      if (key === this.key) this.tell("vanished");
      else if (this.groups.find(key) >= 0) this.tell("stale", { key: this.key });
    }
  }

  put(changes) {
    const before = changes.map(({ image }) => image.choice);
    for (const { image, choice } of changes) image.choice = choice;
    return () => changes.forEach(({ image, choice }, at) => {
      if (image.choice === choice) image.choice = before[at];
    });
  }

  send(changes) {
    if (!changes.length) return Promise.resolve(true);
    const choices = changes.map(({ image, choice }) => ({ i: image.i, choice }));
    return this.act("choose", { choices }, () => this.put(changes));
  }

  // The same choice again takes it back.
  choose(image, choice) {
    return this.send([{ image, choice: image.choice === choice ? null : choice }]);
  }

  // Whether all of the group is at hand, and it is still the one on the desk.
  async ready() {
    const { key } = this;
    if (!this.whole) await this.read(key);
    return this.whole && key === this.key;
  }

  // What the person chose already stays as chosen; the rest follows the suggestion.
  async accept() {
    const { key } = this;
    if (this.accepting) return false;
    if (this.saving.get(key)?.size) {
      // The suggestion follows the choice that is on its way.
      this.accepting = true;
      const saved = await this.saved(key).finally(() => { this.accepting = false; });
      if (!saved || key !== this.key) return false;
    }
    if (this.images.length < this.group.members && !await this.ready()) return false;
    const changes = this.images.filter((image) => image.choice === null)
      .map((image) => ({ image, choice: image.suggest }));
    this.send(changes);
    if (changes.length) this.leave("decided");
    return true;
  }

  // Keeps one, and removes what directly resembles it.
  async only(image) {
    if (!await this.knowAll(image)) return;
    const changes = [{ image, choice: "keep" }];
    for (const pair of this.pairsOf(image)) {
      const other = this.images[this.place(pair.a === image.i ? pair.b : pair.a)];
      if (other && pair.verdict === null) changes.push({ image: other, choice: "remove" });
    }
    this.send(changes);
  }

  // Whether all pairs of this image are at hand.
  knows(image) {
    return this.allPairs || this.complete.has(image.i);
  }

  // Of a group with more pairs than are named with it, those of one image are asked for.
  async knowAll(image) {
    if (!await this.ready()) return false;
    if (this.knows(image)) return true;
    const { key, complete } = this;
    try {
      const { pairs } = await get("pairs", { i: image.i, threshold: this.threshold() });
      if (key !== this.key || complete !== this.complete) return false;
      const known = new Map(this.pairs.map((pair) => [pair.a + "," + pair.b, pair]));
      const all = pairs.map((pair) => known.get(pair.a + "," + pair.b) ?? pair);
      this.pairs = [...new Set([...this.pairs, ...all])];
      complete.set(image.i, all);
      this.tell("pairs");
      return true;
    } catch (error) {
      if (key === this.key && error.status !== 0) wrong(error.message);
      return false;
    }
  }

  pairsOf(image) {
    return this.complete.get(image.i) ?? this.pairs.filter((pair) => pair.a === image.i || pair.b === image.i);
  }

  pairOf(a, b) {
    return this.pairs.find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a)) ?? null;
  }

  // The same verdict again takes it back. Answers whether the whole group is settled by it.
  verdict(asked, verdict) {
    // The same picture to the last dot is no other picture, whatever is said.
    const pairs = verdict === "different" ? asked.filter((pair) => pair.kind === "near") : asked;
    if (!pairs.length) return false;
    const wanted = pairs.every((pair) => pair.verdict === verdict) ? null : verdict;
    const before = pairs.map((pair) => pair.verdict);
    this.act("verdict", { pairs: pairs.map((pair) => [pair.a, pair.b]), verdict: wanted }, () => {
      for (const pair of pairs) pair.verdict = wanted;
      return () => pairs.forEach((pair, at) => { pair.verdict = before[at]; });
    });
    const all = this.allPairs && this.pairs.every((pair) => pair.verdict !== null);
    if (all) this.leave("settled");
    return all;
  }

  // Decided, as far as the page can tell before the server answers.
  leave(state) {
    this.row.was = this.row.state;
    this.row.state = state;
    this.row.gone = !this.groups.belongs(this.row);
  }

  // Sent once: taking back twice what was meant to be taken back once would lose a choice.
  undo() {
    const step = this.trail.pop() ?? null;
    const work = async () => {
      const answer = await send("undo", { threshold: this.threshold() }, { again: false });
      this.known.clear();
      this.took(answer.state);
      said(answer.said);
      this.tell("undone", step);
    };
    return busy(work().catch((error) => {
      if (step) this.trail.push(step);
      wrong(error.message);
    }));
  }

  tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
