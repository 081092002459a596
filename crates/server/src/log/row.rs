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

fn checksum(position: i64, at: i64, changes: &str) -> u32 {
    let mut crc = Crc32::new();
    crc.update(&position.to_le_bytes());
    crc.update(&at.to_le_bytes());
    crc.update(changes.as_bytes());
    crc.finish()
}

/// CRC-32 as in gzip and Ethernet (reflected, polynomial 0xEDB88320).
struct Crc32(u32);

impl Crc32 {
    fn new() -> Crc32 {
        Crc32(!0)
    }

    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = CRC_TABLE[usize::from(self.0 as u8 ^ byte)] ^ (self.0 >> 8);
        }
    }

    fn finish(self) -> u32 {
        !self.0
    }
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0xEDB8_8320 } else { value >> 1 };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc_32() {
        let mut crc = Crc32::new();
        crc.update(b"1234");
        crc.update(b"56789");
        assert_eq!(crc.finish(), 0xCBF4_3926, "the check value of CRC-32/ISO-HDLC");
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
