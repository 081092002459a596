//! Outbound calls for which an agent is reserved while the dialler calls the customer.

use contact::{
    Action, AgentState, CallDataChange, Command, Deployment, DialogId, ErrorType, Event, Failure,
    NetworkEvent, Reason, Refusal, RequestedState, Settings, StateCause, Timestamp,
};

use crate::calls::{Floor, address};
use crate::room::{state, user};

const CUSTOMER: &str = "5559001";

fn reserve(floor: &mut Floor, agent: &str, customer: &str) -> Result<DialogId, Refusal> {
    let variables = vec![("BAAccountNumber".into(), "4711".into())];
    let event = NetworkEvent::Progressive {
        user: user(agent),
        customer: address(customer),
        campaign: "Spring".into(),
        data: CallDataChange { wrap_up_reason: None, variables },
    };
    let next = floor.room.centre.next_dialog();
    floor.network(event).map(|_| next)
}

/// 7001 is reserved, and the customer's telephone rings.
fn reserved(deployment: Deployment) -> (Floor, DialogId) {
    let settings = Settings { deployment, outside_answers_after_ms: None, ..Settings::default() };
    let mut floor = Floor::new(settings);
    floor.ready(&["7001"]);
    let dialog = reserve(&mut floor, "7001", CUSTOMER).unwrap();
    assert_eq!(floor.state("7001"), AgentState::ReservedOutbound);
    (floor, dialog)
}

fn customer_takes_it(floor: &mut Floor, dialog: DialogId) {
    floor.network(NetworkEvent::Answer { dialog, address: address(CUSTOMER) }).unwrap();
}

fn pass(floor: &mut Floor, due: Timestamp) {
    floor.now = Timestamp(due.0 - 1000);
    floor.command("network", Command::Elapse).unwrap();
}

#[test]
fn the_agent_talks_when_the_customer_is_there() {
    let (mut floor, dialog) = reserved(Deployment::Ucce);
    assert_eq!(floor.dialog(dialog), "ALERTING: 5559001 ALERTING");
    assert_eq!(floor.heard(), Vec::<String>::new(), "nobody hears of the call before the customer is there");
    customer_takes_it(&mut floor, dialog);
    assert_eq!(floor.state("7001"), AgentState::Talking);
    assert_eq!(floor.heard(), ["7001 POST ACTIVE 5559001:ACTIVE 2101:ACTIVE"]);
    let xml = contact::dialog_xml(&floor.room.centre, floor.room.centre.dialog(dialog).unwrap());
    for part in [
        "<callType>AUTO_OUT</callType>",
        "<name>BACampaign</name><value>Spring</value>",
        "<name>BAAccountNumber</name><value>4711</value>",
        "<action>RECLASSIFY</action>",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    floor.act("7001", dialog, Action::Drop);
    assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Ready));
}

/// On CCX the call rings first, and is taken or not.
#[test]
fn on_ccx_the_agent_answers() {
    let (mut floor, dialog) = reserved(Deployment::Uccx);
    customer_takes_it(&mut floor, dialog);
    assert_eq!(floor.dialog(dialog), "ALERTING: 5559001 ACTIVE, 2101 ALERTING");
    assert_eq!(floor.state("7001"), AgentState::ReservedOutbound);
    floor.act("7001", dialog, Action::Answer);
    assert_eq!(floor.state("7001"), AgentState::Talking);
    floor.act("7001", dialog, Action::Drop);
    assert_eq!(floor.state("7001"), AgentState::Ready);
}

#[test]
fn on_ccx_who_does_not_answer_is_not_ready_and_the_call_is_over() {
    let (mut floor, dialog) = reserved(Deployment::Uccx);
    customer_takes_it(&mut floor, dialog);
    let due = floor.room.centre.next_timeout().expect("a time");
    assert_eq!(due.0, floor.now.0 + 20_000);
    pass(&mut floor, due);
    assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::NotReady));
    assert_eq!(floor.reason("7001"), Reason::NOT_ANSWERED_UCCX);
}

#[test]
fn on_ccx_a_customer_who_does_not_wait_leaves_the_agent_ready() {
    let (mut floor, dialog) = reserved(Deployment::Uccx);
    customer_takes_it(&mut floor, dialog);
    floor.network(NetworkEvent::HangUp { dialog, address: address(CUSTOMER) }).unwrap();
    assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Ready));
}

#[test]
fn a_customer_who_is_not_reached_leaves_the_agent_ready() {
    for deployment in [Deployment::Ucce, Deployment::Uccx] {
        let (mut floor, dialog) = reserved(deployment);
        let busy = NetworkEvent::Fail { dialog, address: address(CUSTOMER), cause: StateCause::Busy };
        floor.network(busy).unwrap();
        assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Ready));

        let (mut floor, dialog) = reserved(deployment);
        let due = floor.room.centre.next_timeout().expect("a time");
        assert_eq!(due.0, floor.now.0 + 30_000, "the dialler gives up");
        pass(&mut floor, due);
        assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Ready));
    }
}

#[test]
fn an_agent_leaves_the_reservation_on_cce_and_the_dialler_hangs_up() {
    for (wish, becomes) in
        [(RequestedState::Ready, AgentState::Ready), (RequestedState::NotReady, AgentState::NotReady)]
    {
        let (mut floor, dialog) = reserved(Deployment::Ucce);
        floor.ask_state("7001", "7001", state(wish)).unwrap();
        assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", becomes));
    }
}

#[test]
fn on_ccx_nobody_leaves_the_reservation_by_request() {
    for wish in [RequestedState::Ready, RequestedState::NotReady] {
        let (mut floor, dialog) = reserved(Deployment::Uccx);
        let events = floor.ask_state("7001", "7001", state(wish)).unwrap();
        assert!(
            matches!(events[..], [Event::RequestFailed { failure: Failure::ReservedOutbound, .. }]),
            "{events:?}"
        );
        let heard = floor.heard_on(&contact::ApiPath::User(user("7001")));
        let last = heard.last().unwrap();
        assert!(last.contains("<errorType>Internal Server Error</errorType>"), "{last}");
        assert_eq!(floor.state("7001"), AgentState::ReservedOutbound);
        assert_eq!(floor.dialog(dialog), "ALERTING: 5559001 ALERTING");
    }
}

#[test]
fn a_reservation_ends_when_the_agent_is_gone() {
    for gone in [
        Command::DesktopLost { user: user("7001") },
        Command::RemoveUser { user: user("7001") },
        Command::LinkRestored { user: user("7001") },
    ] {
        let (mut floor, dialog) = reserved(Deployment::Ucce);
        floor.command("network", gone.clone()).unwrap();
        assert_eq!(floor.dialog(dialog), "over", "{gone:?}");
        contact::audit(&floor.room.centre).unwrap();
    }
    let (mut floor, dialog) = reserved(Deployment::Ucce);
    floor.ask_state("7000", "7001", state(RequestedState::Logout)).unwrap();
    assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Logout));
}

#[test]
fn the_line_of_who_is_reserved_is_busy() {
    let (mut floor, _) = reserved(Deployment::Ucce);
    let call = floor.call("7002", "2101").unwrap();
    assert_eq!(floor.dialog(call), "FAILED: 2102 FAILED");
    assert_eq!(floor.state("7001"), AgentState::ReservedOutbound);
}

#[test]
fn the_dialler_reserves_agents_who_are_ready_for_numbers_outside() {
    let mut floor = Floor::new(Settings::default());
    let refused = |result: Result<DialogId, Refusal>| {
        let refusal = result.unwrap_err();
        (refusal.status, refusal.error_type)
    };
    let not_ready = refused(reserve(&mut floor, "7001", CUSTOMER));
    assert_eq!(not_ready, (400, ErrorType::InvalidState));
    floor.ready(&["7001"]);
    assert_eq!(refused(reserve(&mut floor, "7001", "2102")), (400, ErrorType::InvalidDestination));
    assert_eq!(refused(reserve(&mut floor, "nobody", CUSTOMER)), (404, ErrorType::UserNotFound));
    reserve(&mut floor, "7001", CUSTOMER).unwrap();
    assert_eq!(refused(reserve(&mut floor, "7001", CUSTOMER)), (400, ErrorType::InvalidState), "once");
    // Without anybody who plays the network, customers take the call by themselves.
    let due = floor.room.centre.next_timeout().unwrap();
    pass(&mut floor, due);
    assert_eq!(floor.state("7001"), AgentState::Talking);
}
