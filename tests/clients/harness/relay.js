// A wire between clients and the server that can be cut, whatever runs over it and however a library hides its socket.

import { once } from "node:events";
import net from "node:net";

export class Relay {
  #sockets = new Set();

  /** Listens on a free port and connects whoever comes to `address`, which is host:port. */
  static async to(address) {
    const [host, port] = address.split(":");
    const relay = new Relay();
    relay.server = net.createServer((client) => {
      const server = net.connect({ host, port: Number(port) });
      for (const [socket, other] of [[client, server], [server, client]]) {
        relay.#sockets.add(socket);
        socket.on("error", () => {}); // Shows as "close".
        socket.on("close", () => {
          relay.#sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
    relay.server.listen(0, "127.0.0.1");
    await once(relay.server, "listening");
    relay.address = `127.0.0.1:${relay.server.address().port}`;
    return relay;
  }

  /** Ends every connection at once, without a word of either side. New ones can be made. */
  cut() {
    this.#sockets.forEach((socket) => socket.destroy());
  }

  close() {
    this.server.close();
    this.cut();
  }
}
