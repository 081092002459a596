//! The section about tokens, and what follows from it.

use std::path::PathBuf;
use std::time::Duration;

use jsonwebtoken::Algorithm;

use super::kind::{Choices, OptionalPath, OptionalText, Span, Switch, Text, Texts};
use super::layers::Layers;
use super::table::settings;
use crate::tokens::{ALGORITHMS, Address};

settings! {
    /// Tokens of an identity provider.
    pub(super) Tokens in "tokens." {
        /// Where the public keys are that tokens are verified with: a file with a JSON Web Key Set (RFC 7517), or its http or
        /// https address, which an OpenID provider names as "jwks_uri". Redirections are not followed. Empty: no tokens are
        /// taken. With it, OAUTHBEARER is offered where auth.mechanisms has it, and the web service takes
        /// "Authorization: Bearer".
        jwks: Option<String> = "\"\"", OptionalText;
        /// A PEM file of authorities to trust for the https address of jwks, besides the public ones.
        jwks_authorities: Option<PathBuf> = "\"\"", OptionalPath;
        /// The issuer ("iss") of the tokens, letter by letter. Needed with jwks.
        issuer: Option<String> = "\"\"", OptionalText;
        /// Whom the tokens are meant for ("aud"): one of these has to be in them. Needed with jwks.
        audience: Vec<String> = "[]", Texts;
        /// The claim with the name of the user, as 1001001 or 1001001@domain.
        username_claim: String = "\"sub\"", Text;
        /// The algorithms that tokens may be signed with.
        algorithms: Vec<Algorithm> = "[\"RS256\", \"PS256\", \"ES256\", \"EdDSA\"]", Choices(ALGORITHMS);
        /// A token is also taken in place of a password (PLAIN, Basic), as Finesse clients send it with single sign-on.
        as_password: bool = "true", Switch;
        /// How much the clocks of the issuer and this machine may differ.
        leeway: Duration = "\"30 s\"", Span::seconds(0, 600);
        /// How often the keys are fetched anew, if tokens come. A key that has been withdrawn is believed for this long.
        jwks_refresh_interval: Duration = "\"1 h\"", Span::seconds(10, 86_400);
        /// A token with an unknown key has the keys fetched at once, but not more often than this.
        jwks_min_interval: Duration = "\"30 s\"", Span::seconds(1, 3600);
        /// How long the keys count while they cannot be fetched. Over it: temporary-auth-failure, or 503.
        jwks_max_age: Duration = "\"24 h\"", Span::seconds(10, 2_592_000);
        /// Time for fetching the keys. Over it: as if they cannot be fetched.
        jwks_timeout: Duration = "\"5 s\"", Span::seconds(1, 60);
    }
}

/// What tokens are verified with.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenSettings {
    /// Where the keys are.
    pub jwks: Address,
    /// A PEM file of authorities to trust besides the public ones.
    pub jwks_authorities: Option<PathBuf>,
    /// The one issuer.
    pub issuer: String,
    /// Audiences, at least one.
    pub audience: Vec<String>,
    /// The claim with the name of the user.
    pub username_claim: String,
    /// The algorithms allowed, at least one.
    pub algorithms: Vec<Algorithm>,
    /// Whether a token may be sent as a password.
    pub as_password: bool,
    /// How much clocks may differ.
    pub leeway: Duration,
    /// How often the keys are fetched.
    pub jwks_refresh_interval: Duration,
    /// How often at most.
    pub jwks_min_interval: Duration,
    /// How long they count without.
    pub jwks_max_age: Duration,
    /// Time for fetching.
    pub jwks_timeout: Duration,
}

impl Tokens {
    /// Checks what belongs together; `None` if no tokens are taken, or if something is wrong, which `layers` has noted.
    pub(super) fn resolve(self, layers: &mut Layers, warnings: &mut Vec<String>) -> Option<TokenSettings> {
        let Some(jwks) = self.jwks else {
            if self.issuer.is_some() || !self.audience.is_empty() {
                warnings.push("tokens.issuer and tokens.audience have no effect without tokens.jwks".into());
            }
            return None;
        };
        let jwks = Address::parse(&jwks).map_err(|sentence| {
            layers.refuse("tokens.jwks", format!("tokens.jwks: {sentence}"));
        });
        if self.issuer.is_none() {
            let sentence = "tokens.jwks needs tokens.issuer beside it: the \"iss\" of the tokens, which an OpenID \
                            provider names as \"issuer\"";
            layers.refuse("tokens.jwks", sentence.into());
        }
        if self.audience.is_empty() {
            let sentence = "tokens.jwks needs tokens.audience beside it: the \"aud\" that the provider puts into tokens \
                            for this server; without one, a token for any other service would sign in here";
            layers.refuse("tokens.jwks", sentence.into());
        }
        let jwks = jwks.ok()?;
        if jwks.is_open_to_others() {
            warnings.push(
                "tokens.jwks is fetched without encryption: whoever can change it on the way can sign in as anybody; \
                 use https"
                    .into(),
            );
        }
        Some(TokenSettings {
            jwks,
            jwks_authorities: self.jwks_authorities,
            issuer: self.issuer?,
            audience: self.audience,
            username_claim: self.username_claim,
            algorithms: self.algorithms,
            as_password: self.as_password,
            leeway: self.leeway,
            jwks_refresh_interval: self.jwks_refresh_interval,
            jwks_min_interval: self.jwks_min_interval,
            jwks_max_age: self.jwks_max_age,
            jwks_timeout: self.jwks_timeout,
        })
    }
}
