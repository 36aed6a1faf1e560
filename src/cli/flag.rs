//! `tminus flag list|show|set|kill|disable-all`: the feature flags of a release.

use clap::Subcommand;
use futures::future::join_all;
use serde::Serialize;

use super::acting::Acting;
use super::desk::{Desk, Purpose};
use super::exit::{Exit, Failure};
use super::{Context, cockpit, names};
use crate::base::{FlagId, Seconds, Untrusted, Weight};
use crate::engine::ports::{DEADLINE, Fault, FlagReading, World};
use crate::plan::Flag as Planned;
use crate::release::{FlagSeen, Reach, View, Wish};

/// The feature flags of a release.
#[derive(Debug, clap::Args)]
pub struct Flag {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Read every flag of the plan
    #[command(after_help = "Example:\n  tminus flag list")]
    List,
    /// Read one flag, with what it requires and what requires it
    #[command(after_help = "Example:\n  tminus flag show sampling --json")]
    Show {
        /// The flag
        flag: String,
    },
    /// Turn a flag on for a share of users, or off at 0, and read it back
    #[command(after_help = "Example:\n  tminus flag set sampling 25 --reason \"canary is well\"")]
    Set {
        /// The flag
        flag: String,
        /// Percent of users, 0 to 100
        percent: f64,
        /// Why; turning it off needs none
        #[arg(long, default_value = "")]
        reason: String,
        /// Show the exact change, and make none
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        acting: Acting,
    },
    /// Pull a flag's kill switch
    #[command(after_help = "Example:\n  tminus flag kill sampling")]
    Kill {
        /// The flag
        flag: String,
        /// Why; may come later
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
    /// Turn off the flags of this release, all at once
    #[command(after_help = "Example:\n  tminus flag disable-all --reason \"checkout fails\"")]
    DisableAll {
        /// Every other flag where they are kept as well, of other releases too
        #[arg(long)]
        all: bool,
        /// Why; may come later
        #[arg(long, default_value = "")]
        reason: String,
        #[command(flatten)]
        acting: Acting,
    },
}

/// One flag as scripts see it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    flag: &'a FlagId,
    title: String,
    place: String,
    /// Null when it could not be told.
    on: Option<bool>,
    #[serde(flatten)]
    seen: FlagSeen,
    /// Whether the plan, and the flag itself where it tells, let it be on in this environment.
    allowed: bool,
    /// `armed`, `pulled` or `unknown`.
    switch: &'static str,
    requires: &'a [FlagId],
    required_by: Vec<&'a FlagId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

impl Flag {
    /// Does it.
    ///
    /// # Errors
    /// When there is no such flag or the release's rules do not allow it.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self.verb {
            Verb::List => list(context, None),
            Verb::Show { flag } => list(context, Some(&flag)),
            Verb::Set { flag, percent, reason, dry_run, acting } => {
                let percent = Weight::percent(percent).ok_or_else(|| {
                    Failure::usage(format!("{percent} is no share of users"))
                        .help("write a percent from 0 to 100")
                })?;
                let desk = acting.desk(context)?;
                let flag = names::flag(desk.view(), &flag)?;
                match dry_run {
                    true => preview(context, &desk, &flag, percent),
                    false => desk.turn(Wish::SetFlag { flag, percent, reason: Untrusted::new(reason) }),
                }
            }
            Verb::Kill { flag, reason, acting } => {
                let desk = acting.desk(context)?;
                let flag = names::flag(desk.view(), &flag)?;
                desk.turn(Wish::KillFlag { flag, reason: Untrusted::new(reason) })
            }
            Verb::DisableAll { all, reason, acting } => {
                let reach = if all { Reach::Store } else { Reach::Named };
                let reason = Untrusted::new(reason);
                acting.desk(context)?.turn(Wish::FlagsOff { flags: Vec::new(), reach, reason })
            }
        }
    }
}

/// Reads the flags, each at once and on its own: no when one could not be read.
fn list(context: &Context, only: Option<&str>) -> Result<Exit, Failure> {
    let desk = Desk::open(context, Purpose::Read)?;
    let view = desk.view();
    let only = only.map(|typed| names::flag(view, typed)).transpose()?;
    let wanted = |flag: &&Planned| only.as_ref().is_none_or(|only| &flag.id == only);
    let flags: Vec<&Planned> = view.plan.flags.iter().filter(wanted).collect();
    let world = desk.world()?;
    let readings = read(&world, &flags)?;
    let shown: Vec<Shown<'_>> =
        flags.iter().zip(readings).map(|(flag, reading)| self::shown(view, flag, reading)).collect();
    if context.out.is_json() {
        match (&only, shown.first()) {
            (Some(_), Some(one)) => context.out.json(one)?,
            _ => context.out.json(&shown)?,
        }
    } else if shown.is_empty() {
        context.out.text("the plan has no flag; `[flag.NAME]` of the plan file adds one")?;
    } else {
        for flag in &shown {
            context.out.text(lines(flag, only.is_some()))?;
        }
    }
    Ok(if shown.iter().any(|flag| flag.fault.is_some()) { Exit::No } else { Exit::Ok })
}

fn read(world: &World, flags: &[&Planned]) -> Result<Vec<Result<FlagReading, Fault>>, Failure> {
    let runtime = cockpit::runtime()?;
    let readings = runtime.block_on(join_all(flags.iter().map(|flag| async {
        let Seconds(time) = DEADLINE;
        let asked = tokio::time::timeout(std::time::Duration::from_secs(time), world.flags.read(flag));
        asked.await.unwrap_or_else(|_| {
            Err(Fault::Unreachable(flag.id.to_string(), format!("nothing within {DEADLINE}")))
        })
    })));
    runtime.shutdown_background();
    Ok(readings)
}

fn shown<'a>(view: &'a View, flag: &'a Planned, reading: Result<FlagReading, Fault>) -> Shown<'a> {
    let (seen, fault) = match reading {
        Ok(reading) => (reading.seen, None),
        Err(fault) => (FlagSeen::default(), Some(fault.to_string())),
    };
    let environment = &view.plan.release.environment;
    let here = seen.environments.as_ref().is_none_or(|known| known.contains(environment));
    let known = view.state.flags.get(&flag.id).is_some_and(|known| known.pulled);
    let pulled = seen.killed.unwrap_or(known && seen.is_on() == Some(false));
    Shown {
        flag: &flag.id,
        title: flag.title.line(),
        place: flag.place(),
        on: seen.is_on(),
        allowed: flag.is_for(environment) && here,
        switch: match (&fault, pulled) {
            (Some(_), _) => "unknown",
            (None, true) => "pulled",
            (None, false) => "armed",
        },
        requires: &flag.requires,
        required_by: view
            .plan
            .flags
            .iter()
            .filter(|it| it.requires.contains(&flag.id))
            .map(|it| &it.id)
            .collect(),
        seen,
        fault,
    }
}

fn lines(flag: &Shown<'_>, whole: bool) -> String {
    let state = match &flag.fault {
        Some(fault) => format!("? unknown: {fault}"),
        None if flag.on == Some(true) => format!("● {}", flag.seen.said()),
        None => format!("○ {}", flag.seen.said()),
    };
    let elsewhere = if flag.allowed { "" } else { "  not for this environment" };
    let mut text = format!("{}  {state}  kill switch {}{elsewhere}", flag.flag, flag.switch);
    if whole {
        let list = |ids: &mut dyn Iterator<Item = &FlagId>| {
            let names: Vec<&str> = ids.map(FlagId::as_str).collect();
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        };
        text += &format!("\n  {}\n  kept at {}", flag.title, flag.place);
        text += &format!("\n  requires {}", list(&mut flag.requires.iter()));
        text += &format!("\n  required by {}", list(&mut flag.required_by.iter().copied()));
        if let Some(environments) = &flag.seen.environments {
            text += &format!("\n  says it is on in {}", environments.join(", "));
        }
    }
    text
}

/// The exact change, with the token by its name.
fn preview(context: &Context, desk: &Desk<'_>, id: &FlagId, percent: Weight) -> Result<Exit, Failure> {
    let world = desk.world()?;
    let Some(flag) = desk.view().plan.flag(id) else {
        return Err(Failure::new(Exit::Bug, "the flag left the plan"));
    };
    let runtime = cockpit::runtime()?;
    let preview = runtime.block_on(world.flags.preview(flag, percent));
    runtime.shutdown_background();
    let preview = preview.map_err(super::metric::failure)?;
    if context.out.is_json() {
        context
            .out
            .json(&serde_json::json!({ "flag": id, "percent": percent, "patch": preview.patch.raw() }))?;
    } else {
        context.out.text(preview.patch.lines())?;
    }
    Ok(Exit::Ok)
}
