//! Hand-made pictures of a release: what an engine would publish, without one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tminus::analysis::judge::Decision;
use tminus::analysis::{Quality, Verdict};
use tminus::base::{
    Actor, Assurance, Digest, ObjectName, Offset, OperationId, Seconds, StageId, Timestamp, Untrusted, Weight,
};
use tminus::plan::rule::Action;
use tminus::plan::{
    Arming, Blind, Bound, Check, Checkpoint, CommandCheck, Dialect, Exit, Flag, FlagApi, FlagPointers,
    FlagStore, Gate, Item, Message, Metric, Otherwise, Plan, Proof, ReleaseKind, ReleaseSpec, Role, Rollout,
    Router, RouterKind, SideNames, Source, SourceKind, Stage, Step, Strategy, Terms, Trigger, Watched,
};
use tminus::release::{
    Act, Answer, ApprovalState, Card, ClusterHealth, Credentials, Elapsed, EngineHealth, FlagCard, FlagSeen,
    GateState, Health, Identity, ItemState, KillSwitch, LogLine, Mark, Observations, OperationState, Outcome,
    Owner, PodCard, PodSide, Presence, Proposal, Readiness, Ready, Request, RequestCause, RolloutPhase,
    RolloutState, Run, Series, SignalCard, Soak, SourceHealth, State, Status, Tick, Traffic, TriggerPhase,
    TriggerState, Trouble, View,
};

/// T-0 of the release in the pictures.
pub fn t0() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().expect("a time")
}

/// So many seconds after T-0.
pub fn after(seconds: i64) -> Timestamp {
    t0().checked_add(jiff::SignedDuration::from_secs(seconds)).expect("in range")
}

/// Somebody's mark, so many seconds after T-0.
pub fn mark(name: &str, seconds: i64) -> Mark {
    Mark { by: Actor::Person(format!("{name}@example.com")), at: after(seconds), assurance: Assurance::L1 }
}

fn weight(percent: f64) -> Weight {
    Weight::percent(percent).expect("a share")
}

/// An item of a stage.
pub fn item(stage: &str, text: &str, owner: Option<&str>, due: Option<i64>) -> Item {
    let slug = text.to_lowercase().replace(' ', "-");
    Item {
        id: format!("{stage}/{slug}").into(),
        stage: stage.into(),
        group: None,
        text: text.into(),
        line: 12,
        depth: 0,
        parent: None,
        owner: owner.map(|name| format!("{name}@example.com")),
        due: due.map(Offset::seconds),
        bound: None,
        ticked: false,
    }
}

fn gate(id: &str, title: &str, otherwise: Otherwise) -> Gate {
    Gate {
        id: id.into(),
        title: title.into(),
        item: None,
        stage: None,
        check: Check::Command(CommandCheck {
            run: vec!["true".to_owned()],
            env: BTreeMap::new(),
            expect: None,
        }),
        pass: None,
        otherwise,
        timeout: Seconds(60),
        fresh: None,
        every: None,
    }
}

/// A metric with its target and alert.
pub fn metric(id: &str, title: &str, target: &str, alert: &str) -> Metric {
    Metric {
        id: id.into(),
        title: title.into(),
        source: Some("prom".into()),
        query: Some("up".to_owned()),
        sides: None,
        counts: None,
        histogram: None,
        target: target.parse().ok(),
        alert: alert.parse().ok(),
        baseline: None,
    }
}

fn source(id: &str, fallback: Option<&str>) -> Source {
    let url = format!("http://{id}.example");
    Source {
        id: id.into(),
        kind: SourceKind::Prometheus { url, dialect: Dialect::default() },
        every: Seconds(15),
        fallback: fallback.map(Into::into),
        owner: Some("sre".to_owned()),
    }
}

fn role(id: &str, title: &str, person: &str, order: u32) -> Role {
    Role {
        id: id.into(),
        title: title.into(),
        people: vec![format!("{person}@example.com")],
        approves: vec![ReleaseKind::Minor],
        order,
        escalate: None,
    }
}

/// The plan of the pictures.
pub fn plan() -> Plan {
    let stages = ["Planning", "Code freeze", "Validation", "Release", "Monitoring"];
    let slug = |title: &str| StageId::new(title.to_lowercase().replace(' ', "-"));
    let mut items = vec![
        item("planning", "Scope agreed", Some("ada"), None),
        item("planning", "Risks written down", Some("ada"), None),
        item("code-freeze", "Branch cut", Some("bo"), None),
        item("validation", "Unit tests passing", Some("cyd"), None),
        item("validation", "Image scan clean", Some("cyd"), None),
        item("release", "Tag pushed", Some("ada"), Some(-1800)),
        item("release", "Images published to the registry", Some("bo"), Some(1800)),
        item(
            "release",
            "Run database migration in compatible mode and wait for replicas",
            Some("dee"),
            Some(600),
        ),
        item("release", "Announce start to customers", Some("ada"), Some(3600)),
        item("release", "Update status page", None, Some(5400)),
        item("monitoring", "Verify health endpoints", Some("eli"), Some(3600)),
        item("monitoring", "Compare error budget", Some("eli"), Some(14_400)),
    ];
    for item in &mut items {
        match item.text.raw() {
            "Image scan clean" => item.bound = Some(Bound::Gate("image-scan".into())),
            "Announce start to customers" => item.bound = Some(Bound::Message("start".to_owned())),
            "Update status page" => item.depth = 1,
            _ => {}
        }
    }
    Plan {
        release: ReleaseSpec {
            name: "payments".to_owned(),
            version: "3.2.0".to_owned(),
            kind: ReleaseKind::Minor,
            t0: Some(t0()),
            zone: "Europe/Zurich".to_owned(),
            window: Some(Seconds(14_400)),
            environment: "prod".to_owned(),
            production: true,
            context: Some("eu-1".to_owned()),
        },
        roles: vec![
            role("release-manager", "Release manager", "ada", 1),
            role("qa-lead", "QA Lead", "bo", 2),
            role("security-lead", "Security Lead", "cyd", 2),
            role("ops", "Ops", "dee", 3),
            role("product", "Product owner", "eli", 3),
        ],
        stages: stages
            .into_iter()
            .map(|title| Stage {
                id: slug(title),
                title: title.into(),
                at: None,
                line: 1,
                exit: Exit::default(),
            })
            .collect(),
        items,
        gates: vec![
            gate("unit-tests", "Unit tests", Otherwise::Block),
            gate("coverage", "Coverage", Otherwise::Block),
            gate("image-scan", "Image scan", Otherwise::Block),
            gate("docs", "Docs up to date", Otherwise::Warn),
            gate("load-test", "Load test", Otherwise::Block),
            gate("pen-test", "Penetration test", Otherwise::Review("security-lead".into())),
        ],
        sources: vec![source("prom", Some("thanos")), source("thanos", None)],
        metrics: vec![
            metric("error-rate", "Error rate", "< 0.1%", "> 1% for 5m"),
            metric("p95", "Latency p95", "< 500ms", "> 1s for 5m"),
            metric("throughput", "Throughput", "> 100/s", "< 50/s for 5m"),
            metric("memory", "Memory", "< 500MB", "> 800MB"),
        ],
        triggers: vec![Trigger {
            id: "error-rate".into(),
            title: "Error rate".into(),
            when: Watched::Metric {
                metric: "error-rate".into(),
                rule: "> 1% for 5m".parse().expect("a rule"),
            },
            severity: "P0".to_owned(),
            actions: vec![Action::RollBack, Action::Notify],
            rollout: None,
            terms: Terms::default(),
            arming: Arming::Automatic,
        }],
        quiet: Vec::new(),
        objectives: Vec::new(),
        flags: Vec::new(),
        rollouts: vec![Rollout {
            id: "payments".into(),
            stage: Some("release".into()),
            strategy: Strategy::Canary,
            router: None,
            deploy: Default::default(),
            flags: Vec::new(),
            warm: None,
            steps: [(5.0, 3600), (25.0, 1800), (50.0, 1800), (100.0, 0)]
                .into_iter()
                .map(|(share, soak)| Step {
                    weight: weight(share),
                    soak: Seconds(soak),
                    gates: Vec::new(),
                    auto: false,
                })
                .collect(),
            judge: None,
            blind: Some(Blind { after: Seconds(600), above: weight(10.0), actions: vec![Action::Hold] }),
            rollback: None,
            budget: Rollout::BUDGET,
        }],
        procedures: Vec::new(),
        checkpoints: vec![Checkpoint {
            id: "t1h".into(),
            at: Offset::seconds(3600),
            text: "Verify health".into(),
            owner: Some("ada@example.com".to_owned()),
        }],
        messages: vec![Message {
            name: "start".to_owned(),
            audience: "customers".into(),
            at: None,
            text: "Version 3.2.0 is going out.".into(),
            webhook: None,
        }],
        vars: BTreeMap::new(),
        sources_digest: Digest::of("sources"),
        digest: Digest::of("binding"),
    }
}

fn ran(verdict: Verdict, summary: &str, seconds: i64) -> GateState {
    let run = Run {
        number: 1,
        started: mark("ada", seconds - 20),
        ended: Some(after(seconds)),
        verdict: Some(verdict),
        summary: summary.into(),
        evidence: Some(Digest::of(summary)),
        attempt: 1,
    };
    GateState { runs: vec![run], ..GateState::default() }
}

/// The state of the pictures: 42 minutes after T-0, at a quarter of the traffic.
pub fn state(plan: &Plan) -> State {
    let mut state = State {
        version: 87,
        status: Status::Running,
        attempt: 1,
        identity: Some(Identity {
            release: "payments".to_owned(),
            version: "3.2.0".to_owned(),
            environment: "prod".to_owned(),
        }),
        started: Some(t0()),
        stage: Some("release".into()),
        epoch: 3,
        ..State::default()
    };
    for stage in ["planning", "code-freeze", "validation"] {
        state.left.insert(stage.into(), None);
    }
    for (place, item) in plan.items.iter().enumerate().take(6) {
        let known = ItemState { tick: Tick::Done(mark("ada", -3600 + place as i64)), ..Default::default() };
        state.items.insert(item.id.clone(), known);
    }
    let gates = [
        ("unit-tests", ran(Verdict::Pass, "1204 passed", 2400)),
        ("coverage", ran(Verdict::Pass, "84.1% of 80%", 2400)),
        ("image-scan", ran(Verdict::Fail, "1 HIGH: openssl 3.0.1", 2300)),
        ("docs", ran(Verdict::Warn, "2 pages older than the code", 2200)),
        ("load-test", ran(Verdict::NoData, "no samples in the window", 2489)),
    ];
    state.gates.extend(gates.map(|(id, known)| (id.into(), known)));
    for (role, name, seconds) in
        [("release-manager", "ada", -900), ("qa-lead", "bo", -700), ("ops", "dee", -60)]
    {
        let known = ApprovalState {
            requested: Some(after(-3600)),
            answer: Some(Answer::Go),
            mark: Some(mark(name, seconds)),
            ..Default::default()
        };
        state.approvals.insert(role.into(), known);
    }
    let asked = ApprovalState { requested: Some(after(-3600)), ..Default::default() };
    state.approvals.insert("security-lead".into(), asked);
    let rollout = RolloutState {
        phase: RolloutPhase::Soaking,
        step: 2,
        desired: Some(weight(25.0)),
        configured: Some(weight(25.0)),
        observed: Some(weight(25.2)),
        soak: Soak { counted: 0, good_since: Some(after(1780)), completed: false },
        good_data: true,
        ..Default::default()
    };
    state.rollouts.insert("payments".into(), rollout);
    for (number, step, share, seconds) in [(1, 1, 5.0, 60), (2, 2, 25.0, 1780)] {
        let done = OperationState {
            act: Act::SetWeight { rollout: "payments".into(), step, weight: weight(share), reason: None },
            mark: mark("ada", seconds - 2),
            version: 80 + number,
            epoch: 3,
            outcome: Some(Outcome::Done),
            ended: Some(after(seconds)),
            summary: "read back".into(),
            evidence: None,
        };
        state.operations.insert(OperationId::new(format!("set-weight/payments/{share}/{number}")), done);
    }
    let pending = TriggerState { phase: TriggerPhase::Pending, ..Default::default() };
    state.triggers.insert("error-rate".into(), pending);
    state
}

/// Samples that swing slowly, with some noise and a gap now and then.
pub fn samples(base: f64, swing: f64, count: i64) -> Vec<(Timestamp, Option<f64>)> {
    let sample = |i: i64| {
        let slow = ((i - 30).abs() % 31) as f64 / 30.0;
        let noise = ((i * 7) % 11) as f64 / 11.0;
        (after(2520 - (count - i) * 15), (i % 23 != 5).then_some(base + swing * (0.6 * slow + 0.4 * noise)))
    };
    (0..count).map(sample).collect()
}

/// An hour's quarter of such samples.
pub fn series(base: f64, swing: f64, verdict: Verdict) -> Series {
    Series {
        samples: samples(base, swing, 60),
        verdict,
        reason: Untrusted::default(),
        baseline: Vec::new(),
        quality: Quality::Ok,
    }
}

/// What a judge says of the pictures' canary.
pub fn card(decision: Decision) -> Card {
    let signal = |metric: &str, ratio, worse, fine, canary, baseline| SignalCard {
        metric: metric.into(),
        ratio,
        worse,
        fine,
        canary,
        baseline,
        scatter: None,
    };
    let worse = if decision == Decision::RollBack { 1.0 } else { 0.64 };
    Card {
        decision,
        why: "error-rate is 2.3 times the stable version's, between 1.4 and 4.1 times".into(),
        signals: vec![
            signal("error-rate", Some((1.4, 2.3, 4.1)), worse, 0.12, (12_040, 14), (36_210, 18)),
            signal("p95", Some((0.8, 0.9, 1.1)), 0.02, 0.96, (12_040, 122), (36_210, 401)),
        ],
        minutes: Some(4.2),
        faster: "at 50 % it takes about 2 min".into(),
        at: Some(after(2516)),
    }
}

/// What a machine asks of the pictures' people.
pub fn request(number: u64, wants: Proposal, cause: RequestCause, why: &str) -> Request {
    Request { number, rollout: "payments".into(), wants, cause, why: why.into(), since: after(2280) }
}

/// The picture when machines ask: the judge wants the canary back, a trigger that may not act has fired, one is
/// contested, one is blind, one is quiet, and a source is silent.
pub fn asking() -> View {
    let mut view = view();
    let mut plan = plan();
    let trigger = |id: &str, rule: &str, proof, arming| Trigger {
        id: id.into(),
        title: id.into(),
        when: Watched::Metric { metric: "error-rate".into(), rule: rule.parse().expect("a rule") },
        severity: "P1".to_owned(),
        actions: vec![Action::RollBack, Action::Page],
        rollout: None,
        terms: Terms { proof, ..Terms::default() },
        arming,
    };
    plan.triggers.extend([
        trigger("error-budget", "> 0.1% for 10m", Proof::Evidence, Arming::Request),
        trigger("p95-rise", "> 2x baseline for 5m", Proof::Point, Arming::Contested { lines: (849, 1419) }),
        trigger("memory-leak", "> 800MB for 5m", Proof::Point, Arming::Automatic),
        trigger("total-loss", "> 50%", Proof::Guardrail, Arming::Automatic),
    ]);
    let mut nps = metric("satisfaction", "Satisfaction", ">= 4.2", "< 3.8");
    nps.source = None;
    plan.metrics.push(nps);
    let mut state = view.state.as_ref().clone();
    let phase = |phase, reason: &str| TriggerState { phase, reason: reason.into(), ..Default::default() };
    let fired = TriggerState { value: Some(0.0014), ..phase(TriggerPhase::Fired, "") };
    state.triggers.insert("error-budget".into(), fired);
    state.triggers.insert("memory-leak".into(), phase(TriggerPhase::Unknown, "no such series"));
    state
        .triggers
        .insert("total-loss".into(), phase(TriggerPhase::Suppressed, "nightly restart until 11:50"));
    let of_trigger = RequestCause::Trigger { trigger: "error-budget".into() };
    state.requests = vec![
        request(84, Proposal::Hold, of_trigger, "error-budget fired and may not act by itself"),
        request(
            86,
            Proposal::RollBack,
            RequestCause::Judge,
            "error-rate is 2.3 times the stable version's, at least 1.4 times",
        ),
    ];
    let mut seen = view.seen.as_ref().clone();
    seen.judged
        .insert("payments".into(), Card { minutes: None, faster: "".into(), ..card(Decision::RollBack) });
    view.health.sources.insert(
        "prom".into(),
        SourceHealth { good: Some(after(2300)), fault: Some("connection refused".into()) },
    );
    view.health.sources.insert("thanos".into(), SourceHealth { good: Some(after(2510)), fault: None });
    view.plan = Arc::new(plan);
    view.state = Arc::new(state);
    view.seen = Arc::new(seen);
    view
}

/// The picture when others meddle: an owner, a weight somebody set, credentials that are over, a way back that is not
/// ready, pods that restart, a flag.
pub fn meddled() -> View {
    let mut view = view();
    let mut plan = (*view.plan).clone();
    let api = FlagApi {
        url: "https://flags.example.com/new-checkout".to_owned(),
        token_env: None,
        body: "{}".to_owned(),
        off: None,
        kill: None,
        disable_all: None,
    };
    plan.flags.push(Flag {
        id: "new-checkout".into(),
        title: "New checkout".into(),
        kept: FlagStore::Http(api),
        at: FlagPointers::default(),
        environments: Vec::new(),
        requires: Vec::new(),
    });
    let sides = SideNames { stable: "payments-stable".to_owned(), canary: "payments-canary".to_owned() };
    let object = ObjectName::parse("shop/payments").expect("a name");
    for rollout in &mut plan.rollouts {
        let kind = RouterKind::HttpRoute { object: object.clone(), rule: None, sides: sides.clone() };
        rollout.router = Some(Router { kind, observed: None });
        rollout.flags = vec!["new-checkout".into()];
    }
    view.plan = Arc::new(plan);
    let seen = Arc::make_mut(&mut view.seen);
    let traffic = Traffic {
        configured: Some(weight(40.0)),
        observed: None,
        at: Some(after(2508)),
        by: Some("kubectl-edit".into()),
        since: Some(after(2508)),
        owner: Owner::Rollout { name: "shop/payments".to_owned() },
        ..Traffic::default()
    };
    seen.traffic.insert("payments".into(), traffic);
    let needs = vec![
        Ready { what: "image pullable".to_owned(), verdict: Verdict::Fail, said: "no such tag".into() },
        Ready { what: "credentials".to_owned(), verdict: Verdict::Pass, said: "good".into() },
    ];
    let digest = Some("sha256:0123456789abcdef".to_owned());
    let ready = Readiness { version: "3.1.4".to_owned(), digest, needs, ready: 10, of: 10 };
    seen.readiness.insert("payments".into(), ready);
    let pod = |name: &str, side, ready, phase: &str, restarts| PodCard {
        name: name.into(),
        side,
        ready,
        phase: phase.into(),
        restarts,
        image: "registry.example.com/team/payments:3.2.0".into(),
        digest: Some("sha256:0123456789abcdef0123456789abcdef".into()),
        node: Some("node-1".into()),
        since: Some(after(-600)),
    };
    let pods = vec![
        pod("payments-canary-6d4f9-x2x9l", PodSide::Canary, false, "CrashLoopBackOff", 4),
        pod("payments-canary-6d4f9-zz8kq", PodSide::Canary, true, "Running", 1),
        pod("payments-stable-5b7c8-a1b2c", PodSide::Stable, true, "Running", 0),
        pod("payments-stable-5b7c8-d3e4f", PodSide::Stable, true, "Running", 0),
    ];
    seen.pods.insert("payments".into(), pods);
    let flag = FlagSeen { enabled: Some(true), percent: Some(weight(25.0)), ..FlagSeen::default() };
    let card = FlagCard {
        seen: flag,
        allowed: true,
        switch: KillSwitch::Armed,
        at: Some(after(2515)),
        ..FlagCard::default()
    };
    seen.flags.insert("new-checkout".into(), card);
    view.health.pods.insert("payments".into(), SourceHealth { good: Some(after(2518)), fault: None });
    view.health.cluster = Some(ClusterHealth {
        context: "prod-eu-1".to_owned(),
        good: Some(after(2508)),
        fault: Some("the cluster does not take the credentials".into()),
        credentials: Credentials::Expired { since: after(2400), remedy: "log in again".into() },
        trouble: Some(Trouble::Expired),
        unverified: false,
    });
    view
}

/// The picture: a canary at a quarter, one gate red, one trigger pending.
pub fn view() -> View {
    let plan = plan();
    let state = state(&plan);
    let mut seen = Observations::default();
    seen.traffic.insert(
        "payments".into(),
        Traffic {
            configured: Some(weight(25.0)),
            observed: Some(weight(25.2)),
            at: Some(after(2519)),
            ..Traffic::default()
        },
    );
    let beside = series(0.0001, 0.0004, Verdict::Pass).samples;
    let errors = Series { baseline: beside, ..series(0.0002, 0.0011, Verdict::Warn) };
    seen.metrics.insert("error-rate".into(), errors);
    seen.judged.insert("payments".into(), card(Decision::Hold));
    seen.metrics.insert("p95".into(), series(0.15, 0.08, Verdict::Pass));
    seen.metrics.insert("throughput".into(), series(300.0, 60.0, Verdict::Pass));
    let silent = Series {
        samples: Vec::new(),
        verdict: Verdict::NoData,
        reason: "no such series".into(),
        baseline: Vec::new(),
        quality: Quality::NoSeries,
    };
    seen.metrics.insert("memory".into(), silent);
    seen.triggers.insert("error-rate".into(), Elapsed { elapsed: 130, needed: 300 });
    let ready = Readiness { version: "3.1.4".to_owned(), ready: 10, of: 10, ..Readiness::default() };
    seen.readiness.insert("payments".into(), ready);
    let line = |version, seconds, by: &str, text: &str| LogLine {
        version,
        at: after(seconds),
        by: format!("{by}@example.com"),
        text: text.to_owned(),
    };
    let recent = VecDeque::from([
        line(84, 1200, "bo", "approval: QA Lead go (bo, L1)"),
        line(85, 1778, "ada", "promoted payments 5 → 25"),
        line(86, 1780, "ada", "weight 5 → 25 verified in 1.2 s"),
        line(87, 2489, "ada", "gate load test: no data"),
    ]);
    let mut health = Health {
        engine: EngineHealth::Alive { epoch: 3, simulated: false },
        cluster: Some(ClusterHealth { good: Some(after(2519)), ..ClusterHealth::default() }),
        ..Health::default()
    };
    health.sources.insert("prom".into(), SourceHealth { good: Some(after(2516)), fault: None });
    let here = |name: &str| Presence { name: format!("{name}@example.com"), from: "host".to_owned() };
    View {
        state: Arc::new(state),
        plan: Arc::new(plan),
        seen: Arc::new(seen),
        presence: vec![here("ada"), here("bo")],
        health,
        recent: Arc::new(recent),
        now: after(2520),
    }
}
