//! The header: what goes out and where, the T-clock, the poll, who acts, how old the numbers are, who is here.
//!
//! What must never be cut (environment, T-clock, poll, hold, engine) comes in a long and a short form; the rest
//! goes first when there is no room.

use crate::release::{Credentials, EngineHealth, Status, Trouble, WatchHealth, clock};
use crate::tui::model::{Model, Poll, cluster_age, held, identity, metrics_age, silences};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Piece, age, cells, piece, t_clock};

/// More cells of names than this are a number instead.
const NAMES: u16 = 16;

/// A part of the header.
struct Segment {
    long: Vec<Piece>,
    short: Vec<Piece>,
    must: bool,
}

impl Segment {
    fn must(long: Vec<Piece>, short: Vec<Piece>) -> Self {
        Self { long, short, must: true }
    }
    fn may(pieces: Vec<Piece>) -> Self {
        Self { short: pieces.clone(), long: pieces, must: false }
    }
}

/// The rows of the header for a width, at most two.
pub fn header(model: &Model, width: u16, tall: bool) -> Vec<Vec<Piece>> {
    let segments = segments(model);
    let bar = piece(Meaning::Border, format!(" {} ", model.setup.theme.symbols.bar));
    let long: Vec<&[Piece]> = segments.iter().map(|segment| segment.long.as_slice()).collect();
    let short: Vec<&[Piece]> = segments.iter().map(|segment| segment.short.as_slice()).collect();
    let must: Vec<&[Piece]> =
        segments.iter().filter(|segment| segment.must).map(|segment| segment.short.as_slice()).collect();
    let most = if tall { 2 } else { 1 };
    for (parts, rows) in [(&long, 1), (&long, most), (&short, 1), (&short, most), (&must, 1)] {
        let laid = flow(parts, &bar, width);
        if laid.len() <= rows {
            return laid;
        }
    }
    flow(&must, &bar, width).into_iter().take(2).collect()
}

/// Lays parts out in rows, a part never broken.
fn flow(parts: &[&[Piece]], bar: &Piece, width: u16) -> Vec<Vec<Piece>> {
    let mut rows: Vec<Vec<Piece>> = Vec::new();
    let mut used = 0;
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let size: u16 = part.iter().map(|Piece(_, text)| cells(text)).sum();
        match rows.last_mut() {
            Some(row) if used + 3 + size < width => {
                row.push(bar.clone());
                row.extend(part.iter().cloned());
                used += 3 + size;
            }
            _ => {
                let mut row = vec![piece(Meaning::Bar, " ")];
                row.extend(part.iter().cloned());
                rows.push(row);
                used = 1 + size;
            }
        }
    }
    rows
}

fn segments(model: &Model) -> Vec<Segment> {
    vec![
        release(model),
        t(model),
        standing(model),
        poll(model),
        engine(model),
        metrics(model),
        Segment::may(cluster(model)),
        Segment::may(people(model)),
    ]
}

fn release(model: &Model) -> Segment {
    let (name, version, environment) = identity(&model.view.state, &model.view.plan);
    let spec = &model.view.plan.release;
    let context = spec.context.as_deref().unwrap_or_default();
    let place = if spec.production {
        let shown =
            if environment.eq_ignore_ascii_case("prod") || environment.eq_ignore_ascii_case("production") {
                "PROD".to_owned()
            } else {
                format!("PROD {environment}")
            };
        piece(Meaning::Production, format!(" {} ", [shown.as_str(), context].join(" ").trim()))
    } else {
        piece(Meaning::Title, [environment, context].join(" ").trim().to_owned())
    };
    let to = model.setup.theme.symbols.to;
    let simulated = matches!(model.view.health.engine, EngineHealth::Alive { simulated: true, .. });
    let mut long = vec![
        piece(Meaning::Title, format!("{name} {version}")),
        piece(Meaning::Muted, format!(" {to} ")),
        place.clone(),
    ];
    if model.view.state.attempt > 1 {
        long.push(piece(Meaning::Warn, format!(" attempt {}", model.view.state.attempt)));
    }
    if simulated {
        long.push(piece(Meaning::Unknown, " simulated"));
    }
    let short = vec![piece(Meaning::Title, format!("{version} {to} ")), place];
    Segment::must(long, short)
}

fn t(model: &Model) -> Segment {
    let pieces = match clock::t(&model.view.state, &model.view.plan, model.now()) {
        Some(t) => vec![piece(Meaning::Title, t_clock(t))],
        None => vec![piece(Meaning::Muted, "no T-0")],
    };
    Segment::must(pieces.clone(), pieces)
}

fn standing(model: &Model) -> Segment {
    if let Some((rollout, hold)) = held(&model.view.state) {
        let by = hold.mark.by.name();
        return Segment::must(
            vec![piece(Meaning::Warn, format!("HELD {rollout} by {}", short_name(by)))],
            vec![piece(Meaning::Warn, "HELD")],
        );
    }
    let status = model.view.state.status;
    let meaning = match status {
        Status::RolledBack | Status::Cancelled => Meaning::Bad,
        Status::Stable | Status::Approved => Meaning::Good,
        _ => Meaning::Bar,
    };
    Segment::must(vec![piece(meaning, status.as_str())], vec![piece(meaning, status.as_str())])
}

fn poll(model: &Model) -> Segment {
    let poll = Poll::of(&model.view);
    let dot = model.setup.theme.symbols.dot;
    if poll.total() == 0 {
        return Segment::must(Vec::new(), Vec::new());
    }
    let go = if poll.go == poll.total() { Meaning::Good } else { Meaning::Bar };
    let mut long = vec![piece(go, format!("go {}", poll.go))];
    let mut short = vec![piece(go, format!("go {}/{}", poll.go, poll.total()))];
    if poll.no_go.is_empty() {
        long.push(piece(Meaning::Muted, format!(" {dot} no-go 0")));
    } else {
        let names = poll.no_go.join(", ");
        long.push(piece(Meaning::Bad, format!(" {dot} NO-GO {names}")));
        short.push(piece(Meaning::Bad, format!(" NO-GO {}", poll.no_go.len())));
    }
    if !poll.waiting.is_empty() {
        let all = poll.waiting.join(", ");
        let names = if cells(&all) > NAMES { poll.waiting.len().to_string() } else { all };
        long.push(piece(Meaning::Warn, format!(" {dot} waiting {names}")));
    }
    Segment::must(long, short)
}

fn engine(model: &Model) -> Segment {
    let symbols = &model.setup.theme.symbols;
    let same = |pieces: Vec<Piece>| Segment::must(pieces.clone(), pieces);
    match &model.view.health.engine {
        EngineHealth::Alive { .. } => {
            same(vec![piece(Meaning::Bar, "engine "), piece(Meaning::Good, symbols.alive)])
        }
        EngineHealth::Nobody => Segment::must(
            vec![
                piece(Meaning::Bar, "engine "),
                piece(Meaning::Bad, format!("{} NOBODY, triggers not evaluated", symbols.failed)),
            ],
            vec![piece(Meaning::Bad, format!("engine {} NOBODY", symbols.failed))],
        ),
        EngineHealth::Silent { since } => {
            let ago = age(model.now().as_second() - since.as_second());
            same(vec![
                piece(Meaning::Bar, "engine "),
                piece(Meaning::Bad, format!("{} silent {ago}", symbols.failed)),
            ])
        }
        EngineHealth::OtherBuild { version } => Segment::must(
            vec![
                piece(Meaning::Bar, "engine "),
                piece(
                    Meaning::Warn,
                    format!("{} {version}, read-only: tminus engine --replace", symbols.doubt),
                ),
            ],
            vec![piece(Meaning::Warn, format!("engine {} read-only", symbols.doubt))],
        ),
    }
}

/// How old the numbers are; or which source is silent, who stands in for it, and whom to ask.
fn metrics(model: &Model) -> Segment {
    if model.view.health.sources.is_empty() {
        return Segment::may(Vec::new());
    }
    let name = || piece(Meaning::Muted, "metrics ");
    let now = model.now();
    if let Some(silence) = silences(&model.view, now).first() {
        let symbols = &model.setup.theme.symbols;
        let source = &silence.source;
        let old = silence.lasting.map(|lasting| format!(" {}", age(lasting))).unwrap_or_default();
        let (meaning, glyph, tail) = match (&silence.instead, &silence.owner) {
            (Some(instead), _) => (Meaning::Warn, symbols.doubt, format!(", {instead} answers instead")),
            (None, Some(owner)) => (Meaning::Bad, symbols.failed, format!(", ask {}", short_name(owner))),
            (None, None) => (Meaning::Bad, symbols.failed, String::new()),
        };
        let short = vec![name(), piece(meaning, format!("{glyph} {source} silent{old}"))];
        let long = vec![name(), piece(meaning, format!("{glyph} {source} silent{old}{tail}"))];
        return Segment { long, short, must: false };
    }
    let (meaning, text) = match metrics_age(&model.view, now) {
        Some((seconds, true)) => (Meaning::Bad, age(seconds)),
        Some((seconds, false)) if seconds > 60 => (Meaning::Warn, age(seconds)),
        Some((seconds, false)) => (Meaning::Bar, age(seconds)),
        None => (Meaning::Unknown, "none".to_owned()),
    };
    Segment::may(vec![name(), piece(meaning, text)])
}

/// How long ago the cluster answered; or in a word what is wrong with it, and since when. More is in `why` and in
/// the doctor's words.
fn cluster(model: &Model) -> Vec<Piece> {
    let Some(health) = &model.view.health.cluster else {
        return Vec::new();
    };
    let symbols = &model.setup.theme.symbols;
    let name = piece(Meaning::Muted, "cluster ");
    let (now, seconds) = (model.now(), cluster_age(&model.view, model.now()));
    if let Some(trouble) = health.trouble {
        let since = match (&health.credentials, trouble) {
            (Credentials::Expired { since, .. }, _) => Some(now.as_second() - since.as_second()),
            // It answers: how long ago is of no help.
            (_, Trouble::Forbidden | Trouble::Refused) => None,
            _ => seconds,
        };
        let since = since.map(|since| format!(" {}", age(since))).unwrap_or_default();
        return vec![name, piece(Meaning::Bad, format!("{} {}{since}", symbols.failed, trouble.as_str()))];
    }
    let lost = model.view.health.watches.values().any(|watch| matches!(watch, WatchHealth::Lost { .. }));
    let lost = if lost { format!(" {} watch lost", symbols.doubt) } else { String::new() };
    let (meaning, text) = match seconds {
        None => (Meaning::Unknown, "never".to_owned()),
        Some(seconds) if seconds > 45 || !lost.is_empty() => (Meaning::Warn, age(seconds)),
        Some(seconds) => (Meaning::Bar, age(seconds)),
    };
    vec![name, piece(meaning, format!("{text}{lost}"))]
}

fn people(model: &Model) -> Vec<Piece> {
    let names: Vec<String> = model.view.presence.iter().map(|here| short_name(&here.name)).collect();
    if names.is_empty() { Vec::new() } else { vec![piece(Meaning::Accent, names.join(" "))] }
}

/// The name before the `@` of an address.
pub fn short_name(name: &str) -> String {
    name.split('@').next().filter(|short| !short.is_empty()).unwrap_or(name).to_owned()
}
