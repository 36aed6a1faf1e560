//! The scripted router, which does what it is told, and requests that follow.

use futures::future::BoxFuture;

use crate::base::Weight;
use crate::engine::ports::{Change, Fault, Preview, Router, Split, Written};
use crate::plan::Rollout;
use crate::release::Owner;

use super::script::Place;
use super::world::Play;

impl Router for Play {
    fn read<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Split, Fault>> {
        Box::pin(async move {
            let name = name(rollout);
            let track = self.history().track(&rollout.id);
            let met = self.meet(Place::RouterRead, &track, &name).await?;
            self.lost(met, &name).await?;
            let now = self.clock.now();
            let track = self.history().track(&rollout.id);
            Ok(Split {
                configured: Some(track.weight(now)),
                observed: self.service(&track).observed(now),
                owner: Owner::Nobody,
                ..Split::default()
            })
        })
    }

    fn write<'a>(
        &'a self,
        rollout: &'a Rollout,
        change: Change<'a>,
    ) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move {
            let name = name(rollout);
            let track = self.history().track(&rollout.id);
            let met = self.meet(Place::RouterWrite, &track, &name).await?;
            let now = self.clock.now();
            if let Some(track) = self.history().track_mut(&rollout.id) {
                track.weighed(now, change.weight);
            }
            self.lost(met, &name).await?;
            Ok(Written::default())
        })
    }

    fn preview<'a>(&'a self, rollout: &'a Rollout, weight: Weight) -> BoxFuture<'a, Result<Preview, Fault>> {
        Box::pin(async move {
            let now = self.history().track(&rollout.id).weight(self.clock.now());
            let patch = format!(
                "{}\n- stable {}   canary {}\n+ stable {}   canary {}",
                name(rollout),
                now.rest(),
                now,
                weight.rest(),
                weight
            );
            Ok(Preview { patch: patch.into(), ..Preview::default() })
        })
    }
}

fn name(rollout: &Rollout) -> String {
    format!("the simulated router of {}", rollout.id)
}
