//! The judges of the fuzz targets, run over the seeds.

use std::path::Path;

#[path = "../../../fuzz/src/store.rs"]
#[expect(unreachable_pub, reason = "public in the fuzz package")]
mod judge;

type Judge = fn(&[u8]);

#[test]
fn the_seeds_of_the_fuzz_targets_pass() {
    let targets: [(&str, Judge); 7] = [
        ("log_record", judge::log_record),
        ("csv_import", judge::csv_import),
        ("config", judge::config),
        ("wal", judge::wal),
        ("jwks", judge::jwks),
        ("events", judge::events),
        ("peer", judge::peer),
    ];
    for (target, judge) in targets {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        let mut count = 0;
        for seed in seeds.read_dir().expect("the target has seeds") {
            judge(&std::fs::read(seed.expect("a seed").path()).expect("a seed that can be read"));
            count += 1;
        }
        assert!(count > 0, "{target} has seeds");
    }
}

/// The seeds say something: each kind of outcome is among them.
#[test]
fn the_seeds_of_the_write_ahead_log_are_what_they_are_called() {
    use server::log::{WalState, inspect};
    let state = |seed: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/wal").join(seed);
        inspect(std::fs::read(path).expect("a seed").as_slice()).expect("memory can be read")
    };
    assert!(matches!(state("whole"), WalState::Sound { frames } if frames > 3));
    assert!(matches!(state("cut"), WalState::TornTail { bytes: 236, .. }));
    assert_eq!(state("damaged"), WalState::Damaged { frame: 1 });
    assert_eq!(state("header"), WalState::Sound { frames: 0 });
}

/// What the other server of a pair may not send is refused, and what it sends is not.
#[test]
fn the_seeds_of_the_other_server_are_what_they_are_called() {
    use server::pair::Message;
    for (seed, message, is_good) in [
        ("status", Message::Status, true),
        ("status_refused", Message::Status, false),
        ("status_too_large", Message::Status, false),
        ("part", Message::Part, true),
        ("part_with_a_gap", Message::Part, false),
        ("snapshot", Message::Snapshot, true),
        ("snapshot_of_nothing", Message::Snapshot, true),
        ("position", Message::Position, true),
        ("position_too_large", Message::Position, false),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/peer").join(seed);
        let bytes = std::fs::read(path).expect("a seed");
        assert_eq!(message.reread(&bytes[1..]).is_ok(), is_good, "{seed}");
    }
}
