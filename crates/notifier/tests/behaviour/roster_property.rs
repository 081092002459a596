//! Random subscriptions between people who come and go, with a log that is late or fails: both ends of a relation always
//! agree, the log rebuilds them, and everybody sees exactly those who may be seen.

use std::collections::{BTreeMap, BTreeSet};

use notifier::{Change, Notifier, RosterItem, SessionId};
use proptest::prelude::*;

use crate::world::{World, sorted};

const USERS: [&str; 3] = ["1001001", "1001002", "1001003"];
const KINDS: [&str; 4] = ["subscribe", "subscribed", "unsubscribe", "unsubscribed"];

#[derive(Clone, Debug)]
enum Step {
    Come { user: usize, resource: usize },
    Go { session: usize },
    Hide { session: usize },
    Show { session: usize },
    Subscription { session: usize, to: usize, kind: usize },
    Remove { session: usize, contact: usize },
    Append,
    AppendAll,
    Lose,
}

fn step() -> impl Strategy<Value = Step> {
    let (session, user) = (0..5usize, 0..USERS.len());
    prop_oneof![
        3 => (user.clone(), 0..2usize).prop_map(|(user, resource)| Step::Come { user, resource }),
        1 => session.clone().prop_map(|session| Step::Go { session }),
        1 => session.clone().prop_map(|session| Step::Hide { session }),
        2 => session.clone().prop_map(|session| Step::Show { session }),
        12 => (session.clone(), user.clone(), 0..KINDS.len())
            .prop_map(|(session, to, kind)| Step::Subscription { session, to, kind }),
        1 => (session, user).prop_map(|(session, contact)| Step::Remove { session, contact }),
        4 => Just(Step::Append),
        3 => Just(Step::AppendAll),
        1 => Just(Step::Lose),
    ]
}

struct Run {
    world: World,
    sessions: Vec<SessionId>,
    /// Whom each session that is available believes to be available, by full JID.
    views: BTreeMap<SessionId, BTreeSet<String>>,
    may_lose: bool,
}

impl Run {
    fn new(may_lose: bool) -> Self {
        let mut world = World::new();
        world.log_is_prompt = false;
        Run { world, sessions: Vec::new(), views: BTreeMap::new(), may_lose }
    }

    fn session(&self, number: usize) -> Option<SessionId> {
        (!self.sessions.is_empty()).then(|| self.sessions[number % self.sessions.len()])
    }

    fn say(&mut self, session: usize, attributes: &str) -> Option<SessionId> {
        let session = self.session(session)?;
        self.world.send(session, &format!("<presence xmlns='jabber:client' {attributes}/>"));
        Some(session)
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Come { user, resource } => {
                let session = self.world.bind(&format!("{}/{resource}", USERS[user]));
                let world = &self.world;
                self.sessions.retain(|&other| world.stream_error(other).is_none());
                self.views.retain(|&other, _| world.stream_error(other).is_none());
                self.sessions.push(session);
                self.views.insert(session, BTreeSet::new());
                self.world.send(session, "<presence xmlns='jabber:client'/>");
            }
            Step::Go { session } => {
                if let Some(session) = self.session(session) {
                    self.world.end(session);
                    self.sessions.retain(|&other| other != session);
                    self.views.remove(&session);
                }
            }
            Step::Hide { session } => {
                if let Some(session) = self.say(session, "type='unavailable'") {
                    self.views.remove(&session);
                }
            }
            Step::Show { session } => {
                if let Some(session) = self.session(session) {
                    self.views.entry(session).or_default();
                    self.world.send(session, "<presence xmlns='jabber:client'/>");
                }
            }
            Step::Subscription { session, to, kind } => {
                self.say(session, &format!("type='{}' to='{}@localhost'", KINDS[kind], USERS[to]));
            }
            Step::Remove { session, contact } => {
                if let Some(session) = self.session(session) {
                    let item = format!("<item jid='{}@localhost' subscription='remove'/>", USERS[contact]);
                    let query = format!("<query xmlns='jabber:iq:roster'>{item}</query>");
                    self.world.request(session, "set", "", &query);
                }
            }
            Step::Append => {
                self.world.append_one();
                self.world.drain();
            }
            Step::AppendAll => self.world.append_all(),
            Step::Lose if self.may_lose => self.world.lose_waiting(),
            Step::Lose => {}
        }
        self.read_all();
    }

    fn read_all(&mut self) {
        for session in self.sessions.clone() {
            for element in self.world.take(session) {
                let Some(view) = self.views.get_mut(&session) else { continue };
                let from = element.attribute("from").unwrap_or_default().to_owned();
                match (element.name(), element.attribute("type")) {
                    ("presence", None) => drop(view.insert(from)),
                    ("presence", Some("unavailable")) => drop(view.remove(&from)),
                    _ => {}
                }
            }
        }
    }

    /// What every roster says, by user and contact.
    fn rosters(&self) -> BTreeMap<(String, String), RosterItem> {
        let snapshot = self.world.notifier.snapshot().expect("nothing waits");
        let items = snapshot.into_iter().filter_map(|change| match change {
            Change::RosterItem { user, contact, item } => {
                Some(((user.to_string(), contact.split('@').next().unwrap().to_owned()), item))
            }
            _ => None,
        });
        items.collect()
    }

    fn finish(mut self) {
        self.world.append_all();
        self.read_all();
        let rosters = self.rosters();
        let item = |user: &str, contact: &str| {
            rosters.get(&(user.to_owned(), contact.to_owned())).cloned().unwrap_or_default()
        };
        for user in USERS {
            for contact in USERS {
                let (one, other) = (item(user, contact), item(contact, user));
                assert_eq!(one.to, other.from, "{user} {contact}: {one:?} {other:?}");
                assert_eq!(one.ask, other.request.is_some(), "{user} {contact}: {one:?} {other:?}");
                assert!(!(one.to && one.ask), "{one:?}");
                assert!(!(one.from && one.request.is_some()), "{one:?}");
                assert!(one.listed || !(one.to || one.from || one.ask || one.approved), "{one:?}");
                assert!(user != contact || one == RosterItem::default());
            }
        }
        let mut replayed = Notifier::new(self.world.notifier.config().clone());
        self.world.log.iter().for_each(|entry| replayed.restore(entry));
        assert_eq!(sorted(replayed.snapshot().unwrap()), sorted(self.world.notifier.snapshot().unwrap()));
        if self.may_lose {
            return;
        }
        let full = |session: &SessionId| self.world.jid(*session).to_owned();
        for (session, view) in &self.views {
            let own = full(session);
            let viewer = own.split('@').next().unwrap();
            let visible = self.views.keys().map(full).filter(|jid| {
                let owner = jid.split('@').next().unwrap();
                owner == viewer || item(viewer, owner).to
            });
            let mut expected: BTreeSet<String> = visible.collect();
            expected.insert("finesse@localhost/webapp".into());
            assert_eq!(*view, expected, "what {own} sees");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn everybody_sees_exactly_those_who_may_be_seen(steps in prop::collection::vec(step(), 1..60)) {
        let mut run = Run::new(false);
        steps.iter().for_each(|step| run.step(step));
        run.finish();
    }

    #[test]
    fn both_ends_agree_whatever_the_log_loses(steps in prop::collection::vec(step(), 1..60)) {
        let mut run = Run::new(true);
        steps.iter().for_each(|step| run.step(step));
        run.finish();
    }
}
