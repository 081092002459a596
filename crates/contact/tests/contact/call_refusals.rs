//! What cannot be done with a call: what is refused at once, and what is accepted and fails as an event.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), the errors of the Dialog APIs.

use contact::{
    Action, CallDataChange, Command, Deployment, DialogId, DialogRequest, DtmfDigits, ErrorType, Event,
    Failure, Queue, QueueId, Reason, ReasonCodeId, Refusal, RequestedState, Settings, TeamId,
};

use crate::calls::{Floor, address};
use crate::room::{state, user};

fn refused<T>(answer: Result<T, Refusal>) -> (u16, ErrorType) {
    let refusal = answer.err().expect("a refusal");
    (refusal.status, refusal.error_type)
}

fn begin(floor: &mut Floor, agent: &str, request: DialogRequest) -> Result<Vec<Event>, Refusal> {
    floor.command(agent, Command::BeginCall { user: user(agent), request })
}

fn listen(floor: &mut Floor, agent: &str) -> Result<Vec<Event>, Refusal> {
    let (from, to) = (floor.extension("7000"), floor.extension(agent));
    begin(floor, "7000", DialogRequest::SilentMonitor { from, to })
}

fn barge(floor: &mut Floor, agent: &str) -> Result<Vec<Event>, Refusal> {
    let (from, to) = (floor.extension("7000"), floor.extension(agent));
    let monitor = floor.room.centre.dialogs_of(&user("7000")).next().expect("a call to listen to").id;
    begin(floor, "7000", DialogRequest::Barge { from, to, monitor })
}

/// An agent in a call from outside.
fn talking(settings: Settings) -> (Floor, DialogId) {
    let mut floor = Floor::new(settings);
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    (floor, call)
}

#[test]
fn tones_are_for_a_call_that_is_not_on_hold() {
    let (mut floor, call) = talking(Settings::default());
    let tones = || {
        let digits = DtmfDigits::new("12#").expect("digits");
        let request = DialogRequest::SendDtmf { target: address("2101"), digits };
        Command::ActOnCall { dialog: call, request }
    };
    assert_eq!(floor.command("7001", tones()), Ok(vec![]), "nobody is told of tones");
    floor.act("7001", call, Action::Hold);
    assert_eq!(refused(floor.command("7001", tones())), (401, ErrorType::InvalidState));
}

#[test]
fn a_supervisor_listens_to_an_agent_who_talks_and_talks_to_nobody_meanwhile() {
    let mut floor = Floor::new(Settings::default());
    assert_eq!(refused(listen(&mut floor, "7001")), (400, ErrorType::InvalidState), "nobody talks");
    assert_eq!(refused(listen(&mut floor, "7003")), (401, ErrorType::InvalidSupervisor), "another team");
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    let own = floor.incoming("5551002", "2190");
    floor.act("7000", own, Action::Answer);
    assert_eq!(refused(listen(&mut floor, "7001")), (400, ErrorType::InvalidState), "in a call already");
    floor.act("7000", own, Action::Drop);
    listen(&mut floor, "7001").expect("now");
    let extension = (floor.extension("7001"), floor.extension("7002"));
    let by_agent = DialogRequest::SilentMonitor { from: extension.0, to: extension.1 };
    assert_eq!(refused(begin(&mut floor, "7001", by_agent)), (401, ErrorType::AuthorizationFailure));
}

#[test]
fn a_supervisor_joins_through_an_agent_who_may_bring_in_another() {
    let (mut floor, call) = talking(Settings::default());
    listen(&mut floor, "7001").expect("the agent talks");
    floor.act("7001", call, Action::Hold);
    assert_eq!(refused(barge(&mut floor, "7001")), (400, ErrorType::InvalidDestination), "on hold");

    let (mut floor, _) = talking(Settings { conference_parties_max: 2, ..Settings::default() });
    listen(&mut floor, "7001").expect("the agent talks");
    let full = barge(&mut floor, "7001");
    assert_eq!(refused(full), (400, ErrorType::BargeConferenceLimit), "as many as there may be");

    let (mut floor, call) = talking(Settings::default());
    let consult = floor.consult("7001", call, "2102");
    floor.act("7002", consult, Action::Answer);
    floor.act("7001", call, Action::Conference);
    listen(&mut floor, "7002").expect("the agent talks");
    assert_eq!(refused(barge(&mut floor, "7002")), (400, ErrorType::BargeNotController));
    assert_eq!(ErrorType::BargeConferenceLimit.as_str(), "20700");
    assert_eq!(ErrorType::BargeNotController.as_str(), "20999");
}

#[test]
fn only_agents_of_a_conference_are_taken_out_of_it_and_only_by_supervisors() {
    let (mut floor, call) = talking(Settings::default());
    let drop = |target: &str| {
        let request = DialogRequest::Plain { action: Action::ParticipantDrop, target: address(target) };
        Command::ActOnCall { dialog: call, request }
    };
    assert_eq!(refused(floor.command("7001", drop("2101"))), (401, ErrorType::AuthorizationFailure));
    let not_in_it = refused(floor.command("7000", drop("2101")));
    assert_eq!(not_in_it, (401, ErrorType::InvalidAuthorizationUser));
    listen(&mut floor, "7001").expect("the agent talks");
    barge(&mut floor, "7001").expect("the supervisor joins");
    assert_eq!(refused(floor.command("7000", drop("2102"))), (400, ErrorType::InvalidDestination));
    floor.heard();
    let outsider = floor.command("7000", drop("5551001")).expect("the switch says no");
    assert!(matches!(outsider[..], [Event::DialogRequestFailed { .. }]), "{outsider:?}");
    assert_eq!(floor.heard(), [format!("7000 Generic Error at Dialog/{call}")]);
    floor.command("7000", drop("2101")).expect("an agent");
    assert_eq!(floor.dialog(call), "ACTIVE: 5551001 ACTIVE, 2101 DROPPED, 2190 ACTIVE");
}

#[test]
fn whoever_set_up_a_conference_enlarges_it_up_to_its_limit() {
    for (deployment, error) in [(Deployment::Ucce, "Generic Error"), (Deployment::Uccx, "Invalid State")] {
        let (mut floor, call) = talking(Settings { deployment, ..Settings::default() });
        let consult = floor.consult("7001", call, "2103");
        floor.act("7003", consult, Action::Answer);
        floor.act("7001", call, Action::Conference);
        let second = floor.consult("7003", call, "2102");
        floor.act("7002", second, Action::Answer);
        floor.heard();
        floor.act("7003", call, Action::Conference);
        assert_eq!(floor.heard(), [format!("7003 {error} at Dialog/{call}")], "{deployment:?}");
    }
    let (mut floor, call) = talking(Settings { conference_parties_max: 2, ..Settings::default() });
    let consult = floor.consult("7001", call, "2103");
    floor.act("7003", consult, Action::Answer);
    floor.heard();
    floor.act("7001", call, Action::Conference);
    assert_eq!(floor.heard(), [format!("7001 Call Operation Failure at Dialog/{call}")]);
}

/// The texts of failures, which clients compare: type, number, constant.
#[test]
fn failures_of_calls_have_the_switchs_numbers() {
    for (failure, expected) in [
        (Failure::ActionNotAllowed, ("Generic Error", "22", "CF_INVALID_OBJECT_STATE")),
        (Failure::OutOfService, ("Call Operation Failure", "34", "CF_RESOURCE_OUT_OF_SERVICE")),
        (Failure::ConferenceFull, ("Call Operation Failure", "34", "CF_RESOURCE_OUT_OF_SERVICE")),
        (Failure::InvalidObjectState, ("Invalid State", "22", "CF_INVALID_OBJECT_STATE")),
        (Failure::ResourceBusy, ("Invalid State", "33", "CF_RESOURCE_BUSY")),
        (Failure::InvalidWorkMode, ("Invalid State", "265", "CF_INVALID_AGENT_WORKMODE")),
        (
            Failure::NotController,
            (
                "Generic Error",
                "20999",
                "&lt;ConferenceCallCommand&gt;: Conference failed: this party is not the controller",
            ),
        ),
    ] {
        let (mut floor, call) = talking(Settings::default());
        let failed = Event::DialogRequestFailed { user: user("7001"), dialog: Some(call), failure };
        let [update] = &floor.room.centre.apply(&failed, Some("c1f0"))[..] else { panic!("one update") };
        assert_eq!(update.node.to_string(), "/finesse/api/User/7001/Dialogs");
        let (error_type, data, message) = expected;
        assert_eq!(
            update.document,
            format!(
                "<Update><data><apiErrors><apiError><errorData>{data}</errorData>\
                 <errorMessage>{message}</errorMessage><errorType>{error_type}</errorType></apiError>\
                 </apiErrors></data><event>PUT</event><requestId>c1f0</requestId>\
                 <source>/finesse/api/Dialog/{call}</source></Update>"
            )
        );
    }
}

#[test]
fn a_call_is_made_without_data_on_ccx() {
    let variables = vec![("callVariable1".to_owned(), "gold".to_owned())];
    for (deployment, expected) in
        [(Deployment::Ucce, None), (Deployment::Uccx, Some((400, ErrorType::InvalidInput)))]
    {
        let mut floor = Floor::new(Settings { deployment, ..Settings::default() });
        let data = CallDataChange { wrap_up_reason: None, variables: variables.clone() };
        let request = DialogRequest::MakeCall { from: address("2101"), to: address("5551001"), data };
        let answer = begin(&mut floor, "7001", request);
        assert_eq!(answer.err().map(|refusal| (refusal.status, refusal.error_type)), expected);
    }
}

/// A floor on CCX where `7001` talks to a caller of a queue.
fn queue_call_on_ccx() -> Floor {
    let mut floor = Floor::new(Settings { deployment: Deployment::Uccx, ..Settings::default() });
    let (numbers, teams) = ([address("8001")].into(), [TeamId(1)].into());
    floor.room.configure(Command::AddQueue(Queue { id: QueueId(1), name: "Sales".into(), numbers, teams }));
    for (id, code, label) in [(1, 10, "Meeting"), (4, 12, "Lunch")] {
        let category = contact::ReasonCategory::NotReady;
        floor.room.configure(Command::add_reason_code(id, category, code, label));
    }
    floor.ready(&["7001"]);
    let call = floor.incoming("5551001", "8001");
    floor.act("7001", call, Action::Answer);
    floor
}

#[test]
fn ccx_takes_the_first_wish_about_what_comes_after_a_call_and_none_to_be_ready() {
    let mut floor = queue_call_on_ccx();
    let mut ask = |request| floor.ask_state("7001", "7001", request).expect("accepted");
    let is_refused =
        |events: &[Event]| matches!(events, [Event::RequestFailed { failure: Failure::InvalidWorkMode, .. }]);
    assert!(is_refused(&ask(state(RequestedState::Ready))));
    let not_ready = |id| state(RequestedState::NotReady).with_reason(ReasonCodeId(id));
    assert!(!is_refused(&ask(not_ready(4))));
    assert!(is_refused(&ask(not_ready(1))));
    assert_eq!(ask(not_ready(4)), [], "the same again changes nothing");
    let call = floor.room.centre.dialogs_of(&user("7001")).next().expect("the call").id;
    floor.act("7001", call, Action::Drop);
    let code = Reason::Code { id: ReasonCodeId(4) };
    assert_eq!((floor.state("7001"), floor.reason("7001")), (contact::AgentState::NotReady, code));
}

/// What refers to what while an agent asks somebody about a call.
#[test]
fn a_call_and_its_consultation_name_each_other() {
    let (mut floor, call) = talking(Settings::default());
    let consult = floor.consult("7001", call, "2103");
    let xml = |floor: &Floor, id| {
        contact::dialog_xml(&floor.room.centre, floor.room.centre.dialog(id).expect("a call"))
    };
    let original = xml(&floor, call);
    assert!(original.contains(&format!("<secondaryId>{consult}</secondaryId>")), "{original}");
    let asking = xml(&floor, consult);
    let uri = format!("<associatedDialogUri>/finesse/api/Dialog/{call}</associatedDialogUri>");
    assert!(asking.contains(&uri) && asking.contains("<callType>CONSULT</callType>"), "{asking}");
}

#[test]
fn recording_is_asked_for_on_ccx_and_changes_nothing() {
    for (deployment, expected) in [(Deployment::Uccx, Ok(vec![])), (Deployment::Ucce, Err(501))] {
        let (mut floor, dialog) = talking(Settings { deployment, ..Settings::default() });
        let request = DialogRequest::Plain { action: Action::StartRecording, target: address("2101") };
        let answer = floor.command("7001", Command::ActOnCall { dialog, request });
        assert_eq!(answer.map_err(|refusal| refusal.status), expected);
    }
}
