//! When to draw. Pure: a person's key is answered at once, what changes by itself waits for a least gap; silent when
//! idle.

/// Grants frames. Times are milliseconds on one clock.
#[derive(Clone, Copy, Debug)]
pub struct Pacer {
    gap: u64,
    last: Option<u64>,
    wanted: bool,
    urgent: bool,
}

impl Pacer {
    /// Frames at least so far apart.
    pub fn new(gap: u64) -> Self {
        Self { gap, last: None, wanted: false, urgent: false }
    }
    /// Something changed.
    pub fn request(&mut self) {
        self.wanted = true;
    }
    /// A person did something: what it changed is shown at once. Keys that came together are one answer.
    pub fn answer(&mut self) {
        self.wanted = true;
        self.urgent = true;
    }
    /// When the frame that is wanted may be drawn; none when none is.
    pub fn due(&self) -> Option<u64> {
        let gap = if self.urgent { 0 } else { self.gap };
        self.wanted.then(|| self.last.map_or(0, |last| last + gap))
    }
    /// True when a frame is to be drawn now; the caller draws it.
    pub fn take(&mut self, now: u64) -> bool {
        let granted = self.due().is_some_and(|due| due <= now);
        if granted {
            self.last = Some(now);
            self.wanted = false;
            self.urgent = false;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_is_at_once_and_a_flood_is_one_frame_a_gap() {
        let mut pacer = Pacer::new(33);
        assert_eq!(pacer.due(), None);
        assert!(!pacer.take(5));
        let mut drawn = Vec::new();
        for now in 0..100 {
            pacer.request();
            if pacer.take(now) {
                drawn.push(now);
            }
        }
        assert_eq!(drawn, [0, 33, 66, 99]);
        assert!(pacer.due().is_none());
        pacer.request();
        assert_eq!(pacer.due(), Some(132));
    }

    #[test]
    fn a_key_does_not_wait_for_the_gap_and_leaves_it_as_it_was() {
        let mut pacer = Pacer::new(33);
        pacer.request();
        assert!(pacer.take(0));
        pacer.answer();
        assert!(pacer.take(1));
        pacer.request();
        assert_eq!(pacer.due(), Some(34));
    }
}
