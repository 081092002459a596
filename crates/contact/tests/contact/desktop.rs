//! What becomes of agents whose desktops have gone, by what they were doing.

use contact::{Action, AgentState, Command, Deployment, NetworkEvent, Reason, Settings};

use crate::calls::{Floor, address};
use crate::room::user;

fn lose(floor: &mut Floor) -> Result<Vec<contact::Event>, contact::Refusal> {
    floor.command("network", Command::DesktopLost { user: user("7001") })
}

fn signed_out() -> (AgentState, Reason) {
    (AgentState::Logout, Reason::CONNECTION_LOST)
}

/// In a call the agent is signed out when it is over; until then that is the pending state.
#[test]
fn nobody_is_cut_off() {
    for deployment in [Deployment::Ucce, Deployment::Uccx] {
        let mut floor = Floor::new(Settings { deployment, ..Settings::default() });
        floor.room.configure(Command::AddQueue(contact::Queue {
            id: contact::QueueId(1),
            name: "Sales".into(),
            numbers: [address("8001")].into(),
            teams: [contact::TeamId(1)].into(),
        }));
        floor.ready(&["7001"]);
        let call = floor.incoming("5551001", "8001");
        floor.act("7001", call, Action::Answer);
        assert_eq!(floor.state("7001"), AgentState::Talking);
        lose(&mut floor).unwrap();
        assert_eq!(floor.state("7001"), AgentState::Talking);
        assert_eq!(floor.pending("7001"), Some(AgentState::Logout));
        // Told once.
        assert_eq!(lose(&mut floor), Ok(Vec::new()));
        floor.network(NetworkEvent::HangUp { dialog: call, address: address("5551001") }).unwrap();
        assert_eq!((floor.state("7001"), floor.reason("7001")), signed_out(), "{deployment:?}");
    }
}

/// CCX does not count a call that came through no queue, so nothing would sign the agent out at its end.
#[test]
fn an_agent_in_a_call_that_does_not_count_is_asked_for_again() {
    let mut floor = Floor::new(Settings { deployment: Deployment::Uccx, ..Settings::default() });
    let call = floor.incoming("5551001", "2101");
    floor.act("7001", call, Action::Answer);
    assert_eq!(lose(&mut floor).unwrap_err().status, 400);
    floor.network(NetworkEvent::HangUp { dialog: call, address: address("5551001") }).unwrap();
    lose(&mut floor).unwrap();
    assert_eq!((floor.state("7001"), floor.reason("7001")), signed_out());
}

#[test]
fn who_is_not_ready_already_keeps_the_reason() {
    let mut floor = Floor::new(Settings { logout_on_disconnect: false, ..Settings::default() });
    assert_eq!(lose(&mut floor), Ok(Vec::new()));
    assert_eq!((floor.state("7001"), floor.reason("7001")), (AgentState::NotReady, Reason::Unspecified));
    // Signed out, there is nothing to lose; and only the system says so.
    floor.ask_state("7001", "7001", crate::room::state(contact::RequestedState::Logout)).unwrap();
    assert_eq!(lose(&mut floor), Ok(Vec::new()));
    assert_eq!(floor.command("7001", Command::DesktopLost { user: user("7001") }).unwrap_err().status, 401);
}

/// The link to the telephones is there again. Nobody is cut off, and nobody gets a call without having asked for one.
#[test]
fn after_a_lost_link_agents_ask_for_calls_again() {
    for (deployment, pending, reason) in [
        (Deployment::Ucce, AgentState::NotReady, Reason::LINK_LOST_UCCE),
        (Deployment::Uccx, AgentState::Logout, Reason::LINK_LOST_UCCX),
    ] {
        let mut floor = Floor::new(Settings { deployment, ..Settings::default() });
        floor.room.configure(Command::AddQueue(contact::Queue {
            id: contact::QueueId(1),
            name: "Sales".into(),
            numbers: [address("8001")].into(),
            teams: [contact::TeamId(1)].into(),
        }));
        let restored =
            |floor: &mut Floor, id| floor.command("network", Command::LinkRestored { user: user(id) });
        floor.ready(&["7001"]);
        let call = floor.incoming("5551001", "8001");
        floor.act("7001", call, Action::Answer);
        floor.ready(&["7002"]);
        restored(&mut floor, "7001").unwrap();
        restored(&mut floor, "7002").unwrap();
        assert_eq!((floor.state("7001"), floor.pending("7001")), (AgentState::Talking, Some(pending)));
        assert_eq!((floor.state("7002"), floor.reason("7002")), (AgentState::NotReady, reason));
        // Said once; and who is not ready has a reason already.
        for id in ["7001", "7002"] {
            assert_eq!(restored(&mut floor, id), Ok(Vec::new()));
        }
        floor.network(NetworkEvent::HangUp { dialog: call, address: address("5551001") }).unwrap();
        assert_eq!((floor.state("7001"), floor.reason("7001")), (pending, reason), "{deployment:?}");
        assert_eq!(restored(&mut floor, "nobody").unwrap_err().status, 404);
        let by_an_agent = floor.command("7001", Command::LinkRestored { user: user("7002") });
        assert_eq!(by_an_agent.unwrap_err().status, 401);
    }
}
