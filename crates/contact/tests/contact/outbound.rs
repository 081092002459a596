//! Outbound calls that an agent looks at before they are made.

use contact::{
    Action, AgentState, CallDataChange, Callback, Classification, Command, Deployment, DialogId,
    DialogRequest, Event, Failure, NetworkEvent, Refusal, RequestedState, Settings, StateCause, UserChanges,
    WrapUp, WrapUpMode,
};

use crate::calls::{Floor, address};
use crate::room::{state, user};

const CUSTOMER: &str = "5559001";

fn show(floor: &mut Floor, agent: &str, customer: &str) -> Result<DialogId, Refusal> {
    let variables = vec![
        ("callVariable1".into(), "gold".into()),
        ("BAAccountNumber".into(), "4711".into()),
        ("BANothing".into(), "x".into()),
    ];
    let event = NetworkEvent::Preview {
        user: user(agent),
        customer: address(customer),
        campaign: "Spring".into(),
        data: CallDataChange { wrap_up_reason: None, variables },
    };
    let events = floor.network(event)?;
    let dialog = events.iter().find_map(|event| match event {
        Event::DialogChanged(dialog) => Some(dialog.id),
        _ => None,
    });
    Ok(dialog.expect("a dialog"))
}

/// A ready agent 7001 who is shown a call.
fn shown() -> (Floor, DialogId) {
    shown_by(Settings::default())
}

fn shown_by(settings: Settings) -> (Floor, DialogId) {
    let mut floor = Floor::new(Settings { outside_answers_after_ms: None, ..settings });
    floor.ready(&["7001"]);
    let dialog = show(&mut floor, "7001", CUSTOMER).unwrap();
    (floor, dialog)
}

fn actions(floor: &Floor, id: DialogId) -> Vec<&'static str> {
    let dialog = floor.room.centre.dialog(id).unwrap();
    let own = dialog.participant_of(&user("7001")).unwrap();
    dialog
        .actions_of(own, floor.room.centre.settings().deployment)
        .iter()
        .map(|action| action.as_str())
        .collect()
}

fn failure(events: &[Event]) -> Option<Failure> {
    events.iter().find_map(|event| match event {
        Event::DialogRequestFailed { failure, .. } => Some(*failure),
        _ => None,
    })
}

fn ask(floor: &mut Floor, dialog: DialogId, request: DialogRequest) -> Vec<Event> {
    floor.command("7001", Command::ActOnCall { dialog, request }).unwrap()
}

fn customer_takes_it(floor: &mut Floor, dialog: DialogId) {
    floor.network(NetworkEvent::Answer { dialog, address: address(CUSTOMER) }).unwrap();
}

#[test]
fn a_ready_agent_is_reserved_and_looks_at_the_call() {
    let (floor, dialog) = shown();
    assert_eq!(floor.state("7001"), AgentState::ReservedOutboundPreview);
    assert_eq!(floor.dialog(dialog), "ALERTING: 2101 ALERTING");
    assert_eq!(actions(&floor, dialog), ["ACCEPT", "CLOSE", "REJECT"]);
    let xml = contact::dialog_xml(&floor.room.centre, floor.room.centre.dialog(dialog).unwrap());
    for part in [
        "<callType>OUTBOUND_PREVIEW</callType>",
        "<name>BACampaign</name><value>Spring</value>",
        "<name>BAAccountNumber</name><value>4711</value>",
        "<name>callVariable1</name><value>gold</value>",
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
    assert!(!xml.contains("BANothing") && !xml.contains("scheduledCallbackInfo"), "{xml}");
}

#[test]
fn an_accepted_call_is_made_and_the_agent_talks_when_the_customer_does() {
    let (mut floor, dialog) = shown();
    floor.act("7001", dialog, Action::Accept);
    assert_eq!(floor.dialog(dialog), "ALERTING: 2101 ACCEPTED, 5559001 ALERTING");
    assert_eq!(floor.state("7001"), AgentState::ReservedOutboundPreview);
    assert_eq!(actions(&floor, dialog), Vec::<&str>::new());
    customer_takes_it(&mut floor, dialog);
    assert_eq!(floor.dialog(dialog), "ACTIVE: 2101 ACTIVE, 5559001 ACTIVE");
    assert_eq!(floor.state("7001"), AgentState::Talking);
    floor.act("7001", dialog, Action::Drop);
    assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Ready));
}

/// On CCX, too, where only the calls of queues count otherwise.
#[test]
fn ccx_counts_calls_of_the_dialler() {
    let (mut floor, dialog) = shown_by(Settings { deployment: Deployment::Uccx, ..Settings::default() });
    floor.act("7001", dialog, Action::Accept);
    customer_takes_it(&mut floor, dialog);
    assert_eq!(floor.state("7001"), AgentState::Talking);
    floor.act("7001", dialog, Action::Drop);
    assert_eq!(floor.state("7001"), AgentState::Ready);
}

#[test]
fn who_closes_or_rejects_is_ready_again_or_what_was_asked_for() {
    for action in [Action::Close, Action::Reject] {
        let (mut floor, dialog) = shown();
        floor.act("7001", dialog, action);
        assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Ready));

        let (mut floor, dialog) = shown();
        floor.ask_state("7001", "7001", state(RequestedState::NotReady)).unwrap();
        assert_eq!(floor.state("7001"), AgentState::ReservedOutboundPreview);
        assert_eq!(floor.pending("7001"), Some(AgentState::NotReady));
        floor.act("7001", dialog, action);
        assert_eq!(floor.state("7001"), AgentState::NotReady);
    }
}

/// Nobody holds, answers or drops what is only shown; nobody accepts twice.
#[test]
fn what_is_shown_can_be_accepted_closed_or_rejected_and_nothing_else() {
    for action in [Action::Answer, Action::Hold, Action::Retrieve, Action::Drop] {
        let (mut floor, dialog) = shown();
        assert_eq!(failure(&floor.act("7001", dialog, action)), Some(Failure::ActionNotAllowed), "{action}");
        assert_eq!(floor.dialog(dialog), "ALERTING: 2101 ALERTING");
    }
    let (mut floor, dialog) = shown();
    floor.act("7001", dialog, Action::Accept);
    for action in [Action::Accept, Action::Close, Action::Reject] {
        assert_eq!(failure(&floor.act("7001", dialog, action)), Some(Failure::ActionNotAllowed), "{action}");
    }
    // A call that nobody's campaign has brought is not accepted either.
    let mut floor = Floor::new(Settings::default());
    let plain = floor.incoming("5551001", "2101");
    assert_eq!(failure(&floor.act("7001", plain, Action::Accept)), Some(Failure::ActionNotAllowed));
}

#[test]
fn a_customer_who_cannot_be_reached_fails_the_call() {
    let (mut floor, dialog) = shown();
    floor.act("7001", dialog, Action::Accept);
    let cause = StateCause::Busy;
    floor.network(NetworkEvent::Fail { dialog, address: address(CUSTOMER), cause }).unwrap();
    assert_eq!(floor.dialog(dialog), "FAILED: 2101 FAILED, 5559001 DROPPED");
    floor.act("7001", dialog, Action::Drop);
    assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Ready));

    // Or does not take it.
    let (mut floor, dialog) = shown();
    floor.act("7001", dialog, Action::Accept);
    floor.network(NetworkEvent::HangUp { dialog, address: address(CUSTOMER) }).unwrap();
    assert_eq!((floor.dialog(dialog).as_str(), floor.state("7001")), ("over", AgentState::Ready));
}

#[test]
fn an_outbound_call_is_wrapped_up_as_a_call_that_the_agent_has_made() {
    let (mut floor, dialog) = shown();
    let wrap_up = WrapUp { incoming: WrapUpMode::Optional, outgoing: WrapUpMode::Required, seconds: 30 };
    let changes = UserChanges { wrap_up: Some(wrap_up), ..UserChanges::default() };
    floor.command("boss", Command::UpdateUser { user: user("7001"), changes }).unwrap();
    floor.act("7001", dialog, Action::Accept);
    customer_takes_it(&mut floor, dialog);
    floor.act("7001", dialog, Action::Drop);
    assert_eq!(floor.state("7001"), AgentState::WorkReady);
}

/// Agents who are not ready, or in a call, are shown nothing; neither are numbers of the contact centre.
#[test]
fn a_call_is_shown_to_an_agent_who_is_ready() {
    let mut floor = Floor::new(Settings::default());
    assert_eq!(show(&mut floor, "7001", CUSTOMER).unwrap_err().status, 400);
    assert_eq!(show(&mut floor, "nobody", CUSTOMER).unwrap_err().status, 404);
    floor.ready(&["7001"]);
    assert_eq!(show(&mut floor, "7001", "2102").unwrap_err().status, 400);
    show(&mut floor, "7001", CUSTOMER).unwrap();
    assert_eq!(show(&mut floor, "7001", CUSTOMER).unwrap_err().status, 400);
}

#[test]
fn the_agent_says_when_to_call_again_and_what_has_answered() {
    let (mut floor, dialog) = shown();
    let target = address("2101");
    let at = |text: &str| Callback { time: Some(text.parse().unwrap()), number: None };
    let schedule = |callback| DialogRequest::ScheduleCallback { target: target.clone(), callback };
    let machine = || {
        let classification = Classification::AnsMachine;
        DialogRequest::Reclassify { target: address("2101"), classification }
    };
    // There has to be a call first.
    assert_eq!(failure(&ask(&mut floor, dialog, machine())), Some(Failure::ActionNotAllowed));
    floor.act("7001", dialog, Action::Accept);
    customer_takes_it(&mut floor, dialog);
    assert!(actions(&floor, dialog).ends_with(&[
        "UPDATE_SCHEDULED_CALLBACK",
        "CANCEL_SCHEDULED_CALLBACK",
        "RECLASSIFY"
    ]));

    let shows = |floor: &Floor, part: &str| {
        let xml = contact::dialog_xml(&floor.room.centre, floor.room.centre.dialog(dialog).unwrap());
        assert!(xml.contains(part), "{part} in {xml}");
    };
    ask(&mut floor, dialog, schedule(at("2026-01-06T14:30")));
    ask(&mut floor, dialog, schedule(Callback { time: None, number: Some(address("5559002")) }));
    shows(
        &floor,
        "<scheduledCallbackInfo><callbackNumber>5559002</callbackNumber>\
         <callbackTime>2026-01-06T14:30</callbackTime></scheduledCallbackInfo>",
    );
    ask(&mut floor, dialog, machine());
    shows(&floor, "<outboundClassification>ANS_MACHINE</outboundClassification>");
    shows(&floor, "<name>BAResponse</name><value>ANS_MACHINE</value>");
    // The same again changes nothing, so nobody is told.
    assert_eq!(ask(&mut floor, dialog, machine()), []);
    floor.act("7001", dialog, Action::CancelScheduledCallback);
    let xml = contact::dialog_xml(&floor.room.centre, floor.room.centre.dialog(dialog).unwrap());
    assert!(!xml.contains("scheduledCallbackInfo"), "{xml}");

    // Nobody's campaign, nothing to say.
    let mut floor = Floor::new(Settings::default());
    let plain = floor.incoming("5551001", "2101");
    floor.act("7001", plain, Action::Answer);
    assert_eq!(failure(&ask(&mut floor, plain, machine())), Some(Failure::ActionNotAllowed));
}

#[test]
fn what_is_asked_for_is_read_from_the_body() {
    let body = |action: &str, parameters: &str| {
        let body = format!(
            "<Dialog><targetMediaAddress>2101</targetMediaAddress><requestedAction>{action}</requestedAction>\
             <actionParams>{parameters}</actionParams></Dialog>"
        );
        DialogRequest::for_dialog(body.as_bytes())
    };
    let parameter = |name: &str, value: &str| {
        format!("<ActionParam><name>{name}</name><value>{value}</value></ActionParam>")
    };
    let both = parameter("callbackTime", "2026-01-06T14:30") + &parameter("callbackNumber", "5559002");
    let callback =
        Callback { time: Some("2026-01-06T14:30".parse().unwrap()), number: Some(address("5559002")) };
    let target = address("2101");
    assert_eq!(
        body("UPDATE_SCHEDULED_CALLBACK", &both),
        Ok(DialogRequest::ScheduleCallback { target: target.clone(), callback })
    );
    assert_eq!(
        body("RECLASSIFY", &parameter("outboundClassification", "DO_NOT_CALL")),
        Ok(DialogRequest::Reclassify { target: target.clone(), classification: Classification::DoNotCall })
    );
    for action in [Action::Accept, Action::Close, Action::Reject, Action::CancelScheduledCallback] {
        let plain = DialogRequest::Plain { action, target: target.clone() };
        assert_eq!(body(action.as_str(), ""), Ok(plain));
    }
    for (action, parameters) in [
        ("UPDATE_SCHEDULED_CALLBACK", String::new()),
        ("UPDATE_SCHEDULED_CALLBACK", parameter("callbackTime", "tomorrow")),
        ("UPDATE_SCHEDULED_CALLBACK", parameter("callbackNumber", "")),
        ("RECLASSIFY", String::new()),
        ("RECLASSIFY", parameter("outboundClassification", "CAT")),
    ] {
        assert_eq!(body(action, &parameters).unwrap_err().status, 400, "{action} {parameters}");
    }
}
