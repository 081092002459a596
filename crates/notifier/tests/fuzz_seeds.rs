//! The fuzz target, run over its seeds without a nightly compiler.
#[path = "../../../fuzz/src/notifier.rs"]
#[expect(unreachable_pub, reason = "public in the fuzz package")]
mod entry;

use std::path::Path;

#[test]
fn the_seeds_of_the_fuzz_target_pass() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/notifier_stanza");
    let mut count = 0;
    for file in std::fs::read_dir(seeds).expect("the folder of seeds exists") {
        let input = std::fs::read(file.expect("readable").path()).expect("readable");
        // Every beginning of a seed is a seed; line by line is enough here.
        for (end, _) in input.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            entry::stanzas(&input[..end]);
            entry::stanzas(&input[..=end]);
        }
        count += 1;
    }
    assert!(count >= 13, "{count} seeds");
}
