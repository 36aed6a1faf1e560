//! Reading the times that baselines are made of.

use super::{Hands, Seen};
use crate::engine::ports::Ask;
use crate::plan::{Metric, Source};
use crate::release::Capture;

impl Hands {
    /// Reads each time of a capture, one after the other.
    pub fn capture(&self, source: Source, metric: Metric, capture: Capture) {
        let hands = self.clone();
        tokio::spawn(async move {
            let mut answers = Vec::with_capacity(capture.windows.len());
            for window in &capture.windows {
                let ask = Ask { source: &source, metric: &metric, from: window.from, to: window.to };
                answers.push(hands.answer(source.id.as_str(), hands.world.numbers.read(ask)).await);
            }
            hands.say(Seen::Baselines { capture, answers }).await;
        });
    }
}
