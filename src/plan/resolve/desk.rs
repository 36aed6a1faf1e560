//! What every part of resolving has at hand: the file, its lines, and the small readings of texts.

use crate::base::{Offset, Seconds, Untrusted, Weight};
use crate::plan::file::{At, Place, PlanFile, quoted};
use crate::plan::nearest::nearest;
use crate::plan::playbook::{Playbook, When};
use crate::plan::reference::find;
use crate::plan::rule::{Action, Rule};
use crate::plan::{Finding, PlanError};

/// The most names a message lists.
const LISTED: usize = 8;

/// The documents on the desk.
pub(super) struct Desk<'a> {
    pub(super) file: &'a PlanFile,
    pub(super) place: &'a Place,
    pub(super) playbook: Option<&'a Playbook>,
    pub(super) findings: Vec<Finding>,
}

impl Desk<'_> {
    /// What is wrong with a text, and what to write instead.
    pub(super) fn wrong(&self, text: &At<String>, wrong: &str, help: impl Into<String>) -> PlanError {
        self.place.error(text.start, format!("{} {wrong}", quoted(text.as_str())), help)
    }

    /// A length of time.
    pub(super) fn length(&self, text: &At<String>) -> Result<Seconds, PlanError> {
        Seconds::parse(text.as_str()).ok_or_else(|| {
            let help = "write a number with its unit, such as 90s, 30m, 4h, 2d or 1w";
            self.wrong(text, "is not a length of time", help)
        })
    }

    /// A share of the traffic.
    pub(super) fn share(&self, text: &At<String>) -> Result<Weight, PlanError> {
        let number = text.as_str().trim().strip_suffix('%').and_then(|number| number.trim().parse().ok());
        number.and_then(Weight::percent).ok_or_else(|| {
            self.wrong(text, "is no share of the traffic", "write percent from 0 to 100, such as `10%`")
        })
    }

    /// A length of time that is not nothing.
    pub(super) fn some_length(&self, text: &At<String>) -> Result<Seconds, PlanError> {
        match self.length(text)? {
            Seconds(0) => Err(self.wrong(text, "is no time at all", "write how long, such as 15s or 10m")),
            length => Ok(length),
        }
    }

    /// A place on the T-clock.
    pub(super) fn offset(&self, text: &At<String>) -> Result<Offset, PlanError> {
        let clock = text.as_str().trim_start().starts_with(['T', 't', 'D', 'd']);
        match When::parse(text.as_str()) {
            Some(When::At(at)) if clock => Ok(at),
            _ => {
                let help = "write `T-2h`, `T-0`, `T+30m` or `T+1d`";
                Err(self.wrong(text, "is not a place on the T-clock", help))
            }
        }
    }

    /// A rule.
    pub(super) fn rule(&self, text: &At<String>) -> Result<Rule, PlanError> {
        Rule::parse(text.as_str()).map_err(|error| {
            let wrong = Untrusted::new(error.wrong).cell(120);
            self.wrong(text, &format!("is not a rule: {wrong}"), error.help)
        })
    }

    /// Actions of a trigger, in order, at least one.
    pub(super) fn actions(&self, list: &[At<String>], at: usize) -> Result<Vec<Action>, PlanError> {
        let known = || Action::ALL.iter().map(|action| action.as_str());
        if list.is_empty() {
            let help = format!("write at least one of {}", listed(known()));
            return Err(self.place.error(at, "there is no action", help));
        }
        let one = |word: &At<String>| {
            Action::parse(word.as_str()).ok_or_else(|| {
                let help = match nearest(word.as_str(), known()) {
                    Some(near) => format!("write `{near}`"),
                    None => format!("possible are {}", listed(known())),
                };
                self.wrong(word, "is not an action", help)
            })
        };
        list.iter().map(one).collect()
    }

    /// The name of something the plan defines, exactly.
    pub(super) fn named<'n>(
        &self,
        written: &At<String>,
        kind: &str,
        known: impl IntoIterator<Item = &'n str, IntoIter: Clone>,
    ) -> Result<&'n str, PlanError> {
        let known = known.into_iter();
        if let Some(same) = known.clone().find(|name| *name == written.as_str()) {
            return Ok(same);
        }
        let section = format!("[{kind}.{}]", Untrusted::new(written.as_str()).cell(40));
        let help = match nearest(written.as_str(), known.clone()) {
            Some(near) => format!("write `{near}`, or add {section}"),
            None if known.clone().next().is_none() => format!("add {section}"),
            None => format!("defined are {}; or add {section}", listed(known)),
        };
        Err(self.place.error(written.start, format!("there is no {kind} {}", quoted(written.as_str())), help))
    }

    /// Something of the playbook, by any end of its id that only one has.
    pub(super) fn referred<'n>(
        &self,
        written: &At<String>,
        kind: &str,
        ids: impl IntoIterator<Item = &'n str, IntoIter: Clone>,
    ) -> Result<&'n str, PlanError> {
        find(written.as_str(), ids).map_err(|miss| {
            let wrong = match &miss {
                crate::plan::reference::Miss::Unknown { .. } => format!("matches no {kind}"),
                crate::plan::reference::Miss::Ambiguous { candidates } => {
                    format!("matches {} {kind}s", candidates.len())
                }
            };
            self.wrong(written, &wrong, miss.help())
        })
    }

    /// A path inside the plan's own folder.
    pub(super) fn inside(&self, path: &At<String>) -> Result<String, PlanError> {
        let text = path.as_str();
        let parts = || text.split(['/', '\\']);
        let drive = text.chars().nth(1) == Some(':');
        if text.is_empty() || text.starts_with(['/', '\\', '~']) || drive || parts().any(|part| part == "..")
        {
            let help = "write a path inside the plan file's folder, without `..`";
            return Err(self.wrong(path, "leads out of the plan's folder", help));
        }
        Ok(text.to_owned())
    }

    /// An http or https address.
    pub(super) fn address(&self, url: &At<String>) -> Result<String, PlanError> {
        let text = url.as_str();
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        match rest {
            Some(rest)
                if !rest.is_empty() && !rest.starts_with('/') && !text.contains(char::is_whitespace) =>
            {
                Ok(text.to_owned())
            }
            _ => {
                let help = "write it with its scheme and host, such as `https://shop.example.com/health`";
                Err(self.wrong(url, "is not an http address", help))
            }
        }
    }
}

/// The name of an entry as a title: `error-rate` is `Error rate`.
pub(super) fn title(given: Option<&At<String>>, name: &str) -> Untrusted {
    match given {
        Some(title) => Untrusted::new(title.as_str()),
        None => {
            let words = name.replace(['-', '_'], " ");
            let mut letters = words.chars();
            let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
            Untrusted::new(first + letters.as_str())
        }
    }
}

/// The first names of a list.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown: Vec<String> = names.iter().take(LISTED).map(|name| quoted(name)).collect();
    let more = names.len().saturating_sub(LISTED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}
