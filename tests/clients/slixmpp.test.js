// slixmpp, in Python, over each transport with TLS. WebSockets are ours; TCP is what the library is made for.

import { connect } from "./adapters/slixmpp.js";
import { conversation } from "./harness/conversation.js";

conversation("slixmpp", connect, { secure: true });
conversation("slixmpp over TCP with STARTTLS", connect, { secure: true, listener: "xmpp" });
conversation("slixmpp over TCP with TLS from the first byte", connect, { secure: true, listener: "xmpps" });
