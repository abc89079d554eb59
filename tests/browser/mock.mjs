// The review server's interface over a made-up collection, for building and testing the page without the
// program. `node mock.mjs [GROUPS [PORT [FOLDER OF PHOTOS]]]` serves it to look at.

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Collection } from "./collection.mjs";
import { draw, useFolder } from "./drawings.mjs";

const PAGE = new URL("../../src/review/page/", import.meta.url);
const TOKEN = "t0ken";
const FLOOR = 0.7;
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'";
const TYPES = { html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript" };

class Answer extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class Mock {
  // `fail`: { "choose": [status, text] } once or always; `down`: no answer at all; `gone`: images without a file.
  constructor(options = {}) {
    this.options = { threshold: 0.82, ...options };
    this.all = new Collection(options);
    this.judged = [];
    Object.assign(this, { fail: {}, down: false, slow: 0, gone: new Set(), posts: [], lists: new Map() });
    this.server = createServer((request, response) => this.serve(request, response));
  }

  listen(port = 0) {
    return new Promise((done) => this.server.listen(port, "127.0.0.1", () => done(`http://127.0.0.1:${this.server.address().port}/${TOKEN}/`)));
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }

  async serve(request, response) {
    if (this.down) return request.socket.destroy();
    const url = new URL(request.url, "http://x");
    const name = url.pathname.replace(`/${TOKEN}/`, "");
    try {
      let text = "";
      for await (const part of request) text += part;
      if (this.slow) await new Promise((done) => setTimeout(done, this.slow));
      if (url.pathname === name) throw new Answer(404, "There is nothing here.");
      const [type, body] = this.answer(request.method, name, url.searchParams, text ? JSON.parse(text) : null);
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY, "x-content-type-options": "nosniff" });
      return response.end(body);
    } catch (error) {
      const status = error.status ?? 500;
      response.writeHead(status, { "content-type": "application/json" });
      return response.end(JSON.stringify({ error: error.message }));
    }
  }

  answer(method, name, query, body) {
    const file = name === "" ? "review.html" : name;
    if (/^[a-z]+\.(html|css|js)$/.test(file)) return [TYPES[file.split(".").pop()], readFileSync(new URL(file, PAGE))];
    if (name === "image" || name === "thumb") return ["image/svg+xml", this.picture(name, Number(query.get("i")))];
    const key = name.replace("api/", "");
    if (this.fail[key]) throw new Answer(...this.fail[key]);
    if (method === "POST") this.posts.push([key, body]);
    const act = this[`${method.toLowerCase()}_${key}`];
    if (!act) throw new Answer(404, "There is nothing here.");
    return ["application/json", JSON.stringify(act.call(this, method === "POST" ? body : query))];
  }

  picture(name, i) {
    if (this.gone.has(i)) throw new Answer(404, "The file is gone.");
    const { width, height } = this.all.image(i);
    const scale = name === "thumb" ? 160 / Math.max(width, height) : 1;
    return draw(this.all.groupOf(i).at, this.all.variant(i), Math.round(width * scale), Math.round(height * scale));
  }

  visible(threshold) {
    return this.all.groups.filter((group) => group.weakest >= threshold);
  }

  counts(threshold) {
    const groups = this.visible(threshold);
    const open = groups.filter((group) => this.all.state(group) === "open").length;
    const chosen = this.all.chosen();
    return {
      images: this.all.images * 3, groups: groups.length, open, decided: groups.length - open, chosen_remove: chosen.remove,
      freeable_bytes: groups.reduce((sum, group) => sum + group.freeable, 0), chosen_bytes: chosen.bytes,
      chosen_lower: this.options.lower ?? 0,
    };
  }

  get_state(query) {
    const threshold = Number(query.get("threshold")) || this.options.threshold;
    return {
      name: "photos/lookalike-out", threshold: this.options.threshold, floor: FLOOR, kinds: ["identical", "pixels", "near"],
      labels: this.options.labels ? ["bird", "boat", "cat", "truck"] : [], splits: this.options.splits ? ["train", "test"] : [],
      folders: ["backup/old disk/photos", "photos/2016", "photos/2019", "photos/phone", "to sort"], counts: this.counts(threshold),
      can_undo: this.all.log.length > 0, last: this.all.log.at(-1)?.words ?? null, since: this.options.since ?? { new: 6, resolved: 8, back: 2 }, version: "0.1.0",
    };
  }

  // `asked`: the query as a plain object; only what it asks for is looked at.
  matches(group, asked) {
    const state = this.all.state(group);
    if (asked.state === "open" && state !== "open") return false;
    if (asked.state === "decided" && state === "open") return false;
    if (asked.kinds && !asked.kinds.includes(group.kind)) return false;
    if (group.weakest < (asked.min ?? 0) || group.weakest > (asked.max ?? 1)) return false;
    if (group.members < (asked.least ?? 0) || group.members > (asked.most ?? Infinity)) return false;
    if (asked.since && group.since !== asked.since) return false;
    const { search, folder, label, split, leaks, conflicts } = asked;
    if (!(search || folder || label || split || leaks || conflicts)) return true;
    const images = this.all.all(group);
    const several = (key) => new Set(images.map((image) => image[key])).size > 1;
    return images.some((image) => !search || image.path.toLowerCase().includes(search.toLowerCase()))
      && images.some((image) => !folder || image.path.includes(folder + "/"))
      && images.some((image) => !label || image.label === label) && images.some((image) => !split || image.split === split)
      && (!leaks || several("split")) && (!conflicts || several("label"));
  }

  get_groups(query) {
    if (/[^\d]/.test(query.get("least") ?? "")) throw new Answer(400, "`least` is no such number");
    const threshold = Number(query.get("threshold")) || this.options.threshold;
    const order = {
      similarity: (a, b) => b.weakest - a.weakest, size: (a, b) => b.members - a.members, bytes: (a, b) => b.freeable - a.freeable,
      path: (a, b) => (this.all.image(a.first).path < this.all.image(b.first).path ? -1 : 1),
    }[query.get("sort")];
    const asked = Object.fromEntries(query);
    const numbers = new Map(this.visible(threshold).map((group, at) => [group, at + 1]));
    const found = [...numbers.keys()].filter((group) => this.matches(group, asked));
    if (order) found.sort(order);
    const offset = Number(query.get("offset") ?? 0);
    return {
      total: found.length, threshold, freeable_bytes: found.reduce((sum, group) => sum + group.freeable, 0),
      groups: found.slice(offset, offset + Number(query.get("limit") ?? 50)).map((group) => this.all.row(group, numbers.get(group))),
    };
  }

  get_group(query) {
    const group = this.all.groups[Number(query.get("key").slice(1))];
    if (!group) throw new Answer(404, "There is no such group any more.");
    const number = this.visible(Number(query.get("threshold"))).indexOf(group) + 1;
    return { group: this.all.row(group, number), images: this.all.all(group), pairs: this.all.pairs(group) };
  }

  get_pairs(query) {
    const i = Number(query.get("i"));
    const pairs = this.all.pairs(this.all.groupOf(i), Infinity);
    return { pairs: pairs.filter((pair) => pair.a === i || pair.b === i) };
  }

  get_meta(query) {
    const i = Number(query.get("i"));
    const taken = i % 3 ? `2019:0${1 + (i % 9)}:12 10:00:00` : null;
    return { exif: taken ? [["DateTimeOriginal", taken], ["Model", "X100F"], ["FNumber", "4"]].slice(0, 1 + (i % 3)) : [], taken: taken?.replaceAll(":", "-").slice(0, 10) ?? null, missing: this.gone.has(i), changed: false };
  }

  done(said) {
    return { state: this.get_state(new URLSearchParams()), said };
  }

  post_choose({ choices }) {
    const why = this.all.refusal(choices);
    if (why) throw new Answer(409, why);
    const number = (choice) => choices.filter((one) => one.choice === choice).length;
    const [gone, kept] = [number("remove"), number("keep")];
    const words = gone ? `removed ${gone} image${gone === 1 ? "" : "s"}` : kept ? `kept ${kept} image${kept === 1 ? "" : "s"}` : "took back a choice";
    this.all.put(this.all.choices, choices.map(({ i, choice }) => [i, choice]), words);
    return this.done(`${words[0].toUpperCase()}${words.slice(1)}.`);
  }

  post_verdict({ pairs, verdict }) {
    this.all.put(this.all.verdicts, pairs.map(([a, b]) => [`${Math.min(a, b)},${Math.max(a, b)}`, verdict]), verdict === "different" ? "said: not a duplicate" : "said: keep both");
    return this.done(verdict === "different" ? "Noted: not a duplicate." : "Noted: both stay.");
  }

  post_undo() {
    if (this.all.log.length === 0) throw new Answer(409, "There is nothing to undo.");
    return this.done(`Took back: ${this.all.undo()}.`);
  }

  get_judge() {
    const asked = 100;
    const at = this.judged.length;
    const group = this.all.groups[(at * 7) % this.all.groups.length];
    const pair = at < asked && group ? { a: this.all.image(group.first), b: this.all.image(group.first + 1), similarity: group.weakest, id: at } : null;
    return { asked, answered: this.judged.filter(([, same]) => same !== null).length, pair, said: "" };
  }

  post_judge({ id, same }) {
    if (id !== this.judged.length) throw new Answer(409, "This pair was answered already.");
    this.judged.push([this.all.groups[(id * 7) % this.all.groups.length].weakest, same]);
    return this.get_judge();
  }

  get_precision(query) {
    const target = Number(query.get("target") ?? 0.99);
    const answers = this.judged.filter(([, same]) => same !== null);
    const points = [];
    for (let threshold = FLOOR; threshold < 0.99; threshold += 0.01) {
      const above = answers.filter(([similarity]) => similarity >= threshold);
      if (above.length < 2) break;
      const [n, p, z] = [above.length, above.filter(([, same]) => same).length / above.length, 1.96];
      const middle = (p + z * z / (2 * n)) / (1 + z * z / n);
      const half = z / (1 + z * z / n) * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
      points.push({ threshold: Math.round(threshold * 1000) / 1000, precision: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half), pairs: n });
    }
    const found = points.find((point) => point.precision >= target);
    const sure = Boolean(found && found.low >= target);
    const said = !answers.length ? "Nothing is judged yet." : found
      ? `At ${found.threshold.toFixed(3)} and above, ${(found.precision * 100).toFixed(1)} % of ${found.pairs} judged pairs are the same picture; with 95 % confidence at least ${(found.low * 100).toFixed(1)} %.`
      : "No threshold reaches this precision in what was judged. Judge more pairs, or ask for less.";
    return { points, judged: answers.length, target, proposed: found?.threshold ?? null, sure, said };
  }

  get_chosen() {
    return { ...this.all.chosen(), lower: this.options.lower ?? 0 };
  }

  post_plan({ chosen }) {
    const { remove, bytes } = this.all.chosen();
    const path = "photos/lookalike-out/plan.parquet";
    return {
      path, removals: remove, freeable_bytes: bytes,
      bound: this.judged.length ? { removals: remove, near: remove, wrong_at_most: 0.011, confidence: 0.95, judged: this.judged.length } : null,
      text: `${remove} images would go, ${bytes} bytes would be freed.\n${chosen ? "Only what was chosen is removed." : "Rules decided the rest."}\nWritten to ${path}. Nothing was touched.\n`,
      next: [`lookalike apply ${path} --action move:removed --dry-run`, `lookalike apply ${path} --action move:removed`],
    };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [groups = 100, port = 8765, folder] = process.argv.slice(2);
  if (folder) useFolder(folder);
  console.log(await new Mock({ groups: Number(groups), labels: true, splits: true }).listen(Number(port)));
}
