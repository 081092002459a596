// What this server, Prosody and ejabberd answer to the same requests. Needs the Debian packages prosody and ejabberd, and runs
// only when asked for: `make differences` writes docs/differences.md, OFFHOOK_DIFFERENCES=1 compares it.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { EXPLANATIONS } from "./differences/explanations.js";
import { differing, page } from "./differences/page.js";
import { run } from "./differences/run.js";
import { PEERS, ejabberd, offhook, prosody } from "./differences/servers.js";

const PAGE = join(dirname(fileURLToPath(import.meta.url)), "../../docs/differences.md");
const missing = Object.keys(PEERS).filter((name) => !PEERS[name]);

const isWanted = process.env.OFFHOOK_DIFFERENCES || process.env.OFFHOOK_WRITE_DIFFERENCES;
const skip = isWanted ? missing.length > 0 && `not installed: ${missing.join(", ")}` : "not asked for";

describe("differences", { skip }, () => {
  test("every difference is explained, and docs/differences.md says so", { timeout: 180_000 }, async () => {
    const outcomes = {};
    const versions = {};
    for (const [name, start] of Object.entries({ Offhook: offhook, Prosody: prosody, ejabberd })) {
      const server = await start();
      try {
        outcomes[name] = await run(server);
        versions[name] = server.version;
      } finally {
        await server.stop();
      }
    }
    const written = page(outcomes, versions, EXPLANATIONS);
    if (process.env.OFFHOOK_WRITE_DIFFERENCES) writeFileSync(PAGE, written);
    const found = differing(outcomes);
    const unexplained = found.filter((name) => !EXPLANATIONS[name]);
    assert.deepEqual(unexplained, [], "differences that nobody has explained");
    assert.deepEqual(Object.keys(EXPLANATIONS).filter((name) => !found.includes(name)), [], "explanations of no difference");
    assert.equal(readFileSync(PAGE, "utf8"), written, "run `make differences`");
  });
});
