//! The tests that name a point, found in the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// A test and the point it is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TestFound {
    pub(crate) point: u32,
    pub(crate) name: String,
    /// From the root of the repository, with `/`.
    pub(crate) file: String,
    /// What it asserts, if it says more than its name.
    pub(crate) says: String,
}

/// Finds all of them, in order of point, file and name.
pub(crate) fn find(root: &Path) -> Vec<TestFound> {
    let mut found = Vec::new();
    for folder in ["crates", "tests/clients"] {
        for path in files(&root.join(folder)) {
            let Ok(source) = fs::read_to_string(&path) else { continue };
            let file = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("rs") => rust(&source, &file, &mut found),
                _ => javascript(&source, &file, &mut found),
            }
        }
    }
    found.sort();
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "node_modules" && name != "target" && name != "conformance" {
                files.extend(self::files(&path));
            }
        } else if matches!(path.extension().and_then(|e| e.to_str()), Some("rs" | "js" | "mjs")) {
            files.push(path);
        }
    }
    files
}

/// A function counts if an attribute above it makes it a test that runs.
fn rust(source: &str, file: &str, found: &mut Vec<TestFound>) {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        let function = line.trim_start_matches("async ");
        let Some(name) = function.strip_prefix("fn ").and_then(|rest| rest.split('(').next()) else {
            continue;
        };
        let Some(point) = number(name.strip_prefix("checklist_")) else { continue };
        let above: Vec<&str> = lines[..at]
            .iter()
            .rev()
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
            .copied()
            .collect();
        let is_test = |line: &&str| *line == "#[test]" || line.starts_with("#[tokio::test");
        // In proptest! the attribute is there as well.
        assert!(above.iter().any(is_test), "{file}: {name} has no #[test]");
        assert!(!above.iter().any(|line| line.starts_with("#[ignore")), "{file}: {name} never runs");
        let says: Vec<&str> =
            above.iter().rev().filter_map(|line| line.strip_prefix("///")).map(str::trim).collect();
        found.push(TestFound { point, name: name.to_owned(), file: file.to_owned(), says: says.join(" ") });
    }
}

/// A title counts if it is given to `test(` or `it(` on the same line or the line before.
fn javascript(source: &str, file: &str, found: &mut Vec<TestFound>) {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    for (at, line) in lines.iter().enumerate() {
        for quote in ["\"checklist ", "`checklist ", "'checklist "] {
            let Some((before, rest)) = line.split_once(quote) else { continue };
            let Some(point) = number(Some(rest)) else { continue };
            let before = if before.is_empty() { lines[at.saturating_sub(1)] } else { before };
            assert!(
                before.ends_with("test(") || before.ends_with("it("),
                "{file}:{}: no test that runs has this title",
                at + 1
            );
            let title = rest.split(&quote[..1]).next().unwrap_or(rest);
            let says = title.split_once(':').map_or("", |(_, says)| says.trim());
            found.push(TestFound {
                point,
                name: format!("checklist {}", &rest[..3]),
                file: file.to_owned(),
                says: says.to_owned(),
            });
        }
    }
}

/// Three digits at the start.
fn number(text: Option<&str>) -> Option<u32> {
    text?.get(..3)?.parse().ok()
}

#[test]
fn tests_are_found_where_they_are_tests() {
    let mut found = Vec::new();
    rust("/// Says it.\n#[test]\nfn checklist_017_one_element() {}\nfn checklist() {}", "a.rs", &mut found);
    javascript("test(\"checklist 018: alone\", async () => {});", "b.js", &mut found);
    let test = |point, name: &str, file: &str, says: &str| TestFound {
        point,
        name: name.into(),
        file: file.into(),
        says: says.into(),
    };
    assert_eq!(
        found,
        [
            test(17, "checklist_017_one_element", "a.rs", "Says it."),
            test(18, "checklist 018", "b.js", "alone")
        ]
    );
}

#[test]
#[should_panic(expected = "has no #[test]")]
fn a_function_that_is_no_test_holds_nothing() {
    rust("fn checklist_017_one_element() {}", "a.rs", &mut Vec::new());
}
