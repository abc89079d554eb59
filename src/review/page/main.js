// Where the page begins: reads the state, keeps views and address, and ties the parts together.

import { get, line, unsent } from "./api.js";
import { Desk } from "./desk.js";
import * as filters from "./filters.js";
import { Groups } from "./groups.js";
import { Judge } from "./judge.js";
import { Keys } from "./keys.js";
import { List } from "./list.js";
import { said } from "./notes.js";
import { Plan } from "./plan.js";
import { Work } from "./work.js";
import { $, bytes, count, store } from "./words.js";

const VIEWS = ["groups", "threshold", "plan"];
let state = null;
let view = "groups";

const took = (now) => {
  state = now;
  const { groups: all, decided, freeable_bytes: freeable, chosen_bytes: chosen } = now.counts;
  const bar = $("progress").querySelector("[role=progressbar]");
  bar.setAttribute("aria-valuemax", Math.max(1, all));
  bar.setAttribute("aria-valuenow", decided);
  bar.firstElementChild.style.width = (all ? decided / all * 100 : 0) + "%";
  $("progress-text").textContent = `${count(decided)} of ${count(all)} groups decided · ${bytes(chosen ?? freeable)} to be freed`;
  $("progress").hidden = false;
  if (groups.ready && !desk.key) work.empty(); // its words hold these numbers
  $("undo").disabled = !now.can_undo;
  $("undo").title = now.can_undo ? `Undo: ${now.last ?? "the last step"} (U)` : "Nothing to undo";
  list.since(now, (word) => {
    filters.set("since", word);
    filters.set("state", "all");
    refilter();
  });
};

const groups = new Groups();
const desk = new Desk({ groups, threshold: () => filters.threshold(), took });
const list = new List(groups, (row, index) => {
  desk.open(row);
  if (row) desk.ahead(groups.rows[index + 1]);
  keepAddress();
});
const work = new Work({ desk, list, groups, state: () => state, show: (name) => show(name), refilter: () => refilter() });
const judge = new Judge({
  use: (threshold) => useThreshold(threshold), threshold: () => filters.threshold(),
  answered: () => {
    desk.trail.push(null); // an answer belongs to no group, yet undo takes it back
    freshState().catch(() => {});
  },
});
const plan = new Plan({ state: () => state, threshold: () => filters.threshold() });

// The address holds the place: it survives a reload.
const keepAddress = () => {
  const set = new URLSearchParams(filters.changed());
  if (view !== "groups") set.set("view", view);
  if (desk.key && list.at > 0) set.set("at", list.at);
  history.replaceState(null, "", set.size ? "#" + set : location.pathname);
};

const freshState = async () => took(await get("state", { threshold: filters.threshold() }));

// The list is read anew: from its beginning after a filter, around a group after an undo. The group on
// the desk stays there where it is found again.
const reread = async ({ at = 0, key = null } = {}) => {
  list.filtersShown();
  const found = await groups.reset(filters.query(), { at, key });
  if (found === null) return;
  list.at = -1;
  if (found >= 0 && key === desk.key && desk.group) {
    desk.row = groups.rows[found];
    list.mark(found);
    desk.again();
  } else list.select(found >= 0 ? found : at);
};
const refilter = async () => {
  list.box.scrollTop = 0;
  keepAddress();
  shownThreshold();
  await Promise.all([reread({ key: desk.key }), freshState().catch(() => {})]);
};
const shownThreshold = () => {
  $("threshold-value").textContent = filters.threshold().toFixed(3);
};
const useThreshold = (threshold) => {
  filters.setThreshold(threshold);
  show("groups");
  refilter();
  said(`The threshold is ${filters.threshold().toFixed(3)} now.`);
};

const show = (name) => {
  view = VIEWS.includes(name) ? name : "groups";
  for (const one of VIEWS) $("view-" + one).hidden = one !== view;
  for (const link of $("views").children) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.dataset.view = view;
  if (view === "threshold") judge.open();
  if (view === "plan") plan.open();
  keepAddress();
};

const undo = async () => {
  if (state?.can_undo) await desk.undo();
};

const theme = () => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = root.dataset.theme ?? (dark ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  if ((next === "dark") === dark) delete root.dataset.theme;
  else root.dataset.theme = next;
  store.set("theme", root.dataset.theme ?? null);
};

const focusOn = (id) => () => {
  show("groups");
  work.pane("list");
  $(id).focus();
  $(id).select?.();
};

const keys = () => {
  const stage = () => (view === "threshold" ? judge.stage : work.mode === "compare" && desk.key ? work.compare.stage : null);
  const onStage = (act) => () => {
    if (!stage() && view === "groups" && desk.key) work.as("compare");
    return stage() ? act(stage()) : false;
  };
  const inGroups = (act) => (name) => (desk.key ? act(name) : false);
  const AWAY = 0.1; // of what is in sight
  const PANS = { ArrowLeft: [-AWAY, 0], ArrowRight: [AWAY, 0], ArrowUp: [0, -AWAY], ArrowDown: [0, AWAY] };
  const pan = (name) => onStage(({ zoom }) => zoom.pan(...PANS[name.slice(6)].map((by) => by / zoom.by)))();
  const g = "groups";
  const j = "threshold";
  const pairOr = (verdict) => inGroups(() => (desk.images.length === 2 ? work.all(verdict) : work.one(verdict)));
  return [
    { title: "Walk", keys: [
      [["ArrowDown", "ArrowUp"], "next, previous group", (name) => list.step(name === "ArrowDown" ? 1 : -1), g, true],
      [["ArrowRight", "ArrowLeft"], "next, previous image", inGroups((name) => work.step(name === "ArrowRight" ? 1 : -1)), g, true],
      [["Home", "End"], "first, last image", inGroups((name) => desk.select(name === "Home" ? 0 : desk.images.length - 1)), g],
      [["/"], "search by path", focusOn("search")], [["t"], "the threshold's slider", focusOn("threshold")],
      [["g"], "groups", () => show("groups")], [["j"], "judge pairs: threshold", () => show("threshold")], [["p"], "plan", () => show("plan")],
      [["Escape"], "back to the cards, to the list", () => (work.mode === "compare" ? work.as("cards") : work.pane("list")), g],
      [["?"], "this help", () => $("help").showModal()],
    ] },
    { title: "Decide", keys: [
      [["a", "Enter"], "accept the suggestion, next group", inGroups(() => work.accept()), g],
      [["k"], "keep this image", inGroups(() => work.choose("keep")), g],
      [["r", "Delete"], "remove this image", inGroups(() => work.choose("remove")), g],
      [["Shift+k"], "keep only this one", inGroups(() => desk.only(desk.image)), g],
      [["n"], "not a duplicate", pairOr("different"), g], [["b"], "keep both", pairOr("keep-both"), g],
      [["Shift+n"], "no duplicates in this group", inGroups(() => work.all("different")), g],
      [["Shift+b"], "keep all of this group", inGroups(() => work.all("keep-both")), g],
      [["u", "Ctrl+z"], "undo", undo],
    ] },
    { title: "Look", keys: [
      [["c"], "compare, or cards", inGroups(() => work.as(work.mode === "compare" ? "cards" : "compare")), g],
      [["s"], "side by side", onStage((it) => it.set("side"))], [["d"], "difference", onStage((it) => it.toggle("difference"))],
      [["l"], "blink", onStage((it) => it.toggle("blink"))], [["o"], "wipe one over the other", onStage((it) => it.toggle("wipe"))],
      [[" "], "switch, while blinking", onStage((it) => (it.mode === "blink" ? it.flip() : false))],
      [["+", "=", "-"], "zoom in, out", (name) => onStage((it) => (name === "-" ? it.zoom.out(it.full()) : it.zoom.in(it.full())))(), "", true],
      [["0", "1"], "fit, 100 %", (name) => onStage((it) => (name === "0" ? it.zoom.home() : it.zoom.to(it.full(), it.full())))()],
      [["Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowUp", "Shift+ArrowDown"], "move what is zoomed", pan, "", true],
    ] },
    { title: "Judge", keys: [
      [["y", "ArrowRight"], "the same picture", () => judge.answer(true), j],
      [["n", "ArrowLeft"], "not the same", () => judge.answer(false), j], [["x", "ArrowDown"], "skip", () => judge.answer(null), j],
    ] },
  ];
};

const start = async () => {
  document.documentElement.dataset.theme = store.get("theme") ?? "";
  if (!store.get("theme")) delete document.documentElement.dataset.theme;
  const table = keys();
  new Keys(table, () => view);
  $("undo").addEventListener("click", undo);
  $("theme").addEventListener("click", theme);
  for (const link of $("views").children) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show(link.dataset.view);
    });
  }
  line.addEventListener("line", ({ detail: up }) => {
    $("lost").hidden = up;
    if (up) reread({ at: Math.max(0, list.at), key: desk.key });
  });
  $("lost-again").addEventListener("click", () => (state ? freshState().catch(() => {}) : location.reload()));
  groups.addEventListener("failed", ({ detail }) => {
    if (detail.status === 0 && groups.ready) return; // the banner says it
    desk.open(null);
    work.failed(detail);
  });
  desk.addEventListener("stale", ({ detail }) => reread({ at: Math.max(0, list.at), key: detail.key }));
  desk.addEventListener("vanished", () => reread({ at: Math.max(0, list.at) }));
  desk.addEventListener("return", ({ detail }) => reread(detail));
  desk.addEventListener("undone", ({ detail }) => {
    reread(detail ?? { at: Math.max(0, list.at), key: desk.key });
    if (view === "threshold") judge.open();
    if (view === "plan") plan.open();
  });
  addEventListener("beforeunload", (event) => unsent() && event.preventDefault());
  $("view-groups").hidden = false;
  work.empty();
  try {
    const given = new URLSearchParams(location.hash.slice(1));
    state = await get("state");
    $("name").textContent = state.name;
    document.title = `Review of ${state.name} – lookalike`;
    filters.prepare(state);
    filters.fromAddress(given);
    filters.listen(refilter, shownThreshold);
    $("filters-clear").addEventListener("click", () => {
      filters.clear();
      refilter();
    });
    took(state);
    shownThreshold();
    show(given.get("view") ?? "groups");
    await reread({ at: Number(given.get("at")) || 0 });
    if (given.has("threshold")) await freshState();
  } catch (error) {
    work.failed(error, () => location.reload());
  }
};
start();
