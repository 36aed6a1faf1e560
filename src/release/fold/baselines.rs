//! Baselines into state.

use crate::analysis::baseline::BaselineName;
use crate::release::baseline::{Asked, Baselines, KeptBaseline, MissedBaseline, Window};
use crate::release::event::Event;
use crate::release::state::{Mark, State};

/// How many versions of one metric are kept: the newest.
const VERSIONS: usize = 32;

impl State {
    pub(super) fn fold_baseline(&mut self, event: &Event, mark: &Mark) {
        let known = &mut self.baselines;
        match event {
            Event::BaselineAsked { metric, name, from, to } => {
                known.asked.push(Asked {
                    metric: metric.clone(),
                    window: Window { name: name.clone(), from: *from, to: *to },
                });
            }
            Event::BaselineCaptured { metric, name, snapshot, inputs } => {
                known.settle(metric, name);
                if let Some(missed) = known.missed.get_mut(metric) {
                    missed.remove(name);
                }
                let kept = known.kept.entry(metric.clone()).or_default();
                let new = KeptBaseline { snapshot: snapshot.clone(), inputs: *inputs, mark: mark.clone() };
                kept.insert(name.clone(), new);
                let versions = kept.iter().filter(|(name, _)| name.of_version().is_some());
                if versions.clone().count() > VERSIONS {
                    let oldest = versions.min_by_key(|(_, kept)| kept.mark.at).map(|(name, _)| name.clone());
                    oldest.and_then(|oldest| kept.remove(&oldest));
                }
            }
            Event::BaselineMissed { metric, name, why } => {
                known.settle(metric, name);
                let missed = known.missed.entry(metric.clone()).or_default();
                let tries = missed.get(name).map_or(0, |missed| missed.tries).saturating_add(1);
                missed.insert(name.clone(), MissedBaseline { why: why.clone(), tries, at: mark.at });
            }
            // What was missed for another reason is tried anew.
            Event::ReleaseStarted { .. } => known.missed.clear(),
            Event::RolloutCompleted { remaining, .. } if remaining.is_empty() => {
                known.watched = Some(mark.at)
            }
            Event::ReleaseStable {} => {
                known.stable = Some(mark.at);
                known.missed.clear();
            }
            Event::AttemptOpened { .. } => {
                let kept = std::mem::take(&mut known.kept);
                *known = Baselines { kept, ..Baselines::default() };
            }
            _ => {}
        }
    }
}

impl Baselines {
    fn settle(&mut self, metric: &crate::base::MetricId, name: &BaselineName) {
        self.asked.retain(|asked| &asked.metric != metric || &asked.window.name != name);
    }
}
