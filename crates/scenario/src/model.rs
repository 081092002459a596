//! What a scenario says: steps, as plain values.

use std::time::Duration;

use crate::error::Place;
use crate::text::Text;

/// A scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// What it is about, one line.
    pub title: Option<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One step.
///
/// Steps are equal if the same happens in them, wherever they stand.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it stands.
    pub place: Place,
    /// The words in which it stands there, without a password.
    pub words: String,
    /// What happens.
    pub deed: Deed,
}

impl PartialEq for Step {
    fn eq(&self, other: &Step) -> bool {
        self.deed == other.deed
    }
}

impl Eq for Step {}

/// A name that the scenario gives: a letter, then letters, digits and `_`.
pub type Name = String;

/// What happens in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An agent or a supervisor takes a seat.
    Agent(Agent),
    /// `caller bob is 5551001`: somebody outside.
    Caller {
        /// How the scenario calls them.
        name: Name,
        /// The telephone number.
        number: Text,
    },
    /// `queue sales is 1`.
    Queue {
        /// How the scenario calls it.
        name: Name,
        /// Its number in paths, which is not the one that is dialled.
        id: Text,
    },
    /// `timeout ringing is 30s`.
    Timeout {
        /// What `within` calls it; `default` and `quiet` are there already.
        name: Name,
        /// How long.
        time: Duration,
    },
    /// `set level = gold`.
    Set {
        /// The variable.
        name: Name,
        /// Its new value.
        value: Text,
    },
    /// Somebody does something.
    Act {
        /// Who.
        who: Subject,
        /// What.
        action: Action,
        /// Whether it has to succeed.
        outcome: Outcome,
    },
    /// An agent must see something.
    See(Expectation),
    /// An agent must not see something.
    NeverSee {
        /// Who.
        who: Name,
        /// What; nothing at all if there is none.
        sight: Option<Sight>,
        /// For how long they look, besides what was seen already.
        during: Option<Time>,
    },
    /// What the web service says must become true.
    Have {
        /// Of whom.
        who: Name,
        /// What.
        fact: Fact,
        /// How long that may take.
        within: Option<Time>,
    },
    /// `pause 2s`.
    Pause(Duration),
    /// `repeat 3 times as i` to `end`.
    Repeat {
        /// How often.
        times: Text,
        /// The variable that counts, from 1.
        counter: Option<Name>,
        /// What happens each time.
        steps: Vec<Step>,
    },
}

/// `agent ada is 1001001 at 2001001`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// How the scenario calls them.
    pub name: Name,
    /// The login id.
    pub user: Text,
    /// The extension to sign in on.
    pub extension: Option<Text>,
    /// The password, if it is another than everybody's.
    pub password: Option<Text>,
    /// Whether the teams are watched, too.
    pub is_supervisor: bool,
    /// Whether the line to the notification service is opened at once.
    pub has_line: bool,
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An agent, a supervisor or a caller, by name.
    Named(Name),
    /// `caller 5551001`, without a name.
    Caller(Text),
    /// Whoever configures the server and plays the telephone network.
    Administrator,
    /// Without credentials.
    Nobody,
}

/// Somebody who can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Party {
    /// An agent at the extension, or a caller.
    Named(Name),
    /// A number.
    Number(Text),
}

/// Whether an action has to succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is accepted.
    Accepted,
    /// It is refused at once, or accepted and fails. What is given has to fit.
    Refused {
        /// The status of the answer. It is refused at once if there is one.
        status: Option<u16>,
        /// The error's type, message or number.
        error: Option<Text>,
    },
}

/// Something that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `signs in`, on the extension of the declaration or another.
    SignIn {
        /// The other one.
        at: Option<Text>,
    },
    /// `signs out`.
    SignOut {
        /// The reason code's key.
        reason: Option<Text>,
    },
    /// `is ready`.
    Ready,
    /// `is not ready`.
    NotReady {
        /// The reason code's key.
        reason: Option<Text>,
    },
    /// `makes ada not ready`, `makes ada ready`, `signs ada out`.
    ChangeColleague {
        /// Whom.
        whom: Name,
        /// Into which state.
        state: ColleagueState,
    },
    /// `calls 8001`.
    Call {
        /// Whom.
        to: Party,
        /// Call variables.
        data: Vec<Assignment>,
        /// How the scenario calls the call.
        name: Option<Name>,
    },
    /// `answers`, `holds` and others that need nothing but a call.
    Plain {
        /// Which.
        action: PlainAction,
        /// Which call, if not the one that fits.
        on: Option<Name>,
    },
    /// `consults bela`.
    Consult {
        /// Whom.
        to: Party,
        /// About which call.
        on: Option<Name>,
        /// How the scenario calls the consultation.
        name: Option<Name>,
    },
    /// `transfers to bela`, without asking.
    TransferTo {
        /// To whom.
        to: Party,
        /// Which call.
        on: Option<Name>,
    },
    /// `sends tones 12#`.
    Tones {
        /// Which.
        digits: Text,
        /// Into which call.
        on: Option<Name>,
    },
    /// `writes callVariable1 = gold`.
    Write {
        /// Call variables, and `wrapUpReason`.
        data: Vec<Assignment>,
        /// On which call.
        on: Option<Name>,
    },
    /// `monitors ada`.
    Monitor {
        /// Whom.
        whom: Name,
        /// How the scenario calls the call by which one listens.
        name: Option<Name>,
    },
    /// `barges in on ada`.
    Barge {
        /// On whom.
        whom: Name,
    },
    /// `removes ada`, out of a conference.
    Remove {
        /// Whom.
        whom: Name,
        /// Out of which call.
        on: Option<Name>,
    },
    /// `fails with BUSY`: somebody outside who is called cannot be reached.
    Fail {
        /// `BUSY`, `BAD_DESTINATION` or `OTHER`.
        cause: Text,
    },
    /// `gives ada 5s to wrap up`, the administrator.
    WrapUp {
        /// To whom.
        whom: Name,
        /// How long, in whole seconds. None: calls are not wrapped up.
        time: Option<Duration>,
    },
    /// `drops the line of ada` and others of the administrator's: something goes wrong on purpose.
    Fault(Fault),
    /// `connects`.
    Connect,
    /// `disconnects`.
    Disconnect,
    /// `sends PUT /finesse/api/User/1001001 …`.
    Send(Request),
}

/// Something that goes wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `drops the line of ada`, without a word.
    Drop {
        /// Whose.
        whom: Name,
    },
    /// `ends the line of ada with conflict`.
    End {
        /// Whose.
        whom: Name,
        /// The stream error's name.
        condition: Text,
    },
    /// `delays events of ada by 500ms`.
    Delay {
        /// Whose.
        whom: Name,
        /// How late they come.
        by: Duration,
        /// How often, for how long.
        extent: Extent,
    },
    /// `duplicates events of ada`.
    Duplicate {
        /// Whose.
        whom: Name,
        /// How often, for how long.
        extent: Extent,
    },
    /// `refuses credentials of ada`.
    RefuseCredentials {
        /// Whose.
        whom: Name,
        /// How often, for how long.
        extent: Extent,
    },
    /// `refuses lines with 503`: everybody's.
    RefuseLines {
        /// The status.
        status: u16,
        /// How often, for how long.
        extent: Extent,
    },
    /// `answers requests with 503`, those of agents.
    AnswerRequests {
        /// The status.
        status: u16,
        /// How often, for how long.
        extent: Extent,
    },
    /// `cuts the CTI link`, `stops the web application`: the service is out of service.
    Outage {
        /// Which of the two.
        cause: OutageCause,
        /// `and forgets who is ready`: afterwards agents have to say it again.
        forgets: bool,
    },
    /// `ends the outage`.
    EndOutage,
    /// `ends all faults`.
    EndAll,
}

/// Why the service is out of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageCause {
    /// The telephones cannot be reached.
    Cti,
    /// The web service is down.
    WebApplication,
}

/// How often something goes wrong, and for how long: whichever is over first. Without either, until the scenario is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// How often.
    pub times: Option<u32>,
    /// How long.
    pub lasts: Option<Duration>,
}

/// An action of an agent that needs nothing but a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainAction {
    /// `answers`, also for callers.
    Answer,
    /// `holds`.
    Hold,
    /// `retrieves`.
    Retrieve,
    /// `hangs up`, also for callers.
    HangUp,
    /// `transfers`, after a consultation.
    Transfer,
    /// `conferences`, after a consultation.
    Conference,
}

/// What a supervisor may make of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColleagueState {
    /// `makes ada ready`.
    Ready,
    /// `makes ada not ready`.
    NotReady,
    /// `signs ada out`.
    SignedOut,
}

/// `callVariable1 = gold`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The call variable, or `wrapUpReason`.
    pub name: Text,
    /// Its value.
    pub value: Text,
}

/// A request as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// Path and query.
    pub path: Text,
    /// The status of the answer; any success if there is none.
    pub status: Option<u16>,
    /// What the answer's body contains.
    pub containing: Option<Text>,
    /// XML if it begins with `<`, else JSON.
    pub body: Option<Text>,
}

/// `ada sees … within 2s unless …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Who.
    pub who: Name,
    /// After what the last expectation has found.
    pub then: bool,
    /// What.
    pub sight: Sight,
    /// How long that may take.
    pub within: Option<Time>,
    /// What must not be seen before it.
    pub unless: Option<(Name, Sight)>,
}

/// How long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Time {
    /// So long.
    Exactly(Duration),
    /// As long as the timeout with this name.
    Named(Name),
}

/// Something that can be seen on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// `state READY`: the own state.
    State {
        /// Which.
        state: Text,
        /// The reason code's key, its number or its label.
        reason: Option<Text>,
        /// The state that comes when the call is over.
        pending: Option<Text>,
    },
    /// `dialog ALERTING with …`.
    Dialog {
        /// Whether it came, or went.
        change: Change,
        /// Its state.
        state: Option<Text>,
        /// What else is true of it.
        conditions: Vec<Condition>,
        /// How the scenario calls it from now on.
        name: Option<Name>,
    },
    /// `error CF_RESOURCE_BUSY`: something accepted has failed.
    Error {
        /// Its type, message or number.
        error: Text,
    },
    /// `bela READY`, in the feed of a team.
    Colleague {
        /// Who.
        whom: Name,
        /// Their state.
        state: Text,
    },
    /// `queue sales with callsInQueue = 1`, in the feed of a queue.
    Queue {
        /// Which.
        queue: Name,
        /// Statistics and their values.
        statistics: Vec<Assignment>,
    },
    /// `service OUT_OF_SERVICE`.
    Service {
        /// Its status.
        status: Text,
    },
    /// `the line end`.
    LineEnd {
        /// What the last words of the server have in them.
        with: Option<Text>,
    },
}

/// What happens to a dialog in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It comes, or is different.
    Any,
    /// It comes.
    New,
    /// It goes.
    Gone,
}

/// Something that is true of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `action ANSWER`: whoever sees it may do that.
    Action(Text),
    /// `no action HOLD`.
    NoAction(Text),
    /// `type CONFERENCE`.
    Type(Text),
    /// `from 5551001`.
    From(Party),
    /// `to 8001`.
    To(Party),
    /// `queue Sales`: by which it came.
    Queue(Text),
    /// `cause BUSY`: why somebody is in the present state.
    Cause(Text),
    /// `3 parties`: so many are in it who have not left.
    Parties(u32),
    /// `bob ACTIVE`.
    PartyState(Party, Text),
    /// `callVariable1 = gold`.
    Data(Assignment),
}

/// Something that the web service tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// `state READY`, of an agent.
    State(Text),
    /// `2 dialogs`, of an agent.
    Dialogs(u32),
    /// `callsInQueue = 1`, of a queue.
    Statistics(Vec<Assignment>),
}
