// The filter form: what is asked of the list, kept in the page's address.

import { $, element, later } from "./words.js";

const form = $("filters");
const field = (name) => form.elements[name];
// What is half typed, or out of bounds, asks for nothing yet. Finer steps than those of the arrows are fine.
const said = (name) => {
  const { value, validity } = field(name);
  const wrong = validity.badInput || validity.rangeUnderflow || validity.rangeOverflow;
  return wrong ? "" : value.trim();
};
const TEXTS = ["search", "min", "max", "least", "most", "folder", "label", "split", "since"];
const CHECKS = ["leaks", "conflicts"];
const STILL = { state: "open", sort: "rank" };
const KINDS = 3;

let initial = null; // the threshold with which the server began
let current = 0; // the one in force: finer than the slider's steps, where it was proposed

const kinds = () => [...form.querySelectorAll("[name=kind]:checked")].map((box) => box.value);

// What differs from an untouched form; this is what the address keeps.
export const changed = () => {
  const set = {};
  for (const name of TEXTS) if (said(name)) set[name] = said(name);
  for (const name of CHECKS) if (field(name).checked) set[name] = "1";
  for (const [name, value] of Object.entries(STILL)) if (field(name).value !== value) set[name] = field(name).value;
  const chosen = kinds();
  if (chosen.length < KINDS) set.kinds = chosen.join(",") || "none";
  if (initial !== null && threshold() !== initial) set.threshold = String(threshold());
  return set;
};

export const threshold = () => current;
export const query = () => ({ ...STILL, threshold: threshold(), ...changed() });
const NARROWING = (name) => !["sort", "threshold", "state"].includes(name);
export const narrowed = () => Object.keys(changed()).filter(NARROWING).length;

const fill = (name, values) => {
  const select = field(name);
  const room = $(name + "-field");
  room.hidden = values.length < 2;
  const held = select.value;
  select.replaceChildren(select.options[0], ...values.map((value) => {
    const option = element("option", "", value);
    option.value = value;
    return option;
  }));
  select.value = values.includes(held) ? held : "";
};

// Shows the choices that this collection has, and nothing else.
export const prepare = (state) => {
  fill("folder", state.folders);
  fill("label", state.labels);
  fill("split", state.splits);
  $("leaks-field").hidden = state.splits.length < 2;
  $("conflicts-field").hidden = state.labels.length < 2;
  $("checks").hidden = state.splits.length < 2 && state.labels.length < 2;
  $("since-field").hidden = !state.since;
  field("threshold").min = state.floor;
  initial = state.threshold;
  setThreshold(initial);
};

export const setThreshold = (value) => {
  current = value;
  field("threshold").value = value;
};

export const fromAddress = (given) => {
  for (const name of TEXTS) field(name).value = given.get(name) ?? "";
  for (const name of CHECKS) field(name).checked = given.get(name) === "1";
  for (const [name, value] of Object.entries(STILL)) {
    field(name).value = given.get(name) ?? value;
    if (!field(name).value) field(name).value = value;
  }
  const wanted = given.get("kinds");
  for (const box of form.querySelectorAll("[name=kind]")) box.checked = wanted === null || wanted.split(",").includes(box.value);
  const asked = Number(given.get("threshold"));
  if (asked > 0 && asked <= 1 && asked >= Number(field("threshold").min)) setThreshold(asked);
};

export const clear = () => {
  const kept = { sort: field("sort").value, state: field("state").value };
  fromAddress(new URLSearchParams(kept));
};

export const set = (name, value) => {
  field(name).value = value;
};

// `changed` is called once the person stops typing or dragging; `dragged` at each step of the slider.
export const listen = (act, dragged) => {
  const soon = later(120, act);
  const typed = later(220, act);
  form.addEventListener("input", (event) => {
    if (event.target.name === "threshold") {
      current = Number(event.target.value);
      dragged();
      soon();
    } else if (event.target.matches("[type=search], [type=number]")) typed();
    else soon();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  $("filters-open").addEventListener("click", () => open($("filters-more").hidden));
};

export const open = (now) => {
  $("filters-more").hidden = !now;
  $("filters-open").setAttribute("aria-expanded", String(now));
};
