//! The router that a verb names: `KIND:NAMESPACE/NAME`, with its sides from the arguments or from a plan.

use crate::base::{ObjectName, RolloutId, Seconds, Untrusted, Weight};
use crate::cli::exit::Failure;
use crate::cli::shelf::{self, Found};
use crate::cli::{Context, worlds};
use crate::engine::ports::World;
use crate::journal::{OpenMode, SqliteStore};
use crate::plan::{Deploy, Plan, Rollout, Router, RouterKind, SideNames, Step, Strategy};

/// What a router is called on the command line.
#[derive(Debug, clap::Args)]
pub struct Target {
    /// The router: httproute, virtualservice, rollout, service or deployment, then `:NAMESPACE/NAME`
    #[arg(value_name = "ROUTER")]
    router: String,
    /// What the old version's side is called in it; the plan says it without this
    #[arg(long, value_name = "NAME", requires = "canary")]
    stable: Option<String>,
    /// What the new version's side is called in it
    #[arg(long, value_name = "NAME", requires = "stable")]
    canary: Option<String>,
    /// The kubeconfig context; the plan's, or the current one without it
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

/// The router, found.
pub struct Meant {
    /// It, as a rollout of its own or the plan's.
    pub rollout: Rollout,
    /// The release that moves it, when one does.
    pub release: Option<Found>,
    /// Everything outside.
    pub world: World,
}

impl Target {
    /// Finds it.
    ///
    /// # Errors
    /// When it is no router, or nobody says what its sides are.
    pub fn find(&self, context: &Context) -> Result<Meant, Failure> {
        let (kind, object) = self.parts()?;
        let sides = self.stable.clone().zip(self.canary.clone());
        if let Some((stable, canary)) = &sides
            && stable == canary
        {
            return Err(Failure::usage(format!("`{canary}` is the name of both sides")));
        }
        let found = match &sides {
            Some(_) => None,
            None => self.of_plan(context, (kind, &object))?,
        };
        if let Some((release, plan, rollout)) = found {
            let world = worlds::of(&context.home, &release, &plan)?.ports;
            return Ok(Meant { rollout, release: Some(release), world });
        }
        let kind = self.kind(kind, object, sides.map(|(stable, canary)| SideNames { stable, canary }))?;
        let world = worlds::adhoc(self.context.as_deref());
        Ok(Meant { rollout: alone(&self.name(), kind), release: None, world })
    }

    /// What the router is called.
    pub fn name(&self) -> String {
        Untrusted::new(self.router.as_str()).line()
    }

    fn parts(&self) -> Result<(&str, ObjectName), Failure> {
        let known = ["httproute", "virtualservice", "rollout", "service", "deployment"];
        let wrong = || {
            Failure::usage(format!("`{}` is no router", self.name()))
                .help(format!("write KIND:NAMESPACE/NAME with one of {}", known.join(", ")))
        };
        let (kind, object) = self.router.split_once(':').ok_or_else(wrong)?;
        let kind = known.into_iter().find(|word| *word == kind).ok_or_else(wrong)?;
        Ok((kind, ObjectName::parse(object).ok_or_else(wrong)?))
    }

    fn kind(&self, word: &str, object: ObjectName, sides: Option<SideNames>) -> Result<RouterKind, Failure> {
        if word == "rollout" {
            return Ok(RouterKind::Argo { object });
        }
        let sides = sides.ok_or_else(|| {
            Failure::usage(format!("nobody says what the two sides of {} are called", self.name()))
                .help("add --stable NAME --canary NAME, or open the release whose plan has this router")
        })?;
        Ok(match word {
            "httproute" => RouterKind::HttpRoute { object, rule: None, sides },
            "virtualservice" => RouterKind::VirtualService { object, route: None, sides },
            "service" => RouterKind::Service { object, sides },
            _ => RouterKind::Deployment { object, sides, replicas: None },
        })
    }

    /// The live release whose plan has this router.
    fn of_plan(
        &self,
        context: &Context,
        (word, object): (&str, &ObjectName),
    ) -> Result<Option<(Found, Plan, Rollout)>, Failure> {
        let candidates = match context.release.as_deref() {
            Some(named) => vec![shelf::to_act(&context.home, Some(named))?],
            None => shelf::live(&context.home.journal())?,
        };
        let mut all = Vec::new();
        for found in candidates {
            let refused = |error| shelf::refused(&found.journal, &error);
            let store = SqliteStore::open(&found.journal, OpenMode::Read).map_err(refused)?;
            let plan = shelf::adopted(&store, &found.state)?;
            let is = |rollout: &&Rollout| {
                let router = rollout.router.as_ref().map(|router| &router.kind);
                router.is_some_and(|kind| kind.word() == word && kind.object() == Some(object))
            };
            if let Some(rollout) = plan.rollouts.iter().find(is).cloned() {
                all.push((found, plan, rollout));
            }
        }
        if all.len() > 1 {
            let names: Vec<String> = all.iter().map(|(found, ..)| found.stream.to_string()).collect();
            return Err(Failure::usage(format!("several releases move {}", self.name()))
                .help(format!("name one with -r: {}", names.join(", "))));
        }
        Ok(all.pop())
    }
}

/// A router without a release: one step, all traffic.
fn alone(name: &str, kind: RouterKind) -> Rollout {
    Rollout {
        id: RolloutId::new(name),
        stage: None,
        strategy: Strategy::Canary,
        router: Some(Router { kind, observed: None }),
        deploy: Deploy::default(),
        flags: Vec::new(),
        warm: None,
        steps: vec![Step { weight: Weight::FULL, soak: Seconds(0), gates: Vec::new(), auto: false }],
        blind: None,
        judge: None,
        rollback: None,
        budget: Rollout::BUDGET,
    }
}
