//! The table is held to its own rules: names, lengths, links, and what other crates say with its names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::*;
use crate::Stage;

fn texts(entry: &Entry) -> Vec<&'static str> {
    let single = [entry.title, entry.seen, entry.explanation];
    single.iter().chain(entry.causes).chain(entry.actions).chain(entry.references).copied().collect()
}

/// Every word of a text that looks like the name of a finding: capitals before a hyphen, one of the prefixes in use.
fn names_in(text: &str) -> Vec<&str> {
    let prefixes: BTreeSet<_> =
        FindingId::all().filter_map(|id| id.name().split_once('-').map(|(prefix, _)| prefix)).collect();
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .filter(|word| {
            word.split_once('-').is_some_and(|(prefix, rest)| prefixes.contains(prefix) && !rest.is_empty())
        })
        .filter(|word| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'))
        .collect()
}

#[test]
fn names_are_unique_and_well_formed() {
    let mut names = BTreeSet::new();
    for id in FindingId::all() {
        let name = id.name();
        assert!(names.insert(name), "{name}: two findings have this name");
        assert!(name.len() <= 28, "{name}: too long for a column");
        assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "{name}");
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        assert!(name.split('-').all(part), "{name}");
    }
    assert!(names.len() >= 200, "{} findings", names.len());
}

#[test]
fn every_stage_has_findings() {
    for stage in Stage::ALL {
        assert!(FindingId::all().any(|id| id.entry().stage == stage), "{stage}");
    }
}

#[test]
fn texts_are_there_and_within_their_limits() {
    let check = |id: FindingId, what: &str, text: &str, min: usize, max: usize| {
        let length = text.chars().count();
        assert!((min..=max).contains(&length), "{id}, {what}: {length} characters: {text}");
        assert!(
            !text.contains("  ") && !text.contains('\n') && text.trim() == text,
            "{id}, {what}: {text:?}"
        );
    };
    for id in FindingId::all() {
        let entry = id.entry();
        check(id, "title", entry.title, 10, 72);
        check(id, "seen", entry.seen, 15, 300);
        check(id, "explanation", entry.explanation, 60, 900);
        assert!((1..=3).contains(&entry.causes.len()), "{id}: {} causes", entry.causes.len());
        assert!((1..=4).contains(&entry.actions.len()), "{id}: {} actions", entry.actions.len());
        assert!(!entry.references.is_empty(), "{id}: no reference");
        assert!(entry.actors.len() <= 3, "{id}: when everybody has to act nobody does");
        let nobody = entry.actors.is_empty() && entry.severity != Severity::Note;
        assert!(!nobody, "{id}: somebody has to act");
        entry.causes.iter().for_each(|text| check(id, "cause", text, 10, 160));
        entry.actions.iter().for_each(|text| check(id, "action", text, 10, 260));
        for phrase in entry.causes.iter().chain([&entry.title]) {
            assert!(!phrase.ends_with('.'), "{id}: a phrase, not a sentence: {phrase}");
        }
        for sentence in entry.actions.iter().chain([&entry.seen, &entry.explanation]) {
            assert!(sentence.ends_with('.'), "{id}: a sentence: {sentence}");
        }
        for text in texts(entry) {
            let product = ["nginx:", "ejabberd:"].iter().any(|name| text.starts_with(name));
            let small = text.starts_with(|c: char| c.is_ascii_lowercase());
            assert!(!small || product, "{id}: begins small: {text}");
        }
    }
}

#[test]
fn no_two_findings_say_the_same() {
    for part in [|entry: &Entry| entry.title, |entry: &Entry| entry.explanation] {
        let mut seen = BTreeMap::new();
        for id in FindingId::all() {
            if let Some(other) = seen.insert(part(id.entry()), id) {
                panic!("{id} and {other} say the same");
            }
        }
    }
}

#[test]
fn references_name_a_document() {
    for id in FindingId::all() {
        for text in id.entry().references {
            let known = ["Finesse", "nginx:", "ejabberd:", "W3C ", "WHATWG "]
                .iter()
                .any(|start| text.starts_with(start));
            assert!(known || reference::address(text).is_some(), "{id}: {text}");
        }
        let references: BTreeSet<_> = id.entry().references.iter().collect();
        assert_eq!(references.len(), id.entry().references.len(), "{id}: a reference twice");
    }
}

#[test]
fn links_and_names_in_texts_lead_somewhere() {
    for id in FindingId::all() {
        let links = id.entry().see_also;
        assert!(links.iter().all(|name| *name != id.name()), "{id}: see yourself");
        assert_eq!(links.iter().collect::<BTreeSet<_>>().len(), links.len(), "{id}: a link twice");
        for name in links.iter().copied().chain(texts(id.entry()).into_iter().flat_map(names_in)) {
            assert!(name.parse::<FindingId>().is_ok(), "{id} speaks of {name}, which does not exist");
        }
    }
    assert_eq!(names_in("see UP-200, then UP-999 (or SHA-256)."), ["UP-200", "UP-999"]);
}

/// A sign leads to one finding; two that claim it would be decided by their order in the table.
#[test]
fn no_sign_belongs_to_two_findings() {
    let mut seen: Vec<(Sign, FindingId)> = Vec::new();
    for id in FindingId::all() {
        for sign in id.entry().signs {
            for (other, owner) in &seen {
                let overlap = match (sign, other) {
                    (Sign::CloseCodes(a, b), Sign::CloseCodes(c, d)) => a <= d && c <= b,
                    (a, b) => a == b,
                };
                assert!(!overlap, "{id} and {owner} both claim {sign:?}");
            }
            seen.push((*sign, id));
        }
    }
    for code in 0..=u16::MAX {
        FindingId::for_close_code(code);
    }
}

/// Names of findings stand in other crates as texts, because those do not know the catalogue. Each must be one.
#[test]
fn names_used_elsewhere_exist() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = 0;
    for folder in ["client/src", "tracer/src", "offhook/src", "scenario/src"] {
        let mut folders = vec![crates.join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder of this project") {
                let path = entry.expect("a name").path();
                if path.is_dir() && !path.ends_with("catalogue") {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let source = fs::read_to_string(&path).expect("a source");
                    for name in source
                        .split('"')
                        .flat_map(|text| names_in(text).into_iter().filter(move |name| *name == text))
                    {
                        assert!(name.parse::<FindingId>().is_ok(), "{} speaks of {name}", path.display());
                        found += 1;
                    }
                }
            }
        }
    }
    assert!(found > 50, "only {found} names were found: does the search still work?");
}

/// Every condition that the standards have leads to a finding.
#[test]
fn conditions_of_the_standards_are_covered() {
    let stream = [
        "bad-format",
        "bad-namespace-prefix",
        "conflict",
        "connection-timeout",
        "host-gone",
        "host-unknown",
        "improper-addressing",
        "internal-server-error",
        "invalid-from",
        "invalid-namespace",
        "invalid-xml",
        "not-authorized",
        "not-well-formed",
        "policy-violation",
        "remote-connection-failed",
        "reset",
        "resource-constraint",
        "restricted-xml",
        "see-other-host",
        "system-shutdown",
        "unsupported-encoding",
        "unsupported-feature",
        "unsupported-stanza-type",
        "unsupported-version",
    ];
    for condition in stream {
        assert_ne!(FindingId::for_stream_error(condition).name(), "SE-UNDEFINED", "{condition}");
    }
    let sasl = [
        "aborted",
        "account-disabled",
        "credentials-expired",
        "encryption-required",
        "incorrect-encoding",
        "invalid-authzid",
        "invalid-mechanism",
        "malformed-request",
        "mechanism-too-weak",
        "not-authorized",
        "temporary-auth-failure",
    ];
    for condition in sasl {
        assert!(FindingId::for_sasl_failure(condition).is_some(), "{condition}");
    }
}
