//! The tests that there are, found in the sources.

use std::fs;
use std::path::Path;

/// A test that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    /// The file without folders and ending, then the function or the title: `decisions::reasons`.
    pub(crate) name: String,
    /// From the root of the repository, with `/`.
    pub(crate) file: String,
}

/// Finds all of them.
pub(crate) fn find(root: &Path) -> Vec<Test> {
    let mut tests = Vec::new();
    for folder in ["crates", "tests/clients"] {
        look_into(&root.join(folder), root, &mut tests);
    }
    tests
}

/// Those of this name.
pub(crate) fn named<'a>(tests: &'a [Test], name: &'a str) -> impl Iterator<Item = &'a Test> {
    tests.iter().filter(move |test| test.name == name)
}

fn look_into(folder: &Path, root: &Path, tests: &mut Vec<Test>) {
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if path.is_dir() {
            if name != "node_modules" && name != "target" && name != "compatibility" {
                look_into(&path, root, tests);
            }
            continue;
        }
        let read: fn(&[&str], usize) -> Option<String> = match name.rsplit_once('.') {
            Some((_, "rs")) => rust_test,
            Some((_, "js" | "mjs")) => javascript_test,
            _ => continue,
        };
        let Ok(source) = fs::read_to_string(&path) else { continue };
        let file = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        tests.extend(in_source(&source, &file, read));
    }
}

fn in_source(source: &str, file: &str, read: fn(&[&str], usize) -> Option<String>) -> Vec<Test> {
    let stem = file.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or(file, |(stem, _)| stem);
    let stem = stem.strip_suffix(".test").unwrap_or(stem);
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let names = (0..lines.len()).filter_map(|at| read(&lines, at));
    names.map(|name| Test { name: format!("{stem}::{name}"), file: file.to_owned() }).collect()
}

/// A function counts if an attribute above it makes it a test, and none keeps it from running.
fn rust_test(lines: &[&str], at: usize) -> Option<String> {
    let name = lines[at].trim_start_matches("async ").strip_prefix("fn ")?.split('(').next()?;
    let is_above = |line: &&&str| line.starts_with("#[") || line.starts_with("//");
    let above: Vec<&str> = lines[..at].iter().rev().take_while(is_above).copied().collect();
    let is_test = above.iter().any(|line| *line == "#[test]" || line.starts_with("#[tokio::test"));
    let runs = is_test && !above.iter().any(|line| line.starts_with("#[ignore"));
    runs.then(|| name.to_owned())
}

/// The title that is given to `test(`, on its line or the next one.
fn javascript_test(lines: &[&str], at: usize) -> Option<String> {
    let first = lines[at].strip_prefix("test(").or_else(|| lines[at].strip_prefix("it("))?;
    let title = if first.is_empty() { lines.get(at + 1)? } else { first };
    let quote = title.chars().next().filter(|quote| "\"'`".contains(*quote))?;
    title[1..].split(quote).next().map(str::to_owned)
}

#[test]
fn tests_are_found_by_file_and_name() {
    let rust = "/// Says it.\n#[tokio::test]\nasync fn it_does() {}\nfn helper() {}\n#[test]\n#[ignore]\nfn never() {}";
    let there = |name: &str, file: &str| Test { name: name.into(), file: file.into() };
    assert_eq!(in_source(rust, "x/a.rs", rust_test), [there("a::it_does", "x/a.rs")]);
    let javascript = "test(\"it does\", () => {});\ntest(\n  `so ${x}`,\ntest.skip(\"never\");";
    assert_eq!(
        in_source(javascript, "b.test.js", javascript_test),
        [there("b::it does", "b.test.js"), there("b::so ${x}", "b.test.js")]
    );
}
