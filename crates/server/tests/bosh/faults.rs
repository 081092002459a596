//! Faults on demand strike sessions without a connection of their own.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::client::*;
use crate::start::TestServer;

async fn own(server: &TestServer, line: &str, body: &str) -> Answer {
    let credentials = STANDARD.encode("admin:offhook");
    http(server.address(), line, &format!("Authorization: Basic {credentials}\r\n"), body)
        .await
        .answer()
        .await
}

async fn begin(server: &TestServer, fault: &str) {
    let answer = own(server, "POST /offhook/v1/faults", fault).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

/// The session is gone, and both the request that waits and the next one hear that there is none.
#[tokio::test]
async fn a_session_is_lost() {
    let server = TestServer::start("").await;
    for is_waiting in [true, false] {
        let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
        let sessions = own(&server, "GET /offhook/v1/sessions", "").await;
        assert!(sessions.body.contains("\"transport\":\"bosh\""), "{sessions:?}");
        let waiting = if is_waiting { Some(client.send("", "").await) } else { None };
        begin(&server, r#"{"fault": "drop", "user": "1001001"}"#).await;
        if let Some(waiting) = waiting {
            expect_end(&waiting.xml().await, "item-not-found");
        }
        server.until(|metrics| metrics.bosh_sessions_open.get() == 0).await;
        expect_end(&client.send("", "").await.xml().await, "item-not-found");
    }
}

#[tokio::test]
async fn events_come_late_and_twice() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "desktop").await;
    client.subscribe("/finesse/api/User/1001001").await;
    begin(&server, r#"{"fault": "delay_events", "user": "1001001", "delay": "300 ms", "times": 1}"#).await;
    begin(&server, r#"{"fault": "duplicate_events", "user": "1001001", "times": 1}"#).await;
    let before = Instant::now();
    let waiting = client.send("", "").await;
    let credentials = STANDARD.encode("1001001:offhook");
    let login = "<User><state>LOGIN</state><extension>1001001</extension></User>";
    let headers = format!("Authorization: Basic {credentials}\r\n");
    let line = "PUT /finesse/api/User/1001001";
    assert_eq!(http(server.address(), line, &headers, login).await.answer().await.status, 202);
    let body = waiting.xml().await;
    assert!(before.elapsed() >= Duration::from_millis(300), "{:?}", before.elapsed());
    let events: Vec<String> = body.elements().map(xmpp::Element::to_xml).collect();
    assert!(events.len() == 2 && events[0] == events[1], "{events:?}");
}
