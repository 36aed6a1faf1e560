//! Any bytes are samples or an error that names its line, in either format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tminus::world::metrics::exposition::{Dialect, Exposition, Limits};

fuzz_target!(|bytes: &[u8]| {
    for dialect in [Dialect::Text, Dialect::OpenMetrics] {
        match Exposition::read(bytes, dialect, &Limits::USUAL) {
            Ok(read) => assert!(read.samples.iter().all(|sample| !sample.name.is_empty())),
            Err(error) => assert!(error.line >= 1),
        }
    }
});
