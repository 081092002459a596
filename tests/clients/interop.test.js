// The Smack Integration Tests against this server, over TCP with STARTTLS and over WebSockets with TLS; run only when asked for,
// by `make interop`.
//
// docs/interop.md is the list of what may fail and what is not run: its tables are read here.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runToEnd } from "./harness/java.js";
import { PASSWORD, Server } from "./harness/server.js";

const PAGE = join(dirname(fileURLToPath(import.meta.url)), "../../docs/interop.md");
const RUN_MS = 600_000;

// Smack's own name for one of them, and that of Interop.java for the other.
const CONNECTIONS = ["tcp", "websocket"];

// Whoever turns off one test of a class turns off the whole class, so what is to be run of such a class has a run of its own.
const ALONE = ["FileTransferIntegrationTest.ibbFileTransferTest"];

/** The names in the first column of the table below `heading`: `Class` or `Class.method`. */
function listed(heading) {
  const section = readFileSync(PAGE, "utf8").split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  assert.ok(section, `"${heading}" in docs/interop.md`);
  return [...section.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name]) => name);
}

/** Runs tests over one kind of connection on a server of their own; resolves with `{ outcome, test, reason }` for each. */
async function run(connection, properties) {
  // The tests want to create nodes as well, with accounts that they create themselves.
  const server = await Server.start({ variables: { OFFHOOK_PUBSUB_CREATE_NODES: "anyone" } });
  try {
    const settings = {
      service: server.domain,
      adminAccountUsername: "admin",
      adminAccountPassword: PASSWORD,
      replyTimeout: 20_000,
      enabledConnections: connection,
      defaultConnection: connection,
      dnsResolver: "javax",
      ...properties,
    };
    const options = Object.entries(settings).map(([name, value]) => `-Dsinttest.${name}=${value}`);
    const [host, port] = server.ready.xmpp.split(":");
    return await runToEnd("interop", options, "../interop/Interop.java", [host, port, server.ca.path, server.wss], RUN_MS);
  } finally {
    await server.stop();
  }
}

function table(outcomes) {
  const order = ["failed", "skipped", "passed"];
  const rows = outcomes.toSorted((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome) || a.test.localeCompare(b.test));
  const count = (outcome) => outcomes.filter((found) => found.outcome === outcome).length;
  const lines = rows.map(({ outcome, test, reason }) => `${outcome.padEnd(8)} ${test}${reason ? `: ${reason}` : ""}`);
  return `${lines.join("\n")}\n${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`;
}

describe("Smack Integration Tests", { skip: !process.env.OFFHOOK_INTEROP && "not asked for" }, () => {
  for (const connection of CONNECTIONS) {
    test(`over ${connection}, whatever fails is explained in docs/interop.md`, { timeout: 2 * RUN_MS }, async () => {
      const notRun = listed("Not run").map((name) => name.split(".")[0]);
      const outcomes = [
        ...(await run(connection, { disabledTests: [...new Set(notRun)].join(",") })),
        ...(await run(connection, { enabledTests: ALONE.join(",") })),
      ];
      console.log(`over ${connection}:\n${table(outcomes)}`);

      // "PingIntegrationTest.pingServer (Normal)": the rest is the kind of connection.
      const names = (outcome) => outcomes.filter((found) => found.outcome === outcome).map(({ test }) => test.split(" ")[0]);
      const expected = listed("Fail");
      const failed = names("failed");
      const explained = [...expected, ...listed("Fail sometimes")];
      assert.deepEqual(failed.filter((name) => !explained.includes(name)), [], "failures that docs/interop.md does not explain");
      assert.deepEqual(expected.filter((name) => !failed.includes(name)), [], "explanations of tests that did not fail");
      assert.ok(names("passed").length > 30, "the tests were found and run");
    });
  }
});
