//! Answers to the WebSocket request that are none, one row each.

use std::time::Duration;

use client::Trust;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    peer::{accepted, answering, listen, read_head},
    traced::{Expected, trace, trace_within},
};

fn expected(id: &'static str, confidence: &'static str, seen: &'static str) -> Expected {
    Expected { id, stage: "upgrade", confidence, seen }
}

#[tokio::test]
async fn every_refusal_has_its_finding_and_shows_who_gave_it() {
    let page = "Content-Type: text/html\r\n\r\n<html><head><title>Agent desktop</title></head></html>";
    let cases = [
        ("200 OK", page, expected("UP-200", "likely", "Agent desktop")),
        (
            "301 Moved Permanently",
            "Location: wss://b.test/ws/\r\n\r\n",
            expected("UP-301", "likely", "wss://b.test/ws/"),
        ),
        (
            "302 Found",
            "Location: https://sso.test/?s=t0ken\r\n\r\n",
            expected("UP-301", "likely", "https://sso.test/"),
        ),
        ("400 Bad Request", "\r\n", expected("UP-400", "possible", "400")),
        (
            "401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"gate\"\r\n\r\n",
            expected("UP-401", "likely", "www-authenticate: Basic realm=\"gate\""),
        ),
        ("403 Forbidden", "Server: a-wall\r\n\r\n", expected("UP-403", "possible", "server: a-wall")),
        ("404 Not Found", "\r\n", expected("UP-404", "likely", "404")),
        ("405 Method Not Allowed", "Allow: POST\r\n\r\n", expected("UP-405", "likely", "allow: POST")),
        (
            "407 Proxy Authentication Required",
            "Proxy-Authenticate: Basic\r\n\r\n",
            expected("UP-407", "certain", "proxy-authenticate: Basic"),
        ),
        ("412 Precondition Failed", "\r\n", expected("UP-412", "likely", "412")),
        (
            "426 Upgrade Required",
            "Sec-WebSocket-Version: 13\r\n\r\n",
            expected("UP-426", "likely", "sec-websocket-version: 13"),
        ),
        ("429 Too Many Requests", "Retry-After: 30\r\n\r\n", expected("UP-429", "likely", "retry-after: 30")),
        ("431 Request Header Fields Too Large", "\r\n", expected("UP-411-413-431", "likely", "431")),
        ("500 Internal Server Error", "\r\n", expected("UP-500", "possible", "500")),
        ("501 Not Implemented", "\r\n", expected("UP-501", "likely", "501")),
        ("502 Bad Gateway", "Via: 1.1 edge\r\n\r\n", expected("UP-502", "likely", "via: 1.1 edge")),
        ("503 Service Unavailable", "\r\n", expected("UP-503", "likely", "503")),
        ("504 Gateway Timeout", "\r\n", expected("UP-504", "likely", "504")),
        ("418 I'm a teapot", "\r\nshort and stout", expected("UP-OTHER", "possible", "short and stout")),
        (
            "400 Bad Request",
            "\r\n<title>400 No required SSL certificate was sent</title>",
            expected("TLS-MTLS", "likely", "No required SSL certificate"),
        ),
    ];
    for (status, rest, expected) in cases {
        let address = answering(move |_| format!("HTTP/1.1 {status}\r\n{rest}")).await;
        let traced = trace(&format!("ws://{address}/line"), &Trust::Public).await;
        traced.assert_only(expected);
        assert!(!traced.text.contains("t0ken"), "{}", traced.text);
    }
}

#[tokio::test]
async fn a_101_that_does_not_fit_is_taken_apart() {
    let cases = [
        ("Upgrade: websocket\r\n", "", expected("UP-NOUPGRADE", "certain", "Upgrade should be")),
        ("Connection: Upgrade", "Connection: close", expected("UP-NOUPGRADE", "certain", "it is \"close\"")),
        (
            "Sec-WebSocket-Accept: ",
            "Sec-WebSocket-Accept: x",
            expected("UP-ACCEPT", "certain", "for our key"),
        ),
        ("Sec-WebSocket-Protocol: xmpp\r\n", "", expected("UP-PROTO-MISSING", "likely", "is missing")),
        ("Protocol: xmpp", "Protocol: mqtt", expected("UP-PROTO-OTHER", "certain", "is \"mqtt\"")),
        (
            "Protocol: xmpp\r\n",
            "Protocol: xmpp\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
            expected("UP-EXT", "certain", "is \"permessage-deflate\""),
        ),
    ];
    for (good, bad, expected) in cases {
        let address = answering(move |key| accepted(key).replace(good, bad)).await;
        trace(&format!("ws://{address}/line"), &Trust::Public).await.assert_only(expected);
    }
    let address = answering(|_| "HTTP/1.1 101 Switching Protocols\r\n\r\n".to_owned()).await;
    let traced = trace(&format!("ws://{address}/line"), &Trust::Public).await;
    assert_eq!(traced.findings(), ["UP-NOUPGRADE", "UP-ACCEPT", "UP-PROTO-MISSING"], "{}", traced.text);
}

#[tokio::test]
async fn no_answer_is_told_from_a_broken_one() {
    for (answer, expected) in [
        ("", expected("UP-NOSTATUS", "possible", "ended the connection without an answer")),
        ("SSH-2.0-OpenSSH_9.2\r\n", expected("UP-NOSTATUS", "possible", "SSH-2.0")),
    ] {
        let address = answering(move |_| answer.to_owned()).await;
        trace(&format!("ws://{address}/line"), &Trust::Public).await.assert_only(expected);
    }
    let address = listen(|mut socket| async move {
        let _ = socket.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let traced =
        trace_within(&format!("ws://{address}/line"), &Trust::Public, Duration::from_millis(300)).await;
    traced.assert_only(expected("UP-TIMEOUT", "possible", "within 300 ms"));
}

/// The clock is told beside the refusal, because a refused token may be its doing.
#[tokio::test]
async fn a_clock_that_is_wrong_is_told_with_the_answer() {
    let answer = "HTTP/1.1 401 Unauthorized\r\nDate: Mon, 05 Jan 2015 10:00:00 GMT\r\n\r\n";
    let address = answering(move |_| answer.to_owned()).await;
    let traced = trace(&format!("ws://{address}/line"), &Trust::Public).await;
    assert_eq!(traced.findings(), ["TIME-SKEW", "UP-401"], "{}", traced.text);
    assert!(traced.text.contains("behind ours"), "{}", traced.text);
}

/// A wall that lets BOSH through, a wrong path beside BOSH, and a server whose page is the same whatever is asked for.
#[tokio::test]
async fn bosh_that_gets_through_is_told_with_the_refusal() {
    let bosh =
        "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='item-not-found'/>";
    let answered = "a POST to /http-bind is answered as BOSH: 200, item-not-found";
    for (refusal, answer, findings, told) in [
        ("403 Forbidden", bosh, &["UP-403", "UP-BOSH-ONLY"][..], answered),
        ("404 Not Found", bosh, &["UP-404"], "the path asked for is not its WebSocket's"),
        ("403 Forbidden", "<title>Desktop</title>", &["UP-403"], "nobody speaks BOSH either"),
    ] {
        let address = listen(move |mut socket| async move {
            let is_bosh = read_head(&mut socket).await.starts_with("POST /http-bind ");
            let (status, body) = if is_bosh { ("200 OK", answer) } else { (refusal, "") };
            let head =
                format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = socket.shutdown().await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
        })
        .await;
        let traced = trace(&format!("ws://{address}/line"), &Trust::Public).await;
        assert_eq!(traced.findings(), findings, "{}", traced.text);
        assert!(traced.text.contains(told), "{}", traced.text);
    }
}
