// Every iq of a page, in both directions: which questions were asked, and how often each was answered; and what ended a stream.

import { DOMParser } from "@xmldom/xmldom";
import { within } from "./queue.js";

const STREAMS = "http://etherx.jabber.org/streams";

export class Questions {
  /** The stream errors that the server sent. A client that signs in again on its own lets nobody see them. */
  streamErrors = [];
  /** `{ by, id, subject, text, load }` in the order in which they were seen; `by` is "page" or "server". */
  #asked = [];
  /** Answers, by the side that asked and the id. */
  #answers = new Map();
  #waiting = new Set();
  /** How often a page was loaded: what the last page left open, this one cannot hear of. */
  #load = 0;
  /** The WebSockets that are open. */
  #open = new Set();

  /** Records what `page` sends and receives on WebSockets, and on the BOSH connections to `bosh`. */
  watch(page, bosh) {
    page.on("websocket", (socket) => {
      this.#open.add(socket);
      socket.on("framesent", ({ payload }) => this.#record("page", payload));
      socket.on("framereceived", ({ payload }) => this.#record("server", payload));
      socket.on("close", () => {
        this.#open.delete(socket);
        this.#changed();
      });
    });
    // The WebSockets of a page that is left close without another event.
    page.on("framenavigated", (frame) => {
      if (frame !== page.mainFrame()) return;
      this.#open.clear();
      this.#load += 1;
    });
    const isBosh = (request) => request.url() === bosh && request.method() === "POST";
    page.on("request", (request) => isBosh(request) && this.#record("page", request.postData()));
    page.on("requestfinished", async (request) => {
      if (!isBosh(request)) return;
      const response = await request.response();
      this.#record("server", await response.text());
    });
  }

  #record(from, text) {
    const top = new DOMParser({ onError: () => {} }).parseFromString(text, "text/xml").documentElement;
    const stanzas = top.localName === "body" ? [...top.childNodes] : [top];
    const errors = stanzas.filter(({ localName, namespaceURI }) => localName === "error" && namespaceURI === STREAMS);
    this.streamErrors.push(...errors.map(String));
    for (const iq of stanzas.filter(({ localName }) => localName === "iq")) {
      const type = iq.getAttribute("type");
      const id = iq.getAttribute("id");
      if (type === "get" || type === "set") {
        this.#asked.push({ by: from, id, subject: `${type} ${subject(iq)}`, text: String(iq), load: this.#load });
      } else {
        const by = from === "page" ? "server" : "page";
        const key = `${by} ${id}`;
        if (!this.#answers.has(key)) this.#answers.set(key, []);
        this.#answers.get(key).push({ type, condition: type === "error" ? condition(iq) : null, text: String(iq) });
      }
    }
    this.#changed();
  }

  #changed() {
    this.#waiting.forEach((look) => look());
  }

  #until(what, holds) {
    let look;
    const promise = new Promise((resolve) => {
      look = () => holds() && resolve();
      this.#waiting.add(look);
      look();
    });
    const open = () => this.unanswered().map(({ text }) => `\n  ${text}`);
    return within(what, promise)
      .catch((error) => {
        throw new Error(`${error.message}; without an answer: ${open().join("") || "none"}`);
      })
      .finally(() => this.#waiting.delete(look));
  }

  /** Resolves once the page has asked for each of `subjects` and every question is answered. */
  answered(...subjects) {
    const missing = () => subjects.filter((wanted) => !this.#asked.some(({ subject }) => subject === wanted));
    return this.#until(`the answers, after ${subjects.join(", ")}`, () => missing().length === 0 && this.unanswered().length === 0);
  }

  /** Resolves once no WebSocket is open. */
  closed() {
    return this.#until("the WebSocket to close", () => this.#open.size === 0);
  }

  /**
   * The questions with their answers, and the answers that nobody asked for. An id that is used again, as that of resource binding is
   * on each stream, counts as often as it is used.
   */
  #pairs() {
    const answers = new Map([...this.#answers].map(([key, list]) => [key, [...list]]));
    const pairs = this.#asked.map((question) => ({ ...question, answer: answers.get(`${question.by} ${question.id}`)?.shift() }));
    return { pairs, unasked: [...answers].flatMap(([, list]) => list) };
  }

  unanswered() {
    return this.#pairs().pairs.filter(({ answer }) => !answer);
  }

  /**
   * The questions without an answer although a later one on the same page has its answer. The page asks of its own accord, so the
   * last thing it does before somebody reloads it or signs out may be a question, and its answer finds nobody.
   */
  passedOver() {
    const { pairs } = this.#pairs();
    const answeredLater = (question, place) =>
      pairs.slice(place + 1).some(({ by, load, answer }) => answer && by === question.by && load === question.load);
    return pairs.filter((question, place) => !question.answer && answeredLater(question, place));
  }

  /** Answers without a question: a second one to the same question, for instance. */
  unasked() {
    return this.#pairs().unasked;
  }

  /** The questions of the page that were refused: `get {namespace}name: condition`, each once. */
  refused() {
    const errors = this.#pairs().pairs.filter(({ by, answer }) => by === "page" && answer?.type === "error");
    return [...new Set(errors.map(({ subject, answer }) => `${subject}: ${answer.condition}`))].sort();
  }
}

/** What an iq is about: `{namespace}name`, and in publish-subscribe what is to be done at which node. */
function subject(iq) {
  const payload = elements(iq)[0];
  if (!payload) return "nothing";
  const action = payload.localName === "pubsub" ? elements(payload)[0] : null;
  // The number is that of a device.
  const node = action?.getAttribute("node")?.replace(/bundles:\d+$/, "bundles:…");
  const detail = action ? ` ${action.localName}${node ? ` ${node}` : ""}` : "";
  return `{${payload.namespaceURI}}${payload.localName}${detail}`;
}

function condition(iq) {
  const error = elements(iq).find(({ localName }) => localName === "error");
  return elements(error)[0]?.localName;
}

function elements(parent) {
  return [...parent.childNodes].filter(({ nodeType }) => nodeType === 1);
}
