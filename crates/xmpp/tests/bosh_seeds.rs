//! The fuzz target of BOSH, run over its seeds without a nightly compiler.
#[path = "../../../fuzz/src/bosh.rs"]
#[expect(unreachable_pub, reason = "public in the fuzz package")]
mod entry;

use std::path::Path;

#[test]
fn the_seeds_of_the_fuzz_target_pass() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/bosh_body");
    let mut count = 0;
    for file in std::fs::read_dir(seeds).expect("the folder of seeds exists") {
        let input = std::fs::read(file.expect("readable").path()).expect("readable");
        entry::body(&input);
        // Every beginning of a seed is a seed, and so is one without any of its lines.
        (0..input.len()).for_each(|end| entry::body(&input[..end]));
        let lines: Vec<_> = input.split(|&byte| byte == b'\n').collect();
        for missing in 0..lines.len() {
            let mut rest = lines.clone();
            rest.remove(missing);
            entry::body(&rest.join(&b'\n'));
        }
        count += 1;
    }
    assert!(count >= 10, "{count} seeds");
}
