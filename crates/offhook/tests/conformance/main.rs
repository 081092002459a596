//! `docs/conformance.md`: which test holds which point of the specifications.
//!
//! A test says which point it is for by its name, `checklist_017_…` in Rust and `checklist 017: …` in JavaScript. The page
//! is made from those names and from `points.toml`, never by hand: `make conformance` writes it, and the test here fails
//! when it is not what would be written now. A point that has neither a test nor a reason stands there as open.

mod page;
mod points;
mod tests_found;

use std::path::{Path, PathBuf};

use points::Section;
use tests_found::TestFound;

/// Set by `make conformance`: write the page instead of comparing it.
const WRITE: &str = "OFFHOOK_WRITE_CONFORMANCE";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read() -> (Vec<Section>, Vec<TestFound>) {
    (points::read(), tests_found::find(&root()))
}

#[test]
fn the_page_is_what_the_tests_say() {
    let (sections, tests) = read();
    println!("{} points are open", page::open(&sections, &tests));
    let page = page::write(&sections, &tests);
    let path = root().join("docs/conformance.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, page).expect("docs/ can be written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/conformance.md is not what the tests say: run `make conformance`");
}

#[test]
fn every_test_is_for_a_point_that_exists() {
    let (sections, tests) = read();
    let points: Vec<u32> = sections.iter().flat_map(|section| &section.points).map(|point| point.n).collect();
    assert!(points.is_sorted_by(|a, b| a < b), "the points are in order, each once");
    for test in tests {
        assert!(points.contains(&test.point), "{} in {}: no such point", test.name, test.file);
    }
}
