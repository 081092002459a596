//! The language: what is written is understood, what is printed reads as what it was, and what is wrong is named where
//! it stands.

use proptest::prelude::*;
use scenario::Scenario;

/// Every kind of sentence once.
const SENTENCES: &str = include_str!("../../../fuzz/seeds/scenario/everything.scenario");

#[test]
fn everything_is_understood_and_reads_as_what_is_printed() {
    let scenario = Scenario::parse(SENTENCES).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(scenario.title.as_deref(), Some("Everything there is to say"));
    let printed = scenario.to_string();
    let again = Scenario::parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
    assert_eq!(again, scenario);
    assert_eq!(again.to_string(), printed);
    assert!(printed.contains(r#"with body "<User>\n  <state>READY</state>\n</User>""#), "{printed}");
}

#[test]
fn files_of_other_systems_are_read() {
    let scenario =
        Scenario::parse("\u{feff}title One\r\nagent ada is 1001001\r\nada is ready\r\n").expect("good");
    assert_eq!((scenario.title.as_deref(), scenario.steps.len()), (Some("One"), 2));
}

/// Reports show the words of a step, and passwords have no place in them.
#[test]
fn a_password_is_not_among_the_words_of_a_step() {
    let scenario = Scenario::parse("agent eve is 1001003 with password s3cret without a line").expect("good");
    assert_eq!(scenario.steps[0].words, "agent eve is 1001003 with password … without a line");
    assert!(scenario.to_string().contains("s3cret"));
}

/// What is wrong is told at its place, with what was expected and what may have been meant.
#[test]
fn mistakes_are_named() {
    let people = "agent ada is 1001001 at 2001001\ncaller bob is 5551001\n";
    for (line, expected) in MISTAKES {
        let error = Scenario::parse(&format!("{people}{line}\n")).expect_err(line);
        assert_eq!(error.to_string(), *expected, "{line}");
    }
}

const MISTAKES: &[(&str, &str)] = &[
    ("ada sings in", "3:5: \"sings\" is not understood here; did you mean \"signs in\"?"),
    ("ad answers", "3:1: nobody is called \"ad\", and no step begins with that word; did you mean \"ada\"?"),
    ("ada answer", "3:5: \"answer\" is not understood here; did you mean \"answers\"?"),
    ("ada is redy", "3:5: \"is\" is not understood here; did you mean \"is ready\"?"),
    ("agent ada is 1001002", "3:1: \"ada\" is the name of somebody or something else already"),
    ("ada sees state REDAY", "3:16: \"REDAY\" is not a state of an agent; did you mean \"READY\"?"),
    (
        "ada sees dialog ALERTING with acton ANSWER",
        "3:31: expected \"action\", \"no action\", \"type\", \"from\", \"to\", \"queue\", \"cause\", a number and \"parties\", \"party\", the name of somebody or callVariable1 = …, found \"acton\"; did you mean \"action\"?",
    ),
    (
        "ada sees dialog ALERTING with action ANSWR",
        "3:38: \"ANSWR\" is not an action; did you mean \"ANSWER\"?",
    ),
    (
        "bob holds",
        "3:5: expected \"cannot\", \"calls\", \"answers\", \"hangs up\" or \"fails with\", found \"holds\"",
    ),
    ("ada answers on first", "3:16: \"first\" is not the name of a call"),
    ("ada calls eve", "3:11: \"eve\" is not the name of somebody"),
    ("ada sees state READY within 2", "3:29: expected a time such as 2s, 500ms or 1m, found \"2\""),
    ("ada sees state READY within soon", "3:29: \"soon\" is not the name of a timeout"),
    (
        "ada writes calVariable1 = x",
        "3:12: calVariable1 is not the name of a call variable; did you mean \"callVariable1\"?",
    ),
    ("bob calls 8001 with callVariable1 gold", "3:35: expected \"=\", found \"gold\""),
    ("ada says \"hello", "3:10: this quotation (\") does not end on its line"),
    ("end", "3:1: nothing is repeated here that could end"),
    ("repeat three times", "3:8: \"three\" is not a number"),
    ("repeat 2 times; end", "3:17: nothing stands between \"repeat\" and \"end\""),
    ("repeat 2 times", "3:1: this repetition has no \"end\""),
    ("ada signs in; ada is ready now", "3:28: expected the end of the step, found \"now\""),
    (
        "ada sends FETCH /x",
        "3:11: expected \"tones\", \"GET\", \"POST\", \"PUT\" or \"DELETE\", found \"FETCH\"",
    ),
    ("ada sends GET finesse", "3:15: a path begins with \"/\""),
    ("agent dialog is 1001002", "3:1: somebody cannot be called \"dialog\", which has a meaning of its own"),
    ("timeout ringing is 30", "3:20: expected a time such as 2s, 500ms or 1m, found \"30\""),
    ("title Late", "3:1: a scenario has one title, and it comes first"),
    ("ada cannot answers", "3:12: \"answers\" is not understood here; did you mean \"answer\"?"),
    (
        "ada",
        "3:4: expected \"sees\", \"then sees\", \"never sees\", \"has\", \"sends\", \"cannot\", \"signs in\", \"signs out\", \"is ready\", \"is not ready\", \"calls\", \"answers\", \"holds\", \"retrieves\", \"hangs up\", \"conferences\", \"transfers\", \"consults\", \"writes\", \"connects\", \"disconnects\", \"makes\", \"signs\", \"monitors\", \"barges in on\" or \"removes\", and here the step ends",
    ),
    (
        "administrator answers",
        "3:15: expected \"sends\", \"cannot\", \"drops the line of\", \"ends the line of\", \"cuts the CTI link\", \"stops the web application\", \"ends the outage\", \"ends all faults\", \"delays events of\", \"duplicates events of\", \"refuses credentials of\", \"refuses lines with\", \"answers requests with\" or \"gives\", found \"answers\"",
    ),
    (
        "ada sees",
        "3:9: expected \"nothing\", \"state\", \"new dialog\", \"dialog gone\", \"dialog\", \"error\", \"service\", \"the line end\", \"queue\" or the name of an agent, and here the step ends",
    ),
    ("queue sales has callsInQueue = 1", "3:7: \"sales\" is not the name of a queue"),
    ("set x gold", "3:7: expected \"=\", found \"gold\""),
    (
        "ada sends PUT /x with body:",
        "3:1: expected the body in the lines that follow, further to the right than this one",
    ),
    (
        "bob sees dialog gone",
        "3:5: expected \"cannot\", \"calls\", \"answers\", \"hangs up\" or \"fails with\", found \"sees\"",
    ),
];

proptest! {
    /// Words in any order are understood or refused, and what is understood survives being printed.
    #[test]
    fn any_words_are_understood_or_refused(lines in prop::collection::vec(prop::collection::vec(word(), 0..9), 0..12)) {
        let mut text = String::from("agent ada is 1001001 at 2001001\nsupervisor sue is 1001\ncaller bob is 5551001\nqueue sales is 1\n");
        for line in lines {
            text.push_str(&line.join(" "));
            text.push('\n');
        }
        check(&text);
    }

    /// Sentences of the language with other words in them.
    #[test]
    fn sentences_with_other_words_are_understood_or_refused(changes in prop::collection::vec((0..2_000_usize, word()), 1..4)) {
        let mut lines: Vec<Vec<String>> =
            SENTENCES.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect();
        for (at, word) in changes {
            let count = lines.len();
            let line = &mut lines[at % count];
            let length = line.len();
            line[(at / count) % length] = word;
        }
        check(&lines.into_iter().map(|line| line.join(" ")).collect::<Vec<_>>().join("\n"));
    }

    /// Lines of the language with something exchanged, left out or added.
    #[test]
    fn lines_with_a_slip_are_understood_or_refused(at in 0..4000_usize, length in 0..6_usize, other in ".{0,4}") {
        let mut text: Vec<char> = SENTENCES.chars().collect();
        let start = at.min(text.len());
        let end = (start + length).min(text.len());
        text.splice(start..end, other.chars());
        check(&text.into_iter().collect::<String>());
    }
}

fn check(text: &str) {
    if let Ok(scenario) = Scenario::parse(text) {
        let printed = scenario.to_string();
        match Scenario::parse(&printed) {
            Ok(again) => assert_eq!(again, scenario, "{printed}"),
            Err(error) => panic!("{error}\n{text}\nwas printed as\n{printed}"),
        }
    }
}

/// A word of the language, or any.
fn word() -> impl Strategy<Value = String> {
    let mut words: Vec<&str> = SENTENCES.split_whitespace().collect();
    words.sort_unstable();
    words.dedup();
    prop_oneof![
        8 => prop::sample::select(words).prop_map(str::to_owned),
        1 => "[ -~]{1,6}",
        1 => "[\"'][a-z0-9$\\\\ ;#]{0,5}[\"']",
        1 => "\\$[a-z{}]{1,4}",
    ]
}
