//! `ApiPath`: at once the path of a REST resource, the name of a PubSub node and the `source` of an event.
//!
//! Parsing is strict, so that equal resources have equal text: `path.to_string()` is what was parsed.

use std::fmt;
use std::str::FromStr;

use crate::{ConfigDocument, DialogId, Kind, ObjectId, QueueId, TaskId, TeamId, TeamMessageId, UserId};

/// A resource of the contact centre.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiPath {
    /// `/finesse/api/SystemInfo`
    SystemInfo,
    /// `/finesse/api/Users`
    Users,
    /// `/finesse/api/User/{id}`
    User(UserId),
    /// `/finesse/api/User/{id}/Dialogs`
    UserDialogs(UserId),
    /// `/finesse/api/User/{id}/Media`
    UserMedia(UserId),
    /// `/finesse/api/User/{id}/Media/{id}`
    UserMedium(UserId, ObjectId),
    /// `/finesse/api/User/{id}/Media/{id}/Dialogs`: the tasks that a user has in a media domain.
    UserMediumTasks(UserId, ObjectId),
    /// `/finesse/api/User/{id}/Dialogs/Media`: the tasks that a user has.
    UserTasks(UserId),
    /// `/finesse/api/User/{id}/WrapUpReasons`: the configured objects of a kind that a user has.
    UserObjects(UserId, Kind),
    /// `/finesse/api/User/{id}/PhoneBook/{id}/Contacts`
    UserContacts(UserId, ObjectId),
    /// `/finesse/api/User/{id}/WrapUpReason/{id}`
    UserObject(UserId, Kind, ObjectId),
    /// `/finesse/api/User/{id}/MediaPropertiesLayout`: the default, which everybody has.
    UserMediaPropertiesLayout(UserId),
    /// `/finesse/api/MediaPropertiesLayout/default`
    DefaultMediaPropertiesLayout,
    /// `/finesse/api/SystemConfig` and its like: documents of which there is one, or one for each team.
    ConfigDocument(ConfigDocument),
    /// `/finesse/api/User/{id}/LayoutConfig`: what a user's desktop looks like.
    UserLayoutConfig(UserId),
    /// `/finesse/api/User/{id}/ClientLog`: where a desktop sends its log, and is asked for it.
    UserClientLog(UserId),
    /// `/finesse/api/User/{id}/CompressedClientLog`: where it sends it as an archive.
    UserCompressedClientLog(UserId),
    /// `/finesse/api/RuntimeConfigInfo`
    RuntimeConfigInfo,
    /// `/finesse/api/User/{id}/Queues`
    UserQueues(UserId),
    /// `/finesse/api/Queue/{id}`
    Queue(QueueId),
    /// `/finesse/api/Dialog/{id}`
    Dialog(DialogId),
    /// `/finesse/api/Dialog/{id}` of a task.
    Task(TaskId),
    /// `/finesse/api/Teams`
    Teams,
    /// `/finesse/api/Team/{id}`
    Team(TeamId),
    /// `/finesse/api/Team/{id}/Users`
    TeamUsers(TeamId),
    /// `/finesse/api/Team/{id}/TeamMessages`
    TeamMessages(TeamId),
    /// `/finesse/api/TeamMessage`, where messages are written.
    NewTeamMessage,
    /// `/finesse/api/TeamMessages`, another name of the former.
    NewTeamMessages,
    /// `/finesse/api/TeamMessage/{id}`
    TeamMessage(TeamMessageId),
    /// `/finesse/api/Team/{id}/WrapUpReasons`: the configured objects of a kind that are assigned to a team.
    TeamObjects(TeamId, Kind),
    /// `/finesse/api/TeamResource/{id}/WrapUpReasons`: those that the members of a team have.
    TeamResource(TeamId, Kind),
    /// `/finesse/api/WrapUpReasons`: all configured objects of a kind.
    Objects(Kind),
    /// `/finesse/api/WrapUpReason`: where a new one is sent to.
    NewObject(Kind),
    /// `/finesse/api/WrapUpReason/{id}`
    Object(Kind, ObjectId),
    /// `/finesse/api/PhoneBook/{id}/Contacts`
    Contacts(ObjectId),
    /// `/finesse/api/PhoneBook/{id}/Contacts/csvFileContent`: where a file with contacts is sent to.
    ContactsFile(ObjectId),
    /// `/finesse/api/PhoneBook/{id}/Contact`: where a new one is sent to.
    NewContact(ObjectId),
    /// `/finesse/api/PhoneBook/{id}/Contact/{id}`
    Contact(ObjectId, ObjectId),
}

impl ApiPath {
    /// What every path begins with.
    pub const PREFIX: &str = "/finesse/api/";

    /// Reads the path of a REST request: like [`FromStr`], but a trailing slash and upper-case letters in
    /// a login id are accepted, as clients send both.
    ///
    /// # Errors
    ///
    /// As [`FromStr`].
    pub fn parse_lenient(text: &str) -> Result<Self, PathError> {
        parse(text.strip_suffix('/').unwrap_or(text))
    }

    /// The user whose resource this is, if it is one user's.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(id)
            | Self::UserDialogs(id)
            | Self::UserMedia(id)
            | Self::UserMedium(id, _)
            | Self::UserMediumTasks(id, _)
            | Self::UserTasks(id)
            | Self::UserClientLog(id)
            | Self::UserCompressedClientLog(id)
            | Self::UserQueues(id)
            | Self::UserLayoutConfig(id)
            | Self::UserMediaPropertiesLayout(id)
            | Self::UserObjects(id, _)
            | Self::UserContacts(id, _)
            | Self::UserObject(id, ..) => Some(id),
            Self::SystemInfo
            | Self::ConfigDocument(_)
            | Self::DefaultMediaPropertiesLayout
            | Self::Users
            | Self::Dialog(_)
            | Self::Task(_)
            | Self::RuntimeConfigInfo
            | Self::Queue(_)
            | Self::Teams
            | Self::Team(_)
            | Self::TeamUsers(_)
            | Self::TeamMessages(_)
            | Self::NewTeamMessage
            | Self::NewTeamMessages
            | Self::TeamMessage(_)
            | Self::TeamObjects(..)
            | Self::TeamResource(..)
            | Self::Objects(_)
            | Self::NewObject(_)
            | Self::Object(..)
            | Self::Contacts(_)
            | Self::ContactsFile(_)
            | Self::NewContact(_)
            | Self::Contact(..) => None,
        }
    }
}

/// A text that is no path of this API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Not under `/finesse/api/`, or no resource of that name.
    #[error("no resource has this path")]
    Unknown,
    /// A resource that exists in another spelling: upper case in a login id.
    #[error("a login id in a path is written in lower case")]
    NotCanonical,
}

/// Strict: text and path are one to one. No trailing slash, no upper case in login ids, no leading zeros.
impl FromStr for ApiPath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        let path = parse(text)?;
        match path.user() {
            Some(_) if !has_lower_case_user(text) => Err(PathError::NotCanonical),
            _ => Ok(path),
        }
    }
}

fn parse(text: &str) -> Result<ApiPath, PathError> {
    let rest = text.strip_prefix(ApiPath::PREFIX).ok_or(PathError::Unknown)?;
    // One segment more than the longest path has, so that what follows it is seen and refused.
    let mut segments = [""; SEGMENTS_MAX + 1];
    let mut count = 0;
    for (slot, segment) in segments.iter_mut().zip(rest.splitn(SEGMENTS_MAX + 1, '/')) {
        *slot = segment;
        count += 1;
    }
    let user = |id: &str| UserId::new(id).map_err(|_| PathError::Unknown);
    let team = |id: &str| id.parse::<TeamId>().map_err(|_| PathError::Unknown);
    let object = |id: &str| id.parse::<ObjectId>().map_err(|_| PathError::Unknown);
    match segments[..count] {
        ["SystemInfo"] => Ok(ApiPath::SystemInfo),
        ["Users"] => Ok(ApiPath::Users),
        ["User", id] => Ok(ApiPath::User(user(id)?)),
        ["User", id, "Dialogs"] => Ok(ApiPath::UserDialogs(user(id)?)),
        ["User", id, "Media"] => Ok(ApiPath::UserMedia(user(id)?)),
        ["User", id, "Media", media] => Ok(ApiPath::UserMedium(user(id)?, object(media)?)),
        ["User", id, "Media", media, "Dialogs"] => Ok(ApiPath::UserMediumTasks(user(id)?, object(media)?)),
        ["User", id, "Dialogs", "Media"] => Ok(ApiPath::UserTasks(user(id)?)),
        ["User", id, "ClientLog"] => Ok(ApiPath::UserClientLog(user(id)?)),
        ["User", id, "CompressedClientLog"] => Ok(ApiPath::UserCompressedClientLog(user(id)?)),
        ["RuntimeConfigInfo"] => Ok(ApiPath::RuntimeConfigInfo),
        ["User", id, "Queues"] => Ok(ApiPath::UserQueues(user(id)?)),
        ["User", id, "MediaPropertiesLayout"] => Ok(ApiPath::UserMediaPropertiesLayout(user(id)?)),
        ["MediaPropertiesLayout", "default"] => Ok(ApiPath::DefaultMediaPropertiesLayout),
        ["SystemConfig"] => Ok(ApiPath::ConfigDocument(ConfigDocument::System)),
        ["ClusterConfig"] => Ok(ApiPath::ConfigDocument(ConfigDocument::Cluster)),
        ["EnterpriseDatabaseConfig"] => Ok(ApiPath::ConfigDocument(ConfigDocument::EnterpriseDatabase)),
        ["LayoutConfig", "default"] => Ok(ApiPath::ConfigDocument(ConfigDocument::Layout)),
        ["Team", id, "LayoutConfig"] => Ok(ApiPath::ConfigDocument(ConfigDocument::TeamLayout(team(id)?))),
        ["User", id, "LayoutConfig"] => Ok(ApiPath::UserLayoutConfig(user(id)?)),
        ["Queue", id] => Ok(ApiPath::Queue(id.parse().map_err(|_| PathError::Unknown)?)),
        ["Dialog", id] if id.contains('_') => Ok(ApiPath::Task(id.parse().map_err(|_| PathError::Unknown)?)),
        ["Dialog", id] => Ok(ApiPath::Dialog(id.parse().map_err(|_| PathError::Unknown)?)),
        ["Teams"] => Ok(ApiPath::Teams),
        ["Team", id] => Ok(ApiPath::Team(team(id)?)),
        ["Team", id, "Users"] => Ok(ApiPath::TeamUsers(team(id)?)),
        ["Team", id, "TeamMessages"] => Ok(ApiPath::TeamMessages(team(id)?)),
        ["TeamMessage"] => Ok(ApiPath::NewTeamMessage),
        ["TeamMessages"] => Ok(ApiPath::NewTeamMessages),
        ["TeamMessage", id] => Ok(ApiPath::TeamMessage(id.parse().map_err(|_| PathError::Unknown)?)),
        ["User", id, "PhoneBook", book, "Contacts"] => Ok(ApiPath::UserContacts(user(id)?, object(book)?)),
        ["PhoneBook", book, "Contacts"] => Ok(ApiPath::Contacts(object(book)?)),
        ["PhoneBook", book, "Contacts", "csvFileContent"] => Ok(ApiPath::ContactsFile(object(book)?)),
        ["PhoneBook", book, "Contact"] => Ok(ApiPath::NewContact(object(book)?)),
        ["PhoneBook", book, "Contact", key] => Ok(ApiPath::Contact(object(book)?, object(key)?)),
        ["User", id, name] => Ok(ApiPath::UserObjects(user(id)?, assignable(several(name)?)?)),
        ["User", id, name, key] => Ok(ApiPath::UserObject(user(id)?, assignable(one(name)?)?, object(key)?)),
        ["Team", id, name] => Ok(ApiPath::TeamObjects(team(id)?, assignable(several(name)?)?)),
        ["TeamResource", id, name] => Ok(ApiPath::TeamResource(team(id)?, assignable(several(name)?)?)),
        [name] => several(name).map(ApiPath::Objects).or_else(|_| one(name).map(ApiPath::NewObject)),
        [name, id] => Ok(ApiPath::Object(one(name)?, object(id)?)),
        _ => Err(PathError::Unknown),
    }
}

/// The kinds that are found by themselves. Contacts are found in their phone books.
fn kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Contact)
}

/// The kind, if teams have objects of it. Actions come with their workflows, and media domains are for all.
fn assignable(kind: Kind) -> Result<Kind, PathError> {
    if matches!(kind, Kind::WorkflowAction | Kind::MediaDomain) { Err(PathError::Unknown) } else { Ok(kind) }
}

/// The kind of which `name` is one object.
fn one(name: &str) -> Result<Kind, PathError> {
    kinds().find(|kind| kind.singular() == name).ok_or(PathError::Unknown)
}

/// The kind of which `name` is several objects.
fn several(name: &str) -> Result<Kind, PathError> {
    kinds().find(|kind| kind.plural() == name).ok_or(PathError::Unknown)
}

/// Whether the second segment, where all users' paths have the login id, is free of upper case.
fn has_lower_case_user(text: &str) -> bool {
    let id = text[ApiPath::PREFIX.len()..].split('/').nth(1).unwrap_or_default();
    !id.bytes().any(|b| b.is_ascii_uppercase())
}

const SEGMENTS_MAX: usize = 5;

impl fmt::Display for ApiPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::PREFIX)?;
        match self {
            Self::SystemInfo => f.write_str("SystemInfo"),
            Self::Users => f.write_str("Users"),
            Self::User(id) => write!(f, "User/{id}"),
            Self::UserDialogs(id) => write!(f, "User/{id}/Dialogs"),
            Self::UserMedia(id) => write!(f, "User/{id}/Media"),
            Self::UserMedium(id, media) => write!(f, "User/{id}/Media/{media}"),
            Self::UserMediumTasks(id, media) => write!(f, "User/{id}/Media/{media}/Dialogs"),
            Self::UserTasks(id) => write!(f, "User/{id}/Dialogs/Media"),
            Self::UserObjects(id, kind) => write!(f, "User/{id}/{}", kind.plural()),
            Self::UserContacts(id, book) => write!(f, "User/{id}/PhoneBook/{book}/Contacts"),
            Self::UserObject(id, kind, object) => write!(f, "User/{id}/{}/{object}", kind.singular()),
            Self::UserMediaPropertiesLayout(id) => write!(f, "User/{id}/MediaPropertiesLayout"),
            Self::DefaultMediaPropertiesLayout => f.write_str("MediaPropertiesLayout/default"),
            Self::ConfigDocument(document) => write!(f, "{document}"),
            Self::UserLayoutConfig(id) => write!(f, "User/{id}/LayoutConfig"),
            Self::UserQueues(id) => write!(f, "User/{id}/Queues"),
            Self::Queue(id) => write!(f, "Queue/{id}"),
            Self::UserClientLog(id) => write!(f, "User/{id}/ClientLog"),
            Self::UserCompressedClientLog(id) => write!(f, "User/{id}/CompressedClientLog"),
            Self::RuntimeConfigInfo => f.write_str("RuntimeConfigInfo"),
            Self::Task(id) => write!(f, "Dialog/{id}"),
            Self::Dialog(id) => write!(f, "Dialog/{id}"),
            Self::Teams => f.write_str("Teams"),
            Self::Team(id) => write!(f, "Team/{id}"),
            Self::TeamUsers(id) => write!(f, "Team/{id}/Users"),
            Self::TeamMessages(id) => write!(f, "Team/{id}/TeamMessages"),
            Self::NewTeamMessage => f.write_str("TeamMessage"),
            Self::NewTeamMessages => f.write_str("TeamMessages"),
            Self::TeamMessage(id) => write!(f, "TeamMessage/{id}"),
            Self::TeamObjects(id, kind) => write!(f, "Team/{id}/{}", kind.plural()),
            Self::TeamResource(id, kind) => write!(f, "TeamResource/{id}/{}", kind.plural()),
            Self::Objects(kind) => f.write_str(kind.plural()),
            Self::NewObject(kind) => f.write_str(kind.singular()),
            Self::Contacts(book) => write!(f, "PhoneBook/{book}/Contacts"),
            Self::ContactsFile(book) => write!(f, "PhoneBook/{book}/Contacts/csvFileContent"),
            Self::NewContact(book) => write!(f, "PhoneBook/{book}/Contact"),
            Self::Contact(book, id) => write!(f, "PhoneBook/{book}/Contact/{id}"),
            Self::Object(kind, id) => write!(f, "{}/{id}", kind.singular()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_path_reads_back() {
        for text in [
            "/finesse/api/SystemInfo",
            "/finesse/api/Users",
            "/finesse/api/User/1001001",
            "/finesse/api/User/a.b_c-d/Dialogs",
            "/finesse/api/User/7001/Media",
            "/finesse/api/User/7001/Media/5001",
            "/finesse/api/User/7001/Media/5001/Dialogs",
            "/finesse/api/User/7001/Dialogs/Media",
            "/finesse/api/Dialog/5001_17_1",
            "/finesse/api/MediaDomains",
            "/finesse/api/User/7001/ClientLog",
            "/finesse/api/User/7001/CompressedClientLog",
            "/finesse/api/RuntimeConfigInfo",
            "/finesse/api/MediaDomain/5001",
            "/finesse/api/User/7001/ReasonCodes",
            "/finesse/api/User/7001/ReasonCode/4",
            "/finesse/api/User/7001/Queues",
            "/finesse/api/Queue/1",
            "/finesse/api/Dialog/16777217",
            "/finesse/api/Teams",
            "/finesse/api/Team/5001",
            "/finesse/api/Team/5001/Users",
            "/finesse/api/Team/5001/TeamMessages",
            "/finesse/api/TeamMessage",
            "/finesse/api/TeamMessages",
            "/finesse/api/TeamMessage/3",
            "/finesse/api/ReasonCodes",
            "/finesse/api/ReasonCode/4",
            "/finesse/api/ReasonCode",
            "/finesse/api/WrapUpReason",
            "/finesse/api/WrapUpReason/12",
            "/finesse/api/PhoneBook/1",
            "/finesse/api/PhoneBook/1/Contact",
            "/finesse/api/PhoneBook/1/Contact/2",
            "/finesse/api/PhoneBook/1/Contacts",
            "/finesse/api/PhoneBook/1/Contacts/csvFileContent",
            "/finesse/api/User/7001/PhoneBook/1/Contacts",
            "/finesse/api/User/7001/PhoneBooks",
            "/finesse/api/WrapUpReasons",
            "/finesse/api/User/7001/WrapUpReason/12",
            "/finesse/api/User/7001/MediaPropertiesLayout",
            "/finesse/api/User/7001/LayoutConfig",
            "/finesse/api/Team/5001/LayoutConfig",
            "/finesse/api/LayoutConfig/default",
            "/finesse/api/SystemConfig",
            "/finesse/api/ClusterConfig",
            "/finesse/api/EnterpriseDatabaseConfig",
            "/finesse/api/User/7001/MediaPropertiesLayouts",
            "/finesse/api/MediaPropertiesLayout/default",
            "/finesse/api/Workflow/3",
            "/finesse/api/WorkflowActions",
            "/finesse/api/Team/5001/Workflows",
            "/finesse/api/User/7001/WrapUpReasons",
            "/finesse/api/Team/5001/WrapUpReasons",
            "/finesse/api/Team/5001/ReasonCodes",
            "/finesse/api/TeamResource/5001/ReasonCodes",
        ] {
            assert_eq!(text.parse::<ApiPath>().map(|path| path.to_string()), Ok(text.to_owned()));
            let with_slash = format!("{text}/");
            assert_eq!(with_slash.parse::<ApiPath>(), Err(PathError::Unknown));
            assert_eq!(ApiPath::parse_lenient(&with_slash), text.parse());
        }
    }

    #[test]
    fn what_is_no_path() {
        for text in [
            "",
            "/",
            "/finesse/api",
            "/finesse/api/",
            "/finesse/api//",
            "finesse/api/Users",
            "/finesse/api/users",
            "/finesse/api/User",
            "/finesse/api/User/",
            "/finesse/api/User/a b",
            "/finesse/api/User/7001/",
            "/finesse/api/User/7001//Dialogs",
            "/finesse/api/User/7001/Dialogs/",
            "/finesse/api/User/7001/ReasonCode/4/x",
            "/finesse/api/Dialog/x",
            "/finesse/api/Dialog/16777217/x",
            "/finesse/api/Team/x",
            "/finesse/api/Team/05",
            "/finesse/api/ReasonCode/-1",
            "/finesse/api/WrapUpReasons/12",
            "/finesse/api/User/7001/WorkflowActions",
            "/finesse/api/Contacts",
            "/finesse/api/Contact/1",
            "/finesse/api/User/7001/PhoneBook/1/Contacts/2",
            "/finesse/api/Team/5001/WrapUpReason",
            "/finesse/api/TeamResource/5001",
        ] {
            assert_eq!(text.parse::<ApiPath>(), Err(PathError::Unknown), "{text:?}");
        }
        assert!(ApiPath::parse_lenient("/finesse/api/Users//").is_err());
    }

    #[test]
    fn a_login_id_in_upper_case_is_for_rest_only() {
        let text = "/finesse/api/User/AMoss";
        assert_eq!(text.parse::<ApiPath>(), Err(PathError::NotCanonical));
        assert_eq!(ApiPath::parse_lenient(text).unwrap().to_string(), "/finesse/api/User/amoss");
    }

    proptest! {
        #[test]
        fn strict_parsing_is_one_to_one(text in "/finesse/api/[UserTeamDialogs0-9/]{0,24}|.*") {
            if let Ok(path) = text.parse::<ApiPath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
