// strophe.js 5 in a real browser, over TLS with the development certificate, from a page of the server's own origin.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { openBrowser } from "./harness/chromium.js";
import { conversation } from "./harness/conversation.js";
import { Queue } from "./harness/queue.js";
import { Refused } from "./harness/refused.js";

const CALLS = ["info", "items", "ping", "roster", "presence", "subscribe", "unsubscribe", "leave"];

let browser;

conversation("strophe.js 5 in Chromium", connect, { secure: true, stopClient: closeBrowser });

conversation("strophe.js 5 over BOSH in Chromium", connect, { secure: true, bosh: true, stopClient: closeBrowser });

async function connect({ ca, ...account }) {
  browser ??= await openBrowser(account.url, ca.pem);
  const page = await browser.newPage();
  const events = new Queue();
  await page.exposeFunction("pushEvent", (event) => events.push(event));

  // Any answer of that origin would do as a page. It has to come from the server itself: Chromium lets no page from
  // elsewhere reach a loopback address unasked.
  await page.goto(`https://${new URL(account.url).host}/finesse/api/SystemInfo`);
  await page.evaluate(readFileSync(stropheForBrowsers(), "utf8"));
  await page.evaluate(asScript("harness/queue.js") + asScript("adapters/strophe.js"));

  const outcome = await page.evaluate(async (account) => {
    const { Strophe, $iq, $pres } = globalThis.strophe ?? globalThis;
    const events = { push: globalThis.pushEvent };
    try {
      globalThis.session = await connectWithStrophe({ Strophe, $iq, $pres, events, presences: new Queue() }, account);
      return { jid: globalThis.session.jid };
    } catch (error) {
      return { refused: error.condition, message: String(error) };
    }
  }, account);
  if (!outcome.jid) throw outcome.refused ? new Refused(outcome.refused) : new Error(outcome.message);

  const call = (name, ...args) => page.evaluate(([name, args]) => globalThis.session[name](...args).then((result) => {
    // A page can only hand over plain values.
    return Array.isArray(result) || result?.features ? result : null;
  }), [name, args]);
  return {
    ...Object.fromEntries(CALLS.map((name) => [name, (...args) => call(name, ...args)])),
    jid: outcome.jid,
    event: (wanted) => events.next("an event", wanted),
    unclaimed: () => events.drain(),
  };
}

async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

function stropheForBrowsers() {
  return createRequire(import.meta.url).resolve("strophe.js/package.json").replace("package.json", "dist/strophe.umd.min.js");
}

/** One of our modules as a plain script whose names are global. */
function asScript(file) {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  return source
    .replace(/^export (class|function) (\w+)/gm, "globalThis.$2 = $1 $2")
    .replace(/^export /gm, "");
}
