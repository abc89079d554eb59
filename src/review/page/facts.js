// What is known of two images, side by side, and which of the two values speaks for an image.

import { bytes, count, day } from "./words.js";

// A picture saved without loss came before the one saved with loss, most of the time.
const RANK = { tiff: 4, png: 4, bmp: 4, webp: 2, avif: 2, heic: 2, jpeg: 2, jpg: 2, gif: 1 };

const higher = (a, b) => (a === b ? null : a > b ? 0 : 1);
const missing = (value) => value === null || value === undefined || value === "";

// What is there beats what is not; then `order` tells which side is better: 0, 1 or null.
const better = (a, b, order) => {
  if (missing(a) || missing(b)) return missing(a) === missing(b) ? null : missing(a) ? 1 : 0;
  return order(a, b);
};

const depth = (path) => path.split("/").length;
// The path stands in a line of its own: which of two is the shorter way to a picture, 0, 1 or null.
export const shorter = ([a, b]) => (a && b ? higher(depth(b.path), depth(a.path)) ?? higher(b.path.length, a.path.length) : null);

// `meta` is null while it is not read; `labels` counts the labels of the group.
const ROWS = [
  { name: "Pixels", of: (image) => (image.width ? image.width * image.height : null), order: higher,
    shown: (_, image) => `${image.width} × ${image.height}` },
  { name: "Size", of: (image) => image.bytes, order: higher, shown: bytes },
  { name: "Format", of: (image) => image.format, order: (a, b) => higher(RANK[a] ?? 0, RANK[b] ?? 0), shown: String },
  { name: "Taken", of: (_, meta) => meta?.taken, order: (a, b) => higher(b, a), shown: day, late: true },
  { name: "EXIF fields", of: (_, meta) => meta?.exif?.length, order: higher, shown: count, late: true },
  { name: "Modified", of: (image) => image.modified, order: (a, b) => higher(b, a), shown: day },
  { name: "Label", of: (image) => image.label, shown: String, conflict: true,
    order: (a, b, labels) => higher(labels.get(a) ?? 0, labels.get(b) ?? 0) },
  { name: "Split", of: (image) => image.split, shown: String, conflict: true, order: () => null },
];

export const labelsOf = (images) => {
  const labels = new Map();
  for (const { label } of images) if (label) labels.set(label, (labels.get(label) ?? 0) + 1);
  return labels;
};

// → [{ name, values: [text, text], better: 0 | 1 | null, conflict }], without rows where nobody has a value.
export const compare = (images, metas, labels) => ROWS.flatMap((row) => {
  const values = images.map((image, side) => (image ? row.of(image, metas[side]) : null));
  const waiting = row.late && metas.some((meta) => meta === undefined);
  if (values.every(missing) && !waiting) return [];
  const differ = !values.some(missing) && values[0] !== values[1];
  return [{
    name: row.name,
    values: values.map((value, side) => {
      if (missing(value)) return waiting && metas[side] === undefined ? "…" : "–";
      return row.shown(value, images[side]);
    }),
    better: waiting || !images[1] ? null : better(values[0], values[1], (a, b) => row.order(a, b, labels)),
    conflict: Boolean(row.conflict && differ),
  }];
});
