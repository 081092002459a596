//! Tokens of an identity provider (JSON Web Tokens, RFC 7519): who is vouched for, by keys that the provider publishes.
//!
//! A token is taken if it is signed with a key of the configured set by an algorithm of the list, comes from the
//! configured issuer, is meant for one of the configured audiences, and is in its time. The keys are fetched when the first
//! token comes, again after a while, and when a token names a key that is not among them.

mod key_set;
mod source;

use std::fmt;
use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::config;

pub use key_set::{KeySet, KeySetError};
use source::Source;
pub use source::{Address, SourceError};

/// Verifies tokens. Shared by everything that takes them; every method may be called from any task.
pub struct Tokens {
    settings: config::TokenSettings,
    source: Source,
    state: Mutex<State>,
    /// Held by whoever fetches; the others wait for what comes of it.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    keys: Option<Arc<KeySet>>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
    /// The latest attempt did not succeed.
    has_failed: bool,
}

/// What became of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is good, and this is what its user-name claim says.
    Good(String),
    /// It is not.
    Bad(Fault),
    /// The keys cannot be had, so nobody knows.
    Unavailable,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no JSON Web Token.
    Malformed,
    /// Its algorithm is not in the list.
    Algorithm,
    /// No key of the set can have signed it.
    UnknownKey,
    /// The signature is wrong.
    Signature,
    /// It was good once.
    Expired,
    /// It will be good.
    NotYet,
    /// It is of another issuer, or of none.
    Issuer,
    /// It is for somebody else, or for nobody.
    Audience,
    /// It has no time of expiry, or the claim with the user's name is missing or not a text.
    Claims,
}

impl Fault {
    /// True if somebody may be guessing. A token with a good signature was made by the issuer and is no guess, even if it
    /// is of no use here.
    pub fn may_be_guess(self) -> bool {
        matches!(self, Fault::Algorithm | Fault::UnknownKey | Fault::Signature)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Malformed => "not a JSON Web Token",
            Fault::Algorithm => "its algorithm is not in tokens.algorithms",
            Fault::UnknownKey => "its key is not in the set of tokens.jwks",
            Fault::Signature => "its signature is wrong",
            Fault::Expired => "it has expired",
            Fault::NotYet => "it is not valid yet; do the clocks agree?",
            Fault::Issuer => "its issuer is not tokens.issuer",
            Fault::Audience => "its audience is not in tokens.audience",
            Fault::Claims => "it has no \"exp\", or no text in the claim tokens.username_claim",
        })
    }
}

/// Why tokens cannot be verified as the settings say.
#[derive(Debug, thiserror::Error)]
#[error("tokens.{setting}: {why}")]
pub struct TokensError {
    /// Which setting.
    setting: &'static str,
    why: String,
}

impl Tokens {
    /// Reads what is on this machine: a file of keys, and a file of authorities. What is on the web may come later.
    ///
    /// # Errors
    ///
    /// [`TokensError`]: a file that cannot be used.
    pub fn new(settings: &config::TokenSettings) -> Result<Tokens, TokensError> {
        let source =
            Source::new(settings.jwks.clone(), settings.jwks_authorities.as_deref(), settings.jwks_timeout)
                .map_err(|error| TokensError { setting: "jwks_authorities", why: error.to_string() })?;
        let mut state = State::default();
        if let Address::File(path) = &settings.jwks {
            let refused = |why: String| TokensError { setting: "jwks", why };
            let bytes = std::fs::read(path)
                .map_err(|error| refused(format!("cannot read {}: {error}", path.display())))?;
            let keys =
                KeySet::parse(&bytes).map_err(|error| refused(format!("{}: {error}", path.display())))?;
            state.keys = Some(Arc::new(keys));
            state.fetched = Some(Instant::now());
        }
        Ok(Tokens {
            settings: settings.clone(),
            source,
            state: Mutex::new(state),
            fetching: tokio::sync::Mutex::new(()),
        })
    }

    /// Whether a text sent as a password is to be looked at as a token: it has the form of one, and the settings allow it.
    pub fn takes_as_password(&self, text: &str) -> bool {
        self.settings.as_password && decode_header(text).is_ok()
    }

    /// The name that a token claims, good or not. For counting failed attempts, and nothing else.
    pub fn claimed_name(&self, token: &str) -> Option<String> {
        let claims: Map<String, Value> = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
        claims.get(&self.settings.username_claim)?.as_str().map(ToOwned::to_owned)
    }

    /// Verifies a token. Takes some ten microseconds, unless keys have to be fetched.
    pub async fn verify(&self, token: &str) -> Outcome {
        let Ok(header) = decode_header(token) else { return Outcome::Bad(Fault::Malformed) };
        if header.crit.as_ref().is_some_and(|extensions| !extensions.is_empty()) {
            // RFC 7515 §4.1.11: an extension that must be understood, and is not.
            return Outcome::Bad(Fault::Malformed);
        }
        if !self.settings.algorithms.contains(&header.alg) {
            return Outcome::Bad(Fault::Algorithm);
        }
        let keys = match self.keys_for(&header).await {
            Ok(Some(keys)) => keys,
            Ok(None) => return Outcome::Bad(Fault::UnknownKey),
            Err(Unavailable) => return Outcome::Unavailable,
        };
        self.check(token, &header, &keys)
    }

    fn check(&self, token: &str, header: &Header, keys: &KeySet) -> Outcome {
        let mut validation = Validation::new(header.alg);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&self.settings.audience);
        validation.validate_nbf = true;
        validation.leeway = self.settings.leeway.as_secs();
        let mut fault = Fault::UnknownKey;
        for key in keys.candidates(header.kid.as_deref(), header.alg) {
            match decode::<Map<String, Value>>(token, key, &validation) {
                Ok(token) => {
                    return match token.claims.get(&self.settings.username_claim).and_then(Value::as_str) {
                        Some(name) if !name.is_empty() => Outcome::Good(name.to_owned()),
                        _ => Outcome::Bad(Fault::Claims),
                    };
                }
                Err(error) => fault = fault_of(error.kind()),
            }
            if fault != Fault::Signature {
                break;
            }
        }
        Outcome::Bad(fault)
    }

    /// A set with a key for this header, fetched anew if need be and allowed; none if the set has none.
    async fn keys_for(&self, header: &Header) -> Result<Option<Arc<KeySet>>, Unavailable> {
        let has_key = |keys: &KeySet| keys.candidates(header.kid.as_deref(), header.alg).next().is_some();
        let current = {
            let state = self.state.lock();
            let is_fresh = state.fetched.is_some_and(|at| at.elapsed() < self.settings.jwks_refresh_interval);
            state.keys.clone().filter(|keys| is_fresh && has_key(keys))
        };
        if current.is_some() {
            return Ok(current);
        }
        self.refresh().await;
        let state = self.state.lock();
        let is_usable = state.fetched.is_some_and(|at| at.elapsed() < self.settings.jwks_max_age);
        match &state.keys {
            Some(keys) if is_usable && has_key(keys) => Ok(Some(Arc::clone(keys))),
            Some(_) if is_usable && !state.has_failed => Ok(None),
            // Too old, or it may be signed with a key that is new and that we could not get.
            _ => Err(Unavailable),
        }
    }

    /// Fetches the keys, unless that was tried a short while ago.
    async fn refresh(&self) {
        let _turn = self.fetching.lock().await;
        {
            let mut state = self.state.lock();
            if state.tried.is_some_and(|at| at.elapsed() < self.settings.jwks_min_interval) {
                return;
            }
            state.tried = Some(Instant::now());
        }
        let keys = match self.source.fetch().await {
            Ok(bytes) => KeySet::parse(&bytes).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let mut state = self.state.lock();
        state.has_failed = keys.is_err();
        match keys {
            Ok(keys) => {
                tracing::debug!(jwks = ?self.source.address(), "keys for tokens fetched");
                state.keys = Some(Arc::new(keys));
                state.fetched = Some(Instant::now());
            }
            Err(error) => tracing::warn!(jwks = ?self.source.address(), %error, "no keys for tokens"),
        }
    }
}

struct Unavailable;

fn fault_of(error: &ErrorKind) -> Fault {
    match error {
        ErrorKind::InvalidSignature => Fault::Signature,
        ErrorKind::ExpiredSignature => Fault::Expired,
        ErrorKind::ImmatureSignature => Fault::NotYet,
        ErrorKind::InvalidIssuer => Fault::Issuer,
        ErrorKind::InvalidAudience => Fault::Audience,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => Fault::Algorithm,
        ErrorKind::MissingRequiredClaim(claim) if claim == "iss" => Fault::Issuer,
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => Fault::Audience,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => Fault::Claims,
        ErrorKind::InvalidEcdsaKey
        | ErrorKind::InvalidEddsaKey
        | ErrorKind::InvalidRsaKey(_)
        | ErrorKind::InvalidKeyFormat
        | ErrorKind::Provider(_) => Fault::UnknownKey,
        _ => Fault::Malformed,
    }
}

/// The algorithms that tokens may be signed with: public keys only. `none` and those with shared secrets are not here.
pub const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("RS256", Algorithm::RS256),
    ("PS256", Algorithm::PS256),
    ("ES256", Algorithm::ES256),
    ("EdDSA", Algorithm::EdDSA),
];

#[cfg(test)]
mod tests;
