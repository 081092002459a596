// `offhook trace` on lines to Debian's Prosody and ejabberd, where they are installed: every stage is told, and nothing is found where
// nothing is wrong; neither live nor in the recording that it makes meanwhile.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PEERS, ejabberd, prosody } from "./differences/servers.js";
import { within } from "./harness/queue.js";
import { OFFHOOK, PASSWORD, environment, run, temporaryFolder } from "./harness/server.js";

const STAGES = ["tcp", "upgrade", "stream", "sasl", "bind", "presence", "steady", "close"];

for (const [name, start] of Object.entries({ Prosody: prosody, ejabberd })) {
  describe(`offhook trace to ${name}`, { skip: PEERS[name] ? false : `${name} is not here` }, () => {
    let server;
    let folder;

    before(async () => {
      folder = temporaryFolder();
      server = await start();
    });
    after(async () => {
      await server?.stop();
      folder?.release();
    });

    async function trace(password, ...more) {
      const args = ["trace", server.url, "--user", "1001001", "--domain", "localhost", "--no-user-node", "--timeout", "3", ...more];
      const child = spawn(OFFHOOK, args, { env: { ...environment(), OFFHOOK_PASSWORD: password } });
      let text = "";
      child.stdout.on("data", (chunk) => (text += chunk));
      const [code] = await within("the tracer", once(child, "close"));
      return { code, text };
    }

    test("a good login has all stages and no finding", async () => {
      const file = join(folder.path, "line.har");
      const { code, text } = await trace(PASSWORD, "--write-har", file);
      assert.equal(code, 0, text);
      assert.doesNotMatch(text, /offhook explain/);
      const stages = text.split("\n").slice(1).map((line) => line.slice(21, 29).trim());
      for (const stage of STAGES) assert.ok(stages.includes(stage), `${stage} in ${text}`);
      const read = await run(["trace", "--har", file, "--json"]);
      const story = JSON.parse(read.stdout);
      assert.deepEqual([read.code, story.result, story.connections[0].findings], [0, "healthy", []]);
    });

    test("a wrong password is one finding", async () => {
      const { code, text } = await trace("wrong-one-5");
      assert.equal(code, 1, text);
      assert.match(text, /SA-NOT-AUTHORIZED/);
      assert.equal(text.match(/offhook explain/g).length, 1, text);
      assert.doesNotMatch(text, /wrong-one-5/);
    });
  });
}
