//! Whatever is asked of calls, in whatever order: no state is illegal, nobody is lost, nothing panics.

use contact::{
    Action, Actor, CallDataChange, Callback, Classification, Command, ContactCentre, Deployment, DialogId,
    DialogRequest, Event, InterruptAction, LogoutAction, MediaDomain, MediaRequest, MediaTerms, NetworkEvent,
    ObjectId, Queue, QueueId, RequestedState, SessionChange, Settings, StateCause, TaskAction, TaskRequest,
    TeamId, Timestamp, UserChanges, UserRequest, WrapUp, WrapUpMode,
};
use proptest::prelude::*;

use crate::calls::address;
use crate::room::{NOW, Room, extension, user};

const AGENTS: [(&str, &str); 4] = [("7000", "2190"), ("7001", "2101"), ("7002", "2102"), ("7003", "2103")];
/// A queue of the supervisor's team: the first three agents.
const QUEUE: &str = "8001";
const CHAT: ObjectId = ObjectId(5001);
/// This one may be interrupted.
const EMAIL: ObjectId = ObjectId(5002);
const OUTSIDE: [&str; 2] = ["5551", "5552"];

/// One thing that happens. Calls are named by place among those that there are, so that most names mean something.
#[derive(Clone, Debug)]
enum Step {
    State { agent: usize, wish: RequestedState },
    Make { agent: usize, to: usize },
    Monitor { agent: usize, of: usize },
    Barge { agent: usize, of: usize, call: usize },
    Plain { agent: usize, call: usize, action: Action },
    Towards { agent: usize, call: usize, action: Action, to: usize },
    Data { agent: usize, call: usize },
    DropOther { call: usize, of: usize },
    Incoming { from: usize, to: usize },
    Preview { agent: usize, to: usize },
    Progressive { agent: usize, to: usize },
    Callback { agent: usize, call: usize, is_time: bool },
    Outside { call: usize, from: usize, what: u8 },
    Pass { ms: i64 },
    WrapUp { agent: usize, mode: usize },
    DesktopLost { agent: usize },
    LinkRestored { agent: usize },
    Media { agent: usize, domain: usize, what: usize },
    Task { agent: usize, task: usize, action: usize },
    Submit { domain: usize },
    EndTask { task: usize },
    Remove,
}

fn step() -> impl Strategy<Value = Step> {
    let agent = 0..AGENTS.len();
    let call = 0..4usize;
    let number = 0..AGENTS.len() + OUTSIDE.len() + 3;
    let plain = prop::sample::select(vec![
        Action::Answer,
        Action::Answer,
        Action::Hold,
        Action::Retrieve,
        Action::Drop,
        Action::Transfer,
        Action::Conference,
        Action::Accept,
        Action::Accept,
        Action::Reject,
        Action::CancelScheduledCallback,
    ]);
    let towards = prop::sample::select(vec![Action::ConsultCall, Action::ConsultCall, Action::TransferSst]);
    prop_oneof![
        4 => (agent.clone(), prop::sample::select(RequestedState::ALL.to_vec()))
            .prop_map(|(agent, wish)| Step::State { agent, wish }),
        4 => (agent.clone(), number.clone()).prop_map(|(agent, to)| Step::Make { agent, to }),
        1 => (agent.clone(), agent.clone()).prop_map(|(agent, of)| Step::Monitor { agent, of }),
        1 => (agent.clone(), agent.clone(), call.clone())
            .prop_map(|(agent, of, call)| Step::Barge { agent, of, call }),
        20 => (agent.clone(), call.clone(), plain)
            .prop_map(|(agent, call, action)| Step::Plain { agent, call, action }),
        5 => (agent.clone(), call.clone(), towards, number.clone())
            .prop_map(|(agent, call, action, to)| Step::Towards { agent, call, action, to }),
        1 => (agent.clone(), call.clone()).prop_map(|(agent, call)| Step::Data { agent, call }),
        1 => (call.clone(), agent.clone()).prop_map(|(call, of)| Step::DropOther { call, of }),
        5 => (0..OUTSIDE.len(), 0..AGENTS.len() + 3).prop_map(|(from, to)| Step::Incoming { from, to }),
        4 => (agent.clone(), 0..OUTSIDE.len()).prop_map(|(agent, to)| Step::Preview { agent, to }),
        3 => (agent.clone(), 0..OUTSIDE.len()).prop_map(|(agent, to)| Step::Progressive { agent, to }),
        1 => (agent.clone(), call.clone(), any::<bool>())
            .prop_map(|(agent, call, is_time)| Step::Callback { agent, call, is_time }),
        5 => (call, 0..OUTSIDE.len(), 0..3u8).prop_map(|(call, from, what)| Step::Outside { call, from, what }),
        3 => (0..30_000i64).prop_map(|ms| Step::Pass { ms }),
        1 => (agent, 0..4usize).prop_map(|(agent, mode)| Step::WrapUp { agent, mode }),
        1 => (0..AGENTS.len()).prop_map(|agent| Step::DesktopLost { agent }),
        1 => (0..AGENTS.len()).prop_map(|agent| Step::LinkRestored { agent }),
        6 => (0..AGENTS.len(), 0..3usize, 0..8usize)
            .prop_map(|(agent, domain, what)| Step::Media { agent, domain, what }),
        8 => (0..AGENTS.len(), 0..3usize, 0..TaskAction::ALL.len())
            .prop_map(|(agent, task, action)| Step::Task { agent, task, action }),
        4 => (0..2usize).prop_map(|domain| Step::Submit { domain }),
        1 => (0..3usize).prop_map(|task| Step::EndTask { task }),
        1 => Just(Step::Remove),
    ]
}

fn number(place: usize) -> &'static str {
    let agents = AGENTS.map(|(_, number)| number);
    let all: Vec<&str> = agents.into_iter().chain(OUTSIDE).chain(["2150", "nobody", QUEUE]).collect();
    all[place]
}

fn queue() -> Queue {
    let name = "Sales".into();
    Queue { id: QueueId(1), name, numbers: [address(QUEUE)].into(), teams: [TeamId(1)].into() }
}

/// Who asks for what.
fn command(centre: &ContactCentre, step: &Step) -> Option<(Actor, Command)> {
    let nth = |place: usize| centre.dialogs().nth(place).map(|dialog| dialog.id);
    let own = |agent: usize| AGENTS[agent].1;
    let actor = |agent: usize| centre.actor(&user(AGENTS[agent].0));
    let act = |agent: usize, dialog: Option<DialogId>, request| {
        Some((actor(agent)?, Command::ActOnCall { dialog: dialog?, request }))
    };
    let begin = |agent: usize, request| {
        Some((actor(agent)?, Command::BeginCall { user: user(AGENTS[agent].0), request }))
    };
    match *step {
        Step::State { agent, wish } => {
            let request = match wish {
                RequestedState::Login => UserRequest::login(extension(own(agent))),
                wish => UserRequest::new(wish),
            };
            // A supervisor asks for others now and then.
            let asking = if agent == 3 {
                3
            } else {
                agent.saturating_sub(usize::from(wish == RequestedState::Logout))
            };
            let asking = if asking == agent { asking } else { 0 };
            Some((actor(asking)?, Command::ChangeState { user: user(AGENTS[agent].0), request }))
        }
        Step::Make { agent, to } => begin(
            agent,
            DialogRequest::MakeCall {
                from: address(own(agent)),
                to: address(number(to)),
                data: CallDataChange::default(),
            },
        ),
        Step::Monitor { agent, of } => {
            begin(agent, DialogRequest::SilentMonitor { from: address(own(agent)), to: address(own(of)) })
        }
        Step::Barge { agent, of, call } => begin(
            agent,
            DialogRequest::Barge { from: address(own(agent)), to: address(own(of)), monitor: nth(call)? },
        ),
        Step::Plain { agent, call, action } => {
            act(agent, nth(call), DialogRequest::Plain { action, target: address(own(agent)) })
        }
        Step::Towards { agent, call, action, to } => {
            let (target, to) = (address(own(agent)), address(number(to)));
            act(agent, nth(call), DialogRequest::Towards { action, target, to })
        }
        Step::Data { agent, call } => {
            let variables = vec![("callVariable1".to_owned(), format!("{agent}"))];
            let data = CallDataChange { wrap_up_reason: None, variables };
            act(agent, nth(call), DialogRequest::UpdateCallData { target: None, data })
        }
        Step::DropOther { call, of } => {
            let request = DialogRequest::Plain { action: Action::ParticipantDrop, target: address(own(of)) };
            act(0, nth(call), request)
        }
        Step::Incoming { from, to } => {
            let event = NetworkEvent::Call {
                from: address(OUTSIDE[from]),
                to: address(AGENTS.get(to).map_or(QUEUE, |(_, number)| number)),
                data: CallDataChange::default(),
            };
            Some((Actor::system(), Command::Network(event)))
        }
        Step::Preview { agent, to } => {
            let event = NetworkEvent::Preview {
                user: user(AGENTS[agent].0),
                customer: address(OUTSIDE[to]),
                campaign: "Spring".to_owned(),
                data: CallDataChange::default(),
            };
            Some((Actor::system(), Command::Network(event)))
        }
        Step::Progressive { agent, to } => {
            let event = NetworkEvent::Progressive {
                user: user(AGENTS[agent].0),
                customer: address(OUTSIDE[to]),
                campaign: "Autumn".to_owned(),
                data: CallDataChange::default(),
            };
            Some((Actor::system(), Command::Network(event)))
        }
        Step::Callback { agent, call, is_time } => {
            let target = address(own(agent));
            let request = if is_time {
                let callback = Callback { time: Some("2026-01-06T14:30".parse().ok()?), number: None };
                DialogRequest::ScheduleCallback { target, callback }
            } else {
                DialogRequest::Reclassify { target, classification: Classification::Fax }
            };
            act(agent, nth(call), request)
        }
        Step::Outside { call, from, what } => {
            let (dialog, address) = (nth(call)?, address(OUTSIDE[from]));
            let event = match what {
                0 => NetworkEvent::Answer { dialog, address },
                1 => NetworkEvent::HangUp { dialog, address },
                _ => NetworkEvent::Fail { dialog, address, cause: StateCause::Busy },
            };
            Some((Actor::system(), Command::Network(event)))
        }
        Step::Pass { .. } => Some((Actor::system(), Command::Elapse)),
        Step::WrapUp { agent, mode } => {
            let mode = WrapUpMode::ALL[mode];
            let wrap_up = Some(WrapUp { incoming: mode, outgoing: mode, seconds: 2 });
            let changes = UserChanges { wrap_up, ..UserChanges::default() };
            Some((Actor::system(), Command::UpdateUser { user: user(AGENTS[agent].0), changes }))
        }
        Step::DesktopLost { agent } => {
            Some((Actor::system(), Command::DesktopLost { user: user(AGENTS[agent].0) }))
        }
        Step::LinkRestored { agent } => {
            Some((Actor::system(), Command::LinkRestored { user: user(AGENTS[agent].0) }))
        }
        Step::Media { agent, domain, what } => {
            let change = |change| MediaRequest { change: Some(change), routable: None };
            let terms = MediaTerms {
                dialogs_max: 1 + what as u8,
                interrupt: InterruptAction::ALL[what % 2],
                at_logout: LogoutAction::ALL[what / 2 % 2],
            };
            let request = match what {
                0..=2 => change(SessionChange::SignIn(terms)),
                3 | 4 => change(SessionChange::Ready),
                5 => change(SessionChange::NotReady { reason: None }),
                6 => change(SessionChange::SignOut { reason: None }),
                _ => MediaRequest { change: None, routable: Some(agent % 2 == 0) },
            };
            let media = [CHAT, EMAIL, MediaDomain::VOICE][domain];
            Some((actor(agent)?, Command::ChangeMedia { user: user(AGENTS[agent].0), media, request }))
        }
        Step::Task { agent, task, action } => {
            let task = centre.tasks_of(&user(AGENTS[agent].0)).nth(task)?.id();
            let request = TaskRequest { action: TaskAction::ALL[action] };
            Some((actor(agent)?, Command::ActOnTask { task, request }))
        }
        Step::Submit { domain } => {
            let media = [CHAT, EMAIL][domain];
            Some((Actor::system(), Command::SubmitTask { media, data: CallDataChange::default() }))
        }
        Step::EndTask { task } => {
            let number = centre.tasks().nth(task)?.number;
            Some((Actor::system(), Command::EndTask { number }))
        }
        Step::Remove => Some((Actor::system(), Command::RemoveUser { user: user("7003") })),
    }
}

/// What is true at any time.
fn check(centre: &ContactCentre) -> Result<(), TestCaseError> {
    contact::audit(centre).map_err(|breach| TestCaseError::fail(breach.to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("OFFHOOK_CALL_WALKS").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
    ))]

    #[test]
    fn calls_always_hold_together(is_ccx in any::<bool>(), steps in prop::collection::vec(step(), 1..120)) {
        let deployment = if is_ccx { Deployment::Uccx } else { Deployment::Ucce };
        let settings = Settings { deployment, conference_parties_max: 4, ..Settings::default() };
        let mut room = Room::new(settings.clone());
        room.configure(Command::AddQueue(queue()));
        for (id, interruptible) in [(CHAT, false), (EMAIL, true)] {
            let domain = MediaDomain { id, name: id.to_string(), description: String::new(), interruptible };
            room.configure(Command::add(domain));
        }
        let mut replayed = room.centre.clone();
        let mut now = NOW;
        for (agent, number) in AGENTS {
            let request = UserRequest::login(extension(number));
            let login = Command::ChangeState { user: user(agent), request };
            let actor = room.actor(agent);
            for event in room.centre.decide(&actor, &login, now).unwrap() {
                room.centre.apply(&event, None);
                replayed.replay(&event);
            }
        }
        for step in steps {
            now = Timestamp(now.0 + if let Step::Pass { ms } = step { ms } else { 1 });
            let Some((actor, command)) = command(&room.centre, &step) else { continue };
            let events = match room.centre.decide(&actor, &command, now) {
                Ok(events) => events,
                Err(refusal) => {
                    prop_assert!((400..=404).contains(&refusal.status) || refusal.status == 501, "{}", refusal);
                    continue;
                }
            };
            for event in events {
                for update in room.centre.apply(&event, Some("r")) {
                    prop_assert!(update.document.starts_with("<Update><data>"));
                    prop_assert_eq!(update.node.to_string().parse(), Ok(update.node));
                }
                let line = serde_json::to_string(&event).unwrap();
                replayed.replay(&serde_json::from_str::<Event>(&line).unwrap());
            }
            check(&room.centre)?;
        }
        prop_assert_eq!(&room.centre, &replayed, "the log's text says all there is to say");
        let mut rebuilt = ContactCentre::new(settings);
        for event in room.centre.snapshot() {
            rebuilt.replay(&event);
        }
        prop_assert_eq!(&room.centre, &rebuilt, "a snapshot says all there is to say");
        // Whatever time brings is over one day.
        let mut rounds = 0;
        while let Some(due) = room.centre.next_timeout() {
            rounds += 1;
            prop_assert!(rounds < 100, "time brings something for ever");
            for event in room.centre.decide(&Actor::system(), &Command::Elapse, due).unwrap() {
                room.centre.apply(&event, None);
            }
            check(&room.centre)?;
        }
    }
}
