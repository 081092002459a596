//! The other end of the line: connect, authenticate, subscribe; and the web service's calls.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use client::{Connector, Line, Trust, Unobserved};
//! use xmpp::stream::ClientConfig;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let connector = Connector::new(&Trust::File("certificate.pem".into()), Duration::from_secs(10))?;
//! let config = ClientConfig::new("localhost", "1001001", "offhook");
//! let mut line = Line::open(&connector, &"https://localhost:8445".parse()?, config, Box::new(Unobserved)).await?;
//! line.present(0).await?;
//! line.subscribe("pubsub.localhost", "/finesse/api/User/1001001").await?;
//! let event = line.next().await?;
//! println!("{}", event.to_xml());
//! line.close().await?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod advice;
mod backoff;
mod bosh_probe;
mod certificate;
mod connect;
mod error;
mod event;
mod line;
mod positions;
mod prefixed;
mod recovery;
mod rest;
mod stage;
mod transport;
mod trust;
mod upgrade;
mod url;

pub use backoff::Backoff;
pub use bosh_probe::BoshFound;
pub use certificate::Certificate;
pub use connect::{Connector, Secured};
pub use error::Error;
pub use event::{Control, Detail, Direction, Event, Frame, Observer, Step, Unobserved};
pub use line::{Continuity, Line, RequestError, Subscription};
pub use positions::{Arrival, Outcome, Position, PositionError, Positions, Recovery};
pub use recovery::Recovered;
pub use rest::{Answer, Rest, RestError, StateChange, SystemInfo};
pub use stage::Stage;
pub use trust::{CertificateProblem, Trust, TrustError};
pub use upgrade::{BODY_BYTES_MAX, Exchange, UpgradeFault, accept_for, faults};
pub use url::{LineUrl, UrlError};
