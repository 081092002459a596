//! A hub without room makes senders wait. It loses nothing and changes no order.
//!
//! One thread: while a session handles what it has read, the hub takes nothing, so the inbox is full for certain.

use crate::client::{Client, pubsub};
use crate::start::TestServer;
use server::metrics::Limit;
use tokio::io::AsyncWriteExt;
use xmpp::websocket::{Opcode, encode_masked};

const SETTINGS: &str = "[limits]\ncommands_waiting_max = 16\n";

#[tokio::test]
async fn requests_sent_at_once_are_answered_in_order() {
    let server = TestServer::start(SETTINGS).await;
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    let pings = (0..100).map(|n| {
        format!("<iq xmlns=\"jabber:client\" type=\"get\" id=\"{n}\"><ping xmlns=\"urn:xmpp:ping\"/></iq>")
    });
    client.bytes(&frames(pings)).await;
    for n in 0..100 {
        let answer = client.expect("<iq ").await;
        assert!(
            answer.contains("type=\"result\"") && answer.contains(&format!("id=\"{n}\"")),
            "{n}: {answer}"
        );
    }
    assert!(server.server.metrics().times_reached(Limit::CommandsWaiting) > 0);
}

/// What was sent before the connection went away counts.
#[tokio::test]
async fn requests_of_a_session_that_is_gone_are_carried_out() {
    let server = TestServer::start(SETTINGS).await;
    let mut admin = Client::sign_in(server.address(), "admin", "a").await;
    admin.request("pubsub.localhost", &pubsub("<create node=\"n\"/>")).await;
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    client.subscribe("n").await;
    let publishes = (0..100).map(|n| {
        let publish =
            pubsub(&format!("<publish node=\"n\"><item id=\"{n}\"><x xmlns=\"urn:x\"/></item></publish>"));
        format!("<iq xmlns=\"jabber:client\" type=\"set\" id=\"{n}\" to=\"pubsub.localhost\">{publish}</iq>")
    });
    admin.bytes(&frames(publishes)).await;
    admin.socket.shutdown().await.expect("half closed");
    for n in 0..100 {
        let event = client.expect("<message ").await;
        assert!(event.contains(&format!("<item id=\"{n}\"")), "{n}: {event}");
    }
}

fn frames(texts: impl Iterator<Item = String>) -> Vec<u8> {
    let mut frames = Vec::new();
    for text in texts {
        encode_masked(Opcode::Text, text.as_bytes(), [1, 2, 3, 4], &mut frames);
    }
    frames
}
