//! The worlds that come with the program.

/// Their names, the one a newcomer should see first in front.
pub const NAMES: [&str; 6] =
    ["good-canary", "bad-canary", "no-data", "flapping", "shared-incident", "low-traffic"];

/// The script of that name; `None` for any other word.
pub fn bundled(name: &str) -> Option<&'static str> {
    match name {
        "good-canary" => Some(include_str!("../../../assets/worlds/good-canary.toml")),
        "bad-canary" => Some(include_str!("../../../assets/worlds/bad-canary.toml")),
        "no-data" => Some(include_str!("../../../assets/worlds/no-data.toml")),
        "flapping" => Some(include_str!("../../../assets/worlds/flapping.toml")),
        "shared-incident" => Some(include_str!("../../../assets/worlds/shared-incident.toml")),
        "low-traffic" => Some(include_str!("../../../assets/worlds/low-traffic.toml")),
        _ => None,
    }
}
