//! By token of an identity provider: OAUTHBEARER, in place of a password, and at the web service.

use jsonwebtoken::Algorithm;
use serde_json::json;
use server::control;
use server::faults::{FaultsAnswer, FaultsRequest, Kind, NewFault};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use xmpp::Mechanism;
use xmpp::stream::{Authzid, ClientConfig};

use crate::desk::{AGENT, Desk, by, is_refused, offered};
use crate::issuer::{AUDIENCE, ISSUER, Publisher, SigningKey, claims, key_set};

fn settings(jwks: &str) -> String {
    format!(
        "auth.lockout_failures = 3\n[tokens]\njwks = {jwks:?}\nissuer = {ISSUER:?}\naudience = [{AUDIENCE:?}]\njwks_min_interval = \"1 s\"\n"
    )
}

#[tokio::test]
async fn a_token_signs_in_its_user_and_nobody_else() {
    let key = SigningKey::new("k", Algorithm::ES256);
    let publisher = Publisher::start(&key_set(&[&key])).await;
    let desk = Desk::open(&settings(&publisher.url())).await;
    let token = key.token("1001001@localhost");
    for mechanism in [Mechanism::OauthBearer, Mechanism::Plain] {
        for authzid in [Authzid::Empty, Authzid::BareJid] {
            let visit =
                desk.sign_in(ClientConfig { authzid, ..by(mechanism, &token) }).await.expect("signed in");
            assert_eq!(visit.line.jid().to_bare().as_str(), "1001001@localhost");
            assert!(offered(&visit).ends_with(&["OAUTHBEARER".into(), "PLAIN".into()]));
        }
    }
    assert_eq!(publisher.requests(), 1, "the keys are kept");
    let other = |mechanism| ClientConfig {
        username: "1001002".into(),
        authzid: Authzid::BareJid,
        ..by(mechanism, &token)
    };
    assert!(is_refused(desk.sign_in(other(Mechanism::OauthBearer)).await, "invalid-authzid"));
    assert!(is_refused(desk.sign_in(other(Mechanism::Plain)).await, "not-authorized"));

    // Nobody, or nobody here any more; expired; and so on: refused as any wrong password is.
    let mut expired = claims(AGENT);
    expired["exp"] = json!(1_000_000);
    for bad in [key.token("nobody"), key.sign(&expired), format!("{token}x"), "nonsense".into()] {
        assert!(is_refused(desk.sign_in(by(Mechanism::OauthBearer, &bad)).await, "not-authorized"), "{bad}");
    }
    desk.server.stop().await;
}

/// Forged tokens lock their user out from the address they came from, as wrong passwords do; those that the issuer has
/// made do not, however old they are.
#[tokio::test]
async fn checklist_046_forged_tokens_count_for_the_lock_out() {
    let (key, forger) = (SigningKey::new("k", Algorithm::ES256), SigningKey::new("k", Algorithm::ES256));
    let publisher = Publisher::start(&key_set(&[&key])).await;
    let desk = Desk::open(&settings(&publisher.url())).await;
    let mut expired = claims(AGENT);
    expired["exp"] = json!(1_000_000);
    for _ in 0..4 {
        let outcome = desk.sign_in(by(Mechanism::OauthBearer, &key.sign(&expired))).await;
        assert!(is_refused(outcome, "not-authorized"));
    }
    assert!(desk.sign_in(by(Mechanism::OauthBearer, &key.token(AGENT))).await.is_ok());
    for _ in 0..3 {
        let outcome = desk.sign_in(by(Mechanism::OauthBearer, &forger.token(AGENT))).await;
        assert!(is_refused(outcome, "not-authorized"));
    }
    for mechanism in [Mechanism::OauthBearer, Mechanism::Plain] {
        assert!(is_refused(desk.sign_in(by(mechanism, &key.token(AGENT))).await, "not-authorized"));
    }
    assert!(is_refused(desk.sign_in(by(Mechanism::ScramSha256Plus, "offhook")).await, "not-authorized"));
    desk.server.stop().await;
}

/// While nobody can tell whether a token is good, it is not said to be bad (RFC 6120 §6.5.11).
#[tokio::test]
async fn checklist_046_a_provider_that_is_down_is_temporary() {
    let key = SigningKey::new("k", Algorithm::RS256);
    let publisher = Publisher::start("").await;
    publisher.answer("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n".into());
    let desk = Desk::open(&settings(&publisher.url())).await;
    for mechanism in [Mechanism::OauthBearer, Mechanism::Plain] {
        let outcome = desk.sign_in(by(mechanism, &key.token(AGENT))).await;
        assert!(is_refused(outcome, "temporary-auth-failure"), "{mechanism}");
    }
    let (status, _) = get_user(&desk, &format!("Bearer {}", key.token(AGENT))).await;
    assert_eq!(status, 503);
    assert!(desk.sign_in(by(Mechanism::Plain, "offhook")).await.is_ok(), "passwords are not affected");
    desk.server.stop().await;
}

/// The web service takes tokens as bearer tokens and in place of the password, and says so when it refuses.
#[tokio::test]
async fn the_web_service_takes_tokens() {
    let key = SigningKey::new("k", Algorithm::EdDSA);
    let publisher = Publisher::start(&key_set(&[&key])).await;
    let desk = Desk::open(&settings(&publisher.url())).await;
    let (status, head) = get_user(&desk, &format!("Bearer {}", key.token(AGENT))).await;
    assert_eq!(status, 200, "{head}");
    let basic = xmpp::sasl::encode_payload(format!("{AGENT}:{}", key.token(AGENT)).as_bytes());
    assert_eq!(get_user(&desk, &format!("Basic {basic}")).await.0, 200);
    let basic = xmpp::sasl::encode_payload(format!("1001002:{}", key.token(AGENT)).as_bytes());
    assert_eq!(get_user(&desk, &format!("Basic {basic}")).await.0, 401);
    let (status, head) = get_user(&desk, "Bearer a.b.c").await;
    assert_eq!(status, 401);
    assert!(
        head.contains("www-authenticate: Bearer realm=\"Offhook\", error=\"invalid_token\"\r\n"),
        "{head}"
    );
    assert!(head.contains("www-authenticate: Basic realm=\"Offhook\""), "{head}");
    desk.server.stop().await;

    let desk = Desk::open("").await;
    let (status, head) = get_user(&desk, &format!("Bearer {}", key.token(AGENT))).await;
    assert_eq!(status, 401);
    assert!(!head.contains("Bearer"), "{head}");
    desk.server.stop().await;
}

/// A good token is refused like one that has expired, or with another condition, while a fault wants it, wherever it is shown.
#[tokio::test]
async fn a_fault_makes_a_good_token_expire() {
    let key = SigningKey::new("k", Algorithm::ES256);
    let publisher = Publisher::start(&key_set(&[&key])).await;
    let desk = Desk::open(&settings(&publisher.url())).await;
    let token = key.token(AGENT);
    for condition in [None, Some("credentials-expired")] {
        let fault = NewFault {
            user: Some(AGENT.into()),
            condition: condition.map(str::to_owned),
            ..NewFault::new(Kind::RefuseCredentials)
        };
        ask(&desk, FaultsRequest::Begin { fault: Box::new(fault) }).await;
        for mechanism in [Mechanism::OauthBearer, Mechanism::Plain] {
            let expected = condition.unwrap_or("not-authorized");
            assert!(
                is_refused(desk.sign_in(by(mechanism, &token)).await, expected),
                "{mechanism} {expected}"
            );
        }
        let (status, head) = get_user(&desk, &format!("Bearer {token}")).await;
        assert!(status == 401 && head.contains("error=\"invalid_token\""), "{head}");
        ask(&desk, FaultsRequest::Clear { id: None }).await;
        assert!(desk.sign_in(by(Mechanism::OauthBearer, &token)).await.is_ok(), "nobody is locked out");
    }
    desk.server.stop().await;
}

/// Asks by the control socket, as `offhook fault` does.
async fn ask(desk: &Desk, request: FaultsRequest) {
    let data = desk.folder.path().join("data");
    let asked = tokio::task::spawn_blocking(move || control::ask(&data, &request)).await;
    let answer: Option<FaultsAnswer> = asked.expect("does not panic").expect("the socket works");
    assert!(matches!(answer, Some(FaultsAnswer::Begun(_) | FaultsAnswer::Cleared(1))), "{answer:?}");
}

/// Status and header of the answer to a request for the agent, sent in clear over loopback.
async fn get_user(desk: &Desk, authorization: &str) -> (u16, String) {
    let address = desk.server.addresses().http.expect("listens");
    let mut socket = TcpStream::connect(address).await.expect("accepted");
    let request = format!(
        "GET /finesse/api/User/{AGENT} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\
         Connection: close\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("answered");
    let head = answer.split_once("\r\n\r\n").expect("a whole header").0;
    (head[9..12].parse().expect("a status"), format!("{head}\r\n"))
}
