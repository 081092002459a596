//! The contact centre itself: what is true now.
//!
//! `decide.rs` and the rules it calls read it and change nothing; `apply.rs` is the only place where it changes.

mod access;
mod apply;
mod busy;
mod calls;
mod configuration;
mod decide;
mod desktop;
mod extensions;
mod link;
mod media;
mod queues;
mod repetition;
mod snapshot;
mod state_change;
mod team_messages;
mod time;

pub(crate) use configuration::check_text;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::{
    Actor, Dialog, DialogId, Kind, ReasonCategory, ReasonCode, ReasonCodeId, Team, TeamId, Timestamp, User,
    UserId, WrapUpReason,
};

use crate::configured::Configuration;
use calls::Calls;
use extensions::Extensions;
use media::MediaWork;
use queues::Queues;
use team_messages::TeamMessages;

/// All users, teams and reason codes, and who is in which state.
///
/// Equal contact centres have had the same effect of events, whatever the order they came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactCentre {
    settings: Settings,
    users: BTreeMap<UserId, User>,
    /// Login names in lower case.
    login_names: BTreeMap<String, UserId>,
    teams: BTreeMap<TeamId, Team>,
    configuration: Configuration,
    extensions: Extensions,
    calls: Calls,
    queues: Queues,
    media: MediaWork,
    team_messages: TeamMessages,
    /// Who is wrapping up, by the time when that ends.
    wrapping_up: BTreeSet<(Timestamp, UserId)>,
}

/// Which product's rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deployment {
    /// Contact Center Enterprise: agents sign out from `NOT_READY` only.
    #[default]
    Ucce,
    /// Contact Center Express: agents may sign out from `READY` as well.
    Uccx,
}

impl Deployment {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ucce => "UCCE",
            Self::Uccx => "UCCX",
        }
    }
}

/// The rules that an operator chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which product's rules apply.
    pub deployment: Deployment,
    /// Whether `NOT_READY` and `LOGOUT` must name a reason code when there are codes of the category. Default: no. The
    /// guide asks for one, and captures of 12.5 show both changes accepted without (`reasonCodeId` -1).
    pub reason_codes_required: bool,
    /// Whether agents can sign in only on extensions that are configured. Default: no, any number will do, because there
    /// are no telephones yet that it could be wrong about.
    pub extensions_must_exist: bool,
    /// The most parties of a conference. Default: 16.
    pub conference_parties_max: usize,
    /// After how many milliseconds a telephone outside that rings is answered, as if there were somebody. Default: 2,000. With
    /// none, only [`NetworkEvent::Answer`](crate::NetworkEvent::Answer) answers it.
    pub outside_answers_after_ms: Option<u32>,
    /// After how many milliseconds a call of a queue, or a task, that an agent does not take goes back to where it waits.
    /// Default: 20,000.
    pub ring_no_answer_after_ms: u32,
    /// After how many milliseconds the outbound dialler gives up a customer for whom an agent is reserved. Default: 30,000.
    pub customer_no_answer_after_ms: u32,
    /// Whether an agent whose desktop has gone is signed out on CCE, or only not ready. Default: signed out. CCX always signs out.
    pub logout_on_disconnect: bool,
    /// The most queues. Default: 1,000.
    pub queues_max: usize,
    /// The most team messages at a time, of all teams together. Default: 1,000.
    pub team_messages_max: usize,
    /// The most users. Default: 100,000.
    pub users_max: usize,
    /// The most teams. Default: 10,000.
    pub teams_max: usize,
    /// The most reason codes, of both categories together. Default: 1,000.
    pub reason_codes_max: usize,
    /// The most wrap-up reasons. Default: 1,500.
    pub wrap_up_reasons_max: usize,
    /// The most workflows. Default: 100.
    pub workflows_max: usize,
    /// The most actions of workflows. Default: 100.
    pub workflow_actions_max: usize,
    /// The most layouts of call data, the default included. Default: 200.
    pub media_layouts_max: usize,
    /// The most media domains besides that of calls. Default: 100.
    pub media_domains_max: usize,
    /// The most tasks at a time, whether somebody has them or not. Default: 10,000.
    pub tasks_max: usize,
    /// The most phone books for all teams. Default: 10.
    pub global_phone_books_max: usize,
    /// The most phone books for some teams. Default: 300.
    pub team_phone_books_max: usize,
    /// The most contacts of all phone books. Default: 50,000.
    pub contacts_max: usize,
    /// The most contacts of a phone book. Default: 6,000.
    pub contacts_per_phone_book_max: usize,
    /// The most contacts in the phone books of a user; those that follow are left out. Default: 1,500.
    pub contacts_shown_max: usize,
    /// The most contacts in the phone books of a team. Default: 6,000.
    pub contacts_of_team_max: usize,
    /// The most ranges of extensions. Default: 1,000.
    pub extension_ranges_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deployment: Deployment::default(),
            reason_codes_required: false,
            extensions_must_exist: false,
            conference_parties_max: 16,
            outside_answers_after_ms: Some(2_000),
            ring_no_answer_after_ms: 20_000,
            customer_no_answer_after_ms: 30_000,
            logout_on_disconnect: true,
            queues_max: 1_000,
            team_messages_max: 1_000,
            users_max: 100_000,
            teams_max: 10_000,
            reason_codes_max: 1_000,
            wrap_up_reasons_max: 1_500,
            workflows_max: 100,
            workflow_actions_max: 100,
            media_layouts_max: 200,
            media_domains_max: 100,
            tasks_max: 10_000,
            global_phone_books_max: 10,
            team_phone_books_max: 300,
            contacts_max: 50_000,
            contacts_per_phone_book_max: 6_000,
            contacts_shown_max: 1_500,
            contacts_of_team_max: 6_000,
            extension_ranges_max: 1_000,
        }
    }
}

impl ContactCentre {
    /// A contact centre with nobody in it.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// The rules in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The user with this login id.
    pub fn user(&self, id: &UserId) -> Option<&User> {
        self.users.get(id)
    }

    /// The user with this login id, else the one with this login name, compared without case.
    pub fn find_user(&self, id_or_name: &str) -> Option<&User> {
        let by_id = UserId::new(id_or_name).ok().and_then(|id| self.users.get(&id));
        by_id.or_else(|| self.users.get(self.login_names.get(&id_or_name.to_ascii_lowercase())?))
    }

    /// All users, by login id.
    pub fn users(&self) -> impl ExactSizeIterator<Item = &User> {
        self.users.values()
    }

    /// The users whose login ids come after `last`, in order; all without one.
    pub fn users_after(&self, last: Option<&UserId>) -> impl Iterator<Item = &User> {
        let start = last.map_or(Bound::Unbounded, Bound::Excluded);
        self.users.range::<UserId, _>((start, Bound::Unbounded)).map(|(_, user)| user)
    }

    /// The team with this number.
    pub fn team(&self, id: TeamId) -> Option<&Team> {
        self.teams.get(&id)
    }

    /// All teams, by number.
    pub fn teams(&self) -> impl ExactSizeIterator<Item = &Team> {
        self.teams.values()
    }

    /// The reason code with this key.
    pub fn reason_code(&self, id: ReasonCodeId) -> Option<&ReasonCode> {
        self.configuration.reason_codes().get(id.into())
    }

    /// The reason codes of a category, by key.
    pub fn reason_codes(&self, category: ReasonCategory) -> impl Iterator<Item = &ReasonCode> {
        self.configuration.reason_codes().list(Some(category.into()))
    }

    /// The reason codes of a category that `user` may give, by key.
    pub fn reason_codes_of(
        &self,
        user: &User,
        category: ReasonCategory,
    ) -> impl Iterator<Item = &ReasonCode> {
        let team = user.details.team;
        self.reason_codes(category)
            .filter(move |code| self.configuration.has(team, Kind::ReasonCode, code.id.into()))
    }

    /// The wrap-up reasons, by key.
    pub fn wrap_up_reasons(&self) -> impl Iterator<Item = &WrapUpReason> {
        self.configuration.wrap_up_reasons().list(None)
    }

    pub(crate) fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// The call with this number, unless it is over.
    pub fn dialog(&self, id: DialogId) -> Option<&Dialog> {
        self.calls.get(id)
    }

    /// The number that the next call gets.
    pub fn next_dialog(&self) -> DialogId {
        self.calls.next()
    }

    /// All calls that are not over, by number.
    pub fn dialogs(&self) -> impl ExactSizeIterator<Item = &Dialog> {
        self.calls.iter()
    }

    /// The calls in a user's list, by number.
    pub fn dialogs_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a Dialog> {
        self.calls.of(user).filter(move |dialog| dialog.audience.contains(user))
    }

    /// Somebody whose credentials have been checked, with the roles that they have here.
    pub fn actor(&self, id: &UserId) -> Option<Actor> {
        let user = self.user(id)?;
        Some(Actor { id: id.clone(), roles: user.details.roles })
    }
}
