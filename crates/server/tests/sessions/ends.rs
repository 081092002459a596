//! Every way in which a connection can end, and what the peer is told.

use std::time::Duration;

use crate::client::{CLOSE, Client, Got, OPEN};
use crate::start::TestServer;
use server::config::Config;
use server::metrics::Limit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_client() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    client.text(CLOSE).await;
    client.expect("<close ").await;
    assert_eq!(client.next().await, Got::Close(Some(1000)));
    client.close(1000).await;
    assert_eq!(client.next().await, Got::End);

    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    client.close(1001).await;
    assert_eq!(client.next().await, Got::Close(Some(1001)), "echoed");
    assert_eq!(client.next().await, Got::End);
}

/// Each with the code that its fault has (RFC 6455 §7.4.1), also of a session that is well under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_004_by_frames_that_break_the_rules() {
    let server = TestServer::start("").await;
    for (frame, code) in [
        (&[0x81, 0x01, b'<'][..], 1002),               // no mask
        (&[0x82, 0x81, 0, 0, 0, 0, b'<'], 1003),       // binary
        (&[0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28], 1007), // no UTF-8
        (&[0xC1, 0x81, 0, 0, 0, 0, b'<'], 1002),       // a reserved bit
        (&[0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002),     // a long ping
    ] {
        let mut client = Client::sign_in(server.address(), "1001001", "a").await;
        client.bytes(frame).await;
        assert_eq!(client.next().await, Got::Close(Some(code)), "{frame:02X?}");
        // Whatever follows is swallowed, and the end does not wait for an answer that could not be understood.
        client.socket.shutdown().await.expect("half closed");
        assert_eq!(client.next().await, Got::End);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_010_by_messages_that_are_too_long() {
    let server = TestServer::start("").await;
    let frame = |length: u32| {
        let mut frame = vec![0x81, 0xFF, 0, 0, 0, 0];
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(&[0; 4]);
        frame
    };
    // Before authentication 10,000 bytes, afterwards 256 KiB; told by the header alone.
    let mut stranger = Client::open(server.address()).await;
    stranger.text(OPEN).await;
    stranger.expect("<open ").await;
    stranger.expect("<stream:features ").await;
    stranger.bytes(&frame(65_536)).await;
    let error = stranger.expect("<stream:error ").await;
    assert!(error.contains("<policy-violation "), "{error}");
    stranger.expect("<close ").await;
    assert_eq!(stranger.next().await, Got::Close(Some(1009)));

    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    client.bytes(&frame(256 * 1024 + 1)).await;
    client.expect("<stream:error ").await;
    client.expect("<close ").await;
    assert_eq!(client.next().await, Got::Close(Some(1009)));
    for limit in [Limit::MessageBytesBeforeAuth, Limit::MessageBytes] {
        assert_eq!(server.server.metrics().times_reached(limit), 1, "{limit:?}");
    }
}

/// RFC 7395 §3.5, §3.6: the error, `<close/>`, the WebSocket's close; what is said then is not even looked at.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_023_by_a_message_that_is_no_stanza() {
    let server = TestServer::start("").await;
    let mut client = Client::sign_in(server.address(), "1001001", "a").await;
    client.text("<message/>").await;
    client
        .text("<iq xmlns=\"jabber:client\" type=\"get\" id=\"p\"><ping xmlns=\"urn:xmpp:ping\"/></iq>")
        .await;
    client.expect_stream_error("invalid-namespace", 1000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_a_newer_session_with_the_same_resource() {
    let server = TestServer::start("").await;
    let mut older = Client::sign_in(server.address(), "1001001", "desktop").await;
    let mut newer = Client::sign_in(server.address(), "1001001", "desktop").await;
    older.expect_stream_error("conflict", 1000).await;
    newer.request("", "<session xmlns=\"urn:ietf:params:xml:ns:xmpp-session\"/>").await;
}

/// The server pings who is silent, within 25 seconds whatever the settings, and drops who does not answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_015_by_silence() {
    assert!(Config::default().web.ping_interval <= Duration::from_secs(25));
    assert!(Config::parse("[web]\nping_interval = \"26 s\"\n").is_err());
    let settings =
        "[limits]\nopen_timeout = \"1 s\"\n[web]\nping_interval = \"1 s\"\npong_timeout = \"1 s\"\n";
    let server = TestServer::start(settings).await;
    // Has not opened its stream.
    let mut stranger = Client::open(server.address()).await;
    // Does not answer pings.
    let mut deaf = Client::sign_in(server.address(), "1001001", "deaf").await;
    stranger.expect("<open ").await;
    stranger.expect_stream_error("connection-timeout", 1000).await;
    assert_eq!(deaf.next().await, Got::Ping(Vec::new()));
    assert!(matches!(deaf.next().await, Got::Ping(_) | Got::End));
    while deaf.next().await != Got::End {}
}

/// Everybody is told `system-shutdown`, whoever has not opened a stream yet after the server's own `<open/>`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_026_by_the_servers_own_end() {
    let server = TestServer::start("").await;
    let mut stranger = Client::open(server.address()).await;
    let mut agent = Client::sign_in(server.address(), "1001001", "a").await;
    let stop = tokio::spawn(server.server.stop());
    agent.expect_stream_error("system-shutdown", 1001).await;
    stranger.expect("<open ").await;
    stranger.expect_stream_error("system-shutdown", 1001).await;
    stop.await.expect("stops");
}

/// RFC 7395 §3.6.1: who is sent elsewhere is told where in `<close/>`, without an error, in whatever state the stream is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_026_by_being_sent_elsewhere() {
    let server = TestServer::start("[web]\nsee_other_uri = \"wss://other.example/ws/?a&b\"\n").await;
    let mut stranger = Client::open(server.address()).await;
    let agent = Client::sign_in(server.address(), "1001001", "a").await;
    let stop = tokio::spawn(server.server.stop());
    stranger.expect("<open ").await;
    for mut client in [stranger, agent] {
        let close = client.expect("<close ").await;
        assert_eq!(
            close,
            "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" see-other-uri=\"wss://other.example/ws/?a&amp;b\"/>"
        );
        assert_eq!(client.next().await, Got::Close(Some(1001)));
        client.close(1001).await;
        assert_eq!(client.next().await, Got::End);
    }
    stop.await.expect("stops");
}

/// Streams end one after the other over the time that is set, so that clients do not come back in one moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_026_one_after_the_other() {
    let server = TestServer::start("[limits]\ndrain_spread = \"3 s\"\n").await;
    let mut a = Client::sign_in(server.address(), "1001001", "a").await;
    let mut b = Client::sign_in(server.address(), "1001002", "a").await;
    let mut c = Client::sign_in(server.address(), "1001003", "a").await;
    let stop = tokio::spawn(server.server.stop());
    let (told, others) = tokio::select! {
        got = a.next() => (got, [b, c]),
        got = b.next() => (got, [a, c]),
        got = c.next() => (got, [a, b]),
    };
    assert!(matches!(&told, Got::Text(error) if error.contains("<system-shutdown ")), "{told:?}");
    // The others are served meanwhile, one of them for a second at least.
    let mut served = 0;
    for mut client in others {
        client
            .text("<iq xmlns=\"jabber:client\" type=\"get\" id=\"p\"><ping xmlns=\"urn:xmpp:ping\"/></iq>")
            .await;
        let mut got = client.next().await;
        if matches!(&got, Got::Text(answer) if answer.starts_with("<iq ")) {
            served += 1;
            got = client.next().await;
        }
        assert!(matches!(&got, Got::Text(error) if error.contains("<system-shutdown ")), "{got:?}");
    }
    assert!(served > 0);
    stop.await.expect("stops");
}

/// Whoever does not finish its headers is dropped (RFC 6455 §10).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checklist_014_before_it_has_begun() {
    let server = TestServer::start("[limits]\nhttp_header_timeout = \"1 s\"\n").await;
    let mut slow = TcpStream::connect(server.address()).await.expect("connects");
    slow.write_all(b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.expect("sent");
    let mut answer = Vec::new();
    // Ends, with or without words: that is what counts.
    let _ = slow.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 101"));
}
