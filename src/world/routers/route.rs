//! What the routes of an object say of shares, whatever kind they are, and what a write would change.
//!
//! Invariants: pure; a weight is written only beside the other side's, in the same route; a destination that is
//! neither side is never written; what cannot be written exactly is refused in words, except on the way back to no
//! traffic, which always has an answer.

use serde_json::Value;

use crate::base::Weight;
use crate::engine::ports::Way;

/// The largest weight there is.
pub(super) const MOST: u32 = 1_000_000;

/// Which side a destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The last known good.
    Stable,
    /// The new version.
    Canary,
    /// Neither.
    Other,
}

/// One destination of a route.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Destination {
    /// What people call it.
    pub(super) name: String,
    /// Whose it is.
    pub(super) side: Side,
    /// How much it gets, beside the others.
    pub(super) weight: u32,
    /// Where its weight is in the object.
    pub(super) pointer: String,
    /// What must still be so for the weight to be this destination's.
    pub(super) tests: Vec<(String, Value)>,
    /// The host and subset it names, where there are subsets.
    pub(super) subset: Option<(String, String)>,
}

/// One route or rule that has both sides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    /// What people call it.
    pub(super) title: String,
    /// Its destinations, in their order.
    pub(super) destinations: Vec<Destination>,
}

/// How finely an object splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    /// Any sum: as finely as it takes.
    Any,
    /// Whole percents that add up to 100.
    Percent,
}

/// All that an object says of shares.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Routes {
    /// The routes that have both sides; never none.
    pub(super) both: Vec<Route>,
    /// What a person should know besides, such as routes that go past the weights.
    pub(super) notes: Vec<String>,
}

/// One weight that is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Set {
    /// The route, as people call it.
    pub(super) route: String,
    /// The destination, as people call it.
    pub(super) name: String,
    /// Where the weight is.
    pub(super) pointer: String,
    /// What must still be so.
    pub(super) tests: Vec<(String, Value)>,
    /// What it is.
    pub(super) before: u32,
    /// What it becomes.
    pub(super) after: u32,
}

impl Route {
    fn sum(&self, side: impl Fn(Side) -> bool) -> u64 {
        let of = self.destinations.iter().filter(|destination| side(destination.side));
        of.map(|destination| u64::from(destination.weight)).sum()
    }

    /// The canary's share of everything; none when nobody gets anything.
    fn share(&self) -> Option<Weight> {
        let all = self.sum(|_| true);
        if all == 0 {
            return None;
        }
        Weight::percent(self.sum(|side| side == Side::Canary) as f64 / all as f64 * 100.0)
    }

    fn writes(&self, weight: Weight, way: Way, grain: Grain) -> Result<Vec<Set>, String> {
        let off = way == Way::Back && weight == Weight::ZERO;
        match self.plain(weight, grain) {
            Ok((stable, canary)) => Ok(self.sets(|side, _| match side {
                Side::Stable => Some(stable),
                Side::Canary => Some(canary),
                Side::Other => None,
            })),
            Err(_) if off => Ok(self.off(grain)),
            Err(why) => Err(format!("{}: {why}", self.title)),
        }
    }

    /// The two weights, when the route is as it should be.
    fn plain(&self, weight: Weight, grain: Grain) -> Result<(u32, u32), String> {
        for side in [Side::Stable, Side::Canary] {
            let mut those = self.destinations.iter().filter(|destination| destination.side == side);
            if let (Some(first), Some(_)) = (those.next(), those.next()) {
                return Err(format!(
                    "`{}` is there more than once, so that its share has no one place: keep one of them",
                    first.name
                ));
            }
        }
        if let Some(other) =
            self.destinations.iter().find(|other| other.side == Side::Other && other.weight > 0)
        {
            return Err(format!(
                "`{}` has a weight of {} beside the two sides: take it out of the route, or set it to 0",
                other.name, other.weight
            ));
        }
        let sum = self.sum(|_| true);
        match grain {
            Grain::Any if sum == 0 => {
                Err("its weights add up to 0, so that nobody gets anything: give the stable side one".into())
            }
            Grain::Any => Ok(any(weight, sum)),
            Grain::Percent if sum != 100 => {
                Err(format!("its weights add up to {sum} and not to 100: set them right by hand first"))
            }
            Grain::Percent => percent(weight),
        }
    }

    /// No traffic for the canary, whatever else the route holds: what it had goes to the first stable destination.
    fn off(&self, grain: Grain) -> Vec<Set> {
        let others = self.sum(|side| side == Side::Other);
        let stable = self.sum(|side| side == Side::Stable);
        let moved = match grain {
            Grain::Percent => 100_u64.saturating_sub(others + stable),
            Grain::Any => self.sum(|side| side == Side::Canary),
        };
        let moved = if stable + moved == 0 { 100 } else { moved };
        let mut first = true;
        self.sets(|side, before| match side {
            Side::Canary => Some(0),
            Side::Stable if std::mem::take(&mut first) => {
                let sum = u64::from(before).saturating_add(moved).min(u64::from(MOST));
                Some(u32::try_from(sum).unwrap_or(MOST))
            }
            Side::Stable | Side::Other => None,
        })
    }

    fn sets(&self, mut after: impl FnMut(Side, u32) -> Option<u32>) -> Vec<Set> {
        let one = |destination: &Destination| {
            Some(Set {
                route: self.title.clone(),
                name: destination.name.clone(),
                pointer: destination.pointer.clone(),
                tests: destination.tests.clone(),
                before: destination.weight,
                after: after(destination.side, destination.weight)?,
            })
        };
        self.destinations.iter().filter_map(one).collect()
    }
}

impl Routes {
    /// The canary's share, where all routes agree on it.
    pub(super) fn share(&self) -> Option<Weight> {
        let mut shares = self.both.iter().map(Route::share);
        let first = shares.next()??;
        shares.all(|share| share.is_some_and(|share| share.is_near(first))).then_some(first)
    }

    /// Everything a person should know besides the share.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        for route in &self.both {
            if route.share().is_none() {
                notes.push(format!("{}: its weights add up to 0, nobody gets anything", route.title));
            }
            for other in route.destinations.iter().filter(|it| it.side == Side::Other) {
                notes.push(format!(
                    "{}: `{}` has {} beside both sides",
                    route.title, other.name, other.weight
                ));
            }
        }
        if self.both.len() > 1 && self.share().is_none() {
            let each = self.both.iter().map(|route| {
                let share = route.share().map_or_else(|| "unknown".to_owned(), |share| share.to_string());
                format!("{} {share}", route.title)
            });
            notes.push(format!("the routes do not agree: {}", each.collect::<Vec<_>>().join(", ")));
        }
        notes
    }

    /// The hosts of one side, each once.
    pub(super) fn hosts(&self, side: Side) -> Vec<&str> {
        let all = self.both.iter().flat_map(|route| &route.destinations).filter(|one| one.side == side);
        let mut hosts: Vec<&str> =
            all.map(|one| one.subset.as_ref().map_or(one.name.as_str(), |(host, _)| host.as_str())).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// Both weights of every route.
    pub(super) fn writes(&self, weight: Weight, way: Way, grain: Grain) -> Result<Vec<Set>, String> {
        let mut sets = Vec::new();
        for route in &self.both {
            sets.extend(route.writes(weight, way, grain)?);
        }
        Ok(sets)
    }
}

/// Weights of any sum: the sum there is, when it splits so finely, or the smallest power of ten that does.
fn any(weight: Weight, sum: u64) -> (u32, u32) {
    let sums = [sum, 100, 1_000, 10_000, 100_000, u64::from(MOST)];
    let split = |sum: u64| {
        let exact = weight.value() / 100.0 * sum as f64;
        (sum, exact.round(), (exact - exact.round()).abs() < 1e-6)
    };
    let fine = sums.into_iter().filter(|sum| (1..=u64::from(MOST)).contains(sum)).map(split);
    let (sum, canary, _) = fine.clone().find(|(_, _, exact)| *exact).unwrap_or(split(u64::from(MOST)));
    let canary = if weight > Weight::ZERO { canary.max(1.0) } else { 0.0 } as u64;
    let part = |part: u64| u32::try_from(part).unwrap_or(MOST);
    (part(sum.saturating_sub(canary)), part(canary))
}

fn percent(weight: Weight) -> Result<(u32, u32), String> {
    let canary = weight.value().round();
    if (canary - weight.value()).abs() > 1e-9 {
        return Err(format!(
            "its weights are whole percents, and {} is none: take {canary:.0}, or a router that splits finer, \
             such as an HTTPRoute",
            weight.value()
        ));
    }
    let canary = canary as u32;
    Ok((100 - canary, canary))
}
