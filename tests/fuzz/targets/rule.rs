//! Any text is a rule or a clear error; a rule reads back as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tminus::plan::rule::Rule;

fuzz_target!(|text: &str| {
    if let Ok(rule) = Rule::parse(text) {
        assert_eq!(Rule::parse(&rule.to_string()).ok(), Some(rule));
    }
});
