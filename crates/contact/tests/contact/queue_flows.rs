//! Callers who wait in queues, agents who take their calls, and what is told about it.

use contact::AgentState::{NotReady, Ready, Reserved, Talking};
use contact::{
    Action, ApiPath, CallType, Command, Deployment, DialogId, NetworkEvent, Queue, QueueId, Reason, Settings,
    TeamId, Timestamp,
};

use crate::calls::{Floor, address};

const SALES: QueueId = QueueId(1);

/// A floor with a queue of the team of `7000`, `7001` and `7002`, at 8001.
fn floor(settings: Settings) -> Floor {
    let mut floor = Floor::new(settings);
    let (numbers, teams) = ([address("8001")].into(), [TeamId(1)].into());
    floor.room.configure(Command::AddQueue(Queue { id: SALES, name: "Sales".into(), numbers, teams }));
    floor
}

fn hang_up(floor: &mut Floor, dialog: DialogId, number: &str) {
    floor.network(NetworkEvent::HangUp { dialog, address: address(number) }).unwrap();
}

/// Lets happen what is due until then.
fn elapse_until(floor: &mut Floor, at: i64) {
    while let Some(due) = floor.room.centre.next_timeout().filter(|due| due.0 <= at) {
        floor.now = Timestamp(due.0 - 1000);
        floor.command("network", Command::Elapse).unwrap();
    }
    floor.now = Timestamp(at);
}

#[test]
fn a_caller_waits_until_an_agent_is_ready() {
    for (deployment, call_type) in
        [(Deployment::Ucce, CallType::PrerouteAcdIn), (Deployment::Uccx, CallType::AcdIn)]
    {
        let mut floor = floor(Settings { deployment, ..Settings::default() });
        let call = floor.incoming("5551001", "8001");
        assert_eq!(floor.dialog(call), "INITIATED: 5551001 INITIATED");
        assert_eq!(floor.heard(), [""; 0], "nobody hears of a call that waits");
        let ready = contact::UserRequest::new(contact::RequestedState::Ready);
        floor.ask_state("7002", "7002", ready).unwrap();
        assert_eq!(floor.state("7002"), Reserved);
        assert_eq!(floor.heard(), ["7002 POST ALERTING 5551001:INITIATED 2102:ALERTING"]);
        floor.act("7002", call, Action::Answer);
        assert_eq!(floor.state("7002"), Talking);
        let dialog = floor.room.centre.dialog(call).unwrap();
        assert_eq!((dialog.call_type, dialog.queue), (call_type, Some(SALES)));
        let xml = contact::dialog_xml(&floor.room.centre, dialog);
        assert!(xml.contains("<queueName>Sales</queueName><queueNumber>1</queueNumber>"), "{xml}");
        // On CCX, a call of a queue on hold is a call.
        floor.act("7002", call, Action::Hold);
        let holding = if deployment == Deployment::Ucce { contact::AgentState::Hold } else { Talking };
        assert_eq!(floor.state("7002"), holding);
        hang_up(&mut floor, call, "5551001");
        assert_eq!((floor.state("7002"), floor.dialog(call)), (Ready, "over".to_owned()));
    }
}

#[test]
fn the_call_that_has_waited_longest_goes_to_the_agent_who_has() {
    let mut floor = floor(Settings::default());
    let (first, second) = (floor.incoming("5551001", "8001"), floor.incoming("5551002", "8001"));
    floor.ready(&["7003", "7001", "7002"]);
    assert_eq!(floor.dialog(first), "ALERTING: 5551001 INITIATED, 2101 ALERTING");
    assert_eq!(floor.dialog(second), "ALERTING: 5551002 INITIATED, 2102 ALERTING");
    assert_eq!(floor.state("7003"), Ready, "of another team");
    floor.act("7002", second, Action::Answer);
    floor.act("7001", first, Action::Answer);
    hang_up(&mut floor, second, "5551002");
    hang_up(&mut floor, first, "5551001");
    let third = floor.incoming("5551003", "8001");
    assert_eq!(floor.dialog(third), "ALERTING: 5551003 INITIATED, 2102 ALERTING", "ready since before 7001");
}

#[test]
fn a_caller_who_gives_up_is_gone() {
    let mut floor = floor(Settings::default());
    let call = floor.incoming("5551001", "8001");
    hang_up(&mut floor, call, "5551001");
    assert_eq!(floor.dialog(call), "over");
    floor.ready(&["7001"]);
    assert_eq!(floor.state("7001"), Ready);
}

#[test]
fn a_call_that_is_not_taken_goes_to_the_next() {
    for declines in [false, true] {
        let mut floor = floor(Settings::default());
        floor.ready(&["7001", "7002"]);
        let call = floor.incoming("5551001", "8001");
        assert_eq!(floor.state("7001"), Reserved);
        floor.heard();
        if declines {
            floor.act("7001", call, Action::Drop);
        } else {
            let rings_since = floor.now.0;
            elapse_until(&mut floor, rings_since + 19_999);
            assert_eq!(floor.state("7001"), Reserved);
            elapse_until(&mut floor, rings_since + 20_000);
        }
        assert_eq!((floor.state("7001"), floor.reason("7001")), (NotReady, Reason::NOT_ANSWERED_UCCE));
        assert_eq!(
            floor.heard(),
            [
                "7001 DELETE INITIATED 5551001:INITIATED 2101:DROPPED",
                "7002 POST ALERTING 5551001:INITIATED 2102:ALERTING",
            ]
        );
        floor.act("7002", call, Action::Answer);
        assert_eq!(floor.dialog(call), "ACTIVE: 5551001 ACTIVE, 2102 ACTIVE");
    }
}

#[test]
fn agents_give_calls_to_a_queue_and_ask_one() {
    let mut floor = floor(Settings::default());
    let call = floor.incoming("5551001", "2103");
    floor.act("7003", call, Action::Answer);
    floor.towards("7003", call, Action::TransferSst, "8001");
    assert_eq!(floor.dialog(call), "ACTIVE: 5551001 ACTIVE, 2103 DROPPED");
    floor.ready(&["7001"]);
    assert_eq!(floor.dialog(call), "ALERTING: 5551001 ACTIVE, 2101 ALERTING");
    floor.act("7001", call, Action::Answer);
    let consult = floor.consult("7001", call, "8001");
    assert_eq!(floor.dialog(consult), "INITIATED: 2101 INITIATED");
    floor.ready(&["7002"]);
    floor.act("7002", consult, Action::Answer);
    floor.act("7001", call, Action::Transfer);
    assert_eq!(floor.dialog(call), "ACTIVE: 5551001 ACTIVE, 2101 DROPPED, 2102 ACTIVE");
}

#[test]
fn statistics_are_told_when_they_change_and_not_more_than_every_ten_seconds() {
    let mut floor = floor(Settings::default());
    let start = floor.now.0;
    elapse_until(&mut floor, start + 60_000);
    let node = ApiPath::Queue(SALES);
    let told = |floor: &mut Floor| floor.heard_on(&node);
    told(&mut floor);
    elapse_until(&mut floor, start + 120_000);
    assert_eq!(told(&mut floor), [""; 0], "nothing has changed");
    floor.ready(&["7001"]);
    let first = floor.now.0;
    elapse_until(&mut floor, first);
    floor.command("network", Command::Elapse).unwrap();
    let documents = told(&mut floor);
    assert_eq!(documents.len(), 1);
    assert!(documents[0].contains("<agentsReady>1</agentsReady>"), "{}", documents[0]);
    assert!(documents[0].contains("<agentsNotReady>2</agentsNotReady>"), "{}", documents[0]);
    let waiting = [floor.incoming("5551001", "8001"), floor.incoming("5551002", "8001")];
    floor.act("7001", waiting[0], Action::Answer);
    elapse_until(&mut floor, first + 9_000);
    assert_eq!(told(&mut floor), [""; 0], "not within ten seconds");
    elapse_until(&mut floor, first + 15_000);
    let documents = told(&mut floor);
    assert_eq!(documents.len(), 1);
    for expected in [
        "<callsInQueue>1</callsInQueue>",
        "<agentsReady>0</agentsReady>",
        "<agentsTalkingInbound>1</agentsTalkingInbound>",
        "<agentsLoggedOn>3</agentsLoggedOn>",
        "<source>/finesse/api/Queue/1</source>",
    ] {
        assert!(documents[0].contains(expected), "{expected}: {}", documents[0]);
    }
}

/// Each user of the queue's teams, on the own node for queues; nobody else.
#[test]
fn who_has_a_new_queue_hears_of_it() {
    let floor = floor(Settings::default());
    let mut centre = floor.room.centre.clone();
    let (numbers, teams) = ([address("8002")].into(), [TeamId(2)].into());
    let queue = Queue { id: QueueId(2), name: "Repair".into(), numbers, teams };
    let events = centre.decide(&contact::Actor::system(), &Command::AddQueue(queue), floor.now).unwrap();
    let updates: Vec<_> = events.iter().flat_map(|event| centre.apply(event, None)).collect();
    let [update] = &updates[..] else { panic!("7003 alone is in that team: {updates:?}") };
    assert_eq!(update.node.to_string(), "/finesse/api/User/7003/Queues");
    for part in [
        "<Update><data><queues><Queue>",
        "<uri>/finesse/api/Queue/2</uri>",
        "<event>POST</event><requestId></requestId><source>/finesse/api/User/7003/Queues</source></Update>",
    ] {
        assert!(update.document.contains(part), "{part} in {}", update.document);
    }
}

#[test]
fn what_cannot_be_a_queue() {
    use contact::ErrorType::{FinesseApiError, InvalidInput, TeamNotFound};
    let floor = floor(Settings::default());
    let queue = |id: u32, name: &str, number: &str, team: u32| Queue {
        id: QueueId(id),
        name: name.into(),
        numbers: [address(number)].into(),
        teams: [TeamId(team)].into(),
    };
    for (queue, expected) in [
        (queue(0, "Zero", "8002", 1), FinesseApiError),
        (queue(1, "Again", "8002", 1), FinesseApiError),
        (queue(2, "", "8002", 1), InvalidInput),
        (queue(2, "Taken", "8001", 1), FinesseApiError),
        (queue(2, "An extension", "2101", 1), FinesseApiError),
        (queue(2, "Nobody's", "8002", 9), TeamNotFound),
    ] {
        let name = queue.name.clone();
        let command = Command::AddQueue(queue);
        let refusal = floor.room.centre.decide(&contact::Actor::system(), &command, floor.now).unwrap_err();
        assert_eq!(refusal.error_type, expected, "{name}");
    }
}

/// CCX has one state for wrapping up, whatever comes after it, by time or by request.
#[test]
fn ccx_wraps_up_in_one_state() {
    use contact::{RequestedState, UserRequest};
    for (asked, by_time) in [(None, Ready), (Some(RequestedState::NotReady), NotReady)] {
        for by_request in
            [None, Some((RequestedState::Ready, Ready)), Some((RequestedState::NotReady, NotReady))]
        {
            let mut floor = floor(Settings { deployment: Deployment::Uccx, ..Settings::default() });
            let wrap_up = contact::WrapUp {
                incoming: contact::WrapUpMode::Required,
                seconds: 30,
                ..Default::default()
            };
            let changes = contact::UserChanges { wrap_up: Some(wrap_up), ..contact::UserChanges::default() };
            floor.room.configure(Command::UpdateUser { user: crate::room::user("7001"), changes });
            floor.ready(&["7001"]);
            let call = floor.incoming("5551001", "8001");
            floor.act("7001", call, Action::Answer);
            if let Some(wish) = asked {
                floor.ask_state("7001", "7001", UserRequest::new(wish)).unwrap();
            }
            hang_up(&mut floor, call, "5551001");
            assert_eq!(floor.state("7001"), contact::AgentState::Work);
            let then = match by_request {
                Some((wish, then)) => {
                    floor.ask_state("7001", "7001", UserRequest::new(wish)).unwrap();
                    then
                }
                None => {
                    let end = floor.now.0 + 31_000;
                    elapse_until(&mut floor, end);
                    by_time
                }
            };
            assert_eq!(floor.state("7001"), then, "{asked:?} {by_request:?}");
        }
    }
}

/// An agent gives a call back to the queue and wraps it up; the call is offered to the next one, and the first still has it.
#[test]
fn who_wraps_up_a_call_keeps_it_when_it_is_offered_again() {
    let mut floor = floor(Settings::default());
    let mode = contact::WrapUpMode::Required;
    let wrap_up = Some(contact::WrapUp { incoming: mode, outgoing: mode, seconds: 30 });
    let changes = contact::UserChanges { wrap_up, ..contact::UserChanges::default() };
    floor.room.configure(Command::UpdateUser { user: crate::room::user("7002"), changes });
    let ready = || contact::UserRequest::new(contact::RequestedState::Ready);
    floor.ask_state("7002", "7002", ready()).unwrap();
    let call = floor.incoming("5551001", "8001");
    floor.act("7002", call, Action::Answer);
    let (target, to) = (address("2102"), address("8001"));
    let transfer = contact::DialogRequest::Towards { action: Action::TransferSst, target, to };
    floor.command("7002", Command::ActOnCall { dialog: call, request: transfer }).unwrap();
    floor.ask_state("7001", "7001", ready()).unwrap();
    assert_eq!(floor.dialog(call), "ALERTING: 5551001 ACTIVE, 2102 WRAP_UP, 2101 ALERTING");
    assert_eq!(contact::audit(&floor.room.centre), Ok(()));
}
