//! The report for a terminal: one line per step, aligned, calm. Colours only where asked for.

use std::time::Duration;

use crate::text::printable;

/// How lines are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colours (ANSI escapes).
    pub color: bool,
    /// Where to fold long lines; `None` keeps each on one line, which is what other programs want.
    pub width: Option<usize>,
}

/// What a line is about, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A step that went well.
    Good,
    /// What the line is for.
    Event,
    /// Worth knowing.
    Note,
    /// What is wrong.
    Problem,
    /// What to do about it.
    Advice,
    /// Only shown because everything is.
    Quiet,
}

/// One line of the report.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Since the start; `None` leaves the column empty.
    pub at: Option<Duration>,
    /// How long the step took, where it is a step.
    pub took: Option<Duration>,
    /// The stage, or what else the line is about; at most 8 letters.
    pub label: &'a str,
    /// What it is.
    pub mark: Mark,
    /// What there is to say.
    pub text: &'a str,
    /// What else may be of interest.
    pub detail: Option<&'a str>,
}

/// How loud a text of a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Strong,
    Plain,
    Quiet,
}

impl Style {
    /// No colours, no folding.
    pub const PLAIN: Style = Style { color: false, width: None };

    /// The heading over the columns.
    pub fn heading(&self) -> String {
        let text = format!("{:>10} {:>8}  {:8}  {}", "ms", "took", "stage", "what");
        self.paint(DIM, &text)
    }

    /// One line of the report, without the line end. Everything that could act on a terminal is escaped.
    pub fn row(&self, row: &Row<'_>) -> String {
        let time = |duration: Option<Duration>| {
            duration.map_or(String::new(), |d| format!("{:.1}", d.as_secs_f64() * 1000.0))
        };
        let times = format!("{:>10} {:>8}", time(row.at), time(row.took));
        let (label_color, text_color) = match row.mark {
            Mark::Good => (GREEN, ""),
            Mark::Event => (CYAN, ""),
            Mark::Note => (YELLOW, ""),
            Mark::Problem => (RED, BOLD),
            Mark::Advice => (YELLOW, ""),
            Mark::Quiet => (DIM, DIM),
        };
        let mut line = format!(
            "{}  {}  ",
            self.paint(DIM, &times),
            self.paint(label_color, &format!("{:8}", row.label))
        );
        let text = printable(row.text);
        let mut folded = Fold { column: INDENT, indent: INDENT, width: self.width };
        line.push_str(&self.paint_lines(text_color, &folded.fold(&text)));
        if let Some(detail) = row.detail {
            let detail = format!(" · {}", printable(detail));
            line.push_str(&self.paint_lines(DIM, &folded.fold(&detail)));
        }
        line
    }

    /// A raw line of the connection: an arrow and the text, never folded, so that it can be copied.
    pub fn raw(&self, arrow: &str, text: &str) -> String {
        self.paint(DIM, &format!("{:>19}  {arrow} {}", "", printable(text)))
    }

    /// Text of a page in one of its tones; more than one line is fine.
    pub(crate) fn tone(&self, tone: Tone, text: &str) -> String {
        let color = match tone {
            Tone::Strong => BOLD,
            Tone::Plain => "",
            Tone::Quiet => DIM,
        };
        self.paint_lines(color, text)
    }

    fn paint(&self, color: &str, text: &str) -> String {
        if self.color && !color.is_empty() { format!("{color}{text}{RESET}") } else { text.to_owned() }
    }

    /// Paints each line by itself, so that a pager which cuts between lines loses no colour.
    fn paint_lines(&self, color: &str, text: &str) -> String {
        text.split('\n').map(|line| self.paint(color, line)).collect::<Vec<_>>().join("\n")
    }
}

/// Folds text between words behind an indent, going on where the last piece ended.
pub(crate) struct Fold {
    pub(crate) column: usize,
    pub(crate) indent: usize,
    pub(crate) width: Option<usize>,
}

impl Fold {
    pub(crate) fn fold(&mut self, text: &str) -> String {
        let Some(width) = self.width.filter(|width| *width >= self.indent + TEXT_WIDTH_MIN) else {
            return text.to_owned();
        };
        let mut out = String::with_capacity(text.len() + 32);
        for (index, word) in text.split(' ').enumerate() {
            let length = word.chars().count();
            let gap = usize::from(index > 0);
            if self.column + gap + length > width && self.column > self.indent {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', self.indent));
                self.column = self.indent;
            } else if gap == 1 {
                out.push(' ');
                self.column += 1;
            }
            out.push_str(word);
            self.column += length;
        }
        out
    }
}

/// Columns before the text: two times, the label, and the gaps.
const INDENT: usize = 10 + 1 + 8 + 2 + 8 + 2;

/// A terminal narrower than this after the columns gets no folding of ours.
const TEXT_WIDTH_MIN: usize = 20;

const RESET: &str = "\u{1b}[0m";
const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const CYAN: &str = "\u{1b}[36m";

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row<'_> {
        Row {
            at: Some(Duration::from_micros(12_340)),
            took: Some(Duration::from_micros(400)),
            label: "tls",
            mark: Mark::Good,
            text,
            detail: None,
        }
    }

    #[test]
    fn columns_line_up_with_the_heading() {
        assert_eq!(Style::PLAIN.heading(), "        ms     took  stage     what");
        assert_eq!(Style::PLAIN.row(&row("ok")), "      12.3      0.4  tls       ok");
        let detail = Row { detail: Some("more"), ..row("ok") };
        assert_eq!(Style::PLAIN.row(&detail), "      12.3      0.4  tls       ok · more");
    }

    #[test]
    fn long_lines_fold_behind_the_columns() {
        let style = Style { color: false, width: Some(INDENT + 20) };
        let shown = style.row(&Row { detail: Some("and a detail"), ..row("one two three four five six") });
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= INDENT + 20), "{shown}");
        assert!(
            lines[1..].iter().all(|line| line.starts_with(&" ".repeat(INDENT)) && line.len() > INDENT),
            "{shown}"
        );
        assert_eq!(
            shown.split_whitespace().collect::<Vec<_>>().join(" "),
            "12.3 0.4 tls one two three four five six · and a detail"
        );
    }

    #[test]
    fn nothing_from_a_peer_acts_on_the_terminal() {
        let shown = Style { color: false, width: Some(80) }.row(&row("a\u{1b}[2Jb\nc"));
        assert!(!shown.contains('\u{1b}') && !shown.contains('\n'), "{shown:?}");
        assert!(!Style::PLAIN.raw("<", "\u{1b}]0;x\u{7}").contains('\u{1b}'));
    }

    #[test]
    fn colours_are_closed_on_every_line() {
        let style = Style { color: true, width: Some(INDENT + 20) };
        let shown = style.row(&Row { mark: Mark::Problem, ..row("one two three four five six") });
        for line in shown.lines() {
            assert!(line.ends_with(RESET), "{line:?}");
        }
    }
}
