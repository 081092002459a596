//! Random subscriptions with random choices, while sessions come and go, time passes, and the log is late or fails. At the end
//! what is listed, what is shown as options, what is heard and what the log rebuilds must agree.

use std::collections::BTreeMap;

use contact::Timestamp;
use notifier::{Change, SessionId};
use proptest::prelude::*;
use xmpp::Element;

use crate::world::{World, sorted};

const NODES: [&str; 2] = ["a", "/finesse/api/User/1001001"];
const RESOURCES: [&str; 2] = ["x", "y"];
const USER: &str = "1001001@localhost";

#[derive(Clone, Debug)]
enum Step {
    Connect { resource: usize },
    End { resource: usize },
    Presence { resource: usize, available: bool },
    Subscribe { by: usize, node: usize, address: usize, choice: Option<Choice> },
    Choose { by: usize, node: usize, address: usize, choice: Choice },
    Unsubscribe { by: usize, node: usize, address: usize },
    Recreate,
    Wait { ms: i64 },
    Append,
    AppendAll,
    LoseWaiting,
    Restart,
}

#[derive(Clone, Debug)]
enum Choice {
    Deliver(bool),
    Lease(i64),
    Temporary,
    Forever,
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        any::<bool>().prop_map(Choice::Deliver),
        (1..100i64).prop_map(Choice::Lease),
        Just(Choice::Temporary),
        Just(Choice::Forever),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let resource = 0..RESOURCES.len();
    let target = (resource.clone(), 0..NODES.len(), 0..3usize);
    prop_oneof![
        2 => resource.clone().prop_map(|resource| Step::Connect { resource }),
        1 => resource.clone().prop_map(|resource| Step::End { resource }),
        2 => (resource, any::<bool>()).prop_map(|(resource, available)| Step::Presence { resource, available }),
        6 => (target.clone(), prop::option::of(choice())).prop_map(|((by, node, address), choice)| {
            Step::Subscribe { by, node, address, choice }
        }),
        4 => (target.clone(), choice()).prop_map(|((by, node, address), choice)| {
            Step::Choose { by, node, address, choice }
        }),
        2 => target.prop_map(|(by, node, address)| Step::Unsubscribe { by, node, address }),
        1 => Just(Step::Recreate),
        3 => (1..60i64).prop_map(|ms| Step::Wait { ms }),
        5 => Just(Step::Append),
        2 => Just(Step::AppendAll),
        1 => Just(Step::LoseWaiting),
        1 => Just(Step::Restart),
    ]
}

struct Run {
    world: World,
    admin: SessionId,
    sessions: BTreeMap<usize, SessionId>,
}

impl Run {
    fn new(several: bool, keep: bool) -> Self {
        let mut world = World::with(|config| {
            // Two copies for two addresses, so that each can be judged by itself.
            config.one_copy_per_session = false;
            config.multiple_subscriptions = several;
            config.keep_full_jid_subscriptions = keep;
        });
        let admin = world.connect("admin/x");
        world.pubsub(admin, "<create node='a'/>");
        world.log_is_prompt = false;
        Run { world, admin, sessions: BTreeMap::new() }
    }

    fn form(&self, choice: &Choice) -> String {
        let (name, value) = match choice {
            Choice::Deliver(deliver) => ("deliver", deliver.to_string()),
            Choice::Lease(ms) => ("expire", Timestamp(self.world.now.0 + ms).to_string()),
            Choice::Temporary => ("expire", "presence".into()),
            Choice::Forever => ("expire", String::new()),
        };
        format!(
            "<x xmlns='jabber:x:data' type='submit'><field var='pubsub#{name}'><value>{value}</value></field></x>"
        )
    }

    /// The bare JID or one of the full ones.
    fn address(number: usize) -> String {
        match RESOURCES.get(number) {
            Some(resource) => format!("{USER}/{resource}"),
            None => USER.into(),
        }
    }

    /// One of the ids that the address has: the first or the last of several, or none if there is one only.
    fn subid(&mut self, by: SessionId, node: &str, jid: &str) -> String {
        match self.listed(by, node).get(jid).map(Vec::as_slice) {
            Some([first, _, ..]) => format!("subid='{first}'"),
            _ => String::new(),
        }
    }

    fn listed(&mut self, by: SessionId, node: &str) -> BTreeMap<String, Vec<String>> {
        let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let answer = self.get(by, &format!("<subscriptions node='{node}'/>"));
        let all = answer.first_element().and_then(Element::first_element).expect("a list");
        for subscription in all.elements() {
            let value = |name| subscription.attribute(name).unwrap().to_owned();
            listed.entry(value("jid")).or_default().push(value("subid"));
        }
        listed
    }

    /// Asks while nothing waits for the log.
    fn get(&mut self, by: SessionId, verb: &str) -> Element {
        self.world.append_all();
        self.world.take(by);
        let payload = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{verb}</pubsub>");
        self.world.request(by, "get", "pubsub.localhost", &payload);
        self.world.take(by).pop().expect("an answer")
    }

    fn set(&mut self, by: usize, verb: &str) {
        if let Some(&by) = self.sessions.get(&by) {
            let payload = format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{verb}</pubsub>");
            self.world.request(by, "set", "pubsub.localhost", &payload);
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Connect { resource } => {
                let session = self.world.bind(&format!("1001001/{}", RESOURCES[*resource]));
                self.sessions.insert(*resource, session);
            }
            Step::End { resource } => {
                if let Some(session) = self.sessions.remove(resource) {
                    self.world.end(session);
                }
            }
            Step::Presence { resource, available } => {
                if let Some(&session) = self.sessions.get(resource) {
                    let kind = if *available { "" } else { "type='unavailable'" };
                    self.world.send(session, &format!("<presence xmlns='jabber:client' {kind}/>"));
                }
            }
            Step::Subscribe { by, node, address, choice } => {
                let options =
                    choice.as_ref().map(|choice| format!("<options>{}</options>", self.form(choice)));
                let (node, jid) = (NODES[*node], Self::address(*address));
                let options = options.unwrap_or_default();
                self.set(*by, &format!("<subscribe node='{node}' jid='{jid}'/>{options}"));
            }
            Step::Choose { by, node, address, choice } => {
                let Some(&session) = self.sessions.get(by) else { return };
                let (node, jid, form) = (NODES[*node], Self::address(*address), self.form(choice));
                let subid = self.subid(session, node, &jid);
                self.set(*by, &format!("<options node='{node}' jid='{jid}' {subid}>{form}</options>"));
            }
            Step::Unsubscribe { by, node, address } => {
                let Some(&session) = self.sessions.get(by) else { return };
                let (node, jid) = (NODES[*node], Self::address(*address));
                let subid = self.subid(session, node, &jid);
                self.set(*by, &format!("<unsubscribe node='{node}' jid='{jid}' {subid}/>"));
            }
            Step::Recreate => {
                for payload in [
                    "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'><delete node='a'/></pubsub>",
                    "<pubsub xmlns='http://jabber.org/protocol/pubsub'><create node='a'/></pubsub>",
                ] {
                    self.world.request(self.admin, "set", "pubsub.localhost", payload);
                }
            }
            Step::Wait { ms } => self.wait(*ms),
            Step::Append => self.world.append_one(),
            Step::AppendAll => self.world.append_all(),
            Step::LoseWaiting => self.world.lose_waiting(),
            Step::Restart => {
                self.world.append_all();
                self.world = self.world.restarted();
                self.world.log_is_prompt = false;
                self.sessions.clear();
                self.admin = self.world.connect("admin/x");
                self.wait(0);
            }
        }
        self.world.drain();
    }

    /// Time passes, and what wants to be called is called, each time once at most for one moment.
    fn wait(&mut self, ms: i64) {
        let until = Timestamp(self.world.now.0 + ms);
        let mut called = 0;
        while let Some(next) = self.world.notifier.next_timeout().filter(|next| *next <= until) {
            called += 1;
            assert!(called < 1_000, "called again and again for {next}");
            self.world.now = self.world.now.max(next);
            self.world.notifier.handle_timeout(self.world.now);
            self.world.drain();
        }
        self.world.now = until;
    }

    fn finish(mut self) {
        self.world.append_all();
        self.wait(0);
        self.world.append_all();
        for node in NODES {
            self.check_deliveries(node);
        }
        let snapshot = sorted(self.world.notifier.snapshot().expect("nothing waits"));
        assert_eq!(sorted(self.world.restarted().notifier.snapshot().unwrap()), snapshot);
        assert_eq!(sorted(self.world.restarted_from_snapshot().notifier.snapshot().unwrap()), snapshot);
        // In the end nobody is there and all leases are over.
        for session in std::mem::take(&mut self.sessions).into_values() {
            self.world.end(session);
            self.world.append_all();
        }
        self.wait(1_000);
        self.world.append_all();
        assert_eq!(self.world.notifier.next_timeout(), None);
        let left = self.world.notifier.snapshot().unwrap();
        let left = left.iter().filter(|change| {
            matches!(change, Change::SubscriptionConfigured { options, .. } if options.expire.is_some())
        });
        assert_eq!(left.count(), 0);
    }

    /// Each address gets an event if one of its subscriptions is to be delivered, and hears for which if it has several.
    fn check_deliveries(&mut self, node: &str) {
        let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let sessions: Vec<SessionId> = self.sessions.values().copied().collect();
        let Some(&asking) = sessions.first() else { return };
        for (jid, subids) in self.listed(asking, node) {
            let several = subids.len() > 1;
            for subid in subids {
                let verb = format!("<options node='{node}' jid='{jid}' subid='{subid}'/>");
                let answer = self.get(asking, &verb).to_xml();
                let deliver = answer.split("var=\"pubsub#deliver\"").nth(1).expect("the field");
                if deliver.split("<value>").nth(1).unwrap().starts_with('1') {
                    let named = wanted.entry(jid.clone()).or_default();
                    named.extend(several.then_some(subid));
                }
            }
        }
        for &session in &sessions {
            self.world.send(session, "<presence xmlns='jabber:client'/>");
        }
        for &session in &sessions {
            self.world.take(session);
        }
        let publish = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'>\
             <publish node='{node}'><item><x xmlns='y'/></item></publish></pubsub>"
        );
        self.world.request(self.admin, "set", "pubsub.localhost", &publish);
        self.world.append_all();
        for session in sessions {
            let full = self.world.jid(session).to_owned();
            let expected: BTreeMap<String, Vec<String>> = wanted
                .iter()
                .filter(|(jid, _)| **jid == full || **jid == USER)
                .map(|(a, b)| (a.clone(), b.clone()))
                .collect();
            let got = self.world.take(session);
            let headers = |message: &Element| {
                let headers = message.child("headers", "http://jabber.org/protocol/shim");
                headers.into_iter().flat_map(Element::elements).map(Element::text).collect::<Vec<_>>()
            };
            let heard: BTreeMap<String, Vec<String>> = got
                .iter()
                .map(|message| (message.attribute("to").unwrap().to_owned(), headers(message)))
                .collect();
            assert_eq!(heard.len(), got.len(), "one message for each address");
            assert_eq!(heard, expected, "{node} at {full}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Points 73, 93 and 94 together: what is chosen is what is heard, in every mode and after every accident.
    #[test]
    fn checklist_093_what_is_chosen_is_what_is_heard(
        several in any::<bool>(),
        keep in any::<bool>(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let mut run = Run::new(several, keep);
        for step in &steps {
            run.step(step);
        }
        run.finish();
    }
}
