// The middle of the groups view: the head of the group, cards or comparison, the acts, and what is
// shown where there is no group.

import { Cards } from "./cards.js";
import { Compare } from "./compare.js";
import * as filters from "./filters.js";
import { $, button, bytes, count, counted, element, kindName, lowerWords, similarity, store } from "./words.js";

const NARROW = matchMedia("(max-width: 45rem)");

export class Work {
  // `list` walks, `state()` is the server's last state, `show(view)` changes the view.
  constructor({ desk, list, groups, state, show, refilter }) {
    Object.assign(this, { desk, list, groups, state, show, refilter });
    this.cards = new Cards(desk, { compare: (at) => this.compareAt(at) });
    this.compare = new Compare(desk);
    this.mode = store.get("mode") === "compare" ? "compare" : "cards";
    desk.addEventListener("group", () => this.group());
    desk.addEventListener("images", () => this.images());
    for (const news of ["change", "pairs"]) desk.addEventListener(news, () => this.change());
    desk.addEventListener("select", () => {
      this.now.select();
      this.acts();
    });
    for (const [id, act] of Object.entries({
      "as-cards": () => this.as("cards"), "as-compare": () => this.as("compare"), previous: () => list.step(-1),
      next: () => list.step(1), "to-list": () => this.pane("list"),
    })) $(id).addEventListener("click", act);
    this.actions();
  }

  get now() {
    return this.mode === "compare" ? this.compare : this.cards;
  }

  // On a narrow screen either the list is seen or the group.
  pane(name) {
    document.body.dataset.pane = name;
  }

  as(mode) {
    this.mode = mode;
    store.set("mode", mode);
    if (!this.desk.key) return;
    this.images();
  }

  compareAt(at) {
    this.desk.select(at);
    this.as("compare");
  }

  group() {
    const { desk } = this;
    const there = desk.key !== null;
    for (const id of ["head", "acts"]) $(id).hidden = !there;
    $("empty").hidden = there;
    if (there) this.images();
    else {
      $("cards").hidden = true;
      $("compare").hidden = true;
      this.empty();
      if (NARROW.matches) this.pane("list");
    }
  }

  images() {
    const comparing = this.mode === "compare";
    $("cards").hidden = comparing;
    $("compare").hidden = !comparing;
    $("as-cards").setAttribute("aria-pressed", String(!comparing));
    $("as-compare").setAttribute("aria-pressed", String(comparing));
    this.head();
    this.now.fresh();
    this.acts();
  }

  change() {
    if (!this.desk.key) return;
    this.head();
    this.now.change();
    this.acts();
  }

  head() {
    const { group } = this.desk;
    $("group-title").textContent = "Group " + count(group.number);
    const words = [counted(group.members, "image"), group.kind === "near" ? `near${group.members > 2 ? ", weakest link" : ""} ${similarity(group.weakest)}` : kindName[group.kind]];
    if (group.freeable_bytes > 0) words.push(bytes(group.freeable_bytes) + " could be freed");
    if (group.state === "decided") words.push("decided");
    if (group.state === "settled") words.push("settled before");
    $("group-facts").textContent = words.join(" · ");
  }

  actions() {
    const { desk } = this;
    this.made = {
      accept: button("Accept", "first", () => this.accept(), "A"),
      both: button("Keep both", "", () => this.all("keep-both"), "B"),
      not: button("Not duplicates", "", () => this.all("different"), "N"),
      only: button("Keep only this", "one", () => desk.only(desk.image), "⇧K"),
      notThis: button("Not a duplicate", "one", () => this.one("different"), "N"),
    };
    this.plan = element("span", "outcome");
    const { accept, both, not, only, notThis } = this.made;
    $("acts").append(accept, this.plan, both, not, element("span", "gap"), only, notThis);
  }

  // What the buttons would do, in their words.
  acts() {
    const { desk, made } = this;
    const two = desk.images.length === 2;
    const open = desk.images.filter((image) => image.choice === null);
    const go = open.filter((image) => image.suggest === "remove");
    made.accept.disabled = open.length === 0;
    const larger = desk.group.members > desk.images.length;
    const outcome = [["keeps", open.length - go.length], ["removes", go.length]].filter(([, number]) => number > 0);
    this.plan.textContent = larger ? "" : outcome.map(([does, number]) => `${does} ${count(number)}`).join(", ");
    made.accept.title = "Take the suggestion for this group and go to the next";
    const word = (button, text, key) => {
      button.firstChild.textContent = text;
      button.lastChild.textContent = key;
      button.setAttribute("aria-keyshortcuts", key.replace("⇧", "Shift+"));
    };
    word(made.both, two ? "Keep both" : "Keep all", two ? "B" : "⇧B");
    word(made.not, two ? "Not a duplicate" : "No duplicates", two ? "N" : "⇧N");
    const unsure = desk.whole && !desk.allPairs;
    const able = (button, why) => {
      button.disabled = why !== "";
      button.title = why;
    };
    able(made.both, unsure ? "Too many pairs to speak of all at once" : "");
    const same = "The same picture, to the last dot";
    able(made.not, unsure ? made.both.title : desk.group.kind !== "near" ? same : "");
    const pairs = this.spokenOf();
    able(made.notThis, this.sure() && !pairs.some((pair) => pair.kind === "near") ? (pairs.length ? same : "These two are not alike") : "");
    made.notThis.hidden = two;
    made.notThis.firstChild.textContent = this.mode === "compare" ? "Not a duplicate" : "Not a duplicate of any";
  }

  async accept() {
    if (this.desk.key && await this.desk.accept()) this.list.advance();
  }

  async all(verdict) {
    if (this.desk.key && await this.desk.ready() && this.desk.allPairs && this.desk.verdict(this.desk.pairs, verdict)) this.list.advance();
  }

  // In a comparison the two that are shown; among cards the one that is selected, and all that resemble it.
  spokenOf() {
    const { desk } = this;
    if (!desk.image) return [];
    return this.mode === "compare" ? [this.compare.pair].filter(Boolean) : desk.pairsOf(desk.image);
  }

  // Whether all that binds those is known.
  sure() {
    const { desk } = this;
    const shown = this.mode === "compare" ? this.compare.sides : [desk.image];
    return desk.whole && shown.some((image) => image && desk.knows(image));
  }

  async one(verdict) {
    if (this.desk.image && await this.desk.knowAll(this.desk.image) && this.desk.verdict(this.spokenOf(), verdict)) this.list.advance();
  }

  choose(choice) {
    if (this.desk.image) this.desk.choose(this.desk.image, choice);
  }

  step(by) {
    if (this.mode === "compare") this.compare.step(by);
    else this.desk.select(this.desk.at + by);
  }

  failed(error, again = () => this.refilter()) {
    this.message("The list could not be read", error.message, ["Try again", again]);
  }

  // Why there is nothing to see, and what to do about it.
  empty() {
    const counts = this.state()?.counts;
    if (!counts || !this.groups.ready) {
      this.message("", "Reading the groups…");
      return;
    }
    const asked = filters.query();
    if (filters.narrowed() > 0) {
      this.message("No group matches", "No group is like what the filters ask for.", ["Clear the filters", () => {
        filters.clear();
        this.refilter();
      }]);
    } else if (counts.groups === 0) {
      this.message("No copies here", `Among ${counted(counts.images, "image")} nothing is this alike. A lower threshold finds what is less alike.`);
    } else if (asked.state === "open") {
      const freed = counts.chosen_bytes ?? counts.freeable_bytes;
      const lower = counts.chosen_lower ? ` ${lowerWords(counts.chosen_lower)}` : "";
      this.message("All groups are decided", `${counted(counts.groups, "group")}, ${counted(counts.chosen_remove, "image")} chosen to go, ${bytes(freed)} to be freed.${lower}`,
        ["See the plan", () => this.show("plan")]);
    } else this.message("Nothing is decided yet", "What you choose appears here.");
  }

  message(title, words, way = null) {
    const parts = [title && element("h1", "", title), element("p", "", words), way && button(way[0], "first", way[1])];
    $("empty").replaceChildren(...parts.filter(Boolean));
    $("empty").hidden = false;
  }
}
