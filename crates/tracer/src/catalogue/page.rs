//! What the catalogue says, for a terminal: the page of one finding, and lists of many.

use crate::{
    Stage,
    catalogue::{FindingId, Severity, reference},
    render::{Fold, Style, Tone},
};

/// The page of one finding: what it is, why, what to do, and where to read on. Lines are folded to the width of
/// the terminal, to 80 columns where there is none. Ends with a line end.
pub fn page(id: FindingId, style: Style) -> String {
    let entry = id.entry();
    let mut page = Page {
        style,
        width: style.width.unwrap_or(WIDTH_DEFAULT).clamp(WIDTH_MIN, WIDTH_MAX),
        out: String::new(),
    };
    page.line(Tone::Strong, &format!("{id}  "), entry.title);
    let (stage, severity) = (entry.stage, entry.severity);
    let place = format!("stage {} of {}, {}: {}", stage.number(), Stage::ALL.len(), stage, stage.title());
    page.line(Tone::Quiet, "", &format!("{severity} · {place}"));
    page.section("What is seen");
    page.text(entry.seen);
    page.section(&format!("Why ({})", confidence(entry.confidence.name(), entry.causes.len())));
    page.numbered(entry.causes);
    page.section("What to do");
    page.numbered(entry.actions);
    if !entry.actors.is_empty() {
        page.section("Who has to act");
        let actors: Vec<_> = entry.actors.iter().map(|actor| actor.name()).collect();
        page.text(&sentence(&actors.join(", or ")));
    }
    page.section("How it comes about");
    page.text(entry.explanation);
    page.section("References");
    for text in entry.references {
        match reference::address(text) {
            Some(address) => page.text(&format!("{text} · {address}")),
            None => page.text(text),
        }
    }
    if !entry.see_also.is_empty() {
        page.section("See also");
        let others: Vec<FindingId> = entry.see_also.iter().filter_map(|name| name.parse().ok()).collect();
        let longest = others.iter().map(|id| id.name().len()).max().unwrap_or_default();
        for other in others {
            page.line(Tone::Plain, &format!("  {other:longest$}  "), other.entry().title);
        }
    }
    page.out
}

/// One line for each finding, under the stage at which it shows. Lines are folded to the width of the terminal, and
/// left whole where there is none.
pub fn list(ids: &[FindingId], style: Style) -> String {
    let width = style.width.map_or(usize::MAX, |width| width.max(WIDTH_MIN));
    let mut page = Page { style, width, out: String::new() };
    for stage in Stage::ALL {
        let mut here = ids.iter().filter(|id| id.entry().stage == stage).peekable();
        if here.peek().is_none() {
            continue;
        }
        if !page.out.is_empty() {
            page.out.push('\n');
        }
        page.line(Tone::Strong, "", &format!("{stage}: {}", stage.title()));
        for id in here {
            let tone = match id.entry().severity {
                Severity::Fault => Tone::Plain,
                Severity::Warning | Severity::Note => Tone::Quiet,
            };
            let lead = format!("  {id:NAME_WIDTH$}{:9}", id.entry().severity);
            page.line(tone, &lead, id.entry().title);
        }
    }
    page.out
}

/// How sure the order of the causes is, in words.
fn confidence(name: &str, causes: usize) -> String {
    match (name, causes) {
        ("certain", _) => "certain".to_owned(),
        (name, 1) => name.to_owned(),
        (name, _) => format!("{name}, best first"),
    }
}

/// With a capital letter at the start and a full stop at the end.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

struct Page {
    style: Style,
    width: usize,
    out: String,
}

impl Page {
    fn section(&mut self, title: &str) {
        self.out.push('\n');
        self.line(Tone::Strong, "", title);
    }

    fn text(&mut self, text: &str) {
        self.line(Tone::Plain, "  ", text);
    }

    fn numbered(&mut self, texts: &[&str]) {
        for (index, text) in texts.iter().enumerate() {
            let lead = if texts.len() == 1 { "  ".to_owned() } else { format!("  {}. ", index + 1) };
            self.line(Tone::Plain, &lead, text);
        }
    }

    /// A text behind a lead; its further lines begin where the first did. On a narrow terminal the lead has a line
    /// of its own.
    fn line(&mut self, tone: Tone, lead: &str, text: &str) {
        let mut indent = lead.chars().count();
        let mut line = lead.to_owned();
        if indent > NARROW_INDENT && self.width < indent + TEXT_WIDTH_MIN {
            indent = NARROW_INDENT;
            line = format!("{}\n{:indent$}", lead.trim_end(), "");
        }
        let mut fold = Fold { column: indent, indent, width: Some(self.width) };
        line.push_str(&fold.fold(text));
        self.out.push_str(&self.style.tone(tone, &line));
        self.out.push('\n');
    }
}

/// Room for the longest name and a gap.
const NAME_WIDTH: usize = 30;

/// Columns that a text should have behind its lead.
const TEXT_WIDTH_MIN: usize = 30;

/// How far a text is set in that found no room behind its lead.
const NARROW_INDENT: usize = 6;

/// Where to fold where nobody says.
const WIDTH_DEFAULT: usize = 80;

/// Narrower than this, folding does more harm than good.
const WIDTH_MIN: usize = 40;

/// Lines of a page that are longer are hard to read.
const WIDTH_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding_id;

    #[test]
    fn a_page_says_everything_and_fits() {
        for width in [40, 60, 80, 200] {
            let style = Style { color: false, width: Some(width) };
            for id in FindingId::all() {
                let page = page(id, style);
                for line in page.lines() {
                    let fits = line.chars().count() <= width.min(WIDTH_MAX);
                    let one_word = line.split_whitespace().count() == 1;
                    assert!(fits || one_word || line.contains("https://"), "{id} at {width}: {line}");
                }
                let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
                let entry = id.entry();
                let texts = [entry.title, entry.seen, entry.explanation].into_iter();
                for text in texts.chain(entry.causes.iter().chain(entry.actions).copied()) {
                    assert!(words.contains(text), "{id} at {width}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_page_without_a_terminal_has_no_colours() {
        let page = page(finding_id!("UP-200"), Style::PLAIN);
        assert!(page.starts_with("UP-200  An ordinary page came back instead of a WebSocket\n"), "{page}");
        assert!(page.contains("fault · stage 4 of 12, upgrade: "), "{page}");
        assert!(page.contains("\nWhy (likely, best first)\n  1. A proxy "), "{page}");
        assert!(
            page.contains("RFC 6455 §4.2.2 · https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2\n"),
            "{page}"
        );
        assert!(!page.contains('\u{1b}'));
    }

    #[test]
    fn colours_end_where_their_line_ends() {
        let page = page(finding_id!("UP-200"), Style { color: true, width: Some(60) });
        for line in page.lines().filter(|line| line.contains('\u{1b}')) {
            assert!(line.ends_with("\u{1b}[0m"), "{line:?}");
        }
    }

    #[test]
    fn a_list_has_each_finding_once_under_its_stage() {
        let all: Vec<_> = FindingId::all().collect();
        let list = list(&all, Style::PLAIN);
        for id in all {
            let count = list.lines().filter(|line| line.split_whitespace().next() == Some(id.name())).count();
            assert_eq!(count, 1, "{id}");
        }
        let stages: Vec<_> = list
            .lines()
            .filter(|line| !line.starts_with(' ') && !line.is_empty())
            .map(|l| l.split(':').next())
            .collect();
        assert_eq!(stages, Stage::ALL.map(|stage| Some(stage.id())));
    }
}
