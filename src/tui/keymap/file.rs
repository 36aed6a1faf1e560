//! The keymap file.

use serde::Deserialize;

use super::{Action, Binding, Chord, Context};

/// What is wrong in a keymap file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// Not TOML, an unknown context or an unknown action.
    #[error("{name} does not read: {message}")]
    Syntax {
        /// The file.
        name: String,
        /// Where and what, with the line.
        message: String,
    },
    /// A word that is no key.
    #[error(
        "{name} names the key `{key}`, which does not exist; write a character, or space, enter, f1, ctrl-d"
    )]
    Key {
        /// The file.
        name: String,
        /// The word.
        key: String,
    },
    /// A key others need.
    #[error("{name} binds `{key}`, which multiplexers, editors or the terminal use; choose another")]
    Reserved {
        /// The file.
        name: String,
        /// The key.
        key: String,
    },
    /// A key too easy to hit for what it does.
    #[error(
        "{name} binds `{key}` to something that acts on the world; choose one upper-case letter or a function key"
    )]
    TooEasy {
        /// The file.
        name: String,
        /// The key.
        key: String,
    },
    /// Enter would confirm a change.
    #[error("{name} lets `{key}` confirm a change; choose a letter")]
    Confirm {
        /// The file.
        name: String,
        /// The key.
        key: String,
    },
    /// A binding without a description.
    #[error("{name} binds `{key}` without a description; write desc = \"...\"")]
    NoDescription {
        /// The file.
        name: String,
        /// The key.
        key: String,
    },
    /// A key bound twice, or one that is the beginning of another.
    #[error("`{keys}` is bound twice, or begins another sequence ({context})")]
    Twice {
        /// Where.
        context: &'static str,
        /// The keys.
        keys: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    any: Vec<Line>,
    #[serde(default)]
    stages: Vec<Line>,
    #[serde(default)]
    gates: Vec<Line>,
    #[serde(default)]
    roll_call: Vec<Line>,
    #[serde(default)]
    metrics: Vec<Line>,
    #[serde(default)]
    pods: Vec<Line>,
    #[serde(default)]
    dialog: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    keys: Vec<String>,
    act: Action,
    hint: Option<String>,
    #[serde(default)]
    desc: String,
}

pub(super) fn read(name: &str, text: &str) -> Result<Vec<Binding>, KeymapError> {
    let file: File = toml::from_str(text)
        .map_err(|error| KeymapError::Syntax { name: name.to_owned(), message: error.to_string() })?;
    let parts = [
        (Context::Any, file.any),
        (Context::Stages, file.stages),
        (Context::Gates, file.gates),
        (Context::RollCall, file.roll_call),
        (Context::Metrics, file.metrics),
        (Context::Pods, file.pods),
        (Context::Dialog, file.dialog),
    ];
    let lines =
        parts.into_iter().flat_map(|(context, lines)| lines.into_iter().map(move |line| (context, line)));
    lines.map(|(context, line)| binding(name, context, line)).collect()
}

fn binding(name: &str, context: Context, line: Line) -> Result<Binding, KeymapError> {
    let name = name.to_owned();
    let mut keys = Vec::new();
    for written in &line.keys {
        let key = written.clone();
        let chords: Option<Vec<Chord>> = written.split(' ').map(Chord::parse).collect();
        let Some(chords) = chords.filter(|chords| !chords.is_empty()) else {
            return Err(KeymapError::Key { name, key });
        };
        if line.action_needs_deliberate_key() && !matches!(chords.as_slice(), [one] if one.is_deliberate()) {
            return Err(KeymapError::TooEasy { name, key });
        }
        if chords.iter().any(|chord| chord.is_reserved()) {
            return Err(KeymapError::Reserved { name, key });
        }
        let soft = [Chord::parse("enter"), Chord::parse("space")];
        if line.act == Action::Confirm && chords.iter().any(|chord| soft.contains(&Some(*chord))) {
            return Err(KeymapError::Confirm { name, key });
        }
        if line.desc.trim().is_empty() && line.act != Action::Nothing {
            return Err(KeymapError::NoDescription { name, key });
        }
        keys.push(chords);
    }
    Ok(Binding { context, keys, action: line.act, hint: line.hint, desc: line.desc })
}

impl Line {
    fn action_needs_deliberate_key(&self) -> bool {
        self.act.acts_on_world()
    }
}
