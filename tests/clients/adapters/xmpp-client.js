// @xmpp/client (xmpp.js), in Node.js.

import { client as createClient, xml } from "@xmpp/client";
import tls from "node:tls";
import WebSocket from "ws";
import { Queue, within } from "../harness/queue.js";
import { Refused } from "../harness/refused.js";

const DISCO = "http://jabber.org/protocol/disco";
const PUBSUB = "http://jabber.org/protocol/pubsub";

// Node.js 20 has no WebSocket of its own; the library looks for the browser's.
globalThis.WebSocket ??= WebSocket;

/** The library has no option for a certificate authority, and Node.js 20 none for the whole process. */
const createSecureContext = tls.createSecureContext;
function trust(ca) {
  tls.createSecureContext = (options) => createSecureContext({ ...options, ca });
}

export async function connect({ url, domain, user, password, resource, ca }) {
  if (ca) trust(ca.pem);
  const client = createClient({ service: url, domain, username: user, password, resource });
  client.reconnect.stop();
  const events = new Queue();
  const presences = new Queue();
  // What `start` does, but for its one promise that nobody waits for while the stream is being opened.
  const online = new Promise((resolve, reject) => {
    client.on("online", resolve);
    client.on("error", reject);
  });
  online.catch(() => {});
  const start = async () => {
    await client.connect(url);
    await client.open({ domain });
    return online;
  };
  client.on("stanza", (stanza) => {
    if (stanza.is("presence")) presences.push(stanza.attrs.from);
    const items = stanza.getChild("event", `${PUBSUB}#event`)?.getChild("items");
    for (const item of items?.getChildren("item") ?? []) {
      const { from, to } = stanza.attrs;
      events.push({ from, to, node: items.attrs.node, id: item.attrs.id, text: item.getChildText("notification", PUBSUB) ?? "" });
    }
  });

  let jid;
  try {
    jid = await within("@xmpp/client to sign in", start());
  } catch (error) {
    await client.stop();
    throw error.name === "SASLError" ? new Refused(error.condition) : error;
  }

  const query = (to, namespace) => client.iqCaller.get(xml("query", namespace), to);
  const pubsub = (to, action, node) =>
    client.iqCaller.set(xml("pubsub", PUBSUB, xml(action, { node, jid: jid.toString() })), to);
  return {
    jid: jid.toString(),
    async info(to) {
      const info = await query(to, `${DISCO}#info`);
      return {
        identities: info.getChildren("identity").map(({ attrs }) => `${attrs.category}/${attrs.type}`),
        features: info.getChildren("feature").map(({ attrs }) => attrs.var),
      };
    },
    items: async (to) => (await query(to, `${DISCO}#items`)).getChildren("item").map(({ attrs }) => attrs.jid),
    ping: (to) => client.iqCaller.get(xml("ping", "urn:xmpp:ping"), to),
    roster: async () => (await query(undefined, "jabber:iq:roster")).getChildren("item").map(({ attrs }) => attrs.jid),
    async presence() {
      await client.send(xml("presence", {}, xml("priority", {}, "0")));
      await presences.next("the presence of this session", (from) => from === jid.toString());
    },
    subscribe: (service, node) => pubsub(service, "subscribe", node),
    unsubscribe: (service, node) => pubsub(service, "unsubscribe", node),
    event: (wanted) => events.next("an event", wanted),
    unclaimed: () => events.drain(),
    leave: () => within("@xmpp/client to leave", client.stop()),
  };
}
