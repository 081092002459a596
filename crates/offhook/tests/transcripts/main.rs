//! Runs `transcripts/*.txt`: who sends what and who receives what, in memory (stream, notifier and a clock that the
//! transcript moves) and over WebSockets and over TCP against the real binary. One text, all worlds.
//!
//! `TRANSCRIPT=name cargo test -p offhook --test transcripts` runs one of them.

mod memory;
mod pattern;
mod run;
mod script;
mod server;
mod tcp;
mod web_sockets;

use std::path::{Path, PathBuf};

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

/// Runs every transcript in a world of its own and fails with everything that went wrong.
fn run_all<W: World>(world: impl Fn(&Script) -> Option<W>) {
    let mut failures = Vec::new();
    let mut count = 0;
    for path in transcripts() {
        let text = std::fs::read_to_string(&path).expect("a listed transcript can be read");
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

fn transcripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts");
    let only = std::env::var("TRANSCRIPT").ok();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the repository has a folder transcripts/")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .filter(|path| {
            only.as_ref().is_none_or(|name| path.file_stem().is_some_and(|stem| stem == name.as_str()))
        })
        .collect();
    paths.sort();
    paths
}
