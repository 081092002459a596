//! Out of service and back: what clients hear, what stands still, and what is said again.

use contact::{AgentState, Command, Deployment, ServiceStatus, SystemInfo, Timestamp, UserId};
use notifier::{Afterwards, Cause, NewOutage, Rejection, SessionId, Standing};

use crate::world::World;

const LOGIN: &str = "<state>LOGIN</state><extension>2001001</extension>";
const READY: &str = "<state>READY</state>";

fn about() -> Box<SystemInfo> {
    Box::new(SystemInfo {
        now: Timestamp(0),
        heartbeat_at: Timestamp(0),
        maintenance_since: None,
        deployment: Deployment::Ucce,
        status: ServiceStatus::InService,
        status_reason: String::new(),
        host: "localhost".into(),
        secondary_host: None,
        https_port: Some(8445),
        secondary_https_port: None,
        xmpp_port: None,
        xmpp_secure_port: None,
        domain: "localhost".into(),
        pubsub_domain: "pubsub.localhost".into(),
        timezone_offset_minutes: 0,
    })
}

fn set(world: &mut World, outage: Option<(Cause, &str)>) -> Result<(), Rejection> {
    let agents = Afterwards::AsBefore;
    let outage = outage.map(|(cause, reason)| NewOutage { cause, reason: reason.to_owned(), agents });
    world.set_service(Standing { outage, maintenance: false }, about())
}

/// What a session got, by what matters of it: the node and the interesting words of an event, or a presence.
fn heard(world: &mut World, session: SessionId) -> Vec<String> {
    let show = |xml: String| {
        let Some((_, rest)) = xml.split_once("items node=\"") else {
            let kind = if xml.contains("type=\"unavailable\"") { "gone" } else { "there" };
            return if xml.contains("finesse@localhost/") { kind.into() } else { xml };
        };
        let node = rest.split('"').next().unwrap().trim_start_matches("/finesse/api/");
        let between = |name: &str| {
            let rest = xml.split_once(&format!("&lt;{name}&gt;"))?.1;
            Some(rest.split("&lt;").next().unwrap().to_owned())
        };
        let words =
            ["state", "label", "status", "statusReason", "finesseMMode", "lastCTIHeartbeatStatus", "event"];
        let words: Vec<String> = words.iter().filter_map(|name| between(name)).collect();
        format!("{node}: {}", words.join(" "))
    };
    world.take_xml(session).into_iter().map(show).collect()
}

/// The connection to the telephones is lost: an event, refusals, and after it everything again.
#[test]
fn without_cti_clients_hear_of_it_and_afterwards_how_things_are() {
    let mut world = World::new();
    let agent = world.connect("1001001/desktop");
    let idle = world.connect("1001002/desktop");
    world.change_state("1001001", LOGIN).unwrap();
    world.change_state("1001001", READY).unwrap();
    world.take(agent);
    world.take(idle);

    set(&mut world, Some((Cause::Cti, "link"))).unwrap();
    let out = "SystemInfo: OUT_OF_SERVICE link  failure PUT";
    assert_eq!(heard(&mut world, agent), [out]);
    assert_eq!(heard(&mut world, idle), [out]);
    // The same again is no news; another reason is, and does not begin the outage anew.
    let since = world.notifier.outage().unwrap().since;
    set(&mut world, Some((Cause::Cti, "link"))).unwrap();
    assert_eq!(heard(&mut world, agent), [""; 0]);
    world.wait_ms(1_000);
    set(&mut world, Some((Cause::Cti, "exchange"))).unwrap();
    for session in [agent, idle] {
        assert_eq!(heard(&mut world, session), ["SystemInfo: OUT_OF_SERVICE exchange  failure PUT"]);
    }
    assert_eq!(world.notifier.outage().unwrap().since, since);

    let Err(Rejection::Refused(refusal)) = world.change_state("1001001", "<state>NOT_READY</state>") else {
        panic!("the contact centre takes no commands")
    };
    assert_eq!((refusal.status, refusal.message.as_str()), (503, "SERVER_OUT_OF_SERVICE"));

    set(&mut world, None).unwrap();
    world.wait_ms(0);
    // The reason of READY is none, and who is not signed in has nothing to say.
    let back = "SystemInfo: IN_SERVICE   success PUT";
    assert_eq!(heard(&mut world, agent), [back, "User/1001001: READY PUT"]);
    assert_eq!(heard(&mut world, idle), [back]);
    assert_eq!(world.notifier.next_timeout(), None);
    world.change_state("1001001", "<state>NOT_READY</state>").unwrap();
}

/// Without the web service nobody publishes: its user is gone, for those who are there and for those who come.
#[test]
fn without_the_web_application_its_user_is_gone() {
    let mut world = World::new();
    let agent = world.connect("1001001/desktop");
    set(&mut world, Some((Cause::WebApplication, ""))).unwrap();
    assert_eq!(heard(&mut world, agent), ["gone"]);
    let late = world.bind("1001002/desktop");
    world.send(late, "<presence xmlns='jabber:client'/>");
    assert!(heard(&mut world, late).contains(&"gone".to_owned()));
    set(&mut world, None).unwrap();
    for session in [agent, late] {
        assert_eq!(heard(&mut world, session), ["there", "SystemInfo: IN_SERVICE   success PUT"]);
    }
}

/// Time that an outage takes is not taken from anybody: what would be due waits until the service is back.
#[test]
fn the_contact_centre_stands_still_meanwhile() {
    let mut world = World::new();
    let agent = world.connect("1001001/desktop");
    world.change_state("1001001", LOGIN).unwrap();
    world.end(agent);
    set(&mut world, Some((Cause::Cti, ""))).unwrap();
    world.wait_ms(600_000);
    let state = |world: &World| world.notifier.centre().user(&UserId::new("1001001").unwrap()).unwrap().state;
    assert_eq!(state(&world), AgentState::NotReady);
    set(&mut world, None).unwrap();
    world.wait_ms(0);
    assert_eq!(state(&world), AgentState::Logout);
}

/// More agents than are looked at in one go, each exactly once, also if the log is slow.
#[test]
fn everybody_is_said_again_once() {
    let mut world = World::new();
    let users: Vec<String> = (0..150).map(|number| format!("7{number:03}")).collect();
    for user in &users {
        let details = contact::UserDetails { id: UserId::new(user).unwrap(), ..agent_details(&world) };
        let details = contact::UserDetails { login_name: user.clone(), ..details };
        world.command_as(contact::Actor::system(), Command::AddUser(details), None).unwrap();
        world.change_state(user, &format!("<state>LOGIN</state><extension>3{user}</extension>")).unwrap();
    }
    let before = world.log.len();
    set(&mut world, Some((Cause::Cti, ""))).unwrap();
    set(&mut world, None).unwrap();
    world.wait_ms(0);
    let own = |change: &notifier::Change| match change {
        notifier::Change::Announced { node, .. } => {
            node.strip_prefix("/finesse/api/User/").filter(|id| !id.contains('/')).map(String::from)
        }
        _ => None,
    };
    let said = world.log[before..].iter().flat_map(|entry| &entry.changes).filter_map(own);
    let said: Vec<String> = said.collect();
    assert_eq!(said, users);
    // The log is read again: the announcements are history, and a server that starts is in service.
    let next = world.restarted();
    assert_eq!(next.notifier.outage(), None);
    assert_eq!(next.notifier.snapshot().map(|all| all.len()), world.notifier.snapshot().map(|all| all.len()));
}

fn agent_details(world: &World) -> contact::UserDetails {
    world.notifier.centre().user(&UserId::new("1001002").unwrap()).unwrap().details.clone()
}

/// Nobody knows what agents have done while the link was lost: they are not ready, once, and in a call when it is over.
#[test]
fn agents_may_be_not_ready_afterwards() {
    let mut world = World::new();
    let agent = world.connect("1001001/desktop");
    world.change_state("1001001", LOGIN).unwrap();
    world.change_state("1001001", READY).unwrap();
    let outage = NewOutage { cause: Cause::Cti, reason: String::new(), agents: Afterwards::NotReady };
    world.set_service(Standing { outage: Some(outage), maintenance: false }, about()).unwrap();
    world.take(agent);
    set(&mut world, None).unwrap();
    world.wait_ms(0);
    let not_ready = "User/1001001: NOT_READY Connection Failure PUT";
    // The change is news, and then everything is said again.
    assert_eq!(heard(&mut world, agent), ["SystemInfo: IN_SERVICE   success PUT", not_ready, not_ready]);
    world.change_state("1001001", READY).unwrap();
}

/// Maintenance refuses nothing: everybody hears that it is time to go, and then the service goes.
#[test]
fn maintenance_is_announced_and_changes_nothing_else() {
    let mut world = World::new();
    let agent = world.connect("1001001/desktop");
    world.take(agent);
    world.set_service(Standing { outage: None, maintenance: true }, about()).unwrap();
    assert_eq!(heard(&mut world, agent), ["SystemInfo: IN_SERVICE  IN_PROGRESS success PUT"]);
    let since = world.notifier.maintenance_since();
    world.change_state("1001001", LOGIN).unwrap();
    assert_eq!(heard(&mut world, agent), ["User/1001001: NOT_READY PUT"]);
    world.wait_ms(5_000);
    let agents = Afterwards::AsBefore;
    let outage = NewOutage { cause: Cause::Cti, reason: "moved".into(), agents };
    world.set_service(Standing { outage: Some(outage), maintenance: true }, about()).unwrap();
    assert_eq!(heard(&mut world, agent), ["SystemInfo: OUT_OF_SERVICE moved COMPLETED failure PUT"]);
    assert_eq!(world.notifier.maintenance_since(), since);
    set(&mut world, None).unwrap();
    assert_eq!(world.notifier.maintenance_since(), None);
}

/// A server that has taken over from another one tells each agent who comes how things are, once.
#[test]
fn whoever_comes_after_a_failover_is_told_how_things_are() {
    let mut before = World::new();
    before.change_state("1001001", LOGIN).unwrap();
    let mut world = before.restarted();
    world.notifier.taken_over();
    let mut told = |address: &str| {
        let session = world.bind(address);
        world.send(session, "<presence xmlns='jabber:client'/>");
        let heard = heard(&mut world, session);
        heard.into_iter().filter(|heard| heard.starts_with("User/")).collect::<Vec<_>>()
    };
    assert_eq!(told("1001001/desktop"), ["User/1001001: NOT_READY PUT"]);
    assert_eq!(told("1001001/second"), [""; 0]);
    assert_eq!(told("1001002/desktop"), [""; 0]);
}

/// A log that takes nothing: the status stays what everybody knows.
#[test]
fn what_cannot_be_announced_is_refused() {
    let mut world = World::with(|config| config.limits.pending_changes_max = 1);
    world.log_is_prompt = false;
    let waiting = world.start_change_state("1001001", LOGIN);
    assert!(matches!(set(&mut world, Some((Cause::Cti, ""))), Err(Rejection::Busy)));
    assert_eq!(world.notifier.outage(), None);
    world.append_all();
    assert!(world.answers.remove(&waiting).unwrap().is_ok());
}
