// What came back, in a few words: enough to compare, and nothing that differs without meaning anything.

import { DOMParser } from "@xmldom/xmldom";

const STREAMS = "http://etherx.jabber.org/streams";
const CONDITIONS = ["urn:ietf:params:xml:ns:xmpp-stanzas", "urn:ietf:params:xml:ns:xmpp-streams"];
const PUBSUB_ERRORS = "http://jabber.org/protocol/pubsub#errors";

/** `result`, `error TYPE CONDITION APPLICATION`, `stream error CONDITION`, … */
export function outcome(frame) {
  const root = parse(frame);
  if (root.namespaceURI === STREAMS && root.localName === "error") return `stream error ${condition(root)}`;
  if (root.getAttribute("type") === "error") {
    const error = children(root).find(({ localName }) => localName === "error");
    const application = children(error).find(({ namespaceURI }) => namespaceURI === PUBSUB_ERRORS);
    return ["error", error.getAttribute("type"), condition(error), application?.localName].filter(Boolean).join(" ");
  }
  if (root.localName === "iq") return ["result", shape(root)].filter(Boolean).join(": ");
  const inner = children(root)[0]?.localName;
  return inner ? `${root.localName} ${inner}` : root.localName;
}

/** The names in a publish-subscribe result, because whether it names an item or an id is worth knowing. */
function shape(result) {
  const pubsub = children(result)[0];
  if (pubsub?.localName !== "pubsub") return "";
  const verb = children(pubsub)[0];
  if (!verb) return "";
  const inner = children(verb).filter(({ localName }) => localName !== "x");
  const names = [...new Set(inner.map(({ localName }) => localName))];
  const id = verb.localName === "publish" && inner[0]?.getAttribute("id") ? " with its id" : "";
  return [verb.localName, ...names].join(" ") + id;
}

function condition(error) {
  return children(error).find(({ namespaceURI, localName }) => CONDITIONS.includes(namespaceURI) && localName !== "text")?.localName ?? "without a condition";
}

function children(element) {
  return Array.from(element.childNodes).filter(({ nodeType }) => nodeType === 1);
}

function parse(frame) {
  return new DOMParser({ onError: () => {} }).parseFromString(frame, "text/xml").documentElement;
}
