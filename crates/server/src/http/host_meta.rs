//! Where to connect to, for clients that know only the domain (XEP-0156, RFC 6415).

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, HOST};
use http::uri::Authority;
use serde_json::json;

use crate::config::{Config, ListenAddress};
use crate::transports::Peer;

/// The documents at `/.well-known/host-meta` and `/.well-known/host-meta.json`.
///
/// They name `wss:` and `https:` addresses and no others (XEP-0156 §2.2), so without TLS they are empty.
pub(super) struct HostMeta {
    /// Where clients reach https, if that is not the address that their request names.
    public: Option<String>,
    /// The port of the https listener.
    port: Option<u16>,
    /// For requests that name no host.
    domain: String,
    /// The path of the WebSocket.
    line: String,
    serves_bosh: bool,
}

/// Which of the two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The Extensible Resource Descriptor, in XML.
    Xrd,
    /// The same in JSON (RFC 6415 appendix A).
    Jrd,
}

impl HostMeta {
    /// - `port`: of the https listener.
    pub(super) fn new(config: &Config, port: Option<u16>) -> HostMeta {
        HostMeta {
            public: config.web.public_address.as_ref().map(ListenAddress::to_string),
            port,
            domain: config.domain.clone(),
            line: config.web.websocket_paths[0].clone(),
            serves_bosh: config.bosh.enabled,
        }
    }

    /// Answers a request. Every page may read the answer: it is the same for everybody (XEP-0156 §5).
    pub(super) fn answer(&self, peer: Peer, request: &Request, format: Format) -> Response {
        let named =
            request.headers().get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
        let authority = request.uri().authority().or(named.as_ref());
        let links = self.links(peer.is_encrypted, authority);
        let (kind, body) = match format {
            Format::Xrd => ("application/xrd+xml; charset=utf-8", xrd(&links)),
            Format::Jrd => ("application/json", jrd(&links)),
        };
        let headers = [
            (CONTENT_TYPE, kind),
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            // It depends on the name that the client has for this server.
            (CACHE_CONTROL, "no-cache"),
        ];
        (headers, body).into_response()
    }

    /// Relation and address of each way to connect.
    ///
    /// - `authority`: what the request was sent to.
    fn links(&self, is_encrypted: bool, authority: Option<&Authority>) -> Vec<(&'static str, String)> {
        let Some(at) = self.address(is_encrypted, authority) else { return Vec::new() };
        let mut links = vec![(WEBSOCKET, format!("wss://{at}{}", self.line))];
        if self.serves_bosh {
            links.push((BOSH, format!("https://{at}/http-bind/")));
        }
        links
    }

    /// Host and port that encrypted connections go to.
    fn address(&self, is_encrypted: bool, authority: Option<&Authority>) -> Option<String> {
        if let Some(public) = &self.public {
            return Some(public.clone());
        }
        let host = authority.map_or(self.domain.as_str(), Authority::host);
        match (authority, is_encrypted) {
            // The client has come by this address, whatever is in between.
            (Some(authority), true) => match authority.port() {
                Some(port) => Some(format!("{host}:{port}")),
                None => Some(host.to_owned()),
            },
            _ => self.port.map(|port| format!("{host}:{port}")),
        }
    }
}

fn xrd(links: &[(&str, String)]) -> String {
    let mut document = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    document.push_str("<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n");
    for (relation, address) in links {
        document.push_str("  <Link rel=\"");
        document.push_str(relation);
        document.push_str("\" href=\"");
        xmpp::escape_attribute(address, &mut document);
        document.push_str("\"/>\n");
    }
    document.push_str("</XRD>\n");
    document
}

fn jrd(links: &[(&str, String)]) -> String {
    let links: Vec<_> = links.iter().map(|(rel, href)| json!({ "rel": rel, "href": href })).collect();
    json!({ "links": links }).to_string()
}

const WEBSOCKET: &str = "urn:xmpp:alt-connections:websocket";
const BOSH: &str = "urn:xmpp:alt-connections:xbosh";

#[cfg(test)]
mod tests {
    use super::*;

    fn links(settings: &str, port: Option<u16>, is_encrypted: bool, authority: Option<&str>) -> Vec<String> {
        let config = Config::parse(&format!("data = \"x\"\n{settings}")).expect("a good configuration");
        let authority = authority.map(|authority| authority.parse().expect("an authority"));
        let links = HostMeta::new(&config, port).links(is_encrypted, authority.as_ref());
        links.into_iter().map(|(_, address)| address).collect()
    }

    /// Only addresses with TLS are named, and those that the client can reach (XEP-0156 §2.2).
    #[test]
    fn checklist_067_links_are_encrypted_and_reachable() {
        let desk = Some("desk.example.com:8445");
        let expected = ["wss://desk.example.com:8445/ws/", "https://desk.example.com:8445/http-bind/"];
        assert_eq!(links("", Some(8445), true, desk), expected);
        assert_eq!(links("", Some(8445), false, Some("desk.example.com:7071")), expected);
        assert_eq!(
            links("", Some(8445), true, Some("[::1]:8445")),
            ["wss://[::1]:8445/ws/", "https://[::1]:8445/http-bind/"]
        );
        let forwarded = ["wss://desk.example.com/ws/", "https://desk.example.com/http-bind/"];
        assert_eq!(links("", Some(8445), true, Some("desk.example.com")), forwarded);
        assert_eq!(links("", None, false, desk), <[String; 0]>::default());
        let public = "[web]\npublic_address = \"xmpp.example.com:443\"";
        for (port, is_encrypted) in [(None, false), (Some(8445), true)] {
            let expected = ["wss://xmpp.example.com:443/ws/", "https://xmpp.example.com:443/http-bind/"];
            assert_eq!(links(public, port, is_encrypted, desk), expected);
        }
        assert_eq!(links("[bosh]\nenabled = false", Some(1), true, desk), &expected[..1]);
        let alias = "[web]\nwebsocket_paths = [\"/xmpp-websocket\", \"/ws/\"]";
        assert_eq!(links(alias, Some(1), true, desk)[0], "wss://desk.example.com:8445/xmpp-websocket");
    }

    /// Both formats say the same (XEP-0156 §3).
    #[test]
    fn checklist_067_both_formats() {
        let links = [(BOSH, "https://a/?x&y".to_owned())];
        assert_eq!(
            xrd(&links),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
             <Link rel=\"urn:xmpp:alt-connections:xbosh\" href=\"https://a/?x&amp;y\"/>\n</XRD>\n"
        );
        assert_eq!(
            jrd(&links),
            "{\"links\":[{\"href\":\"https://a/?x&y\",\"rel\":\"urn:xmpp:alt-connections:xbosh\"}]}"
        );
    }
}
