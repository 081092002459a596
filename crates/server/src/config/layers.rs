//! Four layers, the upper hides the lower: flags, variables, file, defaults.

use super::error::Problem;
use super::file::Line;
use super::kind::Kind;
use super::sections;
use super::table::Setting;
use super::value::{Origin, Value};
use std::collections::HashMap;
use std::path::Path;

/// What was written for every setting, and the mistakes found while reading it.
pub(super) struct Layers {
    values: HashMap<&'static str, (Value, Origin)>,
    pub(super) problems: Vec<Problem>,
}

impl Layers {
    /// The defaults of the table and nothing else.
    pub(super) fn defaults() -> Layers {
        let values =
            sections::all().map(|setting| (setting.key, (default_of(setting), Origin::Default))).collect();
        Layers { values, problems: Vec::new() }
    }

    pub(super) fn put_file(&mut self, path: &Path, lines: Vec<Line>) {
        for Line { key, value, line } in lines {
            self.values.insert(key, (value, Origin::File { path: path.to_owned(), line }));
        }
    }

    /// Takes from `variable` (such as `std::env::var`) whatever the table knows.
    pub(super) fn put_variables(&mut self, variable: impl Fn(&str) -> Option<String>) {
        for setting in sections::all() {
            let name = setting.variable();
            if let Some(text) = variable(&name) {
                self.values.insert(setting.key, (Value::Word(text), Origin::Variable(name)));
            }
        }
    }

    /// Takes the flags that were given, by key.
    ///
    /// # Panics
    ///
    /// If a key has no flag, which the test of the flags excludes.
    pub(super) fn put_flags(&mut self, flags: Vec<(&'static str, String)>) {
        for (key, text) in flags {
            let setting =
                sections::all().find(|setting| setting.key == key).expect("flags come from the table");
            let name = setting.flag().expect("flags come from the table");
            self.values.insert(setting.key, (Value::Word(text), Origin::Flag(name)));
        }
    }

    /// Reads one setting, or notes the mistake.
    pub(super) fn read<K: Kind>(&mut self, key: &'static str, kind: &K) -> Option<K::Out> {
        let (value, origin) = self.values.get(key).expect("every key has a default");
        let read = kind.read(value);
        if read.is_none() {
            let is_secret = sections::all().any(|setting| setting.key == key && setting.is_secret());
            self.problems.push(Problem::BadValue {
                origin: origin.clone(),
                key,
                expected: kind.expected(),
                found: (!is_secret).then(|| value.to_string()),
            });
        }
        read
    }

    /// True if its flag was given, whatever stands behind it.
    pub(super) fn is_flag(&self, key: &str) -> bool {
        self.values.get(key).is_some_and(|(_, origin)| matches!(origin, Origin::Flag(_)))
    }

    /// Notes that a setting cannot be followed.
    pub(super) fn refuse(&mut self, key: &str, sentence: String) {
        let origin = self.values.get(key).expect("every key has a default").1.clone();
        self.problems.push(Problem::Unusable { origin, sentence });
    }
}

fn default_of(setting: &Setting) -> Value {
    let line = format!("{} = {}", setting.key, setting.default);
    let mut lines = super::file::parse(&line, Path::new("the default")).expect("defaults are valid, tested");
    lines.pop().expect("one line").value
}
