//! Precedence, places in messages, and the settings that do not go together.

use super::*;
use xmpp::Mechanism;

fn load(
    toml: Option<&str>,
    variables: &[(&str, &str)],
    flags: &[(&'static str, &str)],
) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("offhook.toml");
    std::fs::write(&path, toml.unwrap_or_default()).expect("written");
    let written = Written {
        file: Some(path),
        flags: flags.iter().map(|(key, text)| (*key, (*text).to_owned())).collect(),
    };
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned());
    let shorten =
        |error: ConfigError| error.to_string().replace(&format!("{}/", folder.path().display()), "");
    Config::load(written, variable).map_err(shorten)
}

#[test]
fn defaults_are_what_the_documentation_says() {
    let config = load(None, &[], &[]).expect("valid");
    assert_eq!(config.domain, "localhost");
    assert_eq!(config.https.as_ref().map(ToString::to_string).as_deref(), Some("127.0.0.1:8445"));
    assert_eq!((config.http, config.demo, config.tls), (None, None, None));
    assert_eq!(config.log.sync, LogSync::Always);
    assert_eq!(config.limits.message_bytes_max, 262_144);
    let plus = [Mechanism::External, Mechanism::ScramSha256Plus, Mechanism::ScramSha1Plus];
    let rest = [Mechanism::ScramSha256, Mechanism::ScramSha1, Mechanism::OauthBearer, Mechanism::Plain];
    assert_eq!(config.auth.mechanisms, [&plus[..], &rest].concat());
    assert!(!config.auth.key_settings().sha512);
    assert!(config.data.ends_with("offhook"));
}

#[test]
fn the_finesse_profile_leaves_out_what_finesse_does_not_have() {
    for (text, has) in [("", true), ("profile = \"finesse\"\n", false)] {
        let config = load(Some(text), &[], &[]).expect("valid");
        let notifier = config.notifier("id", 0);
        assert_eq!((notifier.personal_nodes, notifier.last_activity), (has, has));
        assert_eq!((config.stream_management().is_some(), config.client_state()), (has, has));
    }
    let config = load(Some("pubsub.personal_nodes = false\n"), &[], &[]).expect("valid");
    assert!(!config.notifier("id", 0).personal_nodes);
}

#[test]
fn a_listener_may_have_mechanisms_of_its_own() {
    let auth =
        load(Some("[auth]\nmechanisms_xmpp = [\"SCRAM-SHA-512\"]\nmechanisms = [\"PLAIN\"]\n"), &[], &[]);
    let auth = auth.expect("valid").auth;
    assert_eq!(auth.mechanisms_on(ListenerKind::Xmpp), [Mechanism::ScramSha512]);
    assert_eq!(auth.mechanisms_on(ListenerKind::Https), [Mechanism::Plain]);
    assert!(auth.key_settings().sha512, "one listener is enough");
    let error = load(Some("auth.mechanisms_http = [\"DIGEST-MD5\"]"), &[], &[]).unwrap_err();
    assert!(error.contains("expected a list of any of \"EXTERNAL\", "), "{error}");
    assert!(load(Some("auth.mechanisms = []"), &[], &[]).is_err());
}

#[test]
fn settings_for_tokens_belong_together() {
    let error = |file: &str| load(Some(file), &[], &[]).unwrap_err();
    let missing = error("tokens.jwks = \"jwks.json\"\n");
    assert!(missing.contains("offhook.toml:1: tokens.jwks needs tokens.issuer beside it: "), "{missing}");
    assert!(missing.contains("offhook.toml:1: tokens.jwks needs tokens.audience beside it: "), "{missing}");
    assert!(
        error("tokens.algorithms = [\"HS256\"]").contains("expected a list with at least one of \"RS256\", ")
    );
    assert!(error("tokens.algorithms = [\"none\"]").contains("found [\"none\"]"));
    assert!(error("tokens.username_claim = \"\"").contains("tokens.username_claim: expected a text"));
    assert!(error("tokens.jwks = \"https://\"").contains("is not a web address"));
    let rest = "issuer = \"i\"\naudience = [\"a\"]\n";
    let warnings =
        |jwks: &str| load(Some(&format!("[tokens]\n{jwks}{rest}")), &[], &[]).expect("valid").warnings;
    assert!(warnings("jwks = \"http://id.example/jwks\"\n")[0].contains("use https"));
    assert!(warnings("jwks = \"https://id.example/jwks\"\n").is_empty());
    assert_eq!(warnings(""), ["tokens.issuer and tokens.audience have no effect without tokens.jwks"]);
}

#[test]
fn a_flag_goes_before_a_variable_before_the_file_before_the_default() {
    let file = "domain = \"file.example\"\n";
    let domain = |result: Result<Config, String>| result.expect("valid").domain;
    assert_eq!(domain(load(Some(file), &[], &[])), "file.example");
    let variable = [("OFFHOOK_DOMAIN", "variable.example")];
    assert_eq!(domain(load(Some(file), &variable, &[])), "variable.example");
    assert_eq!(domain(load(Some(file), &variable, &[("domain", "flag.example")])), "flag.example");
}

#[test]
fn a_bad_value_names_its_place_and_what_was_expected() {
    let error = |file, variables: &[_], flags: &[_]| load(Some(file), variables, flags).unwrap_err();
    assert_eq!(
        error("\n[log]\nsync = \"sometimes\"\n", &[], &[]),
        "offhook.toml:3: log.sync: expected one of \"always\", \"normal\", \"off\", found \"sometimes\""
    );
    assert_eq!(
        error("", &[("OFFHOOK_AUTH_LOCKOUT_FAILURES", "many")], &[]),
        "variable OFFHOOK_AUTH_LOCKOUT_FAILURES: auth.lockout_failures: expected a whole number from 0 to 1000, \
         found \"many\""
    );
    assert_eq!(
        error("", &[], &[("https", "8445")]),
        "flag --https: https: expected \"host:port\" such as \"127.0.0.1:8445\", or \"off\", found \"8445\""
    );
    assert_eq!(error("domain = 1\nhttps = 2\n", &[], &[]).lines().count(), 2, "every mistake is reported");
    assert_eq!(error("domain = [1979-05-27]", &[], &[]).lines().count(), 1);
    assert!(!error("demo_password = 123456", &[], &[]).contains("123456"), "a secret is not repeated");
}

#[test]
fn a_missing_file_is_named() {
    let written = Written { file: Some("/nowhere/offhook.toml".into()), flags: Vec::new() };
    let error = Config::load(written, |_| None).unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/offhook.toml: the configuration cannot be read: "), "{error}");
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    for (file, expected) in [
        ("https = \"off\"", "offhook.toml:1: https and http are both \"off\": there would be no web service"),
        ("tls.key = \"key.pem\"", "offhook.toml:1: tls.key needs tls.certificate beside it"),
    ] {
        assert_eq!(load(Some(file), &[], &[]).unwrap_err(), expected);
    }
}

#[test]
fn the_demonstration_with_its_well_known_password_stays_on_loopback() {
    let demo = |flags: &[_]| load(None, &[], flags);
    let config = demo(&[("demo", "true")]).expect("loopback");
    assert_eq!(
        config.demo,
        Some(Demo { password: "offhook".into(), generated: false, callers: Some(Duration::from_secs(15)) })
    );
    let alone = demo(&[("demo", "true"), ("demo_callers", "off")]).expect("loopback").demo;
    assert_eq!(alone.expect("wanted").callers, None);
    assert!(demo(&[("demo", "true"), ("demo_callers", "10 ms")]).is_err(), "too often");
    let error = demo(&[("demo", "true"), ("https", "0.0.0.0:8445")]).unwrap_err();
    assert!(error.starts_with("flag --https: https: 0.0.0.0:8445 can be reached by others"), "{error}");
    assert!(demo(&[("demo", "true"), ("http", "[::]:80")]).is_err(), "also http");
    let given =
        demo(&[("demo", "true"), ("https", "0.0.0.0:1"), ("demo_password", "s3cret")]).expect("allowed");
    assert_eq!(given.demo.as_ref().map(|d| (d.password.as_str(), d.generated)), Some(("s3cret", false)));
    assert!(!format!("{given:?}").contains("s3cret"));
    let made_up = demo(&[("demo", "true"), ("https", "0.0.0.0:1"), ("demo_password", GENERATE_PASSWORD)]);
    let made_up = made_up.expect("allowed").demo.expect("wanted");
    assert!(made_up.generated && made_up.password.len() == 16, "made up");
}
