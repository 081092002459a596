// The conversation that every client has with the server: one list of expectations, whatever the library.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DOMParser } from "@xmldom/xmldom";
import { PASSWORD, Server } from "./server.js";

const PUBSUB = "http://jabber.org/protocol/pubsub";

/**
 * Declares the tests of one client.
 *
 * `connect({ url, domain, user, password, resource, ca })` resolves with a signed-in session, or rejects with an error
 * whose `condition` is the SASL condition that the server gave. The session has `jid`, `info(to)`, `items(to)`,
 * `ping(to)`, `roster()`, `presence()`, `subscribe(service, node)`, `unsubscribe(service, node)`, `event()` and `leave()`.
 *
 * `listener`: "xmpp" or "xmpps", over TCP rather than a WebSocket.
 *
 * `bosh`: over BOSH rather than a WebSocket.
 *
 * `secure`: over TLS, with the development certificate trusted and nothing else waived.
 */
export function conversation(name, connect, { secure = false, listener, bosh = false, startServer = () => Server.start(), stopClient = () => {} } = {}) {
  describe(name, () => {
    let server;
    let account;
    let session;

    const boshUrl = () => (secure ? server.secureBosh : server.bosh);

    before(async () => {
      server = await startServer();
      account = {
        url: listener ? `${listener}://${server.ready[listener]}` : bosh ? boshUrl() : secure ? server.wss : server.ws,
        domain: server.domain,
        user: "1001001",
        password: PASSWORD,
        resource: "desktop",
        ca: secure ? server.ca : undefined,
      };
    });

    after(async () => {
      await stopClient();
      if (server) assert.equal((await server.stop()).code, 0, "the server ends well when asked to");
    });

    test("a wrong password is refused with not-authorized", async () => {
      await assert.rejects(connect({ ...account, password: "wrong" }), (error) => {
        assert.equal(error.condition, "not-authorized", String(error.stack));
        return true;
      });
    });

    test("signs in with the resource it asked for", async () => {
      session = await connect(account);
      assert.equal(session.jid, `1001001@${server.domain}/desktop`);
    });

    test("discovers the server and its publish-subscribe service", async () => {
      const info = await session.info(server.domain);
      assert.ok(info.identities.includes("server/im"), JSON.stringify(info));
      for (const feature of ["http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/disco#items", "urn:xmpp:ping"]) {
        assert.ok(info.features.includes(feature), `${feature} in ${JSON.stringify(info)}`);
      }
      assert.deepEqual(await session.items(server.domain), [server.pubsub()]);
      const service = await session.info(server.pubsub());
      assert.ok(service.identities.includes("pubsub/service"), JSON.stringify(service));
      assert.ok(service.features.includes(PUBSUB), JSON.stringify(service));
    });

    test("pings", async () => {
      await session.ping(server.domain);
    });

    test("reads the roster and sends presence", async () => {
      const roster = await session.roster();
      assert.ok(Array.isArray(roster));
      for (const contact of roster) assert.match(contact, /@/);
      await session.presence();
    });

    test("receives the event that a REST request caused", async () => {
      await session.subscribe(server.pubsub(), server.node("1001001"));
      const requestId = `request-${name}`;
      const answer = await server.signIn("1001001", { requestId });
      assert.equal(answer.status, 202, answer.body);

      // The user's own node is also subscribed to automatically, by the bare JID: this is the copy for this session.
      const event = await session.event(({ to, text }) => to === session.jid && text.includes(requestId));
      assert.equal(event.from, server.pubsub());
      assert.equal(event.node, server.node("1001001"));
      const update = new DOMParser().parseFromString(event.text, "text/xml").documentElement;
      assert.equal(update.tagName, "Update");
      assert.equal(text(update, "event"), "PUT");
      assert.equal(text(update, "requestId"), requestId);
      assert.equal(text(update, "source"), server.node("1001001"));
      assert.equal(text(update, "state"), "NOT_READY");
      assert.equal(text(update, "loginId"), "1001001");

      assert.equal((await server.changeState("1001001", "READY")).status, 202);
      const ready = await session.event(({ to, text }) => to === session.jid && text.includes("<state>READY</state>"));
      assert.equal(ready.node, server.node("1001001"));
      assert.notEqual(ready.id, event.id);
    });

    test("unsubscribes and hears no more on its own address", async () => {
      await session.unsubscribe(server.pubsub(), server.node("1001001"));
      assert.equal((await server.changeState("1001001", "NOT_READY", { fields: { reasonCodeId: 1 } })).status, 202);
      // The automatic subscription still delivers to the bare JID: once that has come, the other would have too.
      await session.event(({ to, text }) => to === `1001001@${server.domain}` && text.includes("<state>NOT_READY</state>"));
      await session.ping(server.domain);
      const more = session.unclaimed().filter(({ to }) => to === session.jid);
      assert.deepEqual(more, []);
    });

    test("leaves", async () => {
      await session.leave();
      await assert.rejects(connect({ ...account, password: "wrong again" }), (error) => error.condition === "not-authorized");
    });
  });
}

function text(element, name) {
  const found = element.getElementsByTagName(name)[0];
  assert.ok(found, `<${name}> in ${element}`);
  return found.textContent;
}
