//! 7 closing: what may stand in a close frame, and that nothing counts after it.
use super::case::*;

pub(crate) fn cases() -> Vec<Case> {
    let long = "*".repeat(262_144);
    let fail = || [Got::Fail(1002)];
    let mut cases = vec![
        case("7.1.1", [text("Hello World!"), close("")], [got_text("Hello World!"), got_close(None, "")]),
        case("7.1.2", [close(""), close("")], [got_close(None, "")]),
        case("7.1.3", [close(""), ping("late")], [got_close(None, "")]),
        case("7.1.4", [close(""), text("late")], [got_close(None, "")]),
        case("7.1.5", [text_part("fragment1"), close(""), end("fragment2")], [got_close(None, "")]),
        case(
            "7.1.6",
            [text(&long), text("Hello World!"), close(""), ping("")],
            [got_text(long), got_text("Hello World!"), got_close(None, "")],
        ),
        case("7.1 no frames at all after it", [close(""), frame(0xFF, [0xFF; 40])], [got_close(None, "")]),
        case("7.1 nothing after a failure", [frame(0x83, ""), close(""), text("late")], fail()),
        case("7.3.1", [close("")], [got_close(None, "")]),
        case("7.3.2", [close("a")], fail()).fails_at(0, At::Payload(1)),
        case("7.3.3", [close([0x03, 0xE8])], [got_close(1000, "")]),
        case("7.3.4", [close(payload(1000, "Hello World!"))], [got_close(1000, "Hello World!")]),
        case("7.3.5", [close(payload(1000, &"*".repeat(123)))], [got_close(1000, &"*".repeat(123))]),
        case("7.3.6", [close(payload(1000, &"*".repeat(124)))], fail()).fails_at(0, At::Header(2)),
        case("7.3 umlauts", [close(payload(1001, "Größe €"))], [got_close(1001, "Größe €")]),
        case("7.5.1", [close(b"\x03\xE8\xCE\xBA\xED\xA0\x80".as_slice())], [Got::Fail(1007)]),
        case("7.5 cut character", [close(b"\x03\xE8\xE2\x82".as_slice())], [Got::Fail(1007)]),
        case("7.5 bad code before bad reason", [close(b"\x03\xED\xFF".as_slice())], fail()),
    ];
    let allowed =
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999, 1012, 1013, 1014];
    for (n, code) in allowed.into_iter().enumerate() {
        cases.push(case(format!("7.7.{}", n + 1), [close(u16::to_be_bytes(code))], [got_close(code, "")]));
        let with_reason = [close(payload(code, "why"))];
        cases.push(case(format!("7.7.{} with a reason", n + 1), with_reason, [got_close(code, "why")]));
    }
    let forbidden = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999];
    for (n, code) in forbidden.into_iter().enumerate() {
        cases.push(case(format!("7.9.{}", n + 1), [close(u16::to_be_bytes(code))], fail()));
        cases.push(case(format!("7.9.{} with a reason", n + 1), [close(payload(code, "why"))], fail()));
    }
    cases.push(case("7.13.1", [close(payload(5000, ""))], fail()));
    cases.push(case("7.13.2", [close(payload(65_535, ""))], fail()));
    cases
}

fn payload(code: u16, reason: &str) -> Vec<u8> {
    [&code.to_be_bytes(), reason.as_bytes()].concat()
}
