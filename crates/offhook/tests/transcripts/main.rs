//! Runs `transcripts/*.txt`: who sends what and who receives what, in memory (stream, notifier and a clock that the
//! transcript moves) and over WebSockets, over TCP and over BOSH against the real binary. One text, all worlds.
//!
//! The examples of a page in `docs/` are a transcript, too: everything between its lines ```` ```transcript ```` and ```` ``` ````.
//!
//! `TRANSCRIPT=name cargo test -p offhook --test transcripts` runs one of them.

mod bosh;
mod memory;
mod pattern;
mod run;
mod script;
mod server;
mod tcp;
mod web_sockets;

use std::path::{Path, PathBuf};

use crate::bosh::Bosh;
use crate::memory::Memory;
use crate::run::{World, run};
use crate::script::Script;
use crate::tcp::Tcp;
use crate::web_sockets::WebSockets;

#[test]
fn in_memory() {
    run_all(|_| Memory::new());
}

#[test]
fn over_web_sockets() {
    run_all(|script| (!script.only_in_memory).then(WebSockets::start));
}

#[test]
fn over_tcp() {
    run_all(|script| (!script.only_in_memory && !script.not_over_tcp).then(Tcp::start));
}

#[test]
fn over_bosh() {
    run_all(|script| (!script.only_in_memory && !script.not_over_bosh).then(Bosh::start));
}

/// Runs every transcript in a world of its own and fails with everything that went wrong.
fn run_all<W: World>(world: impl Fn(&Script) -> Option<W>) {
    let mut failures = Vec::new();
    let mut count = 0;
    for path in transcripts() {
        let text = std::fs::read_to_string(&path).expect("a listed transcript can be read");
        let text =
            if path.extension().is_some_and(|extension| extension == "md") { examples(&text) } else { text };
        let outcome = Script::parse(&text).and_then(|script| match world(&script) {
            Some(mut world) => {
                count += 1;
                run(&script, &mut world)
            }
            None => Ok(()),
        });
        if let Err(error) = outcome {
            failures.push(format!("{}:{}: {}", path.display(), error.line, error.text));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} transcripts failed:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
    assert!(count > 0, "no transcript was run");
}

/// The transcript in a page, on the lines on which it stands; everything else becomes empty lines.
fn examples(page: &str) -> String {
    let mut inside = false;
    let lines = page.lines().map(|line| match line {
        "```transcript" => (inside = true, "").1,
        "```" => (inside = false, "").1,
        _ if inside => line,
        _ => "",
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// All of `transcripts/`, and the pages with examples.
fn transcripts() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let only = std::env::var("TRANSCRIPT").ok();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root.join("transcripts"))
        .expect("the repository has a folder transcripts/")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .chain([root.join("docs/recovery.md")])
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            only.as_ref().is_none_or(|only| name == format!("{only}.txt") || name == format!("{only}.md"))
        })
        .collect();
    paths.sort();
    paths
}

#[test]
fn examples_are_what_is_between_the_fences() {
    assert_eq!(
        examples("# A\n```transcript\na C: <b/>\n```\ntext\n```xml\n<c/>\n```\n"),
        "\n\na C: <b/>\n\n\n\n\n\n"
    );
}
