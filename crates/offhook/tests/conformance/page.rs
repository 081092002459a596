//! The page.

use std::fmt::Write as _;

use crate::points::{Level, Point, Section};
use crate::tests_found::TestFound;

/// Writes `docs/conformance.md`.
pub(crate) fn write(sections: &[Section], tests: &[TestFound]) -> String {
    let points = || sections.iter().flat_map(|section| &section.points);
    let reasons = points().filter(|point| point.reason.is_some()).count();
    let mut page = format!(
        "# Conformance\n\n<!-- Made by `make conformance` from the tests. Not to be edited. -->\n\n\
         What the specifications ask of a server like this one, and the tests that hold it to each point: {} points, {} \
         tests, {} {} not apply, with the reason, {} open. All of these tests run in `make test`; the page itself is \
         checked there too.\n\n\
         **MUST** and **SHOULD** are the specification's words; **ours** is what we promise beyond it.\n",
        points().count(),
        tests.len(),
        reasons,
        if reasons == 1 { "point does" } else { "points do" },
        open(sections, tests),
    );
    for section in sections {
        let _ = write!(page, "\n## {}\n", section.title);
        for point in &section.points {
            write_point(&mut page, point, tests);
        }
    }
    page
}

/// Angle brackets as they are, and not as tags, outside of code too.
fn shown(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 0 { part.replace('<', "&lt;") } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("`")
}

/// How many points have neither a test nor a reason.
pub(crate) fn open(sections: &[Section], tests: &[TestFound]) -> usize {
    let points = sections.iter().flat_map(|section| &section.points);
    points.filter(|point| is_open(point, tests)).count()
}

fn is_open(point: &Point, tests: &[TestFound]) -> bool {
    point.reason.is_none() && !tests.iter().any(|test| test.point == point.n)
}

fn write_point(page: &mut String, point: &Point, tests: &[TestFound]) {
    let level = match point.must {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
        Level::Ours => "ours",
    };
    let _ = write!(page, "\n**{}.** {} *{level}, {}*\n\n", point.n, point.holds, point.source);
    if let Some(reason) = &point.reason {
        let _ = writeln!(page, "- Does not apply: {reason}");
    }
    if is_open(point, tests) {
        page.push_str("- **Open**: no test yet.\n");
    }
    for test in tests.iter().filter(|test| test.point == point.n) {
        let _ = write!(page, "- [`{}`](../{})", test.name, test.file);
        if !test.says.is_empty() {
            let _ = write!(page, " {}", shown(&test.says));
        }
        page.push('\n');
    }
}
