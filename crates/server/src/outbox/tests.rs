use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

#[derive(Default)]
struct Woken(AtomicUsize);
impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn frame(bytes: usize) -> Outgoing {
    Outgoing::Frame("x".repeat(bytes).into())
}

fn outbox(bytes_max: usize) -> Attachment {
    Attachment::first(Arc::new(Outbox::new(bytes_max)))
}

fn take(outbox: &Attachment, waker: &Waker) -> Vec<Outgoing> {
    let mut batch = Vec::new();
    outbox.take(&mut batch, waker);
    batch
}

#[test]
fn the_first_entry_wakes_and_the_next_ones_do_not() {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let count = || woken.0.load(Ordering::Relaxed);
    let outbox = outbox(10_000);
    outbox.push(frame(1));
    assert_eq!(count(), 0, "nobody waits yet");
    assert_eq!(take(&outbox, &waker).len(), 1);
    assert!(take(&outbox, &waker).is_empty());
    outbox.push(frame(1));
    outbox.push(frame(1));
    assert_eq!(count(), 1);
    assert_eq!(take(&outbox, &waker).len(), 2);
    assert!(take(&outbox, &waker).is_empty());
    outbox.push(Outgoing::End(Box::new(too_slow())));
    assert_eq!(count(), 2);
}

#[test]
fn too_much_ends_the_session_and_is_dropped() {
    let outbox = outbox(1000);
    for _ in 0..5 {
        outbox.push(frame(136)); // 200 with the overhead
    }
    outbox.push(frame(0));
    outbox.push(frame(0));
    let left = take(&outbox, Waker::noop());
    let [Outgoing::End(error)] = &left[..] else { panic!("{left:?}") };
    assert_eq!(error.condition, StreamCondition::ResourceConstraint);
}

#[test]
fn room_that_was_used_can_be_used_again() {
    let outbox = outbox(200);
    for _ in 0..100 {
        outbox.push(frame(136));
        assert!(matches!(take(&outbox, Waker::noop())[..], [Outgoing::Frame(_)]));
    }
}

#[test]
fn whoever_cannot_write_is_woken_for_the_end_only() {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let outbox = outbox(400);
    assert!(!outbox.wait_for_end(&waker));
    outbox.push(frame(136));
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    outbox.push(frame(136));
    outbox.push(frame(136));
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);
    assert!(outbox.wait_for_end(&waker));
    assert!(matches!(take(&outbox, &waker)[..], [Outgoing::End(_)]));
}

#[test]
fn an_end_waits_its_turn_and_nothing_comes_after_it() {
    let outbox = outbox(1000);
    outbox.push(frame(1));
    outbox.push(Outgoing::End(Box::new(StreamCondition::SystemShutdown.into())));
    outbox.push(frame(1));
    outbox.push(Outgoing::End(Box::new(StreamCondition::Conflict.into())));
    let left = take(&outbox, Waker::noop());
    assert!(matches!(&left[..], [Outgoing::Frame(_), Outgoing::End(_)]), "{left:?}");
}

#[test]
fn a_closed_outbox_gives_what_it_has_and_takes_nothing() {
    let outbox = outbox(1000);
    outbox.push(frame(1));
    outbox.close(true);
    outbox.push(frame(1));
    assert_eq!(take(&outbox, Waker::noop()).len(), 1);
    assert!(take(&outbox, Waker::noop()).is_empty());
}

#[test]
fn batches_are_bounded_in_entries_and_bytes() {
    let outbox = outbox(1 << 30);
    for _ in 0..BATCH_MAX + 1 {
        outbox.push(frame(1));
    }
    assert_eq!(take(&outbox, Waker::noop()).len(), BATCH_MAX);
    assert_eq!(take(&outbox, Waker::noop()).len(), 1);
    for _ in 0..3 {
        outbox.push(frame(BATCH_BYTES_MAX));
    }
    assert_eq!(take(&outbox, Waker::noop()).len(), 1, "a single one may be larger");
}

#[test]
fn an_entry_and_an_empty_outbox_are_small() {
    assert!(size_of::<Outgoing>() <= 24, "{}", size_of::<Outgoing>());
    assert!(size_of::<Outbox>() <= 104, "{}", size_of::<Outbox>());
}

/// Requests to resume may arrive in another order than the client made them: what it says in the later one holds, although
/// the earlier one, which comes after, has taken it all back (XEP-0198 §5).
#[test]
fn a_resume_that_comes_late_takes_nothing_back_from_the_client() {
    let first = outbox(10_000);
    let mailbox = Arc::clone(first.outbox());
    let resumption = Resumption { id: "a".into(), max: None };
    mailbox.manage(
        MailboxLimits { stanzas_max: 100, bytes_max: 100_000 },
        Outgoing::Enabled(Some(Box::new(resumption))),
    );
    for number in 1..=6 {
        first.push(Outgoing::Stanza(format!("<message>{number}</message>")));
    }
    assert_eq!(take(&first, Waker::noop()).len(), 7);
    let newer = mailbox.attach(2).expect("two are handled");
    assert_eq!(take(&newer, Waker::noop()).len(), 4, "the others are sent again");
    let late = mailbox.attach(2).expect("the same again, from a connection that is gone");
    assert!(late.outbox().is_attached());
    let saved = mailbox.save().expect("can be resumed");
    let newest = mailbox.attach(5).expect("five are handled, whoever has sent them");
    let texts = |entries: Vec<Outgoing>| -> Vec<String> {
        entries
            .into_iter()
            .map(|entry| match entry {
                Outgoing::Stanza(text) => text,
                other => panic!("{other:?}"),
            })
            .collect()
    };
    assert_eq!(texts(take(&newest, Waker::noop())), ["<message>6</message>"]);
    assert!(mailbox.attach(7).is_err(), "there were never so many");

    // So it is in the next process.
    let limits = MailboxLimits { stanzas_max: 100, bytes_max: 100_000 };
    let restored = Arc::new(Outbox::restore(10_000, limits, saved));
    let attachment = restored.attach(4).expect("four are handled");
    assert_eq!(texts(take(&attachment, Waker::noop())), ["<message>5</message>", "<message>6</message>"]);
}
