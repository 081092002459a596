//! What is planned becomes a wish, if it still fits.

use contact::{
    Action, Address, AgentState, CallDataChange, CallType, Command, ContactCentre, Deployment, Dialog,
    DialogId, DialogRequest, NetworkEvent, Part, Participant, ParticipantState, ReasonCodeId, RequestedState,
    UserId, UserRequest,
};

use super::people::Person;
use super::{Deed, World};
use crate::roster::QUEUES;

/// Who, and what.
type Wish = Option<(Option<UserId>, Command)>;

impl World {
    pub(super) fn deed(&mut self, deed: Deed, at: i64, centre: &ContactCentre) -> Wish {
        self.now = self.now.max(at - super::APART_MS);
        match deed {
            Deed::Arrive => self.arrive(),
            Deed::SignIn(place) => self.sign_in(place),
            Deed::GoReady(place, epoch) => self.go_ready(place, epoch, centre),
            Deed::WrapUpOver(place, epoch) => {
                let person = &self.people[place];
                (person.epoch == epoch).then(|| change_state(person, UserRequest::new(RequestedState::Ready)))
            }
            Deed::TakeBreak(place) => self.take_break(place, centre),
            Deed::MakeCall(place) => self.make_call(place, centre),
            Deed::Monitor(place) => self.monitor(place, centre),
            Deed::Barge(place, id) => self.barge(place, id, centre),
            Deed::Answer(place, id) => self
                .act_when(place, id, centre, Action::Answer, |own| own.state == ParticipantState::Alerting),
            Deed::Hold(place, id) => {
                self.act_when(place, id, centre, Action::Hold, |own| own.state == ParticipantState::Active)
            }
            Deed::Retrieve(place, id) => self.retrieve(place, id, centre),
            Deed::Consult(place, id) => self.consult(place, id, Action::ConsultCall, centre),
            Deed::BlindTransfer(place, id) => self.consult(place, id, Action::TransferSst, centre),
            Deed::Conclude(place, id) => self.conclude(place, id, centre),
            Deed::LosePatience(id) => self.lose_patience(id, centre),
            Deed::End(id, end) => self.end(id, end, centre),
            Deed::Close => self.close(),
            Deed::SignOut(place) => self.sign_out(place, centre),
        }
    }

    fn arrive(&mut self) -> Wish {
        if self.closing {
            return None;
        }
        let after = self.until_next_caller();
        self.plan_in(after, Deed::Arrive);
        self.arrived += 1;
        let number = self.arrived;
        let to = if self.arrivals.chance(self.plan.callers.direct_share) {
            let person = self.arrivals.below(self.plan.agents);
            let person = &self.people[person];
            // Nobody calls a desk where nobody can take the call.
            let is_free = matches!(person.state, AgentState::Ready | AgentState::NotReady);
            if is_free { person.extension.to_string() } else { QUEUES[0].to_owned() }
        } else {
            QUEUES[self.arrivals.below(QUEUES.len())].to_owned()
        };
        self.calling = Some(number);
        let data = CallDataChange {
            wrap_up_reason: None,
            variables: vec![("callVariable1".to_owned(), format!("caller {number}"))],
        };
        let from = self::number(&format!("555{:07}", number % 10_000_000));
        Some((None, Command::Network(NetworkEvent::Call { from, to: self::number(&to), data })))
    }

    fn sign_in(&mut self, place: usize) -> Wish {
        let person = &self.people[place];
        let is_out = person.state == AgentState::Logout && !self.closing;
        is_out.then(|| change_state(person, UserRequest::login(person.extension.clone())))
    }

    fn go_ready(&mut self, place: usize, epoch: u32, centre: &ContactCentre) -> Wish {
        let sign_out_share = self.plan.colleagues.sign_out_share;
        let person = &mut self.people[place];
        if person.epoch != epoch || self.closing {
            return None;
        }
        let signs_out = person.has_begun && person.random.chance(sign_out_share);
        if is_in_call(centre, &person.id) {
            let after = person.random.lasting(BUSY_AGAIN_SECONDS);
            self.plan_in(after, Deed::GoReady(place, epoch));
            return None;
        }
        let person = &self.people[place];
        let request = if signs_out { sign_out_request() } else { UserRequest::new(RequestedState::Ready) };
        Some(change_state(person, request))
    }

    fn take_break(&mut self, place: usize, centre: &ContactCentre) -> Wish {
        self.plan_break(place);
        let person = &mut self.people[place];
        let works = matches!(
            person.state,
            AgentState::Ready
                | AgentState::Talking
                | AgentState::Hold
                | AgentState::Work
                | AgentState::WorkReady
        );
        // CCX takes the first wish during a call only.
        let has_wished = centre.settings().deployment == Deployment::Uccx
            && centre.user(&person.id).is_some_and(|user| user.pending_state().is_some());
        if !works || has_wished || self.closing {
            return None;
        }
        let reason = ReasonCodeId(1 + person.random.below(REASONS) as u32);
        Some(change_state(person, UserRequest::new(RequestedState::NotReady).with_reason(reason)))
    }

    fn make_call(&mut self, place: usize, centre: &ContactCentre) -> Wish {
        self.plan_call(place);
        let person = &self.people[place];
        let is_free = matches!(person.state, AgentState::Ready | AgentState::NotReady);
        if !is_free || self.closing || is_in_call(centre, &person.id) {
            return None;
        }
        let (id, from) = (person.id.clone(), Address::from(&person.extension));
        let to = self.somebody(place, None, self.planned);
        let request = DialogRequest::MakeCall { from, to, data: CallDataChange::default() };
        Some((Some(id.clone()), Command::BeginCall { user: id, request }))
    }

    fn monitor(&mut self, place: usize, centre: &ContactCentre) -> Wish {
        self.plan_monitoring(place);
        let supervisor = centre.user(&self.people[place].id)?;
        if self.closing || !supervisor.is_signed_in() || is_in_call(centre, supervisor.id()) {
            return None;
        }
        let teams = supervisor.details.supervises.iter().filter_map(|team| centre.team(*team));
        let talking: Vec<Address> = teams
            .flat_map(|team| &team.members)
            .filter(|id| **id != *supervisor.id() && talks(centre, id))
            .filter_map(|id| centre.user(id)?.extension.as_ref().map(Address::from))
            .collect();
        if talking.is_empty() {
            return None;
        }
        let person = &mut self.people[place];
        let to = talking[person.random.below(talking.len())].clone();
        if person.random.chance(self.plan.supervisors.barge_share) {
            let after = person.random.lasting(self.plan.supervisors.monitor_s / 2.0);
            self.plan_in(after, Deed::Barge(place, centre.next_dialog()));
        }
        let person = &self.people[place];
        let request = DialogRequest::SilentMonitor { from: Address::from(&person.extension), to };
        Some((Some(person.id.clone()), Command::BeginCall { user: person.id.clone(), request }))
    }

    fn barge(&mut self, place: usize, id: DialogId, centre: &ContactCentre) -> Wish {
        let person = &self.people[place];
        let dialog = centre.dialog(id).filter(|dialog| dialog.call_type == CallType::SupervisorMonitor)?;
        dialog.participant_of(&person.id).filter(|own| own.part == Part::Listener && own.state.is_live())?;
        let heard = dialog.live().find(|party| party.part == Part::Monitored)?;
        let (from, to) = (Address::from(&person.extension), heard.address.clone());
        let request = DialogRequest::Barge { from, to, monitor: id };
        Some((Some(person.id.clone()), Command::BeginCall { user: person.id.clone(), request }))
    }

    fn act_when(
        &self,
        place: usize,
        id: DialogId,
        centre: &ContactCentre,
        action: Action,
        fits: impl Fn(&Participant) -> bool,
    ) -> Wish {
        let person = &self.people[place];
        let own = centre.dialog(id)?.participant_of(&person.id)?;
        (fits(own) && own.part == Part::Talker).then(|| act(&person.id, id, action, &own.address))
    }

    fn retrieve(&mut self, place: usize, id: DialogId, centre: &ContactCentre) -> Wish {
        let person = &mut self.people[place];
        let own = centre.dialog(id)?.participant_of(&person.id)?;
        if own.state != ParticipantState::Held {
            return None;
        }
        if is_in_other_call(centre, &person.id, id) {
            let after = person.random.lasting(BUSY_AGAIN_SECONDS);
            self.plan_in(after, Deed::Retrieve(place, id));
            return None;
        }
        Some(act(&person.id, id, Action::Retrieve, &own.address))
    }

    /// Asks somebody about the call, or gives it away at once.
    fn consult(&mut self, place: usize, id: DialogId, action: Action, centre: &ContactCentre) -> Wish {
        let dialog = centre.dialog(id)?;
        let user = self.people[place].id.clone();
        let own = dialog.participant_of(&user)?;
        let may = dialog.actions_of(own, centre.settings().deployment).contains(&action);
        if !may || own.state != ParticipantState::Active || self.closing {
            return None;
        }
        let queue = dialog.queue.map(|queue| usize::from(queue.0 > 1));
        let to = self.somebody(place, queue, self.planned);
        if dialog.live().any(|party| party.address == to) {
            return None;
        }
        let request = DialogRequest::Towards { action, target: own.address.clone(), to };
        Some((Some(user), Command::ActOnCall { dialog: id, request }))
    }

    /// The consultation becomes a transfer or a conference, or is over.
    fn conclude(&mut self, place: usize, id: DialogId, centre: &ContactCentre) -> Wish {
        let (transfers, conferences) =
            (self.plan.colleagues.transfer_share, self.plan.colleagues.conference_share);
        let person = &mut self.people[place];
        let consultation = centre.dialog(id)?;
        let own = consultation.participant_of(&person.id).filter(|own| own.state.is_live())?;
        let about = consultation.associated.and_then(|about| centre.dialog(about));
        let merging =
            about.filter(|about| about.participant_of(&person.id).is_some_and(|own| own.consult == Some(id)));
        let may = |action, about: &Dialog| {
            let own = about.participant_of(&person.id);
            own.is_some_and(|own| about.actions_of(own, centre.settings().deployment).contains(&action))
        };
        if let Some(about) = merging {
            if person.random.chance(transfers) {
                if may(Action::Transfer, about) {
                    return Some(act(&person.id, about.id, Action::Transfer, &own.address));
                }
            } else if person.random.chance(conferences / (1.0 - transfers).max(f64::EPSILON))
                && may(Action::Conference, about)
            {
                return Some(act(&person.id, about.id, Action::Conference, &own.address));
            }
        }
        Some(act(&person.id, id, Action::Drop, &own.address))
    }

    fn lose_patience(&mut self, id: DialogId, centre: &ContactCentre) -> Wish {
        let dialog = centre.dialog(id)?;
        // Answered meanwhile: then the conversation has an end of its own.
        if self.calls.get(&id).is_none_or(|call| call.end > 0) {
            return None;
        }
        let caller = dialog.live().find(|party| !party.is_agent_device())?;
        let address = caller.address.clone();
        Some((None, Command::Network(NetworkEvent::HangUp { dialog: id, address })))
    }

    /// One party leaves. If the call goes on without, the next one follows.
    fn end(&mut self, id: DialogId, end: u32, centre: &ContactCentre) -> Wish {
        let dialog = centre.dialog(id)?;
        let call = self.calls.get(&id).filter(|call| call.end == end)?;
        dialog.live().next()?;
        let caller_first = call.course.caller_hangs_up;
        let again = Deed::End(id, end);
        let asks = |party: &Participant| party.consult.is_some_and(|other| centre.dialog(other).is_some());
        if dialog.live().any(asks) && !self.closing {
            self.plan_in(CONSULTING_AGAIN_MS, again);
            return None;
        }
        let outside = || dialog.live().find(|party| !party.is_agent_device());
        let inside = || dialog.live().find(|party| party.is_agent_device() && party.part != Part::Monitored);
        let first = if caller_first { outside().or_else(inside) } else { inside().or_else(outside) };
        let party = first?.clone();
        self.plan_in(NEXT_PARTY_MS, again);
        Some(match party.user {
            Some(user) => act(&user, id, Action::Drop, &party.address),
            None => (None, Command::Network(NetworkEvent::HangUp { dialog: id, address: party.address })),
        })
    }

    /// It is late: nobody calls any more, calls come to an end, and people go home.
    fn close(&mut self) -> Wish {
        self.closing = true;
        let open: Vec<DialogId> = self.calls.keys().copied().collect();
        for id in open {
            let Some(call) = self.calls.get_mut(&id) else { continue };
            call.end += 1;
            let (end, after) = (call.end, call.random.within(CLOSING_SECONDS));
            self.plan_in(after, Deed::End(id, end));
        }
        for place in 0..self.people.len() {
            let after = self.people[place].random.within(CLOSING_SECONDS);
            self.plan_in(after + (CLOSING_SECONDS * 1000.0) as i64, Deed::SignOut(place));
        }
        None
    }

    fn sign_out(&mut self, place: usize, centre: &ContactCentre) -> Wish {
        let person = &self.people[place];
        if person.state == AgentState::Logout {
            return None;
        }
        self.plan_in(SIGN_OUT_AGAIN_MS, Deed::SignOut(place));
        let person = &self.people[place];
        if is_in_call(centre, &person.id) {
            return None;
        }
        let request = match person.state {
            AgentState::NotReady => sign_out_request(),
            _ => UserRequest::new(RequestedState::NotReady).with_reason(ReasonCodeId(1)),
        };
        Some(change_state(person, request))
    }
}

fn change_state(person: &Person, request: UserRequest) -> (Option<UserId>, Command) {
    (Some(person.id.clone()), Command::ChangeState { user: person.id.clone(), request })
}

fn sign_out_request() -> UserRequest {
    UserRequest::new(RequestedState::Logout).with_reason(END_OF_SHIFT)
}

fn act(user: &UserId, dialog: DialogId, action: Action, target: &Address) -> (Option<UserId>, Command) {
    let request = DialogRequest::Plain { action, target: target.clone() };
    (Some(user.clone()), Command::ActOnCall { dialog, request })
}

fn number(text: &str) -> Address {
    Address::new(text).expect("digits are a number")
}

fn own_parts<'a>(
    centre: &'a ContactCentre,
    user: &'a UserId,
) -> impl Iterator<Item = (DialogId, &'a Participant)> {
    centre.dialogs_of(user).flat_map(move |dialog| {
        let own = dialog.live().filter(|party| party.user.as_ref() == Some(user));
        own.filter(|party| party.part != Part::Monitored).map(|party| (dialog.id, party))
    })
}

fn is_in_call(centre: &ContactCentre, user: &UserId) -> bool {
    own_parts(centre, user).next().is_some()
}

fn is_in_other_call(centre: &ContactCentre, user: &UserId, than: DialogId) -> bool {
    own_parts(centre, user).any(|(id, _)| id != than)
}

/// Whether there is something to listen to, and nobody listens already.
fn talks(centre: &ContactCentre, user: &UserId) -> bool {
    let is_heard = |party: &Participant| party.part == Part::Monitored && party.user.as_ref() == Some(user);
    centre.user(user).is_some_and(|user| user.state == AgentState::Talking)
        && own_parts(centre, user).any(|(_, own)| own.state == ParticipantState::Active)
        && !centre.dialogs_of(user).any(|dialog| dialog.live().any(is_heard))
}

const END_OF_SHIFT: ReasonCodeId = ReasonCodeId(5);
/// The demonstration's reasons for a break.
const REASONS: usize = 4;
const BUSY_AGAIN_SECONDS: f64 = 3.0;
const CONSULTING_AGAIN_MS: i64 = 3_000;
const NEXT_PARTY_MS: i64 = 1_500;
const CLOSING_SECONDS: f64 = 10.0;
const SIGN_OUT_AGAIN_MS: i64 = 1_000;
