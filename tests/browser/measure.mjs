// How long a person waits in the review of a folder, with the real program and a real browser:
// LOOKALIKE_BIN=target/release/lookalike node tests/browser/measure.mjs DIR
// Two choices and a verdict are made and taken back.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { launch, open, text, until } from "./browser.mjs";
import { serve } from "./program.mjs";

const program = resolve(process.env.LOOKALIKE_BIN);
const [dir] = process.argv.slice(2);
const row = (name, milliseconds) => console.log(`${name.padEnd(44)} ${milliseconds.toFixed(0).padStart(6)} ms`);
const timed = async (name, act) => {
  const from = performance.now();
  await act();
  row(name, performance.now() - from);
};

let server;
await timed("the program started, until it tells its address", async () => { server = await serve(program, dir, process.cwd()); });
process.on("exit", () => process.kill(server.pid));
const browser = await launch();
const { page, close } = await open(browser, server.address);
row("the page opened, until groups are listed", await page.evaluate(() => performance.getEntriesByName("first list")[0].startTime));
console.log(await text(page, "#summary"));

const summary = () => text(page, "#summary");
const drawn = async () => (await page.locator("#list .row").count()) > 0 && (await page.locator("#list .row.waiting").count()) === 0;
const changes = async (name, act) => {
  const before = await summary();
  await timed(name, async () => {
    await act();
    await until(async () => (await summary()) !== before && (await drawn()), name, 60_000);
  });
};
const slide = (value) => () => page.$eval("#threshold", (input, wanted) => {
  input.value = wanted;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}, value);

await changes("another threshold", slide("0.9"));
await changes("and back", slide("0.82"));
await changes("search by path", () => page.fill("#search", "12"));
await changes("no search", () => page.fill("#search", ""));
await timed("the list scrolled to its end", async () => {
  await page.$eval("#list", (list) => { list.scrollTop = list.scrollHeight; });
  await until(drawn, "rows at the end", 60_000);
});
await page.$eval("#list", (list) => { list.scrollTop = 0; });
await page.evaluate(() => document.activeElement.blur());

const title = () => text(page, "#group-title");
const next = async (name, act) => {
  const before = await title();
  await timed(name, async () => {
    await act();
    await until(async () => (await title()) !== before, name, 60_000);
  });
};
// The page is given time to take in one answer before the next click.
const saved = async (name, act) => {
  const answered = (answer) => answer.request().method() === "POST" && answer.ok();
  await timed(name, () => Promise.all([page.waitForResponse(answered, { timeout: 60_000 }), act()]));
  await page.waitForTimeout(1500);
};
await saved("the first choice is saved", () => page.keyboard.press("r"));
await saved("taken back", () => page.keyboard.press("u"));
await next("accepted, until the next group is shown", () => page.keyboard.press("a"));
await page.waitForTimeout(1500);
await saved("taken back", () => page.keyboard.press("u"));
await saved("a verdict is saved, the groups made anew", () => page.keyboard.press("b"));
await saved("taken back", () => page.keyboard.press("u"));
const status = readFileSync(`/proc/${server.pid}/status`, "utf8");
console.log(`anonymous memory of the program now: ${(Number(status.match(/RssAnon:\s+(\d+)/)[1]) / 1024).toFixed(0)} MiB`);
await close();
await browser.close();
process.exit();
