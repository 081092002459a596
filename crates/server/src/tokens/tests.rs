//! Tokens of every kind against sets of keys from a file and from a web server.

mod issuer;

use std::time::Duration;

use jsonwebtoken::{EncodingKey, get_current_timestamp};
use serde_json::{Value, json};

use super::*;
use crate::config::Config;
use issuer::{AUDIENCE, ISSUER, Publisher, SigningKey, claims, key_set};

fn tokens(jwks: &str, more: &str) -> Tokens {
    crate::tls::install_provider();
    let text = format!(
        "[tokens]\njwks = {jwks:?}\nissuer = {ISSUER:?}\naudience = [\"other\", {AUDIENCE:?}]\n{more}"
    );
    Tokens::new(&Config::parse(&text).expect("good settings").tokens.expect("wanted")).expect("usable")
}

/// A file with these keys; it goes with what is returned beside.
fn from_file(keys: &str, more: &str) -> (Tokens, tempfile::NamedTempFile) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), keys).expect("written");
    (tokens(file.path().to_str().expect("UTF-8"), more), file)
}

fn good(user: &str) -> Outcome {
    Outcome::Good(user.to_owned())
}

#[tokio::test]
async fn every_algorithm_of_the_list_and_no_other() {
    let algorithms = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];
    let keys = algorithms.map(|algorithm| SigningKey::new("k", algorithm));
    for key in &keys {
        let set = key_set(&[key]);
        let (tokens, _file) = from_file(&set, "");
        assert_eq!(tokens.verify(&key.token("1001001")).await, good("1001001"), "{:?}", key.algorithm);
        let mut broken = key.token("1001001");
        broken.replace_range(
            broken.len() - 8..,
            if broken.ends_with("AAAA") { "BBBBBBBB" } else { "AAAAAAAA" },
        );
        let outcome = tokens.verify(&broken).await;
        assert!(matches!(outcome, Outcome::Bad(Fault::Signature | Fault::Malformed)), "{outcome:?}");
        let others: Vec<_> =
            algorithms.iter().filter(|a| **a != key.algorithm).map(|a| format!("\"{a:?}\"")).collect();
        let (tokens, _file) = from_file(&set, &format!("algorithms = [{}]\n", others.join(", ")));
        assert_eq!(tokens.verify(&key.token("1001001")).await, Outcome::Bad(Fault::Algorithm));
    }
}

/// The classic attacks: no signature at all, and a public key taken as a shared secret.
#[tokio::test]
async fn unsigned_and_symmetric_tokens_are_refused() {
    let key = SigningKey::new("k", Algorithm::RS256);
    let (tokens, _file) = from_file(&key_set(&[&key]), "");
    let good_token = key.token("1001001");
    let payload = good_token.split('.').nth(1).expect("three parts");
    for unsigned in [
        format!("eyJhbGciOiJub25lIn0.{payload}."), // {"alg":"none"}
        format!("eyJhbGciOiJub25lIn0.{payload}"),
        format!("eyJhbGciOiJOb05FIn0.{payload}.AAAA"),
    ] {
        assert_eq!(tokens.verify(&unsigned).await, Outcome::Bad(Fault::Malformed), "{unsigned}");
    }
    let secret = EncodingKey::from_secret(key.jwk()["n"].as_str().expect("a modulus").as_bytes());
    let header = Header { kid: Some("k".into()), ..Header::new(Algorithm::HS256) };
    let forged = jsonwebtoken::encode(&header, &claims("1001001"), &secret).expect("signed");
    assert_eq!(tokens.verify(&forged).await, Outcome::Bad(Fault::Algorithm));
    for nonsense in ["", ".", "..", "a.b.c", "eyJ", &good_token[1..], &format!("{good_token}.x")] {
        assert_eq!(tokens.verify(nonsense).await, Outcome::Bad(Fault::Malformed), "{nonsense}");
        assert!(!tokens.takes_as_password(nonsense));
    }
    assert!(tokens.takes_as_password(&good_token));
    let header =
        Header { crit: Some(vec!["b64".into()]), kid: Some("k".into()), ..Header::new(Algorithm::RS256) };
    let critical = key.sign_with(&header, &claims("1001001"));
    assert_eq!(tokens.verify(&critical).await, Outcome::Bad(Fault::Malformed));
}

#[tokio::test]
async fn each_claim_counts() {
    let key = SigningKey::new("k", Algorithm::EdDSA);
    let (tokens, _file) = from_file(&key_set(&[&key]), "leeway = \"10 s\"\n");
    let now = get_current_timestamp();
    let with = |name: &str, value: Value| {
        let mut claims = claims("1001001");
        claims[name] = value;
        key.sign(&claims)
    };
    let without = |name: &str| {
        let mut claims = claims("1001001");
        claims.as_object_mut().expect("an object").remove(name);
        key.sign(&claims)
    };
    for (token, expected) in [
        (with("exp", json!(now - 5)), good("1001001")),
        (with("exp", json!(now - 60)), Outcome::Bad(Fault::Expired)),
        (with("exp", json!("soon")), Outcome::Bad(Fault::Claims)),
        (without("exp"), Outcome::Bad(Fault::Claims)),
        (with("nbf", json!(now + 5)), good("1001001")),
        (with("nbf", json!(now + 60)), Outcome::Bad(Fault::NotYet)),
        (with("iss", json!("https://id.example/realm/")), Outcome::Bad(Fault::Issuer)),
        (without("iss"), Outcome::Bad(Fault::Issuer)),
        (with("aud", json!(["x", "offhook"])), good("1001001")),
        (with("aud", json!("offhook2")), Outcome::Bad(Fault::Audience)),
        (with("aud", json!([])), Outcome::Bad(Fault::Audience)),
        (without("aud"), Outcome::Bad(Fault::Audience)),
        (with("sub", json!(1_001_001)), Outcome::Bad(Fault::Claims)),
        (with("sub", json!("")), Outcome::Bad(Fault::Claims)),
        (without("sub"), Outcome::Bad(Fault::Claims)),
    ] {
        assert_eq!(tokens.verify(&token).await, expected, "{token}");
    }
    let (by_name, _file) = from_file(&key_set(&[&key]), "username_claim = \"preferred_username\"\n");
    let token = with("preferred_username", json!("1001002@localhost"));
    assert_eq!(by_name.verify(&token).await, good("1001002@localhost"));
    assert_eq!(by_name.claimed_name(&token).as_deref(), Some("1001002@localhost"));
    assert_eq!(by_name.verify(&key.token("1001001")).await, Outcome::Bad(Fault::Claims));
}

/// A token that does not name its key is tried with all that fit.
#[tokio::test]
async fn a_key_need_not_be_named() {
    let (one, two) = (SigningKey::new("1", Algorithm::ES256), SigningKey::new("2", Algorithm::ES256));
    let (tokens, _file) = from_file(&key_set(&[&one, &two]), "");
    let unnamed = two.sign_with(&Header::new(Algorithm::ES256), &claims("1001001"));
    assert_eq!(tokens.verify(&unnamed).await, good("1001001"));
    let stranger = SigningKey::new("2", Algorithm::ES256);
    let forged = stranger.sign_with(&Header::new(Algorithm::ES256), &claims("1001001"));
    assert_eq!(tokens.verify(&forged).await, Outcome::Bad(Fault::Signature));
    assert_eq!(tokens.verify(&stranger.token("1001001")).await, Outcome::Bad(Fault::Signature));
}

/// A new key is found when the first token names it; unknown keys do not make us ask more often than allowed; a key that
/// was withdrawn counts until the set is fetched anew.
#[tokio::test(start_paused = true)]
async fn keys_rotate() {
    let (old, new) = (SigningKey::new("old", Algorithm::ES256), SigningKey::new("new", Algorithm::EdDSA));
    let (tokens, file) =
        from_file(&key_set(&[&old]), "jwks_refresh_interval = \"10 min\"\njwks_min_interval = \"30 s\"\n");
    assert_eq!(tokens.verify(&old.token("1001001")).await, good("1001001"));
    assert_eq!(tokens.verify(&new.token("1001001")).await, Outcome::Bad(Fault::UnknownKey));
    std::fs::write(file.path(), key_set(&[&new])).expect("written");
    assert_eq!(tokens.verify(&new.token("1001001")).await, Outcome::Bad(Fault::UnknownKey), "asked just now");
    assert_eq!(tokens.verify(&old.token("1001001")).await, good("1001001"), "nobody has looked");
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(tokens.verify(&new.token("1001001")).await, good("1001001"));
    assert_eq!(tokens.verify(&old.token("1001001")).await, Outcome::Bad(Fault::UnknownKey));

    std::fs::write(file.path(), key_set(&[&old])).expect("written");
    tokio::time::advance(Duration::from_secs(601)).await;
    assert_eq!(tokens.verify(&new.token("1001001")).await, Outcome::Bad(Fault::UnknownKey), "fetched anew");
}

/// While the keys cannot be fetched, those that are there count for a while; then nobody knows.
#[tokio::test(start_paused = true)]
async fn keys_outlive_their_source_for_a_while() {
    let (key, new) = (SigningKey::new("k", Algorithm::ES256), SigningKey::new("new", Algorithm::ES256));
    let (tokens, file) = from_file(
        &key_set(&[&key]),
        "jwks_refresh_interval = \"60 s\"\njwks_min_interval = \"10 s\"\njwks_max_age = \"10 min\"\n",
    );
    std::fs::write(file.path(), "{}").expect("written");
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(tokens.verify(&key.token("1001001")).await, good("1001001"));
    // Perhaps it is new; not knowing is no refusal.
    assert_eq!(tokens.verify(&new.token("1001001")).await, Outcome::Unavailable);
    tokio::time::advance(Duration::from_secs(540)).await;
    assert_eq!(tokens.verify(&key.token("1001001")).await, Outcome::Unavailable);
    std::fs::write(file.path(), key_set(&[&key, &new])).expect("written");
    tokio::time::advance(Duration::from_secs(11)).await;
    assert_eq!(tokens.verify(&new.token("1001001")).await, good("1001001"), "it is back");
}

#[tokio::test]
async fn keys_come_from_a_web_server_too() {
    let (one, two) = (SigningKey::new("1", Algorithm::ES256), SigningKey::new("2", Algorithm::RS256));
    let publisher = Publisher::start(&key_set(&[&one])).await;
    let tokens = Arc::new(tokens(&publisher.url(), "jwks_min_interval = \"1 s\"\n"));
    // Many at once: one of them asks, all get the answer.
    let token = one.token("1001001");
    let asking: Vec<_> = (0..8)
        .map(|_| {
            let (tokens, token) = (Arc::clone(&tokens), token.clone());
            tokio::spawn(async move { tokens.verify(&token).await })
        })
        .collect();
    for outcome in asking {
        assert_eq!(outcome.await.expect("no panic"), good("1001001"));
    }
    assert_eq!(publisher.requests(), 1);

    for answer in [
        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnot JSON.".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_owned() + &"x".repeat(1_000_000),
        "nonsense\r\n\r\n".to_owned(),
    ] {
        publisher.answer(answer);
        let fresh = self::tokens(&publisher.url(), "");
        assert_eq!(fresh.verify(&two.token("1001001")).await, Outcome::Unavailable);
    }
    publisher.publish(&key_set(&[&two]));
    let fresh = self::tokens(&publisher.url(), "");
    assert_eq!(fresh.verify(&two.token("1001001")).await, good("1001001"));
    let nobody = self::tokens("http://127.0.0.1:1/jwks", "");
    assert_eq!(nobody.verify(&two.token("1001001")).await, Outcome::Unavailable);
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    crate::tls::install_provider();
    let error = |more: &str| {
        let text = format!("[tokens]\nissuer = \"i\"\naudience = [\"a\"]\n{more}");
        let settings = Config::parse(&text).expect("good settings").tokens.expect("wanted");
        Tokens::new(&settings).err().expect("unusable").to_string()
    };
    assert!(error("jwks = \"/nowhere.json\"").starts_with("tokens.jwks: cannot read /nowhere.json: "));
    assert!(error("jwks = \"/dev/null\"").starts_with("tokens.jwks: /dev/null: not a JSON Web Key Set"));
    let authorities = error("jwks = \"https://id.example/\"\njwks_authorities = \"/dev/null\"");
    assert!(authorities.starts_with("tokens.jwks_authorities: /dev/null holds no"), "{authorities}");
}
