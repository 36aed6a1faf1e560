//! The pods of a rollout, stable first, and the log of one of them.

use ratatui::layout::Rect;

use crate::base::Untrusted;
use crate::release::{PodCard, PodSide};
use crate::report::status::traffic::pods;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::{Model, listed};
use crate::tui::theme::Meaning;
use crate::tui::widget::{Canvas, Piece, age, cells, piece, window, wrap};

/// Below this width image and node are left out, and below the other one the age too.
const WIDE: (u16, u16) = (100, 56);

/// What stands behind the heading: which rollout, and how each side is.
pub fn title(model: &Model) -> Vec<Piece> {
    let Some(rollout) = model.rollout() else { return Vec::new() };
    let mut pieces = vec![piece(Meaning::Muted, format!("  {}", rollout.id))];
    for (name, meaning, side) in
        [("stable", Meaning::Stable, PodSide::Stable), ("canary", Meaning::Canary, PodSide::Canary)]
    {
        if let Some(sum) = pods(&model.view, &rollout.id, side) {
            let again = if sum.restarts > 0 { format!(" {} restarts", sum.restarts) } else { String::new() };
            pieces.push(piece(meaning, format!("  {name}")));
            let meaning = if sum.ready < sum.of { Meaning::Warn } else { Meaning::Base };
            pieces.push(piece(meaning, format!(" {}/{}{again}", sum.ready, sum.of)));
        }
    }
    pieces
}

/// Draws the table.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(rollout) = model.rollout() else {
        canvas.put((area.x, area.y), area.width, Meaning::Muted, "no rollout; the plan file may name one");
        return;
    };
    let health = model.view.health.pods.get(&rollout.id);
    let fault = health.and_then(|health| health.fault.as_ref());
    let mut top = 0;
    if let Some(fault) = fault {
        let old = health.and_then(|health| health.good).map(|good| {
            let old = age(model.now().as_second() - good.as_second());
            format!("as they were {old} ago: ")
        });
        let text = format!("{}{}", old.unwrap_or_default(), fault.line());
        canvas.line(area, 0, &[piece(Meaning::Bad, text)]);
        top = 1;
    }
    let all = listed(&model.view, &rollout.id);
    if all.is_empty() {
        let text = match (health.is_some(), fault) {
            (_, Some(_)) => "",
            (true, None) => "no pods of either version",
            (false, None) => "pods are not known yet; an engine reads them while somebody looks",
        };
        canvas.line(area, top, &[piece(Meaning::Muted, text)]);
        return;
    }
    let columns = Columns::of(area.width, &all);
    let area = Rect { y: area.y + top, height: area.height.saturating_sub(top), ..area };
    canvas.line(
        area,
        0,
        &[piece(
            Meaning::Muted,
            columns.row(["pod", "side", "ready", "restarts", "phase", "age", "digest", "image"]),
        )],
    );
    let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    for (row, place) in window(all.len(), model.lists.pods.0, list.height).enumerate() {
        let Some(pod) = all.get(place) else { continue };
        let line = Rect { y: list.y + row as u16, height: 1, ..list };
        canvas.line(line, 0, &pieces(model, pod, &columns));
        if place == model.lists.pods.0 {
            canvas.lay(line, Meaning::Selected);
        }
    }
}

fn pieces(model: &Model, pod: &PodCard, columns: &Columns) -> Vec<Piece> {
    let symbols = &model.setup.theme.symbols;
    let (side, word) = match pod.side {
        PodSide::Stable => (Meaning::Stable, "stable"),
        PodSide::Canary => (Meaning::Canary, "canary"),
        PodSide::Other => (Meaning::Muted, "other"),
    };
    let (ready, sign) = if pod.ready {
        (Meaning::Good, format!("{} yes", symbols.done))
    } else {
        (Meaning::Bad, format!("{} no", symbols.failed))
    };
    let restarts = match pod.restarts {
        0 => Meaning::Muted,
        1..=3 => Meaning::Warn,
        _ => Meaning::Bad,
    };
    let old = pod.since.map(|since| age(model.now().as_second() - since.as_second()));
    let texts = [
        pod.name.cell(usize::from(columns.name)),
        word.to_owned(),
        sign,
        pod.restarts.to_string(),
        pod.phase.cell(16),
        old.unwrap_or_else(|| symbols.unknown.to_owned()),
        pod.digest.as_ref().map_or_else(|| symbols.unknown.to_owned(), short_digest),
        image(&pod.image),
    ];
    let meanings =
        [Meaning::Base, side, ready, restarts, Meaning::Base, Meaning::Muted, Meaning::Muted, Meaning::Muted];
    let widths = columns.widths();
    let shown = texts.iter().zip(meanings).zip(widths).filter(|(_, width)| *width > 0);
    shown.map(|((text, meaning), width)| piece(meaning, padded(text, width, symbols.cut))).collect()
}

/// The first figures of a digest, without the word before it.
fn short_digest(digest: &Untrusted) -> String {
    let line = digest.line();
    let bare = line.rsplit_once("sha256:").map_or(line.as_str(), |(_, figures)| figures);
    bare.chars().take(12).collect()
}

/// The last part of an image's name, with its tag.
fn image(image: &Untrusted) -> String {
    let line = image.line();
    line.rsplit_once('/').map_or(line.as_str(), |(_, name)| name).to_owned()
}

fn padded(text: &str, width: u16, sign: &str) -> String {
    let room = usize::from(width.saturating_sub(1));
    let cut = crate::tui::widget::fit(text, room, sign);
    let gap = usize::from(width).saturating_sub(usize::from(cells(&cut)));
    format!("{cut}{}", " ".repeat(gap))
}

/// How wide each column is; nothing for one that has no room.
struct Columns {
    name: u16,
    age: u16,
    digest: u16,
    image: u16,
}

impl Columns {
    fn of(width: u16, pods: &[&PodCard]) -> Self {
        let longest = pods.iter().map(|pod| cells(pod.name.raw())).max().unwrap_or(0).saturating_add(2);
        let age = if width >= WIDE.1 { 6 } else { 0 };
        let digest = if width >= 78 { 14 } else { 0 };
        let fixed = 8 + 7 + 9 + 18 + age + digest;
        let image = if width >= WIDE.0 { width.saturating_sub(fixed + longest.min(44)).min(40) } else { 0 };
        let name = longest.clamp(5, width.saturating_sub(fixed + image).max(5));
        Self { name, age, digest, image }
    }
    fn widths(&self) -> [u16; 8] {
        [self.name, 8, 7, 9, 18, self.age, self.digest, self.image]
    }
    fn row(&self, heads: [&str; 8]) -> String {
        let shown = heads.into_iter().zip(self.widths()).filter(|(_, width)| *width > 0);
        shown.map(|(head, width)| padded(head, width, "")).collect()
    }
}

/// What stands behind the heading of a log: whose it is, how long and how old, and what is searched.
pub fn log_title(model: &Model) -> Vec<Piece> {
    let log = &model.pod_log;
    let Some((_, pod)) = &log.of else { return Vec::new() };
    let mut pieces = vec![piece(Meaning::Muted, format!("  {}", Untrusted::new(pod.as_str()).cell(48)))];
    if log.asking {
        pieces.push(piece(Meaning::Accent, "  asking the cluster"));
    } else if log.at > 0 {
        let old = age(i64::try_from(model.clock.at.saturating_sub(log.at) / 1_000).unwrap_or(0));
        pieces.push(piece(Meaning::Muted, format!("  {} lines, {old} ago", log.lines.len())));
    }
    if !log.find.is_empty() {
        pieces.push(piece(Meaning::Key, format!("  {}: {} found", log.find, log.found())));
    }
    pieces
}

/// Draws a log from a line on; long lines go on in the next row.
pub fn draw_log(model: &Model, canvas: &mut Canvas<'_>, area: Rect, from: usize) {
    let log = &model.pod_log;
    let mut row = 0;
    if let Some(fault) = &log.fault {
        for text in wrap(&fault.line(), area.width).into_iter().take(4) {
            canvas.line(area, row, &[piece(Meaning::Bad, text)]);
            row += 1;
        }
    }
    if log.lines.is_empty() {
        let key = |action| {
            let binding = model.setup.keymap.binding_of(&[Context::Pods], action);
            binding.map(|binding| binding.first_key()).unwrap_or_default()
        };
        let text = match (&log.of, log.asking, &log.fault) {
            (None, ..) => "choose a pod first".to_owned(),
            (Some(_), true, _) => "asking the cluster ...".to_owned(),
            (Some(_), false, Some(_)) => format!("{} asks again", key(Action::RefreshPodLog)),
            (Some(_), false, None) => "it wrote nothing".to_owned(),
        };
        canvas.line(area, row, &[piece(Meaning::Muted, text)]);
        return;
    }
    let from = from.min(log.lines.len().saturating_sub(1));
    for line in log.lines.iter().skip(from) {
        let meaning = if log.is_found(line) { Meaning::Key } else { Meaning::Base };
        for part in wrap(line, area.width) {
            if row >= area.height {
                return;
            }
            canvas.line(area, row, &[piece(meaning, part)]);
            row += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_and_images_are_short() {
        let digest = Untrusted::from("registry.example.com/shop@sha256:0123456789abcdef0123");
        assert_eq!(short_digest(&digest), "0123456789ab");
        assert_eq!(image(&"registry.example.com/team/shop:3.2.0".into()), "shop:3.2.0");
    }
}
