//! The telephone network: what callers and called parties outside do.

use super::draft::{Draft, Origin};
use super::make::Reach;
use crate::centre::ContactCentre;
use crate::{
    Address, CallData, CallDataChange, CallType, DialogId, Event, NetworkEvent, Participant,
    ParticipantState, Refusal, StateCause, Timestamp,
};

impl ContactCentre {
    /// What follows when something happens outside.
    pub(in crate::centre) fn network(
        &self,
        event: &NetworkEvent,
        at: Timestamp,
    ) -> Result<Vec<Event>, Refusal> {
        let mut draft = Draft::new(self, at);
        match event {
            NetworkEvent::Call { from, to, data } => draft.incoming(from, to, data)?,
            NetworkEvent::Preview { user, customer, campaign, data } => {
                draft.preview(user, customer, campaign, data)?;
            }
            NetworkEvent::Progressive { user, customer, campaign, data } => {
                draft.progressive(user, customer, campaign, data)?;
            }
            NetworkEvent::Answer { dialog, address } => {
                draft.outside_party(*dialog, address, |state| state == ParticipantState::Alerting)?;
                draft.answer(*dialog, address, None);
            }
            NetworkEvent::HangUp { dialog, address } => {
                draft.outside_party(*dialog, address, ParticipantState::is_live)?;
                draft.leave(*dialog, |party| party.address == *address && !party.is_agent_device());
            }
            NetworkEvent::Fail { dialog, address, cause } => {
                draft.outside_party(*dialog, address, |state| state == ParticipantState::Alerting)?;
                draft.not_reached(*dialog, address, *cause);
            }
        }
        Ok(draft.finish())
    }

    /// When telephones outside are taken, if they are taken by themselves: the earliest of those that ring.
    pub(in crate::centre) fn outside_answers_at(&self) -> Option<Timestamp> {
        let after = self.settings.outside_answers_after_ms?;
        let (since, _) = self.calls.first_ringing_outside()?;
        Some(Timestamp(since.0.saturating_add(i64::from(after))))
    }
}

impl Draft<'_> {
    /// The telephones outside that have rung long enough are taken.
    pub(in crate::centre) fn outside_answers(&mut self) {
        let Some(after) = self.centre().settings.outside_answers_after_ms else { return };
        let due = Timestamp(self.at().0.saturating_sub(i64::from(after)));
        let ringing: Vec<DialogId> = self.centre().calls.ringing_outside_since(due).collect();
        for id in ringing {
            let rings =
                |party: &&Participant| party.state == ParticipantState::Alerting && party.is_outside();
            let party = self.dialog(id).and_then(|dialog| dialog.participants.iter().find(rings));
            if let Some(address) = party.map(|party| party.address.clone()) {
                self.answer(id, &address, None);
            }
        }
    }

    /// Somebody outside calls.
    fn incoming(&mut self, from: &Address, to: &Address, data: &CallDataChange) -> Result<(), Refusal> {
        if from == to {
            return Err(Refusal::invalid_destination(to.as_str(), "nobody calls the own number"));
        }
        let reach = self.reach(to);
        match reach {
            Reach::Agent(_) | Reach::Telephone | Reach::Queue(_) => {}
            Reach::Busy => return Err(Refusal::invalid_state(to.as_str(), "the line is busy")),
            Reach::Outside | Reach::Nobody => {
                return Err(Refusal::invalid_destination(to.as_str(), "nobody here has this number"));
            }
        }
        let mut written = CallData::default();
        written.change(data);
        let first = self.party(from.clone(), None, ParticipantState::Initiated);
        let dialog = self.begin(CallType::OtherIn, from.clone(), to.clone(), first, written, Origin::Itself);
        match reach {
            Reach::Queue(queue) => self.enter_queue(dialog, queue),
            reach => self.ring(dialog, to, reach),
        }
        Ok(())
    }

    /// A call that was dialled reaches nobody.
    fn not_reached(&mut self, id: DialogId, address: &Address, cause: StateCause) {
        let at = self.at();
        let others = self
            .dialog(id)
            .map_or(0, |dialog| dialog.live().filter(|party| party.address != *address).count());
        if others > 1 {
            return self.leave(id, |party| party.address == *address && !party.is_agent_device());
        }
        self.step(id, |dialog| {
            for party in &mut dialog.participants {
                if party.address == *address && !party.is_agent_device() {
                    party.become_state(ParticipantState::Dropped, at);
                } else if party.state.is_live() {
                    party.become_state(ParticipantState::Failed, at);
                    party.cause = cause;
                }
            }
        });
        self.settle_all(id);
    }

    /// Checks that somebody outside is in the call, in a state that fits.
    fn outside_party(
        &self,
        id: DialogId,
        address: &Address,
        fits: impl Fn(ParticipantState) -> bool,
    ) -> Result<(), Refusal> {
        let dialog = self.dialog(id).ok_or_else(|| Refusal::dialog_not_found(&id.to_string()))?;
        let mut there = dialog.participants.iter().filter(|party| party.address == *address);
        match there.find(|party| !party.is_agent_device() && fits(party.state)) {
            Some(_) => Ok(()),
            None => {
                let why = "nobody outside with this number is in the call, in a state for this";
                Err(Refusal::invalid_state(address.as_str(), why))
            }
        }
    }
}
