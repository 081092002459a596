//! Names and addresses: what fails before a byte has been exchanged.

use std::{net::SocketAddr, time::Duration};

use client::{Detail, Error, Event, Observer as _, Stage, Step, Trust};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tracer::{Redactor, Report, Style, diagnose};

use crate::traced::{Expected, trace, trace_within};

#[tokio::test]
async fn a_port_on_which_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    drop(listener);
    let expected =
        Expected { id: "TCP-REFUSED", stage: "tcp", confidence: "likely", seen: "refused the connection" };
    trace(&format!("ws://{address}/line"), &Trust::Public).await.assert_only(expected);
}

/// A listener whose queue is full does not answer any more, as a firewall that drops packets does not.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_host_that_does_not_answer() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let listener = socket.listen(1).expect("listens");
    let address = listener.local_addr().expect("bound");
    let mut waiting = Vec::new();
    // One more than asked for is taken; the first that is not shows that the queue is full.
    while let Ok(connected) =
        tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(address)).await
    {
        waiting.push(connected.expect("queued"));
        assert!(waiting.len() < 100, "the queue has no end");
    }
    let expected = Expected {
        id: "TCP-TIMEOUT",
        stage: "tcp",
        confidence: "likely",
        seen: "did not answer within 300 ms",
    };
    trace_within(&format!("ws://{address}/line"), &Trust::Public, Duration::from_millis(300))
        .await
        .assert_only(expected);
}

/// What the name service of this machine says of a name that nobody can have (RFC 6761 §6.4); one that is cut off
/// from the world does not answer at all.
#[tokio::test]
async fn a_name_that_does_not_exist() {
    let traced = trace("ws://no-such-host.invalid/line", &Trust::Public).await;
    let findings = traced.findings();
    assert!(matches!(findings[..], ["DNS-NXDOMAIN" | "DNS-TIMEOUT" | "DNS-NODATA"]), "{}", traced.text);
    assert!(traced.text.contains("no-such-host.invalid"), "{}", traced.text);
}

/// The words of the C library's resolver, which are all there is to tell its answers apart.
#[test]
fn what_the_resolver_says_is_told_apart() {
    for (words, id) in [
        ("Name or service not known", "DNS-NXDOMAIN"),
        ("Temporary failure in name resolution", "DNS-TIMEOUT"),
        ("No address associated with hostname", "DNS-NODATA"),
    ] {
        let source = std::io::Error::other(format!("failed to lookup address information: {words}"));
        let findings = diagnose(&Error::Name { host: "cc.example.test".to_owned(), source }, None);
        assert_eq!(findings[0].id().name(), id, "{words}");
        assert!(findings[0].evidence()[0].what().contains(words));
    }
}

/// One address of two that is dead makes some logins slow and others fail, although this one succeeds in the end.
#[test]
fn a_dead_address_beside_a_good_one_is_a_finding() {
    use std::io::ErrorKind::{ConnectionRefused, NetworkUnreachable, TimedOut};
    for (dead, kind, found) in [
        ("192.0.2.7:8445", TimedOut, 1),
        ("192.0.2.7:8445", ConnectionRefused, 1),
        // A computer without IPv6 cannot blame the record.
        ("[2001:db8::7]:8445", NetworkUnreachable, 0),
        // localhost is both, and servers often listen on one.
        ("[::1]:8445", ConnectionRefused, 0),
    ] {
        let mut report =
            Report::new(Box::new(std::io::sink()), Style::PLAIN, false, Redactor::new(&[], &[]), 0);
        let dead: SocketAddr = dead.parse().expect("an address");
        let address = "192.0.2.8:8445".parse().expect("an address");
        let detail = Detail::Connected { address, failed: vec![(dead, kind.into())] };
        let (at, took) = (Duration::from_millis(9), Duration::from_millis(1));
        report.observe(Event::Step(Step { stage: Stage::Tcp, at, took, detail }));
        assert_eq!(report.counts().problems, found, "{dead} {kind}");
    }
}
