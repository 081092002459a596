//! The other end of the line: connect, authenticate, subscribe; and the web service's calls.
#![forbid(unsafe_code)]

mod advice;
mod certificate;
mod connect;
mod error;
mod event;
mod line;
mod prefixed;
mod rest;
mod stage;
mod transport;
mod trust;
mod upgrade;
mod url;

pub use certificate::Certificate;
pub use connect::{Connector, Secured};
pub use error::Error;
pub use event::{Control, Detail, Direction, Event, Frame, Observer, Step, Unobserved};
pub use line::{Line, RequestError, Subscription};
pub use rest::{Rest, RestError, StateChange, SystemInfo};
pub use stage::Stage;
pub use trust::{CertificateProblem, Trust, TrustError};
pub use upgrade::{BODY_BYTES_MAX, Exchange, UpgradeFault, accept_for, faults};
pub use url::{LineUrl, UrlError};
