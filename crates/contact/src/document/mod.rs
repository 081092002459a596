//! The XML documents: what `GET` answers with, and what events carry.
//!
//! Compact, no XML declaration, children in alphabetical order as the real service sends them. A value that is not known
//! is an empty element, not a missing one: naive clients read without looking.

mod dialog;
mod media;
mod queue;
mod reason_code;
mod runtime_config;
mod system_info;
mod team;
mod team_message;
mod update;
mod user;
mod writer;

pub(crate) use dialog::{call_failed, dialog_changed, dialog_repeated};
pub use dialog::{dialog_xml, user_dialogs_xml};
pub(crate) use media::{media_changed, media_failed, task_changed};
pub use media::{media_xml, task_xml, user_media_xml, user_tasks_xml};
pub(crate) use queue::{queue_added, queue_changed};
pub use queue::{queue_xml, user_queues_xml};
pub use reason_code::{reason_code_xml, reason_codes_xml};
pub use runtime_config::runtime_config_xml;
pub use system_info::{ServiceStatus, SystemInfo, system_info_update, system_info_xml};
pub use team::{team_xml, teams_xml};
pub(crate) use team_message::team_message_updates;
pub use team_message::{team_message_xml, team_messages_xml};
pub use update::Update;
pub(crate) use update::{client_log_asked_for, failed, removed, summary_changed, user_changed};
pub use user::{Progress, UsersDocument, user_xml, users_xml};
pub(crate) use writer::XmlWriter;
