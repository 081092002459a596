//! Limits, over real sockets.

use server::metrics::Limit;
use xmpp::ns;

use crate::client::*;
use crate::start::TestServer;

/// One address may have only so many sessions; one that ends makes room (decision).
#[tokio::test]
async fn checklist_121_sessions_of_one_address_are_limited() {
    let server =
        TestServer::start("[bosh]\nsessions_per_address_max = 2\n[limits]\nloopback_exempt = false").await;
    let address = server.address();
    let mut first = Client::begin(address).await;
    let _second = Client::begin(address).await;
    expect_end(&post(address, &creation(USUAL)).await.xml().await, "policy-violation");
    let legacy = post(address, &creation("hold='1' wait='60'")).await.answer().await;
    assert_eq!(legacy.status, 403);
    assert_eq!(server.server.metrics().times_reached(Limit::BoshSessionsPerAddress), 2);
    first.send("type='terminate'", "").await.xml().await;
    server.until(|metrics| metrics.bosh_sessions_open.get() == 1).await;
    Client::begin(address).await;
    server.server.stop().await;
}

/// And may begin only so many in a minute (decision).
#[tokio::test]
async fn checklist_121_sessions_begin_only_so_fast_over_sockets() {
    let server =
        TestServer::start("[bosh]\nsessions_per_minute_max = 3\n[limits]\nloopback_exempt = false").await;
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

/// All addresses together may have only so many, whoever they are (decision).
#[tokio::test]
async fn checklist_121_sessions_are_limited_all_together() {
    let server = TestServer::start("[bosh]\nsessions_max = 2").await;
    let address = server.address();
    let _sessions = (Client::begin(address).await, Client::begin(address).await);
    expect_end(&post(address, &creation(USUAL)).await.xml().await, "policy-violation");
    assert_eq!(server.server.metrics().times_reached(Limit::BoshSessions), 1);
    server.server.stop().await;
}

/// However sessions end, nothing of them is left (decision).
#[tokio::test]
async fn checklist_121_sessions_leave_nothing_behind() {
    let server = TestServer::start("[bosh]\ninactivity = \"1 s\"\n[sessions]\nper_user_max = 1000").await;
    let address = server.address();
    for n in 0..30 {
        let mut client = Client::sign_in(address, "1001001", &format!("r{n}")).await;
        client.subscribe("/finesse/api/User/1001001").await;
        match n % 3 {
            0 => expect_end(&client.ask("text").await, "bad-request"),
            1 => drop(client.send("type='terminate'", "").await.xml().await),
            _ => {}
        }
    }
    let metrics = server.server.metrics();
    assert_eq!(metrics.bosh_sessions_begun.get(), 30);
    server.until(|metrics| metrics.bosh_sessions_open.get() == 0).await;
    assert_eq!((metrics.bosh_sessions_inactive.get(), metrics.bosh_sessions_broken.get()), (10, 10));
    // The address is free again for as many, and the subscriptions of the old sessions count for nobody.
    let mut client = Client::sign_in(address, "1001001", "r0").await;
    let mine = "<iq xmlns='jabber:client' type='get' id='m' to='pubsub.localhost'><pubsub xmlns='http://jabber.org/protocol/pubsub'>\
                <subscriptions node='/finesse/api/User/1001001'/></pubsub></iq>";
    let subscriptions = client.ask(mine).await.to_xml();
    assert_eq!(
        subscriptions.matches("/r").count(),
        1,
        "only this session's own address, in 'to': {subscriptions}"
    );
    server.server.stop().await;
}
