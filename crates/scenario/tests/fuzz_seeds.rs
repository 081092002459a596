//! The judge of the fuzz target, run over the seeds and over the library.

use std::path::Path;

#[path = "../../../fuzz/src/scenario.rs"]
#[expect(unreachable_pub, reason = "public in the fuzz package")]
mod judge;

#[test]
fn the_seeds_of_the_fuzz_target_pass() {
    for folder in ["fuzz/seeds/scenario", "scenarios"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
        let mut count = 0;
        for seed in folder.read_dir().expect("there are seeds") {
            judge::scenario(&std::fs::read(seed.expect("a seed").path()).expect("a seed that can be read"));
            count += 1;
        }
        assert!(count > 0, "{} has seeds", folder.display());
    }
}
