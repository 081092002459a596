//! The frame decoder and encoder against tungstenite, with frames that are mostly right and sometimes not.
//! The same judge stands behind the fuzz targets, whose seeds run here too.
#[path = "../../../fuzz/src/websocket.rs"]
#[expect(unreachable_pub, reason = "public in the fuzz package")]
mod entry;

use std::path::Path;

use proptest::prelude::*;
use xmpp::websocket::{Opcode, Role, encode, encode_masked};

/// One frame with everything that can be said about it.
#[derive(Clone, Debug)]
struct Frame {
    first: u8,
    payload: Vec<u8>,
    length_form: LengthForm,
    mask: [u8; 4],
    mask_is_wrong: bool,
}

#[derive(Clone, Copy, Debug)]
enum LengthForm {
    Shortest,
    Sixteen,
    SixtyFour,
    /// Promises more than is sent.
    Longer(u64),
}

impl Frame {
    fn write(&self, role: Role, out: &mut Vec<u8>) {
        let masked = (role == Role::Server) != self.mask_is_wrong;
        let bit = if masked { 0x80 } else { 0 };
        let len = self.payload.len() as u64;
        out.push(self.first);
        let (declared, form) = match self.length_form {
            LengthForm::Shortest if len <= 125 => (len, 0),
            LengthForm::Shortest if len <= 0xFFFF => (len, 126),
            LengthForm::Sixteen if len <= 0xFFFF => (len, 126),
            LengthForm::Longer(more) => (len.wrapping_add(more), 127),
            _ => (len, 127),
        };
        match form {
            0 => out.push(bit | declared as u8),
            126 => {
                out.push(bit | 126);
                out.extend((declared as u16).to_be_bytes());
            }
            _ => {
                out.push(bit | 127);
                out.extend(declared.to_be_bytes());
            }
        }
        if masked {
            out.extend(self.mask);
            out.extend(self.payload.iter().enumerate().map(|(i, byte)| byte ^ self.mask[i % 4]));
        } else {
            out.extend(&self.payload);
        }
    }
}

fn frame() -> impl Strategy<Value = Frame> {
    let first = prop_oneof![
        30 => prop::sample::select(vec![0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A]),
        3 => Just(0x88),
        2 => any::<u8>(),
    ];
    let length_form = prop_oneof![
        60 => Just(LengthForm::Shortest),
        1 => Just(LengthForm::Sixteen),
        1 => Just(LengthForm::SixtyFour),
        1 => any::<u64>().prop_map(LengthForm::Longer),
        1 => (0u64..200).prop_map(LengthForm::Longer),
    ];
    let wrong = prop::bool::weighted(0.01);
    (first, payload(), length_form, any::<[u8; 4]>(), wrong).prop_map(
        |(first, payload, length_form, mask, mask_is_wrong)| Frame {
            first,
            payload,
            length_form,
            mask,
            mask_is_wrong,
        },
    )
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let close_code = prop_oneof![990u16..1020, 2990u16..3010, 4990u16..5010, any::<u16>()];
    prop_oneof![
        8 => "[a-zé€𝄞<>]{0,40}".prop_map(String::into_bytes),
        // Pieces of characters, which may or may not fit together with their neighbours.
        4 => prop::sample::subsequence("aé€𝄞".as_bytes().to_vec(), 0..=10),
        3 => (close_code, "[a-zé€]{0,42}").prop_map(|(code, reason)| {
            [&code.to_be_bytes(), reason.as_bytes()].concat()
        }),
        2 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (120usize..130, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]),
        1 => (65_530usize..65_540).prop_map(|len| vec![b'x'; len]),
    ]
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_tungstenite_reads(
        role in role(),
        limit in prop::sample::select(vec![125usize, 300, 70_000]),
        frames in prop::collection::vec(frame(), 1..12),
        piece in prop_oneof![1usize..20, 20usize..5_000, Just(usize::MAX)],
        cut_off in prop::option::weighted(0.2, 1usize..30),
    ) {
        let mut wire = Vec::new();
        frames.iter().for_each(|frame| frame.write(role, &mut wire));
        wire.truncate(wire.len().saturating_sub(cut_off.unwrap_or(0)));
        entry::judge(role, limit, &wire, piece);
    }

    /// What we encode, both decoders read as it was meant.
    #[test]
    fn writes_what_tungstenite_reads(
        role in role(),
        texts in prop::collection::vec("[ -~é€𝄞]{0,200}", 1..8),
        mask in any::<[u8; 4]>(),
        piece in 1usize..2_000,
    ) {
        let mut wire = Vec::new();
        for text in &texts {
            match role {
                Role::Server => encode_masked(Opcode::Text, text.as_bytes(), mask, &mut wire),
                Role::Client => encode(Opcode::Text, text.as_bytes(), &mut wire),
            }
        }
        entry::judge(role, 10_000, &wire, piece);
        let expected: Vec<_> = texts.into_iter().map(entry::Got::Text).collect();
        prop_assert_eq!(entry::decode_cut(role, 10_000, &wire, piece), expected);
    }
}

#[test]
fn the_seeds_of_the_fuzz_targets_pass() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    for (folder, run) in
        [("websocket_decode", entry::decode as fn(&[u8])), ("websocket_differential", entry::differential)]
    {
        let files = std::fs::read_dir(seeds.join(folder)).expect("the folder of seeds exists");
        let count =
            files.map(|file| run(&std::fs::read(file.expect("readable").path()).expect("readable"))).count();
        assert!(count >= 10, "{count} seeds in {folder}");
    }
}
