//! A whole line, against a small server.

use client::{Error, Line, RequestError, Stage, Trust};
use xmpp::{Condition, Element, ns};

use crate::{
    peer::{fault, open, open_as},
    server::server,
};

async fn line() -> Line {
    let address = server().await;
    open(&format!("ws://{address}/ws/"), &Trust::Public).await.expect("a line")
}

async fn say(line: &mut Line, text: &str) {
    let body = Element::new("body", ns::CLIENT).with_text(text);
    let message = Element::new("message", ns::CLIENT).with_attribute("to", "localhost").with_child(body);
    line.send(&message).await.expect("sends");
}

async fn heard(line: &mut Line) -> String {
    let element = line.next().await.expect("a message");
    element.child("body", ns::CLIENT).map(Element::text).unwrap_or_default()
}

#[tokio::test]
async fn a_line_is_opened_used_and_left() {
    let mut line = line().await;
    assert!(line.jid().as_str().starts_with("1001001@localhost/"));
    line.present(0).await.expect("present");
    line.ping().await.expect("a pong");
    let subscription = line.subscribe("pubsub.localhost", "/x").await.expect("granted");
    assert_eq!((subscription.state.as_str(), subscription.subid.as_deref()), ("subscribed", Some("s1")));
    assert_eq!(heard(&mut line).await, "before");
    line.unsubscribe("pubsub.localhost", &subscription).await.expect("undone");
    line.close().await.expect("left in good order");
}

#[tokio::test]
async fn a_refused_request_leaves_the_line_as_it_is() {
    let mut line = line().await;
    match line.subscribe("pubsub.localhost", "/gone").await {
        Err(RequestError::Refused(error)) => assert_eq!(error.condition, Condition::ItemNotFound),
        other => panic!("{other:?}"),
    }
    line.ping().await.expect("a pong");
}

#[tokio::test]
async fn requests_of_the_server_are_answered_meanwhile() {
    let mut line = line().await;
    say(&mut line, "ask").await;
    assert_eq!(heard(&mut line).await, "answer s1 result");
    assert_eq!(heard(&mut line).await, "answer s2 service-unavailable");
}

#[tokio::test]
async fn the_end_is_told_with_its_reason() {
    let mut conflicting = line().await;
    conflicting.enter(Stage::Steady);
    say(&mut conflicting, "conflict").await;
    let error = conflicting.next().await.expect_err("replaced");
    assert!(error.is_conflict() && error.stage() == Stage::Steady, "{error}");
    assert_eq!(error.to_string(), "the server ended the stream: conflict \"replaced\"");

    let mut moved = line().await;
    say(&mut moved, "move").await;
    let error = moved.next().await.expect_err("moved");
    assert_eq!(error.to_string(), "the server closed the stream (<close/>) and points to wss://other/ws/");

    let mut dropped = line().await;
    say(&mut dropped, "drop").await;
    let error = dropped.next().await.expect_err("dropped");
    assert!(matches!(error, Error::Lost { .. }), "{error}");
    assert_eq!(error.id(), Some("CLOSE-1006"));
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_its_stage() {
    let address = server().await;
    let url = format!("ws://{address}/ws/");
    let (error, stage, id) = fault(open_as(&url, &Trust::Public, "wrong").await);
    assert_eq!((stage, id), ("sasl", Some("SA-NOT-AUTHORIZED")), "{error}");
    assert!(!format!("{error:?} {error}").contains("wrong\""), "{error:?}");
}
