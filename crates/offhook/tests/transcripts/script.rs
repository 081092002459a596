//! Reads a transcript. The format is described in `transcripts/README.md`.

use std::time::Duration;

/// One transcript, read.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// It moves the clock, which no socket can.
    pub(crate) only_in_memory: bool,
    /// It is about messages, which TCP does not have.
    pub(crate) not_over_tcp: bool,
    /// It is about how a stream begins, or about broken XML, for which BOSH has words of its own.
    pub(crate) not_over_bosh: bool,
    pub(crate) steps: Vec<(usize, Step)>,
}

/// One line of a transcript with the lines that continue it.
#[derive(Debug, PartialEq)]
pub(crate) enum Step {
    /// A client opens a WebSocket.
    Connect { client: String },
    /// A client goes through the handshake, up to a bound resource.
    SignIn { client: String, user: String, resource: String },
    /// A client sends one message.
    Send { client: String, text: String },
    /// A client receives one message, which is this.
    Receive { client: String, pattern: String },
    /// A client receives nothing before the answer to a ping that it sends now.
    ReceiveNothing { client: String },
    /// The server closes a client's WebSocket.
    ServerCloses { client: String, code: u16 },
    /// A client's connection ends without a word.
    Vanish { client: String },
    /// A REST request and its answer.
    Rest { user: String, line: String, request_id: Option<String>, body: String, status: u16 },
    /// Time passes.
    Wait(Duration),
}

/// What is wrong and where.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) line: usize,
    pub(crate) text: String,
}

impl Script {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let mut script = Script::default();
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line)).peekable();
        while let Some((number, line)) = lines.next() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let fail = |text: String| Failure { line: number, text };
            if line.starts_with(char::is_whitespace) {
                return Err(fail("this continues nothing".into()));
            }
            let mut more = Vec::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with(char::is_whitespace)) {
                if !line.trim().is_empty() {
                    more.push(line.trim());
                }
            }
            if line == "only in memory" {
                script.only_in_memory = true;
                continue;
            }
            if line == "not over TCP" {
                script.not_over_tcp = true;
                continue;
            }
            if line == "not over BOSH" {
                script.not_over_bosh = true;
                continue;
            }
            let step = parse_step(line, &more).ok_or_else(|| fail(format!("not understood: {line}")))?;
            script.steps.push((number, step));
        }
        Ok(script)
    }
}

fn parse_step(line: &str, more: &[&str]) -> Option<Step> {
    if let Some(seconds) = line.strip_prefix("clock +") {
        return Some(Step::Wait(Duration::from_secs(seconds.strip_suffix('s')?.parse().ok()?)));
    }
    let (name, rest) = line.split_once(' ')?;
    if rest.starts_with("PUT /") || rest.starts_with("POST /") {
        return parse_rest(name, rest, more);
    }
    let client = name.to_owned();
    if rest == "connects" {
        return Some(Step::Connect { client });
    }
    if rest == "vanishes" {
        return Some(Step::Vanish { client });
    }
    if let Some(who) = rest.strip_prefix("signs in as ") {
        let (user, resource) = who.split_once('/')?;
        return Some(Step::SignIn { client, user: user.to_owned(), resource: resource.to_owned() });
    }
    if let Some(text) = rest.strip_prefix("C:") {
        return Some(Step::Send { client, text: join(text, more) });
    }
    let pattern = join(rest.strip_prefix("S:")?, more);
    if pattern == "nothing" {
        return Some(Step::ReceiveNothing { client });
    }
    if let Some(code) = pattern.strip_prefix("closes ") {
        return Some(Step::ServerCloses { client, code: code.parse().ok()? });
    }
    Some(Step::Receive { client, pattern })
}

/// `1001001 PUT /path [requestId ID]`, or `POST`, the body on further lines, and `=> STATUS` on the last.
fn parse_rest(user: &str, request: &str, more: &[&str]) -> Option<Step> {
    let (line, request_id) = match request.split_once(" requestId ") {
        Some((line, id)) => (line, Some(id.to_owned())),
        None => (request, None),
    };
    let (status, body) = more.split_last()?;
    Some(Step::Rest {
        user: user.to_owned(),
        line: line.to_owned(),
        request_id,
        body: body.concat(),
        status: status.strip_prefix("=> ")?.parse().ok()?,
    })
}

fn join(first: &str, more: &[&str]) -> String {
    first.trim().to_owned() + &more.concat()
}

#[test]
fn a_transcript_is_read_line_by_line() {
    let script = Script::parse(
        "# why\ndesk C: <a>\n  <b/></a>\ndesk S: nothing\n7 PUT /x requestId r\n  <User/>\n  => 202\nclock +5s\n",
    )
    .expect("it is well written");
    let steps: Vec<_> = script.steps.into_iter().collect();
    let desk = || "desk".to_owned();
    assert_eq!(
        steps,
        [
            (2, Step::Send { client: desk(), text: "<a><b/></a>".into() }),
            (4, Step::ReceiveNothing { client: desk() }),
            (
                5,
                Step::Rest {
                    user: "7".into(),
                    line: "PUT /x".into(),
                    request_id: Some("r".into()),
                    body: "<User/>".into(),
                    status: 202
                }
            ),
            (8, Step::Wait(Duration::from_secs(5))),
        ]
    );
    assert_eq!(Script::parse("desk says hello\n").expect_err("no such step").line, 1);
}
