//! Looking without changing anything: watches, traffic alone, pods, the preview of a change and the log of a pod.
//!
//! Invariants: a watch tells at most a few times a second however often its object moves, and is taken up again
//! when it ends; what is told to a client is capped in size and time.

use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use jiff::SignedDuration;
use tokio::task::AbortHandle;

use super::{Hands, Seen, after, guarded};
use crate::base::{RolloutId, Seconds, Untrusted, Weight};
use crate::engine::ports::{DEADLINE, Fault, Moved, Preview, World};
use crate::plan::{Plan, Rollout};

/// Between two words of one watch: what comes meanwhile is one word.
const GAP: SignedDuration = SignedDuration::from_millis(250);
/// The pauses before a watch that ended is taken up again.
const PAUSES: (Seconds, Seconds) = (Seconds(1), Seconds(60));
/// The longest patch that is shown, in bytes.
const PATCH: usize = 64 << 10;
/// The longest log that is shown, in bytes, and in lines.
const LOG: (usize, u32) = (256 << 10, 5_000);

impl Hands {
    /// Reads how traffic is split, and nothing else.
    pub fn read_split(&self, rollout: Rollout) {
        let hands = self.clone();
        tokio::spawn(async move {
            let split = hands.answer("the router", hands.world.router.read(&rollout)).await;
            hands.say(Seen::Traffic { rollout: rollout.id, split, readiness: None }).await;
        });
    }

    /// Reads how healthy the way back is, and nothing else.
    pub fn read_readiness(&self, rollout: Rollout) {
        let hands = self.clone();
        tokio::spawn(async move {
            let readiness = hands.answer("the workload", hands.world.workloads.readiness(&rollout)).await;
            hands.say(Seen::Readiness { rollout: rollout.id, readiness }).await;
        });
    }

    /// Reads the pods of both sides.
    pub fn read_pods(&self, rollout: Rollout) {
        let hands = self.clone();
        tokio::spawn(async move {
            let pods = hands.answer("the workload", hands.world.workloads.pods(&rollout)).await;
            hands.say(Seen::Pods { rollout: rollout.id, pods }).await;
        });
    }

    /// Watches the router of a rollout until the handle is aborted.
    pub fn watch(&self, rollout: Rollout) -> AbortHandle {
        let hands = self.clone();
        let task = tokio::spawn(async move {
            let mut pause = PAUSES.0;
            loop {
                if hands.watch_once(&rollout).await {
                    pause = PAUSES.0;
                }
                hands.clock.until(after(hands.clock.now(), pause)).await;
                pause = Seconds((pause.0 * 2).min(PAUSES.1.0));
            }
        });
        task.abort_handle()
    }

    /// One watch to its end; true when it told of a change.
    async fn watch_once(&self, rollout: &Rollout) -> bool {
        let mut moves = self.world.router.moves(rollout);
        let mut told = false;
        let why = loop {
            let first = match guarded(moves.next()).await {
                Some(Some(moved)) => moved,
                // One that never told anything cannot be watched, and is not lost.
                Some(None) if !told => return false,
                Some(None) => break "the watch ended",
                None => break "the watch broke down",
            };
            let (mut changed, mut lost) = fold((false, None), first);
            while let Some(Some(more)) = moves.next().now_or_never() {
                (changed, lost) = fold((changed, lost), more);
            }
            told |= changed;
            for moved in changed.then_some(Moved::Changed).into_iter().chain(lost.map(Moved::Lost)) {
                self.say(Seen::Moved { rollout: rollout.id.clone(), moved }).await;
            }
            let next = self.clock.now().checked_add(GAP).unwrap_or_else(|_| self.clock.now());
            self.clock.until(next).await;
        };
        let moved = Moved::Lost(Untrusted::from(why));
        self.say(Seen::Moved { rollout: rollout.id.clone(), moved }).await;
        told
    }
}

/// Many words of a watch as at most two: that something changed, and that it is lost since.
fn fold((changed, _): (bool, Option<Untrusted>), moved: Moved) -> (bool, Option<Untrusted>) {
    match moved {
        Moved::Changed => (true, None),
        Moved::Lost(why) => (changed, Some(why)),
    }
}

/// The most warnings of one preview.
const WARNINGS: usize = 16;

/// The preview of a change, within the deadline and capped.
pub(crate) async fn ask_preview(
    world: &World,
    plan: &Plan,
    (id, weight): (RolloutId, Weight),
) -> Result<Preview, Untrusted> {
    let rollout = plan.rollout(&id).ok_or_else(|| none(&id))?;
    let Preview { patch, answer, warnings } =
        bounded("the router", world.router.preview(rollout, weight)).await?;
    let cap = |text: Untrusted| Untrusted::new(head(text.raw(), PATCH));
    let answer = answer.map(|answer| answer.map(cap).map_err(cap));
    Ok(Preview {
        patch: cap(patch),
        answer,
        warnings: warnings.into_iter().take(WARNINGS).map(cap).collect(),
    })
}

/// The last lines of a pod's log, within the deadline and capped.
pub(crate) async fn ask_log(
    world: &World,
    plan: &Plan,
    (id, pod, lines): (RolloutId, String, u32),
) -> Result<Untrusted, Untrusted> {
    let rollout = plan.rollout(&id).ok_or_else(|| none(&id))?;
    let lines = lines.clamp(1, LOG.1);
    let text = bounded("the workload", world.workloads.logs(rollout, &pod, lines)).await?;
    Ok(Untrusted::new(tail(text.raw(), LOG.0)))
}

fn none(rollout: &RolloutId) -> Untrusted {
    Untrusted::new(format!("the plan has no rollout {rollout}"))
}

/// One answer for a person who waits: on the wall's clock, whatever the world's does.
async fn bounded<T>(who: &str, asked: impl Future<Output = Result<T, Fault>>) -> Result<T, Untrusted> {
    let within = Duration::from_secs(DEADLINE.0);
    match guarded(tokio::time::timeout(within, asked)).await {
        Some(Ok(answer)) => answer.map_err(|fault| Untrusted::new(fault.to_string())),
        Some(Err(_)) => Err(Untrusted::new(format!("{who} did not answer within {DEADLINE}"))),
        None => Err(Untrusted::new(format!("{who}: the adapter broke down"))),
    }
}

/// The first bytes of a text, whole characters only.
fn head(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}\n[cut: it is longer than {} KiB]", text.get(..end).unwrap_or_default(), most >> 10)
}

/// The last bytes of a text, from the beginning of a line where there is one.
fn tail(text: &str, most: usize) -> String {
    let Some(over) = text.len().checked_sub(most).filter(|over| *over > 0) else { return text.to_owned() };
    let from = (over..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let rest = text.get(from..).unwrap_or_default();
    let rest = rest.split_once('\n').map_or(rest, |(_, whole)| whole);
    format!("[cut: only the last {} KiB are shown]\n{rest}", most >> 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_at_characters_and_lines() {
        assert_eq!(head("abc", 3), "abc");
        assert!(head("日本語", 4).starts_with("日\n[cut"));
        assert_eq!(tail("one\ntwo", 7), "one\ntwo");
        assert!(tail("one\ntwo\nthree", 8).ends_with("]\nthree"));
        assert!(tail("日本語", 4).ends_with("]\n語"));
    }

    #[test]
    fn many_words_of_a_watch_are_two() {
        let lost = || Moved::Lost("gone".into());
        let all = |words: Vec<Moved>| words.into_iter().fold((false, None), fold);
        assert_eq!(all(vec![Moved::Changed, Moved::Changed]), (true, None));
        assert_eq!(all(vec![Moved::Changed, lost()]), (true, Some("gone".into())));
        assert_eq!(all(vec![lost(), Moved::Changed]), (true, None));
    }
}
