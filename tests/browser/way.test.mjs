// A person's whole way with the real program: a scan, choices by mouse and keyboard, a server that is killed and
// started again, the plan, its application, and everything put back. The program is named by LOOKALIKE_BIN.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { fine, launch, open, shoot, text, until } from "./browser.mjs";
import { serve as served } from "./program.mjs";

const program = process.env.LOOKALIKE_BIN ? resolve(process.env.LOOKALIKE_BIN) : null;
const why = program ? false : "LOOKALIKE_BIN names no program";
if (why && process.env.CI === "true") throw new Error(why);

let browser;
let folder;
before(async () => {
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), "lookalike-way-"));
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...words) => execFileSync(program, words, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const serve = (dir) => served(program, dir, folder);

// Every file below a folder with the hash of its bytes.
const tree = (below) => {
  const files = readdirSync(join(folder, below), { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const hashed = files.map((one) => {
    const path = join(one.parentPath, one.name);
    return [path.slice(folder.length + 1), createHash("sha256").update(readFileSync(path)).digest("hex")];
  });
  return new Map(hashed.sort(([a], [b]) => (a < b ? -1 : 1)));
};

const ask = (page, path) => page.evaluate((wanted) => fetch(wanted).then((answer) => answer.json()), path);
const chosen = async (page) => (await ask(page, "api/state")).counts.chosen_remove;
const title = (page) => text(page, "#group-title");

test("from a scan to a clean collection, and back", { skip: why, timeout: 300_000 }, async () => {
  run("demo", "--out", "demo");
  const before = tree("demo/pictures");
  let server = await serve("demo/lookalike-out");
  let at = await open(browser, server.address, { may: /ERR_|Failed to load/ });
  let { page } = at;
  await until(() => page.locator(".card img").first().isVisible(), "pictures");
  assert.match(await text(page, "#progress-text"), /^0 of \d+ groups decided/);
  await shoot(page, "way-1-open");

  // By keyboard: two groups as suggested.
  for (let n = 1; n <= 2; n += 1) {
    await page.keyboard.press("a");
    await until(async () => (await text(page, "#progress-text")).startsWith(`${n} of`), `${n} decided`);
  }
  // By mouse: what is suggested to go in a third one.
  const copy = page.locator(".card.open.remove").first();
  await copy.getByRole("button", { name: /^Remove/ }).click();
  await until(async () => (await page.locator(".card.chosen.remove").count()) === 1, "chosen by mouse");
  await until(async () => (await chosen(page)) >= 3, "three images to go");
  // Not a duplicate, said of a pair that is merely near.
  await page.click("#next");
  await page.click("#filters-open");
  await page.uncheck("[name=kind][value=identical]");
  await page.uncheck("[name=kind][value=pixels]");
  await page.fill("[name=most]", "2");
  await page.click("#filters-open");
  await until(async () => /^2 images · near/.test(await text(page, "#group-facts")), "a near pair");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("c");
  await page.waitForSelector("#compare .b [data-whole]");
  await shoot(page, "way-2-compare");
  await page.keyboard.press("d");
  await until(async () => (await text(page, "#compare .measured")).length > 0, "the difference");
  await shoot(page, "way-2-difference");
  const pair = await title(page);
  const different = (await page.locator("#compare .path .file").allTextContents());
  assert.equal(different.length, 2);
  const said = (await ask(page, "api/groups?state=all")).total;
  await page.keyboard.press("n");
  await until(async () => (await title(page)) !== pair || await page.isVisible("#empty"), "the next group");
  await until(async () => {
    const now = await ask(page, "api/groups?state=all");
    return now.total < said || now.groups.some((group) => group.state === "settled");
  }, "no group any more, or settled");
  // And one more as suggested: the plan will rest on a pair that is merely near.
  const saved = await chosen(page);
  await page.keyboard.press("a");
  await until(async () => (await chosen(page)) === saved + 1, "a near copy chosen");
  const going = await chosen(page);

  // The server dies; what was chosen does not.
  await server.end("SIGKILL");
  await page.keyboard.press("r");
  await until(() => page.isVisible("#lost"), "the page says so", 10_000);
  await shoot(page, "way-3-lost");
  await at.close();
  server = await serve("demo/lookalike-out");
  at = await open(browser, server.address);
  page = at.page;
  assert.equal(await chosen(page), going, "chosen before the server was killed");
  assert.match(await text(page, "#progress-text"), /^[23] of|^[4-9] of/);
  await page.click("#filters-open");
  await page.selectOption("[name=state]", "decided");
  await until(async () => (await page.locator("#list .chip.done").count()) >= 2, "the decided groups");
  await page.click("#filters-open");
  await shoot(page, "way-4-again");

  // A threshold from one's own eyes: whoever drew the pictures knows by their numbers which are the same. What was
  // called different before is called so again: the last word counts.
  await page.keyboard.press("j");
  await until(() => page.isVisible(".judge .acts"), "a pair to judge");
  const { asked } = await ask(page, "api/judge");
  assert.ok(asked >= 30, `${asked} pairs to judge`);
  let answers = 0;
  while (answers < asked) {
    const shown = await page.locator(".judge-paths > *").allTextContents();
    const [one, other] = shown.map((path) => path.match(/-(\d+)[-.]/)[1]);
    const before = different.every((name) => shown.some((path) => path.endsWith(name)));
    await page.keyboard.press(one === other && !before ? "y" : "n");
    answers += 1;
    await until(async () => (await text(page, ".judge .asked")).startsWith(`${answers} of`), `${answers} answers`);
  }
  await until(() => page.isVisible(".curve svg"), "the curve");
  const found = await ask(page, "api/precision?target=0.9");
  assert.ok(found.sure && found.points.length > 2, JSON.stringify(found));
  await page.fill("#target", "90");
  await page.keyboard.press("Enter");
  await until(async () => (await text(page, ".curve-side .said")) === found.said, "what the answers say");
  await shoot(page, "way-5-threshold");
  await page.getByRole("button", { name: /^Use .* as the threshold/ }).click();
  assert.equal(await chosen(page), going, "judging chooses nothing");

  // The plan, from the page.
  await page.keyboard.press("p");
  await until(async () => (await text(page, ".plan h1")).startsWith(`${going} images to go`), "what goes");
  await page.getByRole("button", { name: "Write the plan" }).click();
  await until(() => page.isVisible(".result pre"), "the summary");
  assert.match(await text(page, ".result"), /at most \d+(\.\d+)? % are wrong/, "the answers bound the plan");
  await shoot(page, "way-6-plan");
  const plan = await text(page, ".result .file code");
  assert.match((await page.locator(".commands code").first().textContent()), /lookalike apply/);
  fine(at);
  await at.close();
  await server.end("SIGINT");
  assert.deepEqual(tree("demo/pictures"), before, "nothing is touched before apply");

  // Applied, and undone.
  run("apply", plan, "--action", "move:removed", "--journal", "way.journal.jsonl");
  const now = tree("demo/pictures");
  assert.equal(now.size, before.size - going, "as many files less");
  assert.equal(tree("removed").size, going, "as many files there");
  for (const [path, hash] of now) assert.equal(before.get(path), hash);
  run("undo", "way.journal.jsonl");
  assert.deepEqual(tree("demo/pictures"), before, "back byte for byte");

  // What was said is remembered, under other names too.
  const names = readdirSync(join(folder, "demo/pictures"));
  for (const name of names) renameSync(join(folder, "demo/pictures", name), join(folder, "demo/pictures", `renamed-${name}`));
  run("scan", "demo/pictures", "--out", "demo/lookalike-out");
  server = await serve("demo/lookalike-out");
  at = await open(browser, server.address);
  const all = await ask(at.page, "api/groups?state=all&limit=200");
  const files = all.groups.flatMap((group) => group.images.map((image) => image.path.split("/").pop()));
  const again = all.groups.filter((group) => group.images.some((image) => different.some((name) => image.path.endsWith(`/renamed-${name}`))));
  assert.deepEqual(again, [], "called different before");
  assert.ok(all.total > 20, "the others are there still");
  fine(at);
  await at.close();
  await server.end("SIGINT");
});
