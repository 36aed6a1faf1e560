//! A small world for tests: one rollout, one metric, one gate; everything can be told what to answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use tminus::analysis::Verdict;
use tminus::base::{
    Actor, Assurance, Digest, OperationId, ReleaseId, Seconds, Timestamp, Unit, Untrusted, Via, Weight,
};
use tminus::engine::ports::{
    Ask, Cast, Change, Checks, Clock, Errand, Fault, Finding, FlagChange, FlagReading, Flags, Notifier,
    Numbers, Preview, Reading, Router, Split, Workloads, World, Written,
};
use tminus::engine::{Nature, PlanReader, Setup};
use tminus::journal::{Genesis, MemoryStore, Store};
use tminus::plan::rule::{Action, Check as Demand, Op, Rule, Test};
use tminus::plan::{
    Arming, Blind, Check, CommandCheck, Dialect, Flag, Gate, Metric, Otherwise, Plan, ProcedureStep, Rollout,
    Source, SourceKind, Step, Strategy, Terms, Trigger, Watched,
};
use tminus::release::{Command, FlagSeen, Input, Outcome, Owner, Readiness, View, Wish};
use uuid::Uuid;

pub const START: i64 = 1_790_000_000;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

pub fn stream() -> ReleaseId {
    ReleaseId::new("payments/prod")
}

/// What the world answers, and what was done to it.
#[derive(Debug, Default)]
pub struct Knobs {
    pub weight: f64,
    pub writes: Vec<(f64, String)>,
    pub reads: u32,
    pub unreadable: bool,
    pub refuse_writes: u32,
    pub lose_answers: u32,
    pub answers: Vec<Fault>,
    pub restore: Vec<Untrusted>,
    pub error_rate: f64,
    pub silent: bool,
    pub deploys: u32,
    pub scaled_down: u32,
    pub told: Vec<String>,
    pub panics: bool,
    pub gate_takes: i64,
    pub flags: BTreeMap<String, f64>,
    pub flag_writes: Vec<String>,
    pub flags_stuck: BTreeSet<String>,
    pub flags_dead: BTreeSet<String>,
    pub flags_silent: bool,
}

#[derive(Clone)]
pub struct Fake {
    pub knobs: Arc<Mutex<Knobs>>,
    pub clock: Arc<dyn Clock>,
}

impl Fake {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let knobs = Knobs { error_rate: 0.0005, ..Knobs::default() };
        Self { knobs: Arc::new(Mutex::new(knobs)), clock }
    }
    pub fn set(&self, change: impl FnOnce(&mut Knobs)) {
        change(&mut self.knobs.lock().unwrap());
    }
    pub fn get<T>(&self, ask: impl FnOnce(&Knobs) -> T) -> T {
        ask(&self.knobs.lock().unwrap())
    }
    pub fn world(&self) -> World {
        let this = Arc::new(self.clone());
        World {
            checks: this.clone(),
            numbers: this.clone(),
            router: this.clone(),
            workloads: this.clone(),
            flags: this.clone(),
            notifier: this,
        }
    }
    pub fn setup(&self, store: Box<dyn Store>, plan: Plan) -> Setup {
        Setup {
            store,
            stream: stream(),
            world: self.world(),
            reader: Arc::new(Fixed(plan)),
            nature: Nature::Simulated,
            presence: Vec::new(),
            samples: None,
        }
    }
}

impl Flags for Fake {
    fn read<'a>(&'a self, flag: &'a Flag) -> BoxFuture<'a, Result<FlagReading, Fault>> {
        Box::pin(async move {
            let knobs = self.knobs.lock().unwrap();
            if knobs.flags_silent {
                return Err(Fault::Unreachable(flag.id.to_string(), "refused".to_owned()));
            }
            let percent = knobs.flags.get(flag.id.as_str()).copied().unwrap_or(0.0);
            let seen = FlagSeen {
                enabled: Some(percent > 0.0),
                percent: Weight::percent(percent),
                ..FlagSeen::default()
            };
            Ok(FlagReading { seen, stamp: None })
        })
    }
    fn set<'a>(&'a self, flag: &'a Flag, change: FlagChange<'a>) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let mut knobs = self.knobs.lock().unwrap();
            knobs.flag_writes.push(format!("set {} {}", flag.id, change.percent.value()));
            if knobs.flags_stuck.contains(flag.id.as_str()) {
                return Err(Fault::Refused(flag.id.to_string(), "500".to_owned()));
            }
            knobs.flags.insert(flag.id.to_string(), change.percent.value());
            Ok(())
        })
    }
    fn kill<'a>(&'a self, flag: &'a Flag, _: &'a OperationId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let mut knobs = self.knobs.lock().unwrap();
            knobs.flag_writes.push(format!("kill {}", flag.id));
            if knobs.flags_dead.contains(flag.id.as_str()) {
                return Err(Fault::Refused(flag.id.to_string(), "500".to_owned()));
            }
            knobs.flags.insert(flag.id.to_string(), 0.0);
            Ok(())
        })
    }
    fn clear<'a>(&'a self, _: &'a Flag, _: &'a OperationId) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            let mut knobs = self.knobs.lock().unwrap();
            knobs.flag_writes.push("clear".to_owned());
            knobs.flags.values_mut().for_each(|percent| *percent = 0.0);
            Ok("all off".into())
        })
    }
    fn preview<'a>(&'a self, _: &'a Flag, _: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        Box::pin(async { Ok(Preview::default()) })
    }
}

impl Checks for Fake {
    fn run<'a>(&'a self, _: &'a Gate) -> BoxFuture<'a, Finding> {
        Box::pin(async move {
            assert!(!self.get(|knobs| knobs.panics), "the check is broken");
            let takes = self.get(|knobs| knobs.gate_takes);
            let until = self.clock.now().checked_add(jiff::SignedDuration::from_secs(takes)).unwrap();
            self.clock.until(until).await;
            Finding {
                verdict: Verdict::Pass,
                summary: "12 passed".into(),
                evidence: Some(b"12 passed\n".to_vec()),
                took_ms: 5,
            }
        })
    }
}

impl Numbers for Fake {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move {
            let (rate, silent) = self.get(|knobs| (knobs.error_rate, knobs.silent));
            let newest = ask.to.as_second() / 15 * 15;
            let value = (!silent).then_some(rate);
            Ok(Reading::whole([(Timestamp::from_second(newest).unwrap(), value)]))
        })
    }
}

impl Router for Fake {
    fn read<'a>(&'a self, _: &'a Rollout) -> BoxFuture<'a, Result<Split, Fault>> {
        Box::pin(async move {
            let mut knobs = self.knobs.lock().unwrap();
            knobs.reads += 1;
            if knobs.unreadable {
                return Err(Fault::Unreachable("the router".to_owned(), "refused".to_owned()));
            }
            let weight = Weight::percent(knobs.weight);
            Ok(Split { configured: weight, observed: weight, owner: Owner::Nobody, ..Split::default() })
        })
    }
    fn write<'a>(&'a self, _: &'a Rollout, change: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move {
            let mut knobs = self.knobs.lock().unwrap();
            let Change { weight, operation, .. } = change;
            knobs.writes.push((weight.value(), operation.to_string()));
            if knobs.refuse_writes > 0 {
                knobs.refuse_writes -= 1;
                return Err(Fault::Conflict("the router".to_owned(), "another write came first".to_owned()));
            }
            if !knobs.answers.is_empty() {
                return Err(knobs.answers.remove(0));
            }
            knobs.weight = weight.value();
            if knobs.lose_answers > 0 {
                knobs.lose_answers -= 1;
                return Err(Fault::Unreachable("the router".to_owned(), "timed out".to_owned()));
            }
            Ok(Written { restore: std::mem::take(&mut knobs.restore) })
        })
    }
    fn preview<'a>(&'a self, _: &'a Rollout, weight: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        Box::pin(
            async move { Ok(Preview { patch: format!("weight: {weight}").into(), ..Preview::default() }) },
        )
    }
}

impl Workloads for Fake {
    fn deploy<'a>(&'a self, _: &'a Rollout, errand: Errand<'a>) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            errand.pass("the workload").await?;
            self.set(|knobs| knobs.deploys += 1);
            Ok("3 of 3 ready".into())
        })
    }
    fn scale_down<'a>(
        &'a self,
        _: &'a Rollout,
        _: Option<&'a str>,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            errand.pass("the workload").await?;
            self.set(|knobs| knobs.scaled_down += 1);
            Ok("gone".into())
        })
    }
    fn step<'a>(
        &'a self,
        _: &'a Rollout,
        _: &'a ProcedureStep,
        _: Errand<'a>,
    ) -> BoxFuture<'a, Result<(Outcome, Untrusted), Fault>> {
        Box::pin(async move { Ok((Outcome::Done, "ok".into())) })
    }
    fn readiness<'a>(&'a self, _: &'a Rollout) -> BoxFuture<'a, Result<Readiness, Fault>> {
        Box::pin(async move {
            Ok(Readiness { version: "3.1.4".to_owned(), ready: 10, of: 10, ..Readiness::default() })
        })
    }
}

impl Notifier for Fake {
    fn tell<'a>(&'a self, action: Action, text: &'a Untrusted) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            self.set(|knobs| knobs.told.push(format!("{action}: {}", text.line())));
            Ok("told".into())
        })
    }
}

/// A reader that knows one plan.
pub struct Fixed(pub Plan);

impl PlanReader for Fixed {
    fn read(&self, _: &[u8]) -> Result<Plan, String> {
        Ok(self.0.clone())
    }
}

pub fn compare(op: Op, value: f64, lasting: Option<u64>) -> Rule {
    let value = tminus::base::Quantity::new(value, Unit::Ratio);
    let rule = Rule { any: vec![vec![Test::new(Demand::Compare { op, value })]], lasting: None };
    Rule { lasting: lasting.map(Seconds), ..rule }
}

/// Two steps, an error rate that rolls back above 1 % for a minute, and one gate.
pub fn plan() -> Plan {
    let step = |weight, soak| Step {
        weight: Weight::percent(weight).unwrap(),
        soak: Seconds(soak),
        gates: Vec::new(),
        auto: true,
    };
    let mut blank = Plan::blank("payments", "prod");
    blank.release.version = "3.2.0".to_owned();
    blank.release.production = true;
    Plan {
        gates: vec![Gate {
            id: "tests".into(),
            title: "tests".into(),
            item: None,
            stage: None,
            check: Check::Command(CommandCheck {
                run: vec!["true".to_owned()],
                env: BTreeMap::new(),
                expect: None,
            }),
            pass: None,
            otherwise: Otherwise::Warn,
            timeout: Seconds(60),
            fresh: None,
            every: None,
        }],
        sources: vec![Source {
            id: "prom".into(),
            kind: SourceKind::Prometheus {
                url: "http://prometheus.example:9090".to_owned(),
                dialect: Dialect::Prometheus,
            },
            fallback: None,
            owner: None,
            every: Seconds(15),
        }],
        metrics: vec![Metric {
            id: "error-rate".into(),
            title: "error rate".into(),
            source: Some("prom".into()),
            query: Some("errors".to_owned()),
            sides: None,
            counts: None,
            histogram: None,
            target: Some(compare(Op::Below, 0.001, None)),
            alert: Some(compare(Op::Above, 0.01, Some(60))),
            baseline: None,
        }],
        triggers: vec![Trigger {
            id: "error-rate".into(),
            title: "error rate".into(),
            when: Watched::Metric { metric: "error-rate".into(), rule: compare(Op::Above, 0.01, Some(60)) },
            severity: "P0".to_owned(),
            actions: vec![Action::RollBack, Action::Notify],
            rollout: None,
            terms: Terms::default(),
            arming: Arming::Automatic,
        }],
        flags: Vec::new(),
        rollouts: vec![Rollout {
            id: "payments".into(),
            stage: None,
            strategy: Strategy::Canary,
            router: None,
            deploy: Default::default(),
            flags: Vec::new(),
            warm: None,
            steps: vec![step(25.0, 300), step(100.0, 60)],
            judge: None,
            blind: Some(Blind {
                after: Seconds(120),
                above: Weight::percent(10.0).unwrap(),
                actions: vec![Action::Hold],
            }),
            rollback: None,
            budget: Rollout::BUDGET,
        }],
        sources_digest: Digest::of("sources"),
        digest: Digest::of("plan"),
        ..blank
    }
}

pub fn journal() -> MemoryStore {
    let mut store =
        MemoryStore::create(Genesis { journal: Uuid::from_u128(7), test: true, at: at(0) }).unwrap();
    store.put_blob(b"sources").unwrap();
    store
}

pub fn adopt() -> Wish {
    Wish::AdoptPlan { plan: Digest::of("plan"), sources: Digest::of("sources"), matched: Vec::new() }
}

pub fn promote() -> Wish {
    Wish::Promote { rollout: "payments".into(), to: None }
}

pub fn roll_back() -> Wish {
    Wish::RollBack { rollout: None, reason: Untrusted::default() }
}

pub fn command(number: u128, who: &str, wish: Wish) -> Command {
    Command {
        id: Uuid::from_u128(number),
        actor: Actor::Person(who.to_owned()),
        assurance: Assurance::L0,
        via: Via::Verb,
        seen: None,
        wish,
    }
}

pub fn input(number: u128, who: &str, wish: Wish) -> Input {
    Input::Command(command(number, who, wish))
}

/// People who do one thing at each moment of a list, and leave at its end.
pub struct Script {
    pub lines: Vec<(Timestamp, Wish)>,
    pub ends: Timestamp,
    pub clock: Arc<dyn Clock>,
}

impl Cast for Script {
    fn wishes(&mut self, _: &View) -> Vec<(Actor, Wish)> {
        let now = self.clock.now();
        let (due, later) = std::mem::take(&mut self.lines).into_iter().partition(|(when, _)| *when <= now);
        self.lines = later;
        let due: Vec<(Timestamp, Wish)> = due;
        due.into_iter().map(|(_, wish)| (Actor::Script("ada@example.com".to_owned()), wish)).collect()
    }
    fn next(&self) -> Option<Timestamp> {
        Some(self.lines.iter().map(|(when, _)| *when).min().unwrap_or(self.ends))
    }
    fn over(&self, view: &View) -> bool {
        self.clock.now() >= self.ends || view.state.status.is_over()
    }
}
