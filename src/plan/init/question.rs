//! What a first plan file cannot take from the document: at most ten questions, each may be skipped.

use std::collections::BTreeMap;

use crate::base::RoleId;
use crate::plan::ReleaseKind;
use crate::plan::nearest::nearest;
use crate::plan::playbook::Playbook;
use crate::plan::resolve::document;

/// The most questions anybody is asked.
const MOST: usize = 10;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The release's name.
    Name,
    /// The version that goes out.
    Version,
    /// Major, minor, patch or hotfix.
    Kind,
    /// The moment of T-0.
    T0,
    /// The zone people live in.
    Zone,
    /// The environment it goes to.
    Environment,
    /// The address of the metrics server.
    Prometheus,
    /// The address that says whether the new version is healthy.
    Health,
    /// Who speaks for this role.
    Speaker(RoleId),
}

/// One question, for a person at a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub topic: Topic,
    /// The question, one line.
    pub text: String,
    /// The answer taken when it is skipped; none leaves the matter open.
    pub suggested: Option<String>,
}

/// Why an answer cannot be used, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadAnswer(String);

/// The answers so far; every one of them can be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<Topic, String>);

impl Answers {
    /// Nobody was asked.
    pub fn none() -> Self {
        Self::default()
    }

    /// Takes an answer; an empty one is a skipped question.
    ///
    /// # Errors
    /// When it is not an answer to this question, with what to write instead.
    pub fn answer(&mut self, topic: Topic, text: &str) -> Result<(), BadAnswer> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let wrong = match &topic {
            Topic::Kind if ReleaseKind::parse(text).is_none() => {
                let near = nearest(text, ReleaseKind::ALL.map(ReleaseKind::as_str)).unwrap_or("minor");
                Some(format!("write major, minor, patch or hotfix; `{near}` perhaps"))
            }
            Topic::T0 if text.parse::<jiff::Timestamp>().is_err() => {
                Some("write date, time and offset, such as 2026-12-01T10:00:00Z".to_owned())
            }
            Topic::Zone if jiff::tz::TimeZone::get(text).is_err() => {
                Some("write an IANA name such as Europe/Zurich or UTC".to_owned())
            }
            Topic::Prometheus | Topic::Health if !is_address(text) => {
                Some("write an address such as https://shop.example.com/health".to_owned())
            }
            Topic::Environment if text.contains(char::is_whitespace) => {
                Some("write one word, such as prod".to_owned())
            }
            _ if text.chars().any(char::is_control) => Some("write plain text".to_owned()),
            _ => None,
        };
        match wrong {
            Some(wrong) => Err(BadAnswer(wrong)),
            None => {
                self.0.insert(topic, text.to_owned());
                Ok(())
            }
        }
    }

    /// The answer to a question, if it was given.
    pub fn get(&self, topic: &Topic) -> Option<&str> {
        self.0.get(topic).map(String::as_str)
    }

    /// The kind of release that was answered.
    pub(super) fn kind(&self) -> Option<ReleaseKind> {
        self.get(&Topic::Kind).and_then(ReleaseKind::parse)
    }
}

fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace))
}

/// The questions this document leaves open, the weightiest first.
pub fn questions(playbook: &Playbook) -> Vec<Question> {
    let ask = |topic: Topic, text: &str, suggested: Option<String>| Question {
        topic,
        text: text.to_owned(),
        suggested,
    };
    let mut list = vec![
        ask(Topic::Name, "What is released?", document::release_name(playbook)),
        ask(Topic::Version, "Which version goes out?", document::release_version(playbook)),
        ask(Topic::Kind, "Is it a major, minor or patch release, or a hotfix?", Some("minor".to_owned())),
        ask(Topic::Environment, "Which environment does it go to?", Some("prod".to_owned())),
        ask(Topic::T0, "When is T-0, such as 2026-12-01T10:00:00Z?", None),
        ask(Topic::Zone, "Which time zone do you live in, such as Europe/Zurich?", Some("UTC".to_owned())),
        ask(Topic::Prometheus, "At which address does Prometheus answer?", None),
        ask(Topic::Health, "Which address says that the new version is healthy?", None),
    ];
    let roles = document::roles(playbook);
    for role in roles.iter().filter(|role| !role.approves.is_empty()) {
        let text = format!("Who speaks for {}, by e-mail?", role.title.cell(40));
        list.push(ask(Topic::Speaker(role.id.clone()), &text, None));
    }
    list.truncate(MOST);
    list
}
