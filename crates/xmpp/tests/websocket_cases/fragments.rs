//! 5 fragments, 10 automatic fragments.
use super::case::*;

pub(crate) fn cases() -> Vec<Case> {
    let both = || got_text("fragment1fragment2");
    let fail = || Got::Fail(1002);
    let mut cases = vec![
        case("5.1", [frame(0x09, "fragment1"), end("fragment2")], [fail()]).fails_at(0, At::Header(1)),
        case("5.2", [frame(0x0A, "fragment1"), end("fragment2")], [fail()]).fails_at(0, At::Header(1)),
        case("5.2 close", [frame(0x08, ""), end("")], [fail()]).fails_at(0, At::Header(1)),
        case("5.3", [text_part("fragment1"), end("fragment2")], [both()]),
        case("5.4", [text_part("fragment1"), end("fragment2")], [both()]).chop(9),
        case("5.5", [text_part("fragment1"), end("fragment2")], [both()]).chop(1),
        case("5.6", [text_part("fragment1"), ping("ping"), end("fragment2")], [got_ping("ping"), both()]),
        case("5.7", [text_part("fragment1"), ping("ping"), end("fragment2")], [got_ping("ping"), both()])
            .chop(9),
        case("5.8", [text_part("fragment1"), ping("ping"), end("fragment2")], [got_ping("ping"), both()])
            .chop(1),
        case("5.8 pong", [text_part("fragment1"), pong(""), end("fragment2")], [got_pong(""), both()]),
    ];
    // A continuation that continues nothing, complete or not, alone or before a message.
    for (n, first) in [(9, 0x80), (10, 0x80), (11, 0x80), (12, 0x00), (13, 0x00), (14, 0x00)] {
        let frames = [frame(first, "non-continuation payload"), text("Hello, world!")];
        cases.push(case(format!("5.{n}"), frames, [fail()]).fails_at(0, At::Header(1)).chop(n % 3 + 1));
    }
    cases.extend([
        case(
            "5.15",
            [text_part("fragment1"), end("fragment2"), more("fragment3"), text("fragment4")],
            [both(), fail()],
        )
        .fails_at(2, At::Header(1)),
        case("5.16", [more("fragment1"), text_part("fragment2"), end("fragment3")], [fail()]),
        case("5.17", [end("fragment1"), text_part("fragment2"), end("fragment3")], [fail()]),
        case("5.18", [text_part("fragment1"), text("fragment2")], [fail()]).fails_at(1, At::Header(1)),
        case("5.18 binary", [text_part("fragment1"), binary("fragment2")], [fail()])
            .fails_at(1, At::Header(1)),
        case("5.18 unfinished", [text_part("fragment1"), text_part("fragment2")], [fail()])
            .fails_at(1, At::Header(1)),
        case("5.19", five_with_pings(), five_with_pings_expected()),
        case("5.20", five_with_pings(), five_with_pings_expected()).chop(1),
        case("5 empty fragments", [text_part(""), more(""), end("")], [got_text("")]),
        case("5 empty but the middle", [text_part(""), more("middle"), end("")], [got_text("middle")]),
        case("5 binary", [binary_part([0xFF]), more([0xFE]), end([0x80])], [got_binary([0xFF, 0xFE, 0x80])]),
        case(
            "5 two messages",
            [text_part("a"), end("b"), binary_part("c"), end("d"), text("e")],
            [got_text("ab"), got_binary("cd"), got_text("e")],
        ),
        case(
            "5 many control frames",
            (0..50)
                .map(|_| ping("p"))
                .chain([text_part("x")])
                .chain((0..50).map(|_| pong("q")))
                .chain([end("y")]),
            (0..50).map(|_| got_ping("p")).chain((0..50).map(|_| got_pong("q"))).chain([got_text("xy")]),
        ),
        case("5 a close amid fragments", [text_part("a"), close(""), end("b")], [got_close(None, "")]),
    ]);
    for (n, size) in [1, 125, 126, 1_300, 65_536].into_iter().enumerate() {
        let payload = "*".repeat(65_536);
        let id = match size {
            1_300 => "10.1.1".into(),
            _ => format!("10.{n} in fragments of {size}"),
        };
        cases.push(case(id, in_fragments(&payload, size), [got_text(payload)]));
    }
    cases
}

/// Cuts a text into frames of `size` bytes, wherever its characters are.
pub(crate) fn in_fragments(payload: &str, size: usize) -> Vec<Frame> {
    let mut frames: Vec<_> = payload.as_bytes().chunks(size).map(more).collect();
    let count = frames.len();
    let bytes = |n: usize| payload.as_bytes().chunks(size).nth(n).expect("as many as frames");
    match count {
        1 => frames[0] = text(bytes(0)),
        _ => {
            frames[0] = text_part(bytes(0));
            frames[count - 1] = end(bytes(count - 1));
        }
    }
    frames
}

fn five_with_pings() -> Vec<Frame> {
    vec![
        text_part("fragment1"),
        more("fragment2"),
        ping("pongme 1!"),
        more("fragment3"),
        more("fragment4"),
        ping("pongme 2!"),
        end("fragment5"),
    ]
}

fn five_with_pings_expected() -> Vec<Got> {
    let text = "fragment1fragment2fragment3fragment4fragment5";
    vec![got_ping("pongme 1!"), got_ping("pongme 2!"), got_text(text)]
}
