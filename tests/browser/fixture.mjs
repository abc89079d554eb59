// A page on a mock server for each test of a file, closed behind it. `mock` and `at` are those of the test that runs.

import { after, afterEach, before } from "node:test";
import { launch, open } from "./browser.mjs";
import { Mock } from "./mock.mjs";

export let mock;
export let at;
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());
afterEach(async () => {
  await at.close();
  await mock.close();
});

export const begin = async (options = {}, given = {}) => {
  mock = new Mock({ groups: 60, ...options });
  at = await open(browser, await mock.listen(), given);
  return at.page;
};
