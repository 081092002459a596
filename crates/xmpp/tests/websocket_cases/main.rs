//! What a peer may send and what the frame layer makes of it, as a table.
//!
//! The case classes and their numbers are those of the Autobahn suite (1 framing, 2 pings, 3 reserved bits,
//! 4 opcodes, 5 fragments, 6 UTF-8, 7 closing, 9 sizes, 10 automatic fragments); `L` is lengths and limits and `M` masks, which
//! that suite leaves out. Every case runs at both ends of the connection, and at many ways to cut the bytes
//! into reads: the answer must never depend on the cut.
mod case;
mod closing;
mod fragments;
mod framing;
mod limits;
mod utf8;

use case::{Case, Role};

fn table() -> Vec<Case> {
    let mut cases = framing::cases();
    cases.extend(fragments::cases());
    cases.extend(utf8::cases());
    cases.extend(closing::cases());
    cases.extend(limits::cases());
    cases
}

/// Masks, opcodes, reserved bits, and the bounds of control frames (RFC 6455 §5.1–§5.5).
#[test]
fn checklist_004_the_server_judges_frames_however_they_are_cut() {
    framing::cases().iter().for_each(|case| case.run(Role::Server));
}

/// Text is UTF-8, or the connection closes with 1007, at the first byte that proves it (RFC 6455 §8.1).
#[test]
fn checklist_005_the_server_judges_text_however_it_is_cut() {
    utf8::cases().iter().for_each(|case| case.run(Role::Server));
}

/// Messages in fragments, with control frames between them (RFC 6455 §5.4).
#[test]
fn checklist_006_the_server_joins_fragments_however_they_are_cut() {
    fragments::cases().iter().for_each(|case| case.run(Role::Server));
}

/// Close frames and their codes (RFC 6455 §7.4).
#[test]
fn checklist_008_the_server_judges_close_frames_however_they_are_cut() {
    closing::cases().iter().for_each(|case| case.run(Role::Server));
}

/// Limits hold for what a header declares and for what fragments come to.
#[test]
fn checklist_010_the_server_refuses_what_is_too_long_however_it_is_cut() {
    limits::cases().iter().for_each(|case| case.run(Role::Server));
}

#[test]
fn the_client_answers_each_case_however_it_is_cut() {
    table().iter().for_each(|case| case.run(Role::Client));
}

#[test]
fn the_table_is_whole() {
    let cases = table();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let mut ids: Vec<_> = cases.iter().map(|case| case.id.as_str()).collect();
    ids.sort_unstable();
    for pair in ids.windows(2) {
        assert_ne!(pair[0], pair[1], "two cases of the same name");
    }
}
