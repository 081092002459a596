// slixmpp, in Python: one Python process per session, told what to do in lines of JSON.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { PYTHON } from "../harness/python.js";
import { Queue, within } from "../harness/queue.js";
import { Refused } from "../harness/refused.js";

const here = dirname(fileURLToPath(import.meta.url));
const CALLS = ["info", "items", "ping", "roster", "presence", "subscribe", "unsubscribe", "tune"];

export async function connect({ ca, ...account }) {
  const python = spawn(PYTHON, [join(here, "slixmpp_session.py")], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(python, "close");
  const answers = new Queue();
  const events = new Queue();
  let stderr = "";
  python.stderr.on("data", (chunk) => (stderr += chunk));
  createInterface({ input: python.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    if (message.event) events.push(message.event);
    else answers.push(message);
  });
  ended.then(() => [answers, events].forEach((queue) => queue.end(`python ended: ${stderr}`)));
  const tell = (message) => python.stdin.write(`${JSON.stringify(message)}\n`);
  const stop = () => {
    python.stdin.end();
    return within("python to end", ended);
  };

  tell({ ...account, ca: ca?.path });
  const { started } = await answers.next("slixmpp to sign in", (message) => "started" in message);
  if (!started.jid) {
    await stop();
    throw started.refused ? new Refused(started.refused) : new Error(`${started.failed}\n${stderr}`);
  }

  let count = 0;
  const call = async (name, ...args) => {
    const id = ++count;
    tell({ id, call: name, args });
    const answer = await answers.next(`the answer to ${name}`, (message) => message.id === id);
    if (answer.error) throw new Error(answer.error);
    return answer.result;
  };
  return {
    ...Object.fromEntries(CALLS.map((name) => [name, (...args) => call(name, ...args)])),
    jid: started.jid,
    event: (wanted) => events.next("an event", wanted),
    unclaimed: () => events.drain(),
    async leave() {
      await call("leave");
      const [code] = await stop();
      if (code !== 0) throw new Error(`python ended with ${code}: ${stderr}`);
    },
  };
}
