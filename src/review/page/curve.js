// The curve of precision against threshold with its band, drawn as SVG, and the same as a table.

import { count, element, percent, svg } from "./words.js";

const HEIGHT = 300;
const LEFT = 46;
const RIGHT = 12;
const TOP = 14;
const BOTTOM = 34;

const range = (low, high, steps) => {
  const nice = [0.01, 0.02, 0.05, 0.1, 0.2].find((step) => (high - low) / step <= steps) ?? 0.5;
  const ticks = [];
  for (let at = Math.ceil(low / nice - 1e-9) * nice; at <= high + 1e-9; at += nice) ticks.push(at);
  return ticks;
};

// Drawn for the width that there is, so that its words keep their size.
export const curve = (found, width) => {
  const points = [...found.points].sort((a, b) => a.threshold - b.threshold);
  const first = points[0].threshold;
  const last = Math.max(points.at(-1).threshold, first + 0.01);
  const floor = Math.min(0.9, Math.floor(Math.min(...points.map((point) => point.low), found.target) * 10) / 10);
  const x = (value) => LEFT + (value - first) / (last - first) * (width - LEFT - RIGHT);
  const y = (value) => TOP + (1 - value) / (1 - floor) * (HEIGHT - TOP - BOTTOM);
  const path = (list, key) => list.map((point) => `${x(point.threshold).toFixed(1)} ${y(point[key]).toFixed(1)}`).join("L");
  const text = (name, left, top, words) => svg("text", { class: name, x: left, y: top }, words);

  const ways = [];
  for (const at of range(floor, 1, 6)) {
    ways.push(svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(at), y2: y(at) }));
    ways.push(text("tick left", LEFT - 8, y(at) + 4, percent(at, 0)));
  }
  for (const at of range(first, last, 6)) ways.push(text("tick", x(at), HEIGHT - 14, at.toFixed(2)));
  const band = `M${path(points, "high")}L${path([...points].reverse(), "low")}Z`;
  const parts = [
    ...ways,
    svg("path", { class: "band", d: band }),
    svg("path", { class: "line", d: "M" + path(points, "precision") }),
    svg("line", { class: "target", x1: LEFT, x2: width - RIGHT, y1: y(found.target), y2: y(found.target) }),
  ];
  if (found.proposed !== null) parts.push(...proposed(found, x, points, width));
  const label = found.proposed === null
    ? `Precision by threshold from ${count(found.judged)} answers`
    : `Precision by threshold from ${count(found.judged)} answers; proposed: ${found.proposed}`;
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": label }, ...parts);
  const read = element("p", "read");
  follow(drawing, points, x, read, width);
  const box = document.createDocumentFragment();
  box.append(drawing, read, numbers(points));
  return box;
};

const proposed = (found, x, points, width) => {
  const at = x(Math.min(points.at(-1).threshold, Math.max(points[0].threshold, found.proposed)));
  const late = at > width * 0.7;
  const label = svg("text", { class: "proposed-word" + (late ? " left" : ""), x: at + (late ? -7 : 7), y: HEIGHT - BOTTOM - 8 },
    found.proposed.toFixed(3));
  return [svg("line", { class: "proposed", x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM }), label];
};

// Under the pointer: the numbers of the nearest point.
const follow = (drawing, points, x, read, width) => {
  const mark = svg("line", { class: "mark", y1: TOP, y2: HEIGHT - BOTTOM, x1: -9, x2: -9 });
  drawing.append(mark);
  const rest = `${count(points[0].pairs)} pairs at ${points[0].threshold.toFixed(2)} and above`;
  read.textContent = rest;
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    const at = (event.clientX - box.left) / box.width * width;
    const nearest = points.reduce((best, point) => (Math.abs(x(point.threshold) - at) < Math.abs(x(best.threshold) - at) ? point : best));
    mark.setAttribute("x1", x(nearest.threshold));
    mark.setAttribute("x2", x(nearest.threshold));
    read.textContent = `At ${nearest.threshold.toFixed(3)}: ${percent(nearest.precision)}, between ${percent(nearest.low)} and ${percent(nearest.high)}`;
  });
  drawing.addEventListener("pointerleave", () => {
    mark.setAttribute("x1", -9);
    mark.setAttribute("x2", -9);
    read.textContent = rest;
  });
};

const numbers = (points) => {
  const head = element("tr", "", ...["Threshold", "Precision", "From", "To", "Pairs"].map((name) => element("th", "", name)));
  const rows = points.map((point) => element("tr", "", ...[
    point.threshold.toFixed(3), percent(point.precision), percent(point.low), percent(point.high), count(point.pairs),
  ].map((value) => element("td", "", value))));
  const table = element("table", "", element("thead", "", head), element("tbody", "", ...rows));
  return element("details", "numbers", element("summary", "", "The numbers"), table);
};
