//! One number over time: both versions' lines, limits, the old version's band, the moments a share was taken, and
//! the times that do not count. From top to bottom: what the lines are, the shares taken, the plot, both axes.
//!
//! Invariants: where nothing was seen nothing is drawn, and the axis below says so; nothing is told by colour alone;
//! what has no room is left out, the plot last.

mod raster;
mod scale;

use std::borrow::Cow;

use ratatui::layout::Rect;

use raster::{Line, Raster};
use scale::{Times, Values};

use super::canvas::{Canvas, Piece, cells, piece};
use crate::base::{Timestamp, Unit};
use crate::tui::theme::{Meaning, Symbols};

/// Samples, oldest first; a gap is none.
pub type Samples<'a> = &'a [(Timestamp, Option<f64>)];

/// Two samples further apart than so many times the usual distance have a gap between them.
const HOLE: i64 = 3;
/// A limit is on the axis when it makes it at most so many times as long.
const REACH: f64 = 4.0;

/// A limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its words, such as `alert > 1 %`.
    pub label: String,
    /// Where it is, in the unit's base; none when it is not a plain number.
    pub value: Option<f64>,
}

/// A share of traffic that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// When.
    pub at: Timestamp,
    /// The share in words.
    pub label: String,
    /// So many seconds after it do not count.
    pub warm_up: i64,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// What the first line is called; empty when there is one only.
    pub first: &'a str,
    /// The new version's, or the only numbers.
    pub samples: Samples<'a>,
    /// The old version's numbers beside them; empty when there are none.
    pub baseline: Samples<'a>,
    /// Where the old version's numbers lie, in the unit's base.
    pub band: Option<(f64, f64)>,
    /// What is wanted.
    pub target: Option<Limit>,
    /// What is not accepted.
    pub alert: Option<Limit>,
    /// The shares taken.
    pub taken: Vec<Taken>,
    /// What the numbers count.
    pub unit: Unit,
    /// T-0.
    pub t0: Option<Timestamp>,
    /// The right end of the axis, unless there are newer samples.
    pub now: Timestamp,
}

/// Where the old version's numbers lie: all but the lowest and the highest tenth; none for fewer than ten.
pub fn band(samples: Samples<'_>) -> Option<(f64, f64)> {
    let mut known: Vec<f64> = finite(samples).map(|(_, value)| value).collect();
    if known.len() < 10 {
        return None;
    }
    known.sort_by(f64::total_cmp);
    let tenth = known.len() / 10;
    Some((*known.get(tenth)?, *known.get(known.len() - 1 - tenth)?))
}

fn finite<'a>(samples: Samples<'a>) -> impl Iterator<Item = (Timestamp, f64)> + 'a {
    let known =
        |(at, value): &(Timestamp, Option<f64>)| Some((*at, value.filter(|value| value.is_finite())?));
    samples.iter().filter_map(known)
}

/// The usual distance of two samples, in seconds.
fn usual(samples: Samples<'_>) -> i64 {
    let mut all: Vec<i64> = samples
        .iter()
        .zip(samples.iter().skip(1))
        .map(|((before, _), (after, _))| after.as_second() - before.as_second())
        .collect();
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(1).max(1)
}

/// Runs of samples without a gap between them.
fn spells<'a>(samples: Samples<'a>) -> Vec<Vec<(Timestamp, f64)>> {
    let hole = usual(samples) * HOLE;
    let mut all: Vec<Vec<(Timestamp, f64)>> = Vec::new();
    let mut goes_on = false;
    for (at, value) in samples {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            goes_on = false;
            continue;
        };
        let near = |spell: &&mut Vec<(Timestamp, f64)>| {
            spell.last().is_some_and(|(last, _)| at.as_second() - last.as_second() <= hole)
        };
        match all.last_mut().filter(|_| goes_on).filter(near) {
            Some(spell) => spell.push((*at, value)),
            None => all.push(vec![(*at, value)]),
        }
        goes_on = true;
    }
    all
}

/// The rows of a chart, as far as there is room.
struct Rows {
    legend: Rect,
    taken: Option<Rect>,
    plot: Rect,
    axis: Option<Rect>,
    times: Option<Rect>,
    labels: u16,
}

impl Rows {
    fn of(area: Rect, labels: u16, legend: u16) -> Self {
        let labels = if area.width >= labels + 12 { labels } else { 0 };
        let inner = Rect { x: area.x + labels, width: area.width - labels, ..area };
        let row = |y: u16, when: bool| when.then_some(Rect { y: area.y + y, height: 1, ..inner });
        let legend = legend.min((area.height / 7).min(3));
        let taken = area.height >= 9;
        let (axis, times) = (area.height >= 3, area.height >= 5);
        let top = legend + u16::from(taken);
        let bottom = u16::from(axis) + u16::from(times);
        let height = area.height - (top + bottom).min(area.height);
        Self {
            legend: Rect { height: legend, ..area },
            taken: row(legend, taken),
            plot: Rect { y: area.y + top, height, ..inner },
            axis: row(top + height, axis),
            times: row(top + height + 1, times),
            labels,
        }
    }
}

impl Chart<'_> {
    /// Draws it.
    pub fn draw(&self, canvas: &mut Canvas<'_>, area: Rect, symbols: &Symbols) {
        let ticks = (area.height / 4).clamp(2, 8);
        let axes = self.times().zip(self.values(ticks));
        let Some((times, values)) = axes.filter(|_| area.height > 0) else {
            canvas.put((area.x, area.y), area.width, Meaning::Unknown, "nothing was measured yet");
            return;
        };
        let labels = values.ticks().iter().map(|(_, label)| cells(label)).max().unwrap_or(0) + 1;
        let legend = self.legend(&values, symbols, area.width);
        let rows = Rows::of(area, labels, legend.len() as u16);
        for (row, pieces) in legend.iter().enumerate() {
            canvas.line(rows.legend, row as u16, pieces);
        }
        self.plot(canvas, &rows, (&times, &values), symbols);
        self.left(canvas, &rows, &values);
        self.below(canvas, &rows, &times, symbols);
    }

    /// The axis begins with the first number that was seen: before it there is nothing to tell.
    fn times(&self) -> Option<Times> {
        let first = |samples: Samples<'_>| finite(samples).next().map(|(at, _)| at);
        let from = first(self.samples).into_iter().chain(first(self.baseline)).min()?;
        let last =
            [self.samples, self.baseline].into_iter().filter_map(|samples| Some(samples.last()?.0)).max();
        Some(Times { from, to: last.unwrap_or(from).max(self.now).max(from) })
    }

    /// The axis holds every number, and limits that are not too far away.
    fn values(&self, ticks: u16) -> Option<Values> {
        let all = || finite(self.samples).chain(finite(self.baseline)).map(|(_, value)| value);
        let most = all().fold(f64::NEG_INFINITY, f64::max);
        let least = all().fold(f64::INFINITY, f64::min);
        if most < least {
            return None;
        }
        // A number that hardly moves looks as calm as it is: zero is on the axis unless it is far away.
        let mut low = if least >= 0.0 && least < most * 0.6 { 0.0 } else { least };
        let mut high = most;
        let wide = (high - low).max(high.abs() * 0.1);
        for value in [&self.target, &self.alert].into_iter().flatten().filter_map(|limit| limit.value) {
            if value > high && value - low <= wide * REACH {
                high = value;
            } else if value < low && high - value <= wide * REACH {
                low = value;
            }
        }
        // A line on the very edge would be hard to see.
        Values::of((low, high + (high - low) * 0.02), ticks, &self.unit)
    }

    fn limits(&self) -> [(&Option<Limit>, Meaning); 2] {
        [(&self.target, Meaning::Good), (&self.alert, Meaning::Bad)]
    }

    /// What is drawn, in words, over as many rows as it takes.
    fn legend(&self, values: &Values, symbols: &Symbols, width: u16) -> Vec<Vec<Piece>> {
        let mut rows: Vec<Vec<Piece>> = Vec::new();
        let mut used = 0;
        let mut name = |meaning: Meaning, glyph: &str, text: &str| {
            let size = cells(glyph) + cells(text) + 4;
            if rows.is_empty() || used + size > width + 3 {
                rows.push(Vec::new());
                used = 0;
            }
            used += size;
            if let Some(row) = rows.last_mut() {
                row.push(piece(meaning, format!("{glyph} ")));
                row.push(piece(Meaning::Muted, format!("{text}   ")));
            }
        };
        let sample = |dots: [u8; 2]| {
            symbols.dots.glyph(dots).map(|glyph| glyph.to_string().repeat(2)).unwrap_or_default()
        };
        if !self.first.is_empty() {
            name(Meaning::Canary, &sample([0x12, 0]), self.first);
        }
        if !self.baseline.is_empty() {
            name(Meaning::Stable, &sample([0, 0x02]), "stable");
        }
        for ((limit, meaning), glyph) in self.limits().into_iter().zip(symbols.limits) {
            let Some(Limit { label, value }) = limit else { continue };
            let (glyph, note) = match value.map(|value| values.place(value)) {
                Some(place) if place > 1.0 => (symbols.beyond[0], ", above"),
                Some(place) if place < 0.0 => (symbols.beyond[1], ", below"),
                Some(_) => (glyph, ""),
                None => (symbols.dot, ""),
            };
            name(meaning, glyph, &format!("{label}{note}"));
        }
        if self.band.is_some() {
            name(Meaning::Border, symbols.band, "usual for stable");
        }
        if self.taken.iter().any(|taken| taken.warm_up > 0) {
            name(Meaning::Border, symbols.shade, "warm-up");
        }
        rows
    }

    fn plot(
        &self,
        canvas: &mut Canvas<'_>,
        rows: &Rows,
        (times, values): (&Times, &Values),
        symbols: &Symbols,
    ) {
        let plot = rows.plot;
        let mut raster = Raster::new(plot.width, plot.height);
        for (line, samples) in [(Line::Second, self.baseline), (Line::First, self.samples)] {
            let (wide, high) = raster.dots();
            let at = |(at, value): (Timestamp, f64)| {
                let x = (times.place(at) * (wide - 1) as f64).round() as i64;
                let y = ((1.0 - values.place(value)) * (high - 1) as f64).round() as i64;
                (x, y)
            };
            for spell in spells(samples) {
                // One alone is a dot, whatever the pattern of its line.
                if let [one] = spell.as_slice() {
                    raster.dot(line, at(*one));
                }
                for (from, to) in spell.iter().zip(spell.iter().skip(1)) {
                    raster.segment(line, at(*from), at(*to));
                }
            }
        }
        let column = |at: Timestamp| (times.place(at) * f64::from(plot.width.saturating_sub(1))).round();
        let row =
            |value: f64| ((1.0 - values.place(value)) * f64::from(plot.height.saturating_sub(1))).round();
        let moments: Vec<f64> = self.taken.iter().map(|taken| column(taken.at)).collect();
        let shaded: Vec<(f64, f64)> = self
            .taken
            .iter()
            .filter(|taken| taken.warm_up > 0)
            .map(|taken| {
                let until = taken.at.checked_add(jiff::SignedDuration::from_secs(taken.warm_up));
                (column(taken.at), column(until.unwrap_or(taken.at)))
            })
            .collect();
        let lines: Vec<(f64, Meaning, &str)> = self
            .limits()
            .into_iter()
            .zip(symbols.limits)
            .filter_map(|((limit, meaning), glyph)| Some((row(limit.as_ref()?.value?), meaning, glyph)))
            .collect();
        let band = self.band.map(|(low, high)| (row(high), row(low)));
        for y in 0..plot.height {
            let mut pieces: Vec<Piece> = Vec::new();
            let own = f64::from(y);
            let limit = lines.iter().rev().find(|(at, ..)| *at == own);
            for x in 0..plot.width {
                let here = f64::from(x);
                let dots = raster.cell(x, y);
                let (meaning, glyph): (Meaning, Cow<'_, str>) = if let Some(glyph) = symbols.dots.glyph(dots)
                {
                    let meaning = match (dots, self.baseline.is_empty()) {
                        ([1..=255, _], false) => Meaning::Canary,
                        ([1..=255, _], true) => Meaning::Accent,
                        _ => Meaning::Stable,
                    };
                    (meaning, glyph.to_string().into())
                } else if let Some((_, meaning, glyph)) = limit {
                    (*meaning, (*glyph).into())
                } else if moments.contains(&here) {
                    (Meaning::Muted, symbols.moment.into())
                } else if band.is_some_and(|(top, bottom)| (top..=bottom).contains(&own)) {
                    (Meaning::Border, symbols.band.into())
                } else if shaded.iter().any(|(from, to)| (*from..*to).contains(&here)) {
                    (Meaning::Border, symbols.shade.into())
                } else {
                    (Meaning::Base, " ".into())
                };
                match pieces.last_mut() {
                    Some(Piece(last, text)) if *last == meaning => text.push_str(&glyph),
                    _ => pieces.push(piece(meaning, glyph)),
                }
            }
            canvas.line(plot, y, &pieces);
        }
    }

    /// The labels of the values.
    fn left(&self, canvas: &mut Canvas<'_>, rows: &Rows, values: &Values) {
        let plot = rows.plot;
        if rows.labels == 0 || plot.height == 0 {
            return;
        }
        let x = plot.x - rows.labels;
        for (value, label) in values.ticks() {
            let row = ((1.0 - values.place(value)) * f64::from(plot.height - 1)).round() as u16;
            canvas.put_right((x, plot.y + row), rows.labels - 1, Meaning::Muted, &label);
        }
    }

    /// The axis of time, with marks where nothing was seen, its labels, and the shares that were taken.
    fn below(&self, canvas: &mut Canvas<'_>, rows: &Rows, times: &Times, symbols: &Symbols) {
        let plot = rows.plot;
        let column = |at: Timestamp| (times.place(at) * f64::from(plot.width.saturating_sub(1))).round();
        let ticks = times.ticks(self.t0, (plot.width / 14).max(1));
        if let Some(axis) = rows.axis {
            canvas.put(
                (axis.x, axis.y),
                axis.width,
                Meaning::Border,
                &symbols.limits[0].repeat(usize::from(axis.width)),
            );
            for x in self.unseen(times, plot.width) {
                canvas.put((axis.x + x, axis.y), 1, Meaning::Unknown, symbols.unknown);
            }
        }
        let mut free = plot.x;
        for (at, label) in ticks.iter().filter(|_| rows.times.is_some()) {
            let Some(row) = rows.times else { break };
            let x = plot.x + column(*at).clamp(0.0, f64::from(plot.width)) as u16;
            let start =
                x.saturating_sub(cells(label) / 2).max(plot.x).min(plot.right().saturating_sub(cells(label)));
            if start >= free && start + cells(label) <= plot.right() {
                canvas.put((start, row.y), cells(label), Meaning::Muted, label);
                free = start + cells(label) + 1;
            }
        }
        let mut free = plot.x;
        for taken in self.taken.iter().filter(|taken| (0.0..=1.0).contains(&times.place(taken.at))) {
            let Some(row) = rows.taken else { break };
            let x = plot.x + column(taken.at).clamp(0.0, f64::from(plot.width)) as u16;
            let text = format!("{}{}", symbols.arrow, taken.label);
            let start = x.min(plot.right().saturating_sub(cells(&text))).max(plot.x);
            if start >= free {
                canvas.put((start, row.y), plot.right() - start, Meaning::Accent, &text);
                free = start + cells(&text) + 1;
            }
        }
    }

    /// The columns in which nothing was seen of the first line.
    fn unseen(&self, times: &Times, width: u16) -> Vec<u16> {
        let every = usual(self.samples);
        let last = f64::from(width.saturating_sub(1));
        let mut seen = vec![false; usize::from(width)];
        let mut cover = |from: f64, to: f64| {
            let (from, to) = (from.max(0.0).round(), to.min(last).round());
            for column in seen.iter_mut().skip(from as usize).take((to - from).max(0.0) as usize + 1) {
                *column = true;
            }
        };
        for spell in spells(self.samples) {
            let (Some((from, _)), Some((to, _))) = (spell.first(), spell.last()) else { continue };
            // A sample speaks for the time until the next one would come.
            let to = to.checked_add(jiff::SignedDuration::from_secs(every - 1)).unwrap_or(*to);
            cover(times.place(*from) * last, times.place(to) * last);
        }
        let gap = |(at, value): &(Timestamp, Option<f64>)| {
            value.is_none_or(|value| !value.is_finite()).then(|| (times.place(*at) * last).round() as usize)
        };
        for column in self.samples.iter().filter_map(gap) {
            if let Some(seen) = seen.get_mut(column) {
                *seen = false;
            }
        }
        (0..width).filter(|x| seen.get(usize::from(*x)) == Some(&false)).collect()
    }
}

#[cfg(test)]
mod tests;
