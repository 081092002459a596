// Personal eventing (XEP-0163) between two libraries that know nothing of each other: stanza (StanzaJS) and slixmpp. Each says in
// its presence that it wants to hear tunes, with a hash that it has made itself, and answers when it is asked what that stands for.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient } from "stanza";
import WebSocket from "ws";
import { connect as slixmpp } from "./adapters/slixmpp.js";
import { Queue, within } from "./harness/queue.js";
import { PASSWORD, Server } from "./harness/server.js";

const TUNE = "http://jabber.org/protocol/tune";

// Node.js 20 has no WebSocket of its own; the library looks for the browser's.
globalThis.WebSocket ??= WebSocket;

describe("personal eventing", () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  /** Signs in with stanza, and with `says` sends presence that says what the library can do. */
  async function stanza(user, resource) {
    const client = createClient({
      jid: `${user}@${server.domain}`,
      password: PASSWORD,
      resource,
      server: server.domain,
      transports: { websocket: server.ws, bosh: false },
      autoReconnect: false,
      useStreamManagement: false,
    });
    const happened = new Queue();
    for (const name of ["subscribe", "subscribed", "available", "tune"]) {
      client.on(name, (what) => happened.push({ name, what }));
    }
    const left = new Promise((resolve) => client.on("disconnected", resolve));
    await within(
      `${user} to sign in`,
      new Promise((resolve, reject) => {
        client.on("session:started", resolve);
        client.on("disconnected", () => reject(new Error("disconnected")));
        client.connect();
      }),
    );
    const next = (name, wanted = () => true) =>
      happened.next(`${name} at ${user}`, (event) => event.name === name && wanted(event.what)).then((event) => event.what);
    return {
      client,
      next,
      comes: () => client.sendPresence({ priority: 0, legacyCapabilities: client.updateCaps() }),
      unclaimed: () => happened.drain().filter(({ name }) => name === "tune"),
      leave: () => {
        client.disconnect();
        return within(`${user} to leave`, left);
      },
    };
  }

  test("contacts hear each other's tunes, at once and when they come later", async () => {
    const [adaJid, beaJid] = ["1001001", "1001002"].map((user) => `${user}@${server.domain}`);
    const ada = await stanza("1001001", "desk");
    await ada.client.getRoster();
    ada.comes();
    await ada.next("available", ({ from }) => from === ada.client.jid);

    // slixmpp grants what it is asked for, and asks for the same.
    const account = { url: server.ws, domain: server.domain, user: "1001002", password: PASSWORD, resource: "phone" };
    const bea = await slixmpp({ ...account, eventing: true });
    await bea.roster();
    await bea.presence();
    const grant = ada.next("subscribe", ({ from }) => from === beaJid).then(() => ada.client.acceptSubscription(beaJid));
    ada.client.subscribe(beaJid);
    await Promise.all([grant, ada.next("subscribed", ({ from }) => from === beaJid)]);

    await ada.client.publishTune({ title: "Prelude" });
    const heard = await bea.event(({ text }) => text === "Prelude");
    assert.deepEqual([heard.from, heard.to, heard.node], [adaJid, `${beaJid}/phone`, TUNE]);
    const own = await ada.next("tune", ({ jid }) => jid === adaJid);
    assert.equal(own.tune.title, "Prelude", "the publisher's own client hears it as well");

    await bea.tune("Fugue");
    const tune = await ada.next("tune", ({ jid }) => jid === beaJid);
    assert.equal(tune.tune.title, "Fugue");
    await bea.event(({ text }) => text === "Fugue");

    // A client that comes later gets the newest of each, and each once.
    const second = await stanza("1001001", "tablet");
    second.comes();
    const latest = [await second.next("tune"), await second.next("tune")];
    assert.deepEqual(latest.map(({ jid, tune }) => [jid, tune.title]).sort(), [
      [adaJid, "Prelude"],
      [beaJid, "Fugue"],
    ]);

    const info = await ada.client.getDiscoInfo(adaJid);
    assert.ok(info.identities.some(({ category, type }) => category === "pubsub" && type === "pep"));
    const nodes = (await ada.client.getDiscoItems(beaJid)).items;
    assert.deepEqual(nodes.map(({ jid, node }) => [jid, node]), [[beaJid, TUNE]]);

    await Promise.all([ada.leave(), second.leave()]);
    assert.deepEqual([ada.unclaimed(), second.unclaimed(), bea.unclaimed()], [[], [], []], "nobody heard anything twice");
    await bea.leave();
  });
});
