//! Reads `offhook.toml` into keys, values and lines. What the values mean is decided elsewhere.

use super::error::Problem;
use super::sections;
use super::value::{Origin, Value};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One key of the file.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) key: &'static str,
    pub(super) value: Value,
    pub(super) line: usize,
}

/// Reads the text of a configuration file. `path` is used in messages only.
///
/// # Errors
///
/// Every unknown key and every place that is not TOML, not only the first.
pub(super) fn parse(text: &str, path: &Path) -> Result<Vec<Line>, Vec<Problem>> {
    let mut reader = Reader { text, path, lines: Vec::new(), problems: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = reader.line_at(error.span().map_or(0, |span| span.start));
        let message = error.message().trim().replace('\n', ", ");
        reader.problems.push((line, Problem::Syntax { origin: reader.origin(line), message }));
    }
    if !reader.problems.is_empty() {
        return Err(reader.problems());
    }
    reader.table(table.get_ref(), "");
    // The parser's tables are ordered by key; people read from top to bottom.
    reader.lines.sort_by_key(|line| line.line);
    reader.problems.sort_by_key(|(line, _)| *line);
    if reader.problems.is_empty() { Ok(reader.lines) } else { Err(reader.problems()) }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
    lines: Vec<Line>,
    problems: Vec<(usize, Problem)>,
}

impl Reader<'_> {
    /// Reads one table. Sections do not nest, so neither does this: a table inside a section is an unknown key.
    fn table(&mut self, table: &DeTable<'_>, prefix: &str) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let is_section =
                prefix.is_empty() && sections::sections().iter().any(|(section, _)| *section == key);
            match value.get_ref() {
                DeValue::Table(inner) if is_section => self.table(inner, &format!("{key}.")),
                _ => self.entry(&key, name.span().start, value),
            }
        }
    }

    fn entry(&mut self, key: &str, key_at: usize, value: &Spanned<DeValue<'_>>) {
        match sections::all().find(|setting| setting.key == key) {
            Some(setting) => {
                let line = self.line_at(value.span().start);
                self.lines.push(Line { key: setting.key, value: written(value.get_ref()), line });
            }
            None => {
                let line = self.line_at(key_at);
                let (origin, nearest) = (self.origin(line), nearest_key(key));
                self.problems.push((line, Problem::UnknownKey { origin, key: key.to_owned(), nearest }));
            }
        }
    }

    fn problems(self) -> Vec<Problem> {
        self.problems.into_iter().map(|(_, problem)| problem).collect()
    }

    fn line_at(&self, offset: usize) -> usize {
        1 + self.text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count()
    }

    fn origin(&self, line: usize) -> Origin {
        Origin::File { path: self.path.to_owned(), line }
    }
}

fn written(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Integer(number) => {
            match i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()) {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Other("number that is too large"),
            }
        }
        DeValue::Array(values) => Value::List(values.iter().map(|value| flat(value.get_ref())).collect()),
        other => Value::Other(other.type_str()),
    }
}

/// An element of a list. No setting takes lists of lists.
fn flat(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::Array(_) => Value::Other("list in a list"),
        other => written(other),
    }
}

/// The key nearest to a mistyped one, or the one with the same last part in another section.
fn nearest_key(wrong: &str) -> Option<&'static str> {
    if wrong.len() > KEY_BYTES_MAX {
        return None;
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let same_name =
        sections::all().find(|setting| last(setting.key) == last(wrong)).map(|setting| setting.key);
    same_name.or_else(|| {
        let (key, distance) =
            sections::all().map(|s| (s.key, distance(s.key, wrong))).min_by_key(|(_, distance)| *distance)?;
        (distance <= 1 + wrong.len() / 4).then_some(key)
    })
}

/// Levenshtein's distance, in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Longer keys get no suggestion.
const KEY_BYTES_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Line>, Vec<String>> {
        parse(text, Path::new("offhook.toml"))
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn keys_have_their_section_and_line() {
        let lines = read("domain = \"a\"\n\n[log]\nsync = \"off\"\nkeep_entries = 1_000\n").expect("good");
        assert_eq!(
            lines,
            [
                Line { key: "domain", value: Value::Text("a".into()), line: 1 },
                Line { key: "log.sync", value: Value::Text("off".into()), line: 4 },
                Line { key: "log.keep_entries", value: Value::Integer(1000), line: 5 },
            ]
        );
        assert_eq!(read("log.sync = \"off\"").expect("dotted").len(), 1);
        assert_eq!(read("log = { sync = \"off\" }").expect("inline").len(), 1);
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let problems = read("domian = \"a\"\n[log]\nsink = 1\nlog.sync = 2\n[nope]\nx = 1\n").unwrap_err();
        assert_eq!(
            problems,
            [
                "offhook.toml:1: unknown key `domian`; did you mean `domain`?",
                "offhook.toml:3: unknown key `log.sink`; did you mean `log.sync`?",
                "offhook.toml:4: unknown key `log.log`; `offhook serve --print-config` lists all keys",
                "offhook.toml:5: unknown key `nope`; `offhook serve --print-config` lists all keys",
            ]
        );
        assert_eq!(
            read("sync = \"off\"").unwrap_err(),
            ["offhook.toml:1: unknown key `sync`; did you mean `log.sync`?"]
        );
    }

    #[test]
    fn what_is_not_toml_is_named_with_its_line() {
        let problems = read("domain = \"a\"\nhttps = \n").unwrap_err();
        assert!(problems[0].starts_with("offhook.toml:2: not valid TOML: "), "{problems:?}");
        assert_eq!(problems[0].lines().count(), 1);
        assert!(!read("a = 1\na = 2").unwrap_err().is_empty());
    }
}
