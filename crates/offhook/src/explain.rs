//! `offhook explain`: what the catalogue says about a finding.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use tracer::{
    FindingId, Stage, Style,
    catalogue::{Document, page},
};

/// Explain a finding: what it means, why it happens, what to do and who has to do it.
///
/// Findings are what `offhook trace` and reports call by names such as UP-200. All of them are in docs/findings.md as well.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// A finding such as UP-200, the beginning of several such as UP, or a stage such as upgrade [default: list all]
    #[arg(value_name = "FINDING")]
    name: Option<String>,

    /// Print JSON: an object for one finding, an array for a list
    #[arg(long)]
    json: bool,
}

/// Prints it: status 0, or 2 if there is no such finding.
pub(crate) fn run(args: ExplainArgs) -> ExitCode {
    let text = match answer(args.name.as_deref(), args.json, crate::trace::style()) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("offhook explain: {error}");
            eprintln!("`offhook explain` without a name lists all findings.");
            return ExitCode::from(2);
        }
    };
    match io::stdout().lock().write_all(text.as_bytes()) {
        // `explain | head` has what it wanted.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("offhook explain: cannot write: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// The page or the list, ending with a line end.
fn answer(name: Option<&str>, json: bool, style: Style) -> Result<String, tracer::catalogue::UnknownFinding> {
    let list = match name {
        None => FindingId::all().collect(),
        Some(name) => match name.parse::<FindingId>() {
            Ok(id) if json => return Ok(written(&Document::from(id))),
            Ok(id) => return Ok(page::page(id, style)),
            Err(unknown) => several(name).ok_or(unknown)?,
        },
    };
    if json {
        return Ok(written(&list.into_iter().map(Document::from).collect::<Vec<_>>()));
    }
    Ok(page::list(&list, style))
}

/// The findings whose names begin so, else those of the stage of that name.
fn several(name: &str) -> Option<Vec<FindingId>> {
    let name = name.trim();
    if name.is_empty() {
        return None;
    }
    let mut ids = FindingId::with_prefix(name);
    if ids.is_empty() {
        let stage = Stage::ALL.into_iter().find(|stage| stage.id().eq_ignore_ascii_case(name))?;
        ids = FindingId::all().filter(|id| id.entry().stage == stage).collect();
    }
    Some(ids)
}

fn written(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("texts and lists of texts are JSON");
    text.push('\n');
    text
}

const EXAMPLES: &str = "\
Examples:
  offhook explain UP-200           the page of one finding
  offhook explain TLS              one line for each finding whose name begins so
  offhook explain presence         one line for each finding of a stage
  offhook explain SA --json        the same for programs

Exit status: 0 found, 2 there is no such finding or the command line is wrong.";

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: Option<&str>, json: bool) -> String {
        answer(name, json, Style::PLAIN).expect("it exists")
    }

    #[test]
    fn one_finding_has_a_page() {
        assert!(told(Some("up-200"), false).starts_with("UP-200  An ordinary page"));
        assert!(told(Some("SIZE"), false).starts_with("SIZE  "));
    }

    #[test]
    fn a_beginning_or_a_stage_gives_a_list() {
        let list = told(Some("sa-plain"), false);
        assert!(list.contains("SA-PLAIN-FORM") && list.contains("SA-PLAIN-JID"), "{list}");
        assert_eq!(list.lines().count(), 3, "{list}");
        let stage = told(Some("Upgrade"), false);
        assert!(
            stage.starts_with("upgrade: from HTTP to WebSocket\n") && stage.contains("UP-CSP"),
            "{stage}"
        );
        assert_eq!(
            told(None, false).lines().filter(|line| line.starts_with("  ")).count(),
            FindingId::all().count()
        );
    }

    #[test]
    fn programs_get_an_object_or_an_array() {
        let one: serde_json::Value = serde_json::from_str(&told(Some("UP-200"), true)).expect("JSON");
        assert_eq!(
            (&one["id"], &one["stage"], &one["severity"]),
            (&"UP-200".into(), &"upgrade".into(), &"fault".into())
        );
        assert_eq!(one["references"][0]["url"], "https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2");
        assert_eq!(one["actors"][0], "proxy-administrator");
        let all: serde_json::Value = serde_json::from_str(&told(None, true)).expect("JSON");
        assert_eq!(all.as_array().map(Vec::len), Some(FindingId::all().count()));
    }

    #[test]
    fn an_unknown_name_gets_a_suggestion() {
        let error = answer(Some("UP200"), false, Style::PLAIN).expect_err("there is none");
        assert_eq!(error.to_string(), "there is no finding UP200; did you mean UP-200?");
        assert!(answer(Some(""), false, Style::PLAIN).is_err());
        assert!(answer(Some("weather"), true, Style::PLAIN).is_err());
    }
}
