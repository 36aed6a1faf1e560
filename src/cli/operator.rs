//! Who acts: the name a person goes by, as sure as the operating system is of it.

use crate::base::{Actor, Untrusted};

/// Where a name may be set; otherwise the login counts.
pub const OPERATOR: &str = "TMINUS_OPERATOR";

/// Where the system keeps its local users.
const USERS: &str = "/etc/passwd";

/// The person at this terminal.
pub fn operator() -> Actor {
    let set =
        |name: &str| std::env::var(name).ok().map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
    let name = set(OPERATOR).or_else(|| set("USER")).or_else(|| set("LOGNAME")).unwrap_or_else(|| {
        let uid = rustix::process::getuid().as_raw();
        let users = std::fs::read(USERS).unwrap_or_default();
        login(&String::from_utf8_lossy(&users), uid).unwrap_or_else(|| format!("uid-{uid}"))
    });
    Actor::Person(Untrusted::new(name).line())
}

/// The login of a user in the text of a passwd file: `login:password:uid:…`.
fn login(users: &str, uid: u32) -> Option<String> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::login;

    #[test]
    fn a_user_without_a_name_in_the_environment_is_looked_up() {
        let users =
            "# users\nroot:x:0:0::/root:/bin/sh\n:x:7:7::/:\nbroken\nada:x:1000:1000:Ada:/home/ada:/bin/sh";
        assert_eq!(login(users, 1000).as_deref(), Some("ada"));
        assert_eq!(login(users, 0).as_deref(), Some("root"));
        assert_eq!((login(users, 7), login(users, 8), login("", 0)), (None, None, None));
    }
}
