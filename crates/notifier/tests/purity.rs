//! The pure crates stay pure: no runtime, socket, clock, file, thread or random number in their dependency trees or
//! in their own sources. Everything else in the design rests on this, so a test holds it rather than good will.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PURE_CRATES: [&str; 4] = ["xmpp", "contact", "notifier", "sim"];

/// Packages that bring a runtime, sockets, files, threads, a clock or randomness.
const IMPURE_PACKAGES: &[&str] = &[
    "async-std",
    "axum",
    "getrandom",
    "hyper",
    "hyper-util",
    "libsqlite3-sys",
    "mio",
    "nix",
    "parking_lot",
    "polling",
    "rand",
    "rayon",
    "ring",
    "aws-lc-rs",
    "rusqlite",
    "rustix",
    "rustls",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "tracing-subscriber",
];

/// Text that has no place outside a test in a pure crate.
const IMPURE_TEXT: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::net",
    "std::process",
    "std::thread",
    "thread_local!",
    "getrandom",
    "rand::",
    "RandomState::new",
    "println!",
    "eprintln!",
    "async fn",
    ".await",
];

#[test]
fn dependency_trees_hold_no_runtime() {
    for name in PURE_CRATES {
        let found: BTreeSet<String> = normal_dependencies(&format!("offhook-{name}"))
            .into_iter()
            .filter(|package| IMPURE_PACKAGES.contains(&package.as_str()))
            .collect();
        assert!(
            found.is_empty(),
            "crates/{name} depends on {found:?}; find out through which: cargo tree -p offhook-{name} -i PACKAGE"
        );
    }
}

#[test]
fn sources_touch_nothing_outside() {
    let mut found = Vec::new();
    for name in PURE_CRATES {
        let sources = crates_dir().join(name).join("src");
        for file in production_files(&sources) {
            let text = fs::read_to_string(&file).expect("a listed source file can be read");
            for (number, line) in production_lines(&text) {
                for needle in IMPURE_TEXT.iter().filter(|needle| line.contains(**needle)) {
                    found.push(format!("{}:{number}: {needle}", file.display()));
                }
            }
        }
    }
    assert!(found.is_empty(), "pure crates reach outside:\n{}", found.join("\n"));
}

#[test]
fn pure_crates_forbid_unsafe_code() {
    for name in PURE_CRATES {
        let root = crates_dir().join(name).join("src/lib.rs");
        let text = fs::read_to_string(&root).expect("every crate has a src/lib.rs");
        assert!(
            text.contains("#![forbid(unsafe_code)]"),
            "crates/{name}/src/lib.rs lacks #![forbid(unsafe_code)]"
        );
    }
}

#[test]
fn the_check_sees_what_it_looks_for() {
    let text = "use std::net::TcpStream; // why\n/// std::fs is only spoken of\nfn a() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
    let lines: Vec<_> = production_lines(text).collect();
    assert_eq!(lines, [(1, "use std::net::TcpStream; "), (3, "fn a() {}")]);
}

fn crates_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in crates/").to_owned()
}

/// Names of all packages that `package` builds with, tests and build scripts aside.
fn normal_dependencies(package: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "tree",
            "--locked",
            "--offline",
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--package",
            package,
        ])
        .current_dir(crates_dir())
        .output()
        .expect("cargo can be started: it started this test");
    assert!(output.status.success(), "cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("package names are text");
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// The files under `dir` that are not tests by their name.
fn production_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("a source folder can be listed") {
        let path = entry.expect("a source folder can be listed").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
        if stem == "tests" || stem.ends_with("_tests") {
            continue;
        }
        if path.is_dir() {
            files.extend(production_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Numbered lines of `text` up to its test module, without comments and blank lines.
fn production_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let test_module = lines.windows(2).position(|pair| {
        pair[0].trim() == "#[cfg(test)]"
            && pair[1].trim_start().starts_with("mod ")
            && pair[1].trim_end().ends_with('{')
    });
    let end = test_module.unwrap_or(lines.len());
    lines
        .into_iter()
        .take(end)
        .enumerate()
        .map(|(index, line)| (index + 1, line.split_once("//").map_or(line, |(code, _)| code)))
        .filter(|(_, line)| !line.trim().is_empty())
}
