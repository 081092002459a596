// Two people with stanza (StanzaJS): roster, presence subscription, chat; and an administrator with @xmpp/client who adds an
// account by ad-hoc commands, with which somebody signs in, until it is disabled and deleted.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { client as createXmppClient, xml } from "@xmpp/client";
import { createClient } from "stanza";
import WebSocket from "ws";
import { Queue, within } from "./harness/queue.js";
import { PASSWORD, Server, run as offhook } from "./harness/server.js";

const COMMANDS = "http://jabber.org/protocol/commands";
const ADMIN = "http://jabber.org/protocol/admin";
const FORMS = "jabber:x:data";

// Node.js 20 has no WebSocket of its own; the library looks for the browser's.
globalThis.WebSocket ??= WebSocket;

describe("people and administrators", () => {
  let server;
  before(async () => (server = await Server.start()));
  after(() => server.stop());

  /** Signs in with stanza; rejects with the condition of a SASL failure. */
  async function person(user, password = PASSWORD) {
    const client = createClient({
      jid: `${user}@${server.domain}`,
      password,
      resource: "test",
      server: server.domain,
      transports: { websocket: server.ws, bosh: false },
      autoReconnect: false,
      useStreamManagement: false,
    });
    const happened = new Queue();
    for (const name of ["roster:update", "subscribe", "subscribed", "unsubscribed", "available", "unavailable", "chat"]) {
      client.on(name, (stanza) => happened.push({ name, stanza }));
    }
    let failure = null;
    client.on("raw:incoming", (frame) => (failure ??= /<failure[^>]*><([a-z-]+)/.exec(frame)?.[1] ?? null));
    const left = new Promise((resolve) => client.on("disconnected", resolve));
    await within(
      `${user} to sign in`,
      new Promise((resolve, reject) => {
        client.on("session:started", resolve);
        client.on("disconnected", () => reject(new Error(failure ?? "disconnected")));
        client.connect();
      }),
    );
    const roster = await client.getRoster();
    client.sendPresence({ priority: 0 });
    const next = (name, wanted = () => true) =>
      happened.next(`${name} at ${user}`, (event) => event.name === name && wanted(event.stanza)).then((event) => event.stanza);
    await next("available", (presence) => presence.from === client.jid);
    const leave = () => {
      client.disconnect();
      return within(`${user} to leave`, left);
    };
    return { client, jid: `${user}@${server.domain}`, roster: roster.items, next, left, leave, drain: () => happened.drain() };
  }

  test("two people subscribe to each other's presence, chat, and part", async () => {
    const ada = await person("1001001");
    const bea = await person("1001002");
    assert.deepEqual(
      ada.roster.map(({ jid }) => jid),
      [`finesse@${server.domain}`],
    );

    await ada.client.updateRosterItem({ jid: bea.jid, name: "Bea", groups: ["Friends"] });
    const added = (await ada.next("roster:update")).roster.items[0];
    assert.deepEqual([added.jid, added.name, added.groups, added.subscription], [bea.jid, "Bea", ["Friends"], "none"]);

    ada.client.subscribe(bea.jid);
    assert.equal((await bea.next("subscribe")).from, ada.jid);
    bea.client.acceptSubscription(ada.jid);
    await ada.next("subscribed", ({ from }) => from === bea.jid);
    const to = (await ada.next("roster:update", ({ roster }) => roster.items[0].subscription === "to")).roster.items[0];
    assert.deepEqual([to.jid, to.name, to.groups], [bea.jid, "Bea", ["Friends"]]);
    await ada.next("available", ({ from }) => from === bea.client.jid);

    bea.client.sendPresence({ show: "away" });
    await ada.next("available", ({ from, show }) => from === bea.client.jid && show === "away");

    ada.client.sendMessage({ to: bea.jid, type: "chat", body: "Coffee? <now>" });
    const message = await bea.next("chat");
    assert.deepEqual([message.from, message.body], [ada.client.jid, "Coffee? <now>"]);

    await bea.leave();
    await ada.next("unavailable", ({ from }) => from === bea.client.jid);
    // Bea's server remembers: the roster is there at the next login, and so is Ada's permission to see her.
    const again = await person("1001002");
    assert.ok(again.roster.some(({ jid, subscription }) => jid === ada.jid && subscription === "from"));
    await ada.next("available", ({ from }) => from === again.client.jid);
    again.client.denySubscription(ada.jid);
    await ada.next("unsubscribed", ({ from }) => from === bea.jid);
    await ada.client.removeRosterItem(bea.jid);
    await Promise.all([ada.leave(), again.leave()]);
  });

  test("an account is added, used, disabled, enabled and deleted by ad-hoc commands", async () => {
    const admin = createXmppClient({ service: server.ws, domain: server.domain, username: "admin", password: PASSWORD });
    admin.reconnect.stop();
    admin.on("error", () => {});
    await within("the administrator to sign in", admin.start());
    const command = (attributes, ...content) =>
      admin.iqCaller.set(xml("command", { xmlns: COMMANDS, ...attributes }, ...content), server.domain);
    /** Begins a command, checks that the form asks for these fields, and sends it filled in. */
    const run = async (name, fields) => {
      const node = `${ADMIN}#${name}`;
      const asked = await command({ node, action: "execute" });
      assert.equal(asked.attrs.status, "executing");
      const vars = asked.getChild("x", FORMS).getChildren("field").map(({ attrs }) => attrs.var);
      assert.deepEqual(vars.sort(), ["FORM_TYPE", ...Object.keys(fields)].sort());
      const field = ([name, value]) => xml("field", { var: name }, xml("value", {}, value));
      const form = xml("x", { xmlns: FORMS, type: "submit" }, ...Object.entries({ FORM_TYPE: ADMIN, ...fields }).map(field));
      const done = await command({ node, sessionid: asked.attrs.sessionid }, form);
      assert.equal(done.attrs.status, "completed");
      return done;
    };

    const listed = await admin.iqCaller.get(xml("query", { xmlns: "http://jabber.org/protocol/disco#items", node: COMMANDS }), server.domain);
    assert.ok(listed.getChildren("item").some(({ attrs }) => attrs.node === `${ADMIN}#add-user`));

    const jid = `guest@${server.domain}`;
    await run("add-user", { accountjid: jid, password: "a & b", "password-verify": "a & b" });
    const guest = await person("guest", "a & b");
    await assert.rejects(person("guest", "wrong"), /not-authorized/);
    await run("change-user-password", { accountjid: jid, password: "c" });
    await (await person("guest", "c")).leave();

    const list = async () => (await offhook(["user", "list", "--data", server.data])).stdout;
    assert.match(await list(), /^guest /m);
    await run("disable-user", { accountjids: jid });
    await within("the session to end", guest.left);
    assert.match(await list(), /^guest .* disabled$/m);
    await assert.rejects(person("guest", "c"), /not-authorized/);
    await run("reenable-user", { accountjids: jid });
    const back = await person("guest", "c");
    assert.equal((await server.rest("GET", server.node("guest"), { user: "guest", password: "c" })).status >= 400, true);

    await run("delete-user", { accountjids: jid });
    await within("the session to end", back.left);
    await assert.rejects(person("guest", "c"), /not-authorized/);
    await assert.rejects(run("add-user", { accountjid: `1001001@${server.domain}`, password: "p", "password-verify": "p" }), /conflict/);
    await within("the administrator to leave", admin.stop());
  });
});
