//! `offhook play`: the library of scenarios passes against fresh servers, and what fails is explained.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The command, without what may be set around the test.
fn offhook(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command.args(arguments);
    for variable in ["OFFHOOK_PASSWORD", "OFFHOOK_ADMINISTRATOR_PASSWORD"] {
        command.env_remove(variable);
    }
    command
}

fn play(arguments: &[&str]) -> Output {
    offhook(&[&["play"], arguments].concat()).output().expect("the binary can be started")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("reports are text")
}

fn library() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let files = folder.read_dir().expect("the library is there").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|e| e == "scenario")).collect();
    files.sort();
    files
}

#[test]
fn the_library_passes_against_fresh_servers() {
    let files = library();
    let mut arguments = vec!["--quiet"];
    arguments.extend(files.iter().map(|file| file.to_str().expect("a path that is text")));
    let output = play(&arguments);
    let report = text(&output.stdout);
    assert!(output.status.success(), "{report}{}", text(&output.stderr));
    assert!(report.ends_with(&format!("{} passed\n", files.len())), "{report}");
    assert!(files.len() >= 12, "the library has the scenarios that integrators begin with");
}

/// The examples of `docs/scenarios.md`: everything between its lines ```` ```scenario ```` and ```` ``` ````.
#[test]
fn the_examples_of_the_page_pass() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut arguments = Vec::new();
    for (index, block) in page.split("```scenario\n").skip(1).enumerate() {
        let example = block.split("```").next().unwrap_or_default();
        let file = folder.path().join(format!("example_{index}.scenario"));
        std::fs::write(&file, example).expect("a file");
        arguments.push(file.to_str().expect("a path that is text").to_owned());
    }
    assert!(arguments.len() >= 3, "the page has examples");
    let output = play(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// Two scenarios one after the other against a server that runs already, over TLS: the second finds what the first found.
#[test]
fn a_server_that_runs_is_left_as_it_was() {
    let server = Server::start();
    let call = library()
        .into_iter()
        .find(|file| file.ends_with("inbound_call.scenario"))
        .expect("it is in the library");
    let call = call.to_str().expect("a path that is text");
    let authority = server.folder.path().join("data/development-ca.pem");
    let authority = authority.to_str().expect("a path that is text");
    let output = play(&[call, call, "--url", &server.url, "--cacert", authority]);
    let report = text(&output.stdout);
    assert!(output.status.success(), "{report}{}", text(&output.stderr));
    assert!(report.ends_with("2 passed\n"), "{report}");

    let strangers = play(&[call, "--url", &server.url]);
    assert_eq!(strangers.status.code(), Some(2));
    assert!(text(&strangers.stderr).contains("not trusted"), "{}", text(&strangers.stderr));
}

/// Rules broken on purpose: each failure says what was expected, what was seen instead, and what came nearest.
#[test]
fn what_fails_is_explained() {
    for name in ["wrong_state", "refused_request", "unless_and_never", "wrong_refusal"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
        let output = offhook(&["play", &format!("{name}.scenario")]).current_dir(&folder).output();
        let output = output.expect("the binary can be started");
        assert_eq!(output.status.code(), Some(1), "{name}: {}", text(&output.stderr));
        let report = without_times(&text(&output.stdout));
        let golden = folder.join(format!("{name}.txt"));
        if std::env::var_os("OFFHOOK_WRITE_EXPLANATIONS").is_some() {
            std::fs::write(&golden, &report).expect("the golden text can be written");
        }
        let expected = std::fs::read_to_string(&golden).expect("the golden text is there");
        assert_eq!(report, expected, "{name}");
    }
}

/// Of a line that is not there, or not any more, nothing can be seen; that is no proof that nothing has happened.
#[test]
fn without_a_line_nothing_is_proved() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for (steps, expected) in [
        ("eve never sees dialog", "eve has no line on which to see that"),
        ("eve sees nothing", "eve has no line on which to see that"),
        ("eve connects; eve disconnects; eve sees state READY", "eve has no line on which to see that"),
    ] {
        let file = folder.path().join("blind.scenario");
        std::fs::write(&file, format!("agent eve is 1001003 without a line\n{steps}\n")).expect("a file");
        let output = play(&[file.to_str().expect("a path that is text"), "--json"]);
        assert_eq!(output.status.code(), Some(1), "{steps}");
        let objects: Vec<serde_json::Value> = text(&output.stdout)
            .lines()
            .map(|line| serde_json::from_str(line).expect("one JSON object on each line"))
            .collect();
        let end = objects.iter().find(|object| object["event"] == "end").expect("an end");
        let explanation = end["failure"]["explanation"].as_str().unwrap_or_default();
        assert!(explanation.contains(expected), "{explanation}");
        assert_eq!(objects.last().expect("a summary")["failed"], 1);
    }
}

#[test]
fn what_cannot_be_read_is_pointed_at() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("slip.scenario"), "agent ada is 1001001\nada sings in\n")
        .expect("a file");
    std::fs::write(folder.path().join("good.scenario"), "agent ada is 1001001\n").expect("a file");
    let output = |arguments: &[&str]| {
        offhook(arguments).current_dir(folder.path()).output().expect("the binary can be started")
    };
    let slip = output(&["play", "slip.scenario", "missing.scenario"]);
    assert_eq!(slip.status.code(), Some(2));
    assert_eq!(
        text(&slip.stderr),
        "offhook play: slip.scenario:2:5: \"sings\" is not understood here; did you mean \"signs in\"?\n    \
         ada sings in\n        ^\n\
         offhook play: cannot read missing.scenario: No such file or directory (os error 2)\n"
    );
    let good = output(&["play", "--check", "good.scenario"]);
    assert!(good.status.success());
    assert_eq!(text(&good.stdout), "1 scenario can be played\n");
}

/// `0.032` and `0.032s` become `#.###` and `#.###s`.
fn without_times(report: &str) -> String {
    let mut rest = report;
    let mut without = String::new();
    while let Some(dot) = rest.find('.') {
        let (before, after) = rest.split_at(dot);
        let whole = before.trim_end_matches(|c: char| c.is_ascii_digit());
        let fraction = after[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len() - 1);
        let is_time = whole.len() < before.len() && matches!(fraction, 2 | 3);
        without.push_str(if is_time { whole } else { before });
        without.push_str(if is_time { "#.#" } else { "." });
        rest = &after[1 + if is_time { fraction } else { 0 }..];
    }
    without + rest
}

/// `offhook serve --demo`, with a certificate of its own.
struct Server {
    child: Child,
    url: String,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Server {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut child =
            offhook(&["serve", "--demo", "--demo-callers", "off", "--https", "127.0.0.1:0", "--data"])
                .arg(folder.path().join("data"))
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("the binary can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
        let mut url = None;
        for line in &mut lines {
            let line = line.expect("the server prints text");
            if let Some(address) = line.strip_prefix("listening https ") {
                url = Some(format!("https://{address}"));
            }
            if line == "ready" {
                break;
            }
        }
        std::thread::spawn(move || lines.for_each(drop));
        Server { child, url: url.expect("the server says where it listens before it is ready"), folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
