// converse.js in Chromium: two people sign in, become contacts, chat, reload and sign out by what they click and type, and every
// question that their pages put to the server, or the server to them, has to be answered once.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openBrowser } from "./harness/chromium.js";
import { Person, servePage } from "./harness/converse.js";
import { PASSWORD, Server } from "./harness/server.js";

const PUBSUB = "{http://jabber.org/protocol/pubsub}pubsub";

/** What the client asks for when somebody signs in. It makes keys for OMEMO and publishes them: the server keeps them for it. */
const AT_SIGN_IN = [
  "set {urn:ietf:params:xml:ns:xmpp-bind}bind",
  "get {http://jabber.org/protocol/disco#info}query",
  "get {http://jabber.org/protocol/disco#items}query",
  "get {jabber:iq:roster}query",
  "get {urn:xmpp:blocking}blocklist",
  "get {vcard-temp}vCard",
  `get ${PUBSUB} items eu.siacs.conversations.axolotl.devicelist`,
  `get ${PUBSUB} items urn:xmpp:omemo:2:devices`,
  `set ${PUBSUB} publish eu.siacs.conversations.axolotl.bundles:…`,
  `set ${PUBSUB} publish eu.siacs.conversations.axolotl.devicelist`,
  `set ${PUBSUB} publish urn:xmpp:omemo:2:bundles`,
  `set ${PUBSUB} publish urn:xmpp:omemo:2:devices`,
];

/** What is refused, and why that is right. */
const REFUSED = {
  // Not advertised; the client asks without looking.
  "get {vcard-temp}vCard: service-unavailable": "there are no vCards",
  // Own nodes that nothing was published to yet.
  [`get ${PUBSUB} items eu.siacs.conversations.axolotl.devicelist: item-not-found`]: "no device was announced yet",
  [`get ${PUBSUB} items urn:xmpp:omemo:2:devices: item-not-found`]: "no device was announced yet",
  [`get ${PUBSUB} items urn:xmpp:reactions:popular:0: item-not-found`]: "no reaction was ever sent",
  [`get ${PUBSUB} items storage:bookmarks: item-not-found`]: "no bookmark was ever kept",
};

/** What the browser's console may call an error. */
const HARMLESS = [
  // Pictures on the form for signing in: the browser of this test reaches nothing but this machine.
  ({ url }) => url.startsWith("https://conversejs.org/"),
];

let server;
let browser;
before(async () => {
  server = await Server.start();
  // The client looks for the server where the domain's host-meta says it is, so the domain has to lead to the server.
  const hosts = `MAP ${server.domain}:443 ${server.ready.https}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;
  browser = await openBrowser(server.wss, server.ca.pem, [`--host-resolver-rules=${hosts}`]);
});
after(async () => {
  await browser?.close();
  if (server) assert.equal((await server.stop()).code, 0);
});

conversation("converse.js over the WebSocket that host-meta names", { users: ["1001001", "1001002"], resumes: true });

conversation("converse.js over BOSH", {
  users: ["1001003", "1001004"],
  settings: () => ({ discover_connection_methods: false, bosh_service_url: server.secureBosh, auto_subscribe: true }),
  mutual: true,
  bosh: () => server.secureBosh,
});

/**
 * `settings`: of the client, beside its defaults. `mutual`: whether who is asked agrees and asks back without a click; with a
 * click, this version agrees only. `resumes`: whether what was said while nobody was connected arrives.
 */
function conversation(name, { users, settings = () => ({}), bosh = () => undefined, mutual = false, resumes = false }) {
  describe(name, () => {
    let page;
    let ada;
    let bea;
    const everybody = () => [ada, bea];

    before(async () => {
      page = await servePage({ autocomplete_providers_url: "", ...settings() });
      const open = (user) => Person.open(browser, page.url, `${user}@${server.domain}`, { bosh: bosh() });
      [ada, bea] = await Promise.all(users.map(open));
    });
    after(() => page?.close());

    test("says that the password was wrong", async () => {
      await ada.signIn("wrong");
      assert.match(await ada.refusal(), /password is incorrect/);
    });

    test("signs in, and shows who is there", async () => {
      await Promise.all(everybody().map((person) => person.signIn(PASSWORD)));
      await Promise.all(everybody().map((person) => person.sees(`finesse@${server.domain}`, "online")));
      await Promise.all(everybody().map(({ questions }) => questions.answered(...AT_SIGN_IN)));
    });

    test("asks to be a contact, is agreed to, and sees the other", async () => {
      await ada.requests(bea.jid, "Bea");
      if (mutual) {
        await bea.sees(ada.jid, "online");
      } else {
        await bea.accepts(ada.jid);
        await bea.sees(ada.jid, "offline");
      }
      await ada.sees(bea.jid, "online");
      await bea.isBusy();
      await ada.sees(bea.jid, "dnd");
    });

    test("chats", async () => {
      await ada.opensChatWith(bea.jid);
      // Before anything arrives: the client moves a contact with news to another place, maybe under the pointer.
      await bea.opensChatWith(ada.jid);
      await ada.says(bea.jid, "Hello Bea");
      await bea.reads(ada.jid, "Hello Bea");
      await bea.says(ada.jid, "Hello Ada");
      await ada.reads(bea.jid, "Hello Ada");
    });

    test("goes on after a reload", async () => {
      await ada.questions.answered();
      if (resumes) {
        await ada.leavesPage();
        await bea.says(ada.jid, "Are you there?");
        await ada.returnsToPage();
      } else {
        await ada.reloadsPage();
        await ada.sees(bea.jid, "dnd");
        await bea.says(ada.jid, "Are you there?");
      }
      await ada.reads(bea.jid, "Are you there?");
      await ada.says(bea.jid, "I am");
      await bea.reads(ada.jid, "I am");
    });

    test("signs out", async () => {
      await Promise.all(everybody().map(({ questions }) => questions.answered()));
      await Promise.all(everybody().map((person) => person.signsOut()));
    });

    test("every question was answered once, and no answer is a surprise", () => {
      for (const { jid, questions, errors } of everybody()) {
        assert.deepEqual(questions.streamErrors, [], `${jid} was cut off`);
        assert.deepEqual(questions.passedOver(), [], `${jid} waits`);
        assert.deepEqual(questions.unasked(), [], `${jid} got an answer too many`);
        assert.deepEqual(questions.refused().filter((refusal) => !(refusal in REFUSED)), [], `${jid} was refused`);
        assert.deepEqual(errors.filter((error) => !HARMLESS.some((harmless) => harmless(error))), [], `${jid} has complaints`);
      }
    });
  });
}
