//! 1 framing, 2 pings and pongs, 3 reserved bits, 4 opcodes.
use super::case::*;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (i, size) in [0, 125, 126, 127, 128, 65_535, 65_536].into_iter().enumerate() {
        let n = i + 1;
        cases.push(case(format!("1.1.{n}"), [text("*".repeat(size))], [got_text("*".repeat(size))]));
        cases.push(case(format!("1.2.{n}"), [binary(vec![0xFE; size])], [got_binary(vec![0xFE; size])]));
    }
    cases.push(case("1.1.8", [text("*".repeat(65_536))], [got_text("*".repeat(65_536))]).chop(997));
    cases.push(case("1.2.8", [binary(vec![0xFE; 65_536])], [got_binary(vec![0xFE; 65_536])]).chop(997));
    cases.extend(pings());
    cases.extend(reserved_bits());
    cases.extend(opcodes());
    cases
}

fn pings() -> Vec<Case> {
    let bytes = [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF];
    let ten = |make: fn(usize) -> Frame| (0..10).map(make).collect::<Vec<_>>();
    let ten_expected: Vec<_> = (0..10).map(|n| got_ping(format!("payload-{n}"))).collect();
    vec![
        case("2.1", [ping("")], [got_ping("")]),
        case("2.2", [ping("Hello, world!")], [got_ping("Hello, world!")]),
        case("2.3", [ping(bytes)], [got_ping(bytes)]),
        case("2.4", [ping([0xFE; 125])], [got_ping([0xFE; 125])]),
        case("2.5", [ping([0xFE; 126])], [Got::Fail(1002)]).fails_at(0, At::Header(2)),
        case("2.5 pong", [pong([0xFE; 126])], [Got::Fail(1002)]).fails_at(0, At::Header(2)),
        case("2.5 64-bit", [ping([0; 5]).length(Length::SixtyFour(5))], [Got::Fail(1002)])
            .fails_at(0, At::Header(2)),
        case("2.6", [ping([0xFE; 125])], [got_ping([0xFE; 125])]).chop(1),
        case("2.7", [pong("")], [got_pong("")]),
        case("2.8", [pong("unsolicited")], [got_pong("unsolicited")]),
        case("2.9", [pong("unsolicited"), ping("ping")], [got_pong("unsolicited"), got_ping("ping")]),
        case("2.10", ten(|n| ping(format!("payload-{n}"))), ten_expected.clone()),
        case("2.11", ten(|n| ping(format!("payload-{n}"))), ten_expected).chop(1),
    ]
}

fn reserved_bits() -> Vec<Case> {
    let hello = || text("Hello, world!");
    let mut cases = vec![
        case("3.1", [frame(0x81 | 1 << 4, "Hello, world!")], [Got::Fail(1002)]),
        case(
            "3.2",
            [hello(), frame(0x81 | 2 << 4, "*"), ping("")],
            [got_text("Hello, world!"), Got::Fail(1002)],
        ),
        case(
            "3.3",
            [hello(), frame(0x81 | 3 << 4, "*"), ping("")],
            [got_text("Hello, world!"), Got::Fail(1002)],
        ),
        case(
            "3.4",
            [hello(), frame(0x81 | 4 << 4, "*"), ping("")],
            [got_text("Hello, world!"), Got::Fail(1002)],
        ),
        case("3.5", [frame(0x82 | 5 << 4, [0; 8])], [Got::Fail(1002)]),
        case("3.6", [frame(0x89 | 6 << 4, "ping")], [Got::Fail(1002)]),
        case("3.7", [frame(0x88 | 7 << 4, "")], [Got::Fail(1002)]),
    ];
    for rsv in 1..=7 {
        let id = format!("3 bits {rsv} in a fragment");
        let frames = [text_part("a"), frame(rsv << 4, "b"), end("c")];
        cases.push(case(id, frames, [Got::Fail(1002)]).fails_at(1, At::Header(1)));
        let id = format!("3 bits {rsv} in a pong");
        cases.push(case(id, [frame(0x8A | rsv << 4, "")], [Got::Fail(1002)]).fails_at(0, At::Header(1)));
    }
    cases
}

fn opcodes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (group, first) in [(1, 3), (2, 11)] {
        for n in 1..=5 {
            let opcode = first + n - 1;
            let payload = if n % 2 == 1 { "" } else { "reserved opcode payload" };
            let frames = [text("Hello, world!"), frame(0x80 | opcode, payload), ping("")];
            let expected = [got_text("Hello, world!"), Got::Fail(1002)];
            cases.push(case(format!("4.{group}.{n}"), frames, expected).fails_at(1, At::Header(1)));
            let frames = [text_part("Hel"), frame(0x80 | opcode, payload), end("lo")];
            let id = format!("4.{group}.{n} amid fragments");
            cases.push(case(id, frames, [Got::Fail(1002)]).fails_at(1, At::Header(1)));
        }
    }
    cases
}
