//! What is HTTP about it.

use crate::client::*;
use crate::start::TestServer;

/// Requests are POST; a person who looks gets a page; all else is refused (XEP-0124 §6).
#[tokio::test]
async fn checklist_109_post_only_and_a_page_for_people() {
    let server = TestServer::start("").await;
    let address = server.address();
    for path in ["/http-bind", "/http-bind/"] {
        let page = http(address, &format!("GET {path}"), "", "").await.answer().await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
        assert!(page.body.contains("BOSH"));
        let answer = http(address, &format!("POST {path}"), "", &creation(USUAL)).await.answer().await;
        assert!(answer.xml().attribute("sid").is_some());
    }
    let answer = http(address, "PUT /http-bind/", "", &creation(USUAL)).await.answer().await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, OPTIONS, POST")));
    server.server.stop().await;
}

/// What the request calls its content does not matter; answers are `text/xml` or what was asked for, and are never run as a
/// page (XEP-0124 §6, §7.1).
#[tokio::test]
async fn checklist_109_content_types() {
    let server = TestServer::start("").await;
    let address = server.address();
    for kind in ["application/x-www-form-urlencoded", "text/plain", "nonsense"] {
        let header = format!("Content-Type: {kind}\r\n");
        let answer = http(address, "POST /http-bind/", &header, &creation(USUAL)).await.answer().await;
        assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
        assert!(answer.xml().attribute("sid").is_some());
    }
    let asked = format!("{USUAL} content='text/html; charset=utf-8'");
    let answer = post(address, &creation(&asked)).await.answer().await;
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
    let client = Client {
        address,
        sid: answer.xml().attribute("sid").expect("a sid").to_owned(),
        rid: 1000,
        jid: String::new(),
    };
    let answer = client.send_again(1001, "type='terminate'", "").await.answer().await;
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    server.server.stop().await;
}

/// Browsers ask before pages of other origins may send, and hear yes or no by the list (Fetch, "CORS protocol").
#[tokio::test]
async fn checklist_109_options_answers_cors_by_the_list() {
    let server =
        TestServer::start("[web]\nallowed_origins = [\"same-host\", \"https://desk.example.com\"]").await;
    let address = server.address();
    let asked =
        "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type, x-more\r\n";
    for origin in ["https://desk.example.com", "http://localhost:3000"] {
        let headers = format!("Origin: {origin}\r\n{asked}");
        let answer = http(address, "OPTIONS /http-bind/", &headers, "").await.answer().await;
        assert_eq!(answer.status, 204, "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(answer.header("access-control-allow-methods"), Some("POST, GET, HEAD, OPTIONS"));
        assert_eq!(answer.header("access-control-allow-headers"), Some("content-type, x-more"));
        let headers = format!("Origin: {origin}\r\n");
        let answer = http(address, "POST /http-bind/", &headers, &creation(USUAL)).await.answer().await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert!(answer.header("vary").is_some_and(|vary| vary.contains("Origin")));
    }
    for line in ["OPTIONS /http-bind/", "POST /http-bind/"] {
        let headers = format!("Origin: https://evil.example\r\n{asked}");
        let answer = http(address, line, &headers, &creation(USUAL)).await.answer().await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None));
    }
    assert_eq!(server.server.metrics().bosh_sessions_begun.get(), 2);
    server.server.stop().await;
}

/// A session that is not there: a condition, or 404 for a client that had not told its version (XEP-0124 §17).
#[tokio::test]
async fn checklist_114_an_unknown_session() {
    let server = TestServer::start("").await;
    let address = server.address();
    let client = Client { address, sid: "0".repeat(32), rid: 1, jid: String::new() };
    expect_end(&client.send_again(1, "", "").await.xml().await, "item-not-found");

    let answer = post(address, &creation("hold='1' wait='60'")).await.answer().await;
    let sid = answer.xml().attribute("sid").expect("a sid").to_owned();
    let client = Client { address, sid, rid: 1000, jid: String::new() };
    // It is ended by a request far ahead, and then it is not known any more.
    for rid in [2000, 1001] {
        let answer = client.send_again(rid, "", "").await.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (404, ""));
    }
    server.server.stop().await;
}

/// What is no request is told so, and ends the session it names (XEP-0124 §17).
#[tokio::test]
async fn checklist_109_a_bad_request() {
    let server = TestServer::start("").await;
    let address = server.address();
    for body in [
        "",
        "hello",
        "<body/>",
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' ver='1.6' to='localhost'>text</body>",
    ] {
        expect_end(&post(address, body).await.xml().await, "bad-request");
    }
    let client = Client::begin(address).await;
    let sid = &client.sid;
    let text = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1001' sid='{sid}'><!-- no --></body>"
    );
    let answer = post(address, &text).await.xml().await;
    expect_end(&answer, "bad-request");
    let text = format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='x' sid='{sid}'/>");
    expect_end(&post(address, &text).await.xml().await, "bad-request");
    expect_end(&client.send_again(1001, "", "").await.xml().await, "item-not-found");
    server.server.stop().await;
}

/// Another domain, or none (XEP-0124 §17.2).
#[tokio::test]
async fn checklist_110_another_domain() {
    let server = TestServer::start("").await;
    let ask = async |to: &str| {
        let body = format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='1' ver='1.6' {to}/>");
        post(server.address(), &body).await.xml().await
    };
    expect_end(&ask("to='example.com'").await, "host-unknown");
    expect_end(&ask("").await, "improper-addressing");
    server.server.stop().await;
}

#[tokio::test]
async fn bosh_can_be_switched_off() {
    let server = TestServer::start("[bosh]\nenabled = false").await;
    assert_eq!(post(server.address(), &creation(USUAL)).await.answer().await.status, 404);
    server.server.stop().await;
}
