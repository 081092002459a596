//! A small contact centre that tests begin with.

use contact::{
    Actor, AgentState, Command, ContactCentre, Event, Extension, Reason, ReasonCategory, Refusal,
    RequestedState, Role, Roles, Settings, StateChange, TeamId, Timestamp, Update, UserDetails, UserId,
    UserRequest,
};

/// 2026-01-05T09:30:11.402Z
pub(crate) const NOW: Timestamp = Timestamp(1_767_605_411_402);

/// The rules with nothing waived.
pub(crate) fn strict() -> Settings {
    Settings { reason_codes_required: true, extensions_must_exist: true, ..Settings::default() }
}

pub(crate) struct Room {
    pub(crate) centre: ContactCentre,
}

impl Room {
    /// Teams 1 (Sales) and 2 (Support). Agents `7001` and `7002` in Sales, `7003` in Support, supervisor `7000`
    /// of Sales, administrator `boss`. Extensions `2101` to `2199`. No reason codes.
    pub(crate) fn new(settings: Settings) -> Self {
        let mut room = Self { centre: ContactCentre::new(settings) };
        for (id, name) in [(1, "Sales"), (2, "Support")] {
            room.configure(Command::AddTeam { id: TeamId(id), name: name.into() });
        }
        let (first, last) = (extension("2101"), extension("2199"));
        room.configure(Command::AddExtensions { first, last });
        for (id, first_name, last_name, roles, team) in [
            ("7000", "Sue", "Visor", Roles::of(Role::Agent).with(Role::Supervisor), Some(1)),
            ("7001", "Ada", "Moss", Roles::of(Role::Agent), Some(1)),
            ("7002", "Ben", "Ray", Roles::of(Role::Agent), Some(1)),
            ("7003", "Cy", "Dunn", Roles::of(Role::Agent), Some(2)),
            ("boss", "Bo", "Ss", Roles::of(Role::Administrator), None),
        ] {
            let team = team.map(TeamId);
            room.configure(Command::AddUser(UserDetails {
                id: user(id),
                login_name: format!("{}{last_name}", &first_name[..1]),
                first_name: first_name.into(),
                last_name: last_name.into(),
                roles,
                team,
                supervises: team.filter(|_| roles.has(Role::Supervisor)).into_iter().collect(),
                extension: None,
                wrap_up: Default::default(),
            }));
        }
        room
    }

    /// With the Not Ready codes 1 (Meeting) and 4 (Lunch), and the Logout code 7 (Home).
    pub(crate) fn with_reason_codes(settings: Settings) -> Self {
        let mut room = Self::new(settings);
        for (id, category, code, label) in [
            (1, ReasonCategory::NotReady, 10, "Meeting"),
            (4, ReasonCategory::NotReady, 12, "Lunch"),
            (7, ReasonCategory::Logout, 20, "Home"),
        ] {
            room.configure(Command::add_reason_code(id, category, code, label));
        }
        room
    }

    pub(crate) fn configure(&mut self, command: Command) {
        for event in self.centre.decide(&Actor::system(), &command, NOW).expect("an accepted command") {
            self.centre.apply(&event, None);
        }
    }

    /// What follows when `actor` asks for a state of `user`.
    pub(crate) fn ask(&self, actor: &str, user: &str, request: UserRequest) -> Result<Vec<Event>, Refusal> {
        let actor = self.actor(actor);
        self.centre.decide(&actor, &Command::ChangeState { user: self::user(user), request }, NOW)
    }

    pub(crate) fn actor(&self, id: &str) -> Actor {
        self.centre.actor(&user(id)).expect("a user of the room")
    }

    /// Puts `user` into `state` as if the system had; on extension `2101` unless signed out.
    pub(crate) fn put(&mut self, user: &str, state: AgentState) -> Vec<Update> {
        let extension = (state != AgentState::Logout).then(|| extension("2101"));
        let reason = if state == AgentState::Ready { Reason::None } else { Reason::Unspecified };
        self.set(user, state, reason, extension)
    }

    pub(crate) fn set(
        &mut self,
        user: &str,
        state: AgentState,
        reason: Reason,
        extension: Option<Extension>,
    ) -> Vec<Update> {
        let user = self::user(user);
        let change = StateChange { state, reason, extension, at: NOW, after_call: None };
        self.centre.apply(&Event::UserStateChanged { user, change }, Some("c1f0"))
    }
}

pub(crate) fn user(id: &str) -> UserId {
    UserId::new(id).expect("a login id")
}

pub(crate) fn extension(number: &str) -> Extension {
    Extension::new(number).expect("an extension")
}

pub(crate) fn login(number: &str) -> UserRequest {
    UserRequest::login(extension(number))
}

pub(crate) fn state(requested: RequestedState) -> UserRequest {
    UserRequest::new(requested)
}
