//! Settings: what was written in flags, variables and `offhook.toml` (`layers`), and what the program needs
//! ([`Config`]), which is built once and valid from then on.
//!
//! `sections` is the one table from which structs, keys, variables, defaults and the annotated example come.

mod error;
mod example;
mod file;
mod kind;
mod layers;
mod notification;
mod origins;
mod pair;
mod paths;
mod proxies;
mod sections;
mod table;
mod tokens;
mod value;

pub use error::{ConfigError, Problem};
pub use example::annotated_example;
pub use kind::ListenAddress;
pub(crate) use kind::duration;
pub use origins::Origins;
pub use pair::{PairSettings, PeerAddress};
pub use proxies::{ForwardedHeader, TrustedProxies};
pub use sections::{
    Auth, Bosh, CertificateName, ClientLogs, Commands, Contact, Events, Faults, Limits, ListenerKind, Log,
    LogSync, PlainInClear, Profile, Pubsub, Recovery, Roster, Sessions, Side, Tcp, Web,
};
pub use table::Setting;
pub use tokens::TokenSettings;
pub use value::{Origin, Value};

use layers::Layers;
use sections::{General, Tls};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything the server needs to know, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The XMPP domain, in lower case.
    pub domain: String,
    /// Whom the server resembles.
    pub profile: Profile,
    /// Whether the version of this software is told.
    pub show_version: bool,
    /// The data folder. It may not exist yet.
    pub data: PathBuf,
    /// Where https and wss are served; `None` is off. At least one listener is on.
    pub https: Option<ListenAddress>,
    /// Where http and ws are served; `None` is off.
    pub http: Option<ListenAddress>,
    /// Where XMPP over TCP is served; `None` is off.
    pub xmpp: Option<ListenAddress>,
    /// Where XMPP over TCP is served with TLS from the first byte; `None` is off.
    pub xmpps: Option<ListenAddress>,
    /// Certificate and key, or `None` for a development certificate.
    pub tls: Option<TlsFiles>,
    /// Certificates of clients, if they are asked for.
    pub client_certificates: Option<ClientCertificateSettings>,
    /// The demonstration contact centre, if it is wanted.
    pub demo: Option<Demo>,
    /// A file to write when every listener accepts.
    pub ready_file: Option<PathBuf>,
    /// The filter of the diagnostics on stderr.
    pub diagnostics: String,
    /// HTTP and WebSocket.
    pub web: Web,
    /// XMPP over TCP.
    pub tcp: Tcp,
    /// BOSH.
    pub bosh: Bosh,
    /// Limits.
    pub limits: Limits,
    /// Sessions.
    pub sessions: Sessions,
    /// Authentication.
    pub auth: Auth,
    /// Tokens of an identity provider, if they are taken.
    pub tokens: Option<TokenSettings>,
    /// The durable log.
    pub log: Log,
    /// Publish-subscribe.
    pub pubsub: Pubsub,
    /// Recovery by position.
    pub recovery: Recovery,
    /// What `SystemInfo` says.
    pub contact: Contact,
    /// Rosters and presence between users.
    pub roster: Roster,
    /// Ad-hoc commands.
    pub commands: Commands,
    /// Faults on demand; none if there are to be none.
    pub faults: Option<Faults>,
    /// The logs of agents' desktops.
    pub client_logs: ClientLogs,
    /// Events from outside.
    pub events: Events,
    /// The other server of a pair, if there is one.
    pub pair: Option<PairSettings>,
    /// Sentences for the diagnostics: what was written but has no effect.
    pub warnings: Vec<String>,
    /// The configuration file that was used, if any.
    pub file: Option<PathBuf>,
}

/// A certificate chain and its key, both in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// What certificates of clients are judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificateSettings {
    /// The authorities, in PEM.
    pub authorities: PathBuf,
    /// Where a certificate names its user; the first that names anybody counts.
    pub names: Vec<CertificateName>,
}

/// The demonstration contact centre.
#[derive(Clone, PartialEq, Eq)]
pub struct Demo {
    /// The password of every user in it.
    pub password: String,
    /// True if `password` was made up at this start, so that somebody has to be told.
    pub generated: bool,
    /// How long it is from one caller to the next, on average; none if there are no callers and no colleagues.
    pub callers: Option<Duration>,
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo")
            .field("generated", &self.generated)
            .field("callers", &self.callers)
            .finish_non_exhaustive()
    }
}

/// What `offhook serve` was started with.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// `--config`. Without it: `offhook.toml` in the current folder, then in the platform's configuration folder,
    /// if there is one.
    pub file: Option<PathBuf>,
    /// The other flags that were given: the setting's key and the text behind the flag.
    pub flags: Vec<(&'static str, String)>,
}

/// What [`Written::flags`] holds for `--demo-password` without a password: one is made up.
pub const GENERATE_PASSWORD: &str = "";

impl Config {
    /// Reads flags, variables, file and defaults, in this order of precedence.
    ///
    /// - `variable`: looks up an environment variable.
    ///
    /// # Errors
    ///
    /// Every mistake found, each with its place and what was expected.
    pub fn load(written: Written, variable: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let file = match written.file.or_else(|| variable("OFFHOOK_CONFIG").map(PathBuf::from)) {
            Some(named) => Some(named),
            None => file_in_usual_place(),
        };
        let mut layers = Layers::defaults();
        if let Some(path) = &file {
            let text = read_file(path)?;
            let lines = file::parse(&text, path).map_err(|problems| ConfigError { problems })?;
            layers.put_file(path, lines);
        }
        layers.put_variables(variable);
        layers.put_flags(written.flags);
        Config::resolve(layers, file)
    }

    /// Reads the text of a file alone, for tests and fuzzing: no flags, no variables.
    ///
    /// # Errors
    ///
    /// As [`Config::load`].
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        let path = Path::new("offhook.toml");
        let mut layers = Layers::defaults();
        layers.put_file(path, file::parse(text, path).map_err(|problems| ConfigError { problems })?);
        Config::resolve(layers, None)
    }

    fn resolve(mut layers: Layers, file: Option<PathBuf>) -> Result<Config, ConfigError> {
        // Every section is read before the first mistake is reported, so that all mistakes are.
        let general = General::read(&mut layers);
        let tls = Tls::read(&mut layers);
        let web = Web::read(&mut layers);
        let tcp = Tcp::read(&mut layers);
        let bosh = Bosh::read(&mut layers);
        let limits = Limits::read(&mut layers);
        let sessions = Sessions::read(&mut layers);
        let auth = Auth::read(&mut layers);
        let tokens = tokens::Tokens::read(&mut layers);
        let log = Log::read(&mut layers);
        let pubsub = Pubsub::read(&mut layers);
        let recovery = Recovery::read(&mut layers);
        let contact = Contact::read(&mut layers);
        let roster = Roster::read(&mut layers);
        let commands = Commands::read(&mut layers);
        let faults = Faults::read(&mut layers);
        let client_logs = ClientLogs::read(&mut layers);
        let events = sections::Events::read(&mut layers);
        let pair = pair::Pair::read(&mut layers);
        let (
            Some(general),
            Some(tls),
            Some(web),
            Some(tcp),
            Some(bosh),
            Some(limits),
            Some(sessions),
            Some(auth),
            Some(tokens),
            Some(log),
            Some(pubsub),
            Some(recovery),
            Some(contact),
            Some(roster),
            Some(commands),
            Some(faults),
            Some(client_logs),
            Some(events),
            Some(pair),
        ) = (
            general,
            tls,
            web,
            tcp,
            bosh,
            limits,
            sessions,
            auth,
            tokens,
            log,
            pubsub,
            recovery,
            contact,
            roster,
            commands,
            faults,
            client_logs,
            events,
            pair,
        )
        else {
            return Err(ConfigError { problems: layers.problems });
        };
        let mut warnings = Vec::new();
        check_listeners(&general, &mut layers);
        let client_certificates = tls
            .client_authorities
            .clone()
            .map(|authorities| ClientCertificateSettings { authorities, names: tls.client_names.clone() });
        let tls = tls_files(tls, &mut layers);
        let tokens = tokens.resolve(&mut layers, &mut warnings);
        let demo = demo(&general, &mut layers, &mut warnings);
        let pair = pair.resolve(&general, &mut layers, &mut warnings);
        let faults = faults.enabled.unwrap_or(general.demo).then_some(faults);
        if limits.message_bytes_before_auth_max > limits.message_bytes_max {
            let sentence = "limits.message_bytes_before_auth_max is larger than limits.message_bytes_max";
            layers.refuse("limits.message_bytes_before_auth_max", sentence.into());
        }
        let data = general.data.or_else(data_in_usual_place);
        if data.is_none() {
            let sentence = "this account has no data folder: name one with --data".into();
            layers.refuse("data", sentence);
        }
        match data {
            Some(data) if layers.problems.is_empty() => Ok(Config {
                domain: general.domain,
                profile: general.profile,
                show_version: general.show_version,
                data,
                https: general.https,
                http: general.http,
                xmpp: general.xmpp,
                xmpps: general.xmpps,
                tls,
                client_certificates,
                demo,
                ready_file: general.ready_file,
                diagnostics: general.diagnostics.unwrap_or_else(|| "off".into()),
                web,
                tcp,
                bosh,
                limits,
                sessions,
                auth,
                tokens,
                log,
                pubsub,
                recovery,
                contact,
                roster,
                commands,
                faults,
                client_logs,
                events,
                pair,
                warnings,
                file,
            }),
            _ => Err(ConfigError { problems: layers.problems }),
        }
    }
}

/// Every setting there is, in the order of the annotated example.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    sections::all()
}

/// What is the case without flags, variables and a file.
impl Default for Config {
    fn default() -> Config {
        Config::parse("data = \"offhook-data\"").expect("the defaults are valid, tested")
    }
}

fn check_listeners(general: &General, layers: &mut Layers) {
    if general.https.is_none() && general.http.is_none() {
        layers.refuse("https", "https and http are both \"off\": there would be no web service".into());
    }
}

fn tls_files(tls: Tls, layers: &mut Layers) -> Option<TlsFiles> {
    match (tls.certificate, tls.key) {
        (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
        (None, None) => None,
        (Some(_), None) => {
            layers.refuse("tls.certificate", "tls.certificate needs tls.key beside it".into());
            None
        }
        (None, Some(_)) => {
            layers.refuse("tls.key", "tls.key needs tls.certificate beside it".into());
            None
        }
    }
}

fn demo(general: &General, layers: &mut Layers, warnings: &mut Vec<String>) -> Option<Demo> {
    let is_flag = layers.is_flag("demo_password");
    if !general.demo {
        if is_flag || general.demo_password.is_some() {
            warnings.push("demo_password has no effect without demo".into());
        }
        if layers.is_flag("demo_callers") {
            warnings.push("demo_callers has no effect without demo".into());
        }
        return None;
    }
    let open = [
        ("https", &general.https),
        ("http", &general.http),
        ("xmpp", &general.xmpp),
        ("xmpps", &general.xmpps),
    ];
    let open = open.into_iter().find_map(|(key, a)| Some((key, a.as_ref().filter(|a| !a.is_loopback())?)));
    let callers = general.demo_callers;
    match (&general.demo_password, open) {
        (Some(password), _) => Some(Demo { password: password.clone(), generated: false, callers }),
        (None, _) if is_flag => Some(Demo { password: generated_password(), generated: true, callers }),
        (None, None) => Some(Demo { password: WELL_KNOWN_PASSWORD.into(), generated: false, callers }),
        (None, Some((key, address))) => {
            let sentence = format!(
                "{key}: {address} can be reached by others, and everybody knows the demonstration password; \
                 give another with --demo-password, or listen on 127.0.0.1"
            );
            layers.refuse(key, sentence);
            None
        }
    }
}

/// Sixteen letters and digits that are not taken for one another: 80 bits.
fn generated_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system has random numbers");
    random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

fn read_file(path: &Path) -> Result<String, Problem> {
    use std::io::Read;
    let unreadable = |source| Problem::Unreadable { path: path.to_owned(), source };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > FILE_BYTES_MAX { Err(Problem::TooLong(path.to_owned())) } else { Ok(text) }
}

fn file_in_usual_place() -> Option<PathBuf> {
    let here = PathBuf::from(FILE_NAME);
    let platform =
        directories::ProjectDirs::from("", "", "offhook").map(|dirs| dirs.config_dir().join(FILE_NAME));
    [Some(here), platform].into_iter().flatten().find(|path| path.exists())
}

fn data_in_usual_place() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "offhook").map(|dirs| dirs.data_dir().to_owned())
}

const FILE_NAME: &str = "offhook.toml";
const FILE_BYTES_MAX: u64 = 1 << 20;
const WELL_KNOWN_PASSWORD: &str = "offhook";

#[cfg(test)]
mod tests;
