//! Looks into SQLite's write-ahead log before SQLite does.
//!
//! SQLite silently ignores everything after the last sound commit. That is right for a transaction that a crash cut off,
//! but an operator should hear of it, and it would be wrong for a file damaged in the middle, where acknowledged
//! commits follow the damage. This tells the three apart. Format: "WAL-mode File Format", <https://sqlite.org/walformat.html>.

use std::io::{self, Read};

/// What a write-ahead log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalState {
    /// Nothing, or only whole commits.
    Sound {
        /// How many frames belong to commits.
        frames: u64,
    },
    /// After the last commit there is the beginning of a transaction that was never committed.
    TornTail {
        /// How many frames belong to commits.
        frames: u64,
        /// Bytes of the cut-off transaction.
        bytes: u64,
    },
    /// The header, or a frame before a later commit, is not what was written.
    Damaged {
        /// The first frame that is not sound, from 1; 0 is the header.
        frame: u64,
    },
}

/// Reads a write-ahead log from its first byte.
///
/// Never holds more than one frame (at most 64 KiB and 24 bytes) in memory.
///
/// # Errors
///
/// Only those of `file`.
pub fn inspect(mut file: impl Read) -> io::Result<WalState> {
    let mut header = [0; HEADER_BYTES];
    let got = read_up_to(&mut file, &mut header)?;
    if got < HEADER_BYTES {
        // The header is written first, so nothing was ever committed here.
        let bytes = got as u64;
        return Ok(if got == 0 {
            WalState::Sound { frames: 0 }
        } else {
            WalState::TornTail { frames: 0, bytes }
        });
    }
    let Some(wal) = Header::read(&header) else {
        let mut probe = [0; 1];
        let has_frames = read_up_to(&mut file, &mut probe)? > 0;
        let bytes = HEADER_BYTES as u64;
        return Ok(if has_frames {
            WalState::Damaged { frame: 0 }
        } else {
            WalState::TornTail { frames: 0, bytes }
        });
    };
    inspect_frames(file, &wal)
}

fn inspect_frames(mut file: impl Read, wal: &Header) -> io::Result<WalState> {
    let mut frame = vec![0; FRAME_HEADER_BYTES + wal.page_bytes];
    let mut sums = wal.sums;
    let (mut index, mut committed) = (0_u64, 0_u64);
    let mut tail_bytes = 0_u64;
    let mut broken: Option<u64> = None;
    let mut commit_after_broken = false;
    loop {
        let got = read_up_to(&mut file, &mut frame)?;
        // A frame with other salts is left over from before the last checkpoint: the end of what counts.
        let salts_fit = got >= SALTS_END && frame[SALTS_START..SALTS_END] == wal.salts;
        if got < frame.len() {
            if salts_fit || (got > 0 && got < SALTS_END) {
                tail_bytes += got as u64;
            }
            break;
        }
        if !salts_fit {
            break;
        }
        if let (Some(frame), true) = (broken, commit_after_broken) {
            // A whole transaction and something after it: it was acknowledged, and cannot be a cut-off one.
            return Ok(WalState::Damaged { frame });
        }
        index += 1;
        let is_commit = word(&frame, 4) != 0;
        if broken.is_none() {
            let (start, page) = (&frame[..8], &frame[FRAME_HEADER_BYTES..]);
            sums = checksum(checksum(sums, start, wal.big_endian), page, wal.big_endian);
            if sums != (word(&frame, 16), word(&frame, 20)) {
                broken = Some(index);
            } else if is_commit {
                committed = index;
                tail_bytes = 0;
                continue;
            }
        }
        commit_after_broken |= broken.is_some() && is_commit;
        tail_bytes += frame.len() as u64;
    }
    Ok(match tail_bytes {
        0 => WalState::Sound { frames: committed },
        bytes => WalState::TornTail { frames: committed, bytes },
    })
}

struct Header {
    big_endian: bool,
    page_bytes: usize,
    salts: [u8; 8],
    sums: (u32, u32),
}

impl Header {
    /// `None` if this is no header that SQLite would accept.
    fn read(bytes: &[u8; HEADER_BYTES]) -> Option<Header> {
        let big_endian = match word(bytes, 0) {
            0x377f_0682 => false,
            0x377f_0683 => true,
            _ => return None,
        };
        let page_bytes = word(bytes, 8) as usize;
        let sums = checksum((0, 0), &bytes[..24], big_endian);
        let is_sound = word(bytes, 4) == 3_007_000
            && (512..=65_536).contains(&page_bytes)
            && page_bytes.is_power_of_two()
            && sums == (word(bytes, 24), word(bytes, 28));
        let salts = bytes[16..24].try_into().expect("eight bytes");
        is_sound.then_some(Header { big_endian, page_bytes, salts, sums })
    }
}

/// SQLite's Fibonacci-weighted sums over pairs of words. `bytes` must be a multiple of eight.
fn checksum((mut s0, mut s1): (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let (x0, x1) = if big_endian {
            (word(pair, 0), word(pair, 4))
        } else {
            (word(pair, 0).swap_bytes(), word(pair, 4).swap_bytes())
        };
        s0 = s0.wrapping_add(x0).wrapping_add(s1);
        s1 = s1.wrapping_add(x1).wrapping_add(s0);
    }
    (s0, s1)
}

/// The big-endian word at `offset`.
fn word(bytes: &[u8], offset: usize) -> u32 {
    u32::from_be_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"))
}

/// Reads until `buffer` is full or the file ends.
fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
const SALTS_START: usize = 8;
const SALTS_END: usize = 16;
