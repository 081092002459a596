// converse.js as its users have it: a page from a web server of its own, in a browser, where a person clicks and types.

import { once } from "node:events";
import { createReadStream } from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import { dirname, extname, join, normalize } from "node:path";
import { PATIENCE_MS } from "./queue.js";
import { Questions } from "./questions.js";

const TYPES = { ".css": "text/css", ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm" };

/** Serves a page with converse.js on a free port of the loopback interface; resolves with its `url` and `close`. */
export async function servePage(settings) {
  const dist = dirname(createRequire(import.meta.url).resolve("converse.js/dist/converse.min.js"));
  const page = `<!doctype html>
<meta charset="utf-8">
<title>converse.js</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/dist/converse.min.css">
<body>
<script type="module">
  import "/dist/converse.min.js";
  globalThis.converse.initialize(${JSON.stringify({ assets_path: "/dist/", i18n: "en", allow_registration: false, ...settings })});
</script>`;
  const server = http.createServer(({ url }, response) => {
    const path = normalize(new URL(url, "http://localhost").pathname);
    if (path === "/") return response.setHeader("content-type", "text/html").end(page);
    const file = createReadStream(join(dist, path.replace(/^\/dist\//, "")));
    file.on("error", () => response.writeHead(404).end());
    file.once("open", () => response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream"));
    return file.pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** Somebody with a browser window. */
export class Person {
  questions = new Questions();
  /** What the page or the browser called an error: `{ text, url }`, with the address of what could not be loaded. */
  errors = [];

  /** Opens the page; `bosh` is the address of BOSH, if that is used. */
  static async open(browser, url, jid, { bosh } = {}) {
    const person = new Person();
    // Nothing is shared with the other windows.
    person.context = await browser.newContext();
    person.page = await person.context.newPage();
    person.page.setDefaultTimeout(PATIENCE_MS);
    person.page.on("console", (message) => {
      if (message.type() === "error") person.errors.push({ text: message.text(), url: message.location().url });
    });
    person.page.on("pageerror", (error) => person.errors.push({ text: String(error.stack), url: "" }));
    person.questions.watch(person.page, bosh);
    person.url = url;
    person.jid = jid;
    await person.page.goto(url);
    return person;
  }

  async signIn(password) {
    await this.page.fill("input[name=jid]", this.jid);
    await this.page.fill("input[name=password]", password);
    await this.page.click("#converse-login button[type=submit]");
  }

  /** What the form for signing in says when it was in vain. */
  refusal() {
    return this.page.locator(".conn-feedback.alert-danger:not(.d-none)").textContent();
  }

  /** Resolves when `jid` is in the list of contacts with that state: "online", "dnd". */
  async sees(jid, state) {
    await this.#contact(jid).locator(`.contact-name--${state}`).waitFor();
  }

  /** Asks to be a contact of `jid`. */
  async requests(jid, name) {
    await this.page.locator("converse-roster .dropdown--contacts button").click();
    await this.page.locator("converse-roster .dropdown-item.add-contact").click();
    const form = this.page.locator("form.add-xmpp-contact");
    await form.locator("input[name=jid]").fill(jid);
    await form.locator("input[name=name]").fill(name);
    await form.locator("button[type=submit]").click();
    await form.waitFor({ state: "hidden" });
  }

  /** Says yes to the request of `jid`, and asks for the same. */
  async accepts(jid) {
    const actions = this.page.locator(`converse-roster .open-chat[data-jid="${jid}"] + .contact-actions`);
    await actions.locator("button").click();
    await actions.locator(".accept-xmpp-request").click();
    const form = this.page.locator("converse-accept-contact-request-modal form");
    await form.locator("button[type=submit]").click();
    await form.waitFor({ state: "hidden" });
  }

  async opensChatWith(jid) {
    await this.#contact(jid).click();
    await this.#chat(jid).locator("textarea.chat-textarea").waitFor();
  }

  async says(jid, text) {
    const input = this.#chat(jid).locator("textarea.chat-textarea");
    await input.fill(text);
    await input.press("Enter");
    await this.#message(jid, text).waitFor();
  }

  /** Resolves when `text` from `jid` is on the screen, once. */
  async reads(jid, text) {
    await this.#message(jid, text).waitFor();
    const count = await this.#message(jid, text).count();
    if (count !== 1) throw new Error(`"${text}" is shown ${count} times`);
  }

  async reloadsPage() {
    await this.page.reload();
  }

  /** Goes to another page, so that nothing is connected. */
  async leavesPage() {
    await this.page.goto("about:blank");
  }

  async returnsToPage() {
    await this.page.goto(this.url);
  }

  async isBusy() {
    await this.page.locator("a.change-status").click();
    const profile = this.page.locator("converse-profile-modal");
    await profile.locator("#radio-busy").check();
    await profile.locator("form.set-xmpp-status button[type=submit]").click();
    await profile.locator("[data-bs-dismiss=modal]").first().click();
    await profile.waitFor({ state: "hidden" });
  }

  async signsOut() {
    await this.page.locator("a.show-profile").click();
    await this.page.locator("converse-profile-modal").getByText("Log out").click();
    await this.page.locator("form.converse-form--modal.confirm button[type=submit]").click();
    await this.page.locator("#converse-login").waitFor();
    await this.questions.closed();
  }

  #contact(jid) {
    return this.page.locator(`converse-roster .open-chat[data-jid="${jid}"]`).first();
  }

  #chat(jid) {
    return this.page.locator(`converse-chat[jid="${jid}"]`);
  }

  #message(jid, text) {
    return this.#chat(jid).locator(".chat-msg__text", { hasText: text });
  }
}
