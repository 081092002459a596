//! The states, actions and data of calls, as tables.

use super::*;
use crate::{Deployment, ErrorType, Refusal};

const AT: Timestamp = Timestamp(1_767_605_411_402);

fn address(number: &str) -> Address {
    Address::new(number).unwrap()
}

fn party(state: ParticipantState) -> Participant {
    Participant::new(address("2101"), Some(UserId::new("7001").unwrap()), state, AT)
}

fn names(participant: &Participant, deployment: Deployment) -> String {
    let names: Vec<&str> =
        Action::allowed(participant, deployment).iter().map(|action| action.as_str()).collect();
    names.join(" ")
}

#[test]
fn a_dialogs_state_follows_from_its_participants() {
    use ParticipantState::{
        Accepted, Active, Alerting, Dropped, Failed, Held, Initiated, Initiating, WrapUp,
    };
    for (participants, expected) in [
        // Incoming.
        (vec![Initiating], DialogState::Initiating),
        (vec![Initiated, Alerting], DialogState::Alerting),
        (vec![Active, Active], DialogState::Active),
        (vec![Dropped, Active], DialogState::Active),
        (vec![Dropped, Dropped], DialogState::Dropped),
        (vec![], DialogState::Dropped),
        // Outgoing.
        (vec![Initiated], DialogState::Initiated),
        (vec![Failed], DialogState::Failed),
        // On hold it stays active, even for both.
        (vec![Held, Active], DialogState::Active),
        (vec![Held, Held], DialogState::Active),
        // Over for everybody, and wrapped up by one.
        (vec![Dropped, WrapUp], DialogState::Dropped),
        // Given to somebody whose telephone rings.
        (vec![Active, Dropped, Alerting], DialogState::Alerting),
        (vec![Accepted], DialogState::Accepted),
    ] {
        assert_eq!(DialogState::of(participants.iter().copied()), expected, "{participants:?}");
    }
}

#[test]
fn each_state_of_a_participant_has_its_actions() {
    for (state, expected) in [
        (ParticipantState::Initiating, "UPDATE_CALL_DATA DROP"),
        (ParticipantState::Initiated, "UPDATE_CALL_DATA DROP"),
        (ParticipantState::Alerting, "ANSWER"),
        (ParticipantState::Active, "TRANSFER_SST CONSULT_CALL HOLD UPDATE_CALL_DATA SEND_DTMF DROP"),
        (ParticipantState::Held, "RETRIEVE UPDATE_CALL_DATA DROP"),
        (ParticipantState::Failed, "DROP"),
        (ParticipantState::WrapUp, "UPDATE_CALL_DATA"),
        (ParticipantState::Dropped, ""),
        (ParticipantState::Accepted, ""),
    ] {
        assert_eq!(names(&party(state), Deployment::Ucce), expected, "{state:?}");
        let monitored = Participant { part: Part::Monitored, ..party(state) };
        assert_eq!(names(&monitored, Deployment::Ucce), "", "{state:?}");
    }
    let consulting = Participant { consult: Some(DialogId(5)), ..party(ParticipantState::Held) };
    assert_eq!(names(&consulting, Deployment::Ucce), "RETRIEVE UPDATE_CALL_DATA DROP TRANSFER CONFERENCE");
    let on_ccx = names(&party(ParticipantState::Active), Deployment::Uccx);
    assert!(on_ccx.ends_with("DROP START_RECORDING"), "{on_ccx}");
    let listener = Participant { part: Part::Listener, ..party(ParticipantState::Active) };
    assert_eq!(names(&listener, Deployment::Ucce), "DROP");
}

#[test]
fn names_read_back() {
    for action in Action::ALL {
        assert_eq!(action.as_str().parse(), Ok(action));
    }
    for call_type in CallType::ALL {
        assert_eq!(serde_json::to_value(call_type).unwrap(), call_type.as_str());
    }
    for state in ParticipantState::ALL {
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
    }
}

#[test]
fn what_can_be_dialled() {
    for good in ["1", "2101", "+4940123", "5551*22#", "sip:a@b", "cafe"] {
        assert_eq!(address(good).as_str(), good);
    }
    let long = "1".repeat(65);
    for bad in ["", " ", "55 51", "ü", "1\n", &long] {
        assert_eq!(Address::new(bad), Err(NotAnAddress), "{bad:?}");
    }
    assert!(address("+49").can_be_reached());
    assert!(!address("cafe").can_be_reached());
}

#[test]
fn call_variables_are_cut_and_passed_over_as_the_switch_does() {
    let change = |name: &str, value: &str| CallDataChange {
        variables: vec![(name.into(), value.into())],
        ..CallDataChange::default()
    };
    let mut data = CallData::default();
    assert!(data.change(&change("callVariable1", "gold")));
    assert!(!data.change(&change("callVariable1", "gold")), "nothing new");
    assert!(!data.change(&change("callVariable11", "x")), "there are ten");
    assert!(!data.change(&change("other", "x")));
    assert!(data.change(&change("callVariable2", &"ü".repeat(30))));
    assert_eq!(data.variable("callVariable2"), "ü".repeat(20), "cut to 40 bytes, in whole characters");
    assert!(data.change(&change("user.order", "4711")));
    assert!(!data.change(&change("user.big", &"x".repeat(2000))), "no room beside the other");
    assert!(data.change(&change("user.order", "")));
    assert!(data.change(&change("user.big[0]", &"x".repeat(2000 - "user.big[0]".len()))));
    assert_eq!(data.variables().count(), 11, "the ten are always there");
    assert_eq!(data.variables().nth(9), Some(("callVariable10", "")));
    let reason = CallDataChange { wrap_up_reason: Some("Sold".into()), variables: vec![] };
    assert!(data.change(&reason));
    assert_eq!(data.wrap_up_reason(), "Sold");
}

fn new_call(body: &str) -> Result<DialogRequest, (ErrorType, String)> {
    DialogRequest::for_new_call(body.as_bytes()).map_err(kind)
}

fn on_dialog(body: &str) -> Result<DialogRequest, (ErrorType, String)> {
    DialogRequest::for_dialog(body.as_bytes()).map_err(kind)
}

fn kind(refusal: Refusal) -> (ErrorType, String) {
    assert_eq!(refusal.status, 400);
    (refusal.error_type, refusal.data)
}

#[test]
fn requests_that_begin_a_call() {
    let (from, to) = (address("2101"), address("5551"));
    let plain = "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2101</fromAddress>\
                 <toAddress>5551</toAddress></Dialog>";
    let data = CallDataChange::default();
    assert_eq!(
        new_call(plain),
        Ok(DialogRequest::MakeCall { from: from.clone(), to: to.clone(), data: data.clone() })
    );
    let with_data = "<dialog><toaddress>5551</toaddress><fromAddress>2101</fromAddress><mediaProperties><callvariables>\
                     <CallVariable><name>callVariable1</name><value>a&amp;b</value></CallVariable></callvariables>\
                     </mediaProperties><requestedAction>MAKE_CALL</requestedAction></dialog>";
    let data = CallDataChange { variables: vec![("callVariable1".into(), "a&b".into())], ..data };
    assert_eq!(new_call(with_data), Ok(DialogRequest::MakeCall { from: from.clone(), to: to.clone(), data }));
    let monitor = plain.replace("MAKE_CALL", "SILENT_MONITOR");
    assert_eq!(new_call(&monitor), Ok(DialogRequest::SilentMonitor { from: from.clone(), to: to.clone() }));
    let barge = plain.replace("MAKE_CALL", "BARGE_CALL").replace(
        "</Dialog>",
        "<associatedDialogUri>/finesse/api/Dialog/16777217</associatedDialogUri></Dialog>",
    );
    assert_eq!(new_call(&barge), Ok(DialogRequest::Barge { from, to, monitor: DialogId(16_777_217) }));
}

#[test]
fn requests_about_a_call() {
    let body = |action: &str, more: &str| {
        format!(
            "<Dialog><targetMediaAddress>2101</targetMediaAddress><requestedAction>{action}</requestedAction>{more}</Dialog>"
        )
    };
    let target = address("2101");
    for action in ["ANSWER", "HOLD", "RETRIEVE", "DROP", "TRANSFER", "CONFERENCE", "START_RECORDING"] {
        let expected = DialogRequest::Plain { action: action.parse().unwrap(), target: target.clone() };
        assert_eq!(on_dialog(&body(action, "")), Ok(expected));
    }
    for action in ["CONSULT_CALL", "TRANSFER_SST"] {
        let expected = DialogRequest::Towards {
            action: action.parse().unwrap(),
            target: target.clone(),
            to: address("2102"),
        };
        assert_eq!(on_dialog(&body(action, "<toAddress>2102</toAddress>")), Ok(expected));
    }
    let tones =
        "<actionParams><ActionParam><name>dtmfString</name><value>12#</value></ActionParam></actionParams>";
    assert_eq!(
        on_dialog(&body("SEND_DTMF", tones)),
        Ok(DialogRequest::SendDtmf { target, digits: DtmfDigits::new("12#").unwrap() })
    );
    let without_target = "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties>\
                          <wrapUpReason>Sold</wrapUpReason></mediaProperties></Dialog>";
    let data = CallDataChange { wrap_up_reason: Some("Sold".into()), variables: vec![] };
    assert_eq!(
        on_dialog(without_target),
        Ok(DialogRequest::UpdateCallData { target: None, data: data.clone() })
    );
    let of_ccx = without_target.replace(
        "<wrapUpReason>Sold</wrapUpReason>",
        "<wrapUpItems><wrapUpItem>Sold</wrapUpItem></wrapUpItems>",
    );
    assert_eq!(on_dialog(&of_ccx), Ok(DialogRequest::UpdateCallData { target: None, data }));
}

#[test]
fn requests_that_are_refused() {
    use ErrorType::{BadRequest, InvalidDestination, InvalidInput, ParameterMissing};
    let make = |action: &str, from: &str, to: &str| {
        format!(
            "<Dialog>{}{}{}</Dialog>",
            tag("requestedAction", action),
            tag("fromAddress", from),
            tag("toAddress", to)
        )
    };
    for (body, error_type, data) in [
        (String::new(), BadRequest, ""),
        ("{\"requestedAction\":\"MAKE_CALL\"}".into(), InvalidInput, "Dialog"),
        ("<User/>".into(), InvalidInput, "User"),
        (make("", "2101", "5551"), ParameterMissing, "requestedAction"),
        (make("MAKE_CALL", "", "5551"), ParameterMissing, "fromAddress"),
        (make("MAKE_CALL", "2101", ""), ParameterMissing, "toAddress"),
        (make("MAKE_CALL", "2101", "2101"), InvalidDestination, "2101"),
        (make("MAKE_CALL", "2101", "55 51"), InvalidInput, "55 51"),
        (make("MAKE_TEA", "2101", "5551"), InvalidInput, "MAKE_TEA"),
        (make("ANSWER", "2101", "5551"), InvalidInput, "ANSWER"),
        (make("BARGE_CALL", "2101", "5551"), ParameterMissing, "associatedDialogUri"),
    ] {
        assert_eq!(new_call(&body), Err((error_type, data.to_owned())), "{body}");
    }
    let on = |action: &str, more: &str| {
        format!(
            "<Dialog>{}{}{more}</Dialog>",
            tag("requestedAction", action),
            tag("targetMediaAddress", "2101")
        )
    };
    let variable = |name: &str| {
        let one = format!("<CallVariable>{}<value>x</value></CallVariable>", tag("name", name));
        format!("<mediaProperties><callvariables>{one}</callvariables></mediaProperties>")
    };
    let twice = variable("callVariable1").replace(
        "</callvariables>",
        "<CallVariable><name>callVariable1</name></CallVariable></callvariables>",
    );
    for (body, error_type, data) in [
        (on("MAKE_CALL", ""), InvalidInput, "MAKE_CALL"),
        (
            "<Dialog><requestedAction>HOLD</requestedAction></Dialog>".into(),
            ParameterMissing,
            "targetMediaAddress",
        ),
        (on("CONSULT_CALL", ""), ParameterMissing, "toAddress"),
        (on("CONSULT_CALL", &tag("toAddress", "2101")), InvalidDestination, "2101"),
        (on("UPDATE_CALL_DATA", ""), ParameterMissing, "mediaProperties"),
        (on("UPDATE_CALL_DATA", &variable("BAStatus")), InvalidInput, "BAStatus"),
        (on("UPDATE_CALL_DATA", &twice), InvalidInput, "callVariable1"),
        (on("SEND_DTMF", ""), ParameterMissing, "dtmfString"),
        (
            on(
                "SEND_DTMF",
                "<actionParams><ActionParam><name>dtmfString</name><value>x</value></ActionParam></actionParams>",
            ),
            InvalidInput,
            "x",
        ),
    ] {
        assert_eq!(on_dialog(&body), Err((error_type, data.to_owned())), "{body}");
    }
}

fn tag(name: &str, text: &str) -> String {
    format!("<{name}>{text}</{name}>")
}
