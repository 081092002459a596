//! How many of whom, and how often they do what: the file of `--plan`.

use serde::Deserialize;

/// Rates and times of a laboratory. Every field has a default; a field that nobody knows is refused.
///
/// Times are seconds and means; shares are from 0 to 1.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// Colleagues who take calls, 1 to [`Plan::AGENTS_MAX`]. Two supervisors come with them.
    pub agents: usize,
    /// Callers per hour, as a Poisson process.
    pub calls_per_hour: f64,
    /// For how long callers call. After that everybody hangs up and signs out, which takes half a minute.
    pub duration_s: f64,
    /// Those outside.
    pub callers: Callers,
    /// Those who take calls.
    pub colleagues: Colleagues,
    /// Those who listen.
    pub supervisors: Supervisors,
}

/// Those outside who call.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Callers {
    /// After how long they give up waiting.
    pub patience_s: f64,
    /// How long they talk with the first agent.
    pub talk_s: f64,
    /// How many call an agent's extension rather than a queue.
    pub direct_share: f64,
    /// How many hang up first, rather than the agent.
    pub hang_up_share: f64,
}

/// Those who take calls.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Colleagues {
    /// How long it takes until all are signed in.
    pub sign_in_within_s: f64,
    /// After how long they answer.
    pub answer_s: f64,
    /// Of how many calls they let the telephone ring.
    pub let_ring_share: f64,
    /// How many calls they put on hold.
    pub hold_share: f64,
    /// For how long.
    pub hold_s: f64,
    /// About how many calls they ask somebody: a colleague, another queue, somebody outside.
    pub consult_share: f64,
    /// How long that takes.
    pub consult_s: f64,
    /// How many consultations become transfers.
    pub transfer_share: f64,
    /// How many become conferences; the others end, and the call goes on.
    pub conference_share: f64,
    /// How many consultations are with somebody outside.
    pub outside_share: f64,
    /// How many calls they give away without asking.
    pub blind_transfer_share: f64,
    /// How often each makes a call; 0 is never.
    pub make_call_every_s: f64,
    /// How long they wrap up.
    pub wrap_up_s: f64,
    /// How often each has a break; 0 is never.
    pub break_every_s: f64,
    /// How long that is.
    pub break_s: f64,
    /// In how many breaks they sign out.
    pub sign_out_share: f64,
}

/// Those who listen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Supervisors {
    /// How often each listens to somebody; 0 is never.
    pub monitor_every_s: f64,
    /// For how long.
    pub monitor_s: f64,
    /// How often they join the call then.
    pub barge_share: f64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            agents: 20,
            calls_per_hour: 600.0,
            duration_s: 600.0,
            callers: Callers::default(),
            colleagues: Colleagues::default(),
            supervisors: Supervisors::default(),
        }
    }
}

impl Default for Callers {
    fn default() -> Self {
        Self { patience_s: 60.0, talk_s: 60.0, direct_share: 0.05, hang_up_share: 0.7 }
    }
}

impl Default for Colleagues {
    fn default() -> Self {
        Self {
            sign_in_within_s: 10.0,
            answer_s: 3.0,
            let_ring_share: 0.01,
            hold_share: 0.15,
            hold_s: 10.0,
            consult_share: 0.1,
            consult_s: 10.0,
            transfer_share: 0.5,
            conference_share: 0.25,
            outside_share: 0.2,
            blind_transfer_share: 0.03,
            make_call_every_s: 1800.0,
            wrap_up_s: 10.0,
            break_every_s: 1200.0,
            break_s: 60.0,
            sign_out_share: 0.1,
        }
    }
}

impl Default for Supervisors {
    fn default() -> Self {
        Self { monitor_every_s: 60.0, monitor_s: 15.0, barge_share: 0.2 }
    }
}

/// What is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It is not TOML, or has a field that nobody knows, or one of another kind.
    #[error("{0}")]
    Toml(String),
    /// A number is not between its bounds.
    #[error("{field} is {found}; it can be {least} to {most}")]
    Bounds {
        /// The key, with its section.
        field: &'static str,
        /// What stands there.
        found: String,
        /// The least.
        least: u32,
        /// The most.
        most: u32,
    },
    /// More than all.
    #[error(
        "colleagues.transfer_share and colleagues.conference_share together are more than 1: no consultation can become both"
    )]
    Shares,
}

impl Plan {
    /// The most colleagues: the extensions of the demonstration end there.
    pub const AGENTS_MAX: usize = 999;
    /// The most callers per hour.
    pub const CALLS_PER_HOUR_MAX: u32 = 1_000_000;

    /// Reads a file, and checks it.
    ///
    /// # Errors
    ///
    /// [`PlanError`], with the line for what is no TOML.
    pub fn from_toml(text: &str) -> Result<Self, PlanError> {
        let plan: Self = toml::from_str(text).map_err(|error| PlanError::Toml(error.to_string()))?;
        plan.check()?;
        Ok(plan)
    }

    /// Checks every number.
    ///
    /// # Errors
    ///
    /// [`PlanError`] names the first that is not between its bounds.
    pub fn check(&self) -> Result<(), PlanError> {
        let bounds = |field, found: f64, least: u32, most: u32| {
            if found.is_finite() && f64::from(least) <= found && found <= f64::from(most) {
                return Ok(());
            }
            Err(PlanError::Bounds { field, found: found.to_string(), least, most })
        };
        bounds("agents", self.agents as f64, 1, Self::AGENTS_MAX as u32)?;
        bounds("calls_per_hour", self.calls_per_hour, 0, Self::CALLS_PER_HOUR_MAX)?;
        bounds("duration_s", self.duration_s, 1, DURATION_SECONDS_MAX)?;
        let (callers, colleagues, supervisors) = (&self.callers, &self.colleagues, &self.supervisors);
        for (field, share) in [
            ("callers.direct_share", callers.direct_share),
            ("callers.hang_up_share", callers.hang_up_share),
            ("colleagues.let_ring_share", colleagues.let_ring_share),
            ("colleagues.hold_share", colleagues.hold_share),
            ("colleagues.consult_share", colleagues.consult_share),
            ("colleagues.transfer_share", colleagues.transfer_share),
            ("colleagues.conference_share", colleagues.conference_share),
            ("colleagues.outside_share", colleagues.outside_share),
            ("colleagues.blind_transfer_share", colleagues.blind_transfer_share),
            ("colleagues.sign_out_share", colleagues.sign_out_share),
            ("supervisors.barge_share", supervisors.barge_share),
        ] {
            bounds(field, share, 0, 1)?;
        }
        if colleagues.transfer_share + colleagues.conference_share > 1.0 {
            return Err(PlanError::Shares);
        }
        for (field, seconds) in [
            ("callers.patience_s", callers.patience_s),
            ("callers.talk_s", callers.talk_s),
            ("colleagues.sign_in_within_s", colleagues.sign_in_within_s),
            ("colleagues.answer_s", colleagues.answer_s),
            ("colleagues.hold_s", colleagues.hold_s),
            ("colleagues.consult_s", colleagues.consult_s),
            ("colleagues.make_call_every_s", colleagues.make_call_every_s),
            ("colleagues.wrap_up_s", colleagues.wrap_up_s),
            ("colleagues.break_every_s", colleagues.break_every_s),
            ("colleagues.break_s", colleagues.break_s),
            ("supervisors.monitor_every_s", supervisors.monitor_every_s),
            ("supervisors.monitor_s", supervisors.monitor_s),
        ] {
            bounds(field, seconds, 0, DURATION_SECONDS_MAX)?;
        }
        Ok(())
    }

    /// The file with every field, explained, as the defaults are.
    pub fn annotated() -> &'static str {
        include_str!("plan.toml")
    }
}

/// A day.
const DURATION_SECONDS_MAX: u32 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_the_default() {
        assert_eq!(Plan::from_toml(Plan::annotated()), Ok(Plan::default()));
        assert_eq!(Plan::from_toml(""), Ok(Plan::default()));
    }

    #[test]
    fn a_plan_is_read_strictly() {
        let error = |text: &str| Plan::from_toml(text).expect_err("refused").to_string();
        let unknown = error("[callers]\npatiense_s = 3\n");
        assert!(unknown.contains("line 2") && unknown.contains("patiense_s"), "{unknown}");
        assert!(unknown.contains("patience_s"), "says what there is: {unknown}");
        assert_eq!(error("agents = 0"), "agents is 0; it can be 1 to 999");
        assert_eq!(error("[colleagues]\nhold_share = 1.5"), "colleagues.hold_share is 1.5; it can be 0 to 1");
        assert!(error("[callers]\ntalk_s = nan").starts_with("callers.talk_s is NaN"));
        assert_eq!(
            error("[colleagues]\ntransfer_share = 0.8\nconference_share = 0.3"),
            PlanError::Shares.to_string()
        );
    }
}
