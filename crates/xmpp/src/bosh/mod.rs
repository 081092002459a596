//! BOSH (XEP-0124) with XMPP in it (XEP-0206), the server's end, without HTTP.
//!
//! [`Request::parse`] reads the body of an HTTP request, [`BoshSession`] says which request is answered when and with what.
//! It keeps payloads in order, both ways, whatever the network does to requests and answers: each is delivered exactly once.
//!
//! Not here: HTTP, CORS, the choice of session ids, and everything about the stream itself, which is
//! [`ServerStream`](crate::ServerStream)'s.

mod body;
mod condition;
mod config;
mod keys;
mod response;
mod session;
mod terms;

pub use body::{Intent, InvalidBody, Opening, RID_MAX, Request};
pub use condition::BoshCondition;
pub use config::BoshConfig;
pub use keys::Keys;
pub use response::Response;
pub use session::{BoshEnd, BoshOutput, BoshSession, RequestId};
pub use terms::{Sid, Terms};
