//! Keys: into the topmost overlay, or through the keymap to an action.

use crossterm::event::{KeyCode, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::{Effect, acts};
use crate::tui::keymap::{Action, Chord, Context, Meant};
use crate::tui::model::Model;
use crate::tui::overlay::{Outcome, Overlay};

/// Takes in a key.
pub(super) fn key(model: &mut Model, chord: Chord) -> Vec<Effect> {
    match model.overlays.last() {
        Some(Overlay::Confirm(_)) => confirm(model, chord),
        Some(Overlay::Prompt(_)) => prompt(model, chord),
        Some(Overlay::Palette(_)) => palette(model, chord),
        Some(Overlay::Filter(_)) => filter(model, chord),
        Some(Overlay::Find(_)) => find(model, chord),
        Some(Overlay::Why(_)) => why(model, chord),
        None => through_keymap(model, chord),
    }
}

fn through_keymap(model: &mut Model, chord: Chord) -> Vec<Effect> {
    model.typed.push(chord);
    let contexts = model.contexts();
    match model.setup.keymap.meaning(&contexts, &model.typed) {
        Meant::More => Vec::new(),
        Meant::Action(action) => {
            model.typed.clear();
            acts::act(model, action)
        }
        Meant::Nothing => {
            // A key that does not go on a sequence begins anew.
            let again = model.typed.len() > 1;
            model.typed.clear();
            if again { through_keymap(model, chord) } else { Vec::new() }
        }
    }
}

fn dialog_action(model: &Model, chord: Chord) -> Option<Action> {
    if is_ctrl_c(chord) {
        return Some(Action::Cancel);
    }
    match model.setup.keymap.meaning(&[Context::Dialog], &[chord]) {
        Meant::Action(action) => Some(action),
        _ => None,
    }
}

fn is_ctrl_c(chord: Chord) -> bool {
    chord.code == KeyCode::Char('c') && chord.modifiers.contains(KeyModifiers::CONTROL)
}

fn confirm(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let action = dialog_action(model, chord);
    let at = model.clock.at;
    let Some(Overlay::Confirm(dialog)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    // Cancel is always heard; all else only once the dialog has been on screen for a moment.
    if action == Some(Action::Cancel) {
        model.overlays.pop();
        return Vec::new();
    }
    if !dialog.is_armed(at) {
        return Vec::new();
    }
    // A change longer than the dialog is read with the keys that move.
    let moved = match chord.code {
        KeyCode::Up => Some(-1),
        KeyCode::Down => Some(1),
        KeyCode::PageUp => Some(-8),
        KeyCode::PageDown => Some(8),
        _ => None,
    };
    if let Some(by) = moved {
        dialog.scroll = dialog.scroll.saturating_add_signed(by).min(dialog.length());
        return Vec::new();
    }
    // Cancel is preselected, and Enter takes what is selected.
    if chord.code == KeyCode::Enter {
        model.overlays.pop();
        return Vec::new();
    }
    let sure = match dialog.change.to_type() {
        Some(expected) => {
            if matches!(chord.code, KeyCode::Char(c) if !c.is_ascii_digit() && c != '.') {
                return Vec::new();
            }
            edit(&mut dialog.typed, chord);
            dialog.typed.value() == expected
        }
        None => action == Some(Action::Confirm),
    };
    if !sure {
        return Vec::new();
    }
    let order =
        crate::tui::model::Order { wish: dialog.change.wish(), by: dialog.by.clone(), seen: dialog.seen };
    model.overlays.pop();
    vec![Effect::Send(Box::new(order))]
}

fn prompt(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let armed = crate::tui::overlay::ARM;
    let at = model.clock.at;
    let Some(Overlay::Prompt(prompt)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if chord.code == KeyCode::Esc || is_ctrl_c(chord) {
        model.overlays.pop();
        return Vec::new();
    }
    if chord.code != KeyCode::Enter {
        prompt.wrong = "";
        edit(&mut prompt.input, chord);
        return Vec::new();
    }
    if at < prompt.since + armed {
        return Vec::new();
    }
    match prompt.purpose.outcome(prompt.input.value()) {
        Outcome::Wrong(why) => {
            prompt.wrong = why;
            Vec::new()
        }
        Outcome::Wish(wish) => {
            model.overlays.pop();
            vec![acts::send(model, wish)]
        }
        Outcome::Keep(item, text) => {
            model.overlays.pop();
            vec![Effect::Keep { item, name: "note".to_owned(), bytes: text.into_bytes() }]
        }
        Outcome::File(item, path) => {
            model.overlays.pop();
            vec![Effect::ReadFile { item, path }]
        }
    }
}

fn palette(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Some(Overlay::Palette(palette)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    match chord.code {
        KeyCode::Esc => {
            model.overlays.pop();
        }
        KeyCode::Enter => {
            let chosen = palette.chosen();
            model.overlays.pop();
            return chosen.map(|action| acts::act(model, action)).unwrap_or_default();
        }
        KeyCode::Up => palette.cursor.step(-1, palette.count()),
        KeyCode::Down => palette.cursor.step(1, palette.count()),
        _ if is_ctrl_c(chord) => {
            model.overlays.pop();
        }
        _ => {
            if edit(&mut palette.input, chord) {
                palette.search();
            }
        }
    }
    Vec::new()
}

fn filter(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Some(Overlay::Filter(input)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    match chord.code {
        KeyCode::Enter => {
            model.overlays.pop();
        }
        KeyCode::Esc => {
            model.overlays.pop();
            set_filter(model, String::new());
        }
        _ if is_ctrl_c(chord) => {
            model.overlays.pop();
            set_filter(model, String::new());
        }
        _ => {
            if edit(input, chord) {
                let text = input.value().to_owned();
                set_filter(model, text);
            }
        }
    }
    Vec::new()
}

/// A key into what is searched in a log: the view goes on to the first line with it.
fn find(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let Some(Overlay::Find(input)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if chord.code == KeyCode::Enter {
        model.overlays.pop();
    } else if chord.code == KeyCode::Esc || is_ctrl_c(chord) {
        model.overlays.pop();
        model.pod_log.find.clear();
    } else if edit(input, chord) {
        model.pod_log.find = input.value().to_owned();
        let before = model.lists.page.0.saturating_sub(1);
        if let Some(place) = model.pod_log.next(before, true) {
            model.lists.page.0 = place;
        }
    }
    Vec::new()
}

/// Shows only items that match.
pub(super) fn set_filter(model: &mut Model, text: String) {
    let list = &mut model.lists.stages;
    let searched = !text.is_empty();
    list.filter = text;
    list.rebuild(&model.view, &model.index);
    if searched && list.item().is_none() {
        let first = list.rows.iter().position(|row| matches!(row, crate::tui::model::Row::Item(_)));
        list.cursor = first.unwrap_or(0);
    }
}

fn why(model: &mut Model, chord: Chord) -> Vec<Effect> {
    let context = [Context::Any];
    let meant = model.setup.keymap.meaning(&context, &[chord]);
    let count = crate::tui::overlay::why_length(model);
    match (model.overlays.last_mut(), meant) {
        (Some(Overlay::Why(cursor)), Meant::Action(Action::Down)) => cursor.step(1, count),
        (Some(Overlay::Why(cursor)), Meant::Action(Action::Up)) => cursor.step(-1, count),
        _ => {
            model.overlays.pop();
        }
    }
    Vec::new()
}

/// A key into a line of text; true when the text changed.
fn edit(input: &mut Input, chord: Chord) -> bool {
    let control = chord.modifiers.contains(KeyModifiers::CONTROL);
    let request = match chord.code {
        KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
        KeyCode::Char('u') if control => InputRequest::DeleteFromStart,
        KeyCode::Char('e') if control => InputRequest::GoToEnd,
        KeyCode::Char(_) if !chord.modifiers.is_empty() => return false,
        KeyCode::Char(c) => InputRequest::InsertChar(c),
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return false,
    };
    input.handle(request).is_some_and(|changed| changed.value)
}

/// Text into a line of text.
pub(super) fn insert(input: &mut Input, text: &str) {
    for c in text.chars() {
        input.handle(InputRequest::InsertChar(c));
    }
}
