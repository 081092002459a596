//! The XML namespaces this project speaks, one constant each.

macro_rules! namespaces {
    ($($(#[$doc:meta])* $name:ident = $uri:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $uri;)*

        /// The static copy of `uri` when it is one of ours, so that parsed elements need no copy of it.
        pub(crate) fn known(uri: &str) -> Option<&'static str> {
            match uri {
                $($uri => Some($uri),)*
                _ => None,
            }
        }
    };
}

namespaces! {
    /// No namespace at all.
    NONE = "";
    /// Stanzas between client and server (RFC 6120 §4.8.2).
    CLIENT = "jabber:client";
    /// `<open/>` and `<close/>` (RFC 7395).
    FRAMING = "urn:ietf:params:xml:ns:xmpp-framing";
    /// `<stream:features/>` and `<stream:error/>` (RFC 6120 §4.8.1).
    STREAMS = "http://etherx.jabber.org/streams";
    /// Conditions of a stream error (RFC 6120 §4.9.2).
    STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams";
    /// Conditions of a stanza error (RFC 6120 §8.3.2).
    STANZA_ERRORS = "urn:ietf:params:xml:ns:xmpp-stanzas";
    /// Authentication (RFC 6120 §6).
    SASL = "urn:ietf:params:xml:ns:xmpp-sasl";
    /// STARTTLS (RFC 6120 §5), which has no place on a WebSocket.
    TLS = "urn:ietf:params:xml:ns:xmpp-tls";
    /// Resource binding (RFC 6120 §7).
    BIND = "urn:ietf:params:xml:ns:xmpp-bind";
    /// The session request of RFC 3921, kept for older clients.
    SESSION = "urn:ietf:params:xml:ns:xmpp-session";
    /// XEP-0060 requests of anybody.
    PUBSUB = "http://jabber.org/protocol/pubsub";
    /// XEP-0060 notifications.
    PUBSUB_EVENT = "http://jabber.org/protocol/pubsub#event";
    /// XEP-0060 error details.
    PUBSUB_ERRORS = "http://jabber.org/protocol/pubsub#errors";
    /// XEP-0060 requests of owners.
    PUBSUB_OWNER = "http://jabber.org/protocol/pubsub#owner";
    /// Who are you and what can you do (XEP-0030).
    DISCO_INFO = "http://jabber.org/protocol/disco#info";
    /// What else is there (XEP-0030).
    DISCO_ITEMS = "http://jabber.org/protocol/disco#items";
    /// XEP-0199.
    PING = "urn:xmpp:ping";
    /// Contact lists (RFC 6121 §2).
    ROSTER = "jabber:iq:roster";
    /// Says in the stream features that contact lists have versions (RFC 6121 §2.6.1).
    ROSTER_VERSION = "urn:xmpp:features:rosterver";
    /// Says in the stream features that presence can be granted in advance (RFC 6121 §3.4.1).
    PRE_APPROVAL = "urn:xmpp:features:pre-approval";
    /// Software version (XEP-0092).
    VERSION = "jabber:iq:version";
    /// Which channel bindings there are (XEP-0440).
    SASL_CHANNEL_BINDING = "urn:xmpp:sasl-cb:0";
    /// Entity capabilities (XEP-0115).
    CAPS = "http://jabber.org/protocol/caps";
    /// How long ago something was last active (XEP-0012).
    LAST_ACTIVITY = "jabber:iq:last";
    /// What time is it there (XEP-0202).
    TIME = "urn:xmpp:time";
    /// Ad-hoc commands (XEP-0050).
    COMMANDS = "http://jabber.org/protocol/commands";
    /// Result sets in pages (XEP-0059).
    RSM = "http://jabber.org/protocol/rsm";
    /// Who is not to be heard (XEP-0191).
    BLOCKING = "urn:xmpp:blocking";
    /// Error details of XEP-0191.
    BLOCKING_ERRORS = "urn:xmpp:blocking:errors";
    /// Registration of accounts by their users (XEP-0077).
    REGISTER = "jabber:iq:register";
    /// What a stream may carry (XEP-0478).
    STREAM_LIMITS = "urn:xmpp:stream-limits:0";
    /// Data forms (XEP-0004).
    DATA_FORMS = "jabber:x:data";
    /// Delayed delivery (XEP-0203).
    DELAY = "urn:xmpp:delay";
    /// Stanza headers (XEP-0131), where PubSub puts subscription identifiers.
    SHIM = "http://jabber.org/protocol/shim";
    /// Stream management (XEP-0198).
    STREAM_MANAGEMENT = "urn:xmpp:sm:3";
    /// Recovery by position, a protocol of our own: see `docs/recovery.md`.
    RECOVERY = "urn:offhook:recovery:0";
    /// Client state indication (XEP-0352).
    CLIENT_STATE = "urn:xmpp:csi:0";
    /// BOSH (XEP-0124).
    HTTP_BIND = "http://jabber.org/protocol/httpbind";
    /// What XMPP adds to BOSH (XEP-0206).
    XBOSH = "urn:xmpp:xbosh";
    /// The `xml:` prefix itself.
    XML = "http://www.w3.org/XML/1998/namespace";
}
