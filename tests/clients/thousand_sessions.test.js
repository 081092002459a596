// A thousand sessions follow one team while two hundred agents change state: every session gets every event, once, and all of
// them in the same order.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { within } from "./harness/queue.js";
import { RawClient } from "./harness/raw.js";
import { run, Server } from "./harness/server.js";

const SUPERVISORS = 100;
const SESSIONS_EACH = 10;
const AGENTS = 200;
/** Requests under way at a time. */
const AT_ONCE = 16;
const STATES_EACH = 3;

describe("a thousand sessions on one team", () => {
  const sessions = [];
  let server;

  before(async () => {
    server = await Server.start();
    const rows = ["id,password,first_name,last_name,team,roles,extension"];
    for (let index = 0; index < SUPERVISORS; index++) rows.push(`s${index},offhook,Super,Visor,1,agent;supervisor,`);
    for (let index = 0; index < AGENTS; index++) rows.push(`a${index},offhook,A,Gent,1,agent,5${String(index).padStart(3, "0")}`);
    const csv = join(server.folder.path, "crowd.csv");
    writeFileSync(csv, `${rows.join("\n")}\n`);
    const { code, stderr } = await run(["user", "import", csv, "--data", server.data]);
    assert.equal(code, 0, stderr);
  });
  after(async () => {
    for (const { client } of sessions) client.socket.terminate();
    assert.equal((await server.stop()).code, 0);
  });

  test("sign in and subscribe", async () => {
    const places = Array.from({ length: SUPERVISORS * SESSIONS_EACH }, (_, index) => index);
    await each(places, async (index) => {
      const client = await RawClient.signIn(server, `s${index % SUPERVISORS}`, `place-${index}`);
      await client.subscribe(server, "/finesse/api/Team/1/Users");
      const session = { client, events: [] };
      // From here on only what matters is kept: who went into which state.
      session.all = new Promise((resolve) => {
        client.divert = (frame) => {
          if (!frame.startsWith("<message ")) return false;
          const [, id] = /loginId&gt;(\w+)&lt;/.exec(frame);
          const [, state] = /;state&gt;(\w+)&lt;/.exec(frame);
          session.events.push(`${id} ${state}${frame.includes("&lt;reasonCode&gt;") ? " with a reason" : ""}`);
          if (session.events.length === AGENTS * STATES_EACH) resolve();
          return true;
        };
      });
      sessions.push(session);
    });
    assert.equal(sessions.length, 1000);
  });

  test("every session gets every event, in order, once", async () => {
    const expected = new Set();
    const started = performance.now();
    await each(Array.from({ length: AGENTS }, (_, index) => `a${index}`), async (agent) => {
      const extension = `5${agent.slice(1).padStart(3, "0")}`;
      for (const [state, shown, fields] of [
        ["LOGIN", "NOT_READY", { extension }],
        ["READY", "READY", {}],
        ["NOT_READY", "NOT_READY with a reason", { reasonCodeId: 1 }],
      ]) {
        const { status, body } = await server.changeState(agent, state, { fields });
        assert.equal(status, 202, body);
        expected.add(`${agent} ${shown}`);
      }
    });
    await within("every session to get everything", Promise.all(sessions.map(({ all }) => all)), 120_000);
    const seconds = (performance.now() - started) / 1000;
    console.log(`${sessions.length * expected.size} deliveries in ${seconds.toFixed(1)} s`);

    // Whatever else was sent to them would have come before the answer to a ping.
    await each(sessions, ({ client }) => client.iq("get", server.domain, '<ping xmlns="urn:xmpp:ping"/>'));
    const [first] = sessions;
    assert.equal(first.events.length, expected.size, "once");
    assert.deepEqual(new Set(first.events), expected, "every event");
    for (let index = 0; index < AGENTS; index++) {
      const own = first.events.filter((event) => event.startsWith(`a${index} `));
      assert.deepEqual(own, ["NOT_READY", "READY", "NOT_READY with a reason"].map((state) => `a${index} ${state}`), "in order");
    }
    const order = first.events.join();
    for (const { client, events } of sessions) assert.equal(events.join(), order, `${client.jid} in the same order`);
  });
});

/** Runs `work` for every item, `AT_ONCE` of them at a time. */
async function each(items, work) {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (waiting.length > 0) await work(waiting.shift());
    }),
  );
}
