//! SCRAM, the client's end (RFC 5802 §3, §5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::gs2::{BindingFlag, escape, write};
use super::keys::{salted_password, xor};
use super::{ChannelBinding, Password, ScramHash};

/// Why a client gives up on a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScramClientError {
    /// The challenge does not follow the RFC, or does not continue our nonce.
    #[error("the server's SCRAM challenge is malformed")]
    Challenge,
    /// More rounds than [`ScramClient::ITERATIONS_MAX`]: a server could keep us busy for hours.
    #[error(
        "the server asks for {iterations} PBKDF2 iterations; at most {} are done",
        ScramClient::ITERATIONS_MAX
    )]
    TooManyIterations {
        /// What was asked.
        iterations: u64,
    },
    /// The server did not prove that it knows the user's keys.
    #[error("the server's SCRAM signature is wrong: this is not the server the password was set on")]
    Signature,
}

/// The exchange after the client's first message.
pub struct ScramClient {
    hash: ScramHash,
    password: Password,
    /// The GS2 header and the channel-binding data.
    binding: Vec<u8>,
    bare: String,
    nonce: String,
}

/// The exchange after the client's final message.
pub struct ScramClientFinal {
    signature: Vec<u8>,
}

/// What a client says about channel binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScramBinding<'a> {
    /// It can do none, or none that the server can.
    Unsupported,
    /// It could, but the server offers no mechanism for it. A server that did offer one will refuse: then somebody has
    /// taken it out of the list on the way.
    NotOffered,
    /// The exchange is bound to the connection with this data. For `-PLUS` mechanisms only.
    Used(ChannelBinding, &'a [u8]),
}

impl ScramClient {
    /// The most PBKDF2 rounds a server may ask for.
    pub const ITERATIONS_MAX: u32 = 1_000_000;

    /// Starts an exchange; the text is the initial response.
    ///
    /// - `authzid`: whom to act as; empty for oneself.
    /// - `nonce`: fresh, unguessable, printable, without commas.
    pub fn start(
        hash: ScramHash,
        authzid: &str,
        username: &str,
        password: Password,
        binding: ScramBinding<'_>,
        nonce: &str,
    ) -> (Self, String) {
        let (flag, data) = match binding {
            ScramBinding::Unsupported => (BindingFlag::Unsupported, &[][..]),
            ScramBinding::NotOffered => (BindingFlag::NotOffered, &[][..]),
            ScramBinding::Used(kind, data) => (BindingFlag::Used(Some(kind)), data),
        };
        let gs2_header = write(&flag, authzid);
        let binding = [gs2_header.as_bytes(), data].concat();
        let bare = format!("n={},r={nonce}", escape(username));
        let message = format!("{gs2_header}{bare}");
        (Self { hash, password, binding, bare, nonce: nonce.to_owned() }, message)
    }

    /// Answers the server's challenge; the text is the response. Costs the key derivation.
    ///
    /// # Errors
    ///
    /// [`ScramClientError::Challenge`] and [`ScramClientError::TooManyIterations`].
    pub fn respond(self, challenge: &[u8]) -> Result<(ScramClientFinal, String), ScramClientError> {
        let (server_first, nonce, salt, iterations) =
            self.read_challenge(challenge).ok_or(ScramClientError::Challenge)?;
        let iterations = match u32::try_from(iterations) {
            Ok(rounds) if rounds <= Self::ITERATIONS_MAX => rounds,
            _ => return Err(ScramClientError::TooManyIterations { iterations }),
        };
        let hash = self.hash;
        let salted = salted_password(hash, self.password.as_str(), &salt, iterations);
        let without_proof = format!("c={},r={nonce}", STANDARD.encode(&self.binding));
        let auth_message = format!("{},{server_first},{without_proof}", self.bare);
        let mut proof = hash.hmac(&salted, b"Client Key");
        let client_signature = hash.hmac(&hash.digest(&proof), auth_message.as_bytes());
        xor(&mut proof, &client_signature);
        let signature = hash.hmac(&hash.hmac(&salted, b"Server Key"), auth_message.as_bytes());
        Ok((ScramClientFinal { signature }, format!("{without_proof},p={}", STANDARD.encode(proof))))
    }

    fn read_challenge<'a>(&self, challenge: &'a [u8]) -> Option<(&'a str, &'a str, Vec<u8>, u64)> {
        let challenge = std::str::from_utf8(challenge).ok()?;
        let mut attributes = challenge.split(',');
        let nonce = attributes.next()?.strip_prefix("r=")?;
        let salt = STANDARD.decode(attributes.next()?.strip_prefix("s=")?).ok()?;
        let iterations = attributes.next()?.strip_prefix("i=")?.parse().ok().filter(|&i| i > 0)?;
        // The server must add to our nonce, or it could replay an old exchange.
        let continued = nonce.len() > self.nonce.len() && nonce.starts_with(&self.nonce);
        (continued && !salt.is_empty()).then_some((challenge, nonce, salt, iterations))
    }
}

impl ScramClientFinal {
    /// Checks the server's proof, which came with its success.
    ///
    /// # Errors
    ///
    /// [`ScramClientError::Signature`] when it is wrong or missing.
    pub fn verify(&self, message: &[u8]) -> Result<(), ScramClientError> {
        let signature = std::str::from_utf8(message)
            .ok()
            .and_then(|message| message.split(',').next()?.strip_prefix("v="))
            .and_then(|signature| STANDARD.decode(signature).ok())
            .ok_or(ScramClientError::Signature)?;
        if bool::from(signature.ct_eq(&self.signature)) { Ok(()) } else { Err(ScramClientError::Signature) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ScramClientFirst, ScramServer, derive};
    use super::*;

    /// RFC 5802 §5 and RFC 7677 §3.
    #[test]
    fn vectors() {
        let (client, first) = ScramClient::start(
            ScramHash::Sha1,
            "",
            "user",
            "pencil".into(),
            ScramBinding::Unsupported,
            "fyko+d2lbbFgONRv9qkxdawL",
        );
        assert_eq!(first, "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
        let (last, response) = client
            .respond(b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")
            .unwrap();
        assert_eq!(
            response,
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
        );
        assert_eq!(last.verify(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), Ok(()));

        let (client, _) = ScramClient::start(
            ScramHash::Sha256,
            "",
            "user",
            "pencil".into(),
            ScramBinding::Unsupported,
            "rOprNGfwEbeRWgbNEkqO",
        );
        let (last, response) = client
            .respond(
                b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            )
            .unwrap();
        assert!(response.ends_with(",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
        assert_eq!(last.verify(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), Ok(()));
        assert_eq!(last.verify(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), Err(ScramClientError::Signature));
        assert_eq!(last.verify(b""), Err(ScramClientError::Signature));
    }

    #[test]
    fn both_ends_agree_on_the_channel() {
        for kind in ChannelBinding::ALL {
            let hash = ScramHash::Sha512;
            let binding = ScramBinding::Used(kind, b"ab");
            let (client, first) = ScramClient::start(hash, "", "u", "p".into(), binding, "c");
            assert!(first.starts_with(&format!("p={kind},,")), "{first}");
            let first = ScramClientFirst::parse(first.as_bytes()).unwrap();
            let keys = derive(hash, "p", b"salt", 16);
            let (server, challenge) = ScramServer::challenge(hash, first, keys, b"ab", "s");
            let (last, response) = client.respond(challenge.as_bytes()).unwrap();
            assert_eq!(last.verify(server.finish(response.as_bytes()).unwrap().as_bytes()), Ok(()));
        }
        let (_, first) =
            ScramClient::start(ScramHash::Sha1, "", "u", "p".into(), ScramBinding::NotOffered, "c");
        assert!(first.starts_with("y,,"));
    }

    #[test]
    fn both_ends_agree_on_names_that_need_escaping() {
        for hash in ScramHash::ALL {
            let keys = derive(hash, "p,=\u{e9}", b"salt", 16);
            let (client, first) = ScramClient::start(
                hash,
                "=,@x",
                "a=2C,b",
                "p,=\u{e9}".into(),
                ScramBinding::Unsupported,
                "c",
            );
            let first = ScramClientFirst::parse(first.as_bytes()).unwrap();
            assert_eq!((first.username.as_str(), first.authzid.as_str()), ("a=2C,b", "=,@x"));
            let (server, challenge) = ScramServer::challenge(hash, first, keys, &[], "s");
            let (last, response) = client.respond(challenge.as_bytes()).unwrap();
            assert_eq!(last.verify(server.finish(response.as_bytes()).unwrap().as_bytes()), Ok(()));
        }
    }

    #[test]
    fn a_challenge_must_continue_the_nonce_and_stay_affordable() {
        let respond = |challenge: &str| {
            let (client, _) =
                ScramClient::start(ScramHash::Sha1, "", "u", "p".into(), ScramBinding::Unsupported, "abc");
            client.respond(challenge.as_bytes()).map(|_| ())
        };
        assert_eq!(respond("r=abcd,s=AAAA,i=1"), Ok(()));
        for challenge in [
            "",
            "r=abc,s=AAAA,i=1",
            "r=xabcd,s=AAAA,i=1",
            "r=abcd,s=AAAA,i=0",
            "r=abcd,s=,i=1",
            "r=abcd,s=AAAA,i=-1",
            "r=abcd,s=*,i=1",
            "m=x,r=abcd,s=AAAA,i=1",
            "e=other-error",
        ] {
            assert_eq!(respond(challenge), Err(ScramClientError::Challenge), "{challenge}");
        }
        for iterations in [1_000_001u64, 1 << 40] {
            assert_eq!(
                respond(&format!("r=abcd,s=AAAA,i={iterations}")),
                Err(ScramClientError::TooManyIterations { iterations })
            );
        }
    }
}
