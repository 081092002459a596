// BOSH by hand, as JabberWerx does it: what it says, and nothing it does not need.

import http from "node:http";
import https from "node:https";
import { DOMParser } from "@xmldom/xmldom";
import { within } from "./queue.js";

const HTTP_BIND = "http://jabber.org/protocol/httpbind";
const XBOSH = "urn:xmpp:xbosh";

export class BoshClient {
  sid = null;
  rid = 1 + Math.floor(Math.random() * 2 ** 40);

  constructor({ url, domain, user, password, ca }) {
    Object.assign(this, { url, domain, user, password, ca });
  }

  /** Begins a session and resolves with the first body. */
  async begin() {
    const body = await this.post(
      `<body xmlns="${HTTP_BIND}" xmlns:xmpp="${XBOSH}" hold="1" ver="1.9" wait="30" to="${this.domain}" ` +
        `from="${this.user}@${this.domain}" xmpp:version="1.0" rid="${this.rid}"/>`,
    );
    this.sid = body.getAttribute("sid");
    return body;
  }

  /** Opens a session whose resource the server chooses, and resolves with its address. */
  async signIn() {
    await this.begin();
    const secret = Buffer.from(`\0${this.user}\0${this.password}`).toString("base64");
    const success = await this.send(
      `<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${secret}</auth>`,
    );
    if (success.getElementsByTagName("success").length !== 1) throw new Error(`refused: ${success}`);
    await this.send("", `to="${this.domain}" xmlns:xmpp="${XBOSH}" xmpp:restart="true"`);
    const bound = await this.send(
      '<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>',
    );
    this.jid = bound.getElementsByTagName("jid")[0].textContent;
    await this.send('<iq xmlns="jabber:client" type="set" id="session"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>');
    return this.jid;
  }

  /** Sends the next request; resolves with the body of its answer. */
  send(payloads = "", attributes = "", url = this.url) {
    const rid = (this.rid += 1);
    return this.post(`<body xmlns="${HTTP_BIND}" rid="${rid}" sid="${this.sid}" ${attributes}>${payloads}</body>`, url);
  }

  async post(text, url) {
    const { status, body } = await this.request(text, url);
    if (status !== 200) throw new Error(`HTTP ${status}: ${body}`);
    return new DOMParser().parseFromString(body, "text/xml").documentElement;
  }

  request(text, url = this.url) {
    const { protocol, hostname, port, pathname } = new URL(url);
    const options = { method: "POST", host: hostname, port, path: pathname, ca: this.ca?.pem, agent: false };
    const answer = new Promise((resolve, reject) => {
      const request = (protocol === "https:" ? https : http).request(options, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
        response.on("error", reject);
      });
      request.on("error", reject);
      request.end(text);
    });
    return within("an answer over BOSH", answer, 60_000);
  }
}
