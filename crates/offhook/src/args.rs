//! The flags that are settings. They come from the server's table of settings, with their explanations.

use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use server::config::{GENERATE_PASSWORD, Setting, Written, settings};
use server::exit::EXIT_CODES;

/// The flags of `offhook serve`.
#[derive(Debug)]
pub(crate) struct ServeArgs {
    /// What was written on the command line.
    pub(crate) written: Written,
    /// Print the annotated example and do nothing else.
    pub(crate) print_config: bool,
}

/// The flags of a command that only has to find the data.
#[derive(Debug)]
pub(crate) struct DataArgs {
    /// What was written on the command line.
    pub(crate) written: Written,
}

impl Args for ServeArgs {
    fn augment_args(command: Command) -> Command {
        let print_config = Arg::new("print_config")
            .long("print-config")
            .action(ArgAction::SetTrue)
            .help("Print offhook.toml with every setting, explained, and exit");
        command
            .after_help(format!(
                "Every setting, with or without a flag, is in the output of --print-config.\n\n{}",
                exit_codes()
            ))
            .arg(config_arg())
            .args(settings().filter_map(setting_arg))
            .arg(print_config)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ServeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let written = written(matches, settings());
        Ok(ServeArgs { written, print_config: matches.get_flag("print_config") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for DataArgs {
    fn augment_args(command: Command) -> Command {
        let globals = [config_arg()].into_iter().chain(settings().filter(finds_data).filter_map(setting_arg));
        command.args(globals.map(|arg| arg.global(true)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for DataArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(DataArgs { written: written(matches, settings().filter(finds_data)) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The end of a help text.
pub(crate) fn exit_codes() -> String {
    let lines: Vec<String> =
        EXIT_CODES.iter().map(|(code, meaning)| format!("  {code}  {meaning}")).collect();
    format!("Exit codes:\n{}", lines.join("\n"))
}

fn finds_data(setting: &&'static Setting) -> bool {
    setting.key == "data"
}

fn config_arg() -> Arg {
    Arg::new("config").long("config").value_name("FILE").value_parser(ValueParser::path_buf()).help(
        "The configuration file [variable OFFHOOK_CONFIG] [default: offhook.toml here or in the platform's \
         configuration folder, if there is one]",
    )
}

fn setting_arg(setting: &'static Setting) -> Option<Arg> {
    let flag = setting.flag()?;
    let about: Vec<&str> = setting.about.iter().map(|line| line.trim()).collect();
    let help =
        format!("{} [variable {}] [default: {}]", about.join(" "), setting.variable(), setting.default);
    let arg = Arg::new(setting.key).long(flag.trim_start_matches('-').to_owned());
    Some(match setting.key {
        "demo" => arg.action(ArgAction::SetTrue).help(help),
        // Without a value one is made up: better than a password that other users of the machine see in `ps`.
        "demo_password" => {
            let help = format!("{help}. Without PASSWORD one is made up and printed.");
            arg.value_name("PASSWORD").num_args(0..=1).default_missing_value(GENERATE_PASSWORD).help(help)
        }
        "demo_callers" => arg.value_name("TIME").help(help),
        "domain" => arg.value_name("NAME").help(help),
        "data" => arg.value_name("DIR").help(help),
        "peer" => arg.value_name("URL").help(help),
        "side" => arg.value_name("SIDE").help(help),
        "ready_file" => arg.value_name("FILE").help(help),
        _ => arg.value_name("ADDR").help(help),
    })
}

/// Everything becomes a text again: what it means is decided where the other layers are.
fn written(matches: &ArgMatches, settings: impl Iterator<Item = &'static Setting>) -> Written {
    let flags = settings
        .filter(|setting| setting.has_flag)
        .filter_map(|setting| {
            let text = match setting.key {
                "demo" => matches.get_flag("demo").then(|| "true".to_owned()),
                key => matches.get_one::<String>(key).cloned(),
            };
            Some((setting.key, text?))
        })
        .collect();
    Written { file: matches.get_one::<PathBuf>("config").cloned(), flags }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Program {
        #[command(flatten)]
        serve: ServeArgs,
    }

    fn flags(line: &[&str]) -> Vec<(&'static str, String)> {
        let line = ["serve"].iter().chain(line);
        Program::try_parse_from(line).expect("a good command line").serve.written.flags
    }

    #[test]
    fn every_documented_flag_is_there() {
        assert!(flags(&[]).is_empty());
        for setting in settings().filter(|setting| setting.has_flag) {
            let flag = setting.flag().expect("it has one");
            let line = if setting.key == "demo" { vec![flag.as_str()] } else { vec![flag.as_str(), "true"] };
            assert_eq!(flags(&line), [(setting.key, "true".to_owned())]);
        }
        let documented = [
            "data",
            "demo",
            "demo_callers",
            "demo_password",
            "domain",
            "http",
            "https",
            "peer",
            "ready_file",
            "side",
            "xmpp",
            "xmpps",
        ];
        let mut keys: Vec<_> =
            settings().filter(|setting| setting.has_flag).map(|setting| setting.key).collect();
        keys.sort_unstable();
        assert_eq!(keys, documented);
    }

    #[test]
    fn a_demo_password_can_be_made_up() {
        let made_up = [("demo", "true".to_owned()), ("demo_password", GENERATE_PASSWORD.to_owned())];
        assert_eq!(flags(&["--demo", "--demo-password"]), made_up);
        assert_eq!(flags(&["--demo-password", "--demo"]), made_up);
        assert_eq!(flags(&["--demo-password", "x"]), [("demo_password", "x".to_owned())]);
    }

    #[test]
    fn the_file_and_the_example_are_no_settings() {
        let program =
            Program::try_parse_from(["serve", "--config", "a.toml", "--print-config"]).expect("good");
        assert_eq!(program.serve.written.file, Some("a.toml".into()));
        assert!(program.serve.print_config);
        assert!(Program::try_parse_from(["serve", "--htps", "off"]).is_err());
    }
}
