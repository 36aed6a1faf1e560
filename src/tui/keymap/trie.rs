//! Sequences of keys to actions: one tree per context.

use std::collections::HashMap;

use super::{Action, Binding, Chord, Context, KeymapError, Meant};

#[derive(Debug, Default)]
struct Node {
    next: HashMap<Chord, Node>,
    action: Option<Action>,
}

/// The trees.
#[derive(Debug, Default)]
pub(super) struct Trie(HashMap<Context, Node>);

impl Trie {
    pub(super) fn of(bindings: &[Binding]) -> Result<Self, KeymapError> {
        let mut trie = Self::default();
        for binding in bindings {
            for keys in &binding.keys {
                trie.insert(binding, keys)?;
            }
        }
        Ok(trie)
    }

    fn insert(&mut self, binding: &Binding, keys: &[Chord]) -> Result<(), KeymapError> {
        let twice = || KeymapError::Twice {
            context: binding.context.title(),
            keys: keys.iter().map(Chord::to_string).collect::<Vec<_>>().join(" "),
        };
        let mut node = self.0.entry(binding.context).or_default();
        for key in keys {
            if node.action.is_some() {
                return Err(twice());
            }
            node = node.next.entry(*key).or_default();
        }
        if node.action.is_some() || !node.next.is_empty() {
            return Err(twice());
        }
        node.action = Some(binding.action);
        Ok(())
    }

    pub(super) fn find(&self, context: Context, typed: &[Chord]) -> Meant {
        let Some(root) = self.0.get(&context) else {
            return Meant::Nothing;
        };
        let found = typed.iter().try_fold(root, |node, key| node.next.get(key));
        match found {
            Some(Node { action: Some(action), .. }) => Meant::Action(*action),
            Some(node) if !node.next.is_empty() && !typed.is_empty() => Meant::More,
            _ => Meant::Nothing,
        }
    }
}
