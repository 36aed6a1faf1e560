//! The scripted workloads, and the people who are told.

use futures::future::BoxFuture;

use crate::base::Untrusted;
use crate::engine::ports::{Errand, Fault, Notifier, Workloads};
use crate::plan::rule::Action;
use crate::plan::{ProcedureStep, Rollout};
use crate::release::{Outcome, Readiness};

use super::script::{Place, Trouble};
use super::world::Play;

impl Workloads for Play {
    fn deploy<'a>(
        &'a self,
        rollout: &'a Rollout,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            let name = name(rollout);
            let track = self.history().track(&rollout.id);
            errand.pass(&name).await?;
            let met = self.meet(Place::Deploy, &track, &name).await?;
            self.wait(self.script.service.deploy.signed()).await;
            let now = self.clock.now();
            if let Some(track) = self.history().track_mut(&rollout.id) {
                track.deployed(now);
            }
            self.lost(met, &name).await?;
            Ok(Untrusted::new(format!(
                "{} is up beside {}",
                self.script.service.new, self.script.service.old
            )))
        })
    }

    fn scale_down<'a>(
        &'a self,
        rollout: &'a Rollout,
        _to: Option<&'a str>,
        errand: Errand<'a>,
    ) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            let name = name(rollout);
            let track = self.history().track(&rollout.id);
            errand.pass(&name).await?;
            let met = self.meet(Place::ScaleDown, &track, &name).await?;
            self.lost(met, &name).await?;
            Ok(Untrusted::new(format!("{} is gone", self.script.service.new)))
        })
    }

    fn step<'a>(
        &'a self,
        _: &'a Rollout,
        step: &'a ProcedureStep,
        _: Errand<'a>,
    ) -> BoxFuture<'a, Result<(Outcome, Untrusted), Fault>> {
        Box::pin(async move {
            let track = self.history().main();
            let met = self.meet(Place::Step, &track, "the simulated procedure").await?;
            self.lost(met, "the simulated procedure").await?;
            Ok((Outcome::Done, Untrusted::new(format!("simulated: {}", step.title()))))
        })
    }

    fn readiness<'a>(&'a self, rollout: &'a Rollout) -> BoxFuture<'a, Result<Readiness, Fault>> {
        Box::pin(async move {
            let name = name(rollout);
            let track = self.history().track(&rollout.id);
            let met = self.meet(Place::Readiness, &track, &name).await?;
            self.lost(met, &name).await?;
            let of = self.script.service.instances;
            let ready = if met == Some(Trouble::Half) { of / 2 } else { of };
            Ok(Readiness { version: self.script.service.old.clone(), ready, of, ..Readiness::default() })
        })
    }
}

impl Notifier for Play {
    fn tell<'a>(&'a self, action: Action, _text: &'a Untrusted) -> BoxFuture<'a, Result<Untrusted, Fault>> {
        Box::pin(async move {
            let track = self.history().main();
            let met = self.meet(Place::Notify, &track, "the simulated channel").await?;
            self.lost(met, "the simulated channel").await?;
            Ok(Untrusted::new(format!("simulated {action}")))
        })
    }
}

fn name(rollout: &Rollout) -> String {
    format!("the simulated workload of {}", rollout.id)
}
