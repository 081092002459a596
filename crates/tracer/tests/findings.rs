//! `docs/findings.md`: a section for each finding of the catalogue.
//!
//! The page is made from the table, never by hand: `make findings` writes it, and the test here fails when it is not
//! what would be written now.

use std::{fmt::Write, path::Path};

use tracer::{
    FindingId, Severity, Stage,
    catalogue::{Confidence, reference},
};

/// Set by `make findings`: write the page instead of comparing it.
const WRITE: &str = "OFFHOOK_WRITE_FINDINGS";

#[test]
fn the_page_is_what_the_catalogue_says() {
    let page = page().expect("a text can be written to");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings.md");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, page).expect("docs/ can be written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/findings.md is not what the catalogue says: run `make findings`");
}

#[test]
fn every_finding_has_a_section_and_an_anchor() {
    let page = page().expect("a text can be written to");
    for id in FindingId::all() {
        let heading = format!("### {id}");
        assert_eq!(page.lines().filter(|line| *line == heading).count(), 1, "{id}");
        let links = page.matches(&format!("](#{})", anchor(id))).count();
        assert!(links >= 1, "{id}: nothing leads to it");
    }
}

fn page() -> Result<String, std::fmt::Error> {
    let mut out = String::from(HEAD);
    let count = |severity| FindingId::all().filter(|id| id.entry().severity == severity).count();
    writeln!(
        out,
        "There are {} findings: {} faults, {} warnings and {} notes.\n",
        FindingId::all().count(),
        count(Severity::Fault),
        count(Severity::Warning),
        count(Severity::Note)
    )?;
    for stage in Stage::ALL {
        let here: Vec<_> = FindingId::all().filter(|id| id.entry().stage == stage).collect();
        writeln!(out, "{}. **{stage}**, {}: {}", stage.number(), stage.title(), links(&here))?;
    }
    for stage in Stage::ALL {
        writeln!(out, "\n## {stage}: {}", stage.title())?;
        for id in FindingId::all().filter(|id| id.entry().stage == stage) {
            section(&mut out, id)?;
        }
    }
    Ok(out)
}

fn section(out: &mut String, id: FindingId) -> std::fmt::Result {
    let entry = id.entry();
    writeln!(out, "\n### {id}\n\n**{}.** A {}.\n", escape(entry.title), entry.severity)?;
    writeln!(out, "*Seen:* {}\n", escape(entry.seen))?;
    let sure = match entry.confidence {
        Confidence::Certain => "certain",
        Confidence::Likely => "likely",
        Confidence::Possible => "possible",
    };
    let best_first =
        if entry.causes.len() > 1 && entry.confidence != Confidence::Certain { ", best first" } else { "" };
    writeln!(out, "*Why* ({sure}{best_first}):\n")?;
    numbered(out, entry.causes)?;
    writeln!(out, "\n*What to do:*\n")?;
    numbered(out, entry.actions)?;
    if !entry.actors.is_empty() {
        let actors: Vec<_> = entry.actors.iter().map(|actor| actor.name()).collect();
        writeln!(out, "\n*Who has to act:* {}.", actors.join(", or "))?;
    }
    writeln!(out, "\n{}\n", escape(entry.explanation))?;
    let references: Vec<_> = entry
        .references
        .iter()
        .map(|text| match reference::address(text) {
            Some(address) => format!("[{text}]({address})"),
            None => escape(text),
        })
        .collect();
    writeln!(out, "*References:* {}.", references.join("; "))?;
    if !entry.see_also.is_empty() {
        let others: Vec<_> = entry.see_also.iter().filter_map(|name| name.parse().ok()).collect();
        writeln!(out, "\n*See also:* {}.", links(&others))?;
    }
    Ok(())
}

fn numbered(out: &mut String, texts: &[&str]) -> std::fmt::Result {
    for (index, text) in texts.iter().enumerate() {
        writeln!(out, "{}. {}", index + 1, escape(text))?;
    }
    Ok(())
}

fn links(ids: &[FindingId]) -> String {
    ids.iter().map(|id| format!("[{id}](#{})", anchor(*id))).collect::<Vec<_>>().join(", ")
}

/// The address that a heading with this name has on a page of Markdown.
fn anchor(id: FindingId) -> String {
    id.name().to_ascii_lowercase()
}

/// Outside of code spans, angle brackets would be elements and asterisks emphasis.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut code = false;
    for c in text.chars() {
        match c {
            '`' => {
                code = !code;
                out.push(c);
            }
            '<' if !code => out.push_str("&lt;"),
            '>' if !code => out.push_str("&gt;"),
            '&' if !code => out.push_str("&amp;"),
            '*' | '_' if !code => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

const HEAD: &str = "\
# Findings

<!-- Made by `make findings` from crates/tracer/src/catalogue/. Not to be edited. -->

What `offhook trace` can find wrong with a line, under the names that it prints. `offhook explain UP-200` shows one of these
sections in the terminal, `offhook explain UP` those whose names begin so, `offhook explain` all of them in one line each, and
`--json` gives the same to programs. The names are stable.

- **Stage** is where on the line it shows; the stages follow each other, and a report names the first that failed.
- A **fault** keeps the line from doing what it is for; with a **warning** it works, but not well or not for long; a **note** is good
  to know.
- **Certain**, **likely** and **possible** say how sure the cause is once the finding is there: the protocol leaves no other reading;
  there is one usual cause; there are several, and what was seen does not tell them apart. A report may be less sure than this page
  and never is more so.

Times of products are their usual settings: hints, as every site may have changed them.

";
