// What a real browser has recorded of strophe.js, explained by `offhook trace --har`: the first stage that failed, why, and no secret.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { openBrowser } from "./harness/chromium.js";
import { within } from "./harness/queue.js";
import { Relay } from "./harness/relay.js";
import { Server, run, temporaryFolder } from "./harness/server.js";

const PASSWORD = "correct horse/4711+é";
const STROPHE = createRequire(import.meta.url).resolve("strophe.js/package.json").replace("package.json", "dist/strophe.umd.min.js");

/** Every form in which a secret could leave. */
function formsOf(secret) {
  const bytes = Buffer.from(secret);
  const plain = Buffer.from(`\0${"1001001"}\0${secret}`);
  return [
    secret,
    encodeURIComponent(secret),
    ...[bytes, plain].flatMap((one) => [one.toString("base64"), one.toString("base64url"), one.toString("hex"), one.toString("hex").toUpperCase()]),
  ];
}

describe("offhook trace --har", () => {
  let server;
  let browser;
  let folder;

  before(async () => {
    folder = temporaryFolder();
    server = await Server.start({ variables: { OFFHOOK_DEMO_PASSWORD: PASSWORD } });
    browser = await openBrowser(server.wss, server.ca.pem);
  });
  after(async () => {
    await browser?.close();
    folder?.release();
    if (server) assert.equal((await server.stop()).code, 0);
  });

  /** Records what strophe.js does at `url`; `meanwhile` runs once it is connected, and returns when it is enough. */
  async function record(name, url, { password = PASSWORD, by = browser, from, meanwhile = async () => {} } = {}) {
    const path = join(folder.path, `${name}.har`);
    const context = await by.newContext({ recordHar: { path, mode: "full", content: "embed" } });
    const page = await context.newPage();
    // Chromium lets no page from elsewhere reach a loopback address, so the page comes from the server.
    if (from !== null) await page.goto(from ?? `https://${server.ready.https}/finesse/api/SystemInfo`);
    await page.evaluate(readFileSync(STROPHE, "utf8"));
    const outcome = await page.evaluate(
      ([url, password]) => {
        const { Strophe, $pres } = globalThis.strophe ?? globalThis;
        const connection = new Strophe.Connection(url, { mechanisms: [Strophe.SASLPlain] });
        globalThis.connection = connection;
        const { CONNECTED, DISCONNECTED, AUTHFAIL, CONNFAIL } = Strophe.Status;
        return new Promise((resolve) => {
          globalThis.ended = new Promise((end) => {
            connection.connect("1001001@localhost", password, (status) => {
              if (status === CONNECTED) connection.send($pres().tree());
              if (status === CONNECTED) resolve("connected");
              if ([AUTHFAIL, CONNFAIL, DISCONNECTED].includes(status)) {
                resolve("refused");
                end();
              }
            });
          });
        });
      },
      [url, password],
    );
    if (outcome === "connected") await meanwhile(page);
    await context.close();
    return path;
  }

  /** What the tracer says of a recording, after looking for secrets in everything that it can write. */
  async function explained(path, secrets = [PASSWORD]) {
    const outputs = {};
    for (const form of [[], ["-v"], ["--json"], ["--jsonl"], ["--html", "-"]]) {
      outputs[form[0] ?? "text"] = await run(["trace", "--har", path, ...form]);
    }
    for (const [form, { code, stdout, stderr }] of Object.entries(outputs)) {
      assert.equal(code, outputs.text.code, `${form}: ${stderr}`);
      for (const secret of secrets.flatMap(formsOf)) assert.ok(!(stdout + stderr).includes(secret), `${secret} in ${form}:\n${stdout}`);
    }
    const story = JSON.parse(outputs["--json"].stdout);
    const lines = outputs["--jsonl"].stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines.at(-1).type, "result");
    const findings = [...story.connections.flatMap((one) => one.findings), ...story.findings];
    assert.ok(findings.every((finding) => finding.evidence.length > 0), "evidence");
    return { story, findings: findings.map((finding) => finding.id), text: outputs.text.stdout, code: outputs.text.code };
  }

  const leave = (page) => page.evaluate(() => (globalThis.connection.disconnect(), globalThis.ended));

  test("a good login with an event", async () => {
    const meanwhile = async (page) => {
      // The answer to a ping comes after the server has seen the presence.
      await page.evaluate(() => {
        const { $iq } = globalThis.strophe ?? globalThis;
        globalThis.event = new Promise((resolve) => globalThis.connection.addHandler(() => resolve(), null, "message"));
        const ping = $iq({ type: "get" }).c("ping", { xmlns: "urn:xmpp:ping" });
        return new Promise((resolve) => globalThis.connection.sendIQ(ping, () => resolve(), () => resolve()));
      });
      assert.equal((await server.signIn("1001001", { requestId: "c1f0", password: PASSWORD })).status, 202);
      await within("the event", page.evaluate(() => globalThis.event));
      await leave(page);
    };
    const { story, findings, text, code } = await explained(await record("good", server.wss, { meanwhile }));
    assert.deepEqual(findings, []);
    assert.deepEqual([code, story.result, story.first_failed_stage], [0, "healthy", null]);
    const [line] = story.connections;
    assert.deepEqual(line.steps.map((step) => step.stage), ["ws", "stream", "sasl", "bind", "presence", "steady"]);
    assert.equal(line.user, "1001001");
    assert.match(text, /1001001 is NOT_READY.*request c1f0/);
    assert.match(text, /nothing wrong found/);
  });

  test("a wrong password", async () => {
    const wrong = "sesame-7391-öffne";
    const { story, findings, text, code } = await explained(await record("wrong", server.wss, { password: wrong }), [wrong]);
    assert.deepEqual([code, story.first_failed_stage, findings], [1, "sasl", ["SA-NOT-AUTHORIZED"]]);
    assert.match(text, /the first stage that failed is sasl/);
  });

  test("a refused upgrade", async () => {
    const path = await record("refused", `wss://${server.ready.https}/nothing/?access_token=hidden-token-81`);
    const { story, findings, code } = await explained(path, [PASSWORD, "hidden-token-81"]);
    assert.deepEqual([code, story.first_failed_stage, findings], [1, "upgrade", ["UP-404"]]);
  });

  test("an untrusted certificate", async () => {
    const strict = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    try {
      const { story, findings, code } = await explained(await record("untrusted", server.wss, { by: strict, from: null }));
      assert.deepEqual([code, story.first_failed_stage, findings], [1, "tls", ["TLS-UNKNOWN-CA"]]);
    } finally {
      await strict.close();
    }
  });

  test("a line that is cut, and made again", async () => {
    const relay = await Relay.to(server.ready.https);
    try {
      const meanwhile = async (page) => {
        relay.cut();
        await within("the end", page.evaluate(() => globalThis.ended));
        const again = page.evaluate(
          (password) =>
            new Promise((resolve) => {
              const { CONNECTED, DISCONNECTED } = (globalThis.strophe ?? globalThis).Strophe.Status;
              globalThis.connection.connect("1001001@localhost", password, (status) => {
                if (status === CONNECTED) globalThis.connection.disconnect();
                if (status === DISCONNECTED) resolve();
              });
            }),
          PASSWORD,
        );
        await within("the second line", again);
      };
      const { story, findings, code } = await explained(await record("cut", `wss://${relay.address}/ws/`, { meanwhile }));
      assert.deepEqual([code, findings], [1, ["CLOSE-1006"]]);
      assert.match(story.connections[0].findings[0].evidence[0].what, /began a new line .* without <close\/> from either side/);
      assert.equal(story.connections.length, 2);
    } finally {
      relay.close();
    }
  });

  test("a file that breaks off, and one that is none", async () => {
    const whole = await record("whole", server.wss, { meanwhile: leave });
    const half = readFileSync(whole, "utf8").slice(0, -400);
    const { code, stdout } = await run(["trace", "--har", "-"], { input: half });
    assert.match(stdout, /the file ends early, at line \d+ column \d+; what came before it is told/);
    assert.equal(code, 0, stdout);
    const none = await run(["trace", "--har", "-"], { input: "<html>no</html>" });
    assert.deepEqual([none.code, none.stdout], [3, ""]);
    assert.match(none.stderr, /malformed at line 1 column 1.*network view exports/);
  });

  test("the page that is mailed, at two widths", async () => {
    const path = join(folder.path, "report.html");
    await run(["trace", "--har", await record("page", server.wss, { password: "wrong-one-7" }), "--html", path]);
    for (const width of [1200, 400]) {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      const problems = [];
      page.on("pageerror", (error) => problems.push(String(error)));
      page.on("request", (request) => !request.url().startsWith("file:") && problems.push(request.url()));
      await page.goto(`file://${path}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `nothing is cut off at ${width}`);
      assert.match(await page.innerText(".finding"), /SA-NOT-AUTHORIZED/);
      assert.equal(await page.locator(".ladder .failed b").innerText(), "sasl");
      assert.ok((await page.locator(".sequence tbody tr").count()) >= 5);
      assert.deepEqual(problems, []);
      await page.close();
    }
  });
});
