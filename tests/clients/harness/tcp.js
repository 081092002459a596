// A client that is nothing but a socket: it looks for what it waits for in the bytes, as programs without a library do.

import { once } from "node:events";
import net from "node:net";
import { within } from "./queue.js";

export class TcpClient {
  /** What has come and was not taken. */
  text = "";
  #look = () => {};

  /** Connects to `host:port`. */
  static async connect(address) {
    const client = new TcpClient();
    const [host, port] = address.split(":");
    client.socket = net.connect({ host, port });
    client.socket.setEncoding("utf8");
    client.socket.on("data", (text) => {
      client.text += text;
      client.#look();
    });
    client.socket.on("error", () => {}); // Shows in what does not come.
    await within(`${address} to connect`, once(client.socket, "connect"));
    return client;
  }

  send(text) {
    this.socket.write(text);
  }

  /** Takes everything up to the end of `wanted`, a text, once it has come. */
  async upTo(wanted) {
    const come = new Promise((resolve) => {
      this.#look = () => this.text.includes(wanted) && resolve();
      this.#look();
    });
    await within(`${wanted}; so far: ${this.text}`, come);
    const end = this.text.indexOf(wanted) + wanted.length;
    const taken = this.text.slice(0, end);
    this.text = this.text.slice(end);
    return taken;
  }

  /** The next `<message` … `</message>`, scanned for, and whatever else came before it thrown away. */
  async message() {
    const taken = await this.upTo("</message>");
    return taken.slice(taken.lastIndexOf("<message"));
  }

  end() {
    this.socket.destroy();
  }
}
