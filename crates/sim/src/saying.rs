//! What an update says, in one line, ids and clock aside.

use contact::{ApiPath, BodyElement, DialogId};

/// Makes lines of updates. Calls are named by the order in which they came: `c1`, `c2`.
#[derive(Clone, Copy, Debug)]
pub struct Sayings {
    first: DialogId,
}

/// An update that says nothing that could be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what came on {node} says nothing: {why}")]
pub struct NotUnderstood {
    node: String,
    why: String,
}

impl Sayings {
    /// - `first`: the number of the first call of the run.
    pub fn new(first: DialogId) -> Self {
        Self { first }
    }

    /// One line: the node, what happened to it, and what its subject is now. Times and request ids are left out, as
    /// is all that no decision changes.
    ///
    /// # Errors
    ///
    /// [`NotUnderstood`], if the document is no `<Update>`.
    pub fn say(&self, node: &ApiPath, document: &str) -> Result<String, NotUnderstood> {
        let update = BodyElement::parse(document.as_bytes(), "Update")
            .map_err(|refusal| NotUnderstood { node: node.to_string(), why: refusal.message })?;
        let event = update.child_text("event").unwrap_or("?");
        let data = update.child("data");
        let subject = data.and_then(|data| data.children.first());
        let said = match subject {
            None => String::new(),
            Some(list) if list.is("dialogs") => {
                list.child("dialog").map(|call| self.call(call)).unwrap_or_default()
            }
            Some(call) if call.is("dialog") => self.call(call),
            Some(user) if user.is("user") => person(user),
            Some(other) => failure(other),
        };
        Ok(format!("{node} {event} {said}"))
    }

    /// The same for a document that is read, `User`, `Dialogs` or `Queues`: a line for each thing in it, which begins with its
    /// name.
    ///
    /// # Errors
    ///
    /// [`NotUnderstood`], if it is none of these.
    pub fn show(&self, document: &str) -> Result<Vec<String>, NotUnderstood> {
        let read = |root| BodyElement::parse(document.as_bytes(), root);
        if let Ok(user) = read("User") {
            return Ok(vec![person(&user)]);
        }
        if let Ok(calls) = read("Dialogs") {
            return Ok(calls.children.iter().map(|call| self.call(call)).collect());
        }
        let queues = read("Queues")
            .map_err(|refusal| NotUnderstood { node: "a document".into(), why: refusal.message })?;
        Ok(queues.children.iter().map(queue).collect())
    }

    fn call(&self, call: &BodyElement) -> String {
        let text = |name: &str| call.child_text(name).unwrap_or("-");
        let name = |id: Option<u32>| id.map_or("-".to_owned(), |id| self.name(id));
        let own = call.child_text("id").and_then(|id| id.parse().ok());
        let secondary = call.child_text("secondaryId").and_then(|id| id.parse().ok());
        let associated =
            call.child_text("associatedDialogUri").and_then(|uri| uri.rsplit('/').next()?.parse().ok());
        let call_type = call.child("mediaProperties").and_then(|media| media.child_text("callType"));
        let mut said = format!("{} {} {}", name(own), text("state"), call_type.unwrap_or("-"));
        for (label, other) in [(" about ", associated), (" with ", secondary)] {
            if other.is_some() {
                said = said + label + &name(other);
            }
        }
        for party in call.child("participants").map_or(&[][..], |parties| &parties.children) {
            let text = |name: &str| party.child_text(name).unwrap_or("-");
            let actions = party.child("actions").map_or(&[][..], |actions| &actions.children);
            let actions: Vec<&str> = actions.iter().map(|action| action.text.as_str()).collect();
            said += &format!(" | {} {} {}", text("mediaAddress"), text("state"), actions.join(","));
        }
        said
    }

    fn name(&self, id: u32) -> String {
        format!("c{}", i64::from(id) - i64::from(self.first.0) + 1)
    }
}

fn person(user: &BodyElement) -> String {
    let text = |name: &str| user.child_text(name).unwrap_or("-");
    let (state, pending) = (text("state"), text("pendingState"));
    let reason = user.child_text("reasonCodeId").or_else(|| user.child("reasonCode")?.child_text("label"));
    format!("{} {state} {pending} {} {}", text("loginId"), reason.unwrap_or("-"), text("extension"))
}

/// How it stands with a queue, but not since when.
fn queue(queue: &BodyElement) -> String {
    let numbers = queue.child("statistics").map_or(&[][..], |statistics| &statistics.children);
    let numbers = numbers.iter().filter(|number| !number.name.starts_with("startTime"));
    let numbers: Vec<String> = numbers.map(|number| format!("{} {}", number.name, number.text)).collect();
    format!("{} {}", queue.child_text("name").unwrap_or("-"), numbers.join(", "))
}

fn failure(errors: &BodyElement) -> String {
    let error = errors.children.first().unwrap_or(errors);
    format!("{} {}", errors.name, error.child_text("errorMessage").unwrap_or("-"))
}
