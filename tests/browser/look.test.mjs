// Looking at pictures on the review page: zoom that moves both, difference, blink, wipe; judging pairs and the
// curve; the plan; and 100,000 groups.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fine, text, until } from "./browser.mjs";
import { at, begin, mock } from "./fixture.mjs";

const STAGE = "#compare .frames";
const comparing = async (options, given) => {
  const page = await begin(options, given);
  await page.keyboard.press("c");
  await page.waitForSelector(`${STAGE} .a [data-whole]`);
  await page.waitForSelector(`${STAGE} .b [data-whole]`);
  return page;
};
const transforms = (page) => page.$$eval(`${STAGE} .frame > img`, (all) => all.map((image) => {
  const found = new DOMMatrix(image.style.transform);
  return { shown: found.a * image.clientWidth, left: found.e, top: found.f };
}));
const same = ([a, b]) => Math.abs(a.shown - b.shown) < 1 && Math.abs(a.left - b.left) < 1 && Math.abs(a.top - b.top) < 1;

describe("comparing", () => {
  test("wheel, keys and dragging move both pictures alike", async () => {
    const page = await comparing();
    const [first] = await transforms(page);
    const box = await page.locator(`${STAGE} .a`).boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.4);
    await page.mouse.wheel(0, -700);
    await until(async () => (await transforms(page))[0].shown > first.shown * 1.5, "larger");
    assert.ok(same(await transforms(page)), "both alike after the wheel");
    const [wheeled] = await transforms(page);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.3 - 60, box.y + box.height * 0.4 - 30, { steps: 4 });
    await page.mouse.up();
    const [dragged] = await transforms(page);
    assert.ok(Math.abs(wheeled.left - 60 - dragged.left) < 2, "dragged as far as the pointer");
    assert.ok(same(await transforms(page)), "both alike after dragging");
    await page.keyboard.press("+");
    await page.keyboard.press("Shift+ArrowRight");
    assert.ok(same(await transforms(page)), "both alike after keys");
    await page.keyboard.press("1");
    assert.equal(await text(page, "#compare .level"), "100 %");
    await page.keyboard.press("0");
    assert.ok(Math.abs((await transforms(page))[0].shown - first.shown) < 1, "fits again");
    fine(at);
  });

  test("two fingers zoom both on a telephone", async () => {
    const page = await begin({}, { size: "phone" });
    await page.click("#row-1");
    await page.click("#as-compare");
    await page.waitForSelector(`${STAGE} .b [data-whole]`);
    const [first] = await transforms(page);
    const box = await page.locator(`${STAGE} .a`).boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const cdp = await page.context().newCDPSession(page);
    const touch = (type, apart) => cdp.send("Input.dispatchTouchEvent", {
      type, touchPoints: apart === null ? [] : [{ x: x - apart, y, id: 0 }, { x: x + apart, y, id: 1 }],
    });
    await touch("touchStart", 20);
    for (const apart of [30, 40, 60, 80]) await touch("touchMove", apart);
    await touch("touchEnd", null);
    await until(async () => (await transforms(page))[0].shown > first.shown * 1.8, "larger");
    assert.ok(same(await transforms(page)), "both alike");
    fine(at);
  });

  test("difference: black where alike, stronger when amplified", async () => {
    const page = await comparing();
    await page.keyboard.press("d");
    const light = () => page.$eval(`${STAGE} canvas`, (canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let sum = 0;
      for (let n = 0; n < data.length; n += 4) sum += data[n] + data[n + 1] + data[n + 2];
      return sum / data.length;
    });
    await until(async () => (await text(page, "#compare .measured")).includes("differs"), "measured");
    const before = await light();
    assert.ok(before > 0, "something differs");
    await page.locator("#compare [data-for=difference] input").fill("6");
    assert.ok(await light() > before, "more light");
    await page.keyboard.press("d");
    assert.equal(await page.getAttribute(STAGE, "data-mode"), "side");
    fine(at);
  });

  test("blink alternates; where motion is not wanted, it waits for the person", async () => {
    const page = await comparing();
    const second = () => page.$eval(STAGE, (frames) => frames.classList.contains("second"));
    await page.keyboard.press("l");
    await until(second, "the right one");
    await until(async () => !(await second()), "the left one");
    await at.close();
    await mock.close();
    const calm = await comparing({}, { calm: true });
    await calm.keyboard.press("l");
    await calm.waitForTimeout(1200);
    const still = () => calm.$eval(STAGE, (frames) => frames.classList.contains("second"));
    assert.equal(await still(), false);
    await calm.keyboard.press(" ");
    assert.equal(await still(), true);
    fine(at);
  });

  test("wipe, the strip, and the better values", async () => {
    const page = await comparing();
    await page.keyboard.press("o");
    await page.locator("#compare .divider").fill("80");
    assert.equal(await page.$eval(STAGE, (frames) => frames.style.getPropertyValue("--at")), "0.8");
    await until(async () => (await page.locator("#compare .better").count()) > 1, "marked values");
    const before = await page.locator("#compare .b img").getAttribute("src");
    await page.evaluate(() => document.activeElement.blur()); // a slider keeps the arrows for itself
    await page.keyboard.press("ArrowRight");
    await until(async () => (await page.locator("#compare .b img").getAttribute("src")) !== before, "the next image");
    await page.locator(".strip .small").first().click();
    await page.keyboard.press("r");
    await until(() => mock.posts.length === 1 || page.isVisible("#wrong"), "the choice is for the side that is active");
    fine({ problems: at.problems.filter((one) => !one.includes("409")) });
  });
});

describe("threshold and plan", () => {
  test("answers by keys draw the curve; its proposal becomes the threshold", async () => {
    const page = await begin();
    await page.keyboard.press("j");
    for (let n = 0; n < 30; n += 1) {
      await until(async () => (await page.evaluate(() => document.querySelector(".asked").textContent)).startsWith(`${n} of 100`), `answer ${n}`);
      const alike = mock.get_judge().pair.similarity > 0.8;
      await page.keyboard.press(alike ? "y" : "n");
    }
    await page.keyboard.press("x");
    await until(() => page.isVisible(".curve .band"), "the band");
    await until(async () => (await page.locator(".curve .proposed").count()) === 1, "the proposal");
    await page.fill("#target", "90");
    await page.keyboard.press("Tab");
    const value = mock.get_precision(new URLSearchParams({ target: "0.9" })).proposed.toFixed(3);
    const use = page.locator(".curve-side > button");
    await until(async () => (await use.textContent()) === `Use ${value} as the threshold`, "the proposal for less precision");
    assert.ok((await text(page, ".curve-side .said")).includes(value));
    await use.click();
    await until(async () => (await text(page, "#threshold-value")) === value, "the threshold in force");
    await until(() => page.isVisible("#view-groups"), "back at the groups");
    fine(at);
  });

  test("undo takes back an answer", async () => {
    const page = await begin();
    await page.keyboard.press("j");
    await until(() => page.isVisible(".judge .acts"), "a pair");
    await page.getByRole("button", { name: "Not the same" }).click();
    await until(() => mock.judged.length === 1, "one answer");
    assert.equal(mock.judged[0][1], false);
    fine(at);
  });

  test("the plan: chosen by folder, written, with what to type next", async () => {
    const page = await begin();
    await page.keyboard.press("a");
    await until(async () => /^1 of/.test(await text(page, "#progress-text")), "one is decided");
    await page.keyboard.press("p");
    await until(async () => /to go/.test(await text(page, ".plan h1")), "what goes");
    assert.ok(await page.locator(".folders tbody tr").count() > 0);
    assert.match(await text(page, ".promise"), /Nothing is moved or deleted here/);
    await page.getByRole("button", { name: "Write the plan" }).click();
    await until(() => page.isVisible(".result pre"), "the summary");
    assert.deepEqual(mock.posts.at(-1)[1], { chosen: true, rules: [], threshold: 0.82 });
    assert.equal(await page.locator(".commands li").count(), 2);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: /^Copy: lookalike apply/ }).first().click();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^lookalike apply .*--dry-run$/);
    await page.getByText("rules for the rest").click();
    await page.getByRole("button", { name: /^Move up: most bytes/ }).click();
    await page.getByRole("button", { name: "Write the plan" }).click();
    await until(() => mock.posts.at(-1)[1].chosen === false, "written again");
    assert.deepEqual(mock.posts.at(-1)[1].rules, ["largest-bytes", "largest-pixels", "shortest-path"]);
    fine(at);
  });
});

describe("100,000 groups", () => {
  test("the list is there at once, scrolls to its end, and memory stays bounded", async () => {
    const page = await begin({ groups: 100_000, big: 5000, threshold: 0.7 });
    const took = await page.evaluate(() => performance.getEntriesByName("first list")[0].startTime);
    const cdp = await page.context().newCDPSession(page);
    const heap = async () => {
      await cdp.send("HeapProfiler.collectGarbage");
      return (await cdp.send("Runtime.getHeapUsage")).usedSize / 2 ** 20;
    };
    const before = await heap();
    const frame = await page.$eval("#list", async (list) => {
      const frames = [];
      for (let step = 0; step <= 150; step += 1) {
        const from = performance.now();
        list.scrollTop = list.scrollHeight * step / 150;
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        frames.push(performance.now() - from);
        await new Promise((done) => setTimeout(done, 20));
      }
      return frames.sort((a, b) => a - b)[frames.length >> 1];
    });
    console.log(`100,000 groups: ${took.toFixed(0)} ms to the first list, ${frame.toFixed(0)} ms until a jump is drawn`);
    await until(async () => (await page.locator("#list .row.waiting").count()) === 0, "rows at the end");
    const positions = await page.$$eval("#list .row", (rows) => rows.map((row) => Number(row.getAttribute("aria-posinset"))));
    assert.equal(Math.max(...positions), 100_000);
    assert.ok(positions.length < 60, `${positions.length} rows are drawn`);
    const grown = await heap() - before;
    assert.ok(grown < 60, `${grown.toFixed(0)} MiB more after scrolling through all`);
    fine(at);
  });

  test("a group of 5,000 images does not freeze the page", async () => {
    const page = await begin({ groups: 20, big: 5000 });
    await until(async () => /^5,000 images/.test(await text(page, "#group-facts")), "the big group");
    await until(() => page.locator(".card").count().then((number) => number > 3), "cards");
    await page.keyboard.press("End");
    await until(() => page.locator('.card[data-index="4999"]').isVisible(), "the last card");
    assert.ok(await page.locator(".card").count() < 80);
    await page.keyboard.press("c");
    await page.waitForSelector(`${STAGE} .b [data-whole]`);
    assert.ok(await page.locator(".strip .small").count() < 60);
    await page.keyboard.press("a");
    await until(() => mock.posts.length === 1, "one post for all");
    assert.equal(mock.posts[0][1].choices.length, 5000);
    fine(at);
  });
});
