// Runs every exchange against one server.

import { RawClient, OPEN } from "../harness/raw.js";
import { EXCHANGES } from "./exchanges.js";
import { outcome } from "./outcome.js";

/** Resolves with the outcome of each exchange, by name. */
export async function run({ url }) {
  const server = { ws: url, domain: "localhost" };
  const sessions = new Map();
  const session = async (user) => {
    if (!sessions.has(user)) {
      const client = await RawClient.signIn(server, user, "differences");
      client.send('<presence xmlns="jabber:client"/>');
      sessions.set(user, client);
    }
    return sessions.get(user);
  };
  const outcomes = {};
  let count = 0;
  for (const [name, exchange] of EXCHANGES) {
    if (exchange.user === "fresh") {
      outcomes[name] = await afresh(server, exchange);
      continue;
    }
    const client = await session(exchange.user ?? "1001001");
    if (exchange.iq) {
      const { type, to, payload } = exchange.iq;
      outcomes[name] = outcome(await client.iq(type, to, payload));
    } else {
      // Nothing is an answer as well: a ping says when it is too late for any other.
      const id = `s${++count}`;
      client.frames.drain();
      client.send(exchange.stanza.replace("@ID@", id));
      await client.iq("get", "localhost", '<ping xmlns="urn:xmpp:ping"/>');
      const answer = client.frames.drain().find((frame) => frame.includes(`"${id}"`) || frame.includes(`'${id}'`));
      outcomes[name] = answer ? outcome(answer) : "nothing";
    }
  }
  for (const client of sessions.values()) client.socket.terminate();
  return outcomes;
}

/** On a connection of its own: everything that comes until it ends, or until a further frame has had its answer. */
async function afresh(server, { frames, open, bound }) {
  const client = bound ? await RawClient.signIn(server, "1001002", "fresh") : await RawClient.open(server.ws);
  if (open) {
    client.send(OPEN);
    await client.frames.next("features", (frame) => frame.includes("features"));
  }
  client.frames.drain();
  frames.forEach((frame) => client.send(frame));
  if (bound) client.send('<iq xmlns="jabber:client" type="get" id="after" to="localhost"><ping xmlns="urn:xmpp:ping"/></iq>');
  const heard = [];
  for (;;) {
    const frame = await client.frames.next("what comes", () => true).catch(() => null);
    if (frame === null) break;
    if (frame.includes("after")) {
      heard.push("and goes on");
      break;
    }
    const said = outcome(frame);
    if (!["presence", "presence c", "presence priority"].includes(said)) heard.push(said);
    if (said.startsWith("failure") || said.startsWith("close")) break;
  }
  client.socket.terminate();
  return heard.join(", ") || "the connection ends";
}
