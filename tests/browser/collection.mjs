// A made-up collection for the mock server: groups and images drawn from their numbers, so that 100,000
// groups cost little, and what a person chose among them.

import { VARIANT, chance, shape } from "./drawings.mjs";

const KINDS = ["near", "near", "near", "pixels", "identical"];
const FOLDERS = ["photos/2016", "photos/2019", "photos/phone", "backup/old disk/photos", "to sort"];
const LABELS = ["bird", "boat", "cat", "truck"];
const SPLITS = ["train", "train", "train", "test"];

export class Collection {
  constructor({ groups = 100, big = 0, labels = false, splits = false } = {}) {
    Object.assign(this, { labels, splits, choices: new Map(), verdicts: new Map(), log: [] });
    let i = 0;
    this.groups = Array.from({ length: groups }, (_, at) => {
      const next = chance(at);
      const members = big && at === 0 ? big : Math.min(9, 2 + Math.floor(next() ** 4 * 9));
      const kind = at === 0 && big ? "identical" : members > 3 ? "near" : KINDS[Math.floor(next() * KINDS.length)];
      const made = { at, first: i, members, kind, weakest: kind === "near" ? 0.7 + Math.floor(next() * 290) / 1000 : 1 };
      made.since = at % 17 === 3 ? "new" : at % 41 === 5 ? "back" : null;
      i += members;
      return made;
    });
    this.images = i;
    for (const group of this.groups) group.freeable = Math.round((group.members - 1) * (20e3 + chance(group.at + 3)() * 4e5));
  }

  groupOf(i) {
    let [low, high] = [0, this.groups.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.groups[middle].first <= i) low = middle;
      else high = middle - 1;
    }
    return this.groups[low];
  }

  variant(i) {
    const group = this.groupOf(i);
    if (i === group.first) return "original";
    return group.kind === "near" ? VARIANT[2 + ((i + group.at) % 4)] : "again";
  }

  // A chain in every group of four and more: the last image resembles only the one before it.
  pairs(group, most = 2000) {
    const { first, members, kind, weakest } = group;
    const chain = members > 3;
    const last = chain ? members - 1 : members;
    const made = [];
    for (let n = 1; n < last && made.length < most; n += 1) made.push(this.pair(first, first + n, kind, n === 1 ? weakest : 0.5 + weakest / 2));
    if (chain) made.push(this.pair(first + members - 2, first + members - 1, kind, weakest));
    return made.slice(0, most).sort((a, b) => b.similarity - a.similarity);
  }

  pair(a, b, kind, similarity) {
    return { a, b, similarity, kind, verdict: this.verdicts.get(a + "," + b) ?? null };
  }

  image(i) {
    const group = this.groupOf(i);
    const n = i - group.first;
    const next = chance(i + 7);
    const [w, h] = shape(group.at);
    const scale = n === 0 ? 1 : [1, 0.75, 0.5][Math.floor(next() * 3)];
    const bytes = Math.round(w * h * scale ** 2 * (0.4 + next() / 2));
    const chain = group.members > 3 && n === group.members - 1;
    const keep = n === 0 || chain;
    const format = n > 0 && next() < 0.2 ? "png" : "jpeg";
    const name = `${n && next() < 0.4 ? "Copy of " : ""}IMG_${String(1000 + (group.at * 37) % 9000)}${n ? ` (${n})` : ""}.${format === "png" ? "png" : "jpg"}`;
    const folder = FOLDERS[(group.at + (n ? Math.floor(next() * 5) : 0)) % 5];
    const split = this.splits ? SPLITS[Math.floor(next() * 4)] : null;
    const label = this.labels ? LABELS[n && next() < 0.1 ? (group.at + 1) % 4 : group.at % 4] : null;
    return {
      i, path: (split ? split + "/" : "") + folder + "/" + name, suggest: keep ? "keep" : "remove",
      why: n === 0 ? "most pixels" : chain ? "resembles no kept image" : "copy of the kept image: " + { near: "similarity " + (n === 1 ? group.weakest : 0.5 + group.weakest / 2).toFixed(3), pixels: "same pixels", identical: "same bytes" }[group.kind],
      copy_of: keep ? null : group.first, similarity: keep ? null : n === 1 ? group.weakest : 0.5 + group.weakest / 2,
      kind: keep ? null : group.kind, choice: this.choices.get(i) ?? null, bytes, width: Math.round(w * scale), height: Math.round(h * scale),
      format, modified: `20${10 + Math.floor(next() * 14)}-0${1 + Math.floor(next() * 9)}-1${Math.floor(next() * 9)}T08:30:00Z`, label, split, shard: false,
    };
  }

  all(group) {
    return Array.from({ length: group.members }, (_, n) => this.image(group.first + n));
  }

  // Decided: nothing that is suggested to go waits for a word. Settled: each pair has a verdict.
  state(group) {
    if (group.state) return group.state;
    const pairs = this.verdicts.size ? this.pairs(group) : [];
    let state = "open";
    if (pairs.length && pairs.every((pair) => pair.verdict)) state = "settled";
    else if (this.choices.size) {
      let waiting = false;
      for (let n = 1; n < group.members - (group.members > 3 ? 1 : 0) && !waiting; n += 1) waiting = !this.choices.has(group.first + n);
      if (!waiting) state = "decided";
    }
    group.state = state;
    return state;
  }

  row(group, number) {
    const few = { ...group, members: Math.min(12, group.members) };
    return {
      key: "g" + group.at, number, members: group.members, kind: group.kind, weakest: group.weakest, freeable_bytes: group.freeable,
      state: this.state(group), since: group.since, images: this.all(few),
    };
  }

  kept(i) {
    const image = this.image(i);
    return (image.choice ?? image.suggest) === "keep";
  }

  // Why a choice is refused, or null: what goes must directly resemble something that stays.
  refusal(choices) {
    const held = this.choices;
    this.choices = new Map(held);
    for (const { i, choice } of choices) this.choices.set(i, choice);
    try {
      for (const { i, choice } of choices) {
        if (choice !== "remove") continue;
        const group = this.groupOf(i);
        const like = group.members > 3000 || this.pairs(group).some((pair) => (pair.a === i && this.kept(pair.b)) || (pair.b === i && this.kept(pair.a)));
        if (!like) return `${this.image(i).path} is not removed: nothing that stays resembles it directly. Keep one of its copies first.`;
      }
      return null;
    } finally {
      this.choices = held;
    }
  }

  put(map, changes, words) {
    this.log.push({ map, words, before: changes.map(([key]) => [key, map.get(key)]) });
    for (const [key, value] of changes) this.assign(map, key, value);
  }

  assign(map, key, value) {
    if (value === null || value === undefined) map.delete(key);
    else map.set(key, value);
    delete this.groupOf(Number(String(key).split(",")[0])).state;
  }

  undo() {
    const { map, before, words } = this.log.pop();
    for (const [key, value] of before) this.assign(map, key, value);
    return words;
  }

  chosen() {
    const folders = new Map();
    for (const [i, choice] of this.choices) {
      const image = this.image(i);
      const folder = image.path.slice(0, image.path.lastIndexOf("/"));
      if (!folders.has(folder)) folders.set(folder, { folder, keep: 0, remove: 0, bytes: 0 });
      const one = folders.get(folder);
      one[choice] += 1;
      if (choice === "remove") one.bytes += image.bytes;
    }
    const list = [...folders.values()].sort((a, b) => b.bytes - a.bytes);
    const sum = (key) => list.reduce((total, one) => total + one[key], 0);
    return { folders: list, keep: sum("keep"), remove: sum("remove"), bytes: sum("bytes") };
  }
}
