// What keeps the server from starting: one clear sentence, an exit code of its own for each, and data left as it was.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { sql } from "./harness/python.js";
import { run, Server, temporaryFolder } from "./harness/server.js";

const LISTEN = ["--https", "off", "--http", "127.0.0.1:0"];

describe("a server that cannot start", () => {
  let folder;
  before(() => (folder = temporaryFolder()));
  after(() => folder.release());

  test("says that a port is taken (3)", async () => {
    const taken = net.createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = `127.0.0.1:${taken.address().port}`;
    const { code, stderr } = await run(["serve", "--data", join(folder.path, "taken"), "--https", "off", "--http", address]);
    taken.close();
    assert.equal(code, 3, stderr);
    oneSentence(stderr, address);
  });

  test("says that a certificate cannot be read (4)", async () => {
    const config = file("certificate.toml", '[tls]\ncertificate = "/nowhere/chain.pem"\nkey = "/nowhere/key.pem"\n');
    const { code, stderr } = await run(["serve", "--config", config, "--data", join(folder.path, "tls"), "--https", "127.0.0.1:0"]);
    assert.equal(code, 4, stderr);
    oneSentence(stderr, "/nowhere/");
  });

  test("names file, line and the nearest key for a key that there is not (2)", async () => {
    const config = file("unknown.toml", '# mine\n\nhttps = "127.0.0.1:0"\ndomian = "localhost"\n');
    const { code, stderr } = await run(["serve", "--config", config, "--data", join(folder.path, "unknown")]);
    assert.equal(code, 2, stderr);
    oneSentence(stderr, `${config}:4`, "domian", "domain");
  });

  test("names file, line and what it expected for a value that it cannot use (2)", async () => {
    const config = file("value.toml", 'https = "nonsense"\n');
    const { code, stderr } = await run(["serve", "--config", config, "--data", join(folder.path, "value")]);
    assert.equal(code, 2, stderr);
    oneSentence(stderr, `${config}:1`, "https", "host:port");
  });

  test("refuses a flag that there is not (2)", async () => {
    const { code, stderr } = await run(["serve", "--no-such-flag"]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--no-such-flag/);
  });

  test("refuses demo accounts with a known password on an address that others reach (2)", async () => {
    const { code, stderr } = await run(["serve", "--demo", "--data", join(folder.path, "demo"), "--https", "off", "--http", "0.0.0.0:0"]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--demo-password/);
  });

  test("says that the data folder is in use (7)", async () => {
    const server = await Server.start();
    const { code, stderr } = await run(["serve", "--data", server.data, ...LISTEN]);
    assert.equal((await server.stop()).code, 0);
    assert.equal(code, 7, stderr);
    oneSentence(stderr, server.data, String(server.ready.pid));
  });

  function file(name, text) {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  }
});

describe("data that does not fit", () => {
  const cases = [
    ["a damaged entry", 5, (log) => sql(log, "UPDATE entries SET changes = replace(changes, '1001001', '1001999') WHERE changes LIKE '%1001001%'")],
    ["a missing entry", 5, (log) => sql(log, "INSERT INTO entries VALUES (1000000, 0, '[]', 0)")],
    ["a file that is something else", 5, async (log) => writeFileSync(log, "this is no database\n".repeat(1000))],
    ["data of a later version", 6, (log) => sql(log, "UPDATE meta SET value = '999' WHERE key = 'format'")],
  ];
  for (const [what, expected, damage] of cases) {
    test(`${what}: exit code ${expected}, and not one byte changed`, async () => {
      const folder = temporaryFolder();
      const data = join(folder.path, "data");
      const server = await Server.start({ data });
      assert.equal((await server.signIn("1001001")).status, 202);
      assert.equal((await server.stop()).code, 0);
      const log = join(data, "log.db");
      await damage(log);
      const before = hashes(data);
      const { code, stderr } = await run(["serve", "--data", data, ...LISTEN]);
      assert.equal(code, expected, stderr);
      oneSentence(stderr, "log.db");
      assert.deepEqual(hashes(data), before);
      folder.release();
    });
  }

  test("a folder that cannot be made: a sentence with its path", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder.path, "file"), "");
    const { code, stderr } = await run(["serve", "--data", join(folder.path, "file/data"), ...LISTEN]);
    assert.equal(code, 8, stderr);
    oneSentence(stderr, join(folder.path, "file/data"));
    folder.release();
  });
});

describe("a server that starts", () => {
  test("prints a line per listener, then ready, and writes the ready file", async () => {
    const server = await Server.start();
    const { pid, domain } = server.ready;
    assert.equal(domain, "localhost");
    assert.equal(pid, server.child.pid);
    const lines = server.stdout.split("\n");
    const position = (line) => {
      assert.ok(lines.includes(line), `${line} in ${server.stdout}`);
      return lines.indexOf(line);
    };
    for (const listener of ["https", "http", "xmpp", "xmpps"]) {
      assert.ok(position(`listening ${listener} ${server.ready[listener]}`) < position("ready"));
    }
    assert.equal((await server.stop()).code, 0);
  });

  test("takes a flag before a variable before the file", async () => {
    const folder = temporaryFolder();
    const config = join(folder.path, "offhook.toml");
    writeFileSync(config, 'domain = "file.example"\n');
    const start = async (args, variables) => {
      const server = await Server.start({ demo: false, args: ["--config", config, ...args], variables });
      await server.stop();
      return server.domain;
    };
    const variables = { OFFHOOK_DOMAIN: "variable.example" };
    assert.equal(await start([]), "file.example");
    assert.equal(await start([], variables), "variable.example");
    assert.equal(await start(["--domain", "flag.example"], variables), "flag.example");
    folder.release();
  });

  test("keeps state and certificate from one start to the next", async () => {
    const folder = temporaryFolder();
    const data = join(folder.path, "data");
    let server = await Server.start({ data });
    const { pem } = server.ca;
    assert.equal((await server.signIn("1001001")).status, 202);
    assert.equal((await server.changeState("1001001", "READY")).status, 202);
    assert.equal((await server.stop()).code, 0);
    server = await Server.start({ data });
    assert.equal(server.ca.pem, pem);
    const { body } = await server.rest("GET", server.node("1001001"), { user: "1001001" });
    assert.match(body, /<state>READY<\/state>/);
    assert.equal((await server.stop()).code, 0);
    folder.release();
  });
});

/** The message is short, is no crash, and names what it is about. */
function oneSentence(stderr, ...mentions) {
  assert.doesNotMatch(stderr, /panicked|backtrace/i);
  assert.ok(stderr.trim().split("\n").length <= 3, `more than a sentence:\n${stderr}`);
  for (const mention of mentions) assert.ok(stderr.includes(mention), `${mention} in: ${stderr}`);
}

/** What every file of the log holds; what SQLite notes for itself while it reads aside: an index, and a log without an entry. */
function hashes(folder) {
  const files = readdirSync(folder).filter((name) => name.startsWith("log") && !name.endsWith("-shm"));
  const contents = files.map((name) => [name, readFileSync(join(folder, name))]).filter(([, bytes]) => bytes.length > 0);
  return contents.map(([name, bytes]) => [name, createHash("sha256").update(bytes).digest("hex")]);
}
