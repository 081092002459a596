// kill -9 under a stream of state changes, again and again: whatever was acknowledged with 202 is there after the
// restart, once and in order; what was not acknowledged is there whole or not at all; the log has no gap; and what
// a subscriber saw in between is a run of the log without a gap, per node.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { sql } from "./harness/python.js";
import { RawClient } from "./harness/raw.js";
import { Server, temporaryFolder } from "./harness/server.js";

const ROUNDS = Number(process.env.KILL_ROUNDS ?? 50);
const AGENTS = Array.from({ length: 12 }, (_, index) => `10010${String(index + 1).padStart(2, "0")}`);
/** Every agent goes round and round these; each is another state than the one before, as a request for the state that there
 * is changes nothing and leaves nothing in the log. */
const STATES = [
  ["READY", {}],
  ["NOT_READY", { reasonCodeId: 1 }],
  ["NOT_READY", { reasonCodeId: 3 }],
];

describe(`kill -9, ${ROUNDS} times`, () => {
  let folder;
  const data = () => join(folder.path, "data");
  /** Per agent, the request ids in the order in which they were sent. */
  const attempted = new Map(AGENTS.map((agent) => [agent, []]));
  const acknowledged = new Set();
  /** Per round and node, the request ids that a subscriber received. */
  const seen = [];
  let acknowledgedAfterSignIn = 0;

  before(() => (folder = temporaryFolder()));
  after(() => folder.release());

  test("after each restart every agent is in the state that was acknowledged, or one attempted later", async () => {
    let random = 4711;
    const next = (limit) => {
      random = (random * 1103515245 + 12345) % 2147483648;
      return random % limit;
    };
    let turns = new Map(AGENTS.map((agent) => [agent, 0]));
    for (let round = 0; round <= ROUNDS; round++) {
      const server = await Server.start({ data: data() });
      if (round > 0) turns = await checkStates(server);
      if (round === 0) for (const agent of AGENTS) await send(server, agent, "LOGIN", { extension: `200${agent.slice(-4)}` });
      if (round === ROUNDS) {
        assert.equal((await server.stop()).code, 0);
        break;
      }

      const watcher = await watch(server, round);
      // The knife falls right after one of the acknowledgements, while other requests are under way.
      let left = 1 + next(40);
      let fall;
      const falls = new Promise((resolve) => (fall = resolve));
      const work = AGENTS.map(async (agent) => {
        while (left > 0) {
          const [state, fields] = STATES[turns.get(agent) % STATES.length];
          turns.set(agent, turns.get(agent) + 1);
          const status = await send(server, agent, state, fields);
          if (status === null) return;
          acknowledgedAfterSignIn += 1;
          left -= 1;
          if (left === 0) fall();
        }
      });
      await falls;
      await server.kill();
      await Promise.all(work);
      await watcher.closed;
      collect(watcher, round);
    }
    assert.ok(acknowledgedAfterSignIn >= ROUNDS, `${acknowledgedAfterSignIn} changes were acknowledged`);
    console.log(`${acknowledgedAfterSignIn} changes acknowledged under ${ROUNDS} kills`);
  });

  test("the log holds every acknowledged change once and in order, and has no gap", async () => {
    const rows = await sql(join(data(), "log.db"), "SELECT position, changes FROM entries ORDER BY position");
    const positions = rows.map(([position]) => position);
    assert.deepEqual(positions, positions.map((_, index) => positions[0] + index));

    const logged = new Map(AGENTS.map((agent) => [agent, []]));
    for (const [, changes] of rows) {
      for (const { request_id: id } of JSON.parse(changes)) {
        if (id) logged.get(id.split("/")[0]).push(id);
      }
    }
    const all = [...logged.values()].flat();
    assert.equal(new Set(all).size, all.length, "a change is in the log twice");
    const lost = [...acknowledged].filter((id) => !all.includes(id));
    assert.deepEqual(lost, [], "acknowledged and lost");
    for (const [agent, ids] of logged) {
      const order = attempted.get(agent).filter((id) => ids.includes(id));
      assert.deepEqual(ids, order, `the order of ${agent}'s changes`);
    }

    let runs = 0;
    for (const { agent, ids } of seen) {
      if (ids.length === 0) continue;
      runs += 1;
      const start = logged.get(agent).indexOf(ids[0]);
      assert.deepEqual(ids, logged.get(agent).slice(start, start + ids.length), `what a subscriber of ${agent} saw`);
    }
    assert.ok(runs > 0, "a subscriber saw something");
  });

  /** Resolves with the status of the answer, or null if none came. */
  async function send(server, agent, state, fields) {
    const ids = attempted.get(agent);
    const requestId = `${agent}/${ids.length}/${state}${fields.reasonCodeId ?? ""}`;
    ids.push(requestId);
    let answer;
    try {
      answer = await server.changeState(agent, state, { requestId, fields });
    } catch {
      return null; // The server is gone.
    }
    assert.equal(answer.status, 202, answer.body);
    acknowledged.add(requestId);
    return answer.status;
  }

  /** Checks every agent's state and returns what each should ask for next. */
  async function checkStates(server) {
    const turns = new Map();
    for (const agent of AGENTS) {
      const { body } = await server.rest("GET", server.node(agent), { user: agent });
      const state = /<state>(\w+)<\/state>/.exec(body)[1];
      const reason = /<reasonCodeId>([1-9]\d*)<\/reasonCodeId>/.exec(body)?.[1] ?? "";
      const ids = attempted.get(agent);
      const last = ids.findLastIndex((id) => acknowledged.has(id));
      const possible = ids.slice(last).map((id) => id.split("/")[2].replace("LOGIN", "NOT_READY"));
      assert.ok(possible.includes(state + reason), `${agent} is ${state}${reason}; possible: ${possible}`);
      turns.set(agent, 1 + STATES.findIndex(([name, { reasonCodeId = "" }]) => name + reasonCodeId === state + reason));
    }
    return turns;
  }

  async function watch(server, round) {
    const watcher = await RawClient.signIn(server, "admin", `watcher-${round}`);
    for (const agent of AGENTS) await watcher.subscribe(server, server.node(agent));
    return watcher;
  }

  function collect(watcher, round) {
    const perAgent = new Map(AGENTS.map((agent) => [agent, []]));
    for (const frame of watcher.frames.drain()) {
      const id = /&lt;requestId&gt;(.+?)&lt;\/requestId&gt;/.exec(frame)?.[1];
      if (id) perAgent.get(id.split("/")[0]).push(id);
    }
    for (const [agent, ids] of perAgent) seen.push({ round, agent, ids });
  }
});
