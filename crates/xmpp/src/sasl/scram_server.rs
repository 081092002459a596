//! SCRAM, the server's end (RFC 5802 §3, §5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

use super::gs2::{BindingFlag, Gs2Header, unescape};
use super::keys::xor;
use super::{SaslCondition, ScramHash, ScramKeys};

/// The client's first message, which says who wants in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramClientFirst {
    /// Whom to act as; empty means as oneself.
    pub authzid: String,
    /// Who one is, unescaped.
    pub username: String,
    pub(crate) flag: BindingFlag,
    gs2_header: String,
    bare: String,
    nonce: String,
}

/// The exchange after the server's first message.
pub struct ScramServer {
    hash: ScramHash,
    keys: ScramKeys,
    /// The GS2 header and the channel-binding data: what the client has to repeat in its proof.
    binding: Vec<u8>,
    nonce: String,
    /// `client-first-message-bare,server-first-message`, the first two parts of the AuthMessage.
    transcript: String,
}

impl ScramClientFirst {
    /// Reads the client's first message.
    ///
    /// Any channel-binding flag is accepted; whether it fits the mechanism and the connection is for the caller to say.
    ///
    /// # Errors
    ///
    /// [`SaslCondition::MalformedRequest`], for mandatory extensions (`m=`) too.
    pub fn parse(message: &[u8]) -> Result<Self, SaslCondition> {
        Self::read(message).ok_or(SaslCondition::MalformedRequest)
    }

    fn read(message: &[u8]) -> Option<Self> {
        let Gs2Header { flag, authzid, text, rest } = Gs2Header::read(std::str::from_utf8(message).ok()?)?;
        let mut attributes = rest.split(',');
        let username = unescape(attributes.next()?.strip_prefix("n=")?)?;
        let nonce = attributes.next()?.strip_prefix("r=")?;
        if username.is_empty() || nonce.is_empty() || !nonce.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return None;
        }
        Some(Self {
            authzid,
            username,
            flag,
            gs2_header: text.to_owned(),
            bare: rest.to_owned(),
            nonce: nonce.to_owned(),
        })
    }
}

impl ScramServer {
    /// Answers the client's first message; the text is the challenge.
    ///
    /// - `keys`: those of the user; for an unknown user made-up ones that are the same each time.
    /// - `binding`: the connection's data of the kind that the client named; empty if it named none.
    /// - `nonce`: fresh, unguessable, printable, without commas.
    pub fn challenge(
        hash: ScramHash,
        first: ScramClientFirst,
        keys: ScramKeys,
        binding: &[u8],
        nonce: &str,
    ) -> (Self, String) {
        let nonce = format!("{}{nonce}", first.nonce);
        let server_first = format!("r={nonce},s={},i={}", STANDARD.encode(&keys.salt), keys.iterations);
        let transcript = format!("{},{server_first}", first.bare);
        let binding = [first.gs2_header.as_bytes(), binding].concat();
        (Self { hash, keys, binding, nonce, transcript }, server_first)
    }

    /// Checks the client's final message; the text proves to the client that we know the keys too.
    ///
    /// # Errors
    ///
    /// [`SaslCondition::NotAuthorized`] for a wrong proof, nonce or channel binding,
    /// [`SaslCondition::MalformedRequest`] for anything unreadable.
    pub fn finish(&self, message: &[u8]) -> Result<String, SaslCondition> {
        let (without_proof, binding, nonce, proof) =
            read_final(message).ok_or(SaslCondition::MalformedRequest)?;
        if binding != self.binding || nonce != self.nonce {
            return Err(SaslCondition::NotAuthorized);
        }
        let auth_message = format!("{},{without_proof}", self.transcript);
        let mut client_key = self.hash.hmac(&self.keys.stored_key, auth_message.as_bytes());
        if proof.len() != client_key.len() {
            return Err(SaslCondition::NotAuthorized);
        }
        xor(&mut client_key, &proof);
        if !bool::from(self.hash.digest(&client_key).ct_eq(&self.keys.stored_key)) {
            return Err(SaslCondition::NotAuthorized);
        }
        let signature = self.hash.hmac(&self.keys.server_key, auth_message.as_bytes());
        Ok(format!("v={}", STANDARD.encode(signature)))
    }
}

/// Splits a client-final-message into the part without proof, the channel binding, the nonce and the proof.
fn read_final(message: &[u8]) -> Option<(&str, Vec<u8>, &str, Vec<u8>)> {
    let message = std::str::from_utf8(message).ok()?;
    let (without_proof, proof) = message.rsplit_once(",p=")?;
    let mut attributes = without_proof.split(',');
    let binding = STANDARD.decode(attributes.next()?.strip_prefix("c=")?).ok()?;
    let nonce = attributes.next()?.strip_prefix("r=")?;
    Some((without_proof, binding, nonce, STANDARD.decode(proof).ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::{ChannelBinding, derive};
    use super::*;

    fn run(
        hash: ScramHash,
        first: &str,
        salt: &str,
        nonce: &str,
        last: &str,
    ) -> (String, Result<String, SaslCondition>) {
        let keys = derive(hash, "pencil", &STANDARD.decode(salt).unwrap(), 4096);
        let first = ScramClientFirst::parse(first.as_bytes()).unwrap();
        assert_eq!(first.username, "user");
        let (server, challenge) = ScramServer::challenge(hash, first, keys, &[], nonce);
        (challenge, server.finish(last.as_bytes()))
    }

    /// RFC 5802 §5.
    #[test]
    fn sha_1_vector() {
        let (challenge, outcome) = run(
            ScramHash::Sha1,
            "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            "QSXCR+Q6sek8bf92",
            "3rfcNHYJY1ZVvWVs7j",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        );
        assert_eq!(challenge, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
        assert_eq!(outcome.as_deref(), Ok("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
    }

    /// RFC 7677 §3.
    #[test]
    fn sha_256_vector() {
        let (challenge, outcome) = run(
            ScramHash::Sha256,
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "W22ZaJ0SNY7soEsUEjb6gQ==",
            "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        );
        assert!(challenge.ends_with(",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
        assert_eq!(outcome.as_deref(), Ok("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    }

    /// SHA-512 has no vector in an RFC: this is the exchange of RFC 7677 §3, computed by another implementation.
    #[test]
    fn sha_512_vector() {
        let (_, outcome) = run(
            ScramHash::Sha512,
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "W22ZaJ0SNY7soEsUEjb6gQ==",
            "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
            SHA512_LAST,
        );
        assert_eq!(outcome.as_deref(), Ok(SHA512_SIGNATURE));
    }

    /// The same exchange bound to a channel whose exporter gives the bytes 0 to 31; computed by another implementation.
    #[test]
    fn a_proof_counts_on_its_own_channel_only() {
        let keys =
            derive(ScramHash::Sha256, "pencil", &STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), 4096);
        let outcome = |binding: &[u8]| {
            let first = ScramClientFirst::parse(b"p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO").unwrap();
            assert_eq!(first.flag, BindingFlag::Used(Some(ChannelBinding::TlsExporter)));
            let nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
            let (server, _) = ScramServer::challenge(ScramHash::Sha256, first, keys.clone(), binding, nonce);
            server.finish(PLUS_LAST.as_bytes())
        };
        let mut exported: Vec<u8> = (0..32).collect();
        assert_eq!(outcome(&exported).as_deref(), Ok(PLUS_SIGNATURE));
        exported[31] ^= 1;
        assert_eq!(outcome(&exported), Err(SaslCondition::NotAuthorized));
        assert_eq!(outcome(&[]), Err(SaslCondition::NotAuthorized));
    }

    #[test]
    fn tampering_is_refused() {
        let outcome = |last: &str| run(ScramHash::Sha1, "y,,n=user,r=abc", "QSXCR+Q6sek8bf92", "def", last).1;
        let proof = "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";
        // The right binding for "y,,", a wrong proof; then the binding of "n,,"; then another nonce.
        assert_eq!(outcome(&format!("c=eSws,r=abcdef,{proof}")), Err(SaslCondition::NotAuthorized));
        assert_eq!(outcome(&format!("c=biws,r=abcdef,{proof}")), Err(SaslCondition::NotAuthorized));
        assert_eq!(outcome(&format!("c=eSws,r=abc,{proof}")), Err(SaslCondition::NotAuthorized));
        assert_eq!(outcome("c=eSws,r=abcdef,p=AAAA"), Err(SaslCondition::NotAuthorized));
        for last in [
            "",
            "c=eSws",
            "c=eSws,r=abcdef",
            "c=*,r=abcdef,p=AAAA",
            "c=eSws,r=abcdef,p=*",
            "r=abcdef,c=eSws,p=AAAA",
        ] {
            assert_eq!(outcome(last), Err(SaslCondition::MalformedRequest), "{last}");
        }
    }

    #[test]
    fn names_are_unescaped_and_bad_first_messages_refused() {
        let first = ScramClientFirst::parse(b"n,a=x=2Cy,n=a=3Db=2C,r=1,ext=2").unwrap();
        assert_eq!((first.authzid.as_str(), first.username.as_str()), ("x,y", "a=b,"));
        assert_eq!(first.gs2_header, "n,a=x=2Cy,");
        for message in [
            "",
            "n",
            "n,,",
            "n,,n=a",
            "n,,r=1,n=a",
            "p=,,n=a,r=1",
            "n,,m=x,n=a,r=1",
            "n,b,n=a,r=1",
            "n,,n=,r=1",
            "n,,n=a,r=",
            "n,,n=a=2c,r=1",
            "n,,n=a=,r=1",
            "n,,n=a,r=\u{1}",
            "N,,n=a,r=1",
        ] {
            assert_eq!(
                ScramClientFirst::parse(message.as_bytes()),
                Err(SaslCondition::MalformedRequest),
                "{message}"
            );
        }
        assert!(ScramClientFirst::parse(b"n,,n=\xff,r=1").is_err());
    }

    const SHA512_LAST: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
        p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==";
    const SHA512_SIGNATURE: &str =
        "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==";
    const PLUS_LAST: &str = "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,\
        r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=QC6CS20quADQRb3mT99YUH+n3VJxUvzuK0K0E1Vrs2M=";
    const PLUS_SIGNATURE: &str = "v=2GiAgapEppLVlUXbxUDksL3VgYHzuqiK5tR4mhJGgvs=";
}
