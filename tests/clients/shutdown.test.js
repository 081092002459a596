// A server that is asked to stop tells every client why, closes in order and ends with 0 within five seconds.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { within } from "./harness/queue.js";
import { RawClient } from "./harness/raw.js";
import { Server } from "./harness/server.js";

describe("shutdown", () => {
  test("checklist 026: on SIGTERM and SIGINT: system-shutdown, <close/>, WebSocket close, exit code 0", async () => {
    for (const signal of ["SIGTERM", "SIGINT"]) {
      const server = await Server.start();
      const clients = await Promise.all([
        RawClient.signIn(server, "1001001", "one"),
        RawClient.signIn(server, "1001002", "two"),
        RawClient.open(server.ws), // Has not even opened its stream.
      ]);
      const stopped = server.stop(signal);
      for (const client of clients.slice(0, 2)) {
        const error = await client.next("<stream:error");
        assert.match(error, /<system-shutdown xmlns="urn:ietf:params:xml:ns:xmpp-streams"\/>/);
        await client.next("<close");
      }
      for (const client of clients) {
        const { code } = await within("the WebSocket to close", client.closed);
        assert.ok([1001, 1012].includes(code), `closed with ${code}`);
      }
      const { code, ms } = await stopped;
      assert.equal(code, 0);
      assert.ok(ms < 5000, `took ${ms} ms`);
    }
  });

  test("a client that does not answer holds nothing up", async () => {
    const server = await Server.start();
    const client = await RawClient.signIn(server, "1001001", "deaf");
    client.socket._socket.pause();
    const { code, ms } = await server.stop();
    client.socket.terminate();
    assert.equal(code, 0);
    assert.ok(ms < 5000, `took ${ms} ms`);
  });
});
