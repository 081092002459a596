//! What scenarios are read with.
use scenario::{ParseError, STEPS_MAX, Scenario, Step, TEXT_BYTES_MAX};

/// Fuzz entry: a text is a scenario that reads the same after it was printed, or its mistake is named at a place that is there.
pub fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Scenario::parse(text) {
        Err(error) => check_place(text, &error),
        Ok(scenario) => {
            assert!(text.len() <= TEXT_BYTES_MAX);
            assert!(count(&scenario.steps) <= STEPS_MAX);
            let printed = scenario.to_string();
            // What is printed may be longer than what was read.
            if printed.len() <= TEXT_BYTES_MAX {
                let again = Scenario::parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
                assert_eq!(again, scenario, "{printed}");
            }
        }
    }
}

fn check_place(text: &str, error: &ParseError) {
    let line = text.lines().nth(error.place.line.saturating_sub(1)).unwrap_or_default();
    let columns = line.chars().count() + 1;
    assert!((1..=columns).contains(&error.place.column), "{error} points beside {line:?}");
}

fn count(steps: &[Step]) -> usize {
    let inner = |step: &Step| match &step.deed {
        scenario::Deed::Repeat { steps, .. } => count(steps),
        _ => 0,
    };
    steps.iter().map(|step| 1 + inner(step)).sum()
}
