//! What has happened: the facts that the log keeps, from which everything is rebuilt.
//!
//! This is the log's format. It only grows: a new variant, or a new field with a default. A test pins the
//! text of every variant.

use serde::{Deserialize, Serialize};

use crate::{
    ConfigDocument, Configured, Contact, Dialog, DialogId, Extension, Failure, Kind, MediaSession, ObjectId,
    Queue, QueueId, QueueStatistics, Reason, ReasonCode, StateChange, Subtree, Task, TaskId, TeamId,
    TeamMessage, TeamMessageId, Timestamp, UserDetails, UserId,
};

/// A fact about the contact centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// There is a new team.
    TeamAdded {
        /// Its number.
        id: TeamId,
        /// Its name.
        name: String,
    },
    /// There is a new reason code. Logs of earlier versions only; now it is an [`Event::Configured`].
    ReasonCodeAdded(ReasonCode),
    /// A configured object is this from now on, for the first time or again.
    Configured(Configured),
    /// A configured object is gone, and assigned to nobody.
    ConfigurationRemoved {
        /// Its kind.
        kind: Kind,
        /// Its key.
        id: ObjectId,
    },
    /// A phone book has these contacts and no others.
    ContactsReplaced {
        /// Which phone book.
        phone_book: ObjectId,
        /// Its contacts.
        contacts: Vec<Contact>,
    },
    /// A team has these objects of a kind and no others, besides those that are for all.
    TeamAssigned {
        /// Which team.
        team: TeamId,
        /// Objects of which kind.
        kind: Kind,
        /// Their keys.
        ids: Vec<ObjectId>,
    },
    /// A configured document says this from now on.
    ConfigDocumentChanged {
        /// Which document.
        document: ConfigDocument,
        /// All of it.
        content: Subtree,
    },
    /// Snapshots only: the next object of a kind has this key.
    NextConfigured {
        /// The kind.
        kind: Kind,
        /// The key.
        id: ObjectId,
    },
    /// There is a new queue.
    QueueAdded(Queue),
    /// It was looked how it stands with a queue, after something had happened there. Told if it is news.
    QueueLookedAt {
        /// Which queue.
        queue: QueueId,
        /// When.
        at: Timestamp,
        /// What was found.
        found: QueueStatistics,
    },
    /// Agents can sign in on more extensions.
    ExtensionsAdded {
        /// The first.
        first: Extension,
        /// The last.
        last: Extension,
    },
    /// There is a new user, signed out.
    UserAdded(UserDetails),
    /// What is configured about a user is now this.
    UserUpdated(UserDetails),
    /// A user is gone.
    UserRemoved {
        /// Who.
        user: UserId,
    },
    /// A user's state, its reason, or both are now these.
    UserStateChanged {
        /// Who.
        user: UserId,
        /// The state, since when, and what belongs to it.
        #[serde(flatten)]
        change: StateChange,
    },
    /// A call is this from now on, for the first time or again.
    DialogChanged(Box<Dialog>),
    /// Snapshots only: the next call has this number.
    NextDialog {
        /// The number.
        id: DialogId,
    },
    /// A user's sign-in to a media domain is this from now on, for the first time or again. Its state follows from the
    /// tasks, with the time of what has changed it last.
    MediaSessionChanged {
        /// Who.
        user: UserId,
        /// Which domain.
        media: ObjectId,
        /// The sign-in.
        session: MediaSession,
        /// When.
        at: Timestamp,
    },
    /// A user has signed out of a media domain.
    MediaSessionEnded {
        /// Who.
        user: UserId,
        /// Which domain.
        media: ObjectId,
        /// Why.
        #[serde(default)]
        reason: Reason,
        /// When.
        at: Timestamp,
    },
    /// A task is this from now on, for the first time or again.
    TaskChanged {
        /// The task.
        #[serde(flatten)]
        task: Box<Task>,
        /// When.
        at: Timestamp,
    },
    /// A task is done.
    TaskClosed {
        /// Its number.
        number: u32,
        /// When.
        at: Timestamp,
    },
    /// Snapshots only: a task had this number, and is done.
    LastTask {
        /// The number.
        number: u32,
    },
    /// A request about a media domain or a task was accepted and then failed. It changes nothing, and the user is told.
    MediaRequestFailed {
        /// Who asked.
        user: UserId,
        /// About which domain.
        media: ObjectId,
        /// About which task; none for the sign-in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        /// What went wrong.
        failure: Failure,
    },
    /// A user's desktop was asked for its log. It changes nothing, and the desktop is told.
    ClientLogAskedFor {
        /// Whose.
        user: UserId,
    },
    /// There is a new team message.
    TeamMessageCreated(TeamMessage),
    /// A team message is gone: deleted, or its time is over.
    TeamMessageEnded {
        /// Which.
        id: TeamMessageId,
    },
    /// Snapshots only: a team message had this number, and is gone.
    LastTeamMessage {
        /// The number.
        id: TeamMessageId,
    },
    /// A request about a call was accepted and then failed. It changes nothing, and the user is told.
    DialogRequestFailed {
        /// Who asked.
        user: UserId,
        /// About which call; none if there was none yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dialog: Option<DialogId>,
        /// What went wrong.
        failure: Failure,
    },
    /// A request was accepted and then failed. It changes nothing, and the user is told.
    RequestFailed {
        /// Whose resource the request was for.
        user: UserId,
        /// What went wrong.
        failure: Failure,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Address, AfterCall, AgentState, CallData, CallDataChange, CallType, Callback, Campaign,
        Classification, Deed, MediaDomain, MediaPropertiesLayout, MediaTerms, Participant, ParticipantState,
        PhoneBook, Reach, Reason, ReasonCategory, ReasonCodeId, Role, Roles, Subtree, Workflow,
        WorkflowAction, WrapUp, WrapUpMode, WrapUpReason,
    };

    fn details() -> UserDetails {
        UserDetails {
            id: UserId::new("7001").unwrap(),
            login_name: "AMoss".into(),
            first_name: "Ada".into(),
            last_name: "Moss".into(),
            roles: Roles::of(Role::Agent).with(Role::Supervisor),
            team: Some(TeamId(1)),
            supervises: vec![TeamId(1), TeamId(2)],
            extension: Some(Extension::new("2101").unwrap()),
            wrap_up: WrapUp::default(),
        }
    }

    /// A call from a queue, on hold while the agent asks somebody about it.
    fn call() -> Dialog {
        let at = Timestamp(1_767_605_411_402);
        let number = |text| Address::new(text).unwrap();
        let agent = UserId::new("7001").unwrap();
        let mut data = CallData::default();
        data.change(&CallDataChange {
            wrap_up_reason: Some("Sold".into()),
            variables: vec![("callVariable1".into(), "gold".into())],
        });
        let mut own = Participant::new(number("2101"), Some(agent.clone()), ParticipantState::Held, at);
        own.consult = Some(DialogId(16_777_218));
        Dialog {
            id: DialogId::FIRST,
            call_type: CallType::PrerouteAcdIn,
            from: number("5551001"),
            to: number("8001"),
            dialed: number("8001"),
            participants: vec![Participant::new(number("5551001"), None, ParticipantState::Active, at), own],
            data,
            associated: None,
            secondary: Some(DialogId(16_777_218)),
            controller: None,
            queue: Some(QueueId(1)),
            campaign: None,
            audience: [agent].into(),
        }
    }

    /// A call that the dialler has brought, to be made again.
    fn outbound() -> Dialog {
        let at = Timestamp(1_767_605_411_402);
        let number = |text| Address::new(text).unwrap();
        let agent = UserId::new("7001").unwrap();
        let callback =
            Callback { time: Some("2026-01-06T14:30".parse().unwrap()), number: Some(number("5559002")) };
        Dialog {
            call_type: CallType::OutboundPreview,
            from: number("2101"),
            to: number("5559001"),
            dialed: number("5559001"),
            participants: vec![Participant::new(number("2101"), Some(agent), ParticipantState::Accepted, at)],
            data: CallData::default(),
            secondary: None,
            queue: None,
            campaign: Some(Box::new(Campaign {
                name: "Spring".into(),
                customer: number("5559001"),
                classification: Some(Classification::AnsMachine),
                callback: Some(callback),
                reserved: None,
            })),
            ..call()
        }
    }

    /// A call that the dialler makes while an agent is reserved for it.
    fn dialled() -> Dialog {
        let at = Timestamp(1_767_605_411_402);
        let customer = Address::new("5559001").unwrap();
        let campaign = outbound().campaign.map(|campaign| Campaign {
            classification: None,
            callback: None,
            reserved: UserId::new("7001").ok(),
            ..*campaign
        });
        Dialog {
            call_type: CallType::AutoOut,
            participants: vec![Participant::new(customer, None, ParticipantState::Alerting, at)],
            campaign: campaign.map(Box::new),
            audience: [].into(),
            ..outbound()
        }
    }

    /// The log's text. A change here makes logs that exist unreadable: add, do not edit.
    #[test]
    fn the_log_format_is_pinned() {
        let user = UserId::new("7001").unwrap();
        let extension = Extension::new("2101").unwrap();
        let changed = |state, reason, extension| Event::UserStateChanged {
            user: UserId::new("7001").unwrap(),
            change: StateChange {
                state,
                reason,
                extension,
                at: Timestamp(1_767_605_411_402),
                after_call: None,
            },
        };
        let plain = UserDetails {
            roles: Roles::of(Role::Administrator),
            team: None,
            supervises: vec![],
            extension: None,
            ..details()
        };
        let reason_code = ReasonCode {
            id: ReasonCodeId(4),
            category: ReasonCategory::NotReady,
            code: 12,
            label: "Lunch".into(),
            for_all: true,
        };
        let phone_book = PhoneBook { id: ObjectId(2), name: "Suppliers".into(), reach: Reach::Team };
        let contact = Contact {
            id: ObjectId(7),
            phone_book: ObjectId(2),
            first_name: "Ada".into(),
            last_name: String::new(),
            phone_number: "+1 408 555 0100".into(),
            description: String::new(),
        };
        let talking = StateChange {
            state: AgentState::Talking,
            reason: Reason::None,
            extension: Some(extension.clone()),
            at: Timestamp(1_767_605_411_402),
            after_call: Some(AfterCall {
                state: AgentState::NotReady,
                reason: Reason::Code { id: ReasonCodeId(4) },
                is_asked_for: true,
            }),
        };
        let action = WorkflowAction {
            id: ObjectId(1),
            name: "Page".into(),
            deed: Deed::BrowserPop,
            handled_by: "OTHER".into(),
            params: Some(Subtree::with_parts("params", vec![Subtree::with_text("x", "y".into())])),
            variables: None,
        };
        let workflow = Workflow {
            id: ObjectId(2),
            name: "W".into(),
            description: String::new(),
            media: "Voice".into(),
            triggers: None,
            conditions: None,
            actions: vec![ObjectId(1)],
        };
        let layout = MediaPropertiesLayout {
            id: ObjectId(3),
            name: "L".into(),
            description: String::new(),
            header: None,
            columns: vec![Subtree::with_parts("column", Vec::new())],
        };
        let domain = MediaDomain {
            id: ObjectId(5001),
            name: "Chat".into(),
            description: String::new(),
            interruptible: true,
        };
        let session = MediaSession::new(MediaTerms::default(), Timestamp(1));
        let waiting = Task::new(17, ObjectId(5001), CallData::default(), Timestamp(1));
        let wrap_up =
            WrapUp { incoming: WrapUpMode::Required, outgoing: WrapUpMode::NotAllowed, seconds: 30 };
        let wrapping_up = UserDetails { wrap_up, ..plain.clone() };
        for (event, text) in [
            (
                Event::TeamAdded { id: TeamId(1), name: "Sales".into() },
                r#"{"event":"team_added","id":1,"name":"Sales"}"#,
            ),
            (
                Event::ReasonCodeAdded(reason_code.clone()),
                r#"{"event":"reason_code_added","id":4,"category":"NOT_READY","code":12,"label":"Lunch","for_all":true}"#,
            ),
            (
                Event::Configured(reason_code.into()),
                r#"{"event":"configured","kind":"reason_code","id":4,"category":"NOT_READY","code":12,"label":"Lunch","for_all":true}"#,
            ),
            (
                Event::Configured(
                    WrapUpReason { id: ObjectId(3), label: "Sold".into(), for_all: false }.into(),
                ),
                r#"{"event":"configured","kind":"wrap_up_reason","id":3,"label":"Sold","for_all":false}"#,
            ),
            (
                Event::Configured(phone_book.into()),
                r#"{"event":"configured","kind":"phone_book","id":2,"name":"Suppliers","type":"TEAM"}"#,
            ),
            (
                Event::Configured(contact.clone().into()),
                r#"{"event":"configured","kind":"contact","id":7,"phone_book":2,"first_name":"Ada","phone_number":"+1 408 555 0100"}"#,
            ),
            (
                Event::Configured(action.into()),
                r#"{"event":"configured","kind":"workflow_action","id":1,"name":"Page","type":"BROWSER_POP","handled_by":"OTHER","params":{"name":"params","parts":[{"name":"x","text":"y"}]}}"#,
            ),
            (
                Event::Configured(workflow.into()),
                r#"{"event":"configured","kind":"workflow","id":2,"name":"W","media":"Voice","actions":[1]}"#,
            ),
            (
                Event::Configured(layout.into()),
                r#"{"event":"configured","kind":"media_properties_layout","id":3,"name":"L","columns":[{"name":"column"}]}"#,
            ),
            (
                Event::ContactsReplaced { phone_book: ObjectId(2), contacts: vec![contact] },
                r#"{"event":"contacts_replaced","phone_book":2,"contacts":[{"id":7,"phone_book":2,"first_name":"Ada","phone_number":"+1 408 555 0100"}]}"#,
            ),
            (
                Event::ConfigurationRemoved { kind: Kind::WrapUpReason, id: ObjectId(3) },
                r#"{"event":"configuration_removed","kind":"wrap_up_reason","id":3}"#,
            ),
            (
                Event::ConfigDocumentChanged {
                    document: ConfigDocument::TeamLayout(TeamId(1)),
                    content: Subtree::with_parts(
                        "TeamLayoutConfig",
                        vec![Subtree::with_text("useDefault", "true".into())],
                    ),
                },
                r#"{"event":"config_document_changed","document":{"team_layout":1},"content":{"name":"TeamLayoutConfig","parts":[{"name":"useDefault","text":"true"}]}}"#,
            ),
            (
                Event::ConfigDocumentChanged {
                    document: ConfigDocument::System,
                    content: Subtree::with_parts("SystemConfig", Vec::new()),
                },
                r#"{"event":"config_document_changed","document":"system","content":{"name":"SystemConfig"}}"#,
            ),
            (
                Event::TeamAssigned {
                    team: TeamId(1),
                    kind: Kind::ReasonCode,
                    ids: vec![ObjectId(4), ObjectId(2)],
                },
                r#"{"event":"team_assigned","team":1,"kind":"reason_code","ids":[4,2]}"#,
            ),
            (
                Event::NextConfigured { kind: Kind::ReasonCode, id: ObjectId(5) },
                r#"{"event":"next_configured","kind":"reason_code","id":5}"#,
            ),
            (
                Event::ExtensionsAdded { first: extension.clone(), last: Extension::new("2199").unwrap() },
                r#"{"event":"extensions_added","first":"2101","last":"2199"}"#,
            ),
            (
                Event::UserAdded(details()),
                r#"{"event":"user_added","id":"7001","login_name":"AMoss","first_name":"Ada","last_name":"Moss","roles":["agent","supervisor"],"team":1,"supervises":[1,2],"extension":"2101"}"#,
            ),
            (
                Event::UserUpdated(plain),
                r#"{"event":"user_updated","id":"7001","login_name":"AMoss","first_name":"Ada","last_name":"Moss","roles":["administrator"]}"#,
            ),
            (
                Event::Configured(domain.into()),
                r#"{"event":"configured","kind":"media_domain","id":5001,"name":"Chat","interruptible":true}"#,
            ),
            (
                Event::MediaSessionChanged {
                    user: user.clone(),
                    media: ObjectId(5001),
                    session: session.clone(),
                    at: Timestamp(2),
                },
                r#"{"event":"media_session_changed","user":"7001","media":5001,"session":{"dialogs_max":1,"interrupt":"ACCEPT","at_logout":"CLOSE","ready":false,"reason":{"kind":"unspecified"},"routable":true,"state":"NOT_READY","since":1},"at":2}"#,
            ),
            (
                Event::MediaSessionEnded {
                    user: user.clone(),
                    media: ObjectId(5001),
                    reason: Reason::CONNECTION_LOST,
                    at: Timestamp(2),
                },
                r#"{"event":"media_session_ended","user":"7001","media":5001,"reason":{"kind":"system","code":255},"at":2}"#,
            ),
            (
                Event::TaskChanged { task: Box::new(waiting.clone()), at: Timestamp(2) },
                r#"{"event":"task_changed","number":17,"media":5001,"created_at":1,"at":2}"#,
            ),
            (
                Event::TaskChanged {
                    task: Box::new(waiting.offered_to(user.clone(), Timestamp(2))),
                    at: Timestamp(2),
                },
                r#"{"event":"task_changed","number":17,"media":5001,"offers":1,"created_at":1,"assigned":{"agent":"7001","state":"OFFERED","since":2,"changed_at":2},"at":2}"#,
            ),
            (
                Event::TaskClosed { number: 17, at: Timestamp(2) },
                r#"{"event":"task_closed","number":17,"at":2}"#,
            ),
            (
                Event::ClientLogAskedFor { user: user.clone() },
                r#"{"event":"client_log_asked_for","user":"7001"}"#,
            ),
            (Event::LastTask { number: 17 }, r#"{"event":"last_task","number":17}"#),
            (
                Event::MediaRequestFailed {
                    user: user.clone(),
                    media: ObjectId(5001),
                    task: Some(TaskId { media: ObjectId(5001), number: 17, offer: 1 }),
                    failure: Failure::TaskIsOffered,
                },
                r#"{"event":"media_request_failed","user":"7001","media":5001,"task":"5001_17_1","failure":"task_is_offered"}"#,
            ),
            (Event::UserRemoved { user: user.clone() }, r#"{"event":"user_removed","user":"7001"}"#),
            (
                changed(AgentState::NotReady, Reason::Code { id: ReasonCodeId(4) }, Some(extension.clone())),
                r#"{"event":"user_state_changed","user":"7001","state":"NOT_READY","reason":{"kind":"code","id":4},"extension":"2101","at":1767605411402}"#,
            ),
            (
                changed(AgentState::NotReady, Reason::SUPERVISOR_UCCE, Some(extension.clone())),
                r#"{"event":"user_state_changed","user":"7001","state":"NOT_READY","reason":{"kind":"system","code":999},"extension":"2101","at":1767605411402}"#,
            ),
            (
                changed(AgentState::Ready, Reason::None, Some(extension)),
                r#"{"event":"user_state_changed","user":"7001","state":"READY","reason":{"kind":"none"},"extension":"2101","at":1767605411402}"#,
            ),
            (
                changed(AgentState::Logout, Reason::Unspecified, None),
                r#"{"event":"user_state_changed","user":"7001","state":"LOGOUT","reason":{"kind":"unspecified"},"at":1767605411402}"#,
            ),
            (
                Event::UserStateChanged { user: user.clone(), change: talking },
                r#"{"event":"user_state_changed","user":"7001","state":"TALKING","reason":{"kind":"none"},"extension":"2101","at":1767605411402,"after_call":{"state":"NOT_READY","reason":{"kind":"code","id":4},"is_asked_for":true}}"#,
            ),
            (
                Event::UserAdded(wrapping_up),
                r#"{"event":"user_added","id":"7001","login_name":"AMoss","first_name":"Ada","last_name":"Moss","roles":["administrator"],"wrap_up":{"incoming":"REQUIRED","outgoing":"NOT_ALLOWED","seconds":30}}"#,
            ),
            (
                Event::DialogChanged(Box::new(call())),
                r#"{"event":"dialog_changed","id":16777217,"call_type":"PREROUTE_ACD_IN","from":"5551001","to":"8001","dialed":"8001","participants":[{"address":"5551001","state":"ACTIVE","started_at":1767605411402,"changed_at":1767605411402},{"address":"2101","user":"7001","state":"HELD","consult":16777218,"started_at":1767605411402,"changed_at":1767605411402}],"data":{"variables":{"callVariable1":"gold"},"wrap_up_reason":"Sold"},"secondary":16777218,"queue":1,"audience":["7001"]}"#,
            ),
            (
                Event::DialogChanged(Box::new(outbound())),
                r#"{"event":"dialog_changed","id":16777217,"call_type":"OUTBOUND_PREVIEW","from":"2101","to":"5559001","dialed":"5559001","participants":[{"address":"2101","user":"7001","state":"ACCEPTED","started_at":1767605411402,"changed_at":1767605411402}],"campaign":{"name":"Spring","customer":"5559001","classification":"ANS_MACHINE","callback":{"time":"2026-01-06T14:30","number":"5559002"}},"audience":["7001"]}"#,
            ),
            (
                Event::DialogChanged(Box::new(dialled())),
                r#"{"event":"dialog_changed","id":16777217,"call_type":"AUTO_OUT","from":"2101","to":"5559001","dialed":"5559001","participants":[{"address":"5559001","state":"ALERTING","started_at":1767605411402,"changed_at":1767605411402}],"campaign":{"name":"Spring","customer":"5559001","reserved":"7001"},"audience":[]}"#,
            ),
            (Event::NextDialog { id: DialogId(16_777_219) }, r#"{"event":"next_dialog","id":16777219}"#),
            (
                Event::DialogRequestFailed {
                    user: user.clone(),
                    dialog: Some(DialogId::FIRST),
                    failure: Failure::ActionNotAllowed,
                },
                r#"{"event":"dialog_request_failed","user":"7001","dialog":16777217,"failure":"action_not_allowed"}"#,
            ),
            (
                Event::QueueAdded(Queue {
                    id: QueueId(1),
                    name: "Sales".into(),
                    numbers: [Address::new("8001").unwrap()].into(),
                    teams: [TeamId(1)].into(),
                }),
                r#"{"event":"queue_added","id":1,"name":"Sales","numbers":["8001"],"teams":[1]}"#,
            ),
            (
                Event::QueueLookedAt {
                    queue: QueueId(1),
                    at: Timestamp(1_767_605_411_402),
                    found: QueueStatistics { ready: 2, logged_on: 2, ..QueueStatistics::default() },
                },
                r#"{"event":"queue_looked_at","queue":1,"at":1767605411402,"found":{"calls_in_queue":0,"ready":2,"not_ready":0,"busy_other":0,"logged_on":2,"talking_inbound":0,"talking_outbound":0,"talking_internal":0,"wrap_up_not_ready":0,"wrap_up_ready":0}}"#,
            ),
            (
                Event::TeamMessageCreated(TeamMessage {
                    id: TeamMessageId(3),
                    created_by: user.clone(),
                    first_name: "Ada".into(),
                    last_name: "Moss".into(),
                    created_at: Timestamp(1_767_605_411_402),
                    seconds: 600,
                    content: "Fire drill at 3".into(),
                    teams: [TeamId(1), TeamId(2)].into(),
                }),
                r#"{"event":"team_message_created","id":3,"created_by":"7001","first_name":"Ada","last_name":"Moss","created_at":1767605411402,"seconds":600,"content":"Fire drill at 3","teams":[1,2]}"#,
            ),
            (Event::TeamMessageEnded { id: TeamMessageId(3) }, r#"{"event":"team_message_ended","id":3}"#),
            (Event::LastTeamMessage { id: TeamMessageId(3) }, r#"{"event":"last_team_message","id":3}"#),
            (
                Event::RequestFailed { user, failure: Failure::InvalidLogonDevice },
                r#"{"event":"request_failed","user":"7001","failure":"invalid_logon_device"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&event).unwrap(), text);
            assert_eq!(serde_json::from_str::<Event>(text).unwrap(), event);
        }
    }

    #[test]
    fn a_field_from_the_future_is_ignored() {
        let text = r#"{"event":"team_added","id":1,"name":"Sales","colour":"green"}"#;
        assert_eq!(
            serde_json::from_str::<Event>(text).unwrap(),
            Event::TeamAdded { id: TeamId(1), name: "Sales".into() }
        );
    }
}
