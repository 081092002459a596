//! Signing in over real connections, by everything a server can be told to accept.

mod desk;
mod passwords;
