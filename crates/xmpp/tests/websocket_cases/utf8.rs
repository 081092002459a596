//! 6 UTF-8: what is text, and how early the first byte that is none is noticed.
use super::case::*;

const HELLO: &str = "Hello-µ@ßöäüàá-UTF-8!!";
/// A Greek word whose second letter takes three bytes (U+1F79): 11 bytes in all.
const WORD: &str = "\u{3BA}\u{1F79}\u{3C3}\u{3BC}\u{3B5}";
const WORD_BYTES: &[u8] = WORD.as_bytes();

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("6.1.1", [text("")], [got_text("")]),
        case("6.1.2", [text_part(""), more(""), end("")], [got_text("")]),
        case(
            "6.1.3",
            [text_part(""), more("middle frame payload"), end("")],
            [got_text("middle frame payload")],
        ),
        case("6.2.1", [text(HELLO)], [got_text(HELLO)]),
        case("6.2.2", [text_part(&HELLO.as_bytes()[..14]), end(&HELLO.as_bytes()[14..])], [got_text(HELLO)]),
        case("6.2.3", every_byte_a_frame(HELLO.as_bytes()), [got_text(HELLO)]),
        case("6.2.4", every_byte_a_frame(WORD_BYTES), [got_text(WORD)]),
        case("6.3.1", [text([WORD_BYTES, b"\xED\xA0\x80edited"].concat())], [Got::Fail(1007)])
            .fails_at(0, At::Payload(13)),
        case("6.3.2", every_byte_a_frame(&[WORD_BYTES, b"\xED\xA0\x80edited"].concat()), [Got::Fail(1007)])
            .fails_at(12, At::Payload(1)),
    ];
    cases.extend(fail_fast());
    for (id, bytes) in VALID {
        cases.extend(valid(id, bytes));
    }
    for (id, bytes, decided) in INVALID {
        cases.extend(invalid(id, bytes, *decided));
    }
    cases.extend(prefixes());
    cases.extend(lonely_bytes());
    cases.extend(surrogates());
    cases.extend(noncharacters());
    cases
}

/// One frame, and cut between all bytes into fragments.
fn valid(id: &str, bytes: &[u8]) -> [Case; 2] {
    let expected = || [got_text(str::from_utf8(bytes).expect("a valid case"))];
    [
        case(id, [text(bytes)], expected()),
        case(format!("{id} in fragments"), every_byte_a_frame(bytes), expected()),
    ]
}

/// Fails as soon as byte number `decided` is there, though more of the message is promised. 0: only its end shows it.
fn invalid(id: &str, bytes: &[u8], decided: usize) -> [Case; 2] {
    let one = case(id, [text(bytes)], [Got::Fail(1007)]);
    let fragments = case(format!("{id} in fragments"), every_byte_a_frame(bytes), [Got::Fail(1007)]);
    match decided {
        0 => [one, fragments],
        _ => [one.fails_at(0, At::Payload(decided)), fragments.fails_at(decided - 1, At::Payload(1))],
    }
}

fn every_byte_a_frame(bytes: &[u8]) -> Vec<Frame> {
    let mut frames: Vec<_> = bytes.chunks(1).map(more).collect();
    frames[0] = text_part(&bytes[..1]);
    frames.push(end(""));
    frames
}

/// Later bytes never arrive in these, and need not.
fn fail_fast() -> Vec<Case> {
    let (bad, tail) = (b"\xF4\x90\x80\x80", b"edited");
    let whole = [WORD_BYTES, bad, tail].concat();
    let fail = || [Got::Fail(1007)];
    vec![
        case("6.4.1", [text_part(WORD_BYTES), more(bad), end(tail)], fail()).fails_at(1, At::Payload(2)),
        case("6.4.2", [text_part([WORD_BYTES, &bad[..1]].concat()), more(&bad[1..2]), end(tail)], fail())
            .fails_at(1, At::Payload(1)),
        case("6.4.3", [text(&whole)], fail())
            .fails_at(0, At::Payload(WORD_BYTES.len() + 2))
            .chop(WORD_BYTES.len()),
        case("6.4.4", [text(&whole)], fail())
            .fails_at(0, At::Payload(WORD_BYTES.len() + 2))
            .chop(WORD_BYTES.len() + 1),
        case("6.4 half a frame", [text(b"\xC3\x28").length(Length::Sixteen(60_000))], fail())
            .fails_at(0, At::Payload(2)),
        case(
            "6.4 a ping between",
            [text_part([0xE2]), ping("p"), more([0x28]), end("")],
            [got_ping("p"), Got::Fail(1007)],
        )
        .fails_at(2, At::Payload(1)),
        case("6.4 binary is not text", [binary([0xF4, 0x90, 0xFF])], [got_binary([0xF4, 0x90, 0xFF])]),
    ]
}

const VALID: &[(&str, &[u8])] = &[
    ("6.5.1", b"Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xC3\xBC\xC3\xA0\xC3\xA1-UTF-8!!"),
    ("6.5.2", b"\xE2\x82\xAC"),
    ("6.5.3", b"\xF0\x9D\x84\x9E"),
    ("6.5.4", b"ascii, \xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5 and \xF0\x9F\x93\x9E."),
    ("6.5.5", b"\xF0\x9F\x87\xA8\xF0\x9F\x87\xAD"),
    // first and last character of each length
    ("6.7.1", b"\x00"),
    ("6.7.2", b"\xC2\x80"),
    ("6.7.3", b"\xE0\xA0\x80"),
    ("6.7.4", b"\xF0\x90\x80\x80"),
    ("6.9.1", b"\x7F"),
    ("6.9.2", b"\xDF\xBF"),
    ("6.9.3", b"\xEF\xBF\xBF"),
    ("6.9.4", b"\xF4\x8F\xBF\xBF"),
    // around the surrogates, and the last one of all
    ("6.11.1", b"\xED\x9F\xBF"),
    ("6.11.2", b"\xEE\x80\x80"),
    ("6.11.3", b"\xEF\xBF\xBD"),
    ("6.11.4", b"\xF4\x8F\xBF\xBF"),
    ("6.23.1", b"\xEF\xBF\xB9"),
    ("6.23.2", b"\xEF\xBF\xBA"),
    ("6.23.3", b"\xEF\xBF\xBB"),
    ("6.23.4", b"\xEF\xBF\xBC"),
    ("6.23.5", b"\xEF\xBF\xBD"),
    ("6.23.6", b"\xEF\xBF\xBE"),
    ("6.23.7", b"\xEF\xBF\xBF"),
];

const INVALID: &[(&str, &[u8], usize)] = &[
    // five and six bytes long
    ("6.8.1", b"\xF8\x88\x80\x80\x80", 1),
    ("6.8.2", b"\xFC\x84\x80\x80\x80\x80", 1),
    // beyond U+10FFFF
    ("6.10.1", b"\xF7\xBF\xBF\xBF", 1),
    ("6.10.2", b"\xFB\xBF\xBF\xBF\xBF", 1),
    ("6.10.3", b"\xFD\xBF\xBF\xBF\xBF\xBF", 1),
    ("6.11.5", b"\xF4\x90\x80\x80", 2),
    // continuation bytes alone
    ("6.12.1", b"\x80", 1),
    ("6.12.2", b"\xBF", 1),
    ("6.12.3", b"\x80\xBF", 1),
    ("6.12.4", b"\x80\xBF\x80", 1),
    ("6.12.5", b"\x80\xBF\x80\xBF", 1),
    ("6.12.6", b"\x80\xBF\x80\xBF\x80", 1),
    ("6.12.7", b"\x80\xBF\x80\xBF\x80\xBF", 1),
    // the last byte missing
    ("6.14.1", b"\xC0", 1),
    ("6.14.2", b"\xE0\x80", 2),
    ("6.14.3", b"\xF0\x80\x80", 2),
    ("6.14.4", b"\xF8\x80\x80\x80", 1),
    ("6.14.5", b"\xFC\x80\x80\x80\x80", 1),
    ("6.14.6", b"\xDF", 0),
    ("6.14.7", b"\xEF\xBF", 0),
    ("6.14.8", b"\xF7\xBF\xBF", 1),
    ("6.14.9", b"\xFB\xBF\xBF\xBF", 1),
    ("6.14.10", b"\xFD\xBF\xBF\xBF\xBF", 1),
    ("6.15.1", b"\xDF\xEF\xBF\xF7\xBF\xBF\xC0\xE0\x80", 2),
    // never a byte of UTF-8
    ("6.16.1", b"\xFE", 1),
    ("6.16.2", b"\xFF", 1),
    ("6.16.3", b"\xFE\xFE\xFF\xFF", 1),
    // a slash, in too many bytes
    ("6.17.1", b"\xC0\xAF", 1),
    ("6.17.2", b"\xE0\x80\xAF", 2),
    ("6.17.3", b"\xF0\x80\x80\xAF", 2),
    ("6.17.4", b"\xF8\x80\x80\x80\xAF", 1),
    ("6.17.5", b"\xFC\x80\x80\x80\x80\xAF", 1),
    // the largest in too many bytes
    ("6.18.1", b"\xC1\xBF", 1),
    ("6.18.2", b"\xE0\x9F\xBF", 2),
    ("6.18.3", b"\xF0\x8F\xBF\xBF", 2),
    ("6.18.4", b"\xF8\x87\xBF\xBF\xBF", 1),
    ("6.18.5", b"\xFC\x83\xBF\xBF\xBF\xBF", 1),
    // NUL in too many bytes
    ("6.19.1", b"\xC0\x80", 1),
    ("6.19.2", b"\xE0\x80\x80", 2),
    ("6.19.3", b"\xF0\x80\x80\x80", 2),
    ("6.19.4", b"\xF8\x80\x80\x80\x80", 1),
    ("6.19.5", b"\xFC\x80\x80\x80\x80\x80", 1),
];

/// 6.6: every prefix of a Greek word; the ones that end inside a character are no text.
fn prefixes() -> Vec<Case> {
    (1..=WORD_BYTES.len())
        .map(|len| {
            let expected = match str::from_utf8(&WORD_BYTES[..len]) {
                Ok(word) => got_text(word),
                Err(_) => Got::Fail(1007),
            };
            case(format!("6.6.{len}"), [text(&WORD_BYTES[..len])], [expected])
        })
        .collect()
}

/// 6.12.8 and 6.13: all continuation bytes; all first bytes of each length, each with a space after it.
fn lonely_bytes() -> Vec<Case> {
    let all: Vec<u8> = (0x80..=0xBF).collect();
    let mut cases: Vec<Case> = invalid("6.12.8", &all, 1).into();
    for (n, (range, decided)) in
        [(0xC0..=0xDF, 1), (0xE0..=0xEF, 2), (0xF0..=0xF7, 2), (0xF8..=0xFB, 1), (0xFC..=0xFD, 1)]
            .into_iter()
            .enumerate()
    {
        let bytes: Vec<u8> = range.flat_map(|first: u8| [first, b' ']).collect();
        cases.extend(invalid(&format!("6.13.{}", n + 1), &bytes, decided));
    }
    cases
}

/// 6.20 and 6.21: halves of surrogate pairs, alone and in pairs. The second byte shows it.
fn surrogates() -> Vec<Case> {
    let mut cases = Vec::new();
    let encode =
        |unit: u16| [0xE0 | (unit >> 12) as u8, 0x80 | (unit >> 6 & 0x3F) as u8, 0x80 | (unit & 0x3F) as u8];
    for (n, unit) in [0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF].into_iter().enumerate() {
        cases.extend(invalid(&format!("6.20.{}", n + 1), &encode(unit), 2));
    }
    let pairs =
        [0xD800, 0xDB7F, 0xDB80, 0xDBFF].into_iter().flat_map(|high| [(high, 0xDC00), (high, 0xDFFF)]);
    for (n, (high, low)) in pairs.enumerate() {
        let bytes = [encode(high), encode(low)].concat();
        cases.extend(invalid(&format!("6.21.{}", n + 1), &bytes, 2));
    }
    cases
}

/// 6.22: the last two of each plane stand for nothing, but are text.
fn noncharacters() -> Vec<Case> {
    let all = (0..=16).flat_map(|plane| [plane << 16 | 0xFFFE, plane << 16 | 0xFFFF]);
    all.enumerate()
        .map(|(n, code)| {
            let character = char::from_u32(code).expect("no surrogate").to_string();
            case(format!("6.22.{}", n + 1), [text(&character)], [got_text(character)])
        })
        .collect()
}
