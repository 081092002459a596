//! What is true of calls at any time, whatever has been asked in whatever order.
//!
//! Tests, fuzzing and the laboratory hold the contact centre against this after every step.

use std::collections::BTreeSet;
use std::fmt;

use crate::{AgentState, ContactCentre, Deployment, Dialog, DialogState, Part, ParticipantState, User};

/// A rule that does not hold, and about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which rule.
    pub rule: Rule,
    /// The call or the user, for people.
    pub about: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule.sentence(), self.about)
    }
}

impl std::error::Error for Breach {}

/// What is always true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A call that is over is kept nowhere.
    NoCallIsKeptWhenOver,
    /// Nobody is alone in a call that was answered, unless it waits in a queue or is only shown.
    NobodyTalksAlone,
    /// A call without parties is kept only for somebody who wraps it up.
    EmptyCallsAreWrappedUp,
    /// Each device is in a call once.
    DevicesAreInACallOnce,
    /// An agent in a call is a user who is signed in.
    PartiesAreSignedIn,
    /// An agent in a call has it in the list.
    PartiesHear,
    /// Who has a call in the list is in it, or wraps it up.
    HearersBelong,
    /// A consultation that can be merged is there.
    ConsultationsExist,
    /// An agent's state is the one that the calls call for. On CCE only: on CCX not every call changes the state.
    StatesFitCalls,
    /// The agent whom the dialler has reserved for a customer is reserved.
    ReservationsHold,
    /// Who has a task is signed in to its domain, and has no more of them than agreed.
    TasksAreWithThoseSignedIn,
    /// An agent's state in a media domain is the one that the tasks call for.
    MediaStatesFitTasks,
    /// No task waits while an agent could be given it.
    NoTaskWaitsForNothing,
}

impl Rule {
    /// The rule as it is broken.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NoCallIsKeptWhenOver => "a call is over and still kept",
            Self::NobodyTalksAlone => "a participant is lost: somebody is alone in a call",
            Self::EmptyCallsAreWrappedUp => "a call without parties is kept for nobody",
            Self::DevicesAreInACallOnce => "a device is in one call twice",
            Self::PartiesAreSignedIn => "an agent is in a call and not signed in",
            Self::PartiesHear => "an agent is in a call and does not hear of it",
            Self::HearersBelong => "a user hears of a call that he or she is not in",
            Self::ConsultationsExist => "a consultation that is over can be merged",
            Self::StatesFitCalls => "an agent's state does not fit the calls",
            Self::ReservationsHold => "the dialler calls a customer for an agent who is not reserved",
            Self::TasksAreWithThoseSignedIn => {
                "an agent has a task and is not signed in to its domain, or has too many"
            }
            Self::MediaStatesFitTasks => "an agent's state in a media domain does not fit the tasks",
            Self::NoTaskWaitsForNothing => "a task waits while an agent is free",
        }
    }
}

/// Looks at every call and every agent.
///
/// # Errors
///
/// The first rule that does not hold.
pub fn audit(centre: &ContactCentre) -> Result<(), Breach> {
    for dialog in centre.dialogs() {
        audit_dialog(centre, dialog)?;
    }
    audit_media(centre)?;
    if centre.settings().deployment == Deployment::Uccx {
        return Ok(());
    }
    for agent in centre.users().filter(|agent| agent.is_signed_in()) {
        audit_agent(centre, agent)?;
    }
    Ok(())
}

fn audit_media(centre: &ContactCentre) -> Result<(), Breach> {
    for task in centre.tasks() {
        let Some(agent) = task.agent() else {
            if centre.has_free_agent(task.media) {
                let about = format!("task {} of media domain {}", task.number, task.media);
                return Err(Breach { rule: Rule::NoTaskWaitsForNothing, about });
            }
            continue;
        };
        let session = centre.media_session(agent, task.media);
        let own = centre.tasks_of(agent).filter(|other| other.media == task.media).count();
        if session.is_none_or(|session| own > usize::from(session.terms.dialogs_max)) {
            let about = format!("task {} with {agent}", task.id());
            return Err(Breach { rule: Rule::TasksAreWithThoseSignedIn, about });
        }
    }
    for (user, media, session) in centre.media_sessions() {
        let expected = centre.expected_media_state(user, media, session);
        if expected != session.state {
            let (is, is_to_be) = (session.state.as_str(), expected.as_str());
            let about = format!("{user} is {is} in media domain {media}, and should be {is_to_be}");
            return Err(Breach { rule: Rule::MediaStatesFitTasks, about });
        }
    }
    Ok(())
}

fn audit_dialog(centre: &ContactCentre, dialog: &Dialog) -> Result<(), Breach> {
    let breach = |rule| Err(Breach { rule, about: describe(dialog) });
    if dialog.is_over() {
        return breach(Rule::NoCallIsKeptWhenOver);
    }
    let live = dialog.live().count();
    let waits = |state| {
        matches!(state, ParticipantState::Initiating | ParticipantState::Initiated | ParticipantState::Failed)
    };
    let talks_alone = live == 1 && !dialog.live().all(|party| waits(party.state));
    let is_shown = dialog.is_preview() && live == 1;
    let is_dialled = dialog.reserved().is_some() && live == 1;
    if talks_alone && !is_shown && !is_dialled && dialog.waiting_since().is_none() {
        return breach(Rule::NobodyTalksAlone);
    }
    let wraps = || dialog.participants.iter().any(|party| party.state == ParticipantState::WrapUp);
    if live == 0 && !(dialog.state() == DialogState::Dropped && wraps()) {
        return breach(Rule::EmptyCallsAreWrappedUp);
    }
    let addresses: BTreeSet<_> = dialog.live().map(|party| &party.address).collect();
    if addresses.len() != live {
        return breach(Rule::DevicesAreInACallOnce);
    }
    if let Some(agent) = dialog.reserved()
        && centre.user(agent).is_none_or(|user| user.state != AgentState::ReservedOutbound)
    {
        return breach(Rule::ReservationsHold);
    }
    for agent in dialog.live().filter_map(|party| party.user.as_ref()) {
        if !centre.user(agent).is_some_and(User::is_signed_in) {
            return breach(Rule::PartiesAreSignedIn);
        }
        if !dialog.audience.contains(agent) {
            return breach(Rule::PartiesHear);
        }
    }
    for hearer in &dialog.audience {
        let own = dialog.participant_of(hearer);
        if own.is_none_or(|own| own.state == ParticipantState::Dropped) {
            return breach(Rule::HearersBelong);
        }
    }
    let mut consultations = dialog.participants.iter().filter_map(|party| party.consult);
    if consultations.any(|consultation| centre.dialog(consultation).is_none()) {
        return breach(Rule::ConsultationsExist);
    }
    Ok(())
}

fn audit_agent(centre: &ContactCentre, agent: &User) -> Result<(), Breach> {
    let mut states: Vec<ParticipantState> = Vec::new();
    let mut looks = false;
    for dialog in centre.dialogs_of(agent.id()) {
        let own = dialog
            .participants
            .iter()
            .filter(|party| party.user.as_ref() == Some(agent.id()) && party.part != Part::Monitored);
        states.extend(own.map(|party| party.state));
        looks |= dialog.is_preview();
    }
    let talks = states.iter().any(|state| {
        matches!(
            state,
            ParticipantState::Initiating
                | ParticipantState::Initiated
                | ParticipantState::Active
                | ParticipantState::Failed
        )
    });
    let holds = states.contains(&ParticipantState::Held);
    let rings = states.contains(&ParticipantState::Alerting);
    let fits = match agent.state {
        AgentState::Talking => talks,
        AgentState::Hold => holds && !talks,
        AgentState::Reserved => rings && !talks && !holds,
        AgentState::ReservedOutboundPreview => looks && !talks && !holds,
        AgentState::ReservedOutbound => !talks && !holds && centre.reservation_of(agent.id()).is_some(),
        _ => !talks && !holds,
    };
    if fits {
        return Ok(());
    }
    let states: Vec<&str> = states.into_iter().map(ParticipantState::as_str).collect();
    let about = format!("{} is {}, in calls {}", agent.id(), agent.state, states.join(" "));
    Err(Breach { rule: Rule::StatesFitCalls, about })
}

/// Who is in it and how.
fn describe(dialog: &Dialog) -> String {
    let parties =
        dialog.participants.iter().map(|party| format!("{} {}", party.address, party.state.as_str()));
    let parties: Vec<String> = parties.collect();
    let hearers: Vec<&str> = dialog.audience.iter().map(crate::UserId::as_str).collect();
    format!("call {} with {}; heard by {}", dialog.id, parties.join(", "), hearers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Address, CallData, CallType, Campaign, DialogId, Event, Extension, MediaSession, MediaTerms,
        ObjectId, Participant, Reason, Settings, StateChange, Task, Timestamp, UserId,
    };

    const AT: Timestamp = Timestamp(0);

    /// The demonstration with one agent in one call with somebody outside.
    fn centre() -> (ContactCentre, Dialog) {
        let mut centre = ContactCentre::new(Settings::default());
        for command in crate::demo() {
            for event in centre.decide(&crate::Actor::system(), &command, AT).expect("accepted") {
                centre.replay(&event);
            }
        }
        let user = UserId::new("1001001").expect("an id");
        let address = |text| Address::new(text).expect("a number");
        let party = |text, user| Participant::new(address(text), user, ParticipantState::Active, AT);
        let dialog = Dialog {
            id: DialogId::FIRST,
            call_type: CallType::OtherIn,
            from: address("5551001"),
            to: address("2001001"),
            dialed: address("2001001"),
            participants: vec![party("5551001", None), party("2001001", Some(user.clone()))],
            data: CallData::default(),
            associated: None,
            secondary: None,
            controller: None,
            queue: None,
            campaign: None,
            audience: [user.clone()].into(),
        };
        let extension = Extension::new("2001001").ok();
        let change = StateChange {
            state: AgentState::Talking,
            reason: Reason::None,
            extension,
            at: AT,
            after_call: None,
        };
        centre.replay(&Event::UserStateChanged { user, change });
        centre.replay(&Event::DialogChanged(Box::new(dialog.clone())));
        (centre, dialog)
    }

    const CHAT: ObjectId = ObjectId(5001);

    /// 1001002 and 1001003 are signed in for one task each; the first has one, the second is ready.
    fn media_events() -> Vec<Event> {
        let signs_in = |id| {
            let session = MediaSession { ready: true, ..MediaSession::new(MediaTerms::default(), AT) };
            Event::MediaSessionChanged { user: agent(id), media: CHAT, session, at: AT }
        };
        vec![signs_in("1001002"), signs_in("1001003"), offered(1)]
    }

    fn agent(id: &str) -> UserId {
        UserId::new(id).expect("an id")
    }

    /// A task that 1001002 is to take.
    fn offered(number: u32) -> Event {
        let task = Task::new(number, CHAT, CallData::default(), AT).offered_to(agent("1001002"), AT);
        Event::TaskChanged { task: Box::new(task), at: AT }
    }

    /// What breaks a rule after those.
    fn broken_media() -> [(Rule, Event); 3] {
        let waits = Task::new(2, CHAT, CallData::default(), AT);
        let user = agent("1001002");
        [
            (Rule::TasksAreWithThoseSignedIn, offered(2)),
            (
                Rule::TasksAreWithThoseSignedIn,
                Event::MediaSessionEnded { user, media: CHAT, reason: Reason::None, at: AT },
            ),
            (Rule::NoTaskWaitsForNothing, Event::TaskChanged { task: Box::new(waits), at: AT }),
        ]
    }

    #[test]
    fn each_rule_is_found_broken() {
        let (centre, good) = centre();
        assert_eq!(audit(&centre), Ok(()));
        type Break = fn(&mut Dialog);
        let cases: [(Rule, Break); 7] = [
            (Rule::ReservationsHold, |dialog| {
                let reserved = UserId::new("1001002").ok();
                let (name, customer) = ("Spring".into(), dialog.from.clone());
                let campaign = Campaign { name, customer, classification: None, callback: None, reserved };
                dialog.campaign = Some(Box::new(campaign));
            }),
            (Rule::NobodyTalksAlone, |dialog| drop(dialog.participants.remove(0))),
            (Rule::EmptyCallsAreWrappedUp, |dialog| {
                dialog.participants.iter_mut().for_each(|party| party.state = ParticipantState::Dropped);
            }),
            (Rule::DevicesAreInACallOnce, |dialog| {
                let again = dialog.participants[1].clone();
                dialog.participants.push(again);
            }),
            (Rule::PartiesHear, |dialog| dialog.audience = [UserId::new("1001002").expect("an id")].into()),
            (Rule::HearersBelong, |dialog| {
                dialog.audience.insert(UserId::new("1001002").expect("an id"));
            }),
            (Rule::ConsultationsExist, |dialog| dialog.participants[1].consult = Some(DialogId(7))),
        ];
        for (rule, break_it) in cases {
            let mut dialog = good.clone();
            break_it(&mut dialog);
            let mut centre = centre.clone();
            centre.replay(&Event::DialogChanged(Box::new(dialog)));
            assert_eq!(audit(&centre).map_err(|breach| breach.rule), Err(rule));
        }
        for (rule, event) in broken_media() {
            let mut centre = centre.clone();
            media_events().iter().chain(&[event]).for_each(|event| centre.replay(event));
            assert_eq!(audit(&centre).map_err(|breach| breach.rule), Err(rule));
        }
        let user = UserId::new("1001001").expect("an id");
        for (state, rule) in
            [(AgentState::Ready, Rule::StatesFitCalls), (AgentState::Logout, Rule::PartiesAreSignedIn)]
        {
            let mut centre = centre.clone();
            let change =
                StateChange { state, reason: Reason::None, extension: None, at: AT, after_call: None };
            centre.replay(&Event::UserStateChanged { user: user.clone(), change });
            assert_eq!(audit(&centre).map_err(|breach| breach.rule), Err(rule));
        }
    }
}
