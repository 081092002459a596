//! `docs/finesse-compatibility.md`: what of Finesse is there, and which test says so.
//!
//! Each row of `rows.toml` is something that Finesse does, with the names of the tests that hold it, the reason why it is done
//! otherwise here, or what is not known about it. The page is made from the list, never by hand: `make compatibility` writes it,
//! and the tests here fail when it is not what would be written now, or when a test that is named does not exist.

mod page;
mod rows;
mod tests_there;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Set by `make compatibility`: write the page instead of comparing it.
const WRITE: &str = "OFFHOOK_WRITE_COMPATIBILITY";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_page_is_what_the_list_says() {
    let page = page::write(&rows::read(), &tests_there::find(&root()));
    let path = root().join("docs/finesse-compatibility.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, page).expect("docs/ can be written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/finesse-compatibility.md is not what the list says: run `make compatibility`"
    );
}

#[test]
fn every_row_has_one_key_and_tests_that_exist() {
    let tests = tests_there::find(&root());
    let mut keys = BTreeSet::new();
    for row in rows::read().iter().flat_map(|section| &section.rows) {
        assert!(keys.insert(row.key.clone()), "{}: two rows have this key", row.key);
        assert!(
            row.different.is_none() || row.unknown.is_none(),
            "{}: different or unknown, not both",
            row.key
        );
        for name in &row.tests {
            let found = tests_there::named(&tests, name).count();
            assert_eq!(found, 1, "{}: {found} tests that run are called {name}", row.key);
        }
    }
}
