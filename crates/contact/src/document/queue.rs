//! `<Queue>` and `<Queues>`.

use super::{Update, XmlWriter};
use crate::{ApiPath, ContactCentre, Queue, QueueStatistics, User, UserId};

/// The document of `GET /Queue/{id}`.
pub fn queue_xml(centre: &ContactCentre, queue: &Queue) -> String {
    let mut xml = XmlWriter::new();
    write_queue(&mut xml, queue, &centre.queue_statistics(queue));
    xml.finish()
}

/// The document of `GET /User/{id}/Queues`: the queues of a user, by number.
pub fn user_queues_xml(centre: &ContactCentre, user: &User) -> String {
    let mut xml = XmlWriter::new();
    xml.open("Queues");
    for queue in centre.queues_of(user) {
        write_queue(&mut xml, queue, &centre.queue_statistics(queue));
    }
    xml.close("Queues");
    xml.finish()
}

/// It stands otherwise with a queue than was told last.
pub(crate) fn queue_changed(queue: &Queue, statistics: &QueueStatistics) -> Update {
    let source = queue.path();
    Update::new(source.clone(), "PUT", None, &source, |xml| write_queue(xml, queue, statistics))
}

/// A user has a queue more.
pub(crate) fn queue_added(user: &UserId, queue: &Queue, statistics: &QueueStatistics) -> Update {
    let source = ApiPath::UserQueues(user.clone());
    Update::new(source.clone(), "POST", None, &source, |xml| {
        xml.open("queues");
        write_queue(xml, queue, statistics);
        xml.close("queues");
    })
}

fn write_queue(xml: &mut XmlWriter, queue: &Queue, statistics: &QueueStatistics) {
    xml.open("Queue");
    xml.text("name", &queue.name);
    xml.open("statistics");
    for (name, value) in [
        ("agentsBusyOther", statistics.busy_other),
        ("agentsLoggedOn", statistics.logged_on),
        ("agentsNotReady", statistics.not_ready),
        ("agentsReady", statistics.ready),
        ("agentsTalkingInbound", statistics.talking_inbound),
        ("agentsTalkingInternal", statistics.talking_internal),
        ("agentsTalkingOutbound", statistics.talking_outbound),
        ("agentsWrapUpNotReady", statistics.wrap_up_not_ready),
        ("agentsWrapUpReady", statistics.wrap_up_ready),
        ("callsInQueue", statistics.calls_in_queue),
    ] {
        xml.show(name, value);
    }
    xml.show_or_empty("startTimeOfLongestCallInQueue", statistics.longest_waiting_since);
    xml.close("statistics");
    xml.show("uri", queue.path());
    xml.close("Queue");
}
