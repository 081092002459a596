//! Tasks that are no calls: who is given which, what agents do with them, and how that shows.

use contact::{
    AgentState, ApiPath, CallDataChange, Command, ConfigurationChange, Deployment, ErrorType, Event, Failure,
    InterruptAction, Kind, LogoutAction, MediaDomain, MediaRequest, MediaState, MediaTerms, ObjectId, Reason,
    ReasonCodeId, Refusal, RequestedState, SessionChange, Settings, TaskAction, TaskId, TaskRequest,
    Timestamp, UserRequest,
};

use crate::calls::Floor;
use crate::room::{state, user};

const CHAT: ObjectId = ObjectId(5001);
/// This one may be interrupted.
const EMAIL: ObjectId = ObjectId(5002);

fn floor() -> Floor {
    floor_by(Settings::default())
}

fn floor_by(settings: Settings) -> Floor {
    let mut floor = Floor::new(settings);
    for (id, name, interruptible) in [(CHAT, "Chat", false), (EMAIL, "Email", true)] {
        let (name, description) = (name.to_owned(), "All of it".to_owned());
        floor.room.configure(Command::add(MediaDomain { id, name, description, interruptible }));
    }
    floor
}

fn ask(
    floor: &mut Floor,
    agent: &str,
    media: ObjectId,
    change: SessionChange,
) -> Result<Vec<Event>, Refusal> {
    let request = MediaRequest { change: Some(change), routable: None };
    floor.command(agent, Command::ChangeMedia { user: user(agent), media, request })
}

fn route(floor: &mut Floor, agent: &str, media: ObjectId, routable: bool) -> Vec<Event> {
    let request = MediaRequest { change: None, routable: Some(routable) };
    floor.command(agent, Command::ChangeMedia { user: user(agent), media, request }).unwrap()
}

fn for_tasks(dialogs_max: u8) -> MediaTerms {
    MediaTerms { dialogs_max, ..MediaTerms::default() }
}

/// Signed in on these terms, and ready.
fn ready(floor: &mut Floor, agent: &str, media: ObjectId, terms: MediaTerms) {
    ask(floor, agent, media, SessionChange::SignIn(terms)).unwrap();
    ask(floor, agent, media, SessionChange::Ready).unwrap();
}

fn submit(floor: &mut Floor, media: ObjectId) -> u32 {
    let variables = vec![("callVariable1".to_owned(), "gold".to_owned())];
    let data = CallDataChange { wrap_up_reason: None, variables };
    let number = floor.room.centre.next_task();
    floor.command("network", Command::SubmitTask { media, data }).unwrap();
    number
}

fn id(floor: &Floor, number: u32) -> TaskId {
    floor.room.centre.task(number).expect("a task").id()
}

fn act(floor: &mut Floor, number: u32, action: TaskAction) -> Vec<Event> {
    let agent = floor.room.centre.task(number).and_then(|task| task.agent().cloned()).expect("an agent");
    let task = id(floor, number);
    floor.command(agent.as_str(), Command::ActOnTask { task, request: TaskRequest { action } }).unwrap()
}

fn acts(floor: &mut Floor, number: u32, actions: &[TaskAction]) {
    for action in actions {
        assert_eq!(failure(&act(floor, number, *action)), None, "{action:?}");
    }
}

/// Who has a task and how far it is: `7001 OFFERED`.
fn with(floor: &Floor, number: u32) -> String {
    let centre = &floor.room.centre;
    let Some(task) = centre.task(number) else { return "done".into() };
    match task.agent() {
        Some(agent) => format!("{agent} {}", centre.shown_state(task).as_str()),
        None => "waits".into(),
    }
}

fn media_state(floor: &Floor, agent: &str, media: ObjectId) -> MediaState {
    let session = floor.room.centre.media_session(&user(agent), media);
    session.map_or(MediaState::Logout, |session| session.state)
}

fn failure(events: &[Event]) -> Option<Failure> {
    events.iter().find_map(|event| match event {
        Event::MediaRequestFailed { failure, .. } => Some(*failure),
        _ => None,
    })
}

fn heard_media(floor: &mut Floor, agent: &str) -> Vec<String> {
    floor.heard_on(&ApiPath::UserMedia(user(agent)))
}

fn heard_tasks(floor: &mut Floor, agent: &str) -> Vec<String> {
    floor.heard_on(&ApiPath::UserTasks(user(agent)))
}

#[test]
fn an_agent_signs_in_to_a_media_domain_is_ready_and_signs_out() {
    let mut floor = floor();
    let path = ApiPath::UserMedium(user("7001"), CHAT).to_string();
    let domain = floor.room.centre.media_domain(CHAT).unwrap().clone();
    assert_eq!(
        contact::media_xml(&floor.room.centre, &user("7001"), &domain),
        format!(
            "<Media><description>All of it</description><id>5001</id><interruptible>false</interruptible>\
             <name>Chat</name><uri>{path}</uri></Media>"
        ),
        "of a domain that the user is not signed in to"
    );
    let terms =
        MediaTerms { dialogs_max: 5, interrupt: InterruptAction::Ignore, at_logout: LogoutAction::Transfer };
    ask(&mut floor, "7001", CHAT, SessionChange::SignIn(terms)).unwrap();
    assert_eq!(
        heard_media(&mut floor, "7001"),
        [format!(
            "<Update><data><media><description>All of it</description>\
             <dialogLogoutAction>TRANSFER</dialogLogoutAction><id>5001</id>\
             <interruptAction>IGNORE</interruptAction><interruptible>false</interruptible>\
             <maxDialogLimit>5</maxDialogLimit><mediaConnected>true</mediaConnected><name>Chat</name>\
             <reasonCodeId>-1</reasonCodeId><routable>true</routable><state>NOT_READY</state>\
             <stateChangeTime>{}</stateChangeTime><uri>{path}</uri></media></data><event>PUT</event>\
             <requestId>r1</requestId><source>{path}</source></Update>",
            floor.now
        )]
    );
    for (change, state) in [
        (SessionChange::Ready, "<state>READY</state>"),
        (SessionChange::NotReady { reason: None }, "<state>NOT_READY</state>"),
        (SessionChange::SignOut { reason: None }, "<state>LOGOUT</state>"),
    ] {
        ask(&mut floor, "7001", CHAT, change).unwrap();
        let heard = heard_media(&mut floor, "7001");
        assert!(heard.len() == 1 && heard[0].contains(state), "{heard:?}");
    }
    assert_eq!(media_state(&floor, "7001", CHAT), MediaState::Logout);
    // What is already so is accepted, and nobody hears of it.
    ready(&mut floor, "7001", CHAT, terms);
    floor.heard();
    assert_eq!(ask(&mut floor, "7001", CHAT, SessionChange::Ready), Ok(Vec::new()));
}

#[test]
fn a_reason_is_one_of_the_users_own() {
    let mut floor = floor();
    let lunch = Command::add_reason_code(4, contact::ReasonCategory::NotReady, 12, "Lunch");
    floor.room.configure(lunch);
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    let reason = |id| SessionChange::NotReady { reason: Some(ReasonCodeId(id)) };
    let refused = ask(&mut floor, "7001", CHAT, reason(9)).unwrap_err();
    assert_eq!((refused.status, refused.error_type), (400, ErrorType::InvalidInput));
    floor.heard();
    ask(&mut floor, "7001", CHAT, reason(4)).unwrap();
    let heard = heard_media(&mut floor, "7001");
    assert!(heard[0].contains("<reasonCodeId>4</reasonCodeId>"), "{heard:?}");
    assert!(heard[0].contains("<label>Lunch</label>"), "{heard:?}");
}

#[test]
fn a_task_is_offered_accepted_begun_paused_and_done() {
    let mut floor = floor();
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    floor.heard();
    let task = submit(&mut floor, CHAT);
    assert_eq!(with(&floor, task), "7001 OFFERED");
    assert_eq!(media_state(&floor, "7001", CHAT), MediaState::Reserved);
    let at = floor.now;
    assert_eq!(
        heard_tasks(&mut floor, "7001"),
        [format!(
            "<Update><data><dialogs><Dialog><associatedDialogUri></associatedDialogUri><id>5001_1_1</id>\
             <mediaProperties><mediaId>5001</mediaId><callvariables>{}</callvariables></mediaProperties>\
             <mediaType>Chat</mediaType><participants><Participant><actions><action>ACCEPT</action></actions>\
             <mediaAddress>7001</mediaAddress><mediaAddressType></mediaAddressType>\
             <startTime>{at}</startTime><state>OFFERED</state><stateCause></stateCause>\
             <stateChangeTime>{at}</stateChangeTime></Participant></participants><secondaryId></secondaryId>\
             <state>OFFERED</state><uri>/finesse/api/Dialog/5001_1_1</uri></Dialog></dialogs></data>\
             <event>POST</event><requestId>r1</requestId>\
             <source>/finesse/api/User/7001/Media/5001/Dialogs</source></Update>",
            variables()
        )]
    );
    for (action, shown, state) in [
        (TaskAction::Accept, "7001 ACCEPTED", MediaState::Reserved),
        (TaskAction::Start, "7001 ACTIVE", MediaState::Active),
        (TaskAction::Pause, "7001 PAUSED", MediaState::Paused),
        (TaskAction::Resume, "7001 ACTIVE", MediaState::Active),
        (TaskAction::WrapUp, "7001 WRAPPING_UP", MediaState::WorkReady),
    ] {
        acts(&mut floor, task, &[action]);
        assert_eq!((with(&floor, task).as_str(), media_state(&floor, "7001", CHAT)), (shown, state));
        let heard = heard_tasks(&mut floor, "7001");
        assert!(heard.len() == 1 && heard[0].contains("<event>PUT</event>"), "{heard:?}");
        assert!(heard[0].contains("<source>/finesse/api/Dialog/5001_1_1</source>"), "{heard:?}");
        assert!(heard[0].contains("<data><dialog>"), "{heard:?}");
    }
    acts(&mut floor, task, &[TaskAction::Close]);
    assert_eq!((with(&floor, task).as_str(), media_state(&floor, "7001", CHAT)), ("done", MediaState::Ready));
    let heard = heard_tasks(&mut floor, "7001");
    assert!(heard[0].contains("<state>CLOSED</state>"), "{heard:?}");
    assert!(heard[0].contains("<event>DELETE</event>"), "{heard:?}");
    assert!(heard[0].contains("<source>/finesse/api/User/7001/Media/5001/Dialogs</source>"), "{heard:?}");
}

fn variables() -> String {
    let value = |n| if n == 1 { "gold" } else { "" };
    let one = |n| {
        let value = value(n);
        format!("<CallVariable><name>callVariable{n}</name><value>{value}</value></CallVariable>")
    };
    (1..=10).map(one).collect()
}

#[test]
fn only_what_the_state_of_a_task_allows_can_be_done_with_it() {
    let allowed: [(&[TaskAction], &str); 5] = [
        (&[], "ACCEPT"),
        (&[TaskAction::Accept], "START CLOSE TRANSFER"),
        (&[TaskAction::Accept, TaskAction::Start], "PAUSE WRAP_UP CLOSE TRANSFER"),
        (&[TaskAction::Accept, TaskAction::Start, TaskAction::Pause], "RESUME WRAP_UP CLOSE TRANSFER"),
        (&[TaskAction::Accept, TaskAction::Start, TaskAction::WrapUp], "CLOSE"),
    ];
    for (before, allowed) in allowed {
        for action in TaskAction::ALL {
            let mut floor = floor();
            ready(&mut floor, "7001", CHAT, for_tasks(1));
            let task = submit(&mut floor, CHAT);
            acts(&mut floor, task, before);
            let is_allowed = allowed.split(' ').any(|known| known == action.as_str());
            floor.heard();
            let failed = failure(&act(&mut floor, task, action));
            assert_eq!(failed.is_none(), is_allowed, "{action:?} after {before:?}");
            if !is_allowed {
                let heard = heard_tasks(&mut floor, "7001");
                assert!(heard[0].contains("<errorMedia>5001</errorMedia>"), "{heard:?}");
                assert!(heard[0].contains("<source>/finesse/api/Dialog/5001_1_1</source>"), "{heard:?}");
            }
        }
    }
}

/// The numbers and constants of "Errors for agent state and mode changes", as far as anything here leads to them.
#[test]
fn what_the_routing_refuses_is_told_by_its_numbers() {
    let sign_in = SessionChange::SignIn(for_tasks(1));
    let not_ready = SessionChange::NotReady { reason: None };
    type Before = fn(&mut Floor);
    let nothing: Before = |_| {};
    let signed_in: Before = |floor| ready(floor, "7001", CHAT, for_tasks(1));
    let offered: Before = |floor| {
        ready(floor, "7001", CHAT, for_tasks(1));
        submit(floor, CHAT);
    };
    let pending: Before = |floor| {
        ready(floor, "7001", CHAT, for_tasks(1));
        let task = submit(floor, CHAT);
        acts(floor, task, &[TaskAction::Accept, TaskAction::Start]);
        ask(floor, "7001", CHAT, SessionChange::NotReady { reason: None }).unwrap();
    };
    for (before, media, change, data, message) in [
        (signed_in, CHAT, sign_in, "1", "E_ARM_STAT_AGENT_ALREADY_LOGGED_IN"),
        (nothing, ObjectId(77), sign_in, "3", "E_ARM_STAT_MRD_LIST_ENTRY_NOT_FOUND"),
        (nothing, ObjectId(77), SessionChange::Ready, "3", "E_ARM_STAT_MRD_LIST_ENTRY_NOT_FOUND"),
        (nothing, CHAT, SessionChange::Ready, "6", "E_ARM_STAT_AGENT_NOT_LOGGED_IN"),
        (nothing, CHAT, SessionChange::SignOut { reason: None }, "6", "E_ARM_STAT_AGENT_NOT_LOGGED_IN"),
        (pending, CHAT, not_ready, "9", "E_ARM_STAT_ALREADY_HAVE_PENDING_MAKE_AGENT_NOT_READY"),
        (nothing, MediaDomain::VOICE, sign_in, "11", "E_ARM_STAT_CANT_LOGIN_TO_VOICE_MRD"),
        (offered, CHAT, not_ready, "14", "E_ARM_STAT_DO_THIS_WITH_TASK_SENT_RECENTLY"),
    ] {
        let mut floor = floor();
        before(&mut floor);
        floor.heard();
        ask(&mut floor, "7001", media, change).unwrap();
        let heard = heard_media(&mut floor, "7001");
        let expected = format!(
            "<apiError><errorData>{data}</errorData><errorMedia>{media}</errorMedia>\
             <errorMessage>{message}</errorMessage>"
        );
        assert!(heard.len() == 1 && heard[0].contains(&expected), "{expected} in {heard:?}");
        assert!(heard[0].contains(&format!("<source>/finesse/api/User/7001/Media/{media}</source>")));
    }
}

#[test]
fn a_task_goes_to_who_has_the_fewest_and_has_waited_longest() {
    let mut floor = floor();
    ready(&mut floor, "7001", CHAT, for_tasks(2));
    ready(&mut floor, "7002", CHAT, for_tasks(3));
    let tasks: Vec<u32> = (0..6).map(|_| submit(&mut floor, CHAT)).collect();
    let agents: Vec<String> = tasks.iter().map(|task| with(&floor, *task)).collect();
    assert_eq!(
        agents,
        ["7001 OFFERED", "7002 OFFERED", "7001 OFFERED", "7002 OFFERED", "7002 OFFERED", "waits"]
    );
    // Whoever has room again is given the one that waits.
    acts(&mut floor, tasks[0], &[TaskAction::Accept, TaskAction::Close]);
    assert_eq!(with(&floor, tasks[5]), "7001 OFFERED");
}

#[test]
fn who_is_not_routable_stays_ready_and_is_given_nothing() {
    let mut floor = floor();
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    route(&mut floor, "7001", CHAT, false);
    let task = submit(&mut floor, CHAT);
    let state = media_state(&floor, "7001", CHAT);
    assert_eq!((with(&floor, task).as_str(), state), ("waits", MediaState::Ready));
    assert_eq!(route(&mut floor, "7001", CHAT, false), Vec::new());
    route(&mut floor, "7001", CHAT, true);
    assert_eq!(with(&floor, task), "7001 OFFERED");
    assert_eq!(failure(&route(&mut floor, "7002", CHAT, true)), Some(Failure::MediaNotSignedIn));
}

#[test]
fn who_does_not_take_a_task_is_not_ready_and_it_goes_on() {
    let mut floor = floor();
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    let task = submit(&mut floor, CHAT);
    let due = floor.room.centre.next_timeout().expect("a time");
    assert_eq!(due, Timestamp(floor.now.0 + 20_000));
    ready(&mut floor, "7002", CHAT, for_tasks(1));
    floor.now = Timestamp(due.0 - 1000);
    floor.command("network", Command::Elapse).unwrap();
    assert_eq!(with(&floor, task), "7002 OFFERED");
    assert_eq!(id(&floor, task).to_string(), "5001_1_2", "another dialog for another agent");
    let session = floor.room.centre.media_session(&user("7001"), CHAT).unwrap();
    assert_eq!((session.state, session.reason), (MediaState::NotReady, Reason::NOT_ANSWERED_UCCE));
    // The first agent's name for it means nothing any more.
    let (task, request) =
        (TaskId { offer: 1, ..id(&floor, task) }, TaskRequest { action: TaskAction::Accept });
    let refused = floor.command("7001", Command::ActOnTask { task, request }).unwrap_err();
    assert_eq!((refused.status, refused.error_type), (404, ErrorType::DialogNotFound));
}

#[test]
fn a_task_that_is_given_back_goes_to_somebody_else_if_there_is_anybody() {
    let mut floor = floor();
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    let task = submit(&mut floor, CHAT);
    acts(&mut floor, task, &[TaskAction::Accept, TaskAction::Transfer]);
    assert_eq!(with(&floor, task), "7001 OFFERED", "nobody else is there");
    ready(&mut floor, "7002", CHAT, for_tasks(1));
    floor.heard();
    acts(&mut floor, task, &[TaskAction::Accept, TaskAction::Start, TaskAction::Transfer]);
    assert_eq!(with(&floor, task), "7002 OFFERED");
    let heard = heard_tasks(&mut floor, "7001");
    assert!(heard.last().unwrap().contains("<event>DELETE</event>"), "{heard:?}");
    assert_eq!(media_state(&floor, "7001", CHAT), MediaState::Ready);
}

#[test]
fn what_becomes_of_tasks_at_sign_out_was_said_at_sign_in() {
    for (at_logout, becomes) in [(LogoutAction::Close, "done"), (LogoutAction::Transfer, "waits")] {
        let mut floor = floor();
        ready(&mut floor, "7001", CHAT, MediaTerms { dialogs_max: 2, at_logout, ..MediaTerms::default() });
        let (begun, offered) = (submit(&mut floor, CHAT), submit(&mut floor, CHAT));
        acts(&mut floor, begun, &[TaskAction::Accept, TaskAction::Start]);
        ask(&mut floor, "7001", CHAT, SessionChange::SignOut { reason: None }).unwrap();
        assert_eq!((with(&floor, begun).as_str(), with(&floor, offered).as_str()), (becomes, "waits"));
    }
}

#[test]
fn a_desktop_that_is_lost_and_signing_out_of_everything_end_the_work() {
    let all = UserRequest { logout_all_media: true, ..state(RequestedState::Logout) };
    for command in [
        Command::DesktopLost { user: user("7001") },
        Command::ChangeState { user: user("7001"), request: all },
    ] {
        let mut floor = floor();
        ready(&mut floor, "7001", CHAT, for_tasks(1));
        ready(&mut floor, "7001", EMAIL, for_tasks(1));
        floor.heard();
        let actor = if matches!(command, Command::DesktopLost { .. }) { "network" } else { "7001" };
        floor.command(actor, command).unwrap();
        assert!(!floor.room.centre.has_media_session(&user("7001")));
        assert_eq!(floor.state("7001"), AgentState::Logout);
        let heard = heard_media(&mut floor, "7001");
        assert!(heard.len() == 2 && heard.iter().all(|it| it.contains("<state>LOGOUT</state>")), "{heard:?}");
    }
    // Signing out of calls alone leaves the rest as it is.
    let mut floor = floor();
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    floor.ask_state("7001", "7001", state(RequestedState::Logout)).unwrap();
    assert_eq!(media_state(&floor, "7001", CHAT), MediaState::Ready);
}

#[test]
fn a_call_interrupts_work_that_allows_it() {
    for (terms, shown, during) in [
        (MediaTerms::default(), "7001 INTERRUPTED", MediaState::Interrupted),
        (
            MediaTerms { interrupt: InterruptAction::Ignore, ..for_tasks(1) },
            "7001 ACTIVE",
            MediaState::Active,
        ),
    ] {
        let mut floor = floor();
        ready(&mut floor, "7001", EMAIL, terms);
        let task = submit(&mut floor, EMAIL);
        acts(&mut floor, task, &[TaskAction::Accept, TaskAction::Start]);
        floor.ready(&["7001"]);
        let call = floor.incoming("5551001", "2101");
        assert_eq!((with(&floor, task).as_str(), media_state(&floor, "7001", EMAIL)), (shown, during));
        if during == MediaState::Interrupted {
            // Of the dialog nothing is said; nothing can be done with it.
            assert_eq!(heard_tasks(&mut floor, "7001"), Vec::<String>::new());
            assert_eq!(failure(&act(&mut floor, task, TaskAction::Pause)), Some(Failure::ActionNotAllowed));
        }
        floor.act("7001", call, contact::Action::Answer);
        floor.heard();
        floor.act("7001", call, contact::Action::Drop);
        assert_eq!(
            (with(&floor, task).as_str(), media_state(&floor, "7001", EMAIL)),
            ("7001 ACTIVE", MediaState::Active)
        );
    }
}

#[test]
fn what_interrupts_is_said_as_a_change_of_the_media_state() {
    let mut floor = floor();
    ready(&mut floor, "7001", EMAIL, for_tasks(1));
    let task = submit(&mut floor, EMAIL);
    acts(&mut floor, task, &[TaskAction::Accept, TaskAction::Start]);
    floor.ready(&["7001"]);
    floor.incoming("5551001", "2101");
    let heard = heard_media(&mut floor, "7001");
    assert!(heard.len() == 1 && heard[0].contains("<state>INTERRUPTED</state>"), "{heard:?}");
    assert!(heard[0].contains(&format!("<stateChangeTime>{}</stateChangeTime>", floor.now)), "{heard:?}");
}

#[test]
fn calls_and_tasks_wait_for_each_other_where_neither_may_interrupt() {
    let mut floor = floor();
    let queue = contact::Queue {
        id: contact::QueueId(1),
        name: "Sales".into(),
        numbers: [crate::calls::address("8001")].into(),
        teams: [contact::TeamId(1)].into(),
    };
    floor.room.configure(Command::AddQueue(queue));
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    floor.ready(&["7001"]);
    let task = submit(&mut floor, CHAT);
    let call = floor.incoming("5551001", "8001");
    assert_eq!(floor.state("7001"), AgentState::Ready, "the call waits for the chat");
    let next = submit(&mut floor, CHAT);
    // No more tasks, so that the call's turn comes.
    acts(&mut floor, task, &[TaskAction::Accept]);
    ask(&mut floor, "7001", CHAT, SessionChange::NotReady { reason: None }).unwrap();
    acts(&mut floor, task, &[TaskAction::Close]);
    assert_eq!(floor.state("7001"), AgentState::Reserved);
    // Now the next task waits for the call.
    ask(&mut floor, "7001", CHAT, SessionChange::Ready).unwrap();
    floor.act("7001", call, contact::Action::Answer);
    assert_eq!(with(&floor, next), "waits");
    floor.act("7001", call, contact::Action::Drop);
    assert_eq!(with(&floor, next), "7001 OFFERED");
}

#[test]
fn nobody_asks_for_another_and_nobody_on_ccx() {
    let mut floor = floor();
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    let task = submit(&mut floor, CHAT);
    let request = MediaRequest { change: Some(SessionChange::Ready), routable: None };
    let command = Command::ChangeMedia { user: user("7001"), media: CHAT, request };
    for actor in ["7000", "7002", "boss"] {
        assert_eq!(floor.command(actor, command.clone()).unwrap_err().status, 401, "{actor}");
    }
    let request = TaskRequest { action: TaskAction::Accept };
    let command = Command::ActOnTask { task: id(&floor, task), request };
    assert_eq!(floor.command("7002", command).unwrap_err().status, 401);
    assert_eq!(floor.command("7001", Command::EndTask { number: task }).unwrap_err().status, 401);

    let mut ccx = floor_by(Settings { deployment: Deployment::Uccx, ..Settings::default() });
    let refused = ask(&mut ccx, "7001", CHAT, SessionChange::Ready).unwrap_err();
    assert_eq!((refused.status, refused.error_type), (501, ErrorType::NotImplemented));
}

#[test]
fn a_domain_in_use_stays() {
    let mut floor = floor();
    ready(&mut floor, "7001", CHAT, for_tasks(1));
    let change = |change| Command::Configure(Box::new(change));
    let remove = change(ConfigurationChange::Remove { kind: Kind::MediaDomain, id: CHAT });
    assert_eq!(floor.command("network", remove.clone()).unwrap_err().error_type, ErrorType::FinesseApiError);
    let domain = floor.room.centre.media_domain(CHAT).unwrap().clone();
    let other = MediaDomain { interruptible: true, ..domain.clone() };
    let other = change(ConfigurationChange::Replace(other.into()));
    assert_eq!(floor.command("network", other.clone()).unwrap_err().error_type, ErrorType::FinesseApiError);
    let renamed = MediaDomain { name: "Talk".into(), ..domain };
    floor.command("network", change(ConfigurationChange::Replace(renamed.into()))).unwrap();
    ask(&mut floor, "7001", CHAT, SessionChange::SignOut { reason: None }).unwrap();
    floor.command("network", other).unwrap();
    floor.command("network", remove).unwrap();
    assert!(floor.room.centre.media_domain(CHAT).is_none());
    assert_eq!(floor.room.centre.next_object(Kind::MediaDomain), ObjectId(5003));
}

#[test]
fn there_are_only_so_many_tasks() {
    let mut floor = floor_by(Settings { tasks_max: 2, ..Settings::default() });
    let (first, _) = (submit(&mut floor, CHAT), submit(&mut floor, CHAT));
    let third = Command::SubmitTask { media: CHAT, data: CallDataChange::default() };
    let refused = floor.command("network", third.clone()).unwrap_err();
    assert_eq!((refused.status, refused.error_type), (400, ErrorType::SystemResourceLimit));
    floor.command("network", Command::EndTask { number: first }).unwrap();
    floor.command("network", third).unwrap();
    assert_eq!(floor.room.centre.next_task(), 4, "no number is given twice");
}
