//! Which nodes the contact centre has, and who is subscribed to them without asking.
//!
//! A node exists for as long as its object, whether anybody is signed in or not: clients subscribe before they sign in.

use contact::{ApiPath, Event, UserId};

/// The nodes that come with what happened.
pub(crate) fn added_by(event: &Event) -> Vec<ApiPath> {
    match event {
        Event::UserAdded(details) => of_user(&details.id).into(),
        Event::TeamAdded { id, .. } => vec![ApiPath::TeamUsers(*id), ApiPath::TeamMessages(*id)],
        Event::QueueAdded(queue) => vec![queue.path()],
        _ => Vec::new(),
    }
}

/// The nodes that go with what happened.
pub(crate) fn removed_by(event: &Event) -> Vec<ApiPath> {
    match event {
        Event::UserRemoved { user } => of_user(user).into(),
        _ => Vec::new(),
    }
}

/// The nodes that a user's bare JID is subscribed to from the beginning.
///
/// Source: Finesse Developer Guide 12.5(1), "Subscription Management".
pub(crate) fn automatic(user: &UserId) -> [ApiPath; 5] {
    let [own, dialogs, media, tasks, _queues, _client_log] = of_user(user);
    [own, dialogs, media, tasks, ApiPath::SystemInfo]
}

fn of_user(user: &UserId) -> [ApiPath; 6] {
    [
        ApiPath::User(user.clone()),
        ApiPath::UserDialogs(user.clone()),
        ApiPath::UserMedia(user.clone()),
        ApiPath::UserTasks(user.clone()),
        ApiPath::UserQueues(user.clone()),
        ApiPath::UserClientLog(user.clone()),
    ]
}
