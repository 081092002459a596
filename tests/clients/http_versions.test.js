// The web service speaks three versions of HTTP, and says the same in each.

import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { within } from "./harness/queue.js";
import { PASSWORD, Server } from "./harness/server.js";

const USER = "1001001";
const PATH = `/finesse/api/User/${USER}`;
const LOGIN = "<User><state>LOGIN</state><extension>2001001</extension></User>";
const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString("base64")}`;

describe("HTTP/1.0, 1.1 and 2", () => {
  let server;
  before(async () => {
    server = await Server.start();
    assert.equal((await server.rest("PUT", PATH, { user: USER, body: LOGIN })).status, 202);
  });
  after(async () => assert.equal((await server.stop()).code, 0));

  /** Without a Host header, and the end of the answer is the end of the connection. */
  async function http1_0(method, headers = {}, body = "") {
    const [host, port] = server.ready.http.split(":");
    const socket = net.connect({ host, port });
    let text = "";
    socket.setEncoding("utf8").on("data", (part) => (text += part));
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`${method} ${PATH} HTTP/1.0\r\n${lines.join("")}Content-Length: ${body.length}\r\n\r\n${body}`);
    await within("the server to close", once(socket, "end"));
    socket.destroy();
    const [head, ...rest] = text.split("\r\n\r\n");
    assert.ok(!/transfer-encoding/i.test(head), head);
    return { status: Number(head.split(" ")[1]), body: rest.join("\r\n\r\n") };
  }

  async function http2_0(method, headers = {}, body = "") {
    const session = http2.connect(`https://${server.ready.https}`, { ca: server.ca.pem });
    try {
      const request = session.request({ ":method": method, ":path": PATH, ...headers }, { endStream: body === "" });
      const [response, end] = [once(request, "response"), once(request, "end")];
      let text = "";
      request.setEncoding("utf8").on("data", (part) => (text += part));
      if (body !== "") request.end(body);
      const [answer] = await within("an answer", response);
      await within("its end", end);
      assert.equal(session.alpnProtocol, "h2");
      return { status: answer[":status"], body: text };
    } finally {
      session.close();
    }
  }

  test("read the same, and are refused alike", async () => {
    const answers = [await http1_0("GET", { authorization }), await server.rest("GET", PATH, { user: USER }), await http2_0("GET", { authorization })];
    for (const { status, body } of answers) assert.deepEqual([status, body], [200, answers[0].body]);
    for (const { status, body } of [await http1_0("GET"), await server.rest("GET", PATH), await http2_0("GET")]) {
      assert.equal(status, 401);
      assert.match(body, /<ErrorType>Authorization Failure</);
    }
  });

  test("change a state alike", async () => {
    const headers = { authorization, "content-type": "application/xml" };
    for (const [version, state] of [[http1_0, "READY"], [http2_0, "NOT_READY"], [http1_0, "LOGOUT"]]) {
      const { status, body } = await version("PUT", headers, `<User><state>${state}</state></User>`);
      assert.deepEqual([status, body], [202, ""], state);
      assert.ok((await server.rest("GET", PATH, { user: USER })).body.includes(`<state>${state}</state>`));
    }
  });
});
