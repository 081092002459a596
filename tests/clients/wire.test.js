// What is on the wire, to the letter: the WebSocket handshake and its refusals, quotes, order, and both closing handshakes.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { DOMParser } from "@xmldom/xmldom";
import WebSocket from "ws";
import { within } from "./harness/queue.js";
import { CLOSE, OPEN, RawClient } from "./harness/raw.js";
import { Server } from "./harness/server.js";

let server;
before(async () => (server = await Server.start()));
after(async () => assert.equal((await server?.stop())?.code, 0));

describe("the WebSocket handshake", () => {
  const upgrade = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "xmpp",
  };

  test("checklist 013: answers 101 with the subprotocol, on /ws, /ws/ and /xmpp-websocket", async () => {
    for (const path of ["/ws", "/ws/", "/xmpp-websocket"]) {
      const answer = await handshake(path, upgrade);
      assert.equal(answer.status, 101, path);
      assert.equal(answer.headers["sec-websocket-protocol"], "xmpp");
      // RFC 6455 §1.3 computes this for that key.
      assert.equal(answer.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      assert.equal(answer.headers["sec-websocket-extensions"], undefined);
    }
  });

  test("checklist 003: picks xmpp among several subprotocols", async () => {
    const answer = await handshake("/ws", { ...upgrade, "Sec-WebSocket-Protocol": "mqtt, xmpp" });
    assert.equal(answer.status, 101);
    assert.equal(answer.headers["sec-websocket-protocol"], "xmpp");
  });

  test("checklist 013: a plain GET gets a page, HEAD its headers, and neither a cookie", async () => {
    for (const path of ["/ws", "/ws/"]) {
      for (const method of ["GET", "HEAD"]) {
        const answer = await within("the page", fetch(`http://${server.ready.http}${path}`, { method }));
        assert.equal(answer.status, 200, `${method} ${path}`);
        assert.match(answer.headers.get("content-type"), /^text\/html/);
        assert.equal(answer.headers.get("set-cookie"), null);
        const body = await answer.text();
        assert.equal(body.includes("<html"), method === "GET", `${method} ${path}: ${body}`);
      }
    }
  });

  /** Sends each of these instead of the good headers and expects this answer. */
  async function refuses(...cases) {
    for (const [what, headers, status] of cases) {
      const answer = await handshake("/ws", { ...upgrade, ...headers });
      assert.equal(answer.status, status, what);
      if (status === 426) assert.equal(answer.headers["sec-websocket-version"], "13", what);
    }
  }

  test("checklist 001: what is missing or wrong is 400, another version 426 with the one that is spoken", async () => {
    await refuses(
      ["an older version", { "Sec-WebSocket-Version": "8" }, 426],
      ["no version", { "Sec-WebSocket-Version": undefined }, 426],
      ["no key", { "Sec-WebSocket-Key": undefined }, 400],
      ["a key of the wrong length", { "Sec-WebSocket-Key": "c2hvcnQ=" }, 400],
      ["another connection header", { Connection: "keep-alive" }, 400],
      ["no upgrade at all", { Connection: undefined, Upgrade: undefined }, 426],
    );
  });

  test("checklist 002: a name that only contains xmpp is not it, nor is another case", async () => {
    await refuses(
      ["names that contain it", { "Sec-WebSocket-Protocol": "xmpp-framing, not-xmpp" }, 400],
      ["another case", { "Sec-WebSocket-Protocol": "XMPP" }, 400],
    );
    const lines = await handshake("/ws", { ...upgrade, "Sec-WebSocket-Protocol": ["mqtt", "soap, xmpp"] });
    assert.equal(lines.status, 101, "several header lines are one list");
  });

  test("checklist 003: without xmpp on offer there is no WebSocket, and the answer names what was expected", async () => {
    await refuses(
      ["none", { "Sec-WebSocket-Protocol": undefined }, 400],
      ["another", { "Sec-WebSocket-Protocol": "mqtt" }, 400],
    );
    const answer = await handshake("/ws", { ...upgrade, "Sec-WebSocket-Protocol": "mqtt" });
    assert.match(answer.body, /subprotocol "xmpp"/);
  });

  test("checklist 012: a page from elsewhere gets 403, one of the server's own origin connects", async () => {
    await refuses(
      ["elsewhere", { Origin: "https://elsewhere.example" }, 403],
      ["nowhere", { Origin: "null" }, 403],
    );
    const answer = await handshake("/ws", { ...upgrade, Origin: `http://${server.ready.http}` });
    assert.equal(answer.status, 101);
  });

  test("checklist 011: does not compress, whatever is offered", async () => {
    const answer = await handshake("/ws", { ...upgrade, "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" });
    assert.equal(answer.status, 101);
    assert.equal(answer.headers["sec-websocket-extensions"], undefined);
  });

  test("does the same over TLS with the printed certificate", async () => {
    const client = await RawClient.open(server.wss, { ca: server.ca.pem });
    assert.equal(client.socket.protocol, "xmpp");
    client.send(OPEN);
    await client.next("<open ");
    client.socket.terminate();
  });

  function handshake(path, headers) {
    const [host, port] = server.ready.http.split(":");
    const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    return within("an answer to the handshake", new Promise((resolve, reject) => {
      const request = http.request({ host, port, path, headers: given, agent: false });
      request.on("upgrade", (response, socket) => {
        resolve({ status: response.statusCode, headers: response.headers });
        socket.destroy();
      });
      request.on("response", async (response) => {
        const body = [];
        for await (const part of response) body.push(part);
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(body).toString() });
      });
      request.on("error", reject);
      request.end();
    }));
  }
});

describe("frames", () => {
  test("checklist 021: <open/> is unprefixed, has from, id, version and language, and features follow", async () => {
    const client = await RawClient.open(server.ws);
    client.send(OPEN);
    const open = await client.next("<open ");
    const features = await client.next("<stream:features ");
    assert.match(open, /^<open [^>]*xmlns="urn:ietf:params:xml:ns:xmpp-framing"/);
    // As clients look for it that search instead of parsing.
    assert.match(open, /^<open xmlns=.*(\/>|><\/open>)$/);
    assert.match(open, / id="[^"]{22,}"/);
    for (const attribute of ['from="localhost"', 'version="1.0"', 'xml:lang="en"']) assert.ok(open.includes(` ${attribute}`), open);
    assert.match(features, /^<stream:features xmlns:stream="http:\/\/etherx\.jabber\.org\/streams"/);
    for (const frame of [open, features]) assert.doesNotMatch(frame, /='/);
    client.socket.terminate();
  });

  test("checklist 032: each stream has an id of its own", async () => {
    const ids = new Set();
    for (let index = 0; index < 3; index++) {
      const client = await RawClient.open(server.ws);
      client.send(OPEN);
      ids.add(/ id="([^"]+)"/.exec(await client.next("<open "))[1]);
      client.socket.terminate();
    }
    assert.equal(ids.size, 3);
  });

  test("results and events write attributes in double quotes, as clients in the field search for them", async () => {
    const client = await RawClient.signIn(server, "1001003", "quotes");
    const answer = await client.iq(
      "set",
      server.pubsub(),
      `<pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="${server.node("1001003")}" jid="${client.jid}"/></pubsub>`,
    );
    assert.ok(answer.includes('type="result"') && answer.includes('subscription="subscribed"'), answer);
    assert.equal((await server.signIn("1001003", { requestId: "a&b" })).status, 202);
    const event = await client.next("<message ");
    assert.match(event, new RegExp(`^<message xmlns="jabber:client" to="${client.jid}" from="${server.pubsub()}" id="[^"]+">`));
    assert.doesNotMatch(event, / type=/);
    // The document is one text, escaped once; what was escaped in it is escaped twice.
    assert.ok(event.includes("&lt;Update&gt;") && !event.includes("<![CDATA["), event);
    assert.ok(event.includes("&lt;requestId&gt;a&amp;amp;b&lt;/requestId&gt;"), event);
    await client.leave();
  });

  test("checklist 018: every message of the server is one element, and stands alone", async () => {
    const client = await RawClient.open(server.ws);
    const heard = [];
    const next = client.next.bind(client);
    client.next = async (start) => {
      const frame = await next(start);
      heard.push(frame);
      return frame;
    };
    await client.handshake("1001005");
    const bound = await client.iq("set", undefined, '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>alone</resource></bind>');
    heard.push(bound, await client.iq("get", server.domain, '<query xmlns="http://jabber.org/protocol/disco#info"/>'));
    heard.push(await client.iq("get", server.domain, '<nonsense xmlns="urn:nonsense"/>'));
    client.send('<presence xmlns="jabber:client"/>');
    await client.next("<presence ");
    assert.equal((await server.signIn("1001005")).status, 202);
    await client.frames.next("the event", (frame) => heard.push(frame) && frame.startsWith("<message "));
    client.send('<enable xmlns="urn:xmpp:sm:3"/>');
    await client.frames.next("the answer", (frame) => heard.push(frame) && frame.startsWith("<enabled "));
    client.send(CLOSE);
    await client.frames.next("the end", (frame) => heard.push(frame) && frame.startsWith("<close "));
    const namespaces = {
      open: "urn:ietf:params:xml:ns:xmpp-framing",
      close: "urn:ietf:params:xml:ns:xmpp-framing",
      "stream:features": "http://etherx.jabber.org/streams",
      success: "urn:ietf:params:xml:ns:xmpp-sasl",
      enabled: "urn:xmpp:sm:3",
      iq: "jabber:client",
      message: "jabber:client",
      presence: "jabber:client",
    };
    for (const frame of heard) {
      assert.match(frame, /^<[a-z]/, "no white space and no XML declaration before it");
      // The parser fails on a second root and on a prefix that is declared elsewhere.
      const root = new DOMParser({ onError: (level, text) => assert.fail(`${level}: ${text}: ${frame}`) })
        .parseFromString(frame, "text/xml").documentElement;
      assert.equal(root.namespaceURI, namespaces[root.tagName], frame);
    }
    assert.ok(heard.length >= 12, `${heard.length} messages`);
  });

  test("a client may send its whole handshake at once", async () => {
    const client = await RawClient.open(server.ws);
    const message = Buffer.from("\x001001003\0offhook").toString("base64");
    for (const frame of [
      OPEN,
      `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${message}</auth>`,
      OPEN,
      '<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>',
    ]) {
      client.send(frame);
    }
    for (const start of ["<open ", "<stream:features ", "<success ", "<open ", "<stream:features ", "<iq "]) {
      await client.next(start);
    }
    await client.leave();
  });

  test("checklist 006: a message in fragments is one message", async () => {
    const client = await RawClient.open(server.ws);
    client.socket.send(OPEN.slice(0, 10), { fin: false });
    client.socket.ping();
    client.socket.send(OPEN.slice(10), { fin: true });
    await client.next("<open ");
    client.socket.terminate();
  });

  test("checklist 009: binary messages are refused with 1003", async () => {
    const client = await RawClient.open(server.ws);
    client.socket.send(Buffer.from(OPEN));
    assert.equal((await within("the close", client.closed)).code, 1003);
  });

  test("checklist 010: a message that is too long is refused with 1009 by its declared length", async () => {
    const client = await RawClient.open(server.ws);
    // A header that announces 1 GiB; nothing of it is ever sent.
    client.socket._socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]));
    assert.equal((await within("the close", client.closed)).code, 1009);
  });

  test("checklist 005: text that is not UTF-8 is refused with 1007", async () => {
    const client = await RawClient.open(server.ws);
    client.socket._socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]));
    assert.equal((await within("the close", client.closed)).code, 1007);
  });

  test("checklist 004: an unmasked frame is refused with 1002", async () => {
    const client = await RawClient.open(server.ws);
    client.socket._socket.write(Buffer.from([0x81, 0x01, 0x3c]));
    assert.equal((await within("the close", client.closed)).code, 1002);
  });

  test("checklist 007: a ping is answered with its own payload", async () => {
    const client = await RawClient.open(server.ws);
    const pong = once(client.socket, "pong");
    client.socket.ping("are you there");
    assert.equal(String((await within("the pong", pong))[0]), "are you there");
    // In the middle of a message, before the rest of it is there.
    client.socket.send(OPEN.slice(0, 10), { fin: false });
    const meanwhile = once(client.socket, "pong");
    client.socket.ping("and now");
    assert.equal(String((await within("the pong", meanwhile))[0]), "and now");
    client.socket.send(OPEN.slice(10), { fin: true });
    await client.next("<open ");
    client.socket.terminate();
  });
});

describe("closing", () => {
  test("checklist 024: <close/> is answered with <close/>, then 1000", async () => {
    const client = await RawClient.signIn(server, "1001004", "close");
    client.send(CLOSE);
    const close = await client.next("<close ");
    assert.match(close, /^<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" ?\/>$/);
    assert.equal((await within("the close", client.closed)).code, 1000);
  });

  test("checklist 008: a WebSocket close without <close/> is answered in kind", async () => {
    const client = await RawClient.signIn(server, "1001004", "abrupt");
    client.socket.close(1000);
    assert.equal((await within("the close", client.closed)).code, 1000);
  });

  test("a resource is free again as soon as its connection is gone", async () => {
    for (let index = 0; index < 3; index++) {
      const client = await RawClient.signIn(server, "1001004", "again");
      client.socket.terminate();
    }
    const client = await RawClient.signIn(server, "1001004", "again");
    await client.leave();
  });

  test("bytes that are no HTTP are answered with 400 or nothing, and the server goes on", async () => {
    const [host, port] = server.ready.http.split(":");
    const socket = net.connect(Number(port), host);
    socket.on("error", () => {});
    socket.resume();
    socket.write("\x16\x03\x01 this is not HTTP\r\n\r\n");
    await within("the connection to close", once(socket, "close"));
    await (await RawClient.signIn(server, "1001004", "after")).leave();
  });

  test("over TLS too", async () => {
    const socket = new WebSocket(server.wss, "xmpp", { ca: server.ca.pem });
    await within("the handshake", once(socket, "open"));
    const closed = once(socket, "close");
    socket.close(1000);
    assert.equal((await within("the close", closed))[0], 1000);
  });
});

describe("behind a proxy that nobody has named", () => {
  test("checklist 030: a header that claims TLS makes no connection secure", async () => {
    const strict = await Server.start({ variables: { OFFHOOK_AUTH_PLAIN_IN_CLEAR: "never" } });
    try {
      const client = await RawClient.open(strict.ws, { headers: { "X-Forwarded-Proto": "https", Forwarded: "proto=https" } });
      client.send(OPEN);
      await client.next("<open ");
      const features = await client.next("<stream:features ");
      assert.ok(features.includes("<mechanism>SCRAM-SHA-256</mechanism>"), features);
      assert.ok(!features.includes("PLAIN") && !features.includes("-PLUS"), features);
      client.socket.terminate();
    } finally {
      await strict.stop();
    }
  });
});
