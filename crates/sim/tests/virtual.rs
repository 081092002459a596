//! Thousands of calls in virtual time: no rule is broken, everything happens, and a seed is a run.

use contact::{Deployment, DialogId, Timestamp};
use sim::{Counts, Plan, Reference, Sayings, Telling, virtual_run};

#[derive(Default)]
struct Lines(Vec<String>);

impl Telling for Lines {
    fn event(&mut self, at: Timestamp, line: &str) {
        self.0.push(format!("{} {line}", at.0));
    }

    fn step(&mut self, _: Timestamp, _: &Reference) {}
}

fn plan() -> Plan {
    Plan { agents: 15, calls_per_hour: 700.0, duration_s: 1800.0, ..Plan::default() }
}

fn run(plan: Plan, seed: u64) -> (Counts, Vec<String>) {
    run_on(Deployment::Ucce, plan, seed)
}

fn run_on(deployment: Deployment, plan: Plan, seed: u64) -> (Counts, Vec<String>) {
    let mut lines = Lines::default();
    match virtual_run(plan, deployment, seed, &mut lines) {
        Ok(counts) => (counts, lines.0),
        Err(violation) => panic!("seed {seed}: {violation}"),
    }
}

/// With `OFFHOOK_LAB_SEEDS` as many more days as somebody has patience for: each is about 20,000 steps.
#[test]
fn whatever_the_seed_no_rule_is_broken() {
    let seeds = std::env::var("OFFHOOK_LAB_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(6);
    let mut sums = Counts::default();
    for seed in 1..=seeds {
        let (counts, _) = run(plan(), seed);
        assert_eq!(counts.offered, counts.answered + counts.abandoned, "seed {seed}: {counts:?}");
        assert_eq!(counts.open(), 0);
        sums.offered += counts.offered;
        sums.answered += counts.answered;
        sums.abandoned += counts.abandoned;
        sums.transferred += counts.transferred;
        sums.conferences += counts.conferences;
        sums.monitored += counts.monitored;
        sums.refused += counts.refused;
        sums.actions += counts.actions;
    }
    assert!(sums.offered >= 300 * seeds, "{sums:?}");
    for happened in [sums.answered, sums.abandoned, sums.transferred, sums.conferences, sums.monitored] {
        assert!(happened > 0, "{sums:?}");
    }
    assert!(sums.refused * 100 < sums.actions, "robots know what they may do: {sums:?}");
}

/// On CCX people know what is different there, so that no change of state that they ask for fails.
#[test]
fn robots_know_the_rules_of_ccx() {
    let mut sums = Counts::default();
    for seed in 1..=4 {
        let (counts, lines) = run_on(Deployment::Uccx, plan(), seed);
        assert_eq!(counts.offered, counts.answered + counts.abandoned, "seed {seed}: {counts:?}");
        let is_failed_change = |line: &&String| line.contains("rror") && !line.contains("/Dialogs ");
        let failed: Vec<_> = lines.iter().filter(is_failed_change).collect();
        assert!(failed.is_empty(), "changes of state: {failed:?}");
        assert!(
            lines.iter().any(|line| line.contains(" ACD_IN ")),
            "calls of queues have another name there"
        );
        sums.answered += counts.answered;
        sums.abandoned += counts.abandoned;
        sums.transferred += counts.transferred;
        sums.conferences += counts.conferences;
        sums.monitored += counts.monitored;
        sums.refused += counts.refused;
        sums.actions += counts.actions;
    }
    for happened in [sums.answered, sums.abandoned, sums.transferred, sums.conferences, sums.monitored] {
        assert!(happened > 0, "{sums:?}");
    }
    assert!(sums.refused * 100 < sums.actions, "robots know what they may do: {sums:?}");
}

#[test]
fn the_same_seed_is_the_same_day_and_another_seed_is_another() {
    let plan = Plan { duration_s: 600.0, ..plan() };
    let (_, first) = run(plan.clone(), 7);
    let (_, again) = run(plan.clone(), 7);
    assert_eq!(first, again);
    assert_ne!(first, run(plan, 8).1);
    assert!(first.len() > 1000, "{}", first.len());
}

#[test]
fn a_plan_with_nothing_in_it_is_a_quiet_day() {
    let plan = Plan::from_toml(
        "agents = 1\ncalls_per_hour = 0\n[colleagues]\nmake_call_every_s = 0\nbreak_every_s = 0\n[supervisors]\nmonitor_every_s = 0",
    );
    let (counts, lines) = run(plan.expect("a plan"), 1);
    assert_eq!(counts.offered, 0);
    assert_eq!(counts.service_level(), None);
    let ready = lines.iter().filter(|line| line.contains("/User/1001001 PUT 1001001 READY")).count();
    assert_eq!(ready, 1);
}

/// A server on which there have been calls before gives other numbers, and nothing else becomes another.
#[test]
fn the_numbers_of_calls_change_nothing() {
    let lines = |first: u32| {
        let mut reference = Reference::new(plan(), Deployment::Ucce, 7);
        reference.set_next_dialog(DialogId(first));
        let sayings = Sayings::new(DialogId(first));
        let mut lines = Vec::new();
        while let Some(step) = reference.step() {
            for update in step.updates {
                lines.push((step.at, sayings.say(&update.node, &update.document).expect("an update")));
            }
        }
        lines
    };
    let first = lines(DialogId::FIRST.0);
    assert!(
        first.iter().any(|(_, line)| line.contains(" TRANSFER with ")),
        "a consultation became a transfer"
    );
    assert_eq!(first, lines(4711));
}
