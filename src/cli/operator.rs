//! Who acts: the name a person goes by, as sure as the operating system is of it.

use crate::base::{Actor, Untrusted};

/// Where a name may be set; otherwise the login counts.
pub const OPERATOR: &str = "TMINUS_OPERATOR";

/// The person at this terminal.
pub fn operator() -> Actor {
    let set =
        |name: &str| std::env::var(name).ok().map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    let name = set(OPERATOR)
        .or_else(|| set("USER"))
        .or_else(|| set("LOGNAME"))
        .unwrap_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()));
    Actor::Person(Untrusted::new(name).line())
}
