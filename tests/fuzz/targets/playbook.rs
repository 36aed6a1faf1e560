//! Any bytes are a playbook or a clear error; reading them twice gives the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tminus::plan::playbook::read;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(playbook) = read("playbook.md", bytes) {
        assert_eq!(read("playbook.md", bytes).ok().map(|again| again.counts()), Some(playbook.counts()));
    }
});
