//! A place in a step, and what would have been understood there.

use std::time::Duration;

use super::Names;
use crate::error::{ParseError, Place};
use crate::lex::{Kind, Token};
use crate::model::{Name, Time};
use crate::suggest::{did_you_mean, did_you_mean_one_of};
use crate::text::{Text, is_name};

/// Reads the tokens of one step. Whatever is tried and does not stand there is remembered for the error.
pub(crate) struct Cursor<'a> {
    tokens: &'a [Token],
    at: usize,
    line: usize,
    /// What was tried at `tried_at`.
    tried: Vec<String>,
    tried_at: usize,
    pub(crate) names: &'a Names,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(tokens: &'a [Token], line: usize, names: &'a Names) -> Cursor<'a> {
        Cursor { tokens, at: 0, line, tried: Vec::new(), tried_at: 0, names }
    }

    /// Takes these words if they are next, all of them.
    pub(crate) fn phrase(&mut self, phrase: &str) -> bool {
        let words = phrase.split(' ').count();
        let stands = self.tokens.len() >= self.at + words
            && phrase
                .split(' ')
                .zip(&self.tokens[self.at..])
                .all(|(word, token)| token.source == word && matches!(token.kind, Kind::Word | Kind::Comma));
        if stands {
            self.at += words;
        } else {
            self.try_out(format!("\"{phrase}\""));
        }
        stands
    }

    /// Takes these words, which have to be there.
    pub(crate) fn require(&mut self, phrase: &str) -> Result<(), ParseError> {
        if self.phrase(phrase) { Ok(()) } else { Err(self.error()) }
    }

    /// Takes a value, which has to be there: a word or something in quotation marks.
    pub(crate) fn value(&mut self, what: &str) -> Result<Text, ParseError> {
        match self.tokens.get(self.at) {
            Some(token) if matches!(token.kind, Kind::Word | Kind::Quoted) => {
                self.at += 1;
                Ok(token.text.clone())
            }
            _ => {
                self.try_out(what.to_owned());
                Err(self.error())
            }
        }
    }

    /// Takes one of a list of constants, or a variable.
    pub(crate) fn constant(&mut self, what: &str, known: &[&str]) -> Result<Text, ParseError> {
        let value = self.value(what)?;
        match value.as_literal() {
            Some(literal) if !known.contains(&literal) => {
                self.at -= 1;
                let hint = did_you_mean(literal, known.iter().copied());
                let hint = hint.or_else(|| Some(format!("it is one of {}", known.join(", "))));
                Err(self.problem(format!("\"{literal}\" is not {what}")).with_hint(hint))
            }
            _ => Ok(value),
        }
    }

    /// Takes a name that the scenario gives to something.
    pub(crate) fn new_name(&mut self) -> Result<Name, ParseError> {
        match self.peek_word() {
            Some(word) if is_name(word) => {
                let word = word.to_owned();
                self.at += 1;
                Ok(word)
            }
            Some(word) => {
                Err(self
                    .problem(format!("\"{word}\" cannot be a name: a letter, then letters, digits and _")))
            }
            None => {
                self.try_out("a name".to_owned());
                Err(self.error())
            }
        }
    }

    /// Takes a name out of `known`, where `what` says what has such names.
    pub(crate) fn known_name<'n>(
        &mut self,
        what: &str,
        known: impl Iterator<Item = &'n String> + Clone,
    ) -> Result<Name, ParseError> {
        match self.peek_word() {
            Some(word) if known.clone().any(|name| name == word) => {
                let word = word.to_owned();
                self.at += 1;
                Ok(word)
            }
            Some(word) => {
                let hint = did_you_mean(word, known.map(String::as_str));
                Err(self.problem(format!("\"{word}\" is not the name of {what}")).with_hint(hint))
            }
            None => {
                self.try_out(format!("the name of {what}"));
                Err(self.error())
            }
        }
    }

    /// Takes a number without a variable in it.
    pub(crate) fn number<N: std::str::FromStr>(&mut self, what: &str) -> Result<N, ParseError> {
        match self.peek_word().and_then(|word| word.parse().ok()) {
            Some(number) => {
                self.at += 1;
                Ok(number)
            }
            None => {
                self.try_out(what.to_owned());
                Err(self.error())
            }
        }
    }

    /// A number, if that is next and `phrase` after it.
    pub(crate) fn number_of(&mut self, phrases: &[&str]) -> Option<u32> {
        let number = self.peek_word().and_then(|word| word.parse().ok());
        if let (Some(number), Some(after)) = (number, self.tokens.get(self.at + 1))
            && phrases.contains(&after.source.as_str())
        {
            self.at += 2;
            return Some(number);
        }
        self.try_out(format!("a number and \"{}\"", phrases[0]));
        None
    }

    /// Takes a time, `2s`.
    pub(crate) fn duration(&mut self) -> Result<Duration, ParseError> {
        match self.peek_word().and_then(duration) {
            Some(time) => {
                self.at += 1;
                Ok(time)
            }
            None => {
                self.try_out("a time such as 2s, 500ms or 1m".to_owned());
                Err(self.error())
            }
        }
    }

    /// Takes a time or the name of one.
    pub(crate) fn time(&mut self) -> Result<Time, ParseError> {
        match self.peek_word() {
            Some(word) if is_name(word) => {
                let names = self.names;
                self.known_name("a timeout", names.timeouts.iter()).map(Time::Named)
            }
            _ => self.duration().map(Time::Exactly),
        }
    }

    /// Takes a name behind `as`, if there is one.
    pub(crate) fn as_name(&mut self) -> Result<Option<Name>, ParseError> {
        if self.phrase("as") { self.new_name().map(Some) } else { Ok(None) }
    }

    /// Takes what comes between the members of a list.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.phrase("and") || self.phrase(",")
    }

    /// The next token, if it is a word without quotation marks.
    pub(crate) fn peek_word(&self) -> Option<&'a str> {
        let token = self.tokens.get(self.at).filter(|token| token.kind == Kind::Word)?;
        Some(&token.source)
    }

    /// The next value, if it has no variable in it, in quotation marks or not.
    pub(crate) fn peek_literal(&self) -> Option<&'a str> {
        let token = self.tokens.get(self.at)?;
        matches!(token.kind, Kind::Word | Kind::Quoted).then(|| token.text.as_literal())?
    }

    /// Whether something in quotation marks is next.
    pub(crate) fn is_quoted(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.kind == Kind::Quoted)
    }

    /// Takes a telephone number, which no name is.
    pub(crate) fn telephone_number(&mut self, what: &str) -> Result<Text, ParseError> {
        match self.peek_literal() {
            Some(literal) if literal.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                Err(self.problem(format!("\"{literal}\" is not {what}")))
            }
            _ => self.value(what),
        }
    }

    /// The token after the next one, as it stands.
    pub(crate) fn second(&self) -> Option<&'a str> {
        self.tokens.get(self.at + 1).map(|token| token.source.as_str())
    }

    /// All that is left as one text.
    pub(crate) fn rest(&mut self, what: &str) -> Result<Text, ParseError> {
        let mut rest = self.value(what)?;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            rest.push_literal(if token.kind == Kind::Comma { "" } else { " " });
            rest.append(&token.text);
        }
        Ok(rest)
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Nothing may be left.
    pub(crate) fn end(&mut self) -> Result<(), ParseError> {
        if self.is_at_end() {
            return Ok(());
        }
        self.try_out("the end of the step".to_owned());
        Err(self.error())
    }

    /// Notes what would have been understood here.
    pub(crate) fn try_out(&mut self, what: String) {
        if self.tried_at != self.at {
            self.tried.clear();
            self.tried_at = self.at;
        }
        if !self.tried.contains(&what) {
            self.tried.push(what);
        }
    }

    /// What was expected here, and what stands here.
    pub(crate) fn error(&mut self) -> ParseError {
        if self.tried_at != self.at {
            self.tried.clear();
        }
        let found = self.tokens.get(self.at).map(|token| token.source.as_str());
        let hint = found.and_then(|_| self.hint());
        let expected = match self.tried.as_slice() {
            [] => None,
            // Whoever has nearly got it right need not read all that there is.
            many if many.len() > ALTERNATIVES_MAX && hint.is_some() => None,
            [one] => Some(one.clone()),
            [others @ .., last] => Some(format!("{} or {last}", others.join(", "))),
        };
        let problem = match (expected, found) {
            (Some(expected), Some(found)) => format!("expected {expected}, found {}", quoted(found)),
            (Some(expected), None) => format!("expected {expected}, and here the step ends"),
            (None, Some(found)) => format!("{} is not understood here", quoted(found)),
            (None, None) => "the step ends too early".to_owned(),
        };
        self.problem(problem).with_hint(hint)
    }

    /// The phrase that was tried and that is nearest to the words that stand here, of which as many count as it has.
    fn hint(&self) -> Option<String> {
        let written = |words: usize| {
            let words = self.tokens[self.at..].iter().take(words).map(|token| token.source.as_str());
            words.collect::<Vec<_>>().join(" ")
        };
        let phrases = self.tried.iter().filter_map(|tried| tried.strip_prefix('"')?.strip_suffix('"'));
        did_you_mean_one_of(phrases.map(|phrase| (written(phrase.split(' ').count()), phrase)))
    }

    /// An error at the next token.
    pub(crate) fn problem(&self, problem: impl Into<String>) -> ParseError {
        let column = match (self.tokens.get(self.at), self.tokens.last()) {
            (Some(token), _) => token.column,
            (None, Some(last)) => last.column + last.source.chars().count(),
            (None, None) => 1,
        };
        ParseError::new(Place { line: self.line, column }, problem)
    }

    /// Goes back to the token that was taken last, so that an error points to it.
    pub(crate) fn step_back(&mut self) {
        self.at = self.at.saturating_sub(1);
    }
}

fn quoted(found: &str) -> String {
    if found.starts_with(['"', '\'']) { found.to_owned() } else { format!("\"{found}\"") }
}

/// `2s`, `500ms`, `1m`; not more than a day.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit {
        "ms" => number,
        "s" => number.checked_mul(1_000)?,
        "m" => number.checked_mul(60_000)?,
        _ => return None,
    };
    (milliseconds <= 86_400_000).then(|| Duration::from_millis(milliseconds))
}

/// Alternatives that are listed although one of them is suggested.
const ALTERNATIVES_MAX: usize = 12;
