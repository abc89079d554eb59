// How the review page looks and speaks: every control has a name, words can be read in light and dark,
// nothing is cut off at three sizes; pictures of all views for a person to look at.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SIZES, fine, launch, open, shoot, text, until } from "./browser.mjs";
import { useFolder } from "./drawings.mjs";
import { Mock } from "./mock.mjs";

if (process.env.PHOTOS) useFolder(process.env.PHOTOS);

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// In the page: controls in sight without a name.
const nameless = () => [...document.querySelectorAll("button, a[href], input, select, [role=listbox], [role=option], dialog")]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const labels = [...(one.labels ?? [])].map((label) => label.textContent).join("");
    const by = (one.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("");
    return !(one.getAttribute("aria-label") || by || labels.trim() || one.textContent.trim() || one.title);
  }).map((one) => one.outerHTML.slice(0, 120));

// In the page: words whose contrast to what is behind them is below AA.
const faint = () => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], [r2, g2, b2]) => [[r, r2], [g, g2], [b, b2]].map(([top, low]) => top * a / 255 + low * (1 - a / 255));
  const behind = (one) => {
    const own = channels(getComputedStyle(one).backgroundColor);
    if (own[3] === 255) return own.slice(0, 3);
    return over(own, one.parentElement ? behind(one.parentElement) : [255, 255, 255]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const one of document.querySelectorAll("body *")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !one.checkVisibility() || one.closest("[disabled], svg, .unseen, option, kbd, .row.done")) continue;
    const back = behind(one);
    const front = over(channels(getComputedStyle(one).color), back);
    const [a, b] = [light(front), light(back)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${one.className} "${one.textContent.slice(0, 40)}"`);
  }
  return found;
};

// In the page: what runs out of the window or scrolls sideways, and buttons whose words do not fit.
const cut = () => {
  const found = [];
  for (const one of document.querySelectorAll("html, main, .view, .column, .desk, .side, .cards, .compare, .pictures, .curve-side, .list")) {
    if (one.checkVisibility() && one.scrollWidth > Math.min(one.clientWidth, innerWidth) + 1) found.push(`scrolls sideways: ${one.tagName} ${one.className}`);
  }
  for (const one of document.querySelectorAll("button, select, h1, .progress, .segments, input")) {
    if (!one.checkVisibility() || one.closest(".cards, .strip, .list, .frames")) continue;
    const box = one.getBoundingClientRect();
    if (box.right > innerWidth + 1 || box.left < -1) found.push(`out of sight: ${one.outerHTML.slice(0, 100)}`);
    if (one.tagName === "BUTTON" && one.scrollWidth > one.clientWidth + 1) found.push(`does not fit: ${one.outerHTML.slice(0, 100)}`);
  }
  return found;
};

const sound = async (at, where) => {
  assert.deepEqual(await at.page.evaluate(nameless), [], `names, ${where}`);
  assert.deepEqual(await at.page.evaluate(faint), [], `contrast, ${where}`);
  assert.deepEqual(await at.page.evaluate(cut), [], `room, ${where}`);
};

const settled = async (page) => {
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(200);
};

for (const size of Object.keys(SIZES)) {
  for (const scheme of ["light", "dark"]) {
    test(`${size}, ${scheme}`, async () => {
      const mock = new Mock({ groups: 90, labels: true, splits: true });
      const at = await open(browser, await mock.listen(), { size, scheme });
      const { page } = at;
      const picture = async (name) => {
        await settled(page);
        await sound(at, `${name} ${size} ${scheme}`);
        await shoot(page, `${name}-${size}-${scheme}`);
      };
      try {
        const phone = size === "phone";
        await picture(phone ? "list" : "groups");
        await page.click("#filters-open");
        await picture("filters");
        await page.click("#filters-open");
        await page.click("#row-1");
        if (phone) await picture("groups");
        await page.keyboard.press("r");
        await picture("pair");
        await page.click("#as-compare");
        await picture("compare");
        for (const [key, name] of [["d", "difference"], ["l", "blink"], ["o", "wipe"]]) {
          await page.keyboard.press(key);
          await page.waitForTimeout(400);
          await picture(name);
        }
        await page.keyboard.press("Escape");
        await page.keyboard.press("?");
        await picture("help");
        await page.keyboard.press("Escape");
        await page.keyboard.press("j");
        await judge(page, mock);
        await picture("threshold");
        await page.keyboard.press("p");
        await settled(page);
        await page.getByRole("button", { name: "Write the plan" }).click();
        await until(() => page.isVisible(".result pre"), "the plan");
        await picture("plan");
        fine(at);
      } finally {
        await at.close();
        await mock.close();
      }
    });
  }
}

const judge = async (page, mock) => {
  await until(() => page.isVisible(".judge .acts"), "a pair");
  for (let n = 0; n < 40; n += 1) mock.post_judge({ id: n, same: mock.get_judge().pair.similarity > 0.79 });
  await page.keyboard.press("g");
  await page.keyboard.press("j");
  await until(() => page.isVisible(".curve .band"), "the curve");
};

describe("what is seen seldom", () => {
  test("nothing open, nothing found, the server away, a file gone, a refusal", async () => {
    const mock = new Mock({ groups: 8 });
    mock.gone.add(5);
    const at = await open(browser, await mock.listen(), { may: /404|409|500|ERR_|Failed to load/ });
    const { page } = at;
    await settled(page);
    await page.click("#theme");
    assert.equal(await page.getAttribute("html", "data-theme"), "dark");
    await page.reload();
    await settled(page);
    assert.equal(await page.getAttribute("html", "data-theme"), "dark", "kept over a reload");
    await page.click("#theme");
    await sound(at, "a file that is gone");
    await shoot(page, "gone");
    mock.fail = { choose: [409, "photos/a.jpg is not removed: nothing that stays resembles it directly. Keep one of its copies first."] };
    await page.keyboard.press("r");
    await until(async () => (await text(page, "#wrong")).length > 0, "the reason");
    await sound(at, "a refusal");
    await shoot(page, "refused");
    mock.fail = {};
    mock.down = true;
    await page.keyboard.press("r");
    await until(() => page.isVisible("#lost"), "the banner", 8000);
    await sound(at, "the server away");
    await shoot(page, "lost");
    mock.down = false;
    await page.click("#lost-again");
    await until(() => page.isHidden("#lost"), "back again");
    await page.fill("#search", "nothing like this");
    await until(async () => (await text(page, "#empty")).includes("No group matches"), "nothing");
    await shoot(page, "nothing");
    await page.getByRole("button", { name: "Clear the filters" }).last().click();
    await until(async () => /^Group/.test(await text(page, "#group-title")) && await page.isVisible("#acts"), "groups again");
    for (let n = 0; n < 20 && await page.isVisible("#acts"); n += 1) {
      await page.keyboard.press("a");
      await page.waitForTimeout(120);
    }
    await until(async () => (await text(page, "#empty")).includes("All groups are decided"), "the end");
    await sound(at, "the end");
    await shoot(page, "done");
    mock.fail = { state: [500, "DIR/report/groups.parquet: the file is damaged. Scan again to write it anew."] };
    await page.reload();
    await until(async () => (await text(page, "#empty")).includes("damaged"), "what is wrong");
    await shoot(page, "broken");
    await at.close();
    await mock.close();
  });
});
