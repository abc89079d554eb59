// The one place that talks to the server: relative addresses, errors with words, posts in order.

export class Refused extends Error {
  // `status` is 0 where no answer came at all.
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const RETRIES = [250, 1000];
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Tells whether the server answers; main.js shows the banner.
export const line = new EventTarget();
let up = true;
const heard = (now) => {
  if (now === up) return;
  up = now;
  line.dispatchEvent(new CustomEvent("line", { detail: up }));
};

const ask = async (path, options) => {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    heard(false);
    throw new Refused("The review server does not answer.", 0);
  }
  heard(true);
  const body = await answer.json().catch(() => null);
  if (answer.ok && body !== null) return body;
  throw new Refused(body?.error ?? `The server answered ${answer.status} to ${path.split("?")[0]}.`, answer.status);
};

const address = (path, query) => {
  const set = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") set.set(key, value);
  }
  return "api/" + path + (set.size ? "?" + set : "");
};

export const get = (path, query = {}, signal = undefined) => ask(address(path, query), { signal });

const post = async (path, body, tries) => {
  for (let turn = 0; ; turn += 1) {
    try {
      return await ask("api/" + path, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
      });
    } catch (error) {
      if (error.status !== 0 || turn >= tries) throw error;
      await wait(RETRIES[turn]);
    }
  }
};

// Posts go out one after the other, in the order in which they were made.
let queue = Promise.resolve();
const pending = new Set();
export const send = (path, body, { again = true } = {}) => {
  const sent = queue.then(() => post(path, body, again ? RETRIES.length : 0));
  queue = sent.catch(() => {});
  return busy(sent);
};
// Whatever changes what the lists would answer: `settled` waits for it.
export const busy = (promise) => {
  const kept = promise.catch(() => {}).finally(() => pending.delete(kept));
  pending.add(kept);
  return promise;
};
export const settled = async () => {
  while (pending.size) await Promise.all(pending);
};
export const unsent = () => pending.size;

export const picture = (i) => "image?i=" + i;
export const thumb = (i) => "thumb?i=" + i;

// EXIF is read when it is first looked at, and kept for a while.
const metas = new Map();
export const meta = (i) => {
  if (!metas.has(i)) {
    if (metas.size > 500) metas.delete(metas.keys().next().value);
    metas.set(i, get("meta", { i }).catch(() => {
      metas.delete(i);
      return null;
    }));
  }
  return metas.get(i);
};
