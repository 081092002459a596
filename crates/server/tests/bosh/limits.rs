//! Limits, over real sockets.

use xmpp::ns;

use crate::client::*;
use crate::start::TestServer;

/// One address may have only so many sessions; one that ends makes room (decision).
#[tokio::test]
async fn checklist_121_sessions_of_one_address_are_limited() {
    let server = TestServer::start("[bosh]\nsessions_per_address_max = 2").await;
    let address = server.address();
    let mut first = Client::begin(address).await;
    let _second = Client::begin(address).await;
    expect_end(&post(address, &creation(USUAL)).await.xml().await, "policy-violation");
    let legacy = post(address, &creation("hold='1' wait='60'")).await.answer().await;
    assert_eq!(legacy.status, 403);
    assert_eq!(server.server.metrics().bosh_sessions_refused.get(), 2);
    first.send("type='terminate'", "").await.xml().await;
    server.until(|metrics| metrics.bosh_sessions_open.get() == 1).await;
    Client::begin(address).await;
    server.server.stop().await;
}

/// And may begin only so many in a minute (decision).
#[tokio::test]
async fn checklist_121_sessions_begin_only_so_fast_over_sockets() {
    let server = TestServer::start("[bosh]\nsessions_per_minute_max = 3").await;
    let address = server.address();
    for _ in 0..3 {
        Client::begin(address).await;
    }
    expect_end(&post(address, &creation(USUAL)).await.xml().await, "policy-violation");
    server.server.stop().await;
}

/// Who is not known yet may say little.
#[tokio::test]
async fn checklist_121_requests_before_authentication_are_short() {
    let server = TestServer::start("").await;
    let mut client = Client::begin(server.address()).await;
    let long = format!("<auth xmlns='{}' mechanism='PLAIN'>{}</auth>", ns::SASL, "A".repeat(10_000));
    expect_end(&client.ask(&long).await, "policy-violation");
    let first = creation(USUAL).replace("/>", &format!(">{long}</body>"));
    expect_end(&post(server.address(), &first).await.xml().await, "policy-violation");
    server.server.stop().await;
}

/// And nobody may say too much at once.
#[tokio::test]
async fn checklist_121_requests_are_not_longer_than_a_message_may_be() {
    let server = TestServer::start("[limits]\nmessage_bytes_max = 20000").await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    let long = format!("<message xmlns='jabber:client'><body>{}</body></message>", "a".repeat(20_000));
    assert_eq!(client.send("", &long).await.answer().await.status, 413);
    server.server.stop().await;
}

/// More than one answer may hold comes in several, in order.
#[tokio::test]
async fn checklist_121_answers_have_a_size() {
    let server = TestServer::start("[bosh]\nanswer_bytes_max = 4096").await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    let ping = |id| {
        format!(
            "<iq xmlns='jabber:client' type='get' id='{id}' to='localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
        )
    };
    let pings: String = (0..20).map(ping).collect();
    let mut body = client.ask(&pings).await;
    let mut ids = Vec::new();
    while ids.len() < 20 {
        assert!(body.to_xml().len() < 2 * 4096);
        ids.extend(body.elements().filter_map(|iq| iq.attribute("id")?.parse::<u32>().ok()));
        if ids.len() < 20 {
            body = client.send("", "").await.xml().await;
        }
    }
    assert_eq!(ids, (0..20).collect::<Vec<_>>());
    server.server.stop().await;
}
