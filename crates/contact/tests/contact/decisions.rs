//! What a request for a state leads to, as tables: who asks, from which state, for what.

use contact::AgentState::{
    Hold, Logout, NotReady, Ready, Reserved, ReservedOutbound, ReservedOutboundPreview, Talking, Unknown,
    Work, WorkReady,
};
use contact::{
    AgentState, Deployment, ErrorType, Event, Failure, MobileAgent, Reason, ReasonCodeId, Refusal,
    RequestedState, Settings, UserRequest,
};

use crate::room::{Room, extension, login, state, strict, user};

/// What is expected of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    /// 202, and the user is in this state with this reason.
    Becomes(AgentState, Reason),
    /// 202, and nothing happens.
    Stays,
    /// 202, and this comes when the call is over.
    Waits(AgentState, Reason),
    /// 202, and an error event.
    Fails(Failure),
    /// This status and error at once.
    Refused(u16, ErrorType),
}
use Then::{Becomes, Fails, Refused, Stays, Waits};

fn outcome(answer: Result<Vec<Event>, Refusal>) -> Then {
    match answer.as_deref() {
        Ok([]) => Stays,
        Ok([Event::UserStateChanged { change, .. }]) => match change.after_call {
            Some(after) => {
                assert!(after.is_asked_for);
                Waits(after.state, after.reason)
            }
            None => {
                let is_signed_in = change.state != Logout;
                assert_eq!(change.extension.is_some(), is_signed_in, "on an extension, or signed out");
                Becomes(change.state, change.reason)
            }
        },
        Ok([Event::RequestFailed { failure, .. }]) => Fails(*failure),
        Ok(other) => panic!("unexpected events {other:?}"),
        Err(refusal) => Refused(refusal.status, refusal.error_type),
    }
}

const EVERY_REQUEST: [RequestedState; 4] = RequestedState::ALL;
const NONE: Reason = Reason::None;
const UNSPECIFIED: Reason = Reason::Unspecified;
const WRONG_STATE: Then = Refused(400, ErrorType::InvalidState);
const NOT_SIGNED_IN: Then = Fails(Failure::InvalidObjectState);

/// One row per state: what LOGIN (on the same extension), READY, NOT_READY and LOGOUT lead to.
type Table = [(AgentState, [Then; 4]); 11];

fn check(name: &str, table: Table, settings: &Settings, actor: &str, user: &str) {
    assert_eq!(table.map(|row| row.0), AgentState::ALL, "the table has every state");
    for (from, expected) in table {
        for (requested, expected) in EVERY_REQUEST.into_iter().zip(expected) {
            let mut room = Room::new(settings.clone());
            room.put(user, from);
            let request = if requested == RequestedState::Login { login("2101") } else { state(requested) };
            assert_eq!(outcome(room.ask(actor, user, request)), expected, "{name}: {from} asks {requested}");
        }
    }
}

#[test]
fn an_agent_on_ucce() {
    let signed_in = Becomes(NotReady, UNSPECIFIED);
    let (ready, not_ready) = (Becomes(Ready, NONE), Becomes(NotReady, UNSPECIFIED));
    let signed_out = Becomes(Logout, UNSPECIFIED);
    let (ready_then, not_ready_then) = (Waits(Ready, NONE), Waits(NotReady, UNSPECIFIED));
    let table = [
        (Logout, [signed_in, NOT_SIGNED_IN, NOT_SIGNED_IN, WRONG_STATE]),
        (NotReady, [Stays, ready, not_ready, signed_out]),
        (Ready, [Stays, Stays, not_ready, WRONG_STATE]),
        (Reserved, [Stays, ready_then, not_ready_then, WRONG_STATE]),
        (ReservedOutbound, [Stays, ready, not_ready, WRONG_STATE]),
        (ReservedOutboundPreview, [Stays, ready_then, not_ready_then, WRONG_STATE]),
        (Talking, [Stays, ready_then, not_ready_then, WRONG_STATE]),
        (Hold, [Stays, ready_then, not_ready_then, WRONG_STATE]),
        (Work, [Stays, ready, not_ready, WRONG_STATE]),
        (WorkReady, [Stays, ready, not_ready, WRONG_STATE]),
        (Unknown, [Stays, ready, not_ready, signed_out]),
    ];
    check("agent", table, &strict(), "7001", "7001");
    check("supervisor for the own state", table, &strict(), "7000", "7000");
}

#[test]
fn an_agent_on_uccx_signs_out_from_ready() {
    let settings = Settings { deployment: Deployment::Uccx, ..strict() };
    let mut room = Room::new(settings);
    room.put("7001", Ready);
    assert_eq!(
        outcome(room.ask("7001", "7001", state(RequestedState::Logout))),
        Becomes(Logout, UNSPECIFIED)
    );
    room.put("7001", Talking);
    assert_eq!(outcome(room.ask("7001", "7001", state(RequestedState::Logout))), WRONG_STATE);
}

#[test]
fn a_supervisor_for_an_agent_of_the_own_team() {
    for (deployment, reason) in
        [(Deployment::Ucce, Reason::SUPERVISOR_UCCE), (Deployment::Uccx, Reason::SUPERVISOR_UCCX)]
    {
        let (ready, not_ready, signed_out) =
            (Becomes(Ready, NONE), Becomes(NotReady, reason), Becomes(Logout, reason));
        let out_then = Waits(Logout, reason);
        let table = [
            (Logout, [WRONG_STATE, NOT_SIGNED_IN, NOT_SIGNED_IN, WRONG_STATE]),
            (NotReady, [WRONG_STATE, ready, WRONG_STATE, signed_out]),
            (Ready, [WRONG_STATE, Stays, not_ready, signed_out]),
            (Reserved, [WRONG_STATE, WRONG_STATE, WRONG_STATE, out_then]),
            (ReservedOutbound, [WRONG_STATE, WRONG_STATE, WRONG_STATE, signed_out]),
            (ReservedOutboundPreview, [WRONG_STATE, WRONG_STATE, WRONG_STATE, out_then]),
            (Talking, [WRONG_STATE, WRONG_STATE, WRONG_STATE, out_then]),
            (Hold, [WRONG_STATE, WRONG_STATE, WRONG_STATE, out_then]),
            (Work, [WRONG_STATE, ready, not_ready, signed_out]),
            (WorkReady, [WRONG_STATE, ready, not_ready, signed_out]),
            (Unknown, [WRONG_STATE, WRONG_STATE, WRONG_STATE, signed_out]),
        ];
        let settings = Settings { deployment, ..strict() };
        check("supervisor", table, &settings, "7000", "7001");
    }
}

#[test]
fn who_may_ask_for_whom() {
    let mut room = Room::new(strict());
    room.put("7003", NotReady);
    for (actor, user, expected) in [
        ("7002", "7003", Refused(401, ErrorType::InvalidAuthorizationUser)),
        ("7001", "7000", Refused(401, ErrorType::InvalidAuthorizationUser)),
        ("boss", "7003", Refused(401, ErrorType::InvalidAuthorizationUser)),
        ("7000", "7003", Refused(401, ErrorType::InvalidSupervisor)),
        ("7000", "boss", Refused(401, ErrorType::InvalidSupervisor)),
        ("boss", "boss", Refused(401, ErrorType::AuthorizationFailure)),
        ("7001", "nobody", Refused(404, ErrorType::UserNotFound)),
        ("7000", "nobody", Refused(404, ErrorType::UserNotFound)),
    ] {
        let answer = room.ask(actor, user, state(RequestedState::Ready));
        if let Err(refusal) = &answer {
            assert_eq!(refusal.data, user, "{actor} asks for {user}");
        }
        assert_eq!(outcome(answer), expected, "{actor} asks for {user}");
    }
}

#[test]
fn signing_in() {
    let mobile = UserRequest {
        mobile_agent: Some(MobileAgent { mode: "CALL_BY_CALL".into(), dial_number: "555".into() }),
        ..login("2101")
    };
    for (name, request, expected) in [
        ("a known extension", login("2150"), Becomes(NotReady, UNSPECIFIED)),
        ("the last of the range", login("2199"), Becomes(NotReady, UNSPECIFIED)),
        ("after the range", login("2200"), Fails(Failure::InvalidLogonDevice)),
        ("a longer number", login("21010"), Fails(Failure::InvalidLogonDevice)),
        ("with a plus sign", login("+2101"), Fails(Failure::InvalidLogonDevice)),
        ("in use by 7002", login("2102"), Fails(Failure::DeviceBusy)),
        ("no extension", state(RequestedState::Login), Refused(400, ErrorType::ParameterMissing)),
        ("as a mobile agent", mobile, Fails(Failure::ModeNotAllowed)),
    ] {
        let mut room = Room::new(strict());
        room.set("7002", NotReady, UNSPECIFIED, Some(extension("2102")));
        assert_eq!(outcome(room.ask("7001", "7001", request)), expected, "{name}");
    }
}

#[test]
fn an_extension_is_free_again_after_signing_out_or_removal() {
    let mut room = Room::new(strict());
    room.put("7002", Ready);
    assert_eq!(outcome(room.ask("7001", "7001", login("2101"))), Fails(Failure::DeviceBusy));
    room.put("7002", Logout);
    assert_eq!(outcome(room.ask("7001", "7001", login("2101"))), Becomes(NotReady, UNSPECIFIED));
    room.put("7002", Ready);
    room.configure(contact::Command::RemoveUser { user: user("7002") });
    assert_eq!(outcome(room.ask("7001", "7001", login("2101"))), Becomes(NotReady, UNSPECIFIED));
}

#[test]
fn signing_in_again_keeps_state_and_extension() {
    let mut room = Room::new(strict());
    room.put("7001", Ready);
    assert_eq!(outcome(room.ask("7001", "7001", login("2101"))), Stays);
    assert_eq!(outcome(room.ask("7001", "7001", login("2102"))), Fails(Failure::InvalidLogonDevice));
}

#[test]
fn any_extension_will_do_unless_they_must_exist() {
    let free = Room::new(Settings { extensions_must_exist: false, ..strict() });
    let strict = Room::new(strict());
    assert_eq!(outcome(free.ask("7001", "7001", login("5551234"))), Becomes(NotReady, UNSPECIFIED));
    assert_eq!(outcome(strict.ask("7001", "7001", login("5551234"))), Fails(Failure::InvalidLogonDevice));
}

#[test]
fn reasons() {
    let optional = Settings { reason_codes_required: false, ..strict() };
    let code = |id| Reason::Code { id: ReasonCodeId(id) };
    let missing = Refused(400, ErrorType::ParameterMissing);
    let unknown = Refused(400, ErrorType::InvalidInput);
    let (none, with) = (Room::new(strict()), Room::with_reason_codes(strict()));
    let free = Room::with_reason_codes(optional);
    let not_ready = |id: Option<u32>| UserRequest {
        reason_code_id: id.map(ReasonCodeId),
        ..state(RequestedState::NotReady)
    };
    let logout = |id: Option<u32>| UserRequest { state: RequestedState::Logout, ..not_ready(id) };
    for (name, mut room, actor, request, expected) in [
        ("none configured, none given", none.copy(), "7001", not_ready(None), Becomes(NotReady, UNSPECIFIED)),
        ("none configured, one given", none.copy(), "7001", not_ready(Some(4)), unknown),
        ("none given", with.copy(), "7001", not_ready(None), missing),
        ("none given at sign-out", with.copy(), "7001", logout(None), missing),
        ("one given", with.copy(), "7001", not_ready(Some(4)), Becomes(NotReady, code(4))),
        ("one given at sign-out", with.copy(), "7001", logout(Some(7)), Becomes(Logout, code(7))),
        ("an unknown one", with.copy(), "7001", not_ready(Some(99)), unknown),
        ("one of the other category", with.copy(), "7001", not_ready(Some(7)), unknown),
        ("one of the other category at sign-out", with.copy(), "7001", logout(Some(4)), unknown),
        (
            "none given and none required",
            free.copy(),
            "7001",
            not_ready(None),
            Becomes(NotReady, UNSPECIFIED),
        ),
        ("one given by a supervisor", with.copy(), "7000", logout(Some(7)), unknown),
        (
            "none given by a supervisor",
            with.copy(),
            "7000",
            logout(None),
            Becomes(Logout, Reason::SUPERVISOR_UCCE),
        ),
    ] {
        room.put("7001", NotReady);
        assert_eq!(outcome(room.ask(actor, "7001", request)), expected, "{name}");
    }
}

impl Room {
    fn copy(&self) -> Self {
        Self { centre: self.centre.clone() }
    }
}

#[test]
fn deciding_changes_nothing_and_the_time_is_that_of_the_request() {
    let room = Room::new(strict());
    let before = room.centre.clone();
    let events = room.ask("7001", "7001", login("2101")).unwrap();
    assert_eq!(room.centre, before);
    let Event::UserStateChanged { change, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((change.at, change.extension.as_ref()), (crate::room::NOW, Some(&extension("2101"))));
}

/// Which states may be asked for on CCX, and what waits for the end of the call.
#[test]
fn an_agent_on_uccx() {
    let (ready, not_ready) = (Becomes(Ready, NONE), Becomes(NotReady, UNSPECIFIED));
    let (signed_out, not_ready_then) = (Becomes(Logout, UNSPECIFIED), Waits(NotReady, UNSPECIFIED));
    let not_now = Fails(Failure::InvalidWorkMode);
    for (from, expected) in [
        (Logout, [Becomes(NotReady, UNSPECIFIED), NOT_SIGNED_IN, NOT_SIGNED_IN, WRONG_STATE]),
        (NotReady, [Stays, ready, not_ready, signed_out]),
        (Ready, [Stays, Stays, not_ready, signed_out]),
        (Reserved, [Stays, not_now, not_ready_then, WRONG_STATE]),
        // Left by what is done with the call that is shown.
        (ReservedOutboundPreview, [Stays, not_now, not_ready_then, WRONG_STATE]),
        (Talking, [Stays, not_now, not_ready_then, WRONG_STATE]),
        (Work, [Stays, ready, not_ready, WRONG_STATE]),
    ] {
        for (requested, expected) in EVERY_REQUEST.into_iter().zip(expected) {
            let mut room = Room::new(Settings { deployment: Deployment::Uccx, ..strict() });
            room.put("7001", from);
            let request = if requested == RequestedState::Login { login("2101") } else { state(requested) };
            assert_eq!(outcome(room.ask("7001", "7001", request)), expected, "{from} asks {requested}");
        }
    }
}
