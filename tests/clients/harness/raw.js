// A client that is nothing but a WebSocket: what it sends and receives is text, exactly as it is on the wire.

import { once } from "node:events";
import WebSocket from "ws";
import { Queue, within } from "./queue.js";
import { PASSWORD } from "./server.js";

export const OPEN = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>';
export const CLOSE = '<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>';

export class RawClient {
  frames = new Queue();
  /** Takes frames instead of the queue, where there are many: returns whether it took one. */
  divert = null;
  #ids = 0;

  /** Opens a WebSocket and resolves once the handshake is done. */
  static async open(url, { protocol = "xmpp", ...options } = {}) {
    const client = new RawClient();
    client.socket = new WebSocket(url, protocol, { perMessageDeflate: false, ...options });
    client.closed = new Promise((resolve) => client.socket.on("close", (code, reason) => resolve({ code, reason: String(reason) })));
    client.socket.on("message", (data, isBinary) => {
      const frame = isBinary ? data : data.toString();
      if (!client.divert?.(frame)) client.frames.push(frame);
    });
    client.closed.then(({ code }) => client.frames.end(`the WebSocket closed with ${code}`));
    await within(`${url} to open`, once(client.socket, "open"));
    client.socket.on("error", () => {}); // Shows as "close".
    return client;
  }

  /** Opens a WebSocket and signs in with PLAIN, up to a bound resource. */
  static async signIn(server, user, resource, { password = PASSWORD, url = server.ws } = {}) {
    const client = await RawClient.open(url);
    client.domain = server.domain;
    await client.handshake(user, password);
    const answer = await client.iq("set", undefined, `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>${resource}</resource></bind>`);
    client.jid = /<jid>(.*)<\/jid>/.exec(answer)?.[1];
    if (!client.jid) throw new Error(`not bound: ${answer}`);
    return client;
  }

  /** Authenticates and restarts the stream. */
  async handshake(user, password = PASSWORD) {
    const open = OPEN.replace("localhost", this.domain ?? "localhost");
    this.send(open);
    await this.next("<open ");
    await this.next("<stream:features");
    const message = Buffer.from(`\0${user}\0${password}`).toString("base64");
    this.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${message}</auth>`);
    await this.next("<success");
    this.send(open);
    await this.next("<open ");
    return this.next("<stream:features");
  }

  send(text) {
    this.socket.send(text);
  }

  /** The next frame, which must begin with `start`. */
  async next(start) {
    const frame = await this.frames.next(`a frame that begins with ${start}`);
    if (!frame.startsWith(start)) throw new Error(`expected ${start}, received ${frame}`);
    return frame;
  }

  /** Sends a request and resolves with its answer, whatever comes before it. */
  async iq(type, to, payload) {
    const id = `q${++this.#ids}`;
    this.send(`<iq xmlns="jabber:client" type="${type}" id="${id}"${to ? ` to="${to}"` : ""}>${payload}</iq>`);
    return this.frames.next(`the answer to ${id}`, (frame) => frame.startsWith("<iq ") && (frame.includes(`id="${id}"`) || frame.includes(`id='${id}'`)));
  }

  async subscribe(server, node) {
    const answer = await this.iq(
      "set",
      server.pubsub(),
      `<pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="${node}" jid="${this.jid}"/></pubsub>`,
    );
    if (!answer.includes('subscription="subscribed"')) throw new Error(`not subscribed: ${answer}`);
  }

  /** Closes the stream and then the WebSocket, and resolves with the closing code. */
  async leave() {
    this.send(CLOSE);
    await this.frames.next("<close/>", (frame) => frame.startsWith("<close"));
    return within("the WebSocket to close", this.closed);
  }
}
