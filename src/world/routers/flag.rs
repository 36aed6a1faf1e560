//! The percentage of a feature flag.
//!
//! The canary's share is the share of users who have the flag, read back as it is kept. On the way back to nothing
//! its kill switch is pulled, and the percentage follows when that fails.

use futures::future::BoxFuture;

use crate::base::{FlagId, Weight};
use crate::engine::ports::{
    Change, Fault, FlagChange, FlagReading, Flags as _, Preview, Split, Way, Written,
};
use crate::plan::Flag;
use crate::release::Owner;
use crate::world::flags::{RealFlags, Tokens};

use super::adapter::{Adapter, unsupported};
use super::{Leave, Means};

/// The flag of this name.
pub(super) fn adapter<'a>(
    means: &'a Means,
    flags: &'a [Flag],
    flag: &'a FlagId,
) -> Result<Box<dyn Adapter + 'a>, Fault> {
    let title = format!("flag {flag}");
    let Some(found) = flags.iter().find(|known| &known.id == flag) else {
        return Err(unsupported(&title, "the plan does not say where it is kept; add `[flag.NAME]`"));
    };
    match &means.leave {
        Leave::Granted { folder, http } => Ok(Box::new(Percentage {
            keeper: RealFlags::new(folder.clone(), http.clone(), Tokens::Environment),
            known: flags,
            flag: found,
        })),
        Leave::Withheld(why) => Err(Fault::Untrusted(title, why.clone())),
    }
}

/// A flag and who keeps it.
struct Percentage<'a> {
    keeper: RealFlags,
    known: &'a [Flag],
    flag: &'a Flag,
}

impl Percentage<'_> {
    /// What keeps it from being turned on, for people.
    async fn lacks(&self) -> Option<String> {
        for id in &self.flag.requires {
            let Some(required) = self.known.iter().find(|known| &known.id == id) else {
                return Some(format!("it requires {id}, which the plan does not have"));
            };
            let said = match self.keeper.read(required).await {
                Ok(read) if read.seen.is_on() == Some(true) => continue,
                Ok(read) => read.seen.said(),
                Err(fault) => format!("unknown: {fault}"),
            };
            return Some(format!("it requires {id}, which is {said}"));
        }
        None
    }

    async fn rise(&self, change: &FlagChange<'_>) -> Result<(), Fault> {
        let title = format!("flag {}", self.flag.id);
        if change.read.is_some_and(|read| read.seen.killed == Some(true)) {
            return Err(unsupported(&title, "its kill switch is pulled: release it where it is kept"));
        }
        match self.lacks().await {
            Some(why) => Err(unsupported(&title, &why)),
            None => self.keeper.set(self.flag, *change).await,
        }
    }
}

impl Adapter for Percentage<'_> {
    fn read(&self) -> BoxFuture<'_, Result<Split, Fault>> {
        Box::pin(async move {
            let FlagReading { seen, stamp } = self.keeper.read(self.flag).await?;
            Ok(Split { configured: seen.share(), owner: Owner::Nobody, stamp, ..Split::default() })
        })
    }

    fn write<'a>(&'a self, change: Change<'a>) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(async move {
            let Change { weight, way, operation, read } = change;
            if way == Way::Back && weight.is_near(Weight::ZERO) {
                if self.keeper.kill(self.flag, operation).await.is_err() {
                    let blind = FlagChange { percent: weight, operation, read: None };
                    self.keeper.set(self.flag, blind).await?;
                }
                return Ok(Written::default());
            }
            // The switch is looked at anew; the write stays bound to what the engine decided on.
            let now = self.keeper.read(self.flag).await?;
            let stamp = read.and_then(|read| read.stamp.clone()).or(now.stamp);
            let read = FlagReading { seen: now.seen, stamp };
            let change = FlagChange { percent: weight, operation, read: Some(&read) };
            match weight.is_near(Weight::ZERO) {
                true => self.keeper.set(self.flag, change).await?,
                false => self.rise(&change).await?,
            }
            Ok(Written::default())
        })
    }

    fn preview(&self, weight: Weight) -> BoxFuture<'_, Result<Preview, Fault>> {
        Box::pin(async move { self.keeper.preview(self.flag, weight).await })
    }
}
