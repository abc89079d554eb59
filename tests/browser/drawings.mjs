// Pictures for the mock server, drawn from a number: the same number, the same picture. A variant shows the
// same scene as another file would: cropped, recoloured, signed, mirrored. Photographs of a folder in their place, if given.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export const chance = (seed) => {
  let a = (seed * 2654435761) >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

const scene = (seed) => {
  const next = chance(seed + 1);
  const hue = Math.floor(next() * 360);
  const tone = (turn, light) => `hsl(${(hue + turn) % 360} ${30 + Math.floor(next() * 30)}% ${light}%)`;
  const parts = [`<rect width="600" height="400" fill="${tone(0, 82)}"/>`];
  parts.push(`<circle cx="${80 + next() * 440}" cy="${60 + next() * 90}" r="${24 + next() * 30}" fill="${tone(40, 92)}"/>`);
  for (let layer = 0; layer < 4; layer += 1) {
    let way = `M0 400V${200 + layer * 40}`;
    for (let x = 0; x <= 600; x += 60) way += `L${x} ${(150 + layer * 52 + next() * 70).toFixed(0)}`;
    parts.push(`<path d="${way}V400Z" fill="${tone(20 + layer * 9, 66 - layer * 13)}"/>`);
  }
  for (let tree = 0; tree < 9; tree += 1) {
    const [x, y, high] = [next() * 600, 300 + next() * 80, 18 + next() * 40];
    parts.push(`<path d="M${x} ${y - high}l${high / 3} ${high}h${(-high * 2) / 3}z" fill="${tone(10, 20)}"/>`);
  }
  return parts.join("");
};

let photos = [];
export const useFolder = (folder) => {
  const fits = (name) => /\.jpe?g$/.test(name) && statSync(join(folder, name)).size > 30e3 && statSync(join(folder, name)).size < 900e3;
  photos = readdirSync(folder).filter(fits).map((name) => join(folder, name));
};

const sizeOf = (bytes) => {
  for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    const kind = bytes[at + 1];
    if (kind >= 0xc0 && kind <= 0xc3) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)];
  }
  return [600, 400];
};
const loaded = new Map();
const photo = (seed) => {
  const name = photos[seed % photos.length];
  if (!loaded.has(name)) {
    const bytes = readFileSync(name);
    const [width, height] = sizeOf(bytes);
    loaded.set(name, { width, height, link: "data:image/jpeg;base64," + bytes.toString("base64") });
  }
  return loaded.get(name);
};

const VARIANTS = {
  original: (inner) => inner,
  again: (inner) => inner,
  cropped: (inner, w, h) => `<g transform="translate(${-w * 0.04} ${-h * 0.04}) scale(1.08)">${inner}</g>`,
  recoloured: (inner, w, h) => `${inner}<rect width="${w}" height="${h}" fill="#b4631e" opacity=".16"/>`,
  signed: (inner, w, h) => `${inner}<text x="${w * 0.97}" y="${h * 0.95}" text-anchor="end" font-family="serif" font-size="${h * 0.06}" fill="#fff" opacity=".85">© M. Lindqvist</text>`,
  framed: (inner, w, h) => `${inner}<rect width="${w}" height="${h}" fill="none" stroke="#fff" stroke-width="${h * 0.06}"/>`,
};
export const VARIANT = Object.keys(VARIANTS);

// The natural size of scene `seed`, which the images of the mock are told to have.
export const shape = (seed) => (photos.length ? [photo(seed).width, photo(seed).height] : [600, 400]);

export const draw = (seed, variant, width, height) => {
  const [w, h] = shape(seed);
  const inner = photos.length ? `<image href="${photo(seed).link}" width="${w}" height="${h}"/>` : scene(seed);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${w} ${h}">${VARIANTS[variant](inner, w, h)}</svg>`;
};
