// What Finesse's JavaScript library does with events and answers, restated: clients that are built on it see the server through these rules.

import { DOMParser } from "@xmldom/xmldom";

const EVENT = "http://jabber.org/protocol/pubsub#event";

const elements = (node) => [...(node.childNodes ?? [])].filter((child) => child.nodeType === 1);

/** XML as an object: one element is a value, several of a name are a list, an empty one is null, attributes are not looked at. */
export function toObject(element) {
  const children = elements(element);
  if (children.length === 0) return element.textContent === "" ? null : element.textContent;
  const object = {};
  for (const child of children) {
    const value = toObject(child);
    if (!(child.tagName in object)) object[child.tagName] = value;
    else if (Array.isArray(object[child.tagName])) object[child.tagName].push(value);
    else object[child.tagName] = [object[child.tagName], value];
  }
  return object;
}

export function parse(text) {
  const root = new DOMParser().parseFromString(text, "text/xml").documentElement;
  return { [root.tagName]: toObject(root) };
}

/** One or several, or none: always a list. */
export const list = (value) => (value === null || value === undefined ? [] : [value].flat());

/** The first letter's case is all that differs between an answer and an event. */
export const normalized = (name) => name[0].toUpperCase() + name.slice(1);

/** The payload of a message: the text of `notification`, read again. `event[xmlns] items item notification` is all that is looked for. */
export function update(stanza) {
  const message = new DOMParser().parseFromString(stanza, "text/xml").documentElement;
  const event = elements(message).find((child) => child.localName === "event" && child.namespaceURI === EVENT);
  const inside = (node, name) => elements(node).find((child) => child.localName === name);
  const items = inside(event, "items");
  const text = inside(inside(items, "item"), "notification").textContent;
  // Third parties publish JSON.
  if (text.includes("{") && text.endsWith("}")) return { node: items.getAttribute("node"), json: JSON.parse(text) };
  const { Update } = parse(text);
  return { node: items.getAttribute("node"), ...Update };
}

/** A resource that follows its events. */
export class FollowedObject {
  constructor(url, type, { [type]: object }) {
    Object.assign(this, { url, type, object });
  }

  /** Takes over an event about it, and says whether it was one. */
  take({ source, event, data }) {
    if (source !== this.url) return false;
    const [name] = Object.keys(data ?? {});
    switch (event) {
      case "PUT":
        if (normalized(name) !== this.type) return false;
        this.object = data[name];
        return true;
      case "DELETE":
        this.object = null;
        return true;
      default:
        return false;
    }
  }
}

/** A list of resources that follows its events: whether it is about the list or about one of it, `source` decides. */
export class FollowedList {
  items = new Map();

  constructor(url, itemType, { [`${itemType}s`]: object }) {
    Object.assign(this, { url, itemType });
    for (const item of list(object?.[itemType])) this.items.set(item.uri, item);
  }

  take({ source, event, data }) {
    const [name] = Object.keys(data ?? {});
    if (source === this.url) {
      if (normalized(name) !== `${this.itemType}s`) return false;
      for (const item of list(data[name][this.itemType])) {
        if (event === "POST") this.items.set(item.uri, item);
        else if (event === "DELETE") this.items.delete(item.uri);
        else return false;
      }
      return true;
    }
    if (event !== "PUT" || normalized(name) !== this.itemType || !this.items.has(source)) return false;
    this.items.set(source, data[name]);
    return true;
  }
}

/** What `getParticipants` of the library returns. It fails for a call without `participants`. */
export const participants = (dialog) => list(dialog.participants.Participant);

/** Requests that wait for the event with their id. */
export class Requests {
  #waiting = new Map();
  #ids = 0;

  /** An id, and what becomes of the request: "done", or an error as the library gives it to its caller. */
  next() {
    const id = `js-${(this.#ids += 1)}`;
    return { id, outcome: new Promise((resolve) => this.#waiting.set(id, resolve)) };
  }

  take({ requestId, data }) {
    const resolve = this.#waiting.get(requestId);
    if (!resolve) return;
    this.#waiting.delete(requestId);
    if (!data?.apiErrors) return resolve("done");
    const { errorType, errorMessage, errorData } = data.apiErrors.apiError;
    // An error that comes as an event is shown as if it had been answered.
    resolve({ status: 400, ErrorType: errorType, ErrorMessage: errorMessage, ErrorData: errorData });
  }
}
