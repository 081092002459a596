// Smack, in Java, over TCP: the library of most Finesse clients that are not in a browser. Skipped where there is no JDK or Maven.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { JavaProgram, cannotRun } from "./harness/java.js";
import { PASSWORD, Server } from "./harness/server.js";

const AGENT = "1001001";
const skip = cannotRun("smack");
if (skip) console.log(`# the tests with Smack are skipped: ${skip}`);

const LISTENERS = [
  { name: "STARTTLS", listener: "xmpp", word: "starttls" },
  { name: "TLS from the first byte", listener: "xmpps", word: "tls" },
];

for (const { name, listener, word } of LISTENERS) {
  describe(`Smack over TCP with ${name}`, { skip }, () => {
    let server;
    let smack;

    const start = (password) => {
      const [host, port] = server.ready[listener].split(":");
      const args = [word, host, port, server.domain, AGENT, password, "desktop", server.ca.path];
      return new JavaProgram("smack", "../smack/SmackSession.java", args);
    };

    // The text that Smack saw in the payload: an <Update>, escaped as Finesse does it.
    const update = ({ node, element, xml }) => {
      assert.equal(node, server.node(AGENT));
      assert.equal(element, "notification", xml);
      return xml;
    };

    before(async () => {
      server = await Server.start();
    });

    after(async () => {
      await smack?.kill();
      if (server) assert.equal((await server.stop()).code, 0, "the server ends well when asked to");
    });

    test("a wrong password is refused with not-authorized", async () => {
      const stranger = start("wrong");
      try {
        assert.equal(await stranger.next("refused"), "not-authorized");
        assert.equal(await stranger.end(), 0);
      } finally {
        await stranger.kill();
      }
    });

    test("signs in with the resource it asked for, and can resume", async () => {
      smack = start(PASSWORD);
      const { jid, mechanism, secure, resumable, wasResumed } = await smack.next("started");
      assert.equal(jid, `${AGENT}@${server.domain}/desktop`);
      assert.match(mechanism, /^SCRAM-SHA-1(-PLUS)?$/, "the strongest that it knows");
      // Smack does not know what its socket does.
      assert.equal(secure, word === "starttls");
      assert.equal(resumable, true);
      assert.equal(wasResumed, false);
    });

    test("gets its node by disco#info, and then each event of the user once, in order", async () => {
      assert.equal(await smack.ask(`listen ${server.node(AGENT)}`, "listening"), server.node(AGENT));
      const changes = [
        () => server.signIn(AGENT, { requestId: "first" }),
        () => server.changeState(AGENT, "READY", { requestId: "second" }),
        () => server.changeState(AGENT, "NOT_READY", { requestId: "third" }),
      ];
      for (const change of changes) assert.equal((await change()).status, 202);
      for (const [requestId, state] of [["first", "NOT_READY"], ["second", "READY"], ["third", "NOT_READY"]]) {
        const xml = update(await smack.next("event"));
        assert.ok(xml.includes(requestId), `${requestId} in ${xml}`);
        assert.ok(xml.includes(`&lt;state&gt;${state}&lt;/state&gt;`), `${state} in ${xml}`);
      }
      // Whatever was sent before the answer has arrived when the answer has: so there was no second copy.
      assert.equal(await smack.ask("ping", "pong"), true);
      assert.deepEqual(smack.unclaimed(), []);
    });

    test("resumes after its connection was lost, and gets what happened meanwhile once", async () => {
      assert.equal(await smack.ask("drop", "dropped"), true);
      assert.equal((await server.changeState(AGENT, "READY", { requestId: "meanwhile" })).status, 202);
      const { jid, wasResumed } = await smack.ask("resume", "resumed");
      assert.equal(wasResumed, true);
      assert.equal(jid, `${AGENT}@${server.domain}/desktop`);
      const xml = update(await smack.next("event"));
      assert.ok(xml.includes("meanwhile"), xml);

      // The stream goes on as before, in both directions.
      assert.equal((await server.changeState(AGENT, "NOT_READY", { requestId: "afterwards" })).status, 202);
      assert.ok(update(await smack.next("event")).includes("afterwards"));
      assert.equal(await smack.ask("ping", "pong"), true);
      assert.deepEqual(smack.unclaimed(), []);
    });

    test("leaves", async () => {
      assert.equal(await smack.ask("leave", "left"), true);
      assert.equal(await smack.end(), 0);
    });
  });
}
