//! Where a password comes from: never the command line, which other users of the machine can read.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{anyhow, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use server::administration::csv::check_password;
use xmpp::Password;

/// Flags that say where the password comes from.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    /// Read the password from the standard input, up to the end of the line. [else: variable OFFHOOK_PASSWORD, else it
    /// is asked for]
    #[arg(long)]
    password_stdin: bool,
}

impl Source {
    /// Gets the password, asking for it twice if need be.
    pub(super) fn read(&self) -> anyhow::Result<Password> {
        let text = if self.password_stdin {
            read_line(io::stdin().lock())?
        } else if let Ok(text) = std::env::var("OFFHOOK_PASSWORD") {
            text
        } else if io::stdin().is_terminal() {
            let first = prompt("Password: ")?;
            if prompt("Once more: ")? != first {
                bail!("the two passwords differ");
            }
            first
        } else {
            bail!("there is nobody to ask for the password: use --password-stdin or OFFHOOK_PASSWORD");
        };
        check_password(&text).map_err(|sentence| anyhow!(sentence))
    }
}

fn prompt(question: &str) -> io::Result<String> {
    eprint!("{question}");
    io::stderr().flush()?;
    let hidden = Hidden::start()?;
    let line = read_line(io::stdin().lock());
    drop(hidden);
    eprintln!();
    line
}

fn read_line(input: impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    input.take(LINE_BYTES_MAX).read_line(&mut line)?;
    let text = line.strip_suffix('\n').unwrap_or(&line);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// While it lives, the terminal does not show what is typed.
struct Hidden(rustix::termios::Termios);

impl Hidden {
    fn start() -> io::Result<Hidden> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Hidden(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // If it fails the terminal is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Longer than any password that is taken, so that a longer one is refused and not cut.
const LINE_BYTES_MAX: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_it_ends() {
        for (input, expected) in [("a b \n", "a b "), ("a\r\n", "a"), ("a", "a"), ("\n", ""), ("a\nb\n", "a")]
        {
            assert_eq!(read_line(input.as_bytes()).expect("reads"), expected, "{input:?}");
        }
    }
}
