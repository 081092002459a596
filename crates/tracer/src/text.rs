//! Text that came from elsewhere, made fit for a terminal: no control characters that could move the cursor or
//! fake a line, no bidirectional overrides, and not longer than it deserves.

use std::borrow::Cow;

/// `text` with every character that acts on a terminal written as an escape.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// At most `max` characters of `text`, printable, white space folded, cut with `…`.
pub fn short(text: &str, max: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let gap = usize::from(!out.is_empty());
        for c in " ".chars().take(gap).chain(word.chars()) {
            if count == max {
                out.push('…');
                return printable(&out).into_owned();
            }
            out.push(c);
            count += 1;
        }
    }
    printable(&out).into_owned()
}

fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\r\n\u{9b}c\u{202e}"), "a\\u{1b}[31mb\\r\\n\\u{9b}c\\u{202e}");
        assert_eq!(printable("Grüße 日本"), "Grüße 日本");
    }

    #[test]
    fn long_text_is_cut_on_a_character() {
        assert_eq!(short("  ä  b\n c ", 10), "ä b c");
        assert_eq!(short("äöüß", 3), "äöü…");
        assert_eq!(short("abc", 3), "abc");
    }
}
