//! `tminus traffic set ROUTER WEIGHT --reason TEXT`.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use uuid::Uuid;

use super::card::{Card, number};
use super::failure;
use super::show::wanted;
use super::target::{Meant, Target};
use crate::base::{Timestamp, Untrusted, Weight};
use crate::cli::desk::{Desk, Purpose};
use crate::cli::exit::{Exit, Failure};
use crate::cli::operator::operator;
use crate::cli::shelf::{self, Found};
use crate::cli::{Context, cockpit};
use crate::engine::clock::WallClock;
use crate::engine::ports::{Fault, Preview, Split};
use crate::engine::{Adhoc, Turn};
use crate::journal::{Genesis, SqliteStore};
use crate::plan::{Router, RouterKind};
use crate::release::Outcome;

/// Moves traffic.
#[derive(Debug, clap::Args)]
pub struct Set {
    #[command(flatten)]
    target: Target,
    /// The new version's share in percent
    #[arg(value_name = "WEIGHT")]
    weight: String,
    /// Why; it is kept in the journal
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Only say what would be written, and what the other side says of it
    #[arg(long)]
    dry_run: bool,
}

/// What is told at the end.
struct Told {
    operation: Option<String>,
    before: Card,
    after: Card,
    outcome: Option<Outcome>,
    summary: Untrusted,
    seconds: f64,
}

impl Set {
    /// Moves it and reads it back.
    ///
    /// # Errors
    /// When it is refused, or nobody knows how it ended.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let weight = self.weight()?;
        if self.reason.trim().is_empty() {
            return Err(Failure::usage("the reason is empty").help("say why: it is kept in the journal"));
        }
        let meant = self.target.find(context)?;
        let runtime = cockpit::runtime()?;
        let router = meant.world.router.clone();
        let read = async {
            let before = router.read(&meant.rollout).await?;
            let preview = router.preview(&meant.rollout, weight).await?;
            Ok::<(Split, Preview), Fault>((before, preview))
        };
        let (split, preview) = runtime.block_on(read).map_err(|fault| failure(&fault))?;
        let before = Card::new(wanted(&meant), split);
        if self.dry_run {
            let after = Split { configured: Some(weight), ..before.split.clone() };
            let told = Told {
                operation: None,
                after: Card::new(Some(weight), after),
                before,
                outcome: None,
                summary: Untrusted::default(),
                seconds: 0.0,
            };
            return self.tell(context, &preview, &told);
        }
        // What is known before to come to nothing is not begun. Traffic that goes back is always tried.
        if let (Some(Err(why)), true) = (&preview.answer, weight > Weight::ZERO) {
            let owned = before.split.owner.reverts() && meant.rollout.router.as_ref().is_some_and(by_itself);
            let failure = Failure::new(Exit::Refused, why.line());
            return Err(match owned {
                true => failure.word("owned").help("do it through the owner, as said, or stop that first"),
                false => failure.help("`--dry-run` shows the change and the answer"),
            });
        }
        let began = Instant::now();
        let told = self.turn(context, meant, (weight, before), &runtime)?;
        self.tell(context, &preview, &Told { seconds: began.elapsed().as_secs_f64(), ..told })
    }

    fn turn(
        &self,
        context: &Context,
        mut meant: Meant,
        (weight, before): (Weight, Card),
        runtime: &tokio::runtime::Runtime,
    ) -> Result<Told, Failure> {
        match meant.release.take() {
            Some(release) => self.through(context, (release, meant), (weight, before), runtime),
            None => self.alone(context, meant, (weight, before), runtime),
        }
    }

    /// Through the release that moves it, with its checks.
    fn through(
        &self,
        context: &Context,
        (release, meant): (Found, Meant),
        (weight, before): (Weight, Card),
        runtime: &tokio::runtime::Runtime,
    ) -> Result<Told, Failure> {
        let desk = Desk::at(context, release, Purpose::Act { seen: None })?;
        let reason = Untrusted::new(self.reason.as_str());
        let set = desk.set_weight(meant.rollout.id.clone(), weight, reason)?;
        let after = runtime
            .block_on(meant.world.router.read(&meant.rollout))
            .map_err(|fault| failure(&fault).help("it was sent; look again before you go on"))?;
        let (operation, outcome, summary) = match set {
            Some((id, known)) => {
                (Some(id.to_string()), known.outcome.unwrap_or(Outcome::Unknown), known.summary)
            }
            None => (None, Outcome::Adopted, Untrusted::from("it is so already")),
        };
        Ok(Told {
            operation,
            before,
            after: Card::new(Some(weight), after),
            outcome: Some(outcome),
            summary,
            seconds: 0.0,
        })
    }

    /// By itself, recorded in a stream of the router's own.
    fn alone(
        &self,
        context: &Context,
        meant: Meant,
        (weight, before): (Weight, Card),
        runtime: &tokio::runtime::Runtime,
    ) -> Result<Told, Failure> {
        let journal = context.home.journal();
        let refused = |error| shelf::refused(&journal, &error);
        context.home.create()?;
        let genesis = Genesis { journal: Uuid::new_v4(), test: false, at: Timestamp::now() };
        let store = SqliteStore::open_or_create(&journal, &genesis).map_err(refused)?;
        if store.genesis().test {
            return Err(Failure::new(
                Exit::StoreRefused,
                "this is a test journal: real traffic is not moved",
            )
            .help("unset TMINUS_SEED, or use another TMINUS_HOME"));
        }
        let (store, clock) = (Box::new(store), Arc::new(WallClock));
        let adhoc = Adhoc { store, world: meant.world, clock, actor: operator() };
        let reason = Untrusted::new(self.reason.as_str());
        let turn = Turn { rollout: meant.rollout, weight, reason };
        let turned = runtime.block_on(adhoc.set_weight(turn)).map_err(refused)?;
        Ok(Told {
            operation: Some(turned.operation.to_string()),
            before,
            after: Card::new(Some(weight), turned.split),
            outcome: Some(turned.outcome),
            summary: turned.summary,
            seconds: 0.0,
        })
    }

    fn weight(&self) -> Result<Weight, Failure> {
        let text = self.weight.trim();
        let number = text.strip_suffix('%').unwrap_or(text).trim().parse().ok();
        number.and_then(Weight::percent).ok_or_else(|| {
            Failure::usage(format!("`{}` is no share of traffic", Untrusted::new(text).line()))
                .help("write a percent from 0 to 100, such as 25")
        })
    }

    fn tell(&self, context: &Context, preview: &Preview, told: &Told) -> Result<Exit, Failure> {
        let accepted = preview.answer.as_ref().is_none_or(Result::is_ok);
        let exit = match told.outcome {
            None if accepted => Exit::Ok,
            None => Exit::Refused,
            Some(outcome) if outcome.is_done() => Exit::Ok,
            Some(Outcome::Unknown) => Exit::Unknown,
            Some(_) => Exit::Refused,
        };
        let warnings: Vec<String> = preview.warnings.iter().map(|warning| warning.line()).collect();
        if !context.out.is_json() {
            warnings.iter().for_each(|warning| context.out.remark(&format!("warning: {warning}")));
            let end = match told.outcome {
                None => said(preview),
                Some(_) => format!("{} in {:.1} s", told.summary.line(), told.seconds),
            };
            context.out.text(format!("{}\n{}\n{end}", preview.patch.lines(), told.after.text()))?;
            return Ok(exit);
        }
        let share = |share: Option<Weight>| share.map_or(Value::Null, number);
        let verified = match told.outcome {
            None => Value::Null,
            Some(_) => json!({
                "configured": share(told.after.split.configured),
                "observed": share(told.after.split.observed),
            }),
        };
        context.out.json(&json!({
            "router": self.target.name(),
            "operation": told.operation,
            "dry_run": self.dry_run,
            "accepted": preview.answer.as_ref().map(Result::is_ok),
            "answer": preview.answer.as_ref().map(|_| said(preview)),
            "patch": preview.patch.lines(),
            "before": told.before.sides(),
            "after": told.after.sides(),
            "outcome": told.outcome,
            "summary": told.summary.line(),
            "verified": verified,
            "warnings": warnings,
            "seconds": (told.seconds * 1000.0).round() / 1000.0,
        }))?;
        Ok(exit)
    }
}

/// A router that is moved by its own object, and not through a controller.
fn by_itself(router: &Router) -> bool {
    !matches!(router.kind, RouterKind::Argo { .. })
}

/// What the other side says of a dry run.
fn said(preview: &Preview) -> String {
    match &preview.answer {
        None => "nothing was asked and nothing was changed".to_owned(),
        Some(Ok(text)) => format!("it would be taken: {}", text.line()),
        Some(Err(text)) => format!("it would be refused: {}", text.line()),
    }
}
