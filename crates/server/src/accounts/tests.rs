//! What the accounts answer, to whom, and how often they derive keys for it.

use super::*;
use crate::config::Config;
use crate::credentials::{KeySettings, TEST_KEYS, credentials};
use std::time::Duration;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

fn accounts() -> Arc<Accounts> {
    let mut settings = Config::default().auth;
    settings.iterations = 16; // quick; nothing here depends on it
    let accounts = Accounts::new(&settings, &[7; 32]);
    accounts.set(user("1001001"), Some(credentials(&"offhook".into(), TEST_KEYS)));
    Arc::new(accounts)
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("a good id")
}

#[tokio::test]
async fn a_right_password_is_derived_once_and_then_remembered() {
    let accounts = accounts();
    let now = Instant::now();
    let password = Password::from("offhook");
    assert_eq!(accounts.verify_cached("1001001", &password, HERE, now), None);
    assert_eq!(accounts.verify("1001001", &password, HERE).await, Verdict::Correct);
    let now = Instant::now();
    assert_eq!(accounts.verify_cached("1001001", &password, HERE, now), Some(Verdict::Correct));
    assert_eq!(accounts.verify_cached("1001001", &password, ELSEWHERE, now), Some(Verdict::Correct));
    assert_eq!(accounts.verify_cached("1001001", &"Offhook".into(), HERE, now), None);
    let later = now + Duration::from_secs(600);
    assert_eq!(
        accounts.verify_cached("1001001", &password, HERE, later),
        None,
        "forgotten after ten minutes"
    );
}

#[tokio::test]
async fn new_credentials_end_what_was_remembered() {
    let accounts = accounts();
    let password = Password::from("offhook");
    assert_eq!(accounts.verify("1001001", &password, HERE).await, Verdict::Correct);
    accounts.set(user("1001001"), Some(credentials(&"changed".into(), TEST_KEYS)));
    assert_eq!(accounts.verify("1001001", &password, HERE).await, Verdict::Wrong);
    assert_eq!(accounts.verify("1001001", &"changed".into(), HERE).await, Verdict::Correct);
    accounts.set(user("1001001"), None);
    assert_eq!(accounts.verify("1001001", &"changed".into(), HERE).await, Verdict::Wrong);
}

#[tokio::test]
async fn wrong_passwords_lock_out_one_user_from_one_address() {
    let accounts = accounts();
    for _ in 0..4 {
        assert_eq!(accounts.verify("1001001", &"wrong".into(), HERE).await, Verdict::Wrong);
    }
    assert_eq!(
        accounts.verify("1001001", &"offhook".into(), HERE).await,
        Verdict::Correct,
        "the row is broken"
    );
    for _ in 0..5 {
        assert_eq!(accounts.verify("1001001", &"wrong".into(), HERE).await, Verdict::Wrong);
    }
    assert_eq!(
        accounts.verify("1001001", &"offhook".into(), HERE).await,
        Verdict::LockedOut,
        "even if it is known"
    );
    assert_eq!(accounts.verify("1001001", &"offhook".into(), ELSEWHERE).await, Verdict::Correct);
    assert!(accounts.is_locked_out("1001001", HERE, Instant::now()));
    assert!(!accounts.is_locked_out("1001001", HERE, Instant::now() + Duration::from_secs(300)));
    for _ in 0..5 {
        accounts.note("1001001", ELSEWHERE, false, Instant::now());
    }
    assert!(accounts.is_locked_out("1001001", ELSEWHERE, Instant::now()), "SCRAM counts too");
}

#[tokio::test]
async fn unknown_users_look_like_known_ones() {
    let accounts = accounts();
    for _ in 0..5 {
        assert_eq!(accounts.verify("nobody", &"offhook".into(), HERE).await, Verdict::Wrong);
    }
    assert_eq!(accounts.verify("nobody", &"offhook".into(), HERE).await, Verdict::LockedOut);

    let known = accounts.scram_keys("1001001", ScramHash::Sha1);
    for name in ["nobody", "not a user id", ""] {
        let fake = accounts.scram_keys(name, ScramHash::Sha1);
        assert_eq!(fake, accounts.scram_keys(name, ScramHash::Sha1), "the same each time");
        let lengths = |keys: &ScramKeys| (keys.salt.len(), keys.stored_key.len(), keys.server_key.len());
        assert_eq!((lengths(&fake), fake.iterations), (lengths(&known), known.iterations));
    }
    let fake = accounts.scram_keys("nobody", ScramHash::Sha256);
    assert_ne!(fake.salt, accounts.scram_keys("nobody", ScramHash::Sha1).salt);
    assert_ne!(fake.salt, accounts.scram_keys("somebody", ScramHash::Sha256).salt);
    assert_eq!(fake, self::accounts().scram_keys("Nobody", ScramHash::Sha256), "and after a restart");
    // Nor can a user be told who has no keys for this hash.
    for name in ["nobody", "1001001"] {
        let fake = accounts.scram_keys(name, ScramHash::Sha512);
        assert_eq!((fake.stored_key.len(), fake.server_key.len(), fake.iterations), (64, 64, 16));
        assert_ne!(fake.stored_key[..32], fake.stored_key[32..]);
    }
    assert_eq!(accounts.without_sha512(), 1);
}

#[tokio::test]
async fn more_checks_than_may_wait_are_turned_away() {
    let mut settings = Config::default().auth;
    settings.derivations_waiting_max = 1;
    let accounts = Arc::new(Accounts::new(&settings, &[7; 32]));
    let _held = Place::take(&accounts).expect("the only place");
    assert_eq!(accounts.verify("1001001", &"offhook".into(), HERE).await, Verdict::Busy);
}

#[test]
fn sha_512_is_offered_when_everybody_has_keys_for_it() {
    let mut settings = Config::default().auth;
    settings.mechanisms = vec![Mechanism::ScramSha512Plus, Mechanism::ScramSha256];
    settings.mechanisms_xmpp = vec![Mechanism::ScramSha512];
    let accounts = Accounts::new(&settings, &[7; 32]);
    let offered = |listener| accounts.mechanisms_on(listener);
    assert_eq!(offered(ListenerKind::Https), settings.mechanisms);
    accounts.set(user("1001001"), Some(credentials(&"offhook".into(), TEST_KEYS)));
    assert_eq!(offered(ListenerKind::Https), [Mechanism::ScramSha256]);
    assert_eq!(offered(ListenerKind::Xmpp), [Mechanism::ScramSha512], "there is nothing else");
    let with_keys = KeySettings { sha512: true, ..TEST_KEYS };
    accounts.set(user("1001001"), Some(credentials(&"offhook".into(), with_keys)));
    assert_eq!(offered(ListenerKind::Https), settings.mechanisms);
}
