// As much of XMLHttpRequest as strophe.js uses, over Node's own HTTP: a page's way to speak BOSH, without a page.

import http from "node:http";
import https from "node:https";
import { DOMParser } from "@xmldom/xmldom";

/** A class of requests that trust `ca` besides the public authorities. Connections are kept and used again, as browsers do. */
export function xhr({ ca } = {}) {
  const agents = { "http:": new http.Agent({ keepAlive: true }), "https:": new https.Agent({ keepAlive: true, ca: ca?.pem }) };

  return class XMLHttpRequest {
    readyState = 0;
    status = 0;
    responseText = "";
    responseXML = null;
    onreadystatechange = null;
    #options;
    #request;
    #headers = {};

    open(method, url) {
      const { protocol, hostname, port, pathname } = new URL(url);
      this.#options = { method, protocol, host: hostname, port, path: pathname, agent: agents[protocol] };
      this.#become(1);
    }

    overrideMimeType() {}

    getAllResponseHeaders() {
      return "";
    }

    setRequestHeader(name, value) {
      this.#headers[name] = value;
    }

    send(body) {
      const { protocol } = this.#options;
      const headers = { ...this.#headers, "Content-Length": Buffer.byteLength(body) };
      this.#request = (protocol === "https:" ? https : http).request({ ...this.#options, headers }, (response) => {
        this.status = response.statusCode;
        response.setEncoding("utf8");
        response.on("data", (chunk) => (this.responseText += chunk));
        response.on("end", () => {
          if (this.responseText) this.responseXML = new DOMParser().parseFromString(this.responseText, "text/xml");
          this.#become(4);
        });
        response.on("error", () => this.#fail());
      });
      this.#request.on("error", () => this.#fail());
      this.#request.end(body);
    }

    abort() {
      this.onreadystatechange = null;
      this.#request?.destroy();
    }

    #fail() {
      this.status = 0;
      this.#become(4);
    }

    #become(state) {
      this.readyState = state;
      this.onreadystatechange?.();
    }
  };
}
