//! Signing in over real connections, by everything a server can be told to accept.

mod desk;
#[path = "../../../server/src/tokens/tests/issuer.rs"]
mod issuer;
mod passwords;
mod tokens;
