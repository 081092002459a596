// strophe.js 1.2.16, the generation that Finesse desktops of the 12.x releases ship, in Node.js with the few
// browser objects that it looks for.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import vm from "node:vm";
import { DOMImplementation, DOMParser, XMLSerializer } from "@xmldom/xmldom";
import WebSocket from "ws";
import { connectWithStrophe } from "./adapters/strophe.js";
import { conversation } from "./harness/conversation.js";
import { Queue } from "./harness/queue.js";

const { Strophe, $iq, $pres } = loadStrophe();

conversation("strophe.js 1.2.16", (account) =>
  connectWithStrophe({ Strophe, $iq, $pres, events: new Queue(), presences: new Queue() }, account),
);

/** Runs the library's file as a page would, in a global scope of its own. */
function loadStrophe() {
  const file = createRequire(import.meta.url).resolve("strophe.js-1");
  const window = { console, setTimeout, clearTimeout, atob, btoa, DOMParser, XMLSerializer, WebSocket };
  window.window = window;
  window.document = { implementation: new DOMImplementation() };
  vm.runInNewContext(readFileSync(file, "utf8"), window, { filename: file });
  return window;
}
