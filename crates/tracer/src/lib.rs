//! Shows a connection step by step and says what each step means.
#![forbid(unsafe_code)]

pub mod analysis;
pub mod annotate;
pub mod catalogue;
mod finding;
pub mod har;
mod live;
pub mod recording;
mod redact;
mod render;
mod report;
pub mod story;
pub mod text;

pub use annotate::{Annotation, Annotator, Kind};
pub use catalogue::{Confidence, FindingId, Severity};
pub use client::Stage;
pub use finding::{Evidence, Finding, FindingLine, Place, diagnose, subscription_refused};
pub use live::{LiveOptions, trace};
pub use redact::{MASK, Redactor};
pub use render::{Mark, Row, Style};
pub use report::{Counts, Report};
