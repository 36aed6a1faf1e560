//! What the judge says: one line for a pane, the whole card for the rollout's own screen.

use crate::analysis::judge::Decision;
use crate::base::Untrusted;
use crate::plan::Rollout;
use crate::release::{Card, SignalCard};
use crate::tui::model::Model;
use crate::tui::theme::{Meaning, Symbols};
use crate::tui::widget::{Piece, age, cells, piece, progress};

use super::page::Page;

/// The widest bar of evidence.
const BAR: u16 = 20;

/// How a decision looks: meaning, glyph and word.
pub fn decision_look(decision: Decision, symbols: &Symbols) -> (Meaning, &'static str, &'static str) {
    match decision {
        Decision::Hold => (Meaning::Accent, symbols.running, "hold"),
        Decision::Promote => (Meaning::Good, symbols.done, "promote"),
        Decision::RollBack => (Meaning::Bad, symbols.failed, "roll back"),
    }
}

/// The signal that decides, and what its evidence is for: the one that is nearest to `worse`, or else the one that
/// is furthest from `fine`.
fn leading<'a>(rollout: &Rollout, card: &'a Card) -> Option<(&'a SignalCard, &'static str, f64)> {
    let weighs = |signal: &&SignalCard| {
        let planned = rollout.judge.iter().flat_map(|judge| &judge.signals);
        planned.filter(|planned| planned.metric == signal.metric).all(|planned| planned.weight > 0.0)
    };
    let signals = || card.signals.iter().filter(weighs);
    let worst = signals().max_by(|one, other| one.worse.total_cmp(&other.worse))?;
    let slowest = signals().min_by(|one, other| one.fine.total_cmp(&other.fine))?;
    match card.decision {
        Decision::RollBack => Some((worst, "worse", worst.worse)),
        Decision::Promote => Some((slowest, "fine", slowest.fine)),
        Decision::Hold if worst.worse > slowest.fine => Some((worst, "worse", worst.worse)),
        Decision::Hold => Some((slowest, "fine", slowest.fine)),
    }
}

/// `judge fine 96 %  2.3x [1.4, 4.1]  ~4 min`, as much of it as fits; none when the rollout has no judge.
pub fn line(model: &Model, rollout: &Rollout, width: u16) -> Option<Vec<Piece>> {
    let symbols = &model.setup.theme.symbols;
    let Some(card) = model.view.seen.judged.get(&rollout.id) else {
        rollout.judge.as_ref()?;
        return Some(vec![piece(Meaning::Muted, "judge "), piece(Meaning::Unknown, "waits for samples")]);
    };
    let (meaning, glyph, _) = decision_look(card.decision, symbols);
    let mut pieces = vec![piece(Meaning::Muted, "judge ")];
    let Some((signal, word, share)) = leading(rollout, card) else {
        pieces.push(piece(Meaning::Unknown, format!("{glyph} waits for samples")));
        return Some(pieces);
    };
    let share = match card.decision {
        Decision::Hold => format!(" {}", share_text(share)),
        Decision::Promote | Decision::RollBack => String::new(),
    };
    pieces.push(piece(meaning, format!("{glyph} {word}{share}")));
    let ratio = signal.ratio.map(|ratio| format!("  {}", ratio_text(ratio)));
    let minutes = card.minutes.filter(|_| card.decision == Decision::Hold);
    let minutes = minutes.map(|minutes| format!("  ~{}", minutes_text(minutes)));
    for (meaning, text) in [(Meaning::Base, ratio), (Meaning::Muted, minutes)] {
        let used: u16 = pieces.iter().map(|Piece(_, text)| cells(text)).sum();
        if let Some(text) = text.filter(|text| used + cells(text) <= width) {
            pieces.push(piece(meaning, text));
        }
    }
    Some(pieces)
}

/// The whole card.
pub fn page(model: &Model, rollout: &Rollout, page: &mut Page) {
    let symbols = &model.setup.theme.symbols;
    let Some(card) = model.view.seen.judged.get(&rollout.id) else {
        if rollout.judge.is_some() {
            page.head("Judge");
            page.text(Meaning::Unknown, 2, "no samples of both versions yet");
        }
        return;
    };
    let (meaning, glyph, word) = decision_look(card.decision, symbols);
    page.heading(vec![piece(Meaning::Title, "Judge  "), piece(meaning, format!("{glyph} {word}"))]);
    if !card.why.is_empty() {
        page.text(Meaning::Base, 2, &card.why.line());
    }
    let name = card.signals.iter().map(|signal| cells(signal.metric.as_str())).max().unwrap_or(0).min(24);
    let ratio = card.signals.iter().map(|signal| cells(&interval(signal))).max().unwrap_or(0);
    for signal in &card.signals {
        evidence(page, signal, (name, ratio), symbols);
    }
    if let Some(minutes) = card.minutes.filter(|_| card.decision == Decision::Hold) {
        page.text(Meaning::Base, 2, &format!("can tell in about {} at this share", minutes_text(minutes)));
    }
    if !card.faster.is_empty() {
        page.text(Meaning::Muted, 2, &format!("faster: {}", card.faster.line()));
    }
    if let Some(at) = card.at {
        let old = age(model.now().as_second() - at.as_second());
        page.text(Meaning::Muted, 2, &format!("newest sample {old} ago"));
    }
}

fn interval(signal: &SignalCard) -> String {
    signal.ratio.map_or_else(|| "ratio unknown".to_owned(), ratio_text)
}

/// A signal's interval, its two bars of evidence, and the events they rest on.
fn evidence(page: &mut Page, signal: &SignalCard, (name, ratio): (u16, u16), symbols: &Symbols) {
    let text = |text: &str, width: u16| format!("{text:<width$}", width = usize::from(width));
    let head = format!(
        "  {}  {}",
        text(&Untrusted::new(signal.metric.as_str()).cell(usize::from(name)), name),
        text(&interval(signal), ratio)
    );
    let used = cells(&head);
    let room = page.width().saturating_sub(used + 2 * (2 + 6 + 6));
    let bar = (room / 2).min(BAR);
    let mut line = vec![piece(Meaning::Base, head)];
    let mut below: Vec<Vec<Piece>> = Vec::new();
    for (word, share, meaning) in
        [("worse", signal.worse, Meaning::Bad), ("fine", signal.fine, Meaning::Good)]
    {
        let mut part = vec![piece(Meaning::Muted, format!("  {word:<5} "))];
        let width = if bar >= 4 { bar } else { 10 };
        let mut drawn = progress((share.clamp(0.0, 1.0) * 1000.0) as i64, 1000, width, symbols);
        drawn.iter_mut().filter(|part| part.0 != Meaning::Border).for_each(|part| part.0 = meaning);
        part.extend(drawn);
        // Only what has weight speaks loudly.
        let loud = if share >= 0.5 { meaning } else { Meaning::Muted };
        part.push(piece(loud, format!(" {:>5}", share_text(share))));
        if bar >= 4 {
            line.extend(part);
        } else {
            let mut row = vec![piece(Meaning::Base, "  ")];
            row.extend(part);
            below.push(row);
        }
    }
    page.line(line);
    below.into_iter().for_each(|row| page.line(row));
    page.line(vec![
        piece(Meaning::Base, "    "),
        piece(Meaning::Canary, side_text("canary", signal.canary)),
        piece(Meaning::Stable, format!("   {}", side_text("stable", signal.baseline))),
    ]);
}

fn side_text(name: &str, (all, bad): (u64, u64)) -> String {
    let share = if all == 0 { String::new() } else { format!(" ({:.2} %)", bad as f64 / all as f64 * 100.0) };
    format!("{name} {} of {}{share}", grouped(bad), grouped(all))
}

/// The bad ones of all events on both sides: `canary 14 of 12,040 (0.12 %), stable 18 of 36,210 (0.05 %)`.
pub fn sides_text(signal: &SignalCard) -> String {
    format!("{}, {}", side_text("canary", signal.canary), side_text("stable", signal.baseline))
}

/// `2.3x [1.4, 4.1]`: the middle, and from where to where it may be.
pub fn ratio_text((low, mid, high): (f64, f64, f64)) -> String {
    let one = |value: f64| match value {
        value if !value.is_finite() => "any".to_owned(),
        value if value >= 10.0 => format!("{value:.0}"),
        value if value >= 0.1 || value == 0.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    };
    format!("{}x [{}, {}]", one(mid), one(low), one(high))
}

/// How far evidence is; 100 only when it is enough.
pub fn share_text(share: f64) -> String {
    let whole = if share >= 1.0 { 100.0 } else { (share * 100.0).floor().clamp(0.0, 99.0) };
    format!("{whole:.0} %")
}

/// A time that is foreseen, in words that do not promise too much.
fn minutes_text(minutes: f64) -> String {
    match minutes {
        minutes if !minutes.is_finite() => "a time nobody can tell".to_owned(),
        minutes if minutes < 1.0 => "1 min".to_owned(),
        minutes if minutes < 90.0 => format!("{minutes:.0} min"),
        minutes if minutes < 2_880.0 => format!("{:.0} h", minutes / 60.0),
        minutes => format!("{:.0} days", minutes / 1_440.0),
    }
}

/// A count with its thousands apart.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_at_a_glance() {
        assert_eq!(ratio_text((1.4, 2.3, 4.12)), "2.3x [1.4, 4.1]");
        assert_eq!(ratio_text((0.02, 12.3, f64::INFINITY)), "12x [0.02, any]");
        assert_eq!([share_text(0.999), share_text(1.0), share_text(-1.0)], ["99 %", "100 %", "0 %"]);
        assert_eq!(
            [grouped(0), grouped(999), grouped(12_040), grouped(1_000_000)],
            ["0", "999", "12,040", "1,000,000"]
        );
        assert_eq!([minutes_text(0.2), minutes_text(4.2), minutes_text(600.0)], ["1 min", "4 min", "10 h"]);
    }
}
