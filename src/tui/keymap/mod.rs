//! Keys to actions, read from TOML. Footer and help are made from the same table, so they never lie.
//!
//! Invariants: every binding has a description; no key is bound twice in one context, and none hides a longer
//! one; keys of multiplexers stay free; what acts on the world needs a deliberate key; Enter confirms nothing.

mod action;
mod chord;
mod file;
mod trie;

use std::sync::Arc;

pub use action::Action;
pub use chord::Chord;
pub use file::KeymapError;
use trie::Trie;

/// Where a key is pressed. The context of the pane goes before the one for everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    /// Everywhere but in dialogs.
    Any,
    /// On stages and items.
    Stages,
    /// On gates.
    Gates,
    /// On the roll-call.
    RollCall,
    /// On metrics and triggers.
    Metrics,
    /// On pods and their logs.
    Pods,
    /// In a dialog that asks.
    Dialog,
}

impl Context {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Any, Self::Stages, Self::Gates, Self::RollCall, Self::Metrics, Self::Pods, Self::Dialog];

    /// Its heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Any => "Everywhere",
            Self::Stages => "On stages and items",
            Self::Gates => "On gates",
            Self::RollCall => "On the roll-call",
            Self::Metrics => "On metrics and triggers",
            Self::Pods => "On pods and their logs",
            Self::Dialog => "In a dialog",
        }
    }
}

/// A line of the keymap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The sequences that mean it, the first one shown.
    pub keys: Vec<Vec<Chord>>,
    /// What it does.
    pub action: Action,
    /// The word in the footer; none keeps it out of there.
    pub hint: Option<String>,
    /// The line in the help.
    pub desc: String,
}

impl Binding {
    /// Its keys in words.
    pub fn keys_text(&self) -> String {
        let words = |keys: &Vec<Chord>| keys.iter().map(Chord::to_string).collect::<Vec<_>>().join(" ");
        self.keys.iter().map(words).collect::<Vec<_>>().join(", ")
    }
    /// Its first sequence in words.
    pub fn first_key(&self) -> String {
        self.keys.first().map(|keys| keys.iter().map(Chord::to_string).collect()).unwrap_or_default()
    }
}

/// What the keys typed so far mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// This.
    Action(Action),
    /// More keys must follow.
    More,
    /// Nothing.
    Nothing,
}

/// All keys. The default knows none.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    bindings: Vec<Binding>,
    trie: Arc<Trie>,
}

impl Keymap {
    /// The keys that come with the program.
    ///
    /// # Errors
    /// Never for the text shipped; a test holds it.
    pub fn built_in() -> Result<Self, KeymapError> {
        Self::of(file::read("default keymap", include_str!("default.toml"))?)
    }

    /// The built-in keys with a user's changes: a key named there means only what is said there.
    ///
    /// # Errors
    /// What is wrong, with the file, the context and the key.
    pub fn with_user(name: &str, text: &str) -> Result<Self, KeymapError> {
        let mut bindings = file::read("default keymap", include_str!("default.toml"))?;
        let changes = file::read(name, text)?;
        for change in &changes {
            for binding in bindings.iter_mut().filter(|binding| binding.context == change.context) {
                binding.keys.retain(|keys| !change.keys.contains(keys));
            }
        }
        bindings.extend(changes);
        bindings.retain(|binding| !binding.keys.is_empty() && binding.action != Action::Nothing);
        Self::of(bindings)
    }

    fn of(bindings: Vec<Binding>) -> Result<Self, KeymapError> {
        let trie = Arc::new(Trie::of(&bindings)?);
        Ok(Self { bindings, trie })
    }

    /// What the keys mean in the first of these contexts that knows them.
    pub fn meaning(&self, contexts: &[Context], typed: &[Chord]) -> Meant {
        for context in contexts {
            match self.trie.find(*context, typed) {
                Meant::Nothing => {}
                found => return found,
            }
        }
        Meant::Nothing
    }

    /// The lines of a context, in the order of the file.
    pub fn bindings(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.context == context)
    }

    /// The line that does this in one of the contexts.
    pub fn binding_of(&self, contexts: &[Context], action: Action) -> Option<&Binding> {
        contexts.iter().find_map(|context| self.bindings(*context).find(|binding| binding.action == action))
    }

    /// What may follow the keys typed so far, in words: for the footer.
    pub fn follow_ups(&self, contexts: &[Context], typed: &[Chord]) -> Vec<(String, String)> {
        let bindings = contexts.iter().flat_map(|context| self.bindings(*context));
        bindings
            .flat_map(|binding| binding.keys.iter().map(move |keys| (keys, binding)))
            .filter(|(keys, _)| keys.len() > typed.len() && keys.starts_with(typed))
            .map(|(keys, binding)| {
                let rest: String = keys.iter().skip(typed.len()).map(Chord::to_string).collect();
                (rest, binding.desc.clone())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
