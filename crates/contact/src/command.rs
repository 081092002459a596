//! What somebody asks of the contact centre.

use crate::{
    Address, CallDataChange, ConfigurationChange, Configured, DialogId, DialogRequest, Extension,
    MediaRequest, NewTeamMessage, ObjectId, Queue, ReasonCategory, ReasonCode, ReasonCodeId, Roles,
    StateCause, TaskId, TaskRequest, TeamId, TeamMessageId, UserDetails, UserId, UserRequest, WrapUp,
};

/// A request to change something. Whether it may be done, and what follows, is
/// [`ContactCentre::decide`](crate::ContactCentre::decide)'s to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `PUT /User/{id}`: sign in or out, become ready or not ready.
    ChangeState {
        /// Whose state.
        user: UserId,
        /// Which, and with what.
        request: UserRequest,
    },
    /// `POST /User/{id}/Dialogs`: begins a call.
    BeginCall {
        /// Whose call.
        user: UserId,
        /// Which kind, and to whom.
        request: DialogRequest,
    },
    /// `PUT /Dialog/{id}`: does something with a call.
    ActOnCall {
        /// Which call.
        dialog: DialogId,
        /// What.
        request: DialogRequest,
    },
    /// `PUT /User/{id}/Media/{id}`: sign in to a media domain or out, be ready there or not.
    ChangeMedia {
        /// Who.
        user: UserId,
        /// Which domain.
        media: ObjectId,
        /// What.
        request: MediaRequest,
    },
    /// `PUT /Dialog/{id}`: does something with a task.
    ActOnTask {
        /// Which task.
        task: TaskId,
        /// What.
        request: TaskRequest,
    },
    /// `POST /TeamMessage`: tells teams something.
    CreateTeamMessage(NewTeamMessage),
    /// `DELETE /TeamMessage/{id}`.
    DeleteTeamMessage {
        /// Which.
        message: TeamMessageId,
    },
    /// Something happens outside. Administrators only, as all that follow.
    Network(NetworkEvent),
    /// A user's desktop is asked for its log.
    AskForClientLog {
        /// Whose.
        user: UserId,
    },
    /// A customer waits for an agent of a media domain.
    SubmitTask {
        /// Which domain.
        media: ObjectId,
        /// What is written on the task.
        data: CallDataChange,
    },
    /// A customer waits no longer, or has what was wanted.
    EndTask {
        /// Which task.
        number: u32,
    },
    /// The last desktop of a user has been gone for longer than a page takes to load again.
    DesktopLost {
        /// Whose.
        user: UserId,
    },
    /// The telephones can be reached again, and nobody knows what the user has done meanwhile.
    LinkRestored {
        /// Who.
        user: UserId,
    },
    /// Time has passed: what was due until now happens. See [`ContactCentre::next_timeout`](crate::ContactCentre::next_timeout).
    Elapse,
    /// Adds a user, signed out.
    AddUser(UserDetails),
    /// Changes what is configured about a user.
    UpdateUser {
        /// Who.
        user: UserId,
        /// What.
        changes: UserChanges,
    },
    /// Removes a user, whatever the state.
    RemoveUser {
        /// Who.
        user: UserId,
    },
    /// Adds an empty team.
    AddTeam {
        /// Its number.
        id: TeamId,
        /// Its name.
        name: String,
    },
    /// Changes the configured objects, or which team has which.
    Configure(Box<ConfigurationChange>),
    /// Adds a queue.
    AddQueue(Queue),
    /// Makes extensions known, so that agents can sign in on them: every number from `first` to `last`.
    AddExtensions {
        /// The first.
        first: Extension,
        /// The last: as many digits as the first, and not less.
        last: Extension,
    },
}

impl Command {
    /// A command for a reason code that every agent may use.
    pub fn add_reason_code(id: u32, category: ReasonCategory, code: u32, label: &str) -> Self {
        Self::add(ReasonCode { id: ReasonCodeId(id), category, code, label: label.to_owned(), for_all: true })
    }

    /// A command for a new configured object.
    pub fn add(object: impl Into<Configured>) -> Self {
        Self::Configure(Box::new(ConfigurationChange::Add(object.into())))
    }
}

/// What happens in the telephone network, outside of the contact centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkEvent {
    /// Somebody calls a number of the contact centre.
    Call {
        /// The caller's number.
        from: Address,
        /// The number that is called.
        to: Address,
        /// What the routing has written on the call.
        data: CallDataChange,
    },
    /// The outbound dialler shows an agent a call before it is made.
    Preview {
        /// The agent.
        user: UserId,
        /// The customer's number.
        customer: Address,
        /// The campaign's name.
        campaign: String,
        /// What the dialler has written on the call.
        data: CallDataChange,
    },
    /// The outbound dialler reserves an agent and calls a customer meanwhile.
    Progressive {
        /// The agent.
        user: UserId,
        /// The customer's number.
        customer: Address,
        /// The campaign's name.
        campaign: String,
        /// What the dialler has written on the call.
        data: CallDataChange,
    },
    /// Somebody whose telephone rings takes the call.
    Answer {
        /// Which call.
        dialog: DialogId,
        /// At which number.
        address: Address,
    },
    /// Somebody leaves the call, or does not take it.
    HangUp {
        /// Which call.
        dialog: DialogId,
        /// At which number.
        address: Address,
    },
    /// A number that was dialled cannot be reached.
    Fail {
        /// Which call.
        dialog: DialogId,
        /// Which number.
        address: Address,
        /// Why.
        cause: StateCause,
    },
}

/// What to change about a user; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserChanges {
    /// The login name.
    pub login_name: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// All roles.
    pub roles: Option<Roles>,
    /// The team; `Some(None)` for no team.
    pub team: Option<Option<TeamId>>,
    /// All supervised teams.
    pub supervises: Option<Vec<TeamId>>,
    /// The own extension; `Some(None)` for none.
    pub extension: Option<Option<Extension>>,
    /// Whether there is time to wrap up after calls.
    pub wrap_up: Option<WrapUp>,
}
