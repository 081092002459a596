//! Whatever faults begin and end, in whatever order: all that was put in comes out, in its order, and what comes twice is an
//! event and comes twice in a row.

use std::sync::Arc;
use std::task::Waker;

use contact::UserId;
use notifier::Addressed;
use xmpp::SharedStanza;

use crate::config::Config;
use crate::faults::{Faults, Kind, NewFault};
use crate::metrics::Metrics;
use crate::outbox::{Attachment, MailboxLimits, Outbox, Outgoing};

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// An entry that can be told from the others: `e` is an event, the others are not.
fn entry(kind: u64, number: usize) -> Outgoing {
    match kind {
        0 => Outgoing::Frame(format!("f{number}").into()),
        1 => Outgoing::Stanza(format!("s{number}")),
        _ => {
            let stanza = Arc::new(SharedStanza::from_tail(format!("e{number}")));
            Outgoing::Shared { stanza, to: Addressed::Full }
        }
    }
}

fn text(entry: &Outgoing) -> String {
    match entry {
        Outgoing::Frame(element) => element.to_string(),
        Outgoing::Stanza(element) => element.clone(),
        Outgoing::Shared { stanza, .. } => String::from_utf8_lossy(stanza.tail()).into_owned(),
        other => panic!("{other:?}"),
    }
}

fn begin(faults: &Arc<Faults>, random: &mut Random) {
    let user = Some("1001001".to_owned());
    let times = (random.below(2) == 0).then_some(1 + u32::try_from(random.below(3)).expect("small"));
    let asked = match random.below(3) {
        0 => NewFault { user, times, ..NewFault::new(Kind::DuplicateEvents) },
        1 => NewFault { user, times, delay: Some("1 ms".into()), ..NewFault::new(Kind::DelayEvents) },
        _ => NewFault { user, times, delay: Some("1 min".into()), ..NewFault::new(Kind::DelayEvents) },
    };
    let checked = faults.check(&asked).expect("a good fault");
    // There may be as many as there may be.
    let _ = faults.begin("a test", asked, checked);
}

fn life(seed: u64) {
    let config = Config::parse("data = \"nowhere\"\ndemo = true\nfaults.active_max = 3\n").expect("valid");
    let faults = Arc::new(Faults::new(config.faults, Arc::new(Metrics::default())));
    let user = UserId::new("1001001").expect("good");
    let random = &mut Random(seed);
    let outbox = Attachment::first(Arc::new(Outbox::new(1 << 20)));
    let is_managed = random.below(2) == 0;
    if is_managed {
        outbox.outbox().manage(MailboxLimits::default(), Outgoing::Enabled(None));
        let mut enabled = Vec::new();
        outbox.take(&mut enabled, Waker::noop());
    }
    let (mut put_in, mut came_out, mut counted) = (Vec::new(), Vec::new(), 0);
    let mut take = |came_out: &mut Vec<String>| {
        let mut batch = Vec::new();
        let taken = outbox.take(&mut batch, Waker::noop());
        assert!(batch.len() <= super::BATCH_MAX, "{seed}");
        counted += taken.stanzas as usize;
        came_out.extend(batch.iter().map(text));
        taken.is_emptied
    };
    for number in 0..200 {
        match random.below(12) {
            0 => begin(&faults, random),
            1 => drop(faults.clear("a test")),
            2 => outbox.outbox().open_gate(&faults, &user),
            3 => outbox.outbox().let_out(),
            4 | 5 => drop(take(&mut came_out)),
            _ => {
                let entry = entry(random.below(4), number);
                put_in.push(text(&entry));
                outbox.push(entry);
            }
        }
    }
    faults.clear("a test");
    outbox.outbox().let_out();
    while !take(&mut came_out) {}
    assert_eq!(outbox.outbox().waiting_bytes(), 0, "{seed}");
    let stanzas = came_out.iter().filter(|text| !text.starts_with('f')).count();
    assert_eq!(counted, if is_managed { stanzas } else { 0 }, "{seed}");
    came_out.dedup_by(|next, before| next == before && next.starts_with('e'));
    assert_eq!(came_out, put_in, "{seed}");
}

#[tokio::test]
async fn all_comes_out_in_its_order_whatever_faults_there_are() {
    for seed in 0..500 {
        life(seed);
    }
}
