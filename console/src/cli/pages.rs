//! `rental completions` and `rental man`: made from the definition of the whole command line.

use crate::cli::failure::{Exit, Failure};
use crate::cli::output::Output;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::Shell;

/// Print a shell's completions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental completions bash > ~/.local/share/bash-completion/completions/rental
  rental completions zsh > ~/.zfunc/_rental
  rental completions fish > ~/.config/fish/completions/rental.fish")]
pub(crate) struct Completions {
    #[arg(value_name = "SHELL", value_parser = shell())]
    shell: Shell,
}

/// Print the manual page, of the whole or of one command
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  rental man | man -l -
  rental man request > rental-request.1")]
pub(crate) struct Man {
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

impl Completions {
    pub(crate) fn print(&self, mut whole: clap::Command, output: &mut Output<'_>) -> Result<Exit, Failure> {
        let mut page = Vec::new();
        clap_complete::generate(self.shell, &mut whole, "rental", &mut page);
        output.text(&String::from_utf8_lossy(&page))?;
        Ok(Exit::Done)
    }
}

impl Man {
    pub(crate) fn print(&self, mut whole: clap::Command, output: &mut Output<'_>) -> Result<Exit, Failure> {
        whole.build();
        let command = match &self.command {
            None => whole,
            Some(name) => whole.find_subcommand(name).cloned().ok_or_else(|| {
                let names: Vec<_> = whole.get_subcommands().map(clap::Command::get_name).collect();
                Failure::Usage(format!("{name:?} is no command; expected one of: {}", names.join(", ")))
            })?,
        };
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        output.text(&String::from_utf8_lossy(&page))?;
        Ok(Exit::Done)
    }
}

fn shell() -> impl TypedValueParser<Value = Shell> {
    PossibleValuesParser::new(["bash", "zsh", "fish"]).try_map(|name| name.parse::<Shell>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Cli;
    use crate::cli::output::tests::printed;
    use clap::CommandFactory;

    #[test]
    fn every_shell_gets_completions_that_know_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let (out, _) = printed(false, |output| {
                Completions { shell }.print(Cli::command(), output).unwrap();
            });
            assert!(out.contains("checkin") && out.contains("shortCancelled"), "{shell}");
        }
    }

    #[test]
    fn the_manual_has_a_page_for_the_whole_and_for_each_command() {
        let page = |command: Option<&str>| {
            let man = Man { command: command.map(str::to_owned) };
            printed(false, |output| {
                man.print(Cli::command(), output).unwrap();
            })
            .0
        };
        assert!(page(None).contains(".TH rental 1"), "{}", page(None));
        assert!(page(Some("request")).contains("send\\-anyway"));
    }

    #[test]
    fn a_page_that_does_not_exist_is_a_usage_error() {
        printed(false, |output| {
            let failure = Man { command: Some("sell".to_owned()) }.print(Cli::command(), output).unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage);
            assert!(failure.to_string().contains("request, cancel"), "{failure}");
        });
    }
}
