//! Prints the annotated example of `offhook.toml` from the table.

use super::sections;
use std::fmt::Write;

/// Returns `offhook.toml` with every key, each with its explanation, its flag, its variable and its default.
///
/// The text is itself a valid configuration that says what is the case without one.
pub fn annotated_example() -> String {
    let mut out = String::from(
        "# offhook.toml: every setting with its default.\n\
         # A flag goes before a variable, a variable before this file, this file before the default.\n",
    );
    for (section, settings) in sections::sections() {
        if !section.is_empty() {
            write!(out, "\n[{section}]\n").expect("a String takes everything");
        }
        for setting in settings {
            out.push('\n');
            for line in setting.about {
                writeln!(out, "#{line}").expect("a String takes everything");
            }
            let flag = setting.flag().map(|flag| format!("{flag}, ")).unwrap_or_default();
            let name = setting.key.rsplit('.').next().expect("split yields at least one part");
            write!(out, "# {flag}{}\n{name} = {}\n", setting.variable(), setting.default)
                .expect("a String takes everything");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Setting, file};
    use std::collections::BTreeSet;
    use std::path::Path;

    /// The example parses, holds every key exactly once, and every value in it is accepted and is the default.
    #[test]
    fn the_example_and_the_table_agree() {
        let lines = file::parse(&annotated_example(), Path::new("example")).expect("the example is valid");
        let in_example: Vec<_> = lines.iter().map(|line| line.key).collect();
        let in_table: BTreeSet<_> = sections::all().map(|setting| setting.key).collect();
        assert_eq!(in_example.len(), in_table.len(), "no key twice");
        assert_eq!(in_example.into_iter().collect::<BTreeSet<_>>(), in_table);
        let read = Config::parse(&annotated_example()).expect("every value is accepted");
        assert_eq!(Config { data: Config::default().data, ..read }, Config::default());
    }

    #[test]
    fn flags_and_variables_are_named_after_the_key() {
        let setting = |key: &str| sections::all().find(|s| s.key == key).expect("exists");
        assert_eq!(setting("ready_file").flag().as_deref(), Some("--ready-file"));
        assert_eq!(setting("ready_file").variable(), "OFFHOOK_READY_FILE");
        assert_eq!(setting("log.sync").flag(), None);
        assert_eq!(setting("log.sync").variable(), "OFFHOOK_LOG_SYNC");
        let variables: BTreeSet<_> = sections::all().map(Setting::variable).collect();
        assert_eq!(variables.len(), sections::all().count(), "no two keys share a variable");
    }
}
