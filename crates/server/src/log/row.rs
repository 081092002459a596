//! One entry as a row: changes as JSON, which the `sqlite3` tool shows, and a checksum over the whole row.

use super::{Change, Entry, Position};
use contact::Timestamp;

/// The columns of one entry.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) position: i64,
    pub(super) at: i64,
    pub(super) changes: String,
    pub(super) crc: i64,
}

impl Row {
    pub(super) fn encode(entry: &Entry) -> Result<Row, serde_json::Error> {
        let changes = serde_json::to_string(&entry.changes)?;
        // SQLite's integers are signed. 2^63 entries take a while.
        let position = entry.position.0 as i64;
        let crc = i64::from(checksum(position, entry.at.0, &changes));
        Ok(Row { position, at: entry.at.0, changes, crc })
    }

    /// Checks and reads a row. The error says what does not fit.
    pub(super) fn decode(self) -> Result<Entry, String> {
        if i64::from(checksum(self.position, self.at, &self.changes)) != self.crc {
            return Err(format!("the checksum of entry {} does not match", self.position));
        }
        let changes = decode_changes(self.changes.as_bytes())
            .map_err(|error| format!("entry {} cannot be understood: {error}", self.position))?;
        Ok(Entry { position: Position(self.position as u64), at: Timestamp(self.at), changes })
    }
}

/// Reads the changes of one entry as they stand in the log.
///
/// # Errors
///
/// If they are not changes this version knows.
pub fn decode_changes(json: &[u8]) -> Result<Vec<Change>, serde_json::Error> {
    serde_json::from_slice(json)
}

/// CRC-32 as in gzip and Ethernet (reflected, polynomial 0xEDB88320).
fn checksum(position: i64, at: i64, changes: &str) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&position.to_le_bytes());
    crc.update(&at.to_le_bytes());
    crc.update(changes.as_bytes());
    crc.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_what_logs_that_exist_have() {
        assert_eq!(checksum(7, 1000, "[]"), 0xD718_1DBF);
    }

    #[test]
    fn a_changed_row_is_not_believed() {
        let entry = Entry { position: Position(7), at: Timestamp(1000), changes: Vec::new() };
        let row = || Row::encode(&entry).expect("encodes");
        assert_eq!(row().decode().expect("sound"), entry);
        assert!(Row { position: 8, ..row() }.decode().is_err());
        assert!(Row { at: 1001, ..row() }.decode().is_err());
        assert!(Row { changes: "[ ]".into(), ..row() }.decode().is_err());
    }
}
