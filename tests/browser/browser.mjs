// Debian's Chromium for the tests: opens a page, listens for everything that should not happen, takes pictures.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const SIZES = { desk: [1440, 900], tablet: [1024, 768], phone: [390, 844] };
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGS });

const shots = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "lookalike-page-"));
mkdirSync(shots, { recursive: true });
console.log(`Screenshots: ${shots}`);
export const shoot = async (page, name) => {
  await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode().catch(() => {}))));
  await page.waitForTimeout(150);
  await page.screenshot({ path: join(shots, name + ".png") });
};

// `problems` fills with what must not be: requests to elsewhere, errors, breaches of the policy.
export const open = async (browser, address, { size = "desk", scheme = "light", calm = false, may = /^$/ } = {}) => {
  const [width, height] = SIZES[size];
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, reducedMotion: calm ? "reduce" : "no-preference",
    isMobile: size === "phone", hasTouch: size === "phone",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const problems = [];
  const note = (text) => may.test(text) || problems.push(text);
  const home = new URL(address).origin;
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(home + "/") && !/^(data|blob):/.test(url)) problems.push("asked " + url);
  });
  page.on("console", (message) => message.type() === "error" && note(message.text()));
  page.on("pageerror", (error) => note(error.stack));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective + " " + event.blockedURI));
    new MutationObserver((_, watch) => {
      if (!document.querySelector("#list .row:not(.waiting)")) return;
      performance.mark("first list");
      watch.disconnect();
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(address);
  await page.waitForSelector("#list .row:not(.waiting), #empty h1", { state: "attached" });
  return { page, problems, close: () => context.close() };
};

export const fine = ({ problems }) => assert.deepEqual(problems, []);
export const text = async (page, selector) => (await page.textContent(selector)).trim();

// Waits until `check` holds: what a person would do who looks again.
export const until = async (check, words, milliseconds = 5000) => {
  const end = Date.now() + milliseconds;
  let last;
  do {
    try {
      if (await check()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 40));
  } while (Date.now() < end);
  assert.fail(`${words}${last ? ": " + last.message : ""}`);
};
