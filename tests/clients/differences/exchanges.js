// What is said to every server, one list for all. Each exchange is a name and what one client sends; what comes back is put
// into a few words (`outcome.js`), because ids, texts and the order of attributes are nobody's business.

const PS = "http://jabber.org/protocol/pubsub";
const PUBSUB = "pubsub.localhost";

const iq = (type, to, payload) => ({ iq: { type, to, payload } });
const pubsub = (verb, user = "admin") => ({ user, ...iq("set", PUBSUB, `<pubsub xmlns="${PS}">${verb}</pubsub>`) });
const read = (verb, user = "admin") => ({ user, ...iq("get", PUBSUB, `<pubsub xmlns="${PS}">${verb}</pubsub>`) });
const owner = (type, verb, user = "admin") => ({ user, ...iq(type, PUBSUB, `<pubsub xmlns="${PS}#owner">${verb}</pubsub>`) });
const item = (id, content = '<x xmlns="urn:x"/>') => `<publish node="n"><item${id ? ` id="${id}"` : ""}>${content}</item></publish>`;

/**
 * `user`: who asks, on a session that is bound and has sent presence; "fresh" opens a connection of its own and sends
 * `frames` as they are. Exchanges run in this order and build on each other.
 */
export const EXCHANGES = [
  ["ping to the server", iq("get", "localhost", '<ping xmlns="urn:xmpp:ping"/>')],
  ["ping to the own account", iq("get", "1001001@localhost", '<ping xmlns="urn:xmpp:ping"/>')],
  ["ping to nobody in particular", iq("get", undefined, '<ping xmlns="urn:xmpp:ping"/>')],
  ["a request nobody knows, to the server", iq("get", "localhost", '<x xmlns="urn:unknown"/>')],
  ["a request nobody knows, to the own account", iq("get", "1001001@localhost", '<x xmlns="urn:unknown"/>')],
  ["a request nobody knows, to publish-subscribe", iq("get", PUBSUB, '<x xmlns="urn:unknown"/>')],
  ["a request to a user who is not there", iq("get", "1001002@localhost/gone", '<ping xmlns="urn:xmpp:ping"/>')],
  ["a request to a user who does not exist", iq("get", "nobody@localhost", '<query xmlns="http://jabber.org/protocol/disco#info"/>')],
  ["a request without a payload", iq("get", "localhost", "")],
  ["a request with two payloads", iq("get", "localhost", '<ping xmlns="urn:xmpp:ping"/><ping xmlns="urn:xmpp:ping"/>')],
  ["disco#info at a node that does not exist", iq("get", "localhost", '<query xmlns="http://jabber.org/protocol/disco#info" node="nowhere"/>')],
  ["the roster", iq("get", undefined, '<query xmlns="jabber:iq:roster"/>')],
  ["a roster change of two contacts", iq("set", undefined, '<query xmlns="jabber:iq:roster"><item jid="a@localhost"/><item jid="b@localhost"/></query>')],
  ["a roster change without an address", iq("set", undefined, '<query xmlns="jabber:iq:roster"><item name="a"/></query>')],
  ["removing a contact that is not there", iq("set", undefined, '<query xmlns="jabber:iq:roster"><item jid="a@localhost" subscription="remove"/></query>')],
  ["the session request of RFC 3921", iq("set", undefined, '<session xmlns="urn:ietf:params:xml:ns:xmpp-session"/>')],
  ["a second resource on the same stream", iq("set", undefined, '<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>second</resource></bind>')],
  ["a chat message to nobody", { stanza: '<message xmlns="jabber:client" type="chat" to="nobody@localhost" id="@ID@"><body>a</body></message>' }],
  ["a headline to nobody", { stanza: '<message xmlns="jabber:client" type="headline" to="nobody@localhost" id="@ID@"><body>a</body></message>' }],
  ["presence with a priority out of range", { stanza: '<presence xmlns="jabber:client" id="@ID@"><priority>200</priority></presence>' }],
  ["creating a node without the right to", pubsub('<create node="mine"/>', "1001001")],
  ["creating a node", pubsub('<create node="n"/>')],
  ["creating it again", pubsub('<create node="n"/>')],
  ["creating a node without a name", pubsub("<create/>")],
  ["subscribing", pubsub('<subscribe node="n" jid="1001001@localhost"/>', "1001001")],
  ["subscribing again", pubsub('<subscribe node="n" jid="1001001@localhost"/>', "1001001")],
  ["subscribing somebody else", pubsub('<subscribe node="n" jid="1001002@localhost"/>', "1001001")],
  ["subscribing nobody", pubsub('<subscribe node="n"/>', "1001001")],
  ["subscribing to a node that does not exist", pubsub('<subscribe node="nowhere" jid="1001001@localhost"/>', "1001001")],
  ["listing one's subscriptions", read("<subscriptions/>", "1001001")],
  ["unsubscribing", pubsub('<unsubscribe node="n" jid="1001001@localhost"/>', "1001001")],
  ["unsubscribing again", pubsub('<unsubscribe node="n" jid="1001001@localhost"/>', "1001001")],
  ["unsubscribing somebody else", pubsub('<unsubscribe node="n" jid="1001002@localhost"/>', "1001001")],
  ["items of a node without any", read('<items node="n"/>')],
  ["an item that does not exist", read('<items node="n"><item id="none"/></items>')],
  ["items of a node that does not exist", read('<items node="nowhere"/>')],
  ["publishing with an id", pubsub(item("i1"))],
  ["publishing without an id", pubsub(item(""))],
  ["publishing without the right to", pubsub(item("i2"), "1001001")],
  ["publishing without a payload", pubsub('<publish node="n"><item id="i3"/></publish>')],
  ["publishing two payloads in one item", pubsub(item("i4", '<x xmlns="urn:x"/><y xmlns="urn:x"/>'))],
  ["publishing to no node", pubsub('<publish><item><x xmlns="urn:x"/></item></publish>')],
  ["retracting", pubsub('<retract node="n"><item id="i1"/></retract>')],
  ["retracting what is not there", pubsub('<retract node="n"><item id="i1"/></retract>')],
  ["retracting without an id", pubsub('<retract node="n"><item/></retract>')],
  ["the configuration", owner("get", '<configure node="n"/>')],
  ["the configuration, for somebody else", owner("get", '<configure node="n"/>', "1001001")],
  ["the default configuration", owner("get", "<default/>")],
  ["an unknown access model", owner("set", '<configure node="n"><x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE"><value>http://jabber.org/protocol/pubsub#node_config</value></field><field var="pubsub#access_model"><value>friends</value></field></x></configure>')],
  ["affiliations with a node", owner("get", '<affiliations node="n"/>')],
  ["taking away the last owner", owner("set", '<affiliations node="n"><affiliation jid="admin@localhost" affiliation="none"/></affiliations>')],
  ["purging without the right to", owner("set", '<purge node="n"/>', "1001001")],
  ["purging", owner("set", '<purge node="n"/>')],
  ["deleting without the right to", owner("set", '<delete node="n"/>', "1001001")],
  ["deleting", owner("set", '<delete node="n"/>')],
  ["deleting what is not there", owner("set", '<delete node="n"/>')],
  ["a verb that does not exist", pubsub("<nonsense/>")],
  ["a stream to another domain", { user: "fresh", frames: ['<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="elsewhere.example" version="1.0"/>'] }],
  ["another element than <open/>", { user: "fresh", frames: ['<message xmlns="jabber:client"/>'] }],
  ["a stanza before authentication", { user: "fresh", open: true, frames: ['<message xmlns="jabber:client" to="localhost"/>'] }],
  ["a password that is no base64", { user: "fresh", open: true, frames: ['<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">?!</auth>'] }],
  ["a mechanism that does not exist", { user: "fresh", open: true, frames: ['<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="NONE"/>'] }],
  ["a wrong password", { user: "fresh", open: true, frames: [`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${btoa("\0" + "1001001\0wrong")}</auth>`] }],
  ["an aborted authentication", { user: "fresh", open: true, frames: ['<abort xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>'] }],
  ["two elements in one message", { user: "fresh", bound: true, frames: ['<presence xmlns="jabber:client"/><presence xmlns="jabber:client"/>'] }],
  ["a stanza of somebody else", { user: "fresh", bound: true, frames: ['<message xmlns="jabber:client" from="1001001@localhost" to="localhost"/>'] }],
  ["a stanza without a namespace", { user: "fresh", bound: true, frames: ["<message/>"] }],
  ["XML that is none", { user: "fresh", bound: true, frames: ["<message xmlns='jabber:client'></iq>"] }],
  ["a comment", { user: "fresh", bound: true, frames: ["<!-- a --><presence xmlns='jabber:client'/>"] }],
  ["an element that is no stanza", { user: "fresh", bound: true, frames: ['<x xmlns="urn:unknown"/>'] }],
];
