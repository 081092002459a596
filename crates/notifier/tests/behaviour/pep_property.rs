//! Random interleavings of everything that decides who hears an account's nodes without having subscribed, against a model of the rule
//! in one sentence: the owner's clients and those of contacts who see the owner's presence, if neither has blocked the other, the client
//! wishes for the node, has not said that it is not there for the owner, and the access model admits it.

use std::collections::{BTreeMap, BTreeSet};

use notifier::SessionId;
use proptest::prelude::*;

use crate::pep::{ask, form, own, publish};
use crate::pep_notify::{Client, heard, questions};
use crate::world::{World, sorted};

const USERS: [&str; 3] = ["1001001", "1001002", "1001003"];
const NODES: [&str; 2] = ["tune", "mood"];
/// Which nodes a kind of client wishes for.
const CLIENTS: [&[usize]; 4] = [&[], &[0], &[1], &[0, 1]];
const MODELS: [&str; 3] = ["presence", "whitelist", "open"];

#[derive(Clone, Debug)]
enum Step {
    /// A user's session, one of two, is there with a kind of client; with the right answer when asked, or with none.
    Comes {
        user: usize,
        resource: usize,
        client: usize,
        answers: bool,
    },
    Goes {
        user: usize,
        resource: usize,
    },
    /// The session ends, and another one takes its place.
    Breaks {
        user: usize,
        resource: usize,
    },
    Grants {
        owner: usize,
        viewer: usize,
    },
    Revokes {
        owner: usize,
        viewer: usize,
    },
    Blocks {
        user: usize,
        other: usize,
        blocks: bool,
    },
    Apart {
        user: usize,
        resource: usize,
        owner: usize,
        is_apart: bool,
    },
    Opens {
        owner: usize,
        node: usize,
        model: usize,
    },
    Publishes {
        owner: usize,
        node: usize,
    },
    Deletes {
        owner: usize,
        node: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (user, resource, node) = (0..USERS.len(), 0..2usize, 0..NODES.len());
    let (other, model, client) = (0..USERS.len(), 0..MODELS.len(), 0..CLIENTS.len());
    let session = (user.clone(), resource);
    let of_owner = (user.clone(), node);
    let pair = (user, other);
    prop_oneof![
        6 => (session.clone(), client, prop::bool::weighted(0.8))
            .prop_map(|((user, resource), client, answers)| Step::Comes { user, resource, client, answers }),
        1 => session.clone().prop_map(|(user, resource)| Step::Goes { user, resource }),
        1 => session.clone().prop_map(|(user, resource)| Step::Breaks { user, resource }),
        4 => pair.clone().prop_map(|(owner, viewer)| Step::Grants { owner, viewer }),
        1 => pair.clone().prop_map(|(owner, viewer)| Step::Revokes { owner, viewer }),
        1 => (pair, any::<bool>()).prop_map(|((user, other), blocks)| Step::Blocks { user, other, blocks }),
        2 => (session, 0..USERS.len(), any::<bool>())
            .prop_map(|((user, resource), owner, is_apart)| Step::Apart { user, resource, owner, is_apart }),
        2 => (of_owner.clone(), model)
            .prop_map(|((owner, node), model)| Step::Opens { owner, node, model }),
        8 => of_owner.clone().prop_map(|(owner, node)| Step::Publishes { owner, node }),
        1 => of_owner.prop_map(|(owner, node)| Step::Deletes { owner, node }),
    ]
}

/// What is true of one session.
#[derive(Default)]
struct Seen {
    /// The kind of client, if it is available and what it wishes for is known.
    client: Option<usize>,
    /// The kind of client that it has been asked about and has not said anything of.
    asked: Option<usize>,
    apart: BTreeSet<usize>,
}

struct Run {
    world: World,
    sessions: BTreeMap<(usize, usize), SessionId>,
    seen: BTreeMap<(usize, usize), Seen>,
    /// Kinds of clients whose hash has been verified.
    known: BTreeSet<usize>,
    /// Owner and viewer.
    granted: BTreeSet<(usize, usize)>,
    /// Who has blocked whom.
    blocked: BTreeSet<(usize, usize)>,
    models: BTreeMap<(usize, usize), usize>,
    published: u32,
}

fn client(kind: usize) -> Client {
    let wishes: Vec<String> = CLIENTS[kind].iter().map(|&node| format!("{}+notify", NODES[node])).collect();
    let features: Vec<&str> = wishes.iter().map(String::as_str).chain(["ping"]).collect();
    Client::new(&features)
}

impl Run {
    fn new() -> Self {
        let mut run = Run {
            world: World::new(),
            sessions: BTreeMap::new(),
            seen: BTreeMap::new(),
            known: BTreeSet::new(),
            granted: BTreeSet::new(),
            blocked: BTreeSet::new(),
            models: BTreeMap::new(),
            published: 0,
        };
        for user in 0..USERS.len() {
            for resource in 0..2 {
                run.bind(user, resource);
            }
        }
        run
    }

    fn bind(&mut self, user: usize, resource: usize) {
        let session = self.world.bind(&format!("{}/{resource}", USERS[user]));
        self.sessions.insert((user, resource), session);
        self.seen.insert((user, resource), Seen::default());
    }

    fn forget_all(&mut self) {
        for session in self.sessions.values() {
            self.world.take(*session);
        }
    }

    fn send_presence(&mut self, user: usize, kind: &str, to: usize) {
        let to = format!("{}@localhost", USERS[to]);
        let presence = format!("<presence xmlns='jabber:client' type='{kind}' to='{to}'/>");
        self.world.send(self.sessions[&(user, 0)], &presence.replace("type='' ", ""));
    }

    fn is_blocked(&self, one: usize, other: usize) -> bool {
        self.blocked.contains(&(one, other)) || self.blocked.contains(&(other, one))
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Comes { user, resource, client: kind, answers } => {
                self.comes(user, resource, kind, answers);
            }
            Step::Goes { user, resource } => {
                let session = self.sessions[&(user, resource)];
                self.world.send(session, "<presence xmlns='jabber:client' type='unavailable'/>");
                self.seen.insert((user, resource), Seen::default());
            }
            Step::Breaks { user, resource } => {
                self.world.end(self.sessions[&(user, resource)]);
                self.bind(user, resource);
            }
            Step::Grants { owner, viewer } if owner != viewer && !self.is_blocked(owner, viewer) => {
                self.send_presence(viewer, "subscribe", owner);
                self.send_presence(owner, "subscribed", viewer);
                self.granted.insert((owner, viewer));
            }
            Step::Revokes { owner, viewer } if owner != viewer && !self.is_blocked(owner, viewer) => {
                self.send_presence(owner, "unsubscribed", viewer);
                self.granted.remove(&(owner, viewer));
            }
            Step::Grants { .. } | Step::Revokes { .. } => {}
            Step::Blocks { user, other, blocks } if user != other => {
                let verb = if blocks { "block" } else { "unblock" };
                let item = format!("<item jid='{}@localhost'/>", USERS[other]);
                let payload = format!("<{verb} xmlns='urn:xmpp:blocking'>{item}</{verb}>");
                self.world.request(self.sessions[&(user, 0)], "set", "", &payload);
                match blocks {
                    true => self.blocked.insert((user, other)),
                    false => self.blocked.remove(&(user, other)),
                };
            }
            Step::Blocks { .. } => {}
            Step::Apart { user, resource, owner, is_apart } => {
                if self.is_blocked(user, owner) {
                    return;
                }
                let kind = if is_apart { " type='unavailable'" } else { "" };
                let to = format!("{}@localhost", USERS[owner]);
                let session = self.sessions[&(user, resource)];
                self.world.send(session, &format!("<presence xmlns='jabber:client'{kind} to='{to}'/>"));
                let concerns = user == owner || self.granted.contains(&(owner, user));
                let seen = self.seen.get_mut(&(user, resource)).unwrap();
                seen.apart.remove(&owner);
                let wishes = seen.client.is_some_and(|kind| !CLIENTS[kind].is_empty());
                if is_apart && concerns && wishes {
                    seen.apart.insert(owner);
                }
            }
            Step::Opens { owner, node, model } => {
                let session = self.sessions[&(owner, 0)];
                ask(&mut self.world, session, "set", "", &format!("<create node='{}'/>", NODES[node]));
                let configure = form(&[("access_model", MODELS[model])]);
                let verb = format!("<configure node='{}'>{configure}</configure>", NODES[node]);
                assert_eq!(own(&mut self.world, session, "set", &verb), "result");
                self.models.insert((owner, node), model);
            }
            Step::Publishes { owner, node } => self.publishes(owner, node),
            Step::Deletes { owner, node } => {
                let session = self.sessions[&(owner, 0)];
                own(&mut self.world, session, "set", &format!("<delete node='{}'/>", NODES[node]));
                self.models.remove(&(owner, node));
            }
        }
    }

    fn comes(&mut self, user: usize, resource: usize, kind: usize, answers: bool) {
        let session = self.sessions[&(user, resource)];
        self.world.take(session);
        let client = client(kind);
        self.world.send(session, &client.presence());
        let got = self.world.take(session);
        let question = questions(&got).first().map(|question| (*question).clone());
        let seen = self.seen.get_mut(&(user, resource)).unwrap();
        seen.apart.clear();
        if seen.asked == Some(kind) {
            return assert_eq!(question, None, "the question stands");
        }
        assert_eq!(question.is_some(), !self.known.contains(&kind), "whoever is not known is asked");
        let Some(question) = question else {
            *seen = Seen { client: Some(kind), ..Seen::default() };
            return;
        };
        // What it wished before holds until it answers.
        seen.asked = Some(kind);
        if answers {
            client.answers(&mut self.world, session, &question);
            self.known.insert(kind);
            // It is believed of all who were asked the same and still wait.
            for seen in self.seen.values_mut().filter(|seen| seen.asked == Some(kind)) {
                (seen.client, seen.asked) = (Some(kind), None);
            }
        }
    }

    /// Publishes, and compares who hears it with the rule.
    fn publishes(&mut self, owner: usize, node: usize) {
        self.forget_all();
        self.published += 1;
        let (id, session) = (self.published.to_string(), self.sessions[&(owner, 0)]);
        let payload = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'>{}</pubsub>",
            publish(NODES[node], &id)
        );
        self.world.request(session, "set", "", &payload);
        let model = *self.models.entry((owner, node)).or_insert(0);
        for (&(user, resource), &session) in &self.sessions {
            let seen = &self.seen[&(user, resource)];
            let wishes = seen.client.is_some_and(|kind| CLIENTS[kind].contains(&node));
            let is_contact = self.granted.contains(&(owner, user)) && !self.is_blocked(owner, user);
            let admitted = user == owner || (is_contact && MODELS[model] != "whitelist");
            let expected = wishes && admitted && !seen.apart.contains(&owner);
            let told = heard(&mut self.world, session);
            let line = format!("{}@localhost: item {id} in {}", USERS[owner], NODES[node]);
            let expected = if expected { vec![line] } else { Vec::new() };
            assert_eq!(told, expected, "{}/{resource}", USERS[user]);
        }
    }

    fn finish(&self) {
        let snapshot = sorted(self.world.notifier.snapshot().expect("nothing waits"));
        assert_eq!(sorted(self.world.restarted().notifier.snapshot().unwrap()), snapshot);
        let restored = self.world.restarted_from_snapshot();
        assert_eq!(sorted(restored.notifier.snapshot().unwrap()), snapshot);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// XEP-0163 §4.3, XEP-0060 §9: nobody hears a node who should not, and everybody who should does, once.
    #[test]
    fn an_accounts_nodes_are_heard_by_exactly_those_who_wish_and_may(steps in prop::collection::vec(step(), 1..60)) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
        }
        run.finish();
    }
}
