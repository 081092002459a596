//! The page.

use std::fmt::Write as _;

use crate::rows::{Row, Section};
use crate::tests_there::{Test, named};

/// How a row stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Implemented,
    Different,
    NotYet,
    Unknown,
}

impl Standing {
    const ALL: [Self; 4] = [Self::Implemented, Self::Different, Self::Unknown, Self::NotYet];

    fn of(row: &Row) -> Self {
        match (&row.different, &row.unknown) {
            (Some(_), _) => Self::Different,
            (_, Some(_)) => Self::Unknown,
            _ if row.tests.is_empty() => Self::NotYet,
            _ => Self::Implemented,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Implemented => "implemented",
            Self::Different => "different on purpose",
            Self::Unknown => "unknown",
            Self::NotYet => "not there",
        }
    }
}

/// Writes `docs/finesse-compatibility.md`.
pub(crate) fn write(sections: &[Section], tests: &[Test]) -> String {
    let count = |sections: &[Section], standing| {
        sections.iter().flat_map(|section| &section.rows).filter(|row| Standing::of(row) == standing).count()
    };
    let counts = |section: &[Section]| {
        let counts = Standing::ALL.map(|standing| (count(section, standing), standing.as_str()));
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        counts.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
    };
    let mut page = format!(
        "# Finesse, row by row\n\n<!-- Made by `make compatibility`. Not to be edited. -->\n\n\
         What Finesse 12.5 does with states, calls, errors, events and REST resources, and how this server stands to it: \
         {} rows, {}.\n\n\
         - **Implemented**: a test says so, and is named. All of them run in `make test`, which fails if one of them is gone.\n\
         - **Different on purpose**: what is done instead, and why.\n\
         - **Unknown**: Finesse's documents do not say it well enough; what is done meanwhile.\n\
         - **Not there**: this server does not do it. A resource that is not there is 404.\n\n\
         The rows are in our words; Finesse's own documents are Cisco's.\n",
        sections.iter().map(|section| section.rows.len()).sum::<usize>(),
        counts(sections),
    );
    for section in sections {
        let _ = write!(page, "\n## {}\n\n{}.\n\n", section.title, counts(std::slice::from_ref(section)));
        page.push_str("| What Finesse does | Here | Held by |\n|---|---|---|\n");
        for row in &section.rows {
            let mut standing = Standing::of(row).as_str().to_owned();
            if let Some(why) = row.different.as_ref().or(row.unknown.as_ref()) {
                let _ = write!(standing, ": {why}");
            }
            let held: Vec<String> = row.tests.iter().map(|name| link(name, tests)).collect();
            let _ = writeln!(page, "| {} | {} | {} |", cell(&row.is), cell(&standing), held.join("<br>"));
        }
    }
    page
}

fn link(name: &str, tests: &[Test]) -> String {
    let file = named(tests, name).next().map_or("", |test| &test.file);
    let short = name.split_once("::").map_or(name, |(_, short)| short);
    format!("[`{}`](../{file})", cell(short))
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
