//! How clients find the addresses (XEP-0156).

use crate::client::*;
use crate::start::TestServer;

/// Both formats are there, for every page, with the addresses that are encrypted (XEP-0156 §2.2, §3, §5).
#[tokio::test]
async fn checklist_067_host_meta_in_both_formats() {
    let server = TestServer::start("[web]\npublic_address = \"desk.example.com:8445\"").await;
    let get = async |path: &str| http(server.address(), &format!("GET {path}"), "", "").await.answer().await;
    let xrd = get("/.well-known/host-meta").await;
    assert_eq!((xrd.status, xrd.header("content-type")), (200, Some("application/xrd+xml; charset=utf-8")));
    let jrd = get("/.well-known/host-meta.json").await;
    assert_eq!((jrd.status, jrd.header("content-type")), (200, Some("application/json")));
    for document in [xrd, jrd] {
        assert_eq!(document.header("access-control-allow-origin"), Some("*"));
        for part in [
            "urn:xmpp:alt-connections:websocket",
            "wss://desk.example.com:8445/ws/",
            "urn:xmpp:alt-connections:xbosh",
            "https://desk.example.com:8445/http-bind/",
        ] {
            assert!(document.body.contains(part), "{part} in {}", document.body);
        }
    }
    server.server.stop().await;
}

/// Nothing is named that is not encrypted (XEP-0156 §2.2).
#[tokio::test]
async fn checklist_067_host_meta_names_nothing_without_tls() {
    let server = TestServer::start("").await;
    let jrd = http(server.address(), "GET /.well-known/host-meta.json", "", "").await.answer().await;
    assert_eq!(jrd.body, "{\"links\":[]}");
    server.server.stop().await;
}
