//! `config/config.toml`: what this user set. Only read, never written by us.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;

use super::exit::{Exit, Failure};
use super::home::Home;
use crate::world::http::Http;
use crate::world::servers::{Server, Servers};

/// The file, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    /// What is set about servers, by origin.
    server: BTreeMap<String, Server>,
}

/// What this user set.
#[derive(Clone, Debug, Default)]
pub struct Config {
    servers: Servers,
}

impl Config {
    /// Reads it; a file that is not there sets nothing.
    ///
    /// # Errors
    /// When the file cannot be read or is not understood, with its line.
    pub fn load(home: &Home) -> Result<Self, Failure> {
        let path = home.config().join("config.toml");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::io(&path, &error)),
        };
        let refused = |line, message: String| {
            Failure::new(Exit::StoreRefused, message).at(path.display().to_string(), line).help(
                "write [server.\"https://host\"] with bearer, basic or ca; `tminus guide sources` shows how",
            )
        };
        let file: File = toml::from_str(&text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map(|before| before.matches('\n').count() + 1);
            refused(line.and_then(|line| u32::try_from(line).ok()), error.message().trim().to_owned())
        })?;
        let servers = Servers::new(home.config(), file.server).map_err(|why| refused(None, why))?;
        Ok(Self { servers })
    }

    /// An HTTP client that is let in where this user said so.
    ///
    /// # Errors
    /// When there is no HTTP here at all.
    pub fn http(&self) -> Result<Http, Failure> {
        let http = Http::new(None).map_err(|fault| Failure::new(Exit::Bug, fault.to_string()))?;
        Ok(http.with(None, &self.servers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, Failure> {
        let root = tempfile::tempdir().expect("a directory");
        let home = Home::under(root.path()).expect("a home");
        fs::create_dir_all(home.config()).expect("made");
        fs::write(home.config().join("config.toml"), text).expect("written");
        Config::load(&home)
    }

    #[test]
    fn nothing_is_set_without_a_file_and_nonsense_has_its_line() {
        let root = tempfile::tempdir().expect("a directory");
        assert!(Config::load(&Home::under(root.path()).expect("a home")).is_ok());
        assert!(load("[server.\"https://a.example.com\"]\nbearer = { env = \"A\" }\n").is_ok());
        let failure = load("\n[server.\"https://a.example.com\"]\ntoken = \"x\"\n").expect_err("no such key");
        assert_eq!((failure.exit, failure.line), (Exit::StoreRefused, Some(3)), "{failure}");
        let failure = load("[server.prom]\n").expect_err("no origin");
        assert!(failure.message.contains("`prom` is no address"), "{failure}");
    }
}
