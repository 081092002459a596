//! Each wrong answer to the upgrade is named, with the cause and what to do.

use client::Trust;
use tokio::io::AsyncWriteExt;

use crate::peer::{accepted, answering, fault, listen, open, read_head};

/// Opens a line to a peer with this answer: identifier, message and advice of the failure.
async fn outcome(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> (&'static str, String, String) {
    let address = answering(answer).await;
    let (error, stage, id) = fault(open(&format!("ws://{address}/ws/"), &Trust::Public).await);
    assert_eq!(stage, "upgrade", "{error}");
    (id.expect("every refusal has an identifier"), error.to_string(), error.advice().expect("and advice"))
}

fn page(status: &str, headers: &str, body: &str) -> impl Fn(&str) -> String + Send + Sync + 'static {
    let answer = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    move |_| answer.clone()
}

#[tokio::test]
async fn a_page_instead_of_a_socket_is_blamed_on_path_or_proxy() {
    let (id, message, advice) = outcome(page("200 OK", "", "<html><title>Sign in</title></html>")).await;
    assert_eq!(id, "UP-200");
    assert_eq!(message, "the server answered 200 OK instead of 101: \"Sign in\"");
    assert!(advice.contains("Upgrade") && advice.contains("/ws/"), "{advice}");
}

#[tokio::test]
async fn every_status_has_its_identifier() {
    let statuses = [
        (400, "UP-400"),
        (401, "UP-401"),
        (403, "UP-403"),
        (404, "UP-404"),
        (405, "UP-405"),
        (407, "UP-407"),
        (412, "UP-412"),
        (413, "UP-411-413-431"),
        (418, "UP-OTHER"),
        (426, "UP-426"),
        (429, "UP-429"),
        (500, "UP-500"),
        (501, "UP-501"),
        (502, "UP-502"),
        (503, "UP-503"),
        (504, "UP-504"),
    ];
    for (status, expected) in statuses {
        let (id, message, _) = outcome(page(&format!("{status} Reason"), "", "because")).await;
        assert_eq!(id, expected);
        assert_eq!(message, format!("the server answered {status} Reason instead of 101: \"because\""));
    }
}

#[tokio::test]
async fn a_redirect_tells_where_but_not_what_its_query_holds() {
    let (id, message, _) =
        outcome(page("302 Found", "Location: https://idp/sso?SAMLRequest=hunter2\r\n", "")).await;
    assert_eq!(id, "UP-301");
    assert_eq!(message, "the server answered 302 Found instead of 101, pointing to https://idp/sso");
}

#[tokio::test]
async fn a_plain_request_to_a_tls_port_of_a_proxy_is_recognised() {
    let body = "<title>400 The plain HTTP request was sent to HTTPS port</title>";
    let (id, _, advice) = outcome(page("400 Bad Request", "", body)).await;
    assert_eq!(id, "TLS-TO-PLAIN");
    assert!(advice.contains("wss:"), "{advice}");
}

#[tokio::test]
async fn a_101_is_checked_header_by_header() {
    let faults: [(&str, &str, &str, &str); 7] = [
        ("Upgrade: websocket", "Upgrade: h2c", "UP-NOUPGRADE", "\"h2c\""),
        ("Upgrade: websocket\r\n", "", "UP-NOUPGRADE", "missing"),
        ("Connection: Upgrade", "Connection: close", "UP-NOUPGRADE", "\"close\""),
        ("Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x", "UP-ACCEPT", "for our key"),
        ("Sec-WebSocket-Protocol: xmpp\r\n", "", "UP-PROTO-MISSING", "missing"),
        ("Protocol: xmpp", "Protocol: mqtt", "UP-PROTO-OTHER", "\"mqtt\""),
        (
            "Protocol: xmpp",
            "Protocol: xmpp\r\nSec-WebSocket-Extensions: permessage-deflate",
            "UP-EXT",
            "deflate",
        ),
    ];
    for (from, to, expected, words) in faults {
        let (id, message, _) = outcome(move |key| accepted(key).replacen(from, to, 1)).await;
        assert_eq!(id, expected, "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn several_faults_are_told_together() {
    let (id, message, _) = outcome(|_| "HTTP/1.1 101 Fine\r\n\r\n".to_owned()).await;
    assert_eq!(id, "UP-NOUPGRADE");
    assert_eq!(message.matches("; ").count(), 3, "{message}");
}

#[tokio::test]
async fn what_is_no_answer_at_all_is_told_apart() {
    let cases = [
        ("", "UP-NOSTATUS", "without an answer"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "UP-NOSTATUS", "not HTTP"),
        ("HTTP/1.1 101 Switching", "UP-NOSTATUS", "ends before"),
        ("\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{46}", "TLS-TO-PLAIN", "speaks TLS"),
    ];
    for (answer, expected, words) in cases {
        let (id, message, _) = outcome(move |_| answer.to_owned()).await;
        assert_eq!(id, expected, "{message}");
        assert!(message.contains(words), "{message}");
    }
}

#[tokio::test]
async fn headers_without_end_are_cut_off() {
    let (id, message, _) = outcome(|_| format!("HTTP/1.1 101 x\r\nX: {}", "x".repeat(70_000))).await;
    assert_eq!(id, "UP-NOSTATUS");
    assert!(message.contains("too long"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    let address = listen(|mut socket| async move {
        read_head(&mut socket).await;
        std::future::pending::<()>().await;
    })
    .await;
    let (error, stage, id) = fault(open(&format!("ws://{address}/"), &Trust::Public).await);
    assert_eq!((stage, id), ("upgrade", Some("UP-TIMEOUT")));
    assert_eq!(error.to_string(), "no answer to the WebSocket request within 5 s");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_refused() {
    let address = answering(|_| String::new()).await;
    // A port of the loopback network that was just free, on an address nobody listens on.
    let (error, stage, id) =
        fault(open(&format!("ws://127.0.0.2:{}/", address.port()), &Trust::Public).await);
    assert_eq!((stage, id), ("tcp", Some("TCP-REFUSED")), "{error}");
}

#[tokio::test]
async fn a_socket_that_closes_before_the_stream_is_told() {
    let with_frame = |frame: &'static [u8]| async move {
        let address = listen(move |mut socket| async move {
            let head = read_head(&mut socket).await;
            let answer = accepted(crate::peer::header(&head, "Sec-WebSocket-Key"));
            // In one write: what follows the headers belongs to the WebSocket.
            let _ = socket.write_all(&[answer.as_bytes(), frame].concat()).await;
            let mut rest = Vec::new();
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut rest).await;
        })
        .await;
        let (error, stage, _) = fault(open(&format!("ws://{address}/"), &Trust::Public).await);
        assert_eq!(stage, "stream", "{error}");
        error.to_string()
    };
    assert_eq!(
        with_frame(b"\x88\x07\x03\xf0later").await,
        "the server closed the WebSocket with code 1008 \"later\""
    );
    assert_eq!(with_frame(b"\x88\x00").await, "the server closed the WebSocket without a code");
    assert!(with_frame(b"\x82\x01x").await.contains("binary"));
    assert!(with_frame(b"\x81\x81xxxxx").await.contains("masked"));
    assert!(with_frame(b"\x81\x0f<stream:stream>").await.contains("XML"));
}
