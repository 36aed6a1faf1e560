//! What the screens look like to a terminal, and that nothing from outside gets through them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::num::NonZeroU16;
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use tminus::base::{Actor, Untrusted};
use tminus::release::{
    EngineHealth, Hold, HoldCause, LogLine, Owner, Presence, SourceHealth, Traffic, Trouble, View,
    WatchHealth,
};
use tminus::tui::{Depth, ScreenName, Symbols, Theme, ThemeName, export, render, render_with};

use crate::support::pictures::{self, mark};

/// What a terminal wrote, shared with who reads it back.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Vec<u8>>>);

impl io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal with nothing on it.
fn blank(columns: u16, rows: u16) -> vt100::Parser {
    let size = |cells| NonZeroU16::new(cells).expect("at least one cell");
    vt100::Parser::new(size(rows), size(columns), 0)
}

/// The screen as a terminal shows it after every cell went through the real backend.
fn terminal(buffer: &Buffer) -> vt100::Parser {
    crossterm::style::force_color_output(true);
    let wire = Wire::default();
    let mut backend = CrosstermBackend::new(wire.clone());
    backend.draw(Buffer::empty(buffer.area).diff(buffer).into_iter()).expect("a frame");
    let mut parser = blank(buffer.area.width, buffer.area.height);
    parser.process(&wire.0.borrow());
    parser
}

fn text(parser: &vt100::Parser, columns: u16) -> String {
    parser.screen().rows(0, columns).map(|row| format!("{}\n", row.trim_end())).collect()
}

/// Every cell's look as a letter, with the looks behind the letters.
fn looks(parser: &vt100::Parser, (columns, rows): (u16, u16)) -> String {
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut out = String::new();
    for row in 0..rows {
        for column in 0..columns {
            let look = parser.screen().cell(row, column).map_or(String::new(), |cell| {
                let mut look = format!("{:?} on {:?}", cell.fgcolor(), cell.bgcolor());
                for (on, word) in [
                    (cell.bold(), " bold"),
                    (cell.dim(), " dim"),
                    (cell.italic(), " italic"),
                    (cell.underline(), " underline"),
                    (cell.inverse(), " inverse"),
                ] {
                    look.push_str(if on { word } else { "" });
                }
                look
            });
            let next = char::from(b'a' + u8::try_from(letters.len() % 26).expect("a letter"));
            out.push(*letters.entry(look).or_insert(next));
        }
        out.push('\n');
    }
    let mut legend: Vec<_> = letters.into_iter().map(|(look, letter)| (letter, look)).collect();
    legend.sort();
    for (letter, look) in legend {
        let _ = writeln!(out, "{letter} {look}");
    }
    out
}

#[test]
fn the_overview_at_every_size() {
    let view = pictures::view();
    for size in [(80, 24), (120, 40), (200, 60), (40, 12)] {
        let shown = terminal(&render(&view, size, ScreenName::Overview, ThemeName::Dark));
        insta::assert_snapshot!(format!("overview_{}x{}", size.0, size.1), text(&shown, size.0));
    }
}

#[test]
fn the_looks_of_every_theme() {
    let view = pictures::view();
    let size = (80, 24);
    for theme in ThemeName::ALL {
        let shown = terminal(&render(&view, size, ScreenName::Overview, theme));
        insta::assert_snapshot!(format!("looks_{}", theme.as_str()), looks(&shown, size));
    }
}

#[test]
fn every_other_screen() {
    let view = pictures::view();
    for name in ScreenName::ALL.into_iter().filter(|name| *name != ScreenName::Overview) {
        let shown = terminal(&render(&view, (100, 30), name, ThemeName::Dark));
        insta::assert_snapshot!(format!("screen_{}", name.as_str()), text(&shown, 100));
    }
}

#[test]
fn a_metric_over_time_at_every_size_and_without_colour() {
    let view = pictures::view();
    for size in [(80, 24), (120, 40), (200, 60), (40, 12)] {
        let shown = terminal(&render(&view, size, ScreenName::Chart, ThemeName::Dark));
        insta::assert_snapshot!(format!("chart_{}x{}", size.0, size.1), text(&shown, size.0));
    }
    let theme = Theme::built_in(ThemeName::Mono, Depth::Mono, Symbols::ASCII);
    let shown = export::text(&render_with(&view, (80, 24), ScreenName::Chart, theme));
    let foreign: Vec<char> = shown.chars().filter(|c| !c.is_ascii() && *c != '→' && *c != '·').collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    for sign in ["** canary", "oo stable", "- target < 0.1 %", "^ alert > 1 % for 5m", ". warm-up", "?"] {
        assert!(shown.contains(sign), "{sign}\n{shown}");
    }
}

#[test]
fn what_is_asked_is_seen_on_every_screen_and_size_without_colour() {
    let view = pictures::asking();
    for (width, height) in [(120, 40), (80, 24), (40, 12)] {
        for name in ScreenName::ALL {
            let buffer = render(&view, (width, height), name, ThemeName::Mono);
            let shown = export::text(&buffer);
            assert!(shown.contains("!! ASKED: roll back payments"), "{name:?} at {width}:\n{shown}");
            assert!(shown.contains("R does it") || shown.contains("R yes"), "{name:?} at {width}:\n{shown}");
            assert!(shown.contains("the judge: error-rate is 2.3"), "{name:?} at {width}:\n{shown}");
        }
    }
    for size in [(120, 40), (80, 24), (40, 12)] {
        let shown = terminal(&render(&view, size, ScreenName::Metrics, ThemeName::Dark));
        insta::assert_snapshot!(format!("asking_{}x{}", size.0, size.1), text(&shown, size.0));
    }
    let shown = terminal(&render(&view, (80, 24), ScreenName::Overview, ThemeName::Mono));
    assert!((0..80).all(|column| shown.screen().cell(2, column).is_some_and(|cell| cell.inverse())));
}

#[test]
fn who_meddles_is_seen_at_every_size() {
    let view = pictures::meddled();
    for size in [(80, 24), (120, 40), (200, 60), (40, 12)] {
        for name in [ScreenName::Overview, ScreenName::Rollout, ScreenName::Pods] {
            let shown = export::text(&render(&view, size, name, ThemeName::Dark));
            assert!(shown.contains("PROD") && shown.contains("3.1.4"), "{name:?} at {size:?}\n{shown}");
        }
    }
    let rollout = export::text(&render(&view, (120, 60), ScreenName::Rollout, ThemeName::Dark));
    for must in [
        "httproute shop/payments",
        "somebody set 40 %: kubectl-edit, 10s ago",
        "owned by Argo Rollout shop/payments: moves go through it",
        "NOT READY: image pullable: no such tag",
        "cluster ✗ expired 2m",
        "New checkout  on, 25 %  kill switch armed",
    ] {
        assert!(rollout.contains(must), "{must}\n{rollout}");
    }
    let pods = export::text(&render(&view, (120, 40), ScreenName::Pods, ThemeName::Mono));
    for must in ["stable 2/2", "canary 1/2 5 restarts", "CrashLoopBackOff", "0123456789ab", "payments:3.2.0"]
    {
        assert!(pods.contains(must), "{must}\n{pods}");
    }
    let first = pods.find("payments-stable").zip(pods.find("payments-canary"));
    assert!(first.is_some_and(|(stable, canary)| stable < canary), "stable stands first");
}

#[test]
fn trouble_with_the_cluster_is_one_short_word() {
    let mut view = pictures::view();
    let shown = |view: &View| export::text(&render(view, (160, 20), ScreenName::Overview, ThemeName::Dark));
    for (trouble, word) in [
        (None, "cluster 1s"),
        (Some(Trouble::Forbidden), "cluster ✗ forbidden "),
        (Some(Trouble::Unreachable), "cluster ✗ unreachable 1s"),
        (Some(Trouble::NoCredentials), "cluster ✗ no credentials 1s"),
    ] {
        if let Some(cluster) = &mut view.health.cluster {
            cluster.trouble = trouble;
            cluster.fault = Some("a plugin printed\n\u{1b}[31ma long tale".into());
        }
        assert!(shown(&view).contains(word), "{word}\n{}", shown(&view));
        assert!(!shown(&view).contains("plugin"), "the tale is not for the header");
    }
    let lost = WatchHealth::Lost { since: view.now, why: "410".into() };
    view.health.watches.insert("payments".into(), lost);
    if let Some(cluster) = &mut view.health.cluster {
        cluster.trouble = None;
    }
    assert!(shown(&view).contains("cluster 1s ! watch lost"), "{}", shown(&view));
}

#[test]
fn a_picture_that_says_the_same_draws_the_same() {
    let view = pictures::meddled();
    for name in ScreenName::ALL {
        let once = render(&view, (120, 40), name, ThemeName::Dark);
        assert_eq!(once, render(&view.clone(), (120, 40), name, ThemeName::Dark), "{name:?}");
    }
}

#[test]
fn a_silent_source_is_named_with_who_stands_in_or_whom_to_ask() {
    let mut view = pictures::asking();
    let shown = |view: &View| export::text(&render(view, (120, 40), ScreenName::Metrics, ThemeName::Dark));
    assert!(shown(&view).contains("prom silent 3m, thanos answers instead"), "{}", shown(&view));
    view.health.sources.remove("thanos");
    assert!(shown(&view).contains("prom silent 3m, ask sre"), "{}", shown(&view));
    view.health.sources.insert("prom".into(), SourceHealth { good: Some(view.now), fault: None });
    assert!(shown(&view).contains("metrics 0s"), "{}", shown(&view));
}

#[test]
fn nobody_at_the_engine_and_a_hold_are_said_at_eighty_columns() {
    let mut view = pictures::view();
    view.health.engine = EngineHealth::Nobody;
    let mut state = view.state.as_ref().clone();
    let hold = Hold { mark: mark("bo", 2400), cause: HoldCause::Person, reason: "looking".into() };
    if let Some(known) = state.rollouts.get_mut("payments") {
        known.holds.push(hold);
    }
    view.state = Arc::new(state);
    for width in [80, 60, 40] {
        let shown = export::text(&render(&view, (width, 24), ScreenName::Overview, ThemeName::Dark));
        for must in ["PROD", "T+00:42", "HELD", "NOBODY", "go 3", "3.1.4"] {
            assert!(shown.contains(must), "{must} at {width}:\n{shown}");
        }
    }
    let wide = export::text(&render(&view, (120, 40), ScreenName::Overview, ThemeName::Dark));
    assert!(wide.contains("NOBODY, triggers not evaluated"), "{wide}");
}

#[test]
fn without_colour_the_looks_are_weight_and_reversal_only() {
    let view = pictures::view();
    let buffer = render(&view, (120, 40), ScreenName::Overview, ThemeName::Mono);
    let shown = terminal(&buffer);
    let mut inverse = 0;
    for row in 0..40 {
        for column in 0..120 {
            let cell = shown.screen().cell(row, column).expect("a cell");
            assert_eq!((cell.fgcolor(), cell.bgcolor()), (vt100::Color::Default, vt100::Color::Default));
            inverse += usize::from(cell.inverse());
        }
    }
    assert!(inverse > 20, "production and the selected row stand out");
}

#[test]
fn sixteen_colours_and_a_plain_font_are_enough() {
    let view = pictures::view();
    let theme = Theme::built_in(ThemeName::Dark, Depth::Ansi16, Symbols::ASCII);
    let shown = export::text(&render_with(&view, (120, 40), ScreenName::Overview, theme));
    let foreign: Vec<char> = shown.chars().filter(|c| !c.is_ascii()).collect();
    // What is left is the release's own text.
    assert!(foreign.iter().all(|c| *c == '→' || *c == '·'), "{foreign:?}");
}

#[test]
fn pictures_are_well_formed_and_run_nothing() {
    let mut view = pictures::view();
    let mut plan = pictures::plan();
    plan.items[6].text = "<script>&\"quoted\"</script>".into();
    view.plan = Arc::new(plan);
    let svg = export::svg(&render(&view, (120, 40), ScreenName::Overview, ThemeName::Dark));
    assert!(!svg.contains("<script"), "text is escaped");
    assert!(svg.contains("&lt;script&gt;&amp;&quot;quoted"));
    assert_eq!(svg.matches("<text ").count(), svg.matches("</text>").count());
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    let ansi = export::ansi(&render(&view, (120, 40), ScreenName::Overview, ThemeName::Dark));
    let mut parser = blank(120, 40);
    parser.process(ansi.trim_end().replace('\n', "\r\n").as_bytes());
    let again = render(&view, (120, 40), ScreenName::Overview, ThemeName::Dark);
    assert_eq!(text(&parser, 120).trim_end(), export::text(&again).trim_end());
}

/// A picture in which every text from outside is this.
fn hostile(said: &str) -> View {
    let mut view = pictures::asking();
    let words = || Untrusted::new(said);
    let mut plan = view.plan.as_ref().clone();
    for source in &mut plan.sources {
        source.owner = Some(said.to_owned());
    }
    let release = &mut plan.release;
    for text in [&mut release.name, &mut release.version, &mut release.environment] {
        text.clone_from(&said.to_owned());
    }
    release.context = Some(said.to_owned());
    for role in &mut plan.roles {
        role.title = words();
        role.people = vec![said.to_owned()];
    }
    plan.stages.iter_mut().for_each(|stage| stage.title = words());
    for item in &mut plan.items {
        item.text = words();
        item.group = Some(words());
        item.owner = Some(said.to_owned());
    }
    plan.gates.iter_mut().for_each(|gate| gate.title = words());
    plan.metrics.iter_mut().for_each(|metric| metric.title = words());
    plan.triggers.iter_mut().for_each(|trigger| trigger.severity = said.to_owned());
    for row in &mut plan.checkpoints {
        row.text = words();
        row.owner = Some(said.to_owned());
    }
    let mut state = view.state.as_ref().clone();
    state.identity = None;
    for known in state.gates.values_mut() {
        known.runs.iter_mut().for_each(|run| run.summary = words());
    }
    for known in state.approvals.values_mut() {
        known.reason = words();
        if let Some(mark) = &mut known.mark {
            mark.by = Actor::Person(said.to_owned());
        }
    }
    for known in state.rollouts.values_mut() {
        let mut mark = mark("bo", 0);
        mark.by = Actor::Person(said.to_owned());
        known.holds.push(Hold { mark, cause: HoldCause::Person, reason: words() });
    }
    state.requests.iter_mut().for_each(|request| request.why = words());
    state.triggers.values_mut().for_each(|known| known.reason = words());
    let mut seen = view.seen.as_ref().clone();
    seen.metrics.values_mut().for_each(|series| series.reason = words());
    for card in seen.judged.values_mut() {
        (card.why, card.faster) = (words(), words());
    }
    let meddled = pictures::meddled();
    seen.pods = meddled.seen.pods.clone();
    for pod in seen.pods.values_mut().flatten() {
        (pod.name, pod.phase, pod.image) = (words(), words(), words());
        (pod.digest, pod.node) = (Some(words()), Some(words()));
    }
    let traffic = Traffic {
        fault: Some(words()),
        by: Some(words()),
        owner: Owner::Flagger { name: said.to_owned() },
        ..meddled.seen.traffic["payments"].clone()
    };
    seen.traffic.insert("payments".into(), traffic);
    let mut ready = meddled.seen.readiness["payments"].clone();
    (ready.version, ready.digest) = (said.to_owned(), Some(said.to_owned()));
    for need in &mut ready.needs {
        (need.what, need.said) = (said.to_owned(), words());
    }
    seen.readiness.insert("payments".into(), ready);
    view.health.cluster = meddled.health.cluster.clone();
    let pods_fault = SourceHealth { good: None, fault: Some(words()) };
    view.health.pods.insert("payments".into(), pods_fault);
    view.seen = Arc::new(seen);
    view.plan = Arc::new(plan);
    view.state = Arc::new(state);
    view.presence = vec![Presence { name: said.to_owned(), from: said.to_owned() }];
    let line = LogLine { version: 1, at: pictures::t0(), by: said.to_owned(), text: said.to_owned() };
    view.recent = Arc::new([line].into_iter().collect());
    let fault = SourceHealth { good: None, fault: Some(words()) };
    view.health.sources.insert(said.into(), fault);
    view.health.engine = EngineHealth::OtherBuild { version: said.to_owned() };
    view
}

fn escapes() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "\u{1b}[2J",
        "\u{1b}]52;c;QUJD\u{7}",
        "\u{1b}]8;;http://x\u{1b}\\",
        "\u{9b}31m",
        "\u{9d}0;title\u{9c}",
        "\u{202e}",
        "\u{2066}",
        "\u{200b}",
        "\u{feff}",
        "\u{e0041}",
        "\r",
        "\n",
        "\t",
        "\u{8}\u{8}",
        "\u{7f}",
        "\0",
        "a\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
        "日本",
        "👩‍🚀",
        "plain words",
        "\u{2028}",
    ]);
    prop::collection::vec(pieces, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_moves_hides_or_reorders_gets_out(said in escapes(), place in 0..ScreenName::ALL.len()) {
        let buffer = render(&hostile(&said), (120, 40), ScreenName::ALL[place], ThemeName::Dark);
        for cell in buffer.content() {
            let symbol = cell.symbol();
            prop_assert!(!symbol.chars().any(char::is_control), "{symbol:?}");
            prop_assert_eq!(Untrusted::new(symbol).line(), symbol);
        }
    }

    #[test]
    fn no_size_is_too_odd(columns in 0u16..=250, rows in 0u16..=80, place in 0..ScreenName::ALL.len()) {
        let view = pictures::view();
        let buffer = render(&view, (columns, rows), ScreenName::ALL[place], ThemeName::Dark);
        prop_assert_eq!((buffer.area.width, buffer.area.height), (columns, rows));
        prop_assert_eq!(export::text(&buffer).lines().count(), if columns == 0 { 0 } else { usize::from(rows) });
    }
}
