// The list of groups as the page knows it: of any length, of which only windows are held.

import { get, settled } from "./api.js";

const WINDOW = 50;
const HELD = 2000;

export class Groups extends EventTarget {
  constructor() {
    super();
    this.rows = []; // a row, or null where it was not asked for yet
    this.query = {};
    this.freeable = 0;
    this.threshold = null;
    this.turn = 0; // raised by whatever makes answers on their way worthless
    this.asked = null;
    this.range = [0, 0];
    this.ready = false;
  }

  get total() {
    return this.rows.length;
  }

  // A row that no longer belongs to the filter stays while the person looks at it; the server left it out already.
  belongs(row) {
    return this.query.state === "all" || (this.query.state === "open") === (row.state === "open");
  }

  gone(from, to) {
    const there = [];
    for (let index = from; index < to; index += 1) if (this.rows[index]?.gone) there.push(index);
    return there;
  }

  // Reads the list anew around `at`. Answers the place of `key` where it is found near by, else -1;
  // `null` where no answer came, or another list was asked for meanwhile.
  async reset(query = this.query, { at = 0, key = null } = {}) {
    this.query = query;
    this.turn += 1;
    const turn = this.turn;
    this.asked?.abort();
    const asked = new AbortController();
    this.asked = asked;
    this.tell("loading");
    await settled();
    if (turn !== this.turn) return null;
    let from = Math.max(0, at - WINDOW / 2);
    try {
      let answer = await get("groups", { ...query, offset: from, limit: WINDOW }, asked.signal);
      if (!answer.groups.length && answer.total > 0) {
        from = Math.max(0, answer.total - WINDOW);
        answer = await get("groups", { ...query, offset: from, limit: WINDOW }, asked.signal);
      }
      if (turn !== this.turn) return null;
      this.rows = new Array(answer.total).fill(null);
      answer.groups.forEach((row, place) => { this.rows[from + place] = row; });
      this.freeable = answer.freeable_bytes;
      this.threshold = answer.threshold;
      this.ready = true;
      this.asked = null;
      this.tell("list");
      return key === null ? -1 : this.rows.findIndex((row) => row?.key === key);
    } catch (error) {
      if (error.name !== "AbortError" && turn === this.turn) {
        this.asked = null;
        // What was refused is no list; where nothing answered the old one is as good as it was.
        if (error.status !== 0) {
          this.rows = [];
          this.ready = false;
          this.tell("list");
        }
        this.tell("failed", error);
      }
      return null;
    }
  }

  // What is in sight: whatever is missing there is asked for, a moment later.
  want(first, last) {
    this.range = [first, last];
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.load();
    }, 40);
  }

  async load() {
    if (this.asked || !this.ready) return;
    const [first, last] = this.range;
    let a = first;
    let b = Math.min(last, this.total - 1);
    while (a <= b && this.rows[a]) a += 1;
    while (b >= a && this.rows[b]) b -= 1;
    if (a > b) return;
    const slack = Math.max(0, WINDOW - (b - a + 1));
    const from = Math.max(0, a - Math.floor(slack / 2));
    const to = Math.min(this.total, from + Math.max(WINDOW, b - a + 1));
    const turn = this.turn;
    const asked = new AbortController();
    this.asked = asked;
    try {
      await settled();
      if (turn !== this.turn) return;
      const before = this.gone(0, from).length;
      const inside = new Set(this.gone(from, to));
      const answer = await get("groups", { ...this.query, offset: from - before, limit: to - from - inside.size }, asked.signal);
      if (turn !== this.turn) return;
      const goneAll = this.gone(0, this.total).length;
      if (answer.total + goneAll !== this.total) {
        // Somebody else decided too, or the same person in another window: begin again here.
        this.asked = null;
        await this.reset(this.query, { at: first });
        return;
      }
      let next = 0;
      for (let index = from; index < to; index += 1) {
        if (!inside.has(index)) this.rows[index] = answer.groups[next++] ?? null;
      }
      this.asked = null;
      this.forget();
      this.tell("rows", { from, to });
      this.want(...this.range);
    } catch (error) {
      if (this.asked === asked) this.asked = null;
      if (error.name !== "AbortError") setTimeout(() => this.want(...this.range), 2000);
    } finally {
      if (this.asked === asked) this.asked = null;
    }
  }

  // Memory stays bounded however far the person scrolls.
  forget() {
    const [first, last] = this.range;
    const from = Math.max(0, first - HELD / 2);
    const to = Math.min(this.total, last + HELD / 2);
    if (this.forgotten === Math.floor(first / WINDOW)) return;
    this.forgotten = Math.floor(first / WINDOW);
    for (let index = 0; index < this.total; index += 1) {
      if ((index < from || index >= to) && this.rows[index] && !this.rows[index].gone) this.rows[index] = null;
    }
  }

  find(key) {
    return this.rows.findIndex((row) => row?.key === key);
  }

  // What the server said of one group after a change.
  patch(group) {
    const index = this.find(group.key);
    if (index < 0) return -1;
    const row = this.rows[index];
    this.freeable += group.freeable_bytes - row.freeable_bytes;
    Object.assign(row, group, { images: group.images ?? row.images });
    row.gone = !this.belongs(row);
    this.tell("rows", { from: index, to: index + 1 });
    return index;
  }

  // Takes a row out of the list, as the server does.
  remove(index) {
    const [row] = this.rows.splice(index, 1);
    this.freeable -= row?.freeable_bytes ?? 0;
    this.turn += 1;
    this.asked?.abort();
    this.asked = null;
    this.tell("list");
    return row;
  }

  // The next group that is still to be decided, as far as is known.
  nextOpen(from) {
    let index = from;
    while (index < this.total && this.rows[index] && this.rows[index].state !== "open") index += 1;
    return Math.min(index, this.total - 1);
  }

  tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
