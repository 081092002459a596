//! The contact centre: users, teams and reason codes; who may ask for what, and what then happens.
//!
//! Pure: no socket, file, clock, random number, thread or runtime. It knows nothing of XMPP. A [`Command`]
//! is put to [`ContactCentre::decide`], which changes nothing and answers with the [`Event`]s that follow
//! or a [`Refusal`]; events go to [`ContactCentre::apply`], which cannot fail and returns the
//! [`Update`] documents to publish.
//!
//! ```
//! use contact::{Actor, Command, ContactCentre, Settings, Timestamp, UserId, UserRequest};
//!
//! let mut centre = ContactCentre::new(Settings::default());
//! for command in contact::demo() {
//!     for event in centre.decide(&Actor::system(), &command, Timestamp(0)).unwrap() {
//!         centre.apply(&event, None);
//!     }
//! }
//! let agent = UserId::new("1001001").unwrap();
//! let actor = centre.actor(&agent).unwrap();
//! let request = UserRequest::from_xml(b"<User><state>LOGIN</state><extension>2001</extension></User>").unwrap();
//! let command = Command::ChangeState { user: agent, request };
//! let events = centre.decide(&actor, &command, Timestamp(1_767_603_600_000)).unwrap();
//! let updates = centre.apply(&events[0], Some("c1f0"));
//! assert_eq!(updates[0].node.to_string(), "/finesse/api/User/1001001");
//! assert_eq!(updates[1].node.to_string(), "/finesse/api/Team/1/Users");
//! ```
#![forbid(unsafe_code)]

mod agent_state;
mod audit;
mod body;
mod centre;
mod command;
mod configured;
mod demo;
mod dialog;
mod document;
mod event;
mod failure;
mod id;
mod media;
mod path;
mod queue;
mod reason_code;
mod refusal;
mod role;
mod team;
mod team_message;
mod timestamp;
mod user;
mod user_request;

pub use agent_state::{AgentState, RequestedState};
pub use audit::{Breach, Rule, audit};
pub use body::{BODY_BYTES_MAX, BODY_DEPTH_MAX, BODY_ELEMENTS_MAX, BodyElement, BodyLimits};
pub use centre::{ContactCentre, Deployment, Settings};
pub use command::{Command, NetworkEvent, UserChanges};
pub use configured::{ConfigDocument, Deed, MediaDomain, MediaPropertiesLayout, Subtree};
pub use configured::{ConfigurationChange, Configured, Group, Kind, WrapUpReason, read_assignment};
pub use configured::{Contact, ContactRow, PhoneBook, Reach, Workflow, WorkflowAction, read_contacts};
pub use demo::demo;
pub use dialog::{
    Action, Address, CallData, CallDataChange, CallType, Callback, CallbackTime, Campaign, Classification,
    Dialog, DialogRequest, DialogState, DtmfDigits, NotACallbackTime, NotAnAddress, Part, Participant,
    ParticipantState, StateCause, UnknownClassification,
};
pub use document::{
    Progress, ServiceStatus, SystemInfo, Update, UsersDocument, dialog_xml, media_xml, queue_xml,
    reason_code_xml, reason_codes_xml, runtime_config_xml, system_info_update, system_info_xml, task_xml,
    team_message_xml, team_messages_xml, team_xml, teams_xml, user_dialogs_xml, user_media_xml,
    user_queues_xml, user_tasks_xml, user_xml, users_xml,
};
pub use event::Event;
pub use failure::Failure;
pub use id::{DialogId, Extension, IdError, ObjectId, QueueId, ReasonCodeId, TeamId, TeamMessageId, UserId};
pub use media::{
    Assignment, InterruptAction, LogoutAction, MediaRequest, MediaSession, MediaState, MediaTerms,
    SessionChange, Task, TaskAction, TaskId, TaskRequest, TaskState,
};
pub use path::{ApiPath, PathError};
pub use queue::{Queue, QueueStatistics};
pub use reason_code::{Reason, ReasonCategory, ReasonCode};
pub use refusal::{ErrorType, Refusal};
pub use role::{Actor, Role, Roles};
pub use team::Team;
pub use team_message::{NewTeamMessage, TeamMessage};
pub use timestamp::{NotADateTime, Timestamp};
pub use user::{AfterCall, StateChange, User, UserDetails, WrapUp, WrapUpMode};
pub use user_request::{MobileAgent, UserRequest};
