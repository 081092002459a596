// strophe.js behind the interface of harness/conversation.js. The same code drives every version of it, in Node and in
// a page (see chromium.test.js), so it uses nothing but what it is given.

/**
 * Signs in with `Strophe`, any version.
 *
 * `events` and `presences` are the queues that what arrives is pushed to.
 */
export function connectWithStrophe({ Strophe, $iq, $pres, events, presences }, { url, domain, user, password, resource }) {
  const connection = new Strophe.Connection(url);
  let refusal = null;
  let failure = null;
  let left;
  const hasLeft = new Promise((resolve) => (left = resolve));

  connection.rawInput = (frame) => {
    const found = /<failure[^>]*><([a-z-]+)/.exec(frame);
    if (found) refusal = found[1];
  };

  const iq = (type, to, build) =>
    new Promise((resolve, reject) => {
      const stanza = $iq(to ? { type, to } : { type });
      const refused = (answer) =>
        reject(new Error(`iq ${type} to ${to}: ${answer ? Strophe.serialize(answer) : "no answer"}`));
      connection.sendIQ(build(stanza), resolve, refused, 20000);
    });
  const each = (element, name) => Array.from(element.getElementsByTagName(name));
  const PUBSUB = "http://jabber.org/protocol/pubsub";

  const session = {
    get jid() {
      return connection.jid;
    },
    async info(to) {
      const query = await iq("get", to, (stanza) => stanza.c("query", { xmlns: Strophe.NS.DISCO_INFO }));
      return {
        identities: each(query, "identity").map((one) => `${one.getAttribute("category")}/${one.getAttribute("type")}`),
        features: each(query, "feature").map((one) => one.getAttribute("var")),
      };
    },
    async items(to) {
      const query = await iq("get", to, (stanza) => stanza.c("query", { xmlns: Strophe.NS.DISCO_ITEMS }));
      return each(query, "item").map((one) => one.getAttribute("jid"));
    },
    ping: (to) => iq("get", to, (stanza) => stanza.c("ping", { xmlns: "urn:xmpp:ping" })),
    async roster() {
      const query = await iq("get", undefined, (stanza) => stanza.c("query", { xmlns: Strophe.NS.ROSTER }));
      return each(query, "item").map((one) => one.getAttribute("jid"));
    },
    async presence() {
      connection.send($pres().c("priority").t("0"));
      await presences.next("the presence of this session", (from) => from === connection.jid);
    },
    async subscribe(service, node) {
      const result = await iq("set", service, (stanza) =>
        stanza.c("pubsub", { xmlns: PUBSUB }).c("subscribe", { node, jid: connection.jid }),
      );
      // What clients in the field look for, in the text.
      const text = Strophe.serialize(result);
      if (!/subscription=["']subscribed["']/.test(text)) throw new Error(`not subscribed: ${text}`);
    },
    unsubscribe: (service, node) =>
      iq("set", service, (stanza) =>
        stanza.c("pubsub", { xmlns: PUBSUB }).c("unsubscribe", { node, jid: connection.jid }),
      ),
    event: (wanted) => events.next("an event", wanted),
    unclaimed: () => events.drain(),
    async leave() {
      connection.disconnect("done");
      await hasLeft;
      if (failure) throw failure;
    },
  };

  connection.addHandler((message) => {
    for (const items of each(message, "items")) {
      for (const item of each(items, "item")) {
        events.push({
          from: message.getAttribute("from"),
          to: message.getAttribute("to"),
          node: items.getAttribute("node"),
          id: item.getAttribute("id"),
          text: each(item, "notification")[0]?.textContent ?? "",
        });
      }
    }
    return true;
  }, null, "message");
  connection.addHandler((presence) => {
    presences.push(presence.getAttribute("from"));
    return true;
  }, null, "presence");

  return new Promise((resolve, reject) => {
    connection.connect(`${user}@${domain}/${resource}`, password, (status, condition) => {
      switch (status) {
        case Strophe.Status.CONNECTED:
          resolve(session);
          break;
        case Strophe.Status.AUTHFAIL:
        case Strophe.Status.CONNFAIL:
        case Strophe.Status.ERROR:
          failure = new Error(`strophe status ${status}: ${condition}`);
          failure.condition = refusal ?? condition;
          reject(failure);
          // Over BOSH nothing else ends it, and its timer would keep this process alive for ever.
          if (status === Strophe.Status.AUTHFAIL) setTimeout(() => connection.reset());
          break;
        case Strophe.Status.DISCONNECTED:
          reject(failure ?? new Error("disconnected while signing in"));
          left();
          break;
        default:
      }
    });
  });
}
