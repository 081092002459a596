// @xmpp/client (xmpp.js) over each transport that it has.

import { connect } from "./adapters/xmpp-client.js";
import { conversation } from "./harness/conversation.js";

conversation("@xmpp/client", connect);
conversation("@xmpp/client over TCP with STARTTLS", connect, { secure: true, listener: "xmpp" });
conversation("@xmpp/client over TCP with TLS from the first byte", connect, { secure: true, listener: "xmpps" });
