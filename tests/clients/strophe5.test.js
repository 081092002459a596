// strophe.js 5, the current one, in Node.js.

import { $iq, $pres, Strophe } from "strophe.js";
import { connectWithStrophe } from "./adapters/strophe.js";
import { conversation } from "./harness/conversation.js";
import { Queue } from "./harness/queue.js";

Strophe.setLogLevel?.(Strophe.LogLevel.FATAL);

conversation("strophe.js 5", (account) =>
  connectWithStrophe({ Strophe, $iq, $pres, events: new Queue(), presences: new Queue() }, account),
);
