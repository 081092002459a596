//! The demonstration's callers and colleagues, in virtual time.

use std::collections::{BTreeSet, HashMap};

use contact::{
    Actor, AgentState, Command, ContactCentre, Deployment, Event, Extension, NetworkEvent, RequestedState,
    Settings, Timestamp, UserId, UserRequest, audit,
};
use sim::{Demonstration, Wish};

struct Room {
    centre: ContactCentre,
    demonstration: Demonstration,
    now: Timestamp,
    people: BTreeSet<UserId>,
    /// What each user became, one after the other.
    became: HashMap<UserId, Vec<AgentState>>,
    /// By whom something was wanted.
    acted: BTreeSet<UserId>,
    /// What callers dialled.
    dialled: Vec<String>,
    refused: usize,
}

impl Room {
    fn new(every_ms: i64, deployment: Deployment) -> Self {
        let mut room = Self {
            centre: ContactCentre::new(Settings { deployment, ..Settings::default() }),
            demonstration: Demonstration::new(every_ms, 7, Timestamp(0)),
            now: Timestamp(0),
            people: BTreeSet::new(),
            became: HashMap::new(),
            acted: BTreeSet::new(),
            dialled: Vec::new(),
            refused: 0,
        };
        for command in contact::demo() {
            assert!(room.decide(&Actor::system(), &command));
        }
        room
    }

    fn decide(&mut self, actor: &Actor, command: &Command) -> bool {
        let Ok(events) = self.centre.decide(actor, command, self.now) else { return false };
        for event in events {
            if let Event::UserStateChanged { user, change } = &event {
                self.became.entry(user.clone()).or_default().push(change.state);
            }
            self.centre.apply(&event, None);
        }
        audit(&self.centre).expect("the rules hold");
        true
    }

    /// A person asks, as everybody does by the web service.
    fn asks(&mut self, user: &str, request: UserRequest) {
        let user = UserId::new(user).expect("a login id");
        self.people.insert(user.clone());
        let actor = self.centre.actor(&user).expect("a user");
        assert!(self.decide(&actor, &Command::ChangeState { user, request }));
    }

    fn carry_out(&mut self, wishes: Vec<Wish>) {
        for Wish { actor, command } in wishes {
            if let Command::Network(NetworkEvent::Call { to, .. }) = &command {
                self.dialled.push(to.to_string());
            }
            let user = actor.and_then(|id| self.centre.actor(&id));
            self.acted.extend(user.iter().map(|actor| actor.id.clone()));
            let is_accepted = self.decide(&user.unwrap_or_else(Actor::system), &command);
            self.refused += usize::from(!is_accepted);
        }
    }

    fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now.0 += 1000;
            if self.centre.next_timeout().is_some_and(|due| due <= self.now) {
                assert!(self.decide(&Actor::system(), &Command::Elapse));
            }
            let people = &self.people;
            let wishes = self.demonstration.look(&self.centre, self.now, |user| people.contains(user));
            self.carry_out(wishes);
        }
    }

    fn state(&self, user: &str) -> AgentState {
        self.centre.find_user(user).expect("a user").state
    }
}

fn login(place: usize) -> UserRequest {
    UserRequest::login(Extension::new(&format!("20010{place:02}")).expect("an extension"))
}

#[test]
fn colleagues_come_and_work_and_callers_are_calm() {
    for deployment in [Deployment::Ucce, Deployment::Uccx] {
        let mut room = Room::new(15_000, deployment);
        room.pass(3600);
        for colleague in Demonstration::candidates() {
            let became: BTreeSet<&str> = room.became[&colleague].iter().map(|state| state.as_str()).collect();
            // CCX agents talk while a call is on hold.
            let hold = (deployment == Deployment::Ucce).then_some("HOLD");
            for state in ["NOT_READY", "READY", "RESERVED", "TALKING"].into_iter().chain(hold) {
                assert!(became.contains(state), "{deployment:?}: {colleague} is never {state}: {became:?}");
            }
        }
        assert_eq!(room.acted, Demonstration::candidates().collect(), "{deployment:?}");
        assert!((200..=260).contains(&room.dialled.len()), "four a minute: {}", room.dialled.len());
        assert_eq!(room.refused, 0, "{deployment:?}");
        for _ in 0..5 {
            let wishes = room.demonstration.leave(&room.centre, |_| false);
            room.carry_out(wishes);
        }
        assert_eq!(room.centre.dialogs().len(), 0);
        assert!(room.centre.users().all(|user| user.state == AgentState::Logout), "they leave as they came");
    }
}

#[test]
fn whoever_is_ready_gets_calls_of_the_own_queue() {
    let mut room = Room::new(15_000, Deployment::Ucce);
    room.asks("1001001", login(1));
    room.asks("1001001", UserRequest::new(RequestedState::Ready));
    room.pass(300);
    // Nobody takes them, so there is one; then the agent is not ready any more.
    let became = &room.became[&UserId::new("1001001").unwrap()];
    assert!(became.contains(&AgentState::Reserved), "{became:?}");
    assert_eq!(room.state("1001001"), AgentState::NotReady);
    let until_then = room.dialled.len();
    assert_eq!(room.dialled[0], "8001");
    room.asks("1001007", login(7));
    room.asks("1001007", UserRequest::new(RequestedState::Ready));
    while room.state("1001007") == AgentState::Ready {
        room.pass(1);
        assert!(room.now.0 < 600_000, "no call comes: {:?}", room.dialled);
    }
    assert_eq!(room.state("1001007"), AgentState::Reserved);
    assert!(room.dialled[until_then..].iter().all(|to| to == "8002"), "{:?}", room.dialled);
}

#[test]
fn a_person_is_never_touched() {
    let mut room = Room::new(15_000, Deployment::Ucce);
    // One who was there before.
    room.asks("1001004", login(4));
    room.pass(120);
    assert!(!room.acted.contains(&UserId::new("1001004").unwrap()));
    assert_eq!(room.state("1001004"), AgentState::NotReady);
    // One who comes where a colleague is: from then on nobody acts as that user.
    let taken = UserId::new("1001005").unwrap();
    assert!(room.acted.contains(&taken) && room.demonstration.is_colleague(&taken));
    room.people.insert(taken.clone());
    room.acted.clear();
    room.pass(1800);
    assert!(!room.acted.contains(&taken), "nobody acts for a person");
    // And one whom somebody has sent home stays there.
    let sent_home = UserId::new("1001006").unwrap();
    let supervisor = room.centre.actor(&UserId::new("1001").unwrap()).unwrap();
    let send =
        Command::ChangeState { user: sent_home.clone(), request: UserRequest::new(RequestedState::Logout) };
    while room.state("1001006") != AgentState::NotReady || !room.decide(&supervisor, &send) {
        room.pass(1);
    }
    room.acted.clear();
    room.pass(600);
    assert_eq!(room.state("1001006"), AgentState::Logout);
    assert!(!room.acted.contains(&sent_home));
}
