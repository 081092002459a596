//! Whatever anybody asks, in whatever order: nothing panics, and what is true stays consistent.

use std::collections::BTreeSet;

use contact::{
    Actor, AgentState, Command, ContactCentre, Deployment, Event, MobileAgent, Reason, ReasonCategory,
    ReasonCodeId, RequestedState, Role, Roles, Settings, StateChange, TeamId, Timestamp, UserChanges,
    UserDetails, UserRequest,
};
use proptest::prelude::*;

use crate::room::{Room, extension, strict, user};

const USERS: [&str; 7] = ["7000", "7001", "7002", "7003", "boss", "8000", "8001"];
const EXTENSIONS: [&str; 5] = ["2101", "2102", "2199", "5001", "999"];

fn pick<T: Clone + std::fmt::Debug + 'static>(from: impl Into<Vec<T>>) -> impl Strategy<Value = T> {
    prop::sample::select(from.into())
}

fn request() -> impl Strategy<Value = UserRequest> {
    let extension = prop::option::weighted(0.7, pick(EXTENSIONS).prop_map(extension));
    let reason = prop::option::of((1u32..9).prop_map(ReasonCodeId));
    (pick(RequestedState::ALL), extension, reason, prop::bool::weighted(0.05)).prop_map(
        |(state, extension, reason_code_id, is_mobile)| UserRequest {
            state,
            extension,
            reason_code_id,
            mobile_agent: is_mobile
                .then(|| MobileAgent { mode: "CALL_BY_CALL".into(), dial_number: "1".into() }),
            logout_all_media: false,
        },
    )
}

fn roles() -> impl Strategy<Value = Roles> {
    prop::collection::vec(pick(Role::ALL), 0..3).prop_map(|roles| roles.into_iter().collect())
}

fn details() -> impl Strategy<Value = UserDetails> {
    let teams = prop::collection::vec((1u32..5).prop_map(TeamId), 0..2);
    (pick(USERS), pick(USERS), "[a-z<&\u{0}]{0,3}", roles(), teams.clone(), teams, pick(EXTENSIONS)).prop_map(
        |(id, login_name, name, roles, team, supervises, own)| UserDetails {
            id: user(id),
            login_name: login_name.into(),
            first_name: name.clone(),
            last_name: name,
            roles,
            team: team.first().copied(),
            supervises,
            extension: Some(extension(own)),
            wrap_up: Default::default(),
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let team = (0u32..5).prop_map(|id| Command::AddTeam { id: TeamId(id), name: format!("Team {id}") });
    let reason = (0u32..9, pick([ReasonCategory::NotReady, ReasonCategory::Logout]))
        .prop_map(|(id, category)| Command::add_reason_code(id, category, id + 10, &format!("Reason {id}")));
    let update = details().prop_map(|details| Command::UpdateUser {
        user: details.id,
        changes: UserChanges {
            login_name: None,
            first_name: Some(details.first_name),
            last_name: None,
            roles: Some(details.roles),
            team: Some(details.team),
            supervises: Some(details.supervises),
            extension: Some(details.extension),
            wrap_up: None,
        },
    });
    let range = (pick(EXTENSIONS), pick(EXTENSIONS))
        .prop_map(|(first, last)| Command::AddExtensions { first: extension(first), last: extension(last) });
    prop_oneof![
        20 => (pick(USERS), request()).prop_map(|(id, request)| Command::ChangeState { user: user(id), request }),
        2 => details().prop_map(Command::AddUser),
        2 => update,
        1 => pick(USERS).prop_map(|id| Command::RemoveUser { user: user(id) }),
        1 => team,
        1 => reason,
        1 => range,
    ]
}

/// One thing that happens: somebody asks, or a call moves an agent to another state.
#[derive(Clone, Debug)]
enum Step {
    Ask(&'static str, Command),
    Call(&'static str, AgentState),
}

fn step() -> impl Strategy<Value = Step> {
    let actor = prop_oneof![3 => pick(USERS), 2 => Just("system")];
    prop_oneof![
        9 => (actor, command()).prop_map(|(actor, command)| Step::Ask(actor, command)),
        1 => (pick(USERS), pick(&AgentState::ALL[1..])).prop_map(|(id, state)| Step::Call(id, state)),
    ]
}

/// What must be true at any time.
fn check(centre: &ContactCentre) {
    let mut in_use = BTreeSet::new();
    for user in centre.users() {
        assert_eq!(
            user.is_signed_in(),
            user.extension.is_some(),
            "signed in means on an extension: {user:?}"
        );
        if let Some(extension) = &user.extension {
            assert!(in_use.insert(extension.clone()), "one user on an extension: {extension}");
            assert!(user.details.roles.can_sign_in(), "agents only: {user:?}");
            assert!(user.state_changed_at.is_some());
        }
        assert_eq!(
            user.state == AgentState::Ready,
            user.reason == Reason::None,
            "READY alone has no reason: {user:?}"
        );
        if let Some(team) = user.details.team {
            assert!(centre.team(team).expect("a user's team exists").members.contains(user.id()));
        }
        assert_eq!(centre.find_user(user.id().as_str()), Some(user));
        assert_eq!(centre.find_user(&user.details.login_name), Some(user));
    }
    for team in centre.teams() {
        for member in &team.members {
            assert_eq!(centre.user(member).expect("a member exists").details.team, Some(team.id));
        }
    }
}

proptest! {
    #[test]
    fn a_walk_of_commands_holds_together(
        steps in prop::collection::vec(step(), 1..60),
        is_uccx in any::<bool>(),
        reason_codes_required in any::<bool>(),
    ) {
        let deployment = if is_uccx { Deployment::Uccx } else { Deployment::Ucce };
        let settings = Settings { deployment, reason_codes_required, ..strict() };
        let mut room = Room::with_reason_codes(settings.clone());
        let mut log = room.centre.snapshot();
        for (tick, step) in (1..).zip(steps) {
            let at = Timestamp(tick * 1000);
            let events = match step {
                Step::Ask(actor, command) => {
                    let actor = match room.centre.actor(&user(actor)) {
                        Some(actor) => actor,
                        None => Actor::system(),
                    };
                    match room.centre.decide(&actor, &command, at) {
                        Ok(events) => events,
                        Err(refusal) => {
                            prop_assert!((400..=404).contains(&refusal.status), "{}", refusal);
                            continue;
                        }
                    }
                }
                // A call reaches those who are signed in, on the extension that they are on.
                Step::Call(id, state) => match room.centre.user(&user(id)) {
                    Some(user) if user.is_signed_in() => vec![Event::UserStateChanged {
                        user: user.id().clone(),
                        change: StateChange {
                            state,
                            reason: if state == AgentState::Ready { Reason::None } else { Reason::Unspecified },
                            extension: user.extension.clone(),
                            at,
                            after_call: None,
                        },
                    }],
                    _ => continue,
                },
            };
            for event in events {
                for update in room.centre.apply(&event, Some("r")) {
                    prop_assert!(update.document.starts_with("<Update><data>"));
                    let source = "</source></Update>";
                    prop_assert!(update.document.ends_with(source));
                    prop_assert_eq!(update.node.to_string().parse(), Ok(update.node));
                }
                // The log's text says all there is to say.
                let line = serde_json::to_string(&event).unwrap();
                log.push(serde_json::from_str(&line).unwrap());
            }
            check(&room.centre);
        }
        let mut replayed = ContactCentre::new(settings.clone());
        log.iter().for_each(|event| replayed.replay(event));
        prop_assert_eq!(&replayed, &room.centre, "the log rebuilds it");
        let mut restored = ContactCentre::new(settings);
        room.centre.snapshot().iter().for_each(|event| restored.replay(event));
        prop_assert_eq!(&restored, &room.centre, "a snapshot rebuilds it");
    }
}
