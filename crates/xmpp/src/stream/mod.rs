//! The stream itself: its states at both ends and its errors.

mod error;

pub use error::{StreamCondition, StreamError};
