// What the page says in passing: what was done, quietly; what went wrong, until it is read.

import { $, button, element } from "./words.js";

const QUIET = 4000;
const LOUD = 12000;
let quiet = 0;
let loud = 0;

const hide = (box) => {
  box.classList.remove("shown");
  box.replaceChildren();
};

export const said = (text) => {
  if (!text) return;
  const box = $("said");
  box.replaceChildren(element("p", "", text));
  box.classList.add("shown");
  clearTimeout(quiet);
  quiet = setTimeout(hide, QUIET, box);
};

// `way` is a way out: [words, act].
export const wrong = (text, way = null) => {
  const box = $("wrong");
  const close = button("Close", "plain", () => hide(box));
  const out = way ? button(way[0], "", () => {
    hide(box);
    way[1]();
  }) : null;
  box.replaceChildren(element("p", "", text), ...[out, close].filter(Boolean));
  box.classList.add("shown");
  hide($("said"));
  clearTimeout(loud);
  loud = setTimeout(hide, LOUD, box);
};

export const hush = () => hide($("wrong"));
