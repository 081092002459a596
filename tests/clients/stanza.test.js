// stanza (StanzaJS), which reads stanzas into typed objects, in Node.js, over WebSocket and over BOSH.

import { createClient, JXT, Namespaces } from "stanza";
import { conversation } from "./harness/conversation.js";
import { Queue, within } from "./harness/queue.js";
import { Refused } from "./harness/refused.js";

conversation("stanza", connect);
conversation("stanza over BOSH", connect, { bosh: true });

async function connect({ url, domain, user, password, resource }) {
  const client = createClient({
    jid: `${user}@${domain}`,
    password,
    resource,
    server: domain,
    transports: url.startsWith("ws") ? { websocket: url, bosh: false } : { websocket: false, bosh: url },
    autoReconnect: false,
    useStreamManagement: false,
  });
  // The payload of a notification is none that stanza knows.
  client.stanzas.define({
    aliases: JXT.pubsubItemContentAliases(),
    element: "notification",
    fields: { text: JXT.text() },
    namespace: Namespaces.NS_PUBSUB,
    type: "finesse-notification",
    typeField: "itemType",
  });

  const events = new Queue();
  const presences = new Queue();
  client.on("message", (message) => {
    const items = message.pubsub?.items;
    for (const item of items?.published ?? []) {
      events.push({ from: message.from, to: message.to, node: items.node, id: item.id, text: item.content?.text ?? "" });
    }
  });
  client.on("presence", (presence) => presences.push(presence.from));
  let failure = null;
  client.on("raw:incoming", (frame) => (failure ??= /<failure[^>]*><([a-z-]+)/.exec(frame)?.[1] ?? null));

  const left = new Promise((resolve) => client.on("disconnected", resolve));
  await within(
    "stanza to sign in",
    new Promise((resolve, reject) => {
      client.on("session:started", resolve);
      client.on("auth:failed", () => reject(new Refused(failure)));
      client.on("stream:error", (error) => reject(new Error(JSON.stringify(error))));
      client.on("disconnected", () => reject(failure ? new Refused(failure) : new Error("disconnected")));
      client.connect();
    }),
  );

  return {
    jid: client.jid,
    async info(to) {
      const info = await client.getDiscoInfo(to);
      return { identities: info.identities.map(({ category, type }) => `${category}/${type}`), features: info.features };
    },
    items: async (to) => (await client.getDiscoItems(to)).items.map(({ jid }) => jid),
    ping: (to) => client.ping(to),
    roster: async () => (await client.getRoster()).items.map(({ jid }) => jid),
    async presence() {
      client.sendPresence({ priority: 0 });
      await presences.next("the presence of this session", (from) => from === client.jid);
    },
    subscribe: (service, node) => client.subscribeToNode(service, { node, jid: client.jid }),
    unsubscribe: (service, node) => client.unsubscribeFromNode(service, { node, jid: client.jid }),
    event: (wanted) => events.next("an event", wanted),
    unclaimed: () => events.drain(),
    async leave() {
      client.disconnect();
      await within("stanza to leave", left);
    },
  };
}
