//! Every setting there is, section by section. The structs, `offhook.toml`, the variables and the annotated
//! example all come from these rows.

use super::kind::{
    Choice, Choices, Count, Domain, ListenAddress, Listener, Minutes, OptionalPath, OptionalText, OtherHost,
    SecureWebSocket, Size, SomeChoices, Span, SpanOrOff, Switch, SwitchOrDemo, WhoKind,
};
use super::origins::{Origins, OriginsKind};
use super::pair::Pair;
use super::paths::Paths;
use super::proxies::{ForwardedHeader, ProxiesKind, TrustedProxies};
use super::table::{FLAG, Setting, settings};
use super::tokens::Tokens;
use crate::credentials::KeySettings;
use contact::Deployment;
use notifier::{Follow, ResourceConflict, SendLast, Who};
use std::path::PathBuf;
use std::time::Duration;
use xmpp::stream::StartTls;
use xmpp::{Mechanism, ScramHash};

settings! {
    /// What stands above the first table: the settings that have a flag, and what this instance says about itself.
    pub(super) General in "" {
        /// The XMPP domain. Users are `1001001@domain`, the publish-subscribe service is `pubsub.domain`.
        domain: String = "\"localhost\"", Domain, FLAG;
        /// "default", or "finesse": as Finesse's notification service is, without what that does not have: stream management,
        /// client state indication, last activity and personal nodes.
        profile: Profile = "\"default\"", Choice(&[("default", Profile::Default), ("finesse", Profile::Finesse)]);
        /// The folder with the log, the development certificate and the control socket.
        /// Empty: the platform's data folder. One server per folder; a second one is refused.
        data: Option<PathBuf> = "\"\"", OptionalPath, FLAG;
        /// Where https and wss are served: host:port, or "off". Port 0 lets the system choose.
        https: Option<ListenAddress> = "\"127.0.0.1:8445\"", Listener, FLAG;
        /// Where http and ws are served, without encryption: host:port, or "off".
        http: Option<ListenAddress> = "\"off\"", Listener, FLAG;
        /// Where XMPP over TCP is served, with STARTTLS (tcp.starttls): host:port, or "off". The usual port is 5222.
        xmpp: Option<ListenAddress> = "\"off\"", Listener, FLAG;
        /// Where XMPP over TCP is served, with TLS from the first byte: host:port, or "off". The usual port is 5223.
        xmpps: Option<ListenAddress> = "\"off\"", Listener, FLAG;
        /// Creates the demonstration contact centre (agents 1001001 to 1001012, supervisors 1001 and 1002, admin),
        /// every password "offhook". Refused on an address others can reach unless there is a demo_password.
        demo: bool = "false", Switch, FLAG;
        /// The password of the demonstration users in place of "offhook".
        demo_password: Option<String> = "\"\"", OptionalText, FLAG;
        /// Callers and colleagues come with the demonstration: on average every so long somebody calls a queue in which somebody is
        /// ready. "off": nobody calls, and every agent is left alone, as scenarios and laboratories need it.
        demo_callers: Option<Duration> = "\"15 s\"", SpanOrOff(Span(Duration::from_millis(50), Duration::from_secs(3600))), FLAG;
        /// A file that gets one line of JSON (addresses, pid, domain) when every listener accepts.
        ready_file: Option<PathBuf> = "\"\"", OptionalPath, FLAG;
        /// Tell the version of this software to whoever asks (XEP-0092). Off: such requests are refused.
        show_version: bool = "true", Switch;
        /// The other server of a pair (docs/pair.md): its https://host:port, or http:// on this machine. One of the two is active,
        /// the other one stands by with a copy of its log. Empty: there is none.
        peer: Option<String> = "\"\"", OptionalText, FLAG;
        /// Which of the two this is: "a" is the primary node, and active when both begin with nothing; "b" is the secondary node.
        side: Side = "\"a\"", Choice(&[("a", Side::A), ("b", Side::B)]), FLAG;
        /// What is written to stderr: error, warn, info, debug, trace, or a filter such as "info,server::log=debug".
        diagnostics: Option<String> = "\"info\"", OptionalText;
    }
}

/// One server of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The primary node.
    A,
    /// The secondary node.
    B,
}

/// Where a certificate names its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateName {
    /// In a subjectAltName of type `id-on-xmppAddr`.
    XmppAddress,
    /// In the common name of its subject.
    CommonName,
}

settings! {
    /// Certificates.
    pub(super) Tls in "tls." {
        /// The certificate chain in PEM, leaf first. Empty: a development certificate is made in the data folder. On SIGHUP all
        /// files of this section are read again; connections that there are stay as they are.
        certificate: Option<PathBuf> = "\"\"", OptionalPath;
        /// The private key in PEM (PKCS #8, PKCS #1 or SEC 1), readable by this user only.
        key: Option<PathBuf> = "\"\"", OptionalPath;
        /// A PEM file with the authorities whose certificates clients may sign in with (EXTERNAL). Listeners that offer
        /// EXTERNAL ask for one then; a client need not have one. Empty: nobody is asked.
        client_authorities: Option<PathBuf> = "\"\"", OptionalPath;
        /// Where a client's certificate names its user: "xmpp-address" is a subjectAltName of type id-on-xmppAddr, as in
        /// 1001001@domain (RFC 6120 13.7.1.4); "common-name" is the subject's CN, as 1001001 or 1001001@domain. The first
        /// that names anybody counts.
        client_names: Vec<CertificateName> = "[\"xmpp-address\"]", Choices(&[
            ("xmpp-address", CertificateName::XmppAddress),
            ("common-name", CertificateName::CommonName),
        ]);
    }
}

settings! {
    /// HTTP and WebSocket.
    pub Web in "web." {
        /// The web origins whose pages may open a WebSocket or use BOSH. "same-host" is the host that the request names, on any
        /// port; all names of the loopback interface count as one host. "*" is every origin. Requests without an
        /// Origin header do not come from a page and are not affected. Refused: 403.
        allowed_origins: Origins = "[\"same-host\"]", OriginsKind;
        /// The paths of the WebSocket, as they are: a final slash counts. /.well-known/host-meta names the first one. The defaults are
        /// those that clients of Finesse, Openfire and Prosody use.
        websocket_paths: Vec<String> = "[\"/ws/\", \"/ws\", \"/xmpp-websocket\"]", Paths;
        /// How often the server pings an idle WebSocket.
        ping_interval: Duration = "\"20 s\"", Span::seconds(1, 25);
        /// How long a ping may stay unanswered. Then the connection is dropped.
        pong_timeout: Duration = "\"40 s\"", Span::seconds(1, 600);
        /// How long the peer has for its half of the WebSocket closing handshake.
        close_timeout: Duration = "\"3 s\"", Span::seconds(1, 60);
        /// Where WebSocket clients are sent when the server stops: wss://host/path (RFC 7395 §3.6.1), so never to a place without
        /// TLS. "off": they are told system-shutdown, as all others are.
        see_other_uri: Option<String> = "\"off\"", SecureWebSocket;
        /// Where clients reach the https listener: host:port, for /.well-known/host-meta (XEP-0156). "off": at the host and
        /// port that their request names; that is right unless something in between changes them or does the TLS.
        public_address: Option<ListenAddress> = "\"off\"", Listener;
        /// The proxies that requests come through: addresses and networks, such as "10.0.0.7" or "10.0.0.0/8". What they say
        /// about the client is believed: its address for limits, logs and lock-outs, and whether it uses TLS, which decides
        /// about passwords, redirects and host-meta. Their own connections are not limited by address, the WebSockets and BOSH
        /// sessions that come through them are, by the client's. Nobody else is believed. []: there are none.
        trusted_proxies: TrustedProxies = "[]", ProxiesKind;
        /// The header that the proxies write: "x-forwarded-for", with X-Forwarded-Proto beside it, or "forwarded" (RFC 7239). The
        /// other one is ignored, because most proxies pass on what a client has written into it. They have to append to
        /// X-Forwarded-For and Forwarded or replace them, and to replace X-Forwarded-Proto.
        forwarded_header: ForwardedHeader = "\"x-forwarded-for\"", Choice(&[
            ("x-forwarded-for", ForwardedHeader::XForwardedFor),
            ("forwarded", ForwardedHeader::Forwarded),
        ]);
        /// Requests to the web service over http are sent on to https with 301, as Finesse does, if there is an https
        /// listener. WebSockets are not affected.
        redirect_to_https: bool = "false", Switch;
    }
}

settings! {
    /// XMPP over TCP.
    pub Tcp in "tcp." {
        /// What the xmpp listener offers: "required" lets nobody in without STARTTLS, "optional" leaves it to the client,
        /// "off" does not offer it.
        starttls: StartTls = "\"required\"", Choice(&[
            ("required", StartTls::Required),
            ("optional", StartTls::Optional),
            ("off", StartTls::Off),
        ]);
        /// Where clients on both listeners are sent when the server stops: a host or host:port (see-other-host, RFC 6120
        /// §4.9.3.19). They expect the same domain there, and its certificate. Without a port they look it up, by the host's SRV
        /// records. "off": they are told system-shutdown.
        see_other_host: Option<String> = "\"off\"", OtherHost;
        /// How often the server sends white space on an idle stream.
        keep_alive_interval: Duration = "\"30 s\"", Span::seconds(1, 3600);
        /// How long the system of the peer may leave bytes unacknowledged. Then the connection is dropped. (On Linux; other
        /// systems drop it in their own time.)
        unacknowledged_timeout: Duration = "\"40 s\"", Span::seconds(1, 3600);
    }
}

settings! {
    /// BOSH (XEP-0124), for clients that have nothing but HTTP requests.
    pub Bosh in "bosh." {
        /// Serve it at /http-bind and /http-bind/. Off: 404.
        enabled: bool = "true", Switch;
        /// How long a request is kept waiting for something to send. A client may ask for less.
        wait_max: Duration = "\"60 s\"", Span::seconds(1, 600);
        /// Requests of one session that are kept waiting. A client may ask for fewer; it may send one more.
        hold_max: u32 = "1", Count(1, 10);
        /// How long a session may be without a request. Over it: it is over, and its client is offline. The default is more
        /// than the minute to which browsers slow down the timers of pages that nobody sees.
        inactivity: Duration = "\"75 s\"", Span::seconds(1, 3_600);
        /// Empty requests may not follow each other faster than this. Over it: policy-violation. "0 s": no limit.
        polling: Duration = "\"5 s\"", Span::seconds(0, 60);
        /// The longest pause that a client may ask for. Over it: policy-violation.
        pause_max: Duration = "\"120 s\"", Span::seconds(1, 3_600);
        /// How often one request may be repeated. Over it: policy-violation.
        repeats_max: u32 = "50", Count(1, 10_000);
        /// Bytes of one answer, as far as it has more than one element. The rest is sent with the next one.
        answer_bytes_max: usize = "\"256 KiB\"", Size(4_096);
        /// Bytes of answers that one session keeps in case its client asks for them again. Over it: the older ones are
        /// forgotten, and to ask for those is item-not-found.
        replay_bytes_max: usize = "\"512 KiB\"", Size(4_096);
        /// Bytes of one session's requests that came before their turn. Over it: policy-violation.
        early_bytes_max: usize = "\"512 KiB\"", Size(4_096);
        /// Sessions at a time. Over it: a new one is refused with policy-violation.
        sessions_max: u32 = "50000", Count(1, 4_000_000);
        /// Sessions from one address (for IPv6: from one /64). Over it: as above. A whole site may share an address.
        sessions_per_address_max: u32 = "10000", Count(1, 4_000_000);
        /// Sessions that one address may begin in a minute; as many at once as in a minute. Over it: as above.
        sessions_per_minute_max: u32 = "6000", Count(1, 10_000_000);
    }
}

settings! {
    /// Limits. Each names what happens when it is reached.
    pub Limits in "limits." {
        /// Connections at a time, over all listeners. Over it: not accepted until one ends.
        connections_max: u32 = "50000", Count(1, 4_000_000);
        /// Connections at a time from one address (for IPv6: from one /64). Over it: refused. Over HTTP that is 429 with
        /// Retry-After, over TCP the stream error policy-violation; but only the first 60 in a minute are told, the others
        /// are closed before TLS. A whole site may share an address, and each desktop has two or three connections.
        connections_per_address_max: u32 = "20000", Count(1, 4_000_000);
        /// Connections that one address may begin in a minute; as many at once as in a minute. Over it: as above.
        connections_per_minute_max: u32 = "30000", Count(1, 10_000_000);
        /// Addresses without a connection of which it is remembered how fast they were. Over it: all of these are forgotten.
        addresses_remembered_max: u32 = "65536", Count(1_000, 10_000_000);
        /// Connections and BOSH sessions that begin on this machine are not limited by their address: whoever runs a program
        /// here has easier ways to do harm, and what comes from a proxy here would all count as one.
        loopback_exempt: bool = "true", Switch;
        /// Time for the TLS handshake. Over it: closed.
        tls_handshake_timeout: Duration = "\"10 s\"", Span::seconds(1, 120);
        /// Time for the header of an HTTP request. Over it: closed.
        http_header_timeout: Duration = "\"10 s\"", Span::seconds(1, 120);
        /// Bytes in the body of an HTTP request. Over it: 413.
        http_body_bytes_max: usize = "\"64 KiB\"", Size(1024);
        /// Bytes in the body of an administrator's HTTP request with a list: assignments, contacts; no more than 4 MiB are
        /// read. Over it: 413.
        http_list_bytes_max: usize = "\"4 MiB\"", Size(1024);
        /// Bytes in a message before authentication. Over it: policy-violation, on a WebSocket with close 1009.
        message_bytes_before_auth_max: usize = "10000", Size(10_000);
        /// Bytes in a message after authentication. Over it: as above; for BOSH, where it is a whole request, 413.
        message_bytes_max: usize = "\"256 KiB\"", Size(10_000);
        /// Time from the accepted connection to the head of the stream. Over it: stream error connection-timeout.
        open_timeout: Duration = "\"10 s\"", Span::seconds(1, 120);
        /// Time from there to successful authentication and a bound resource. Over it: connection-timeout.
        auth_timeout: Duration = "\"30 s\"", Span::seconds(1, 600);
        /// Failed authentications on one stream. At the limit: stream error policy-violation.
        authentication_attempts_max: u32 = "5", Count(2, 100);
        /// Bytes that may wait for one session. Over it: if its client says that nobody looks, only the last notification
        /// of each node is kept; otherwise its stream ends with resource-constraint. The session ends with it unless it can
        /// be resumed.
        outbox_bytes_max: usize = "\"1 MiB\"", Size(65_536);
        /// How long one write may make no progress while bytes wait. Over it: the connection is dropped.
        write_timeout: Duration = "\"30 s\"", Span::seconds(1, 600);
        /// Requests waiting for the hub. Over it: REST is answered with 503, and sessions are not read until there is room.
        commands_waiting_max: u32 = "4096", Count(16, 1_000_000);
        /// Changes that wait for the log. Over it: 503, or resource-constraint.
        changes_waiting_max: u32 = "100000", Count(1000, 10_000_000);
        /// Time for sessions to leave when the server stops. Over it: cut off.
        drain_timeout: Duration = "\"4 s\"", Span(Duration::from_millis(100), Duration::from_secs(60));
        /// When the server stops, sessions are told one after the other over this time, so that their clients do not all come
        /// back in one moment: as many in each part of it, in an order and at moments that chance decides. It comes before
        /// drain_timeout. "0 s": all at once.
        drain_spread: Duration = "\"0 s\"", Span::seconds(0, 3600);
    }
}

settings! {
    /// Sessions.
    pub Sessions in "sessions." {
        /// A second session binds a resource in use: "new-wins" ends the older stream with conflict, which Finesse clients
        /// count on; "refuse" refuses the bind with conflict (RFC 6120 §7.7.2.2).
        conflict: ResourceConflict = "\"new-wins\"", Choice(&[
            ("new-wins", ResourceConflict::NewWins),
            ("refuse", ResourceConflict::Refuse),
        ]);
        /// Sessions of one user. Over it: one that waits to be resumed is over; without one, the bind is refused with
        /// resource-constraint.
        per_user_max: u32 = "16", Count(1, 1000);
        /// Bytes of a presence, which is kept for the user's other sessions and contacts. Over it: not-acceptable.
        presence_bytes_max: usize = "\"4 KiB\"", Size(256);
        /// Addresses one session may send directed presence to. Over it: resource-constraint.
        directed_presences_max: u32 = "32", Count(0, 10_000);
        /// Offer stream management (XEP-0198). Off, and with profile = "finesse": neither offered nor accepted.
        stream_management: bool = "true", Switch;
        /// How long a session that lost its connection waits for its client. It keeps its presence and its subscriptions.
        /// "0 s": sessions can't be resumed. Over it: the session is over; messages of people go to the user's other
        /// sessions, requests are answered with service-unavailable, notifications are dropped.
        resume_timeout: Duration = "\"5 min\"", Span::seconds(0, 86_400);
        /// Sessions of one user that wait for their client. Over it: the one that has waited longest is over.
        waiting_per_user_max: u32 = "4", Count(0, 1000);
        /// Stanzas that a session which can be resumed has not acknowledged, or not been sent. Over it: without a connection
        /// the session is over; with one it goes on and can't be resumed any more.
        unacknowledged_stanzas_max: u32 = "10000", Count(10, 10_000_000);
        /// The same in bytes.
        unacknowledged_bytes_max: usize = "\"4 MiB\"", Size(65_536);
        /// Stanzas sent on a managed stream after which an acknowledgement is asked for.
        ack_request_stanzas: u32 = "64", Count(1, 10_000);
        /// Time after which an acknowledgement is asked for if stanzas are under way.
        ack_request_interval: Duration = "\"15 s\"", Span::seconds(1, 600);
        /// How long an acknowledgement may take. Over it: the stream ends with connection-timeout, and the session can be
        /// resumed.
        ack_timeout: Duration = "\"60 s\"", Span::seconds(1, 600);
        /// Sessions that are over and whose clients may still ask how many stanzas were handled. Over it: the oldest ones are
        /// forgotten.
        remembered_max: u32 = "10000", Count(0, 1_000_000);
        /// Let clients say that nobody looks (XEP-0352): presence then waits, the last one of each sender.
        client_state: bool = "true", Switch;
    }
}

/// Whom the server resembles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Itself.
    Default,
    /// Finesse's notification service.
    Finesse,
}

/// Where a password may cross the line without encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainInClear {
    /// Nowhere.
    Never,
    /// Between two ends on this machine.
    Loopback,
    /// Everywhere.
    Always,
}

impl PlainInClear {
    /// True if a peer at `address` may use PLAIN or Basic without TLS.
    pub fn allows(self, address: std::net::IpAddr) -> bool {
        match self {
            PlainInClear::Never => false,
            PlainInClear::Loopback => address.to_canonical().is_loopback(),
            PlainInClear::Always => true,
        }
    }
}

const MECHANISMS: &[(&str, Mechanism)] = &[
    ("EXTERNAL", Mechanism::External),
    ("SCRAM-SHA-512-PLUS", Mechanism::ScramSha512Plus),
    ("SCRAM-SHA-256-PLUS", Mechanism::ScramSha256Plus),
    ("SCRAM-SHA-1-PLUS", Mechanism::ScramSha1Plus),
    ("SCRAM-SHA-512", Mechanism::ScramSha512),
    ("SCRAM-SHA-256", Mechanism::ScramSha256),
    ("SCRAM-SHA-1", Mechanism::ScramSha1),
    ("OAUTHBEARER", Mechanism::OauthBearer),
    ("PLAIN", Mechanism::Plain),
];

/// One of the listeners, each of which can have mechanisms of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    /// https and wss.
    Https,
    /// http and ws.
    Http,
    /// XMPP over TCP.
    Xmpp,
    /// XMPP over TCP with TLS from the first byte.
    Xmpps,
}

impl Auth {
    /// The mechanisms offered on a listener, best first.
    pub fn mechanisms_on(&self, listener: ListenerKind) -> &[Mechanism] {
        let own = match listener {
            ListenerKind::Https => &self.mechanisms_https,
            ListenerKind::Http => &self.mechanisms_http,
            ListenerKind::Xmpp => &self.mechanisms_xmpp,
            ListenerKind::Xmpps => &self.mechanisms_xmpps,
        };
        if own.is_empty() { &self.mechanisms } else { own }
    }

    /// Which keys are made of passwords that are set from now on: those that the mechanisms of all listeners use.
    pub fn key_settings(&self) -> KeySettings {
        use ListenerKind::{Http, Https, Xmpp, Xmpps};
        let mut mechanisms = [Https, Http, Xmpp, Xmpps].into_iter().flat_map(|l| self.mechanisms_on(l));
        let sha512 = mechanisms.any(|mechanism| mechanism.scram_hash() == Some(ScramHash::Sha512));
        KeySettings { iterations: self.iterations, sha512 }
    }
}

settings! {
    /// Authentication.
    pub Auth in "auth." {
        /// The SASL mechanisms offered, best first, as far as a connection allows them: those that end in -PLUS need
        /// TLS 1.3, OAUTHBEARER and PLAIN need TLS or plain_in_clear, OAUTHBEARER needs tokens.jwks, and EXTERNAL a client
        /// with a certificate of tls.client_authorities.
        /// SCRAM-SHA-512 and SCRAM-SHA-512-PLUS are possible too. With one of them in a list, passwords set from now on
        /// get keys for it, which makes an import of many users take three times as long; it is not offered as long as
        /// there are accounts without such keys, whose passwords would have to be set again.
        mechanisms: Vec<Mechanism> = "[\"EXTERNAL\", \"SCRAM-SHA-256-PLUS\", \"SCRAM-SHA-1-PLUS\", \"SCRAM-SHA-256\", \"SCRAM-SHA-1\", \"OAUTHBEARER\", \"PLAIN\"]", Choices(MECHANISMS);
        /// The mechanisms on the https listener. []: as auth.mechanisms.
        mechanisms_https: Vec<Mechanism> = "[]", SomeChoices(MECHANISMS);
        /// The mechanisms on the http listener. []: as auth.mechanisms.
        mechanisms_http: Vec<Mechanism> = "[]", SomeChoices(MECHANISMS);
        /// The mechanisms on the xmpp listener. []: as auth.mechanisms.
        mechanisms_xmpp: Vec<Mechanism> = "[]", SomeChoices(MECHANISMS);
        /// The mechanisms on the xmpps listener. []: as auth.mechanisms.
        mechanisms_xmpps: Vec<Mechanism> = "[]", SomeChoices(MECHANISMS);
        /// Where passwords and tokens (PLAIN, OAUTHBEARER, Basic, Bearer) are taken without TLS: "never", "loopback" (this machine only) or "always".
        plain_in_clear: PlainInClear = "\"loopback\"", Choice(&[
            ("never", PlainInClear::Never),
            ("loopback", PlainInClear::Loopback),
            ("always", PlainInClear::Always),
        ]);
        /// Iterations of the key derivation for passwords set from now on (RFC 7677 §4: at least 4096).
        iterations: u32 = "4096", Count(4096, 1_000_000);
        /// How long a checked password is remembered, as a keyed hash in memory. "0 s": not at all, and every
        /// PLAIN or Basic check costs a key derivation.
        cache_time: Duration = "\"10 min\"", Span::seconds(0, 86_400);
        /// How many are remembered. Over it: the ones longest there are forgotten first.
        cache_entries_max: u32 = "50000", Count(1, 10_000_000);
        /// Key derivations at a time. 0: as many as there are processors. Over it: they wait.
        derivations_max: u32 = "0", Count(0, 1024);
        /// Key derivations that may wait. Over it: temporary-auth-failure, or 503.
        derivations_waiting_max: u32 = "20000", Count(1, 1_000_000);
        /// Wrong passwords in a row, for one user from one address, before they are locked out. 0: never.
        lockout_failures: u32 = "5", Count(0, 1000);
        /// How long they are locked out. Other addresses are not affected.
        lockout_time: Duration = "\"5 min\"", Span::seconds(1, 86_400);
    }
}

/// When an append counts as durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSync {
    /// After the disk has confirmed it.
    Always,
    /// After the operating system has taken it; the disk confirms at checkpoints.
    Normal,
    /// After the operating system has taken it; the disk never confirms.
    Off,
}

settings! {
    /// The durable log.
    pub Log in "log." {
        /// When a change counts as kept, which is when the 202 or the result is sent.
        /// "always": after the disk has confirmed it (fsync). Survives a crash of the server and a power cut, as far as
        /// the disk tells the truth. Changes that arrive together share one fsync.
        /// "normal": after the operating system has taken it. Survives a crash of the server (kill -9); a power cut
        /// or a kernel crash may lose the last answered changes, but leaves the log sound.
        /// "off": as "normal", but no fsync at all. A power cut or a kernel crash may also damage the log.
        sync: LogSync = "\"always\"", Choice(&[
            ("always", LogSync::Always),
            ("normal", LogSync::Normal),
            ("off", LogSync::Off),
        ]);
        /// Entries that share one transaction. More wait for the next one.
        group_entries_max: u32 = "1024", Count(1, 100_000);
        /// A snapshot is taken after this many entries, and the next start replays from there.
        snapshot_every: u32 = "100000", Count(1000, 100_000_000);
        /// Entries kept before the newest snapshot, for people who look. Older ones are deleted.
        keep_entries: u32 = "100000", Count(0, 1_000_000_000);
    }
}

settings! {
    /// Publish-subscribe.
    pub Pubsub in "pubsub." {
        /// Who may create nodes besides administrators: "administrators" (nobody else), "anyone", or a list of users.
        create_nodes: Who = "\"administrators\"", WhoKind;
        /// Who may publish to the contact centre's own nodes besides the server: as create_nodes.
        publish_to_contact_nodes: Who = "\"administrators\"", WhoKind;
        /// Who may subscribe to the contact centre's nodes. Supervisors always may to those of their teams, administrators
        /// to all. "own": agents to their own; "own-team": also to their team's; "anyone": everybody to all.
        access: Follow = "\"own-team\"", Choice(&[
            ("own", Follow::ByRole { agents_follow_own_team: false }),
            ("own-team", Follow::ByRole { agents_follow_own_team: true }),
            ("anyone", Follow::Anyone),
        ]);
        /// Keep a subscription with a full JID when its session ends, as Finesse does. It delivers again when the same full
        /// JID is back, and counts against subscriptions_per_user_max until then.
        keep_full_jid_subscriptions: bool = "false", Switch;
        /// Let one address subscribe to a node several times, each time with options and a subid of its own, as Openfire
        /// does. Clients that subscribe whenever they connect then gather subscriptions, up to the limits below.
        multiple_subscriptions: bool = "false", Switch;
        /// Put a subid into subscriptions, as Openfire does.
        subscription_ids: bool = "true", Switch;
        /// A session that is subscribed by its full and its bare JID gets one copy of an event, not two.
        one_copy_per_session: bool = "true", Switch;
        /// Say in each item who published it.
        publishers_shown: bool = "false", Switch;
        /// When subscribers get the newest item of a node without asking, unless the node is configured otherwise: "never",
        /// "on_sub" (after subscribing), "on_sub_and_presence" (and whenever they come online). Contact nodes keep no items.
        send_last_published_item: SendLast = "\"never\"", Choice(&[
            ("never", SendLast::Never),
            ("on_sub", SendLast::OnSubscribe),
            ("on_sub_and_presence", SendLast::OnSubscribeAndPresence),
        ]);
        /// The namespace of <notification> around an update. Empty: the one that Finesse uses.
        notification_namespace: Option<String> = "\"\"", OptionalText;
        /// Full-JID subscriptions of one session. Over it: policy-violation with too-many-subscriptions.
        subscriptions_per_session_max: u32 = "1000", Count(10, 1_000_000);
        /// Subscriptions of one user that outlive a session. Over it: as above.
        subscriptions_per_user_max: u32 = "1000", Count(10, 1_000_000);
        /// Affiliations with one node: owners, publishers, members, outcasts. Over it: not-acceptable.
        affiliations_per_node_max: u32 = "10000", Count(10, 1_000_000);
        /// Subscriptions to one node that wait for its owner's answer. Over it: resource-constraint.
        requests_per_node_max: u32 = "1000", Count(1, 100_000);
        /// How many levels of nodes there can be, one in another (XEP-0248); a node deeper down is refused. An event goes so
        /// many steps up at most.
        collection_depth_max: u32 = "8", Count(1, 64);
        /// How long a leased subscription lasts without being renewed. Over it: that long and no longer.
        lease_max: Duration = "\"720 h\"", Span::seconds(60, 31_536_000);
        /// Notifications of one node that a client may send back with an error that passes. Over it: the subscription ends, as it
        /// does at once when the error does not pass.
        bounces_max: u32 = "10", Count(0, 1_000_000);
        /// Nodes created over publish-subscribe. Over it: resource-constraint.
        nodes_max: u32 = "10000", Count(0, 10_000_000);
        /// Every account has nodes of its own, which its contacts hear (XEP-0163). Off, and with profile = "finesse": no account
        /// has any, and clients are not asked what they want to hear of.
        personal_nodes: bool = "true", Switch;
        /// Nodes of one account's own. Over it: resource-constraint.
        personal_nodes_max: u32 = "100", Count(0, 1_000_000);
        /// Bytes of the items that one account keeps at its own nodes. Over it: resource-constraint.
        personal_bytes_max: usize = "\"1 MiB\"", Size(1024);
        /// Kinds of client software of which it is remembered what they want to hear of (XEP-0115). Over it: the oldest is
        /// forgotten, and the next client of that kind is asked again.
        capabilities_max: u32 = "1000", Count(0, 1_000_000);
        /// Bytes of the names of nodes that one client wants to hear of without subscribing. Over it: it does not hear of them.
        wishes_bytes_max: usize = "\"8 KiB\"", Size(0);
        /// Bytes in a node's name. Over it: not-acceptable.
        node_name_bytes_max: usize = "3071", Size(64);
        /// Items a node can be configured to keep. Over it: the oldest goes, or the new one is refused, as the node is configured.
        items_per_node_max: u32 = "1000", Count(1, 1_000_000);
        /// Items in one publish request. Over it: not-allowed with max-items-exceeded.
        items_per_request_max: u32 = "100", Count(1, 10_000);
        /// Bytes in one reply with items. Over it: the older ones are left out.
        items_reply_bytes_max: usize = "\"1 MiB\"", Size(65_536);
        /// Bytes in an item's id. Over it: not-acceptable.
        item_id_bytes_max: usize = "1023", Size(64);
        /// Bytes in the payload of a published item. Over it: not-acceptable with payload-too-big.
        payload_bytes_max: usize = "\"64 KiB\"", Size(1024);
        /// Entries in a reply to disco#items, and in a list of users. Over it: the rest is left out; disco#items can be
        /// asked for in pages (XEP-0059).
        disco_items_max: u32 = "1000", Count(10, 1_000_000);
    }
}

settings! {
    /// The contact centre, and what it says about itself in SystemInfo.
    pub Contact in "contact." {
        /// "UCCE" or "UCCX": whose rules apply. Clients choose what they offer by it.
        deployment_type: Deployment = "\"UCCE\"", Choice(&[("UCCX", Deployment::Uccx), ("UCCE", Deployment::Ucce)]);
        /// The host clients should connect to. Empty: the domain.
        primary_host: Option<String> = "\"\"", OptionalText;
        /// The other host of a pair. Empty: there is none.
        secondary_host: Option<String> = "\"\"", OptionalText;
        /// The contact centre's difference to UTC in minutes.
        timezone_offset_minutes: i32 = "0", Minutes;
        /// NOT_READY and LOGOUT must name a reason code if there are any of the category. Without one: 400.
        reason_codes_required: bool = "false", Switch;
        /// Agents can sign in only on extensions that are configured: their own, and those in ranges. Another one fails
        /// after the 202 with the error 260. Off: any number will do that nobody else is signed in on.
        extensions_must_exist: bool = "false", Switch;
        /// How long a telephone outside rings until it is answered, as if there were somebody: agents can place calls to
        /// any number without a telephone network. "0 s": never; whoever plays the network answers.
        outside_answers_after: Duration = "\"2 s\"", Span::seconds(0, 3_600);
        /// How long a call of a queue rings at an agent's before it goes back to the queue, and the agent is not ready. So it is with
        /// a task that an agent does not take.
        ring_no_answer_after: Duration = "\"20 s\"", Span::seconds(1, 600);
        /// How long the outbound dialler calls a customer for whom an agent is reserved, before it gives up.
        customer_no_answer_after: Duration = "\"30 s\"", Span::seconds(1, 600);
        /// How long the desktop of an agent may be gone (no session with presence and a connection) until the agent is signed out,
        /// with the reason 255. Long enough for a page to be loaded again. "0 s": agents stay signed in. Agents who have never
        /// sent presence, because they use the web service alone, are not watched.
        presence_grace: Duration = "\"60 s\"", Span::seconds(0, 3_600);
        /// Whether that agent is signed out on CCE (Logout on Agent Disconnect, 1), or only made not ready (0). CCX signs out.
        logout_on_disconnect: bool = "true", Switch;
        /// Queues. Over it: another one is refused.
        queues_max: u32 = "1000", Count(1, 100_000);
        /// Parties in a conference. Over it: the request fails after the 202 with the error 34.
        conference_parties_max: u32 = "16", Count(3, 64);
        /// Users; and as many accounts again that are no users of the contact centre. Over it: another one is refused.
        users_max: u32 = "100000", Count(1, 10_000_000);
        /// Teams. Over it: another one is refused.
        teams_max: u32 = "10000", Count(1, 1_000_000);
        /// Reason codes of both categories. Over it: another one is refused.
        reason_codes_max: u32 = "1000", Count(1, 100_000);
        /// Team messages at a time, of all teams together. Over it: another one is refused until one is deleted, or its time over.
        team_messages_max: u32 = "1000", Count(1, 100_000);
        /// Wrap-up reasons. Over it: another one is refused.
        wrap_up_reasons_max: u32 = "1500", Count(1, 100_000);
        /// Workflows. Over it: another one is refused.
        workflows_max: u32 = "100", Count(1, 10_000);
        /// Actions of workflows. Over it: another one is refused.
        workflow_actions_max: u32 = "100", Count(1, 10_000);
        /// Layouts of call data, the default included. Over it: another one is refused.
        media_layouts_max: u32 = "200", Count(1, 10_000);
        /// Media domains besides that of calls. Over it: another one is refused.
        media_domains_max: u32 = "100", Count(1, 10_000);
        /// Tasks of media domains at a time, whether somebody has them or not. Over it: another one is refused with 400
        /// until some are done.
        tasks_max: u32 = "10000", Count(1, 1_000_000);
        /// Phone books for all teams. Over it: another one is refused.
        global_phone_books_max: u32 = "10", Count(1, 10_000);
        /// Phone books for some teams. Over it: another one is refused.
        team_phone_books_max: u32 = "300", Count(1, 10_000);
        /// Contacts of all phone books. Over it: another one is refused.
        contacts_max: u32 = "50000", Count(1, 1_000_000);
        /// Contacts of one phone book. Over it: another one, and an import of more, is refused.
        contacts_per_phone_book_max: u32 = "6000", Count(1, 12_000);
        /// Contacts in the phone books of one user. Over it: those that follow are left out.
        contacts_shown_max: u32 = "1500", Count(1, 100_000);
        /// Contacts in the phone books of one team, in TeamResource. Over it: 416.
        contacts_of_team_max: u32 = "6000", Count(1, 100_000);
        /// Ranges of extensions. Over it: another one is refused.
        extension_ranges_max: u32 = "1000", Count(1, 100_000);
    }
}

settings! {
    /// Rosters and presence between users.
    pub Roster in "roster." {
        /// Contacts in one user's roster, those included that only wait for an answer. Over it: policy-violation; a request
        /// from somebody else is not noted.
        contacts_max: u32 = "1000", Count(1, 100_000);
        /// Groups that one contact is in. Over it: not-acceptable.
        groups_max: u32 = "16", Count(1, 1000);
        /// Bytes in a contact's name and in a group's. Over it: not-acceptable.
        text_bytes_max: usize = "1023", Size(64);
        /// Addresses that one user has blocked (XEP-0191). Over it: policy-violation.
        blocked_max: u32 = "1000", Count(1, 100_000);
    }
}

settings! {
    /// The logs that agents' desktops send, which are files in the data folder.
    pub ClientLogs in "client_logs." {
        /// Bytes in one log. Over it: 413.
        bytes_max: usize = "\"10 MiB\"", Size(1024);
        /// Logs of one user. Over it: the user's oldest is deleted.
        per_user_max: u32 = "20", Count(1, 10_000);
        /// Logs of all users. Over it: the oldest is deleted.
        logs_max: u32 = "500", Count(1, 100_000);
        /// Logs that arrive at the same time; each takes about three times its length of memory. Over it: a log waits, and after
        /// ten seconds 503.
        arriving_max: u32 = "8", Count(1, 10_000);
    }
}

settings! {
    /// Events from outside (docs/events-from-outside.md): systems that publish over /offhook/v1/events with a token.
    pub Events in "events." {
        /// Publishers. Over it: another one is refused.
        publishers_max: u32 = "100", Count(0, 10_000);
        /// Events that one publisher may send in a minute; as many at once as in a minute. Over it: 429 with Retry-After.
        per_minute_max: u32 = "6000", Count(1, 10_000_000);
        /// Bytes in the body of a request with events. Over it: 413.
        body_bytes_max: usize = "\"1 MiB\"", Size(1024);
        /// Events in one request. Over it: 413.
        batch_events_max: u32 = "500", Count(1, 100_000);
        /// Bytes in the id of an event. Over it: the event is refused, 400.
        id_bytes_max: usize = "255", Size(16);
        /// Events of each publisher that are remembered, so that one which comes again is answered as the first time and not
        /// published again. Over it: the oldest is forgotten. Each takes some 300 bytes of memory.
        remembered_max: u32 = "10000", Count(0, 10_000_000);
        /// How long they are remembered. Over it: the same event again is a new one.
        remembered_for: Duration = "\"24 h\"", Span::seconds(1, 31 * 86_400);
    }
}

settings! {
    /// Ad-hoc commands, with which administrators manage accounts and sessions.
    pub Commands in "commands." {
        /// Commands of one session that wait for a form. Over it: resource-constraint.
        per_session_max: u32 = "16", Count(1, 1000);
        /// How long a command waits for its form. Over it: session-expired.
        form_timeout: Duration = "\"10 min\"", Span::seconds(1, 86_400);
        /// After this time with nothing but pings, a user who is online counts as idle in the lists for administrators.
        idle_after: Duration = "\"10 min\"", Span::seconds(1, 86_400);
    }
}

settings! {
    /// Recovery by position: a client that was away gets what it missed, complete and in order, or is told that it cannot
    /// (docs/recovery.md). The history is in memory; what a restart forgets of it is below.
    pub Recovery in "recovery." {
        /// Stamps every event with its position, keeps the last ones and announces it. Clients that do not know the stamp
        /// ignore it. Off: events look exactly as Finesse sends them, and nothing is kept.
        enabled: bool = "true", Switch;
        /// Events remembered per node. Over it: the oldest goes, and who has missed it is told to read the current state.
        events_per_node_max: u32 = "256", Count(1, 1_000_000);
        /// Bytes of remembered events, all nodes together. Over it: the oldest of all go, as above. The default has room
        /// for some 70000 events: with 20000 agents, for the last five minutes of a very busy day.
        history_bytes_max: usize = "\"128 MiB\"", Size(65_536);
        /// How long an event is remembered. Who has missed an older one is told to read the current state.
        history_age_max: Duration = "\"24 h\"", Span::seconds(1, 31 * 86_400);
        /// Bytes of remembered events that a snapshot of the log keeps, the newest ones. At a start, these and the
        /// events since the snapshot are remembered. Over it: older ones are forgotten then.
        snapshot_bytes_max: usize = "\"16 MiB\"", Size(0);
        /// Nodes in one request. Over it: not-acceptable.
        nodes_per_request_max: u32 = "1000", Count(1, 100_000);
        /// Events sent for one request. Over it: the client asks again from there.
        events_per_reply_max: u32 = "500", Count(1, 100_000);
        /// Bytes of the events sent for one request. Over it: as above. Never more than half of limits.outbox_bytes_max,
        /// where they wait for the client.
        reply_bytes_max: usize = "\"256 KiB\"", Size(1024);
    }
}

settings! {
    /// Faults on demand: administrators make happen here what goes wrong in the field (docs/faults.md).
    pub Faults in "faults." {
        /// Whether they may: true, false, or "demo": with the demonstration they may. Where people work, leave it off.
        enabled: Option<bool> = "\"demo\"", SwitchOrDemo;
        /// Faults that are active at a time. Over it: another one is refused.
        active_max: u32 = "100", Count(1, 10_000);
        /// How often one fault may strike. Over it: it is refused.
        times_max: u32 = "10000", Count(1, 1_000_000);
        /// How long a fault lasts if neither a time nor a count is given.
        duration: Duration = "\"5 min\"", Span::seconds(1, 86_400);
        /// How long a fault may last, those with a count too. Over it: it is refused.
        duration_max: Duration = "\"1 h\"", Span::seconds(1, 86_400);
        /// How late a fault may make an event or an answer. Over it: it is refused.
        delay_max: Duration = "\"1 min\"", Span::seconds(1, 3_600);
        /// Faults that are over and can still be looked at. Over it: the oldest is forgotten.
        over_max: u32 = "100", Count(1, 10_000);
    }
}

/// Every row, in the order of the annotated example.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    sections().into_iter().flat_map(|(_, settings)| settings)
}

/// The sections: what stands above each in the example, and its rows.
pub(super) fn sections() -> [(&'static str, &'static [Setting]); 19] {
    [
        ("", General::SETTINGS),
        ("tls", Tls::SETTINGS),
        ("web", Web::SETTINGS),
        ("tcp", Tcp::SETTINGS),
        ("bosh", Bosh::SETTINGS),
        ("limits", Limits::SETTINGS),
        ("sessions", Sessions::SETTINGS),
        ("auth", Auth::SETTINGS),
        ("tokens", Tokens::SETTINGS),
        ("log", Log::SETTINGS),
        ("pubsub", Pubsub::SETTINGS),
        ("recovery", Recovery::SETTINGS),
        ("contact", Contact::SETTINGS),
        ("roster", Roster::SETTINGS),
        ("commands", Commands::SETTINGS),
        ("faults", Faults::SETTINGS),
        ("client_logs", ClientLogs::SETTINGS),
        ("events", Events::SETTINGS),
        ("pair", Pair::SETTINGS),
    ]
}
