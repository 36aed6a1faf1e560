//! When to draw. Pure: the first request is granted at once, later ones after a least gap; silent when idle.

/// Grants frames. Times are milliseconds on one clock.
#[derive(Clone, Copy, Debug)]
pub struct Pacer {
    gap: u64,
    last: Option<u64>,
    wanted: bool,
}

impl Pacer {
    /// Frames at least so far apart.
    pub fn new(gap: u64) -> Self {
        Self { gap, last: None, wanted: false }
    }
    /// Something changed.
    pub fn request(&mut self) {
        self.wanted = true;
    }
    /// When the frame that is wanted may be drawn; none when none is.
    pub fn due(&self) -> Option<u64> {
        self.wanted.then(|| self.last.map_or(0, |last| last + self.gap))
    }
    /// True when a frame is to be drawn now; the caller draws it.
    pub fn take(&mut self, now: u64) -> bool {
        let granted = self.due().is_some_and(|due| due <= now);
        if granted {
            self.last = Some(now);
            self.wanted = false;
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
}
