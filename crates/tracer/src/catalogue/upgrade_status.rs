//! The answer to the WebSocket request has a status other than 101.

use super::entry::{Actor::*, Confidence::*, Entry, Severity::*, Sign};
use crate::Stage;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "UP-200",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "An ordinary page came back instead of a WebSocket",
        seen: "The answer to the WebSocket request has status 200, and mostly an HTML page or a short text as its body.",
        causes: &[
            "A proxy on the way dropped the headers Upgrade and Connection, so that the server saw an ordinary GET",
            "The path is not the one of the WebSocket endpoint",
        ],
        actions: &[
            "Send the same request past the proxy to the server. If it is answered with 101 there, look at the proxy.",
            "In the proxy use HTTP/1.1 towards the server and pass on `Upgrade` and `Connection: upgrade`.",
            "If the direct request gives 200 as well, correct the path; /ws/ is the usual one.",
        ],
        actors: &[ProxyAdministrator, ClientDeveloper],
        references: &[
            "RFC 6455 §4.2.2",
            "RFC 9110 §7.8",
            "nginx: needs proxy_http_version 1.1 and both headers set by hand",
        ],
        explanation: "Upgrade and Connection are meant for one hop only, and a proxy that was not told otherwise \
            removes them. What it then passes on is a perfectly good request for a page, and the server answers it. The \
            title of the page often tells who answered: a sign-in page, a proxy's own page, or the server's greeting.",
        see_also: &["UP-426", "UP-404", "TLS-INTERCEPT"],
        signs: &[Sign::UpgradeStatus(200)],
    },
    Entry {
        id: "UP-301",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The WebSocket request was redirected",
        seen: "The answer has status 301, 302, 303, 307 or 308 and a Location header. Browsers do not follow it.",
        causes: &[
            "The plain port sends everybody to the TLS port, or the path lacks its slash at the end (/ws for /ws/)",
            "The session with the identity provider is over, and the Location is its sign-in page",
            "The node is not the active one and points to its peer",
        ],
        actions: &[
            "Read the Location. If it is the same place with https or another path, use that, with wss:.",
            "If it is a sign-in page, sign in again; and exempt this path from the proxy's own sign-in if it has one.",
            "If it is the other node, let the client find the active node before it connects.",
        ],
        actors: &[ClientDeveloper, ProxyAdministrator, IdentityProvider],
        references: &[
            "RFC 6455 §4.1",
            "RFC 9110 §15.4",
            "Finesse 12.5: plain HTTP is redirected to port 8445",
        ],
        explanation: "A page in a browser survives a redirect without anybody noticing; a WebSocket does not. \
            A client may follow one by itself, and then has to take care not to go from an encrypted to a plain \
            address and not to go in circles.",
        see_also: &["UP-401", "ST-SEE-OTHER", "REST-301"],
        signs: &[
            Sign::UpgradeStatus(301),
            Sign::UpgradeStatus(302),
            Sign::UpgradeStatus(303),
            Sign::UpgradeStatus(307),
            Sign::UpgradeStatus(308),
        ],
    },
    Entry {
        id: "UP-400",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Possible,
        title: "The WebSocket request is called malformed",
        seen: "The answer has status 400.",
        causes: &[
            "A proxy speaks HTTP/1.0 to the server or has dropped one of the WebSocket headers",
            "The Host or Origin header is not what the server expects",
            "Headers, mostly cookies, are larger than the server permits",
        ],
        actions: &[
            "Compare the headers that the client sent with those that arrived at the server.",
            "In the proxy use HTTP/1.1 towards the server and hand on Host.",
            "Try once without cookies, for instance in a private window.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator],
        references: &["RFC 6455 §4.2.1", "RFC 9110 §15.5.1"],
        explanation: "A server has to answer 400 when a required part of the request is missing: Upgrade, Connection, \
            Sec-WebSocket-Key or Sec-WebSocket-Version. Many products use it for everything else as well, so the body \
            and the server's log are worth reading before a guess.",
        see_also: &["UP-426", "UP-411-413-431", "TLS-TO-PLAIN", "TLS-MTLS"],
        signs: &[Sign::UpgradeStatus(400)],
    },
    Entry {
        id: "UP-401",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "Credentials are wanted before the WebSocket is opened",
        seen: "The answer has status 401, usually with a WWW-Authenticate header.",
        causes: &[
            "A reverse proxy authenticates the WebSocket request, and the client sent nothing or something expired",
            "The path belongs to another application, one that wants a login",
        ],
        actions: &[
            "See in WWW-Authenticate and Server who is asking, and send what is wanted; refresh an expired token first.",
            "Or let the proxy pass this path: the login happens inside the line, with SASL.",
        ],
        actors: &[ProxyAdministrator, ClientDeveloper, IdentityProvider],
        references: &[
            "RFC 6455 §4.1",
            "RFC 9110 §15.5.2",
            "Finesse 12.6: the reverse proxy for access without VPN can authenticate the WebSocket request",
        ],
        explanation: "Scripts in a browser cannot add an Authorization header to a WebSocket; what a proxy wants must \
            come as a cookie or in the address. This failure is not about the agent's password for the line, which has \
            not been sent yet.",
        see_also: &["UP-301", "UP-407", "SA-NOT-AUTHORIZED", "TIME-TOKEN"],
        signs: &[Sign::UpgradeStatus(401)],
    },
    Entry {
        id: "UP-403",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Possible,
        title: "The WebSocket request is forbidden from here",
        seen: "The answer has status 403.",
        causes: &[
            "The Origin of the page is not on the server's list of permitted ones",
            "A web application firewall or an address filter refuses the request",
            "The server wants a client certificate of the proxy and did not get a good one",
        ],
        actions: &[
            "Repeat the request with another Origin header and without one; if that helps, the server's list lacks the page's origin.",
            "Look in the firewall's log for this address and time.",
            "If REST through the same proxy gets 403 too, look at the trust between proxy and server.",
        ],
        actors: &[ServerAdministrator, ProxyAdministrator, Network],
        references: &["RFC 6455 §4.2.2", "RFC 6455 §10.2", "RFC 9110 §15.5.4"],
        explanation: "The rules of browsers that govern cross-origin requests do not apply to WebSockets, so servers \
            look at Origin themselves. A test tool sends none, or its own, and may get through where a \
            gadget does not.",
        see_also: &["TLS-MTLS", "UP-401", "REST-403"],
        signs: &[Sign::UpgradeStatus(403)],
    },
    Entry {
        id: "UP-404",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "There is no WebSocket under this path",
        seen: "The answer has status 404 (or 410).",
        causes: &[
            "The path is wrong",
            "The proxy has no rule for this path, or strips a part of it",
            "The notification service is not deployed or not started",
        ],
        actions: &[
            "Try the usual paths: /ws/ and /ws (Finesse, Offhook, Openfire), /xmpp-websocket (Prosody), /websocket (ejabberd).",
            "Ask the server where it is: /.well-known/host-meta lists the address on many servers.",
            "Compare with the path in the proxy's rules, with and without the slash at the end.",
        ],
        actors: &[ClientDeveloper, ProxyAdministrator, ServerAdministrator],
        references: &["RFC 9110 §15.5.5", "RFC 7395 §4", "XEP-0156"],
        explanation: "The web server is there and knows nothing under this name. Its page and its Server header show \
            whether the proxy or the server behind it has answered. /http-bind is the path for BOSH, which carries the \
            same stanzas in ordinary requests, and no WebSocket.",
        see_also: &["UP-405", "UP-200", "UP-BOSH-ONLY"],
        signs: &[Sign::UpgradeStatus(404), Sign::UpgradeStatus(410)],
    },
    Entry {
        id: "UP-405",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The path exists and does not take this kind of request",
        seen: "The answer has status 405.",
        causes: &[
            "The path is that of another service, for instance of BOSH, which wants POST",
            "A proxy permits certain methods only",
        ],
        actions: &[
            "Correct the path: a WebSocket is opened with GET, and this path does not expect one.",
            "Read the Allow header; it lists what is expected.",
        ],
        actors: &[ClientDeveloper, ProxyAdministrator],
        references: &["RFC 9110 §15.5.6", "RFC 6455 §4.1"],
        explanation: "Somebody answers under this path and is not the WebSocket endpoint. As with 404 the headers \
            tell whether it is the proxy or the server.",
        see_also: &["UP-404"],
        signs: &[Sign::UpgradeStatus(405)],
    },
    Entry {
        id: "UP-407",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Certain,
        title: "A forward proxy wants credentials",
        seen: "The answer has status 407 and a Proxy-Authenticate header.",
        causes: &[
            "The company's proxy wants the user to sign in, and the client did not",
            "The client sends the plain request to the proxy instead of asking for a tunnel",
        ],
        actions: &[
            "Sign in to the proxy, or let the client use the credentials of the operating system.",
            "Or go around the proxy for this host (proxy exceptions, PAC file).",
        ],
        actors: &[DesktopAdministrator, ProxyAdministrator],
        references: &["RFC 9110 §15.5.8", "RFC 6455 §4.1"],
        explanation: "The answer is the proxy's, not the server's, which has heard nothing. Plain ws: connections \
            suffer most from forward proxies; with wss: there is a tunnel that the proxy cannot look into.",
        see_also: &["PROXY-CONNECT", "UP-401"],
        signs: &[Sign::UpgradeStatus(407)],
    },
    Entry {
        id: "UP-411-413-431",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The request is too large or lacks a length",
        seen: "The answer has status 411, 413 or 431.",
        causes: &[
            "Cookies for this host have grown beyond what the proxy or server permits",
            "A device on the way takes the request for one that should have a body",
        ],
        actions: &[
            "Delete the cookies of this host and try again; a private window does as well.",
            "Find out which application sets the large cookies, and raise the limit for headers if they must be.",
        ],
        actors: &[Agent, ProxyAdministrator],
        references: &["RFC 6585 §5", "RFC 9110 §15.5.12", "RFC 9110 §15.5.14"],
        explanation: "Only some agents are affected: those whose browsers have collected cookies from other \
            applications of the same company domain, single sign-on among them. It comes back after some days if only \
            the cookies are deleted.",
        see_also: &["UP-400"],
        signs: &[Sign::UpgradeStatus(411), Sign::UpgradeStatus(413), Sign::UpgradeStatus(431)],
    },
    Entry {
        id: "UP-412",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "A hardened proxy does not accept this client",
        seen: "The answer has status 412 (precondition failed).",
        causes: &[
            "The proxy's rules know the User-Agents of browsers only, and this is another program",
            "A condition in the request's headers was not met",
        ],
        actions: &[
            "Let the client send a User-Agent that the proxy's rules permit, or add this one to the rules.",
        ],
        actors: &[ProxyAdministrator, ClientDeveloper],
        references: &[
            "RFC 9110 §15.5.13",
            "Finesse 12.6: published reverse proxy rules check the User-Agent",
        ],
        explanation: "Nothing in a WebSocket request calls for this status; it is a choice of some reverse proxy \
            configurations. A browser on the same computer will get through.",
        see_also: &["UP-403"],
        signs: &[Sign::UpgradeStatus(412)],
    },
    Entry {
        id: "UP-426",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The server misses the upgrade, or wants another version of it",
        seen: "The answer has status 426, perhaps with `Upgrade: websocket` and with `Sec-WebSocket-Version`.",
        causes: &[
            "A proxy on the way dropped the header Upgrade",
            "The client asks for a version of the protocol other than 13",
        ],
        actions: &[
            "In the proxy use HTTP/1.1 towards the server and pass on `Upgrade` and `Connection: upgrade`.",
            "If the answer has Sec-WebSocket-Version, the client has to use that version.",
        ],
        actors: &[ProxyAdministrator, ClientDeveloper],
        references: &["RFC 6455 §4.2.2", "RFC 6455 §4.4", "RFC 9110 §15.5.22"],
        explanation: "This is UP-200 from a server that says what it misses. As every browser of the last ten years \
            speaks version 13, the proxy is nearly always the cause.",
        see_also: &["UP-200", "TLS-ALPN-H2"],
        signs: &[Sign::UpgradeStatus(426)],
    },
    Entry {
        id: "UP-429",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "Too many requests came from this address",
        seen: "The answer has status 429, often with a Retry-After header.",
        causes: &[
            "Many agents share one public address, and the limit counts addresses",
            "Clients that lost their line are all coming back at once",
            "One client tries again and again without a pause",
        ],
        actions: &[
            "Wait as long as Retry-After says.",
            "Let the proxy hand on the real addresses of the clients, or raise the limit for this one.",
            "Let clients wait longer after each failure and by a random amount.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator, ClientDeveloper],
        references: &["RFC 6585 §4", "RFC 6455 §7.2.3"],
        explanation: "A limit by address is meant against attackers and meets offices. Look first at whether one \
            address stands for many people. After a restart of the server the storm is normal and has to be spread \
            over time by the clients.",
        see_also: &["RECON-STORM", "REST-429", "CLOSE-1013"],
        signs: &[Sign::UpgradeStatus(429)],
    },
    Entry {
        id: "UP-500",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Possible,
        title: "The server failed while opening the WebSocket",
        seen: "The answer has status 500.",
        causes: &[
            "A fault in the server, which its log names",
            "A part that the server needs, such as its database, is missing",
        ],
        actions: &[
            "Look in the server's log at the time of the request, and give both to whoever supports it.",
        ],
        actors: &[ServerAdministrator],
        references: &["RFC 9110 §15.6.1"],
        explanation: "Nothing on the client's side can be inferred from it. Whether it happens to everybody or to one \
            user tells the supporters most.",
        see_also: &["UP-503", "CLOSE-1011"],
        signs: &[Sign::UpgradeStatus(500)],
    },
    Entry {
        id: "UP-501",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The server does not do what the request asks for",
        seen: "The answer has status 501.",
        causes: &[
            "The request does not offer the subprotocol xmpp, and this server says so with 501",
            "The server or a proxy has no WebSocket support",
        ],
        actions: &[
            "Let the client send `Sec-WebSocket-Protocol: xmpp`.",
            "Check that the server's WebSocket module is installed and switched on.",
        ],
        actors: &[ClientDeveloper, ServerAdministrator],
        references: &["RFC 7395 §3.1", "RFC 9110 §15.6.2"],
        explanation: "In a browser the subprotocol is the second argument of the WebSocket constructor; forgetting it \
            gives a connection that works with tolerant servers only.",
        see_also: &["UP-PROTO-MISSING"],
        signs: &[Sign::UpgradeStatus(501)],
    },
    Entry {
        id: "UP-502",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The proxy cannot get an answer from the server behind it",
        seen: "The answer has status 502; its Server header names the proxy.",
        causes: &[
            "The service behind the proxy is down, or listens on another port",
            "The proxy does not accept the server's certificate, or the server does not accept the proxy's",
            "The server closes the connection early, for instance because of a limit on connections",
        ],
        actions: &[
            "Read the proxy's error log at this time: it names the address and the reason.",
            "From the proxy's machine, open the same address as the proxy does.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator],
        references: &["RFC 9110 §15.6.3"],
        explanation: "Everything between the client and the proxy is fine. If REST works through the same proxy, compare \
            the two rules: port, scheme and path of the server behind it.",
        see_also: &["UP-504", "UP-503", "TLS-MTLS", "CLOSE-1014"],
        signs: &[Sign::UpgradeStatus(502)],
    },
    Entry {
        id: "UP-503",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The service is not available at the moment",
        seen: "The answer has status 503, perhaps with Retry-After or an error document of the web service.",
        causes: &[
            "The service is starting, or out of service because it lost its link to the contact centre (CTI)",
            "Maintenance, or a limit on connections is reached",
        ],
        actions: &[
            "Ask SystemInfo until it says IN_SERVICE, then connect again.",
            "Or connect to the other node, if its SystemInfo says IN_SERVICE.",
        ],
        actors: &[ServerAdministrator],
        references: &["RFC 9110 §15.6.4", "Finesse: 503 while the state is OUT_OF_SERVICE"],
        explanation: "The state is meant to pass, and clients should wait and try again with growing pauses. If \
            it lasts longer than some minutes, look at the link between the service and the contact centre.",
        see_also: &["FO-OOS", "REST-503", "UP-502"],
        signs: &[Sign::UpgradeStatus(503)],
    },
    Entry {
        id: "UP-504",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Likely,
        title: "The proxy waited for the server and gave up",
        seen: "The answer has status 504, after a time that equals a timeout of the proxy.",
        causes: &[
            "The server behind the proxy hangs or is overloaded",
            "A firewall between proxy and server drops packets",
        ],
        actions: &[
            "Compare the time the answer took with the timeouts of the proxy, and look at the server at that time.",
            "From the proxy's machine, connect to the server's port.",
        ],
        actors: &[ProxyAdministrator, ServerAdministrator, Network],
        references: &["RFC 9110 §15.6.5"],
        explanation: "The proxy could not do its work in time. An answer after few seconds points to connecting, one after \
            a minute to a server that took the request and does not answer it.",
        see_also: &["UP-502", "UP-TIMEOUT"],
        signs: &[Sign::UpgradeStatus(504)],
    },
    Entry {
        id: "UP-OTHER",
        stage: Stage::Upgrade,
        severity: Fault,
        confidence: Possible,
        title: "The WebSocket request got an unusual answer",
        seen: "The answer has a status that has no entry of its own here.",
        causes: &["A device or service on the way that nobody expected has answered"],
        actions: &[
            "Read the headers Server and Via and the beginning of the body: they mostly name who answered.",
            "Send the same request from the server's own network and compare.",
        ],
        actors: &[ProxyAdministrator, Network],
        references: &["RFC 9110 §15"],
        explanation: "Whatever the status, the answer is not 101 and the connection is no WebSocket. Captive portals, \
            content filters and load balancers in maintenance use statuses of their own.",
        see_also: &["UP-403", "TLS-INTERCEPT"],
        signs: &[],
    },
];
