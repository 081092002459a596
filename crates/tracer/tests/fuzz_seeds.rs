//! The judges of the fuzz targets, run over the seeds.

#[path = "../../../fuzz/src/tracer.rs"]
#[expect(unreachable_pub, reason = "public in the fuzz package")]
mod judge;

use std::path::Path;

type Judge = fn(&[u8]);

#[test]
fn the_seeds_of_the_fuzz_targets_pass() {
    let targets: [(&str, Judge); 3] =
        [("annotate", judge::annotate), ("connect", judge::connect), ("har", judge::har)];
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
