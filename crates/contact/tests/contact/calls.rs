//! What the tests of calls share: agents who are signed in, and what they hear.

use contact::{
    Action, Address, AgentState, ApiPath, CallDataChange, Command, DialogId, DialogRequest, DialogState,
    Event, NetworkEvent, ParticipantState, Reason, Refusal, RequestedState, Settings, Timestamp, Update,
};

use crate::room::{NOW, Room, login, state, user};

/// A room in which agents are signed in: `7001` at 2101, `7002` at 2102, `7003` at 2103, the supervisor `7000` at 2100.
pub(crate) struct Floor {
    pub(crate) room: Room,
    pub(crate) now: Timestamp,
    /// What was published since the last look.
    heard: Vec<Update>,
}

impl Floor {
    pub(crate) fn new(settings: Settings) -> Self {
        let mut floor = Self { room: Room::new(settings), now: NOW, heard: Vec::new() };
        for (agent, number) in [("7000", "2190"), ("7001", "2101"), ("7002", "2102"), ("7003", "2103")] {
            floor.ask_state(agent, agent, login(number)).unwrap();
        }
        floor.heard.clear();
        floor
    }

    pub(crate) fn ready(&mut self, agents: &[&str]) {
        for agent in agents {
            self.ask_state(agent, agent, state(RequestedState::Ready)).unwrap();
        }
        self.heard.clear();
    }

    pub(crate) fn ask_state(
        &mut self,
        actor: &str,
        agent: &str,
        request: contact::UserRequest,
    ) -> Result<Vec<Event>, Refusal> {
        self.command(actor, Command::ChangeState { user: user(agent), request })
    }

    /// Decides and applies; a second later it is the next one's turn.
    pub(crate) fn command(&mut self, actor: &str, command: Command) -> Result<Vec<Event>, Refusal> {
        self.now = Timestamp(self.now.0 + 1000);
        let actor = if actor == "network" { contact::Actor::system() } else { self.room.actor(actor) };
        let events = self.room.centre.decide(&actor, &command, self.now)?;
        for event in &events {
            self.heard.extend(self.room.centre.apply(event, Some("r1")));
        }
        Ok(events)
    }

    /// `agent` calls `to`.
    pub(crate) fn call(&mut self, agent: &str, to: &str) -> Option<DialogId> {
        let from = self.extension(agent);
        let request = DialogRequest::MakeCall { from, to: address(to), data: CallDataChange::default() };
        let events = self.command(agent, Command::BeginCall { user: user(agent), request }).unwrap();
        dialog_of(&events)
    }

    /// Somebody outside calls.
    pub(crate) fn incoming(&mut self, from: &str, to: &str) -> DialogId {
        let event =
            NetworkEvent::Call { from: address(from), to: address(to), data: CallDataChange::default() };
        dialog_of(&self.command("network", Command::Network(event)).unwrap()).unwrap()
    }

    pub(crate) fn network(&mut self, event: NetworkEvent) -> Result<Vec<Event>, Refusal> {
        self.command("network", Command::Network(event))
    }

    /// `agent` does something with a call.
    pub(crate) fn act(&mut self, agent: &str, dialog: DialogId, action: Action) -> Vec<Event> {
        let request = DialogRequest::Plain { action, target: self.extension(agent) };
        self.command(agent, Command::ActOnCall { dialog, request }).unwrap()
    }

    /// `agent` does something with a call that concerns a third number.
    pub(crate) fn towards(&mut self, agent: &str, dialog: DialogId, action: Action, to: &str) -> Vec<Event> {
        let request = DialogRequest::Towards { action, target: self.extension(agent), to: address(to) };
        self.command(agent, Command::ActOnCall { dialog, request }).unwrap()
    }

    /// The consultation of a call.
    pub(crate) fn consult(&mut self, agent: &str, dialog: DialogId, to: &str) -> DialogId {
        self.towards(agent, dialog, Action::ConsultCall, to);
        self.room.centre.dialog(dialog).and_then(|dialog| dialog.secondary).expect("a consultation")
    }

    /// The number at which `agent` is signed in.
    pub(crate) fn extension(&self, agent: &str) -> Address {
        let user = self.room.centre.user(&user(agent)).unwrap();
        Address::from(user.extension.as_ref().expect("signed in"))
    }

    pub(crate) fn state(&self, agent: &str) -> AgentState {
        self.room.centre.user(&user(agent)).unwrap().state
    }

    pub(crate) fn reason(&self, agent: &str) -> Reason {
        self.room.centre.user(&user(agent)).unwrap().reason
    }

    pub(crate) fn pending(&self, agent: &str) -> Option<AgentState> {
        self.room.centre.user(&user(agent)).unwrap().pending_state()
    }

    /// A call's state and those of its parties: `ACTIVE: 5551 ACTIVE, 2101 HELD`.
    pub(crate) fn dialog(&self, id: DialogId) -> String {
        let Some(dialog) = self.room.centre.dialog(id) else { return "over".into() };
        let parties = dialog.participants.iter();
        let parties: Vec<_> =
            parties.map(|party| format!("{} {}", party.address, party.state.as_str())).collect();
        format!("{}: {}", dialog.state().as_str(), parties.join(", "))
    }

    /// What each agent has heard about calls since the last look: `7001 POST ALERTING 5551:INITIATED 2101:ALERTING`.
    pub(crate) fn heard(&mut self) -> Vec<String> {
        self.heard.drain(..).filter_map(|update| line(&update)).collect()
    }

    /// The documents on a node since the last look.
    pub(crate) fn heard_on(&mut self, node: &ApiPath) -> Vec<String> {
        self.heard.drain(..).filter(|update| update.node == *node).map(|update| update.document).collect()
    }

    /// What `agent` has heard about the own state since the last look.
    pub(crate) fn heard_states(&mut self, agent: &str) -> Vec<String> {
        let node = ApiPath::User(user(agent));
        let own = self.heard.drain(..).filter(|update| update.node == node);
        own.filter_map(|update| Some(between(&update.document, "<state>", "</state>")?.to_owned())).collect()
    }
}

pub(crate) fn address(number: &str) -> Address {
    Address::new(number).expect("a number")
}

fn dialog_of(events: &[Event]) -> Option<DialogId> {
    events.iter().find_map(|event| match event {
        Event::DialogChanged(dialog) => Some(dialog.id),
        _ => None,
    })
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    Some(text.split_once(from)?.1.split_once(to)?.0)
}

/// One update in short, if it is about calls.
fn line(update: &Update) -> Option<String> {
    let ApiPath::UserDialogs(agent) = &update.node else { return None };
    let text = &update.document;
    let event = between(text, "<event>", "</event>")?;
    let source = between(text, "<source>", "</source>")?;
    if let Some(error) = between(text, "<errorType>", "</errorType>") {
        return Some(format!("{agent} {error} at {}", source.trim_start_matches(ApiPath::PREFIX)));
    }
    let expected = if event == "PUT" { "Dialog/" } else { "User/" };
    assert!(source.trim_start_matches(ApiPath::PREFIX).starts_with(expected), "{event} from {source}");
    let state = text.rsplit_once("</participants>")?.1;
    let state = between(state, "<state>", "</state>")?;
    assert!(DialogState::ALL.iter().any(|known| known.as_str() == state), "{state}");
    let mut line = format!("{agent} {event} {state}");
    for party in text.split("<Participant>").skip(1) {
        let (number, state) =
            (between(party, "<mediaAddress>", "<")?, between(party, "<state>", "</state>")?);
        assert!(ParticipantState::ALL.iter().any(|known| known.as_str() == state), "{state}");
        line += &format!(" {number}:{state}");
    }
    Some(line)
}
