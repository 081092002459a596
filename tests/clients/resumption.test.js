// JavaScript clients lose their connection and resume their session (XEP-0198) with what their libraries have for it: whatever
// happened meanwhile arrives, once and in order.

import assert from "node:assert/strict";
import tls from "node:tls";
import { after, before, describe, test } from "node:test";
import { client as createXmppClient, xml } from "@xmpp/client";
import { createClient as createStanzaClient, JXT, Namespaces } from "stanza";
import { $iq, $pres, Strophe } from "strophe.js";
import WebSocket from "ws";
import { Queue, within } from "./harness/queue.js";
import { Relay } from "./harness/relay.js";
import { PASSWORD, Server } from "./harness/server.js";

const AGENT = "1001001";
const PUBSUB = "http://jabber.org/protocol/pubsub";

// Node.js 20 has no WebSocket of its own; the libraries look for the browser's.
globalThis.WebSocket ??= WebSocket;
Strophe.setLogLevel(Strophe.LogLevel.FATAL);

resumption("@xmpp/client over WebSocket", "http", (relay) => `ws://${relay}/ws`, withXmppClient);
resumption("@xmpp/client over TCP with TLS", "xmpps", (relay) => `xmpps://${relay}`, withXmppClient);
resumption("stanza over WebSocket", "http", (relay) => `ws://${relay}/ws`, withStanza);
resumption("strophe.js 5 over WebSocket", "http", (relay) => `ws://${relay}/ws`, withStrophe);

/**
 * `connect` signs in and resolves with a session: `jid()`, `lost` (a promise), `resume()`, which tells whether the session was
 * resumed, `ping()`, `leave()`. It pushes the text of each event to `events`.
 */
function resumption(name, listener, url, connect) {
  describe(name, () => {
    const events = new Queue();
    let server;
    let relay;
    let session;

    before(async () => {
      server = await Server.start();
      relay = await Relay.to(server.ready[listener]);
    });
    after(async () => {
      relay?.close();
      if (server) assert.equal((await server.stop()).code, 0);
    });

    /** The next event is the one that this request caused. */
    const hears = async (requestId) => {
      const text = await events.next(`the event of ${requestId}`);
      assert.ok(text.includes(`<requestId>${requestId}</requestId>`), text);
    };

    test("signs in and hears of its user", async () => {
      const account = { url: url(relay.address), domain: server.domain, user: AGENT, password: PASSWORD, resource: "desktop" };
      session = await within("signing in", connect({ ...account, ca: server.ca.pem, events }));
      assert.equal(session.jid(), `${AGENT}@${server.domain}/desktop`);
      assert.equal((await server.signIn(AGENT, { requestId: "before" })).status, 202);
      await hears("before");
    });

    test("resumes, and hears what happened meanwhile, once and in order", async () => {
      relay.cut();
      await within("the client to notice", session.lost());
      assert.equal((await server.changeState(AGENT, "READY", { requestId: "first" })).status, 202);
      assert.equal((await server.changeState(AGENT, "NOT_READY", { requestId: "second" })).status, 202);
      assert.equal(await within("the client to resume", session.resume()), true);
      assert.equal(session.jid(), `${AGENT}@${server.domain}/desktop`);
      await hears("first");
      await hears("second");
    });

    test("goes on as before", async () => {
      assert.equal((await server.changeState(AGENT, "READY", { requestId: "after" })).status, 202);
      await hears("after");
      // Whatever was sent before the answer has arrived when the answer has.
      await within("the answer to a ping", session.ping());
      assert.deepEqual(events.drain(), []);
      await within("the client to leave", session.leave());
    });
  });
}

async function withXmppClient({ url, domain, user, password, resource, ca, events }) {
  // The library has no option for a certificate authority, and Node.js 20 none for the whole process.
  const { createSecureContext } = tls;
  tls.createSecureContext = (options) => createSecureContext({ ...options, ca });
  const client = createXmppClient({ service: url, domain, username: user, password, resource });
  client.reconnect.stop();
  client.on("error", () => {}); // What it complains of shows as a promise that fails, or does not settle.
  client.on("stanza", (stanza) => {
    const items = stanza.getChild("event", `${PUBSUB}#event`)?.getChild("items");
    for (const item of items?.getChildren("item") ?? []) events.push(item.getChildText("notification", PUBSUB));
  });
  // Not `once` of node:events, which fails when the client complains: a line that is cut shows as a reset now and then.
  const happens = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve));
  const lost = happens(client, "disconnect");
  await client.start();
  await client.send(xml("presence"));
  return {
    jid: () => String(client.jid),
    lost: () => lost,
    async resume() {
      const outcome = Promise.race([
        happens(client.streamManagement, "resumed").then(() => true),
        happens(client, "online").then(() => false),
      ]);
      await client.connect(url);
      await client.open({ domain });
      return outcome;
    },
    ping: () => client.iqCaller.get(xml("ping", "urn:xmpp:ping"), domain),
    async leave() {
      await client.stop();
      tls.createSecureContext = createSecureContext;
    },
  };
}

async function withStanza({ url, domain, user, password, resource, events }) {
  const client = createStanzaClient({
    jid: `${user}@${domain}`,
    password,
    resource,
    server: domain,
    transports: { websocket: url, bosh: false },
    autoReconnect: false,
  });
  client.stanzas.define({
    aliases: JXT.pubsubItemContentAliases(),
    element: "notification",
    fields: { text: JXT.text() },
    namespace: Namespaces.NS_PUBSUB,
    type: "finesse-notification",
    typeField: "itemType",
  });
  client.on("message", ({ pubsub }) => {
    for (const item of pubsub?.items?.published ?? []) events.push(item.content?.text);
  });
  const happens = (name) => new Promise((resolve) => client.once(name, resolve));
  const started = happens("session:started");
  client.connect();
  await started;
  client.sendPresence();
  const lost = happens("disconnected");
  return {
    jid: () => client.jid,
    lost: () => lost,
    resume() {
      const outcome = Promise.race([
        happens("stream:management:resumed").then(() => true),
        happens("session:started").then(() => false),
      ]);
      client.connect();
      return outcome;
    },
    ping: () => client.ping(domain),
    leave() {
      const left = happens("disconnected");
      client.disconnect();
      return left;
    },
  };
}

async function withStrophe({ url, domain, user, password, resource, events }) {
  const connection = new Strophe.Connection(url, { enableStreamManagement: true });
  const statuses = new Queue();
  const until = (wanted) => statuses.next(`status ${wanted}`, (status) => status === wanted);
  // Handlers go with a connection: they are put there before each.
  const connect = () => {
    connection.addHandler((message) => {
      for (const item of message.getElementsByTagName("notification")) events.push(item.textContent);
      return true;
    }, null, "message");
    connection.connect(`${user}@${domain}/${resource}`, password, (status) => statuses.push(status));
    return until(Strophe.Status.CONNECTED);
  };
  await connect();
  connection.send($pres());
  return {
    jid: () => connection.jid,
    lost: () => until(Strophe.Status.DISCONNECTED),
    async resume() {
      await connect();
      return connection.hasResumed();
    },
    ping: () =>
      new Promise((resolve, reject) => {
        connection.sendIQ($iq({ type: "get", to: domain }).c("ping", { xmlns: "urn:xmpp:ping" }), resolve, reject);
      }),
    leave() {
      connection.disconnect();
      return until(Strophe.Status.DISCONNECTED);
    },
  };
}
