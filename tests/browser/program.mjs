// The real program as a server: starts `lookalike review`, and ends it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { until } from "./browser.mjs";

// Answers its address once that is printed.
export const serve = async (program, dir, folder) => {
  const child = spawn(program, ["review", dir, "--no-open", "--port", "0"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let err = "";
  child.stdout.on("data", (part) => { out += part; });
  child.stderr.on("data", (part) => { err += part; });
  const found = () => out.match(/http:\/\/127\.0\.0\.1:\d+\/[^\s/]+\//);
  await until(() => {
    assert.equal(child.exitCode, null, `the server ended: ${err}`);
    return found();
  }, `an address in ${out}`, 60_000);
  const end = async (signal) => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  };
  return { address: found()[0], pid: child.pid, end };
};
