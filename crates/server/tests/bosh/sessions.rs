//! What well-behaved clients do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xmpp::ns;

use crate::client::*;
use crate::start::TestServer;

async fn change_state(server: &TestServer, state: &str) {
    let credentials = STANDARD.encode("1001001:offhook");
    let headers = format!("Authorization: Basic {credentials}\r\nContent-Type: application/xml\r\n");
    let extension = if state == "LOGIN" { "<extension>1001001</extension>" } else { "" };
    let body = format!("<User><state>{state}</state>{extension}</User>");
    let answer =
        http(server.address(), "PUT /finesse/api/User/1001001", &headers, &body).await.answer().await;
    assert_eq!(answer.status, 202, "{answer:?}");
}

/// The first answer has what XEP-0124 §7.2 and XEP-0206 §4 ask for, with a sid that cannot be guessed.
#[tokio::test]
async fn checklist_110_the_first_answer_over_a_socket() {
    let server = TestServer::start("").await;
    let answer =
        post(server.address(), &creation("hold='1' ver='1.6' wait='300' ack='1'")).await.answer().await;
    assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.xml();
    for (name, value) in [
        ("wait", "60"),
        ("requests", "2"),
        ("hold", "1"),
        ("inactivity", "75"),
        ("polling", "5"),
        ("maxpause", "120"),
        ("from", "localhost"),
        ("ver", "1.6"),
        ("ack", "1000"),
    ] {
        assert_eq!(body.attribute(name), Some(value), "{name}");
    }
    for (name, value) in [("version", "1.0"), ("restartlogic", "true")] {
        assert_eq!(body.attribute_ns(name, ns::XBOSH), Some(value), "{name}");
    }
    let is_hex = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(body.attribute("sid").is_some_and(is_hex), "{body:?}");
    assert!(body.attribute("authid").is_some_and(|id| !id.is_empty()), "{body:?}");
    let features = body.child("features", ns::STREAMS).expect("features");
    let mechanisms: Vec<String> = features
        .child("mechanisms", ns::SASL)
        .expect("mechanisms")
        .elements()
        .map(xmpp::Element::text)
        .collect();
    assert!(mechanisms.contains(&"PLAIN".to_owned()), "{mechanisms:?}");
    // There is no one connection to bind to.
    assert!(!mechanisms.iter().any(|mechanism| mechanism.ends_with("-PLUS")), "{mechanisms:?}");
    let sids = [Client::begin(server.address()).await.sid, Client::begin(server.address()).await.sid];
    assert_ne!(sids[0], sids[1]);
    server.server.stop().await;
}

/// After authentication a restart brings the new features, and payloads in it are ignored (XEP-0206 §5); then an event comes to the request
/// that waits, in `jabber:client`.
#[tokio::test]
async fn checklist_115_sign_in_subscribe_and_hear_of_an_event() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    client.subscribe("/finesse/api/User/1001001").await;
    let waiting = client.send("", "").await;
    change_state(&server, "LOGIN").await;
    let body = waiting.xml().await;
    let message = body.child("message", ns::CLIENT).expect("a message");
    assert_eq!(message.attribute("to"), Some(client.jid.as_str()));
    assert!(message.child("event", ns::PUBSUB_EVENT).is_some());

    // What nobody waits for waits itself.
    change_state(&server, "READY").await;
    let body = client.send("", "").await.xml().await;
    assert!(body.to_xml().contains("READY"), "{body:?}");
    server.server.stop().await;
}

/// Features and everything else in the streams namespace has the prefix `stream`, declared on the body (XEP-0206 §2).
#[tokio::test]
async fn checklist_119_the_stream_prefix_is_declared_on_the_body() {
    let server = TestServer::start("").await;
    let answer = post(server.address(), &creation(USUAL)).await.answer().await;
    let head = answer.body.split('>').next().expect("a tag");
    assert!(head.contains("xmlns:stream=\"http://etherx.jabber.org/streams\""), "{head}");
    assert!(answer.body.contains("<stream:features"), "{}", answer.body);
    server.server.stop().await;
}

/// Stanzas of clients that leave them in the namespace of the body are stanzas all the same (XEP-0206 §2).
#[tokio::test]
async fn checklist_120_stanzas_without_a_namespace_of_their_own() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    let body = client.ask("<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>").await;
    let pong = body.child("iq", ns::CLIENT).expect("an iq");
    assert_eq!((pong.attribute("type"), pong.attribute("id")), (Some("result"), Some("p")));
    server.server.stop().await;
}

/// Requests that overtake one another, and repeated ones, change nothing (XEP-0124 §14).
#[tokio::test]
async fn checklist_112_reordered_and_repeated_requests_over_sockets() {
    let server = TestServer::start("").await;
    let client = Client::sign_in(server.address(), "1001001", "desktop").await;
    let ping = |id: &str| {
        format!(
            "<iq xmlns='jabber:client' type='get' id='{id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"
        )
    };
    let second = client.send_again(client.rid + 2, "", &ping("b")).await;
    let first = client.send_again(client.rid + 1, "", &ping("a")).await;
    let ids = |body: &xmpp::Element| {
        body.elements().map(|iq| iq.attribute("id").unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    let first = first.answer().await;
    let mut answered = ids(&first.xml());
    if answered.len() < 2 {
        answered.extend(ids(&second.xml().await));
    } else {
        drop(second);
    }
    assert_eq!(answered, ["a", "b"]);
    let again = client.send_again(client.rid + 1, "", &ping("a")).await.answer().await;
    assert_eq!(again.body, first.body);
    server.server.stop().await;
}

/// A wrong password is answered as on every transport, and the next attempt may follow.
#[tokio::test]
async fn a_wrong_password_can_be_corrected() {
    let server = TestServer::start("").await;
    let mut client = Client::begin(server.address()).await;
    let failure = client.ask(&auth("1001001", "wrong")).await;
    assert!(
        failure.child("failure", ns::SASL).is_some_and(|f| f.child("not-authorized", ns::SASL).is_some())
    );
    let success = client.ask(&auth("1001001", "offhook")).await;
    assert!(success.child("success", ns::SASL).is_some());
    server.server.stop().await;
}

/// Two empty requests of one session at once come too often (XEP-0124 §11).
#[tokio::test]
async fn checklist_116_polling_too_often_over_sockets() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    let before = server.server.metrics().bosh_requests.get();
    let first = client.send("", "").await;
    server.until(|metrics| metrics.bosh_requests.get() > before).await;
    let second = client.send("", "").await;
    let (first, second) = (first.xml().await, second.xml().await);
    expect_end(&first, "other-request");
    expect_end(&second, "policy-violation");
    server
        .until(|metrics| metrics.bosh_sessions_broken.get() == 1 && metrics.bosh_sessions_open.get() == 0)
        .await;
    server.server.stop().await;
}

/// A pause frees the requests that wait (XEP-0124 §10).
#[tokio::test]
async fn checklist_118_a_pause_over_sockets() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    let held = client.send("", "").await;
    let pause = client.send("pause='120'", "").await;
    assert_eq!((held.xml().await.elements().count(), pause.xml().await.elements().count()), (0, 0));
    let pause = client.send("pause='121'", "").await;
    expect_end(&pause.xml().await, "policy-violation");
    server.server.stop().await;
}
