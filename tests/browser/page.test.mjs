// The review page against the mock server: choosing, undoing, filtering, comparing, judging, planning, and
// what happens when something is refused or gone.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { fine, text, until } from "./browser.mjs";
import { at, begin as start, mock } from "./fixture.mjs";

const begin = (options, given) => start({ labels: true, splits: true, ...options }, given);
const title = (page) => text(page, "#group-title");
const posted = (key) => mock.posts.filter(([name]) => name === key).map(([, body]) => body);
const card = (page, n) => page.locator(`.card[data-index="${n}"]`);
const filter = async (page, name, value) => {
  if (await page.isHidden("#filters-more")) await page.click("#filters-open");
  await page.fill(`[name=${name}]`, value);
  await page.evaluate(() => document.activeElement.blur());
};
const pairGroup = async (page) => {
  await filter(page, "most", "2");
  await until(async () => /^2 images/.test(await text(page, "#group-facts")), "a group of two");
};

describe("choices", () => {
  test("by mouse: keep and remove are sent, shown, and taken back", async () => {
    const page = await begin();
    await card(page, 1).getByRole("button", { name: /^Remove/ }).click();
    await until(async () => (await text(page, '.card[data-index="1"] .badge')) === "remove", "the badge");
    await until(() => posted("choose").length === 1, "one post");
    assert.equal(posted("choose")[0].choices[0].choice, "remove");
    await until(async () => /to be freed/.test(await text(page, "#progress-text")) && !/ 0 B to be/.test(await text(page, "#progress-text")), "bytes to be freed");
    await card(page, 0).getByRole("button", { name: /^Keep/ }).click();
    await until(async () => (await card(page, 0).getAttribute("class")).includes("chosen keep"), "kept");
    await page.click("#undo");
    await until(async () => (await card(page, 0).getAttribute("class")).includes("open keep"), "taken back");
    await page.click("#undo");
    await until(async () => (await text(page, '.card[data-index="1"] .badge')) === "suggested: remove", "taken back");
    assert.equal(await page.isDisabled("#undo"), true);
    fine(at);
  });

  test("by keyboard: walk, keep, remove, accept, undo", async () => {
    const page = await begin();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("k");
    await until(() => posted("choose").length === 1, "a post");
    assert.equal(posted("choose")[0].choices[0].choice, "keep");
    const first = await title(page);
    await page.keyboard.press("ArrowDown");
    await until(async () => (await title(page)) !== first, "the next group");
    await page.keyboard.press("ArrowUp");
    await until(async () => (await title(page)) === first, "and back");
    const before = await text(page, "#summary");
    await page.keyboard.press("a");
    await until(async () => (await title(page)) !== first, "the group after the accepted one");
    await until(async () => (await text(page, "#summary")) !== before, "a shorter list");
    await until(async () => /^1 of/.test(await text(page, "#progress-text")), "progress");
    await page.keyboard.press("u");
    await until(async () => (await title(page)) === first, "undo leads back to the group");
    await until(async () => /^0 of/.test(await text(page, "#progress-text")), "progress taken back");
    fine(at);
  });

  test("Enter accepts group after group, and the list runs dry", async () => {
    const page = await begin({ groups: 12 });
    const total = Number((await text(page, "#summary")).match(/\d+/)[0]);
    for (let n = 0; n < total; n += 1) {
      await page.keyboard.press("Enter");
      await until(async () => (await page.locator("#list .row").count()) === total - n - 1, `row ${n} is gone`);
    }
    await until(async () => (await text(page, "#empty")).includes("All groups are decided"), "the end");
    await until(async () => (await text(page, "#progress-text")).startsWith(`${total} of ${total}`), "all of them");
    fine(at);
  });

  test("verdicts: not a duplicate, keep both, for a pair and for a whole group", async () => {
    const page = await begin();
    await pairGroup(page);
    const first = await title(page);
    await page.keyboard.press("n");
    await until(() => posted("verdict").length === 1, "a verdict");
    assert.equal(posted("verdict")[0].verdict, "different");
    assert.equal(posted("verdict")[0].pairs.length, 1);
    await until(async () => (await title(page)) !== first, "the next group");
    await page.getByRole("button", { name: "Keep both" }).click();
    await until(() => posted("verdict").length === 2, "another verdict");
    assert.equal(posted("verdict")[1].verdict, "keep-both");
    await page.keyboard.press("u");
    await page.keyboard.press("Control+z");
    await until(async () => (await title(page)) === first, "both taken back");
    await filter(page, "most", "");
    await filter(page, "least", "4");
    await until(async () => !/^2 images/.test(await text(page, "#group-facts")), "a larger group");
    await page.keyboard.press("Shift+b");
    await until(() => posted("verdict").length === 3, "for all of the group");
    assert.ok(posted("verdict")[2].pairs.length > 2);
    fine(at);
  });

  test("keep only this: keeps one, removes what resembles it", async () => {
    const page = await begin();
    await pairGroup(page);
    await page.keyboard.press("Shift+k");
    await until(() => posted("choose").length === 1, "a post");
    const words = posted("choose")[0].choices.map((one) => one.choice).sort();
    assert.deepEqual(words, ["keep", "remove"]);
    fine(at);
  });
});

describe("a group with more pairs than are named with it", () => {
  test("keep only this removes all that resembles it, and compare knows the last", async () => {
    const page = await begin({ groups: 3, big: 3100 });
    await until(async () => await page.locator("#cards .card").first().getAttribute("aria-label").then((label) => / of 3,100/.test(label)), "all of it");
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft"); // the last is like the one before it alone
    await page.keyboard.press("c");
    await until(async () => /same bytes/.test(await text(page, "#compare .captions")), "what binds the two");
    await page.keyboard.press("c");
    await page.keyboard.press("Home");
    await page.keyboard.press("Shift+k");
    await until(() => posted("choose").length === 1, "a post");
    assert.equal(posted("choose")[0].choices.filter((one) => one.choice === "remove").length, 3098);
    fine(at);
  });
});

describe("the keyboard", () => {
  test("a held key decides once, and walks on", async () => {
    const page = await begin();
    const first = await title(page);
    await page.keyboard.down("a");
    for (let n = 0; n < 3; n += 1) await page.keyboard.down("a");
    await page.keyboard.up("a");
    await until(() => posted("choose").length > 0, "a post");
    await until(async () => (await title(page)) !== first, "the next group");
    const second = await title(page);
    await page.keyboard.down("ArrowDown");
    await page.keyboard.down("ArrowDown");
    await page.keyboard.up("ArrowDown");
    await until(async () => Number((await title(page)).match(/\d+/)[0]) === Number(second.match(/\d+/)[0]) + 2, "two groups on");
    assert.equal(posted("choose").length, 1);
    fine(at);
  });

  test("stays on the button that it pressed", async () => {
    const page = await begin();
    const held = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    await page.keyboard.press("c");
    await page.locator("#compare .caption.here .choose .remove").focus();
    const label = await held();
    assert.match(label, /^Remove: /);
    await page.keyboard.press("Enter");
    await until(async () => (await page.locator("#compare .choose .remove[aria-pressed=true]").count()) === 1, "removed");
    await until(async () => (await page.locator("#undo").isEnabled()), "saved");
    assert.equal(await held(), label);
    await page.keyboard.press("p");
    await page.locator(".way input").nth(1).check();
    await page.getByRole("button", { name: "Move up: shortest path" }).focus();
    await page.keyboard.press("Enter");
    assert.equal(await held(), "Move up: shortest path");
    await page.keyboard.press("Enter");
    assert.equal(await held(), "Take out: shortest path", "it is at the top");
    fine(at);
  });

  test("accepting waits for what is being saved", async () => {
    const page = await begin();
    await pairGroup(page);
    const first = await title(page);
    mock.slow = 150;
    await page.keyboard.press("k");
    await page.keyboard.press("Home");
    await page.keyboard.press("r");
    await page.keyboard.press("a");
    assert.equal(await title(page), first, "not yet");
    mock.slow = 0;
    await until(async () => (await title(page)) !== first, "the next group");
    const said = posted("choose").flatMap((body) => body.choices);
    assert.deepEqual(said.map((one) => one.choice), ["keep", "remove"], "nothing more was left to say");
    fine(at);
  });
});

describe("numbers and words", () => {
  test("what was chosen at a lower threshold is named apart, and the end has the last numbers", async () => {
    const page = await begin({ groups: 4, lower: 2 });
    const total = Number((await text(page, "#summary")).match(/\d+/)[0]);
    mock.slow = 60;
    for (let n = 0; n < total; n += 1) await page.keyboard.press("a");
    await until(() => posted("choose").length === total, "all posts");
    mock.slow = 0;
    const { remove } = mock.all.chosen();
    await until(async () => (await text(page, "#empty")).includes(`${remove} image`), "the last numbers");
    assert.match(await text(page, "#empty"), /2 more were chosen at a lower threshold/);
    await page.keyboard.press("p");
    await until(async () => (await text(page, ".plan .column")).includes("2 more were chosen at a lower threshold"), "in the plan too");
    fine(at);
  });

  test("a filter that is refused says so and shows no old list; one out of bounds asks for nothing", async () => {
    const page = await begin({}, { may: /400/ });
    const before = await text(page, "#summary");
    await filter(page, "max", "2");
    await page.waitForTimeout(400);
    assert.equal(await text(page, "#summary"), before);
    await filter(page, "max", "");
    await filter(page, "least", "2.5");
    await until(async () => (await text(page, "#empty")).includes("no such number"), "the word of the server");
    assert.equal(await page.locator("#list .row").count(), 0);
    assert.equal(await page.isVisible("#cards"), false);
    await filter(page, "least", "");
    await until(async () => (await text(page, "#summary")) === before, "the list again");
    await until(async () => /^Group/.test(await title(page)), "and a group");
    fine(at);
  });

  test("what is transparent is measured over white", async () => {
    const page = await begin();
    const strongest = await page.evaluate(async () => {
      const { measure } = await import("./difference.js");
      const load = async (fill) => {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 8;
        const context = canvas.getContext("2d");
        context.fillStyle = fill;
        context.fillRect(0, 0, 8, 8);
        const image = new Image();
        image.src = canvas.toDataURL();
        await image.decode();
        return image;
      };
      const [none, white, black] = await Promise.all(["transparent", "#fff", "#000"].map(load));
      return [measure(none, white).strongest, measure(none, black).strongest];
    });
    assert.deepEqual(strongest, [0, 255]);
    fine(at);
  });
});

describe("what goes wrong", () => {
  test("a refusal is put back and said", async () => {
    const page = await begin({}, { may: /409/ });
    await filter(page, "least", "4");
    await until(async () => /^[4-9] images/.test(await text(page, "#group-facts")), "a group with a chain");
    await page.keyboard.press("End");
    await page.keyboard.press("r");
    await until(async () => (await text(page, "#wrong")).includes("nothing that stays resembles it"), "the reason");
    const last = page.locator(".card").last();
    assert.match(await last.getAttribute("class"), /open keep/);
    assert.equal(await page.isDisabled("#undo"), true);
    fine(at);
  });

  test("an accepted group that is refused comes back", async () => {
    const page = await begin({}, { may: /409/ });
    const first = await title(page);
    mock.fail = { choose: [409, "Somebody else is writing."] };
    await page.keyboard.press("a");
    await until(async () => (await text(page, "#wrong")).includes("Somebody else"), "the reason");
    mock.fail = {};
    await page.getByRole("button", { name: "Show the group" }).click();
    await until(async () => (await title(page)) === first, "the group again");
    assert.match(await text(page, "#progress-text"), /^0 of/);
    fine(at);
  });

  test("a lost server is said, nothing is shown as saved, and it goes on when it is back", async () => {
    const page = await begin({}, { may: /ERR_|Failed to load/ });
    mock.down = true;
    await page.keyboard.press("r");
    await until(() => page.isVisible("#lost"), "the banner");
    await until(async () => (await text(page, "#wrong")).includes("Not saved"), "the word");
    await until(async () => (await text(page, '.card[data-index="1"] .badge')) === "suggested: remove", "put back");
    mock.down = false;
    await page.click("#lost-again");
    await until(() => page.isHidden("#lost"), "the banner goes");
    await page.keyboard.press("r");
    await until(async () => (await text(page, '.card[data-index="1"] .badge')) === "remove", "saved");
    fine(at);
  });

  test("a file that is gone says so", async () => {
    const page = await begin({}, { may: /404/ });
    const src = await card(page, 1).locator("img").getAttribute("src");
    mock.gone.add(Number(src.match(/i=(\d+)/)[1]));
    await page.reload();
    await until(async () => (await card(page, 1).locator(".picture").getAttribute("data-words")) === "The file is gone.", "the word");
    fine(at);
  });

  test("nothing found, nothing decided, nothing like the filter", async () => {
    const page = await begin({ groups: 0 });
    assert.match(await text(page, "#empty"), /No copies here/);
    await at.close();
    await mock.close();
    const other = await begin();
    await other.fill("#search", "no such name");
    await until(async () => (await text(other, "#empty")).includes("No group matches"), "the word");
    await other.getByRole("button", { name: "Clear the filters" }).last().click();
    await until(async () => /^Group/.test(await title(other)), "groups again");
    fine(at);
  });
});

describe("filters", () => {
  let page;
  beforeEach(async () => {
    page = await begin();
    await page.click("#filters-open");
  });
  const total = async () => Number((await text(page, "#summary")).replace(/,/g, "").match(/^\d+/)?.[0] ?? 0);
  const changes = async (act, words) => {
    const before = await text(page, "#summary");
    await act();
    await until(async () => (await text(page, "#summary")) !== before, words);
  };

  test("kind, similarity, size, folder, label, split, state", async () => {
    const all = await total();
    const narrow = async (act, undo, words) => {
      await changes(act, words);
      const now = await total();
      assert.ok(now < all, `${words}: ${now} of ${all}`);
      await changes(undo, words + " taken back");
      assert.equal(await total(), all);
    };
    await narrow(() => page.uncheck("[name=kind][value=near]"), () => page.check("[name=kind][value=near]"), "kind");
    await narrow(() => page.fill("[name=min]", "0.95"), () => page.fill("[name=min]", ""), "similarity");
    await narrow(() => page.fill("[name=least]", "3"), () => page.fill("[name=least]", ""), "size");
    for (const name of ["folder", "label", "split"]) {
      await narrow(() => page.selectOption(`[name=${name}]`, { index: 1 }), () => page.selectOption(`[name=${name}]`, ""), name);
    }
    await narrow(() => page.check("[name=leaks]"), () => page.uncheck("[name=leaks]"), "leaks");
    await narrow(() => page.check("[name=conflicts]"), () => page.uncheck("[name=conflicts]"), "conflicts");
    await narrow(() => page.selectOption("[name=state]", "decided"), () => page.selectOption("[name=state]", "open"), "state");
    fine(at);
  });

  test("search by path, with its key; the address keeps it", async () => {
    await page.keyboard.press("/");
    await changes(() => page.keyboard.type("IMG_1074"), "search");
    assert.ok(await total() >= 1);
    await until(() => page.url().includes("search=IMG_1074"), "the address");
    const before = await total();
    await page.reload();
    await until(async () => (await total()) === before, "after a reload");
    assert.equal(await page.inputValue("#search"), "IMG_1074");
    fine(at);
  });

  test("the slider regroups at once", async () => {
    const before = await total();
    await page.focus("#threshold");
    for (let n = 0; n < 10; n += 1) await page.keyboard.press("ArrowRight");
    assert.equal(await text(page, "#threshold-value"), "0.870");
    await until(async () => (await total()) < before, "fewer groups");
    await page.fill("#threshold", "0.7");
    await until(async () => (await total()) > before, "more groups");
    fine(at);
  });

  test("new and back since the last scan", async () => {
    await changes(() => page.getByRole("button", { name: "2 back" }).click(), "back");
    assert.equal(await page.locator("#list .since-back").count(), await page.locator("#list .row").count());
    fine(at);
  });
});
