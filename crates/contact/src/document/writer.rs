//! Writes compact XML: elements and text, which is all that these documents have.

use std::fmt::{self, Write};

/// A document being written.
#[derive(Debug, Default)]
pub(crate) struct XmlWriter {
    out: String,
}

impl XmlWriter {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A writer that expects about `bytes` of text.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes) }
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Opens an element with one attribute.
    pub(crate) fn open_with(&mut self, name: &str, attribute: &str, value: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push(' ');
        self.out.push_str(attribute);
        self.out.push_str("=\"");
        self.push_escaped(value);
        self.out.push_str("\">");
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element with text only: `<name>value</name>`, also when the value is empty.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.open(name);
        self.push_escaped(value);
        self.close(name);
    }

    /// As [`XmlWriter::text`], for anything that can be shown.
    pub(crate) fn show(&mut self, name: &str, value: impl fmt::Display) {
        self.open(name);
        let _ = write!(Escaped(self), "{value}");
        self.close(name);
    }

    /// As [`XmlWriter::show`], empty for nothing.
    pub(crate) fn show_or_empty(&mut self, name: &str, value: Option<impl fmt::Display>) {
        match value {
            Some(value) => self.show(name, value),
            None => self.text(name, ""),
        }
    }

    /// An element with nothing in it: `<name/>`.
    pub(crate) fn empty(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str("/>");
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Adds `text` with what XML reserves replaced, and U+FFFD for characters that XML 1.0 §2.2 does not have.
    fn push_escaped(&mut self, text: &str) {
        // Nearly all values have nothing to escape; a look at the bytes says so fastest.
        if !text.bytes().any(may_need_escaping) {
            self.out.push_str(text);
            return;
        }
        let mut plain_from = 0;
        for (at, character) in text.char_indices() {
            let replacement = match character {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'.. => continue,
                _ => "\u{fffd}",
            };
            self.out.push_str(&text[plain_from..at]);
            self.out.push_str(replacement);
            plain_from = at + character.len_utf8();
        }
        self.out.push_str(&text[plain_from..]);
    }
}

/// Whether a character that starts with this byte may have to be replaced. U+FFFE and U+FFFF start with EF.
fn may_need_escaping(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xef) || byte < b' '
}

/// Escapes what is formatted into it.
struct Escaped<'a>(&'a mut XmlWriter);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_escaped(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_and_impossible_characters() {
        let mut xml = XmlWriter::new();
        xml.open_with("a", "b", "\"<'>\"");
        xml.text("c", "x & y\u{0}\u{b}\u{ffff}ä\n");
        xml.show("d", format_args!("{}<", 1));
        xml.show_or_empty("e", None::<u8>);
        xml.empty("f");
        xml.close("a");
        assert_eq!(
            xml.finish(),
            "<a b=\"&quot;&lt;'&gt;&quot;\"><c>x &amp; y\u{fffd}\u{fffd}\u{fffd}ä\n</c><d>1&lt;</d><e></e><f/></a>"
        );
    }
}
