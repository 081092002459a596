//! A value as it stands in a scenario: text with variables in it.

use std::collections::HashMap;
use std::fmt;

/// Text in which variables may stand, `555100$i` or `${greeting}, Bob`.
///
/// Two texts are equal if they are made of the same pieces, however they are quoted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// No two literals beside each other, and none that is empty.
    pieces: Vec<Piece>,
}

/// One piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Literal(String),
    /// The value of the variable with this name.
    Variable(String),
}

/// What variables stand for.
pub type Variables = HashMap<String, String>;

impl Text {
    /// Text without variables.
    pub fn literal(text: impl Into<String>) -> Text {
        let mut made = Text::default();
        made.push_literal(&text.into());
        made
    }

    /// Reads what stands in a scenario, without quotation marks.
    ///
    /// - `escapes`: a backslash takes the meaning from the character after it, and `\n` is the end of a line.
    pub(crate) fn read(source: &str, escapes: bool) -> Text {
        let mut text = Text::default();
        let mut rest = source;
        while let Some(at) = rest.find(['$', '\\']) {
            let (before, after) = rest.split_at(at);
            text.push_literal(before);
            let mut characters = after.chars();
            match characters.next() {
                Some('\\') if escapes => {
                    rest = &after[1..];
                    if let Some(escaped) = rest.chars().next() {
                        text.push_literal(if escaped == 'n' { "\n" } else { &rest[..escaped.len_utf8()] });
                        rest = &rest[escaped.len_utf8()..];
                    }
                }
                Some('$') if variable(after).is_some() => {
                    let (name, behind) = variable(after).expect("just seen");
                    text.pieces.push(Piece::Variable(name.to_owned()));
                    rest = behind;
                }
                _ => {
                    text.push_literal(&after[..1]);
                    rest = &after[1..];
                }
            }
        }
        text.push_literal(rest);
        text
    }

    /// The pieces in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The text, if no variable is in it.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The name of the variable, if the text is one and nothing else.
    pub fn as_variable(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Variable(name)] => Some(name),
            _ => None,
        }
    }

    /// The text with its variables replaced.
    ///
    /// # Errors
    ///
    /// The name of the first variable that has no value.
    pub fn resolve(&self, variables: &Variables) -> Result<String, String> {
        let mut resolved = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => resolved.push_str(text),
                Piece::Variable(name) => resolved.push_str(variables.get(name).ok_or(name)?),
            }
        }
        Ok(resolved)
    }

    /// Adds text as it stands.
    pub fn push_literal(&mut self, text: &str) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Literal(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Literal(text.to_owned())),
        }
    }

    /// Adds a variable.
    pub fn push_variable(&mut self, name: &str) {
        self.pieces.push(Piece::Variable(name.to_owned()));
    }

    /// Adds everything of another text.
    pub(crate) fn append(&mut self, other: &Text) {
        for piece in &other.pieces {
            match piece {
                Piece::Literal(text) => self.push_literal(text),
                Piece::Variable(name) => self.push_variable(name),
            }
        }
    }

    fn write(&self, escapes: bool) -> String {
        let mut written = String::new();
        for (index, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Literal(text) if escapes => {
                    for character in text.chars() {
                        match character {
                            '\n' => written.push_str("\\n"),
                            '"' | '\\' | '$' => written.extend(['\\', character]),
                            other => written.push(other),
                        }
                    }
                }
                Piece::Literal(text) => written.push_str(text),
                Piece::Variable(name) => {
                    let goes_on = matches!(self.pieces.get(index + 1), Some(Piece::Literal(next))
                        if next.starts_with(is_name_character));
                    match goes_on {
                        true => written.push_str(&format!("${{{name}}}")),
                        false => written.push_str(&format!("${name}")),
                    }
                }
            }
        }
        written
    }
}

/// As it may stand in a scenario: one word where that is possible, else in quotation marks.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = self.write(false);
        if is_word(&bare) && Text::read(&bare, false) == *self {
            f.write_str(&bare)
        } else {
            write!(f, "\"{}\"", self.write(true))
        }
    }
}

/// Whether a text is one word, without quotation marks.
fn is_word(text: &str) -> bool {
    let ends_word = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ';' | ',');
    !text.is_empty() && !text.starts_with(['"', '\'', '#']) && !text.contains(ends_word)
}

/// The name of the variable at the beginning of `text`, `$name` or `${name}`, and what comes behind it.
fn variable(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('$')?;
    if let Some(braced) = rest.strip_prefix('{') {
        let (name, behind) = braced.split_once('}')?;
        return is_name(name).then_some((name, behind));
    }
    let end = rest.find(|c| !is_name_character(c)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    is_name(name).then_some((name, behind))
}

/// Whether a text can be a name: a letter, then letters, digits and `_`.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(is_name_character)
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_and_replaced() {
        let text = Text::read("555${i}0$i$", false);
        let values = Variables::from([("i".into(), "7".into())]);
        assert_eq!(text.resolve(&values).as_deref(), Ok("555707$"));
        assert_eq!(text.resolve(&Variables::new()), Err("i".into()));
        assert_eq!(text.to_string(), "555${i}0$i$");
    }

    #[test]
    fn what_is_no_word_is_quoted() {
        assert_eq!(Text::literal("gold").to_string(), "gold");
        assert_eq!(Text::literal("two words").to_string(), "\"two words\"");
        assert_eq!(Text::literal("").to_string(), "\"\"");
        assert_eq!(Text::literal("$i \"x\"\n").to_string(), r#""\$i \"x\"\n""#);
        assert_eq!(Text::read(r#"\$i \"x\"\n"#, true), Text::literal("$i \"x\"\n"));
    }
}
