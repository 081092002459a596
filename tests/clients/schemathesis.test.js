// Schemathesis sends what the server's own description allows, and what it forbids, and holds the answers against it: no 5xx, no
// status, type or body that is not described. The seed is fixed and the number of examples is small, so each run asks the same.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { PYTHON } from "./harness/python.js";
import { within } from "./harness/queue.js";
import { PASSWORD, Server, temporaryFolder } from "./harness/server.js";

const EXAMPLES = process.env.OFFHOOK_API_EXAMPLES ?? "4";
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
  "allow_header_conformance",
  "ignored_auth",
];

describe("the description of the web service", () => {
  let server;
  let folder;
  before(async () => {
    // The publisher of this test must not be held up for how much it sends.
    server = await Server.start({ variables: { OFFHOOK_EVENTS_PER_MINUTE_MAX: "1000000" } });
    folder = temporaryFolder();
  });
  after(async () => {
    await server.stop();
    folder.release();
  });

  async function holds(args, phases = "examples,coverage,fuzzing") {
    const url = `http://${server.ready.http}/offhook/openapi.json`;
    const schemathesis = spawn(
      join(dirname(PYTHON), "st"),
      [
        ...["run", url, "--seed", "1", "--max-examples", EXAMPLES, "--checks", CHECKS.join(",")],
        ...["--phases", phases, "--generation-database", "none", "--continue-on-failure"],
        ...["--no-color", "--warnings", "off", "--suppress-health-check", "all", ...args],
      ],
      { stdio: ["ignore", "pipe", "pipe"], cwd: folder.path },
    );
    let output = "";
    for (const stream of ["stdout", "stderr"]) schemathesis[stream].on("data", (chunk) => (output += chunk));
    const [code] = await within("Schemathesis to end", once(schemathesis, "close"), 600_000);
    assert.equal(code, 0, output);
    assert.match(output, /Tested: +[1-9]/, "something was asked for");
  }

  // Each makes other answers wrong on purpose, and comes last.
  const faults = ["beginFault", "setService"].flatMap((id) => ["--exclude-operation-id", id]);

  // Most of it is not for agents: what chance finds, it finds for the administrator.
  test("is what an agent meets", () =>
    holds(["--auth", `1001001:${PASSWORD}`, "--include-tag", "finesse"], "examples,coverage"));

  test("is what an administrator meets", () =>
    holds(["--auth", `admin:${PASSWORD}`, "--exclude-operation-id", "publish", ...faults]));

  test("is what a publisher meets", async () => {
    const body = JSON.stringify({ name: "pbx", nodes: ["/telephony/*"] });
    const headers = { "Content-Type": "application/json" };
    const added = await server.rest("POST", "/offhook/v1/publishers", { user: "admin", body, headers });
    assert.equal(added.status, 201, added.body);
    const { token } = JSON.parse(added.body);
    await holds(["--header", `Authorization: Bearer ${token}`, "--include-operation-id", "publish"]);
  });

  test("is what somebody meets who takes the service out of service", () =>
    holds(["--auth", `admin:${PASSWORD}`, "--include-operation-id", "setService"]));

  test("is what somebody meets who asks for faults", () =>
    holds(["--auth", `admin:${PASSWORD}`, "--include-operation-id", "beginFault"]));
});
