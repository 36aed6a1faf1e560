//! Any bytes are a plan file or a clear error that names its place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tminus::plan::{SourceFile, Sources, resolve};

fuzz_target!(|bytes: &[u8]| {
    let sources = Sources { playbook: None, plan: Some(SourceFile::new("plan.tminus.toml", bytes)) };
    if let Err(error) = resolve(&sources) {
        assert!(!error.to_string().is_empty());
    }
});
