//! One line of a scenario, cut into words.

use crate::error::{ParseError, Place};
use crate::text::Text;

/// A word, something in quotation marks, or a mark.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// What stands in the file, quotation marks included.
    pub(crate) source: String,
    /// What that means.
    pub(crate) text: Text,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// Where it ends, in bytes from the beginning of the line.
    pub(crate) end: usize,
    /// Where it begins, as above.
    pub(crate) start: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    Quoted,
    /// `,`
    Comma,
    /// `;`, between two steps.
    Semicolon,
}

/// Cuts a line into tokens; a comment is none.
pub(crate) fn tokens(line: &str, number: usize) -> Result<Vec<Token>, ParseError> {
    let mut tokens = Vec::new();
    let mut characters =
        line.char_indices().enumerate().map(|(index, (at, c))| (index + 1, at, c)).peekable();
    while let Some((column, start, first)) = characters.next() {
        let kind = match first {
            c if c.is_whitespace() => continue,
            '#' => break,
            ';' => Kind::Semicolon,
            ',' => Kind::Comma,
            '"' | '\'' => Kind::Quoted,
            _ => Kind::Word,
        };
        let mut end = start + first.len_utf8();
        match kind {
            Kind::Semicolon | Kind::Comma => {}
            Kind::Word => {
                while let Some((_, at, c)) =
                    characters.next_if(|(_, _, c)| !c.is_whitespace() && !matches!(c, ';' | ','))
                {
                    end = at + c.len_utf8();
                }
            }
            Kind::Quoted => {
                let mut is_closed = false;
                while let Some((_, at, c)) = characters.next() {
                    end = at + c.len_utf8();
                    if c == first {
                        is_closed = true;
                        break;
                    }
                    if c == '\\' && characters.next().is_none() {
                        break;
                    }
                }
                if !is_closed {
                    let place = Place { line: number, column };
                    return Err(ParseError::new(
                        place,
                        format!("this quotation ({first}) does not end on its line"),
                    ));
                }
            }
        }
        let source = &line[start..end];
        let text = match kind {
            Kind::Quoted => Text::read(&source[1..source.len() - 1], true),
            _ => Text::read(source, false),
        };
        tokens.push(Token { kind, source: source.to_owned(), text, column, end, start });
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_words_quotations_and_marks() {
        let found = tokens(r#"ada's x = 'a "b"';z, # and so on"#, 1).expect("good");
        let sources: Vec<_> = found.iter().map(|token| (token.source.as_str(), token.column)).collect();
        let expected = [("ada's", 1), ("x", 7), ("=", 9), ("'a \"b\"'", 11), (";", 18), ("z", 19), (",", 20)];
        assert_eq!(sources, expected);
        let open = tokens("ada \"x", 3).expect_err("open");
        assert_eq!(open.place, Place { line: 3, column: 5 });
    }
}
