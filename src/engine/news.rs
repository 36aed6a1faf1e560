//! What changed in a picture since it was last told: so that a quiet release costs nothing.

use crate::engine::wire::Tell;
use crate::release::{Observations, View};

/// What was last told.
#[derive(Default)]
pub(crate) struct Told {
    seen: Option<Observations>,
}

impl Told {
    /// True before anything was told.
    pub fn is_first(&self) -> bool {
        self.seen.is_none()
    }

    /// What is new in this picture, and remembers it.
    pub fn news(&mut self, view: &View) -> Tell {
        let before = self.seen.get_or_insert_default();
        let seen = fresh(before, &view.seen);
        merge(before, &seen);
        Tell::News {
            version: view.state.version,
            seen: Box::new(seen),
            presence: view.presence.clone(),
            health: view.health.clone(),
            now: view.now,
        }
    }
}

/// What is in the newer and not, or not so, in the older.
fn fresh(before: &Observations, now: &Observations) -> Observations {
    macro_rules! differing {
        ($($field:ident),+) => {
            Observations {$(
                $field: now
                    .$field
                    .iter()
                    .filter(|(key, value)| before.$field.get(*key) != Some(*value))
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect(),
            )+}
        };
    }
    differing!(traffic, metrics, triggers, readiness, pods, flags, judged)
}

/// Takes in what is new.
pub(crate) fn merge(seen: &mut Observations, fresh: &Observations) {
    let fresh = fresh.clone();
    seen.traffic.extend(fresh.traffic);
    seen.metrics.extend(fresh.metrics);
    seen.triggers.extend(fresh.triggers);
    seen.readiness.extend(fresh.readiness);
    seen.pods.extend(fresh.pods);
    seen.flags.extend(fresh.flags);
    seen.judged.extend(fresh.judged);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RolloutId;
    use crate::release::Traffic;

    #[test]
    fn only_what_changed_is_told_and_it_adds_up() {
        let mut then = Observations::default();
        then.traffic.insert(RolloutId::new("a"), Traffic::default());
        let mut now = then.clone();
        now.traffic.insert(RolloutId::new("b"), Traffic::default());
        let news = fresh(&then, &now);
        assert_eq!(news.traffic.keys().map(|id| id.as_str()).collect::<Vec<_>>(), ["b"]);
        merge(&mut then, &news);
        assert_eq!(then, now);
        assert_eq!(fresh(&then, &now), Observations::default());
    }
}
