//! How sessions end.

use xmpp::ns;

use crate::client::*;
use crate::start::TestServer;

/// The client's last word is heard, and the session is gone (XEP-0124 §13).
#[tokio::test]
async fn checklist_117_terminate_over_sockets() {
    let server = TestServer::start("").await;
    let mut other = Client::sign_in(server.address(), "1001001", "other").await;
    other.send("", "<presence xmlns='jabber:client'/>").await.xml().await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    client.send("", "<presence xmlns='jabber:client'/>").await.xml().await;
    let presence = other.send("", "").await.xml().await;
    assert!(presence.to_xml().contains("/desktop"), "{presence:?}");

    let waiting = client.send("", "").await;
    let last = client.send(
        "type='terminate'",
        "<presence xmlns='jabber:client' type='unavailable'><status>bye</status></presence>",
    );
    let last = last.await.xml().await;
    let oldest = waiting.xml().await;
    assert_eq!((oldest.attribute("type"), oldest.attribute("condition")), (Some("terminate"), None));
    assert_eq!((last.attribute("type"), last.elements().count()), (None, 0));
    // The others hear it with its text, so it was the client's own presence and not the server's for it.
    let presence = other.send("", "").await.xml().await;
    assert!(presence.to_xml().contains("<status>bye</status>"), "{presence:?}");
    expect_end(&client.send("", "").await.xml().await, "item-not-found");
    server.until(|metrics| metrics.bosh_sessions_open.get() == 1).await;
    server.server.stop().await;
}

/// A stream error travels in the body (XEP-0206 §6): here, another session takes the address over.
#[tokio::test]
async fn checklist_119_a_conflict_is_a_remote_stream_error() {
    let server = TestServer::start("").await;
    let mut older = Client::sign_in(server.address(), "1001001", "desktop").await;
    let waiting = older.send("", "").await;
    let mut newer = Client::sign_in(server.address(), "1001001", "desktop").await;
    let end = waiting.xml().await;
    expect_end(&end, "remote-stream-error");
    let error = end.child("error", ns::STREAMS).expect("a stream error");
    assert!(error.child("conflict", ns::STREAM_ERRORS).is_some());
    expect_end(&older.send("", "").await.xml().await, "item-not-found");

    // The same without a request that waits: the next one hears of it.
    let _newest = Client::sign_in(server.address(), "1001001", "desktop").await;
    let end = newer.send("", "").await.xml().await;
    expect_end(&end, "remote-stream-error");
    assert!(end.to_xml().contains("<conflict "), "{end:?}");
    server.server.stop().await;
}

/// What the stream refuses ends the session in the same way.
#[tokio::test]
async fn checklist_119_a_stanza_before_authentication_is_a_remote_stream_error() {
    let server = TestServer::start("").await;
    let mut client = Client::begin(server.address()).await;
    let end = client.ask("<message xmlns='jabber:client' to='localhost'/>").await;
    expect_end(&end, "remote-stream-error");
    assert!(end.to_xml().contains("<not-authorized "), "{end:?}");
    server.server.stop().await;
}

/// Whoever waits when the server stops is told.
#[tokio::test]
async fn checklist_119_a_server_that_stops_tells_those_who_wait() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    let _away = Client::sign_in(server.address(), "1001002", "desktop").await;
    let before = server.server.metrics().bosh_requests.get();
    let waiting = client.send("", "").await;
    server.until(|metrics| metrics.bosh_requests.get() > before).await;
    let stopped = tokio::spawn(server.server.stop());
    let end = waiting.xml().await;
    expect_end(&end, "remote-stream-error");
    assert!(end.to_xml().contains("<system-shutdown "), "{end:?}");
    stopped.await.expect("stops");
}

/// A client that is gone is forgotten after `inactivity`, whether nobody waits or its connection broke (XEP-0124 §10).
#[tokio::test]
async fn checklist_121_clients_that_are_gone_are_forgotten() {
    let server = TestServer::start("[bosh]\ninactivity = \"1 s\"").await;
    let _silent = Client::sign_in(server.address(), "1001001", "desktop").await;
    let mut broken = Client::sign_in(server.address(), "1001002", "desktop").await;
    // It would wait for half a minute if its end were not noticed.
    drop(broken.send("", "").await);
    server
        .until(|metrics| metrics.bosh_sessions_inactive.get() == 2 && metrics.bosh_sessions_open.get() == 0)
        .await;
    expect_end(&broken.send("", "").await.xml().await, "item-not-found");
    server.server.stop().await;
}

/// What was for a client that is gone goes back to whoever sent it (XEP-0206 §7, RFC 6121 §8.5).
#[tokio::test]
async fn messages_for_a_client_that_is_gone_come_back() {
    let server = TestServer::start("[bosh]\ninactivity = \"1 s\"").await;
    let mut gone = Client::sign_in(server.address(), "1001002", "desktop").await;
    gone.send("", "<presence xmlns='jabber:client'/>").await.xml().await;
    let mut sender = Client::sign_in(server.address(), "1001001", "desktop").await;
    let message = format!(
        "<message xmlns='jabber:client' type='chat' id='m' to='{}'><body>there?</body></message>",
        gone.jid
    );
    let answer = sender.ask(&message).await;
    let error = answer.child("message", ns::CLIENT).expect("it comes back");
    assert_eq!((error.attribute("type"), error.attribute("id")), (Some("error"), Some("m")));
    assert!(answer.to_xml().contains("<service-unavailable "), "{answer:?}");
    server.server.stop().await;
}
