//! Call flows, event by event: who hears what, in which order.
//!
//! # Source
//!
//! Finesse Developer Guide 12.5(1), the event scripts of "Dialog notifications".

use contact::AgentState::{Hold, NotReady, Ready, Reserved, Talking};
use contact::{Action, Settings};

use crate::calls::Floor;

fn floor() -> Floor {
    Floor::new(Settings::default())
}

#[test]
fn an_incoming_call_from_an_agent_is_heard_by_both() {
    let mut floor = floor();
    floor.ready(&["7001"]);
    let call = floor.call("7002", "2101").unwrap();
    assert_eq!(floor.state("7001"), Reserved);
    assert_eq!(
        floor.heard(),
        [
            "7002 POST INITIATING 2102:INITIATING",
            "7002 PUT INITIATED 2102:INITIATED",
            "7002 PUT ALERTING 2102:INITIATED 2101:ALERTING",
            "7001 POST ALERTING 2102:INITIATED 2101:ALERTING",
        ]
    );
    floor.act("7001", call, Action::Answer);
    assert_eq!(
        floor.heard(),
        ["7001 PUT ACTIVE 2102:ACTIVE 2101:ACTIVE", "7002 PUT ACTIVE 2102:ACTIVE 2101:ACTIVE",]
    );
    assert_eq!((floor.state("7001"), floor.state("7002")), (Talking, Talking));
    floor.act("7002", call, Action::Drop);
    assert_eq!(
        floor.heard(),
        [
            "7001 PUT ACTIVE 2102:DROPPED 2101:ACTIVE",
            "7002 PUT ACTIVE 2102:DROPPED 2101:ACTIVE",
            "7001 PUT DROPPED 2102:DROPPED 2101:DROPPED",
            "7002 PUT DROPPED 2102:DROPPED 2101:DROPPED",
            "7001 PUT DROPPED 2102:DROPPED 2101:DROPPED",
            "7002 PUT DROPPED 2102:DROPPED 2101:DROPPED",
            "7001 DELETE DROPPED 2102:DROPPED 2101:DROPPED",
            "7002 DELETE DROPPED 2102:DROPPED 2101:DROPPED",
        ]
    );
    assert_eq!((floor.state("7001"), floor.state("7002")), (Ready, NotReady));
    assert_eq!(floor.dialog(call), "over");
}

#[test]
fn an_incoming_call_from_outside_is_heard_by_the_agent_only() {
    let mut floor = floor();
    let call = floor.incoming("5551001", "2101");
    assert_eq!(floor.heard(), ["7001 POST ALERTING 5551001:INITIATED 2101:ALERTING"]);
    assert_eq!(floor.state("7001"), NotReady, "who is not ready stays so until the call is answered");
    floor.act("7001", call, Action::Answer);
    assert_eq!(floor.heard(), ["7001 PUT ACTIVE 5551001:ACTIVE 2101:ACTIVE"]);
    assert_eq!(floor.state("7001"), Talking);
    let hang_up = contact::NetworkEvent::HangUp { dialog: call, address: crate::calls::address("5551001") };
    floor.network(hang_up).unwrap();
    assert_eq!(
        floor.heard(),
        [
            "7001 PUT ACTIVE 5551001:DROPPED 2101:ACTIVE",
            "7001 PUT DROPPED 5551001:DROPPED 2101:DROPPED",
            "7001 PUT DROPPED 5551001:DROPPED 2101:DROPPED",
            "7001 DELETE DROPPED 5551001:DROPPED 2101:DROPPED",
        ]
    );
    assert_eq!(floor.state("7001"), NotReady);
}

#[test]
fn an_outgoing_call_is_answered_by_itself_after_a_while() {
    let mut floor = floor();
    let call = floor.call("7001", "5551001").unwrap();
    assert_eq!(
        floor.heard(),
        [
            "7001 POST INITIATING 2101:INITIATING",
            "7001 PUT INITIATED 2101:INITIATED",
            "7001 PUT ALERTING 2101:INITIATED 5551001:ALERTING",
        ]
    );
    assert_eq!(floor.state("7001"), Talking);
    let due = floor.room.centre.next_timeout().expect("somebody answers");
    assert_eq!(due.0, floor.now.0 + 2000);
    floor.now.0 = due.0 - 1001;
    floor.command("network", contact::Command::Elapse).unwrap();
    assert_eq!(floor.heard(), [""; 0], "a millisecond too early");
    floor.now.0 = due.0 - 1000;
    floor.command("network", contact::Command::Elapse).unwrap();
    assert_eq!(floor.heard(), ["7001 PUT ACTIVE 2101:ACTIVE 5551001:ACTIVE"]);
    assert_eq!(floor.room.centre.next_timeout(), None);
    floor.act("7001", call, Action::Drop);
    assert_eq!(floor.heard().last().unwrap(), "7001 DELETE DROPPED 2101:DROPPED 5551001:DROPPED");
    assert_eq!(floor.state("7001"), NotReady);
}

#[test]
fn an_outgoing_call_fails_for_a_busy_line_and_for_no_number() {
    for (to, cause) in [("2102", "BUSY"), ("nobody", "BAD_DESTINATION")] {
        let mut floor = floor();
        floor.incoming("5559", "2102");
        floor.heard();
        let call = floor.call("7001", to).unwrap();
        assert_eq!(
            floor.heard(),
            [
                "7001 POST INITIATING 2101:INITIATING",
                "7001 PUT INITIATED 2101:INITIATED",
                "7001 PUT FAILED 2101:FAILED",
            ]
        );
        let xml = contact::dialog_xml(&floor.room.centre, floor.room.centre.dialog(call).unwrap());
        assert!(xml.contains(&format!("<stateCause>{cause}</stateCause>")), "{xml}");
        floor.act("7001", call, Action::Drop);
        assert_eq!(floor.heard().last().unwrap(), "7001 DELETE DROPPED 2101:DROPPED");
        assert_eq!(floor.state("7001"), NotReady);
    }
}

#[test]
fn a_call_on_hold_stays_active_even_for_both() {
    let mut floor = floor();
    let call = floor.call("7002", "2101").unwrap();
    floor.act("7001", call, Action::Answer);
    floor.heard();
    floor.act("7001", call, Action::Hold);
    assert_eq!(
        floor.heard(),
        ["7001 PUT ACTIVE 2102:ACTIVE 2101:HELD", "7002 PUT ACTIVE 2102:ACTIVE 2101:HELD"]
    );
    assert_eq!((floor.state("7001"), floor.state("7002")), (Hold, Talking));
    floor.act("7002", call, Action::Hold);
    assert_eq!(floor.dialog(call), "ACTIVE: 2102 HELD, 2101 HELD");
    floor.act("7001", call, Action::Retrieve);
    assert_eq!(floor.dialog(call), "ACTIVE: 2102 HELD, 2101 ACTIVE");
    assert_eq!(floor.state("7001"), Talking);
}

#[test]
fn a_call_is_transferred_after_a_consultation() {
    let mut floor = floor();
    floor.ready(&["7001", "7003"]);
    let original = floor.incoming("5551001", "2101");
    floor.act("7001", original, Action::Answer);
    floor.heard();
    let consult = floor.consult("7001", original, "2103");
    assert_eq!(
        floor.heard(),
        [
            "7001 PUT ACTIVE 5551001:ACTIVE 2101:HELD",
            "7001 POST INITIATING 2101:INITIATING",
            "7001 PUT ACTIVE 5551001:ACTIVE 2101:HELD",
            "7001 PUT INITIATED 2101:INITIATED",
            "7001 PUT ALERTING 2101:INITIATED 2103:ALERTING",
            "7003 POST ALERTING 2101:INITIATED 2103:ALERTING",
        ]
    );
    assert_eq!((floor.state("7001"), floor.state("7003")), (Talking, Reserved));
    let held = |floor: &Floor| {
        let dialog = floor.room.centre.dialog(original).unwrap();
        dialog.actions_of(&dialog.participants[1], contact::Deployment::Ucce)
    };
    assert!(!held(&floor).contains(&Action::Transfer), "not before somebody has answered");
    floor.act("7003", consult, Action::Answer);
    assert_eq!(
        floor.heard(),
        [
            "7001 PUT ACTIVE 2101:ACTIVE 2103:ACTIVE",
            "7003 PUT ACTIVE 2101:ACTIVE 2103:ACTIVE",
            // The actions of the call on hold are others now.
            "7001 PUT ACTIVE 5551001:ACTIVE 2101:HELD",
        ]
    );
    assert!(held(&floor).contains(&Action::Transfer) && held(&floor).contains(&Action::Conference));
    floor.act("7001", original, Action::Transfer);
    assert_eq!(
        floor.heard(),
        [
            "7001 DELETE ACTIVE 5551001:ACTIVE 2101:DROPPED",
            "7001 DELETE DROPPED 2101:DROPPED 2103:DROPPED",
            "7003 DELETE DROPPED 2101:DROPPED 2103:DROPPED",
            "7003 POST ACTIVE 5551001:ACTIVE 2101:DROPPED 2103:ACTIVE",
        ]
    );
    assert_eq!((floor.state("7001"), floor.state("7003")), (Ready, Talking));
    let dialog = floor.room.centre.dialog(original).unwrap();
    assert_eq!((dialog.call_type, dialog.secondary), (contact::CallType::Transfer, Some(consult)));
    assert_eq!(floor.dialog(consult), "over");
}

#[test]
fn a_call_becomes_a_conference() {
    let mut floor = floor();
    let original = floor.incoming("5551001", "2101");
    floor.act("7001", original, Action::Answer);
    let consult = floor.consult("7001", original, "2103");
    floor.act("7003", consult, Action::Answer);
    floor.heard();
    floor.act("7001", original, Action::Conference);
    assert_eq!(
        floor.heard(),
        [
            "7001 DELETE DROPPED 2101:DROPPED 2103:DROPPED",
            "7003 DELETE DROPPED 2101:DROPPED 2103:DROPPED",
            "7001 PUT ACTIVE 5551001:ACTIVE 2101:ACTIVE 2103:ACTIVE",
            "7003 POST ACTIVE 5551001:ACTIVE 2101:ACTIVE 2103:ACTIVE",
        ]
    );
    assert_eq!(floor.room.centre.dialog(original).unwrap().call_type, contact::CallType::Conference);
    // One of three leaves and the others go on talking.
    floor.act("7001", original, Action::Drop);
    assert_eq!(
        floor.heard(),
        [
            "7001 PUT ACTIVE 5551001:ACTIVE 2101:DROPPED 2103:ACTIVE",
            "7003 PUT ACTIVE 5551001:ACTIVE 2101:DROPPED 2103:ACTIVE",
            "7001 DELETE ACTIVE 5551001:ACTIVE 2101:DROPPED 2103:ACTIVE",
            "7003 PUT ACTIVE 5551001:ACTIVE 2101:DROPPED 2103:ACTIVE",
        ]
    );
    assert_eq!((floor.state("7001"), floor.state("7003")), (NotReady, Talking));
    floor.act("7003", original, Action::Drop);
    assert_eq!(floor.dialog(original), "over");
}

#[test]
fn a_call_is_transferred_without_asking() {
    let mut floor = floor();
    floor.ready(&["7001", "7003"]);
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    floor.heard();
    floor.towards("7001", call, Action::TransferSst, "2103");
    assert_eq!(
        floor.heard(),
        [
            "7001 DELETE ACTIVE 5551001:ACTIVE 2101:DROPPED",
            "7003 POST ALERTING 5551001:ACTIVE 2101:DROPPED 2103:ALERTING",
        ]
    );
    assert_eq!((floor.state("7001"), floor.state("7003")), (Ready, Reserved));
    floor.act("7003", call, Action::Answer);
    assert_eq!(floor.heard(), ["7003 PUT ACTIVE 5551001:ACTIVE 2101:DROPPED 2103:ACTIVE"]);
    assert_eq!(floor.state("7003"), Talking);
}

/// A call that nobody has taken yet cannot be given away: there would be nobody in it. Found by a walk of millions of steps.
#[test]
fn a_telephone_that_rings_takes_no_call_from_nobody() {
    for to in ["8001", "5552"] {
        let mut floor = floor();
        let queue = contact::Queue {
            id: contact::QueueId(1),
            name: "Sales".to_owned(),
            numbers: [crate::calls::address("8001")].into(),
            teams: [contact::TeamId(1)].into(),
        };
        floor.room.configure(contact::Command::AddQueue(queue));
        let call = floor.call("7001", "2102").expect("a call");
        floor.act("7002", call, Action::Answer);
        floor.towards("7002", call, Action::TransferSst, "2103");
        assert_eq!(floor.dialog(call), "ALERTING: 2101 ACTIVE, 2102 DROPPED, 2103 ALERTING");
        floor.heard();
        let failed = floor.towards("7001", call, Action::TransferSst, to);
        assert!(matches!(failed[..], [contact::Event::DialogRequestFailed { .. }]), "{failed:?}");
        assert_eq!(floor.heard(), [format!("7001 Generic Error at Dialog/{call}")]);
        assert_eq!(floor.dialog(call), "ALERTING: 2101 ACTIVE, 2102 DROPPED, 2103 ALERTING");
        floor.act("7003", call, Action::Answer);
        floor.towards("7001", call, Action::TransferSst, to);
        assert_eq!(contact::audit(&floor.room.centre), Ok(()));
        assert_eq!(floor.state("7003"), Talking, "the call goes on");
    }
}

#[test]
fn a_consultation_that_ends_leaves_the_call_on_hold() {
    let mut floor = floor();
    let original = floor.incoming("5551001", "2101");
    floor.act("7001", original, Action::Answer);
    let consult = floor.consult("7001", original, "2103");
    floor.act("7003", consult, Action::Answer);
    floor.heard();
    floor.act("7003", consult, Action::Drop);
    assert_eq!(
        floor.heard().last().unwrap(),
        "7001 PUT ACTIVE 5551001:ACTIVE 2101:HELD",
        "it can no longer be merged"
    );
    assert_eq!(floor.state("7001"), Hold);
    let failed = floor.act("7001", original, Action::Transfer);
    assert!(matches!(failed[..], [contact::Event::DialogRequestFailed { .. }]), "{failed:?}");
    assert_eq!(floor.heard(), [format!("7001 Generic Error at Dialog/{original}")]);
    floor.act("7001", original, Action::Retrieve);
    assert_eq!(floor.state("7001"), Talking);
}

#[test]
fn a_supervisor_listens_and_joins() {
    let mut floor = floor();
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    floor.heard();
    let (from, to) = (floor.extension("7000"), floor.extension("7001"));
    let request = contact::DialogRequest::SilentMonitor { from: from.clone(), to: to.clone() };
    let user = crate::room::user("7000");
    floor.command("7000", contact::Command::BeginCall { user: user.clone(), request }).unwrap();
    assert_eq!(
        floor.heard(),
        [
            "7000 POST ACTIVE 2190:ACTIVE",
            "7000 PUT ACTIVE 2190:ACTIVE 2101:ACTIVE",
            "7001 POST ACTIVE 2190:ACTIVE 2101:ACTIVE",
        ]
    );
    let monitor = floor.room.centre.dialogs_of(&user).next().unwrap().id;
    assert_eq!(floor.dialog(call), "ACTIVE: 5551001 ACTIVE, 2101 ACTIVE", "the call is as it was");
    let request = contact::DialogRequest::Barge { from, to, monitor };
    floor.command("7000", contact::Command::BeginCall { user, request }).unwrap();
    assert_eq!(
        floor.heard(),
        [
            "7000 DELETE DROPPED 2190:DROPPED 2101:DROPPED",
            "7001 DELETE DROPPED 2190:DROPPED 2101:DROPPED",
            "7001 PUT ACTIVE 5551001:ACTIVE 2101:ACTIVE 2190:ACTIVE",
            "7000 POST ACTIVE 5551001:ACTIVE 2101:ACTIVE 2190:ACTIVE",
        ]
    );
    // The supervisor takes the agent out and goes on with the caller.
    let target = floor.extension("7001");
    let request = contact::DialogRequest::Plain { action: Action::ParticipantDrop, target };
    floor.command("7000", contact::Command::ActOnCall { dialog: call, request }).unwrap();
    assert_eq!(floor.dialog(call), "ACTIVE: 5551001 ACTIVE, 2101 DROPPED, 2190 ACTIVE");
    assert_eq!((floor.state("7000"), floor.state("7001")), (Talking, NotReady));
}

/// DROP of the call by which the supervisor listens; the call that was listened to goes on.
#[test]
fn a_supervisor_stops_listening() {
    let mut floor = floor();
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    let (from, to) = (floor.extension("7000"), floor.extension("7001"));
    let user = crate::room::user("7000");
    let request = contact::DialogRequest::SilentMonitor { from, to };
    floor.command("7000", contact::Command::BeginCall { user: user.clone(), request }).unwrap();
    let monitor = floor.room.centre.dialogs_of(&user).next().unwrap().id;
    floor.heard();
    floor.act("7000", monitor, Action::Drop);
    let heard = floor.heard();
    for agent in ["7000", "7001"] {
        let gone = format!("{agent} DELETE DROPPED 2190:DROPPED 2101:DROPPED");
        assert!(heard.contains(&gone), "{gone}: {heard:?}");
    }
    assert_eq!(floor.dialog(call), "ACTIVE: 5551001 ACTIVE, 2101 ACTIVE");
    assert_eq!((floor.state("7000"), floor.state("7001")), (NotReady, Talking));
}

#[test]
fn listening_ends_with_the_call() {
    let mut floor = floor();
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    let (from, to) = (floor.extension("7000"), floor.extension("7001"));
    let user = crate::room::user("7000");
    let request = contact::DialogRequest::SilentMonitor { from, to };
    floor.command("7000", contact::Command::BeginCall { user: user.clone(), request }).unwrap();
    floor.act("7001", call, Action::Drop);
    assert_eq!(floor.room.centre.dialogs().count(), 0, "both calls are over");
    assert_eq!((floor.state("7000"), floor.state("7001")), (NotReady, NotReady));
}
