//! The verbs: one file each, and the only room that wires the world to the engine's ports.
//!
//! Invariants: a verb never prompts, its arguments are the confirmation; it ends with one code of [`Exit`]; under
//! `--json` standard output is only JSON and errors are one JSON object on standard error.

mod acting;
mod approve;
mod baseline;
mod check;
mod closed;
mod cockpit;
mod completions;
mod config;
mod demo;
mod desk;
mod doctor;
mod engine;
mod exit;
mod files;
mod flag;
mod gate;
mod grants;
mod home;
mod init;
mod item;
mod judge;
mod log;
mod man;
mod metric;
mod names;
mod open;
mod opening;
mod operator;
mod out;
mod release;
mod rollout;
mod rule;
mod shelf;
mod snapshot;
mod status;
mod traffic;
mod trigger;
mod trust;
mod verify;
mod watch;
mod wiring;
mod worlds;

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use exit::{Exit, Failure};
pub use home::Home;
pub use out::{Answer, Out};

/// Everything a command line can say.
#[derive(Debug, Parser)]
#[command(name = "tminus", version, about, max_term_width = 100, after_help = after(), arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
    /// The release, when there are several: its name, or NAME/ENVIRONMENT
    #[arg(short, long, global = true, value_name = "RELEASE")]
    release: Option<String>,
    /// Answer in JSON, for scripts
    #[arg(long, global = true)]
    json: bool,
}

/// What `--help` ends with: two commands to begin with, and the table of exit codes.
fn after() -> String {
    let codes = Exit::ALL.map(|exit| format!("  {:>3}  {}\n", exit.code(), exit.meaning())).concat();
    format!(
        "Examples:\n  tminus demo                a whole release with a bad canary, simulated\n  \
         tminus open RELEASE.md     your own playbook as a live release\n\nExit codes:\n{codes}"
    )
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Open a playbook or a plan as a live release
    #[command(after_help = "Example:\n  tminus open RELEASE.md")]
    Open(open::Open),
    /// Write a first plan file from a playbook
    #[command(after_help = "Example:\n  tminus init RELEASE.md")]
    Init(init::Init),
    /// Run the engine of this user's journal in this terminal
    #[command(after_help = "Example:\n  tminus engine")]
    Engine(engine::Engine),
    /// Print what the cockpit would show
    #[command(after_help = "Example:\n  tminus snapshot --size 120x40 --format svg > release.svg")]
    Snapshot(snapshot::Snapshot),
    /// Play a whole release with a canary, simulated
    #[command(
        after_help = "Example:\n  tminus demo --headless --script good-canary --seed 7 --speed max --json"
    )]
    Demo(demo::Demo),
    /// Read a playbook and its plan file, and say what is wrong with them
    #[command(after_help = "Example:\n  tminus check RELEASE.md --json")]
    Check(check::Check),
    /// Judge the numbers of two versions
    #[command(after_help = "Examples:\n  tminus judge ratio --file counts.csv --json\n  \
        tminus judge --from 2026-11-30T09:00:00Z --to 2026-11-30T10:00:00Z --json")]
    Judge(judge::Judge),
    /// Say how a phrase is read
    #[command(after_help = "Example:\n  tminus rule parse 'P95 > 2x baseline' --json")]
    Rule(rule::Rule),
    /// Let a plan run its commands and ask its servers on this machine
    #[command(after_help = "Example:\n  tminus trust RELEASE.tminus.toml")]
    Trust(trust::Trust),
    /// Say where the release stands, and why it waits
    #[command(after_help = "Example:\n  tminus status --json")]
    Status(status::Status),
    /// Say it again whenever something happens, until the release is over
    #[command(after_help = "Example:\n  tminus watch --json")]
    Watch(watch::Watch),
    /// Tick an item
    #[command(after_help = "Example:\n  tminus tick smoke-tests")]
    Tick(item::Tick),
    /// Open an item again
    #[command(after_help = "Example:\n  tminus untick smoke-tests --reason \"they ran on the old build\"")]
    Untick(item::Untick),
    /// Leave an item out, with a reason
    #[command(after_help = "Example:\n  tminus skip smoke-tests --reason \"no such environment\"")]
    Skip(item::Skip),
    /// Give an item an owner
    #[command(after_help = "Example:\n  tminus assign smoke-tests ada@example.com")]
    Assign(item::Assign),
    /// Move an item's due time
    #[command(after_help = "Example:\n  tminus retime smoke-tests T-2h")]
    Retime(item::Retime),
    /// Write a note on an item, or on the release
    #[command(after_help = "Example:\n  tminus note smoke-tests \"two were flaky\"")]
    Note(item::Note),
    /// Attach a file, a link or some text to an item
    #[command(after_help = "Example:\n  tminus attach smoke-tests --file junit.xml")]
    Attach(item::Attach),
    /// Leave a stage, or add an item to one
    #[command(after_help = "Example:\n  tminus stage leave")]
    Stage(release::Stage),
    /// Run, list, review or waive the checks that decide
    #[command(after_help = "Example:\n  tminus gate run unit-tests")]
    Gate(gate::Gate),
    /// Answer for a role in the roll-call
    #[command(after_help = "Example:\n  tminus approve qa-lead --go")]
    Approve(approve::Approve),
    /// Set T-0, start, end, call off or begin again
    #[command(after_help = "Example:\n  tminus release t0 2026-12-01T10:00:00Z")]
    Release(release::Release),
    /// Promote, hold or resume a rollout, or answer what it asks
    #[command(after_help = "Example:\n  tminus rollout promote --to 25")]
    Rollout(rollout::Rollout),
    /// Show how traffic is split, or split it by hand
    #[command(after_help = "Example:\n  tminus traffic show httproute:shop/payments --json")]
    Traffic(traffic::Traffic),
    /// Read, set or kill the feature flags of a release
    #[command(after_help = "Example:\n  tminus flag set sampling 25 --reason \"canary is well\"")]
    Flag(flag::Flag),
    /// Look at a source of numbers, or write down a number that no source gives
    #[command(
        after_help = "Example:\n  tminus metric scrape http://localhost:8080/metrics --json\n  tminus metric type satisfaction 4.2"
    )]
    Metric(metric::Metric),
    /// Capture, write down or list what numbers were before the release, or of a version
    #[command(after_help = "Example:\n  tminus baseline set latency --version 2.3.0 20ms")]
    Baseline(baseline::Baseline),
    /// Fire a trigger by hand, or choose what a contested one does
    #[command(after_help = "Example:\n  tminus trigger choose error-rate request")]
    Trigger(trigger::Trigger),
    /// Put traffic back
    #[command(after_help = "Example:\n  tminus rollback --reason \"checkout fails\"")]
    Rollback(rollout::Rollback),
    /// Show what has happened
    #[command(after_help = "Example:\n  tminus log --limit 20")]
    Log(log::Log),
    /// Check that the journal holds: chains, blobs, anchors
    #[command(after_help = "Example:\n  tminus verify --json")]
    Verify(verify::Verify),
    /// Say whether this machine is fit to drive a release
    #[command(after_help = "Example:\n  tminus doctor --json")]
    Doctor(doctor::Doctor),
    /// Print a completion script for a shell
    #[command(
        hide = true,
        after_help = "Example:\n  tminus completions bash > ~/.local/share/bash-completion/completions/tminus"
    )]
    Completions(completions::Completions),
    /// Print the manual page
    #[command(hide = true, after_help = "Example:\n  tminus man | man -l -")]
    Man(man::Man),
}

/// What every verb is given.
#[derive(Debug)]
pub struct Context {
    /// Where to write.
    pub out: Out,
    /// Where this user's files are.
    pub home: Home,
    /// The release that was named with `-r`.
    pub release: Option<String>,
}

/// Runs the verb that these arguments name; the first of them is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Asked before parsing, because an error in the arguments is to be JSON as well.
    let json = arguments.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let out = Out::new(if json { Answer::Json } else { Answer::Text });
    match parse(arguments, out) {
        Ok(arguments) => act(arguments, out).unwrap_or_else(|failure| {
            out.failure(&failure);
            failure.exit
        }),
        Err(exit) => exit,
    }
}

fn parse(arguments: Vec<OsString>, out: Out) -> Result<Arguments, Exit> {
    Arguments::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches))
        .map_err(|error| {
            if error.use_stderr() && out.is_json() {
                let text = error.render().to_string();
                let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                out.failure(&Failure::usage(message).help("see `tminus --help`"));
            } else {
                // Standard output or error is closed: nobody is left to tell.
                let _ = error.print();
            }
            if error.use_stderr() { Exit::Usage } else { Exit::Ok }
        })
}

fn act(arguments: Arguments, out: Out) -> Result<Exit, Failure> {
    let context = Context { out, home: Home::find()?, release: arguments.release };
    match arguments.verb {
        Verb::Open(verb) => verb.run(&context),
        Verb::Init(verb) => verb.run(&context),
        Verb::Engine(verb) => verb.run(&context),
        Verb::Snapshot(verb) => verb.run(&context),
        Verb::Demo(verb) => verb.run(&context),
        Verb::Check(verb) => verb.run(&context),
        Verb::Judge(verb) => verb.run(&context),
        Verb::Rule(verb) => verb.run(&context),
        Verb::Trust(verb) => verb.run(&context),
        Verb::Status(verb) => verb.run(&context),
        Verb::Watch(verb) => verb.run(&context),
        Verb::Tick(verb) => verb.run(&context),
        Verb::Untick(verb) => verb.run(&context),
        Verb::Skip(verb) => verb.run(&context),
        Verb::Assign(verb) => verb.run(&context),
        Verb::Retime(verb) => verb.run(&context),
        Verb::Note(verb) => verb.run(&context),
        Verb::Attach(verb) => verb.run(&context),
        Verb::Stage(verb) => verb.run(&context),
        Verb::Gate(verb) => verb.run(&context),
        Verb::Approve(verb) => verb.run(&context),
        Verb::Release(verb) => verb.run(&context),
        Verb::Rollout(verb) => verb.run(&context),
        Verb::Traffic(verb) => verb.run(&context),
        Verb::Flag(verb) => verb.run(&context),
        Verb::Metric(verb) => verb.run(&context),
        Verb::Baseline(verb) => verb.run(&context),
        Verb::Trigger(verb) => verb.run(&context),
        Verb::Rollback(verb) => verb.run(&context),
        Verb::Log(verb) => verb.run(&context),
        Verb::Verify(verb) => verb.run(&context),
        Verb::Doctor(verb) => verb.run(&context),
        Verb::Completions(verb) => verb.run(&context),
        Verb::Man(verb) => verb.run(&context),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_holds_and_every_verb_shows_an_example() {
        let mut command = Arguments::command();
        command.build();
        command.clone().debug_assert();
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("tminus {}", verb.get_name())), "{}: {help}", verb.get_name());
        }
    }
}
