//! What `offhook serve` prints for people: addresses, and in the demonstration the accounts and commands to try, which
//! work as they stand there.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use contact::AgentState;
use server::config::{Config, Demo};
use server::serve::Server;

/// The agent of the examples, and the extension to sign in on.
const AGENT: &str = "1001001";
const EXTENSION: &str = "2001001";

/// Makes the lines.
pub(super) async fn lines(config: &Config, server: &Server) -> String {
    let mut lines = String::new();
    let authority = server.authority().map(std::path::absolute).and_then(Result::ok);
    if let Some(authority) = &authority {
        lines += &format!(
            "certificate {} (of the development authority; tell clients to trust it)\n",
            authority.display()
        );
    }
    if let Some(demo) = &config.demo {
        let state = server.hub().read(|centre| centre.find_user(AGENT).map(|user| user.state)).await;
        let state = state.ok().flatten().unwrap_or(AgentState::Logout);
        lines += &demonstration(config, demo, server, authority.as_deref(), state);
    }
    lines
}

fn demonstration(
    config: &Config,
    demo: &Demo,
    server: &Server,
    authority: Option<&Path>,
    state: AgentState,
) -> String {
    let addresses = server.addresses();
    let base = match (addresses.https, addresses.http) {
        (Some(https), _) => format!("https://{}", reachable(https)),
        (None, Some(http)) => format!("http://{}", reachable(http)),
        (None, None) => return String::new(),
    };
    let trust = authority.filter(|_| addresses.https.is_some());
    let trust =
        trust.map_or_else(String::new, |path| format!(" --cacert {}", quoted(&path.to_string_lossy())));
    let program = std::env::current_exe().ok();
    let program = program.as_deref().map_or(Cow::Borrowed("offhook"), Path::to_string_lossy);
    let program = quoted(&program);
    let password = quoted(&demo.password);
    let user = quoted(&format!("{AGENT}:{}", demo.password)).into_owned();
    let paths = &config.web.websocket_paths;
    let line = base.replacen("http", "ws", 1) + &paths[0];
    // Of a web address, `trace` knows where the WebSocket usually is.
    let traced = if paths.iter().any(|path| path == "/ws/") { &base } else { &line };
    let body = next_state(state);
    let bosh = if config.bosh.enabled { format!("BOSH         {base}/http-bind/\n") } else { String::new() };
    let callers = match demo.callers {
        Some(every) => format!(
            "callers      one every {every:?} or so, once somebody is ready (--demo-callers off: none)\n"
        ),
        None => String::new(),
    };
    let note = if demo.generated { " (made up for this start)" } else { "" };
    format!(
        "
web page     {base}/
web service  {base}/finesse/api/SystemInfo
WebSocket    {line}  (XMPP domain {domain})
{bosh}accounts     agents 1001001 to 1001012, supervisors 1001 and 1002, administrator admin
password     {plain}{note}
{callers}
In a second shell, wait for an agent's events:
  OFFHOOK_PASSWORD={password} {program} trace {traced} --user {AGENT}{trust}
In a third one, change the agent's state:
  curl{trust} -u {user} -X PUT -H 'Content-Type: application/xml' -d '{body}' {base}/finesse/api/User/{AGENT}

",
        domain = config.domain,
        plain = demo.password,
    )
}

/// A change that is allowed now.
fn next_state(state: AgentState) -> String {
    match state {
        AgentState::Logout => format!("<User><state>LOGIN</state><extension>{EXTENSION}</extension></User>"),
        AgentState::NotReady => "<User><state>READY</state></User>".into(),
        _ => "<User><state>NOT_READY</state><reasonCodeId>1</reasonCodeId></User>".into(),
    }
}

/// An address that a client on this machine can connect to.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:@%+=,".contains(&byte);
    match !word.is_empty() && word.bytes().all(is_plain) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(format!("'{}'", word.replace('\'', r"'\''"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        assert_eq!(quoted("/a/b-c.pem"), "/a/b-c.pem");
        assert_eq!(quoted("my file"), "'my file'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
