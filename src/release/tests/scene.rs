//! A small release to play with: what every test begins from.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::analysis::Verdict;
use crate::base::*;
use crate::plan::rule::{Action, Check, Op, Rule, Test};
use crate::plan::{Check as GateCheck, *};
use crate::release::*;

/// A release under a clock that only the test moves.
pub struct Scene {
    pub state: State,
    pub plan: Plan,
    pub now: Timestamp,
    pub events: Vec<Event>,
    pub stamps: Vec<Timestamp>,
    pub actors: Vec<Actor>,
    pub wake_at: Option<Timestamp>,
    commands: u128,
}

impl Scene {
    /// The plan is adopted; nothing else has happened.
    pub fn planned() -> Self {
        let mut scene = Self {
            state: State::default(),
            plan: plan(),
            now: "2026-12-01T10:00:00Z".parse().expect("time"),
            events: Vec::new(),
            stamps: Vec::new(),
            actors: Vec::new(),
            wake_at: None,
            commands: 0,
        };
        scene.wish(Wish::AdoptPlan {
            plan: Digest::of("plan"),
            sources: Digest::of("sources"),
            matched: vec![],
        });
        scene
    }

    /// Every gate passed, everybody said go, every item before the release stage is ticked, numbers are good.
    pub fn ready() -> Self {
        let mut scene = Self::planned();
        scene.pass("unit-tests");
        scene.wish(Wish::Tick { item: "validation/docs".into(), evidence: None, waiver: None });
        scene.go("qa");
        scene.go("manager");
        scene.report(Report::Readiness { rollout: "web".into(), version: "1.0.0".into(), ready: 3, of: 3 });
        scene.data(true);
        scene
    }

    /// The same with a second rollout, `api`, that follows the plan of the first.
    pub fn two_ready() -> Self {
        let mut scene = Self::ready();
        let api = Rollout { id: "api".into(), ..scene.plan.rollouts[0].clone() };
        scene.plan.rollouts.push(api);
        scene.report(Report::Readiness { rollout: "api".into(), version: "1.0.0".into(), ready: 3, of: 3 });
        let since = scene.now;
        scene.report(Report::DataQuality { rollout: "api".into(), good: true, since });
        scene
    }

    /// Brings a rollout to its first step.
    pub fn begin(&mut self, rollout: &str) {
        self.wish(Wish::Promote { rollout: rollout.into(), to: None });
        self.end(Outcome::Done, None, None);
        self.end(Outcome::Done, Some(10.0), Some(10.0));
    }

    /// Takes a rollout from its first step to the end.
    pub fn complete(&mut self, rollout: &str) {
        for weight in [50.0, 100.0] {
            self.later(600);
            self.wish(Wish::Promote { rollout: rollout.into(), to: None });
            self.end(Outcome::Done, Some(weight), Some(weight));
        }
    }

    /// Rolls one rollout back, to the end.
    pub fn roll_back(&mut self, rollout: &str) {
        self.wish(Wish::RollBack { rollout: Some(rollout.into()), reason: "".into() });
        self.end(Outcome::Done, Some(0.0), Some(0.0));
        self.end(Outcome::Done, None, None);
    }

    /// Gives the rollout a procedure of these steps.
    pub fn mends(&mut self, steps: Vec<ProcedureStep>) {
        let title = "mend".into();
        self.plan.procedures = vec![Procedure { id: "mend".into(), title, steps, verify: vec![] }];
        self.plan.rollouts[0].rollback = Some("mend".into());
    }

    /// The router says this, and who wrote it.
    pub fn router(&mut self, configured: f64, by: Option<&str>) -> Vec<Event> {
        let share = Weight::percent(configured);
        let by = by.map(Untrusted::from);
        self.report(Report::Traffic { rollout: "web".into(), configured: share, observed: share, by })
    }

    /// The operations in flight.
    pub fn in_flight(&self) -> Vec<String> {
        let open = wanted(&self.state, &self.plan, self.now).operations;
        open.iter().map(|id| self.state.operations[id].act.key()).collect()
    }

    pub fn rollout(&self, rollout: &str) -> &RolloutState {
        &self.state.rollouts[rollout]
    }

    /// Soaking at the first step.
    pub fn soaking() -> Self {
        let mut scene = Self::ready();
        scene.promote().expect("nothing blocks");
        scene.end(Outcome::Done, None, None);
        scene.end(Outcome::Done, Some(10.0), Some(10.0));
        scene
    }

    pub fn give(&mut self, input: Input) -> Result<Vec<Event>, Refusal> {
        let decision = decide(&self.state, &self.plan, &input, self.now);
        if let Some(refusal) = decision.refused {
            assert!(decision.events.is_empty(), "a refusal records nothing");
            return Err(refusal);
        }
        let actor = match &input {
            Input::Command(command) => command.actor.clone(),
            Input::Report(_) => Actor::Engine,
        };
        for event in &decision.events {
            let version = self.state.version + 1;
            let recorded = Recorded {
                version,
                at: self.now,
                actor: actor.clone(),
                assurance: Assurance::L0,
                via: Via::Verb,
                kind: String::new(),
                hash: Digest::of(version.to_string()),
                event: Some(event.clone()),
            };
            self.state.apply(&recorded);
            self.stamps.push(self.now);
            self.actors.push(actor.clone());
        }
        if let Some(after) = decision.after {
            let after = State { head: self.state.head, ..*after };
            assert_eq!(after, self.state, "it is what a fold gives");
        }
        self.events.extend(decision.events.iter().cloned());
        self.wake_at = decision.wake_at;
        Ok(decision.events)
    }

    pub fn try_wish(&mut self, wish: Wish) -> Result<Vec<Event>, Refusal> {
        self.commands += 1;
        self.give(Input::Command(Command {
            id: Uuid::from_u128(self.commands),
            actor: Actor::Person("ada".into()),
            assurance: Assurance::L0,
            via: Via::Verb,
            seen: None,
            wish,
        }))
    }

    pub fn wish(&mut self, wish: Wish) -> Vec<Event> {
        self.try_wish(wish).expect("granted")
    }

    pub fn report(&mut self, report: Report) -> Vec<Event> {
        self.give(Input::Report(report)).expect("reports are never refused")
    }

    pub fn later(&mut self, seconds: i64) -> Vec<Event> {
        self.now = self.now.checked_add(jiff::SignedDuration::from_secs(seconds)).expect("time");
        self.report(Report::Woke)
    }

    pub fn pass(&mut self, gate: &str) {
        self.finish(gate, Verdict::Pass);
    }

    pub fn finish(&mut self, gate: &str, verdict: Verdict) {
        self.wish(Wish::RunGate { gate: gate.into() });
        let run = self.state.gates[gate].runs.last().expect("begun").number;
        self.report(Report::GateFinished {
            gate: gate.into(),
            run,
            verdict,
            summary: "1204 passed".into(),
            evidence: None,
            took_ms: 1,
        });
    }

    pub fn go(&mut self, role: &str) {
        self.wish(Wish::Approve { role: role.into(), answer: Answer::Go, reason: "".into() });
    }

    pub fn promote(&mut self) -> Result<Vec<Event>, Refusal> {
        self.try_wish(Wish::Promote { rollout: "web".into(), to: None })
    }

    pub fn data(&mut self, good: bool) {
        let since = self.now;
        self.report(Report::DataQuality { rollout: "web".into(), good, since });
    }

    pub fn trigger(&mut self, phase: TriggerPhase) -> Vec<Event> {
        let since = self.now;
        self.report(Report::Trigger { trigger: "errors".into(), phase, since, value: Some(0.02) })
    }

    /// Ends the oldest operation that has not ended.
    pub fn end(&mut self, outcome: Outcome, configured: Option<f64>, observed: Option<f64>) -> Vec<Event> {
        let operation =
            wanted(&self.state, &self.plan, self.now).operations.first().expect("one in flight").clone();
        self.report(Report::OperationEnded {
            operation,
            outcome,
            summary: "".into(),
            configured: configured.and_then(Weight::percent),
            observed: observed.and_then(Weight::percent),
            evidence: None,
            restore: Vec::new(),
        })
    }

    pub fn web(&self) -> &RolloutState {
        &self.state.rollouts["web"]
    }

    pub fn blockers(&self) -> Vec<String> {
        explain(&self.state, &self.plan, self.now).into_iter().map(|blocker| blocker.code).collect()
    }
}

pub fn plan() -> Plan {
    let one_percent = Check::Compare { op: Op::Above, value: Quantity::new(0.01, Unit::Ratio) };
    let test = Test::new(one_percent);
    let rule = Rule { lasting: Some(Seconds(300)), ..Rule::one(test) };
    Plan {
        release: ReleaseSpec {
            name: "web".into(),
            version: "1.1.0".into(),
            kind: ReleaseKind::Minor,
            t0: None,
            zone: "UTC".into(),
            window: None,
            environment: "prod".into(),
            production: true,
            context: None,
        },
        roles: vec![role("qa", 1), role("manager", 2)],
        stages: vec![stage("validation"), stage("release")],
        items: vec![
            item("validation/tests", "validation", Some(Bound::Gate("unit-tests".into()))),
            item("validation/docs", "validation", None),
            item("release/announce", "release", None),
        ],
        gates: vec![gate("unit-tests", Otherwise::Block), gate("notes", Otherwise::Warn)],
        sources: vec![],
        metrics: vec![Metric {
            id: "errors".into(),
            title: "errors".into(),
            source: None,
            query: None,
            sides: None,
            counts: None,
            histogram: None,
            target: None,
            alert: Some(rule.clone()),
            baseline: None,
        }],
        triggers: vec![Trigger {
            id: "errors".into(),
            title: "errors".into(),
            when: Watched::Metric { metric: "errors".into(), rule },
            severity: "P0".into(),
            actions: vec![Action::RollBack, Action::Page],
            rollout: None,
            terms: Terms::default(),
            arming: Arming::Automatic,
        }],
        quiet: Vec::new(),
        objectives: Vec::new(),
        flags: Vec::new(),
        rollouts: vec![Rollout {
            id: "web".into(),
            stage: Some("release".into()),
            strategy: Strategy::Canary,
            router: None,
            deploy: Default::default(),
            flags: Vec::new(),
            warm: None,
            steps: vec![step(10.0, 600), step(50.0, 600), step(100.0, 0)],
            judge: None,
            blind: Some(Blind {
                after: Seconds(300),
                above: Weight::percent(10.0).expect("weight"),
                actions: vec![Action::Hold, Action::Page],
            }),
            rollback: None,
            budget: Rollout::BUDGET,
        }],
        procedures: vec![],
        checkpoints: vec![],
        messages: vec![],
        vars: BTreeMap::new(),
        sources_digest: Digest::of("sources"),
        digest: Digest::of("plan"),
    }
}

pub fn command(program: &str) -> ProcedureStep {
    let check = CommandCheck { run: vec![program.to_owned()], env: BTreeMap::new(), expect: None };
    ProcedureStep::new(StepKind::Command(check))
}

pub fn gate(id: &str, otherwise: Otherwise) -> Gate {
    Gate {
        id: id.into(),
        title: id.into(),
        item: None,
        stage: Some("validation".into()),
        check: GateCheck::Git(GitCheck { repository: ".".into(), facts: vec![GitFact::Clean] }),
        pass: None,
        otherwise,
        timeout: Seconds(60),
        fresh: None,
        every: None,
    }
}

fn role(id: &str, order: u32) -> Role {
    Role {
        id: id.into(),
        title: id.into(),
        people: vec![],
        approves: vec![ReleaseKind::Minor],
        order,
        escalate: None,
    }
}

fn stage(id: &str) -> Stage {
    Stage { id: id.into(), title: id.into(), at: None, line: 1, exit: Exit::default() }
}

fn item(id: &str, stage: &str, bound: Option<Bound>) -> Item {
    Item {
        id: id.into(),
        stage: stage.into(),
        group: None,
        text: id.into(),
        line: 1,
        depth: 0,
        parent: None,
        owner: None,
        due: None,
        bound,
        ticked: false,
    }
}

fn step(weight: f64, soak: u64) -> Step {
    Step { weight: Weight::percent(weight).expect("weight"), soak: Seconds(soak), gates: vec![], auto: false }
}
