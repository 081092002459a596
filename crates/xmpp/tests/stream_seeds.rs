//! The fuzz targets of XML, SASL and streams, run over their seeds without a nightly compiler.
#[path = "../../../fuzz/src/stream.rs"]
#[expect(unreachable_pub, reason = "public in the fuzz package")]
mod entry;

use std::path::Path;

#[test]
fn the_seeds_of_the_fuzz_targets_pass() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
    for (folder, run) in [
        ("xml_parse", entry::xml as fn(&[u8])),
        ("server_stream", entry::server),
        ("client_stream", entry::client),
        ("sasl", entry::sasl),
        ("tcp_stream", entry::tcp),
    ] {
        let files = std::fs::read_dir(seeds.join(folder)).expect("the folder of seeds exists");
        let mut count = 0;
        for file in files {
            let input = std::fs::read(file.expect("readable").path()).expect("readable");
            run(&input);
            // Every beginning of a seed is a seed.
            (0..input.len()).for_each(|end| run(&input[..end]));
            count += 1;
        }
        assert!(count >= 10, "{count} seeds in {folder}");
    }
}
