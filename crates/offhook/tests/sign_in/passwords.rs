//! By password: the SCRAM family with and without channel binding, and PLAIN.

use xmpp::Mechanism;
use xmpp::stream::ClientConfig;

use crate::desk::{AGENT, Desk, PASSWORD, by, is_refused, offered};

/// What is offered depends on whether there is TLS: only then there is something to bind to, and passwords may be sent
/// (RFC 6120 §6.3.3, §13.8).
#[tokio::test]
async fn checklist_038_the_listener_decides_what_is_offered() {
    let desk = Desk::open("auth.plain_in_clear = \"never\"\n").await;
    let strongest = || ClientConfig::new("localhost", AGENT, PASSWORD);
    let visit = desk.sign_in(strongest()).await.expect("signed in");
    assert_eq!(visit.mechanism, "SCRAM-SHA-256-PLUS");
    assert_eq!(
        offered(&visit),
        ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"]
    );
    let kinds = visit.features.child("sasl-channel-binding", "urn:xmpp:sasl-cb:0").expect("told");
    let kinds: Vec<_> = kinds.elements().filter_map(|kind| kind.attribute("type")).collect();
    assert_eq!(kinds, ["tls-exporter", "tls-server-end-point"]);
    assert_eq!(visit.line.jid().to_bare().as_str(), "1001001@localhost");

    let in_clear = desk.sign_in_in_clear(strongest()).await.expect("signed in");
    assert_eq!(in_clear.mechanism, "SCRAM-SHA-256");
    assert_eq!(offered(&in_clear), ["SCRAM-SHA-256", "SCRAM-SHA-1"]);
    let plain = desk.sign_in_in_clear(by(Mechanism::Plain, PASSWORD)).await;
    assert!(is_refused(plain, "invalid-mechanism"));
    desk.server.stop().await;
}

/// Each listener may have a list of its own.
#[tokio::test]
async fn listeners_differ_by_setting() {
    let settings =
        "auth.mechanisms_http = [\"SCRAM-SHA-1\"]\nauth.mechanisms = [\"PLAIN\", \"SCRAM-SHA-512-PLUS\"]\n";
    let desk = Desk::open(settings).await;
    let strongest = || ClientConfig::new("localhost", AGENT, PASSWORD);
    let visit = desk.sign_in(strongest()).await.expect("signed in");
    assert_eq!(offered(&visit), ["PLAIN", "SCRAM-SHA-512-PLUS"]);
    assert_eq!(visit.mechanism, "SCRAM-SHA-512-PLUS");
    let visit = desk.sign_in_in_clear(strongest()).await.expect("signed in");
    assert_eq!(offered(&visit), ["SCRAM-SHA-1"]);
    desk.server.stop().await;
}

/// Right and wrong passwords, known and unknown users, by every mechanism: refused alike.
#[tokio::test]
async fn checklist_042_wrong_passwords_are_refused_alike() {
    let all = "auth.mechanisms = [\"SCRAM-SHA-512-PLUS\", \"SCRAM-SHA-256-PLUS\", \"SCRAM-SHA-1-PLUS\", \
        \"SCRAM-SHA-512\", \"SCRAM-SHA-256\", \"SCRAM-SHA-1\", \"PLAIN\"]\nauth.lockout_failures = 0\n";
    let desk = Desk::open(all).await;
    for mechanism in Mechanism::ALL {
        if matches!(mechanism, Mechanism::External | Mechanism::OauthBearer) {
            continue;
        }
        let visit = desk.sign_in(by(mechanism, PASSWORD)).await.expect("signed in");
        assert_eq!(visit.mechanism, mechanism.name());
        assert!(is_refused(desk.sign_in(by(mechanism, "wrong")).await, "not-authorized"), "{mechanism}");
        let nobody = ClientConfig { username: "nobody".into(), ..by(mechanism, PASSWORD) };
        assert!(is_refused(desk.sign_in(nobody).await, "not-authorized"), "{mechanism}");
    }
    desk.server.stop().await;
}

/// Wrong passwords lock one user out from one address, whatever mechanism they came by; and then the right one by any
/// other is refused as a wrong one is.
#[tokio::test]
async fn checklist_046_every_mechanism_counts_for_the_lock_out() {
    let desk = Desk::open("auth.lockout_failures = 3\n").await;
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha1, Mechanism::ScramSha256Plus] {
        assert!(is_refused(desk.sign_in(by(mechanism, "wrong")).await, "not-authorized"));
    }
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha1Plus] {
        assert!(is_refused(desk.sign_in(by(mechanism, PASSWORD)).await, "not-authorized"), "{mechanism}");
    }
    let other = ClientConfig { username: "1001002".into(), ..by(Mechanism::ScramSha256Plus, PASSWORD) };
    assert!(desk.sign_in(other).await.is_ok(), "somebody else is not affected");
    desk.server.stop().await;
}

/// Accounts from before SCRAM-SHA-512 was wanted have no keys for it: then it is not offered, so that nobody is kept
/// out.
#[tokio::test]
async fn sha_512_waits_until_everybody_has_keys() {
    let desk = Desk::open("").await;
    desk.server.stop().await;
    let wanted = "auth.mechanisms = [\"SCRAM-SHA-512\", \"SCRAM-SHA-256\"]\n";
    let desk = Desk::open_in(desk.folder, wanted).await;
    let visit = desk.sign_in(ClientConfig::new("localhost", AGENT, PASSWORD)).await.expect("signed in");
    assert_eq!(offered(&visit), ["SCRAM-SHA-256"]);
    desk.server.stop().await;
}
