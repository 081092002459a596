//! An identity provider for tests: keys made on the spot, tokens of any kind, and a web server for the set of keys.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

pub(crate) const ISSUER: &str = "https://id.example/realm";
pub(crate) const AUDIENCE: &str = "offhook";

/// One key of the provider.
pub(crate) struct SigningKey {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    key: EncodingKey,
}

impl SigningKey {
    pub(crate) fn new(id: &'static str, algorithm: Algorithm) -> SigningKey {
        let key = match algorithm {
            Algorithm::ES256 => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
                EncodingKey::from_ec_der(key.to_pkcs8v1().expect("PKCS #8").as_ref())
            }
            Algorithm::EdDSA => {
                let key = Ed25519KeyPair::generate().expect("a key");
                EncodingKey::from_ed_der(key.to_pkcs8v1().expect("PKCS #8").as_ref())
            }
            _ => {
                let key = KeyPair::generate(KeySize::Rsa2048).expect("a key");
                let pkcs8: aws_lc_rs::encoding::Pkcs8V1Der<'_> = key.as_der().expect("PKCS #8");
                // PKCS #1, as the library wants it, is what follows a header of 26 bytes.
                EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..])
            }
        };
        SigningKey { id, algorithm, key }
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) }, claims)
    }

    pub(crate) fn sign_with(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.key).expect("signed")
    }

    /// A token for a user that is good in every way.
    pub(crate) fn token(&self, user: &str) -> String {
        self.sign(&claims(user))
    }

    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).expect("the public half");
        jwk.common.key_id = Some(self.id.to_owned());
        serde_json::to_value(&jwk).expect("JSON")
    }
}

/// The claims of a good token.
pub(crate) fn claims(user: &str) -> Value {
    let now = get_current_timestamp();
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": user, "iat": now, "exp": now + 600 })
}

/// The set of these keys, as the provider publishes it.
pub(crate) fn key_set(keys: &[&SigningKey]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() }).to_string()
}

/// The provider's web server on the loopback interface.
pub(crate) struct Publisher {
    pub(crate) address: SocketAddr,
    answer: Arc<Mutex<String>>,
    requests: Arc<AtomicUsize>,
}

impl Publisher {
    /// Starts it with this set of keys.
    pub(crate) async fn start(keys: &str) -> Publisher {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let publisher = Publisher {
            address: listener.local_addr().expect("bound"),
            answer: Arc::default(),
            requests: Arc::default(),
        };
        publisher.publish(keys);
        let (answer, requests) = (Arc::clone(&publisher.answer), Arc::clone(&publisher.requests));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    match socket.read_u8().await {
                        Ok(byte) => request.push(byte),
                        Err(_) => break,
                    }
                }
                requests.fetch_add(1, Ordering::SeqCst);
                let text = answer.lock().expect("no panic meanwhile").clone();
                let _ = socket.write_all(text.as_bytes()).await;
            }
        });
        publisher
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/jwks", self.address)
    }

    /// Answers with this set from now on.
    pub(crate) fn publish(&self, keys: &str) {
        self.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{keys}", keys.len()));
    }

    /// Answers with these bytes from now on.
    pub(crate) fn answer(&self, response: String) {
        *self.answer.lock().expect("no panic meanwhile") = response;
    }

    /// How often it was asked.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}
