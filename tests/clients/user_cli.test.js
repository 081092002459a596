// `offhook user` on the data of a stopped server and on a running one: the same commands, the same outcome.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Server, run, temporaryFolder } from "./harness/server.js";

const HEADER = "id,password,first_name,last_name,team,roles,extension\n";

describe("offhook user", () => {
  let folder;
  let data;
  before(() => {
    folder = temporaryFolder();
    data = join(folder.path, "data");
  });
  after(() => folder.release());

  const user = async (args, options) => {
    const outcome = await run(["user", ...args, "--data", data], options);
    assert.equal(outcome.code, 0, `user ${args.join(" ")}: ${outcome.stderr}`);
    return outcome.stdout;
  };
  const signsIn = async (server, id, password) =>
    (await server.rest("GET", server.node(id), { user: id, password })).status === 200;

  test("adds, imports, lists, changes a password and removes while the server is stopped", async () => {
    const csv = join(folder.path, "agents.csv");
    writeFileSync(csv, `${HEADER}7001,secret-1,Ada,Moss,Sales,agent,3001\n7002,secret-2,Ben,"Ray, Jr.",Sales,agent,3002\n`);
    await user(["import", csv]);
    await user(["add", "7003", "--password-stdin"], { input: "secret-3\n" });
    const list = await user(["list"]);
    for (const id of ["7001", "7002", "7003"]) assert.ok(list.includes(id), list);
    await user(["password", "7001", "--password-stdin"], { input: "changed-1\n" });
    await user(["remove", "7002"]);

    const server = await Server.start({ data, demo: false });
    assert.equal(await signsIn(server, "7001", "changed-1"), true);
    assert.equal(await signsIn(server, "7001", "secret-1"), false);
    assert.equal(await signsIn(server, "7002", "secret-2"), false);
    assert.equal(await signsIn(server, "7003", "secret-3"), true);
    assert.equal((await server.stop()).code, 0);
  });

  test("does the same while the server runs, at once", async () => {
    const server = await Server.start({ data, demo: false });
    await user(["add", "7004", "--password-stdin"], { input: "secret-4\n" });
    assert.equal(await signsIn(server, "7004", "secret-4"), true);
    await user(["password", "7004", "--password-stdin"], { input: "changed-4\n" });
    assert.equal(await signsIn(server, "7004", "secret-4"), false);
    assert.equal(await signsIn(server, "7004", "changed-4"), true);
    assert.ok((await user(["list"])).includes("7004"));
    await user(["remove", "7004"]);
    assert.equal(await signsIn(server, "7004", "changed-4"), false);
    assert.equal((await server.stop()).code, 0);
  });

  test("keeps no password in clear anywhere in the data folder", () => {
    for (const name of readdirSync(data)) {
      let bytes;
      try {
        bytes = readFileSync(join(data, name));
      } catch {
        continue; // Not a file.
      }
      for (const password of ["secret-1", "secret-3", "changed-1"]) {
        assert.ok(!bytes.includes(password), `${password} is in ${name}`);
      }
    }
  });

  test("refuses a row that it cannot use, names its line and imports nothing of the file", async () => {
    const csv = join(folder.path, "bad.csv");
    writeFileSync(csv, `${HEADER}7005,secret-5,Cleo,Dunn,Sales,agent,3005\nnot an id!,secret-6,Dan,Eck,Sales,agent,3006\n`);
    const { code, stderr } = await run(["user", "import", csv, "--data", data]);
    assert.notEqual(code, 0);
    assert.match(stderr, /\b3\b/, "the line of the file");
    assert.ok(!(await user(["list"])).includes("7005"));
  });

  test("says so when there is no such user", async () => {
    const { code, stderr } = await run(["user", "remove", "nobody", "--data", data]);
    assert.notEqual(code, 0);
    assert.match(stderr, /nobody/);
  });

  test("imports 20,000 rows within the patience of a person", async () => {
    const csv = join(folder.path, "many.csv");
    const rows = Array.from({ length: 20_000 }, (_, index) => `8${String(index).padStart(5, "0")},pw-${index},First,Last,Crowd,agent,`);
    writeFileSync(csv, `${HEADER}${rows.join("\n")}\n`);
    const started = performance.now();
    await user(["import", csv], { patience_ms: 120_000 });
    const seconds = (performance.now() - started) / 1000;
    console.log(`imported 20,000 rows in ${seconds.toFixed(1)} s`);
    const server = await Server.start({ data, demo: false });
    assert.equal(await signsIn(server, "819999", "pw-19999"), true);
    assert.equal((await server.stop()).code, 0);
  });
});
