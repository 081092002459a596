//! 9 sizes; L lengths and limits; M masks.
use super::case::*;
use super::fragments::in_fragments;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = sizes();
    cases.extend(lengths());
    cases.extend(limits());
    cases.extend(masks());
    cases
}

fn sizes() -> Vec<Case> {
    let mut cases = Vec::new();
    const K: usize = 1 << 10;
    for (n, size) in [64 * K, 256 * K, K * K, 4 * K * K, 8 * K * K, 16 * K * K].into_iter().enumerate() {
        let n = n + 1;
        cases.push(case(format!("9.1.{n}"), [text("*".repeat(size))], [got_text("*".repeat(size))]));
        cases.push(case(format!("9.2.{n}"), [binary(vec![0xFE; size])], [got_binary(vec![0xFE; size])]));
    }
    for (n, size) in [64, 256, K, 4 * K, 16 * K, 64 * K, 256 * K, K * K].into_iter().enumerate() {
        // "é" takes two bytes; the odd first one makes every fragment cut one.
        let payload = format!("a{}", "é".repeat((K * K - 1) / 2));
        cases.push(case(format!("9.3.{}", n + 1), in_fragments(&payload, size), [got_text(payload)]));
        let payload = vec![0xFE; K * K];
        let mut frames: Vec<_> = payload.chunks(size).map(more).collect();
        frames[0] = binary_part(&payload[..size]);
        frames.push(end(""));
        cases.push(case(format!("9.4.{}", n + 1), frames, [got_binary(payload)]));
    }
    for (n, size) in [64, 128, 256, 512, K, 2 * K].into_iter().enumerate() {
        let n = n + 1;
        let payload = "€".repeat(K * K / 3);
        cases.push(case(format!("9.5.{n}"), [text(&payload)], [got_text(payload)]).chop(size));
        cases.push(
            case(format!("9.6.{n}"), [binary(vec![0xFE; K * K])], [got_binary(vec![0xFE; K * K])]).chop(size),
        );
    }
    for (n, size) in [0, 16, 64, 256, K, 4 * K].into_iter().enumerate() {
        let n = n + 1;
        let many = |frame: Frame| vec![frame; 200];
        cases.push(case(
            format!("9.7.{n}"),
            many(text("*".repeat(size))),
            vec![got_text("*".repeat(size)); 200],
        ));
        cases.push(case(
            format!("9.8.{n}"),
            many(binary(vec![0xFE; size])),
            vec![got_binary(vec![0xFE; size]); 200],
        ));
    }
    cases
}

fn lengths() -> Vec<Case> {
    let fail = || [Got::Fail(1002)];
    vec![
        case("L.1 16 bits for 0", [text("").length(Length::Sixteen(0))], fail()).fails_at(0, At::Header(4)),
        case("L.2 16 bits for 125", [text([b'*'; 125]).length(Length::Sixteen(125))], fail())
            .fails_at(0, At::Header(4)),
        case("L.3 64 bits for 0", [text("").length(Length::SixtyFour(0))], fail())
            .fails_at(0, At::Header(10)),
        case("L.4 64 bits for 126", [text([b'*'; 126]).length(Length::SixtyFour(126))], fail())
            .fails_at(0, At::Header(10)),
        case("L.5 64 bits for 65535", [text(vec![b'*'; 65_535]).length(Length::SixtyFour(65_535))], fail())
            .fails_at(0, At::Header(10)),
        case("L.6 topmost bit", [text("*").length(Length::SixtyFour(1 << 63))], fail())
            .fails_at(0, At::Header(3)),
        case("L.7 all bits", [text("*").length(Length::SixtyFour(u64::MAX))], fail())
            .fails_at(0, At::Header(3)),
        case(
            "L.8 64 bits in a continuation",
            [text_part("a"), end("b").length(Length::SixtyFour(1))],
            fail(),
        ),
        case("L.9 16 bits in a close", [close("").length(Length::Sixteen(0))], fail())
            .fails_at(0, At::Header(2)),
    ]
}

/// A promise is enough: none of these sends the payload.
fn limits() -> Vec<Case> {
    let fail = || Got::Fail(1009);
    let promise = |first: u8, length| frame(first, "").length(length);
    let (a99, a100) = ("a".repeat(99), "a".repeat(100));
    vec![
        case("L.20 exactly the limit", [text(&a100)], [got_text(&a100)]).limit(100),
        case("L.21 one more", [text("a".repeat(101))], [fail()]).limit(100).fails_at(0, At::Header(2)),
        case("L.22 16 bits", [promise(0x81, Length::Sixteen(1_001))], [fail()])
            .limit(1_000)
            .fails_at(0, At::Header(4)),
        case("L.23 64 bits", [promise(0x81, Length::SixtyFour(1 << 40))], [fail()])
            .fails_at(0, At::Header(10)),
        case("L.24 the largest", [promise(0x82, Length::SixtyFour(u64::MAX >> 1))], [fail()])
            .fails_at(0, At::Header(10)),
        case("L.25 fragments up to it", [text_part(&a99), end("b")], [got_text(format!("{a99}b"))])
            .limit(100),
        case("L.26 fragments beyond it", [text_part(&a99), end("bc")], [fail()])
            .limit(100)
            .fails_at(1, At::Header(2)),
        case(
            "L.27 many small ones",
            (0..102).map(|n| if n == 0 { text_part("a") } else { more("a") }),
            [fail()],
        )
        .limit(100)
        .fails_at(100, At::Header(2)),
        case(
            "L.28 the largest continuation",
            [text_part("a"), promise(0x80, Length::SixtyFour(u64::MAX >> 1))],
            [fail()],
        )
        .fails_at(1, At::Header(10)),
        case(
            "L.29 control frames do not count",
            [text_part("a"), ping([0; 125]), end("b")],
            [got_ping([0; 125]), got_text("ab")],
        )
        .limit(2),
        case("L.30 a cut character counts", [text_part(b"\xE2\x82"), end(b"\xAC")], [fail()]).limit(2),
        case("L.31 the sum starts anew", [text(&a100), text(&a100)], [got_text(&a100), got_text(&a100)])
            .limit(100),
        case(
            "L.32 a limit of nothing",
            [text(""), ping("p"), text("a")],
            [got_text(""), got_ping("p"), fail()],
        )
        .limit(0),
        case(
            "L.33 wrong before long",
            [frame(0x83, "").length(Length::SixtyFour(1 << 40))],
            [Got::Fail(1002)],
        ),
    ]
}

fn masks() -> Vec<Case> {
    let fail = || [Got::Fail(1002)];
    vec![
        case("M.1 text", [text("Hello").wrong_mask()], fail()).fails_at(0, At::Header(2)),
        case("M.2 empty text", [text("").wrong_mask()], fail()).fails_at(0, At::Header(2)),
        case("M.3 ping", [ping("p").wrong_mask()], fail()).fails_at(0, At::Header(2)),
        case("M.4 close", [close("").wrong_mask()], fail()).fails_at(0, At::Header(2)),
        case("M.5 the second fragment", [text_part("a"), end("b").wrong_mask()], fail())
            .fails_at(1, At::Header(2)),
        case(
            "M.6 after good ones",
            [text("a"), ping("p"), text("b").wrong_mask()],
            [got_text("a"), got_ping("p"), Got::Fail(1002)],
        ),
    ]
}
