//! From text to steps. One file per kind of sentence; `cursor.rs` says what was expected where nothing fits.

mod action;
mod cursor;
mod declaration;
mod fault;
mod sight;

pub(crate) use action::PLAIN;

use crate::error::{ParseError, Place};
use crate::lex::{Kind, Token, tokens};
use crate::model::{Action, Agent, Deed, Name, Scenario, Sight, Step};
use crate::text::{Text, is_name};

use cursor::Cursor;

/// Names that the scenario has given so far.
#[derive(Debug)]
pub(crate) struct Names {
    /// Supervisors too.
    agents: Vec<Name>,
    callers: Vec<Name>,
    queues: Vec<Name>,
    timeouts: Vec<Name>,
    calls: Vec<Name>,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// The text is at most [`TEXT_BYTES_MAX`](crate::TEXT_BYTES_MAX) long, has at most
    /// [`STEPS_MAX`](crate::STEPS_MAX) steps, and repetitions in at most [`DEPTH_MAX`](crate::DEPTH_MAX) others.
    ///
    /// # Errors
    ///
    /// The first thing that cannot be understood, with its place.
    pub fn parse(text: &str) -> Result<Scenario, ParseError> {
        if text.len() > TEXT_BYTES_MAX {
            let problem = format!("a scenario is at most {TEXT_BYTES_MAX} bytes long");
            return Err(ParseError::new(Place { line: 1, column: 1 }, problem));
        }
        let mut reader = Reader::new();
        // Some editors begin every file with it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line)).peekable();
        while let Some((number, line)) = lines.next() {
            if reader.title(number, line)? {
                continue;
            }
            let tokens = tokens(line, number)?;
            let indentation = indentation(line);
            let mut body = || {
                let mut body: Vec<&str> = Vec::new();
                while let Some((_, line)) =
                    lines.next_if(|(_, line)| line.trim().is_empty() || self::indentation(line) > indentation)
                {
                    body.push(line);
                }
                unindented(&body)
            };
            for step in tokens.split(|token| token.kind == Kind::Semicolon).filter(|step| !step.is_empty()) {
                reader.step(number, line, step, &mut body)?;
            }
        }
        reader.finish()
    }
}

/// The steps read so far.
struct Reader {
    title: Option<String>,
    names: Names,
    /// The steps of the scenario, then those of each repetition that has begun.
    open: Vec<Vec<Step>>,
    /// Those repetitions, without their steps.
    repetitions: Vec<Step>,
    count: usize,
}

impl Reader {
    fn new() -> Reader {
        let timeouts = vec!["default".to_owned(), "quiet".to_owned()];
        let names = Names { agents: vec![], callers: vec![], queues: vec![], timeouts, calls: vec![] };
        Reader { title: None, names, open: vec![Vec::new()], repetitions: Vec::new(), count: 0 }
    }

    /// Takes the line with the title.
    fn title(&mut self, number: usize, line: &str) -> Result<bool, ParseError> {
        let trimmed = line.trim();
        let Some(title) = trimmed.strip_prefix("title ").or((trimmed == "title").then_some("")) else {
            return Ok(false);
        };
        let place = Place { line: number, column: indentation(line) + 1 };
        if self.count > 0 || self.title.is_some() {
            return Err(ParseError::new(place, "a scenario has one title, and it comes first"));
        }
        if title.trim().is_empty() {
            return Err(ParseError::new(place, "expected what the scenario is about, after \"title\""));
        }
        self.title = Some(title.trim().to_owned());
        Ok(true)
    }

    fn step(
        &mut self,
        number: usize,
        line: &str,
        tokens: &[Token],
        body: &mut dyn FnMut() -> String,
    ) -> Result<(), ParseError> {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return Ok(()) };
        let place = Place { line: number, column: first.column };
        self.count += 1;
        if self.count > STEPS_MAX {
            return Err(ParseError::new(place, format!("a scenario has at most {STEPS_MAX} steps")));
        }
        let words = line[first.start..last.end].to_owned();
        let mut cursor = Cursor::new(tokens, number, &self.names);
        if cursor.peek_word() == Some("end") {
            cursor.require("end")?;
            cursor.end()?;
            return self.end_repetition(place);
        }
        let mut deed = cursor.deed()?;
        cursor.end()?;
        if let Deed::Act { action: Action::Send(request), .. } = &mut deed
            && words.ends_with("with body:")
        {
            let body = body();
            if body.is_empty() {
                let problem =
                    "expected the body in the lines that follow, further to the right than this one";
                return Err(ParseError::new(place, problem));
            }
            request.body = Some(Text::read(&body, false));
        }
        self.note_names(&deed).map_err(|problem| ParseError::new(place, problem))?;
        let words = match &deed {
            // Reports are kept, and read by others.
            Deed::Agent(agent) if agent.password.is_some() => {
                Agent { password: Some(Text::literal("…")), ..agent.clone() }.to_string()
            }
            _ => words,
        };
        let step = Step { place, words, deed };
        if let Deed::Repeat { .. } = step.deed {
            if self.repetitions.len() >= DEPTH_MAX {
                let problem = format!("at most {DEPTH_MAX} repetitions are in each other");
                return Err(ParseError::new(place, problem));
            }
            self.repetitions.push(step);
            self.open.push(Vec::new());
        } else {
            self.open.last_mut().expect("the scenario's own steps are always open").push(step);
        }
        Ok(())
    }

    fn end_repetition(&mut self, place: Place) -> Result<(), ParseError> {
        let Some(mut repetition) = self.repetitions.pop() else {
            return Err(ParseError::new(place, "nothing is repeated here that could end"));
        };
        let inner = self.open.pop().expect("each repetition has opened one");
        if inner.is_empty() {
            return Err(ParseError::new(place, "nothing stands between \"repeat\" and \"end\""));
        }
        if let Deed::Repeat { steps, .. } = &mut repetition.deed {
            *steps = inner;
        }
        self.open.last_mut().expect("the scenario's own steps are always open").push(repetition);
        Ok(())
    }

    /// What later steps may speak of.
    fn note_names(&mut self, deed: &Deed) -> Result<(), String> {
        let in_repetition = !self.repetitions.is_empty();
        let (name, kind) = match deed {
            Deed::Agent(agent) => (&agent.name, "somebody"),
            Deed::Caller { name, .. } => (name, "somebody"),
            Deed::Queue { name, .. } => (name, "a queue"),
            Deed::Timeout { name, .. } => {
                if !self.names.timeouts.contains(name) {
                    self.names.timeouts.push(name.clone());
                }
                return Ok(());
            }
            Deed::Act {
                action:
                    Action::Call { name: Some(name), .. }
                    | Action::Consult { name: Some(name), .. }
                    | Action::Monitor { name: Some(name), .. },
                ..
            } => return self.note_call(name),
            Deed::See(expectation) => {
                if let Sight::Dialog { name: Some(name), .. } = &expectation.sight {
                    return self.note_call(name);
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        if in_repetition {
            return Err("who takes part is said before anything is repeated".to_owned());
        }
        if self.names.is_taken(name) {
            return Err(format!("\"{name}\" is the name of somebody or something else already"));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(format!("{kind} cannot be called \"{name}\", which has a meaning of its own"));
        }
        match deed {
            Deed::Agent(_) => self.names.agents.push(name.clone()),
            Deed::Caller { .. } => self.names.callers.push(name.clone()),
            _ => self.names.queues.push(name.clone()),
        }
        Ok(())
    }

    fn note_call(&mut self, name: &Name) -> Result<(), String> {
        if !self.names.calls.contains(name) {
            if self.names.is_taken(name) {
                return Err(format!("\"{name}\" is the name of somebody or something else already"));
            }
            self.names.calls.push(name.clone());
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Scenario, ParseError> {
        if let Some(open) = self.repetitions.last() {
            return Err(ParseError::new(open.place, "this repetition has no \"end\""));
        }
        let steps = self.open.pop().expect("the scenario's own steps are always open");
        Ok(Scenario { title: self.title, steps })
    }
}

impl Names {
    fn is_taken(&self, name: &Name) -> bool {
        [&self.agents, &self.callers, &self.queues, &self.calls].iter().any(|names| names.contains(name))
    }

    /// Everybody who can do something.
    fn people(&self) -> impl Iterator<Item = &Name> + Clone {
        self.agents.iter().chain(&self.callers)
    }
}

/// White space at the beginning, in characters.
fn indentation(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}

/// Lines without the indentation that they have in common, and without empty ones at the end.
fn unindented(lines: &[&str]) -> String {
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let common = filled.map(|line| indentation(line)).min().unwrap_or(0);
    let cut = lines.iter().map(|line| line.char_indices().nth(common).map_or("", |(at, _)| &line[at..]));
    cut.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// Words with which sentences begin, and those that stand where a name could.
const RESERVED: [&str; 29] = [
    "action",
    "administrator",
    "agent",
    "and",
    "as",
    "caller",
    "cause",
    "dialog",
    "end",
    "error",
    "from",
    "new",
    "no",
    "nobody",
    "nothing",
    "on",
    "party",
    "pause",
    "queue",
    "repeat",
    "service",
    "set",
    "state",
    "supervisor",
    "the",
    "timeout",
    "title",
    "to",
    "type",
];

/// Bytes of a scenario's text. Over it: refused.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// Steps in a scenario's text. Over it: refused.
pub const STEPS_MAX: usize = 10_000;

/// Repetitions in each other. Over it: refused.
pub const DEPTH_MAX: usize = 8;

pub(crate) fn is_call_variable(name: &Text) -> bool {
    name.as_literal()
        .is_some_and(|name| !is_name(name) || name.starts_with("callVariable") || name == WRAP_UP_REASON)
}

pub(crate) const WRAP_UP_REASON: &str = "wrapUpReason";
