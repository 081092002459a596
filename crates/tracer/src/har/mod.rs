//! Reads HAR files: what a browser's network view exports (HTTP Archive 1.2), with the WebSocket messages that Chrome, Edge and
//! Playwright add as `_webSocketMessages`.
//!
//! The file is read as it streams by: an entry at a time, a message at a time. A file that ends early or is malformed gives what
//! could be read, and says where it broke.
//!
//! # Source
//!
//! W3C "HTTP Archive (HAR) format", historical draft; the fields with an underscore are those that the named programs write.

mod entry;
mod seeds;
mod writer;

use std::fmt;
use std::io::{self, BufReader, Read};

use serde::de::DeserializeSeed;

pub use writer::Writer;

use crate::recording::Listener;
use seeds::File;

/// Where and why reading ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line of the file, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What was wrong there.
    pub why: String,
    /// Whether the file just ends.
    pub is_truncated: bool,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Broken { line, column, why, is_truncated } = self;
        match is_truncated {
            true => write!(f, "the file ends early, at line {line} column {column}"),
            false => write!(f, "the file is malformed at line {line} column {column}: {why}"),
        }
    }
}

/// Reads `file` to its end, and tells `listener` what is in it.
///
/// # Errors
///
/// [`Broken`] for a file that ends early or is malformed; what came before has been told.
pub fn read(file: impl Read, listener: &mut dyn Listener) -> Result<(), Broken> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, WithoutMark { file, begun: false });
    let mut json = serde_json::Deserializer::from_reader(&mut reader);
    let outcome = File { listener }.deserialize(&mut json).and_then(|()| json.end());
    outcome.map_err(|error| Broken {
        line: error.line(),
        column: error.column(),
        why: reason(&error),
        is_truncated: error.is_eof(),
    })
}

/// The message without the position, which has fields of its own.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}

/// Windows' editors begin a file with a byte order mark, which JSON does not have.
struct WithoutMark<R> {
    file: R,
    begun: bool,
}

impl<R: Read> Read for WithoutMark<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.begun || buffer.len() < MARK.len() {
            return self.file.read(buffer);
        }
        self.begun = true;
        let mut filled = 0;
        while filled < MARK.len() {
            match self.file.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        if buffer[..filled].starts_with(MARK) {
            buffer.copy_within(MARK.len()..filled, 0);
            filled -= MARK.len();
            if filled == 0 {
                return self.file.read(buffer);
            }
        }
        Ok(filled)
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";
const BUFFER_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests;
