// BOSH: strophe.js of two generations in Node.js, and a client that says what JabberWerx says.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import vm from "node:vm";
import { DOMImplementation, DOMParser, XMLSerializer } from "@xmldom/xmldom";
import * as strophe5 from "strophe.js";
import { connectWithStrophe } from "./adapters/strophe.js";
import { BoshClient } from "./harness/bosh.js";
import { conversation } from "./harness/conversation.js";
import { Queue } from "./harness/queue.js";
import { PASSWORD, Server } from "./harness/server.js";
import { xhr } from "./harness/xhr.js";

const { Strophe, $iq, $pres } = strophe5;
Strophe.setLogLevel?.(Strophe.LogLevel.FATAL);

const connect = (library) => (account) =>
  connectWithStrophe({ ...library, events: new Queue(), presences: new Queue() }, account);

globalThis.XMLHttpRequest = xhr();
conversation("strophe.js 5 over BOSH", connect({ Strophe, $iq, $pres }), { bosh: true });
conversation("strophe.js 1.2.16 over BOSH", connect(loadStrophe1()), { bosh: true });

describe("strophe.js 5 that comes back over BOSH", () => {
  let server;
  let account;

  before(async () => {
    server = await Server.start();
    account = { url: server.bosh, domain: server.domain, user: "1001001", password: PASSWORD, resource: "desktop" };
  });
  after(async () => assert.equal((await server.stop()).code, 0));

  test("attaches to the session of a page that is gone, with its sid and rid", async () => {
    const page = await signedIn(account);
    // The page goes: its requests are cut off, nothing is said.
    const { sid, rid } = page._proto;
    page.pause();
    for (const { xhr } of page._proto._requests) xhr.abort();
    page._proto._requests = [];
    // Or its timer would keep this process alive for ever.
    page.reset();

    const events = new Queue();
    const next = new Strophe.Connection(account.url);
    next.addHandler((message) => {
      events.push(Strophe.serialize(message));
      return true;
    }, null, "message");
    await new Promise((resolve, reject) => {
      next.attach(page.jid, sid, rid, (status) => {
        if (status === Strophe.Status.ATTACHED) resolve();
        else if (status === Strophe.Status.CONNFAIL || status === Strophe.Status.DISCONNECTED) reject(new Error(`status ${status}`));
      });
    });
    await pinged(next, server.domain);
    assert.equal((await server.signIn("1001001", { requestId: "after the page" })).status, 202);
    await events.next("the event", (text) => text.includes("after the page"));
    await left(next);
  });

  test("connects anew after the server said goodbye", async () => {
    const older = await signedIn(account);
    const ended = disconnected(older);
    const newer = await signedIn(account);
    // A conflict ends the older one.
    await ended;
    await pinged(newer, server.domain);
    await left(newer);
    const last = await signedIn(account);
    await pinged(last, server.domain);
    await left(last);
  });
});

describe("a client that speaks as JabberWerx does", () => {
  let server;
  let account;

  before(async () => {
    server = await Server.start();
    account = { url: server.secureBosh, domain: server.domain, user: "1001001", password: PASSWORD, ca: server.ca };
  });
  after(async () => assert.equal((await server.stop()).code, 0));

  test("checklist 110: gets its terms, and a version and restart that it can look up by prefix", async () => {
    const client = new BoshClient(account);
    const body = await client.begin();
    const wanted = { wait: "30", hold: "1", requests: "2", ver: "1.9", from: server.domain };
    for (const [name, value] of Object.entries(wanted)) assert.equal(body.getAttribute(name), value, name);
    for (const name of ["sid", "inactivity", "polling", "maxpause", "authid"]) assert.ok(body.getAttribute(name), name);
    assert.equal(body.getAttribute("xmpp:version"), "1.0");
    assert.equal(body.getAttribute("xmpp:restartlogic"), "true");
    assert.equal(body.getElementsByTagName("stream:features").length, 1);
    await client.send("", 'type="terminate"');
  });

  test("signs in, subscribes, waits and hears of an event", async () => {
    const client = new BoshClient(account);
    const jid = await client.signIn();
    assert.match(jid, new RegExp(`^1001001@${server.domain}/.+`));
    await client.send('<presence xmlns="jabber:client"/>');
    const subscribed = await client.send(
      `<iq xmlns="jabber:client" type="set" id="sub1" to="${server.pubsub()}"><pubsub xmlns="http://jabber.org/protocol/pubsub">` +
        `<subscribe node="${server.node("1001001")}" jid="${jid}"/></pubsub></iq>`,
    );
    assert.match(String(subscribed), /type="result"/);
    assert.match(String(subscribed), /subscription="subscribed"/);
    const waiting = client.send();
    assert.equal((await server.signIn("1001001", { requestId: "jabberwerx" })).status, 202);
    let heard = String(await waiting);
    while (!heard.includes("jabberwerx")) heard = String(await client.send());
    const end = await client.send('<presence xmlns="jabber:client" type="unavailable"/>', 'type="terminate"');
    assert.equal(end.getAttribute("type"), "terminate");
    const gone = await client.send();
    assert.equal(gone.getAttribute("condition"), "item-not-found");
  });

  test("a session that was begun over https is not served over http, and does not end by that", async () => {
    const client = new BoshClient(account);
    await client.begin();
    await assert.rejects(client.send("", "", server.bosh), /HTTP 403/);
    client.rid -= 1;
    const answer = await client.send('<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="NONE"/>');
    assert.equal(answer.getElementsByTagName("invalid-mechanism").length, 1, String(answer));
    await client.send("", 'type="terminate"');
  });
});

describe("host-meta", () => {
  let server;
  before(async () => (server = await Server.start()));
  after(async () => assert.equal((await server.stop()).code, 0));

  test("checklist 067: over https, in both formats, the addresses that the client can reach", async () => {
    const addresses = [`wss://${server.ready.https}/ws/`, server.secureBosh];
    const xrd = await server.rest("GET", "/.well-known/host-meta", { secure: true });
    const jrd = await server.rest("GET", "/.well-known/host-meta.json", { secure: true });
    for (const { status, headers } of [xrd, jrd]) {
      assert.equal(status, 200);
      assert.equal(headers["access-control-allow-origin"], "*");
    }
    const links = Array.from(new DOMParser().parseFromString(xrd.body, "text/xml").getElementsByTagName("Link"));
    const listed = links.map((link) => ({ rel: link.getAttribute("rel"), href: link.getAttribute("href") }));
    assert.deepEqual(listed, JSON.parse(jrd.body).links);
    assert.deepEqual(listed.map(({ href }) => href), addresses);
    assert.deepEqual(listed.map(({ rel }) => rel), ["urn:xmpp:alt-connections:websocket", "urn:xmpp:alt-connections:xbosh"]);
  });
});

/** A connection of strophe.js 5 that is signed in and has sent its presence. */
function signedIn({ url, domain, user, password, resource }) {
  const connection = new Strophe.Connection(url);
  return new Promise((resolve, reject) => {
    connection.connect(`${user}@${domain}/${resource}`, password, (status, condition) => {
      if (status === Strophe.Status.CONNECTED) {
        connection.send($pres());
        // Its answer says that the presence has been sent too.
        pinged(connection, domain).then(() => resolve(connection), reject);
      } else if (status === Strophe.Status.CONNFAIL || status === Strophe.Status.AUTHFAIL) {
        reject(new Error(`strophe status ${status}: ${condition}`));
      }
    });
  });
}

function pinged(connection, domain) {
  const ping = $iq({ type: "get", to: domain }).c("ping", { xmlns: "urn:xmpp:ping" });
  return new Promise((resolve, reject) => {
    connection.sendIQ(ping, resolve, (answer) => reject(new Error(answer ? Strophe.serialize(answer) : "no answer")), 20_000);
  });
}

function disconnected(connection) {
  return new Promise((resolve) => {
    connection.connect_callback = (status) => {
      if (status === Strophe.Status.DISCONNECTED) resolve();
    };
  });
}

async function left(connection) {
  const gone = disconnected(connection);
  connection.disconnect("done");
  await gone;
}

/** Runs the old library's file as a page would, in a global scope of its own. */
function loadStrophe1() {
  const file = createRequire(import.meta.url).resolve("strophe.js-1");
  const window = { console, setTimeout, clearTimeout, atob, btoa, DOMParser, XMLSerializer, XMLHttpRequest: xhr() };
  window.window = window;
  window.document = { implementation: new DOMImplementation() };
  vm.runInNewContext(readFileSync(file, "utf8"), window, { filename: file });
  return window;
}
