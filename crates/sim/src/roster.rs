//! Who works in the laboratory: the demonstration's people, and more of the kind.

use contact::{
    Command, Extension, Role, Roles, TeamId, UserChanges, UserDetails, UserId, WrapUp, WrapUpMode,
};

/// Supervisors, each in the own team.
pub(crate) const SUPERVISORS: [(&str, &str); 2] = [("1001", "2001"), ("1002", "2002")];
/// What callers dial.
pub(crate) const QUEUES: [&str; 2] = ["8001", "8002"];

/// How many colleagues the demonstration has.
const DEMO_AGENTS: usize = 12;
/// How long anybody may wrap up: longer than anybody does.
const WRAP_UP_SECONDS: u32 = 7200;

/// The login id of a colleague, counted from 0: `1001001`.
pub fn agent_id(index: usize) -> UserId {
    UserId::new(&(1_001_001 + index).to_string()).expect("digits are a login id")
}

/// The extension of a colleague, counted from 0: `2001001`.
pub fn agent_extension(index: usize) -> Extension {
    Extension::new(&(2_001_001 + index).to_string()).expect("digits are an extension")
}

/// The colleagues that the demonstration does not have, when there are to be so many. They belong to its two teams in turn.
pub fn further_agents(agents: usize) -> impl Iterator<Item = UserDetails> {
    (DEMO_AGENTS..agents).map(|index| {
        let id = agent_id(index);
        UserDetails {
            login_name: id.to_string(),
            first_name: "Robin".to_owned(),
            last_name: format!("Robot {}", index + 1),
            roles: Roles::of(Role::Agent),
            team: Some(TeamId(if index % 2 == 0 { 1 } else { 2 })),
            supervises: Vec::new(),
            extension: Some(agent_extension(index)),
            wrap_up: WrapUp::default(),
            id,
        }
    })
}

/// The login ids of all who take part: the colleagues, then the supervisors.
pub fn people(agents: usize) -> impl Iterator<Item = UserId> {
    let supervisors = SUPERVISORS.iter().map(|(id, _)| UserId::new(id).expect("a login id"));
    (0..agents).map(agent_id).chain(supervisors)
}

/// Wrapping up is for those who have just talked with somebody who called.
pub fn wrap_up() -> WrapUp {
    let (incoming, outgoing) = (WrapUpMode::Required, WrapUpMode::NotAllowed);
    WrapUp { incoming, outgoing, seconds: WRAP_UP_SECONDS }
}

/// The commands that furnish an empty contact centre with all of this.
pub fn furnish(agents: usize) -> Vec<Command> {
    let mut commands = contact::demo();
    commands.extend(further_agents(agents).map(Command::AddUser));
    commands.extend((0..agents).map(|index| Command::UpdateUser {
        user: agent_id(index),
        changes: UserChanges { wrap_up: Some(wrap_up()), ..UserChanges::default() },
    }));
    commands
}
