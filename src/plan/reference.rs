//! How people name an item or a stage: by its id, or by any end of it that only one has.

use super::nearest::nearest;

/// The most candidates a message lists.
const LISTED: usize = 5;

/// Why a name leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// Nothing ends like that.
    Unknown {
        /// What was probably meant.
        near: Option<String>,
    },
    /// Several end like that.
    Ambiguous {
        /// They, in the order of the document.
        candidates: Vec<String>,
    },
}

impl Miss {
    /// What to write instead, one line.
    pub fn help(&self) -> String {
        match self {
            Self::Unknown { near: Some(near) } => format!("write `{near}`"),
            Self::Unknown { near: None } => "`tminus status` lists every id".to_owned(),
            Self::Ambiguous { candidates } => {
                let more = candidates.len().saturating_sub(LISTED);
                let shown: Vec<_> =
                    candidates.iter().take(LISTED).map(|candidate| format!("`{candidate}`")).collect();
                let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("write more of it, one of {}{rest}", shown.join(", "))
            }
        }
    }
}

/// The one id that is, or else ends with, what was written: whole parts between `/` first, then any end.
///
/// # Errors
/// When none or several do.
pub fn find<'a>(
    written: &str,
    ids: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Result<&'a str, Miss> {
    let ids = ids.into_iter();
    let written = written.trim();
    if let Some(same) = ids.clone().find(|id| *id == written) {
        return Ok(same);
    }
    let whole = |id: &str| id.strip_suffix(written).is_some_and(|head| head.ends_with('/'));
    let any = |id: &str| !written.is_empty() && id.ends_with(written);
    for ends in [&whole as &dyn Fn(&str) -> bool, &any] {
        let found: Vec<&str> = ids.clone().filter(|id| ends(id)).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one),
            many => {
                return Err(Miss::Ambiguous { candidates: many.iter().map(|id| (*id).to_owned()).collect() });
            }
        }
    }
    let tail = |id: &'a str| id.rsplit('/').next().unwrap_or(id);
    let near = nearest(written, ids.clone()).or_else(|| {
        let last = written.rsplit('/').next().unwrap_or(written);
        let tail_meant = nearest(last, ids.clone().map(tail))?;
        ids.clone().find(|id| tail(id) == tail_meant)
    });
    Err(Miss::Unknown { near: near.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 4] = [
        "planning/scope-agreed",
        "release/traffic/start",
        "release/after/start",
        "validation/unit-tests-pass",
    ];

    #[test]
    fn an_end_that_only_one_id_has_is_enough() {
        assert_eq!(find("scope-agreed", IDS), Ok(IDS[0]));
        assert_eq!(find("tests-pass", IDS), Ok(IDS[3]));
        assert_eq!(find("traffic/start", IDS), Ok(IDS[1]));
    }

    #[test]
    fn several_ends_are_listed_and_a_slip_finds_its_neighbour() {
        let many = find("start", IDS).unwrap_err();
        assert_eq!(many.help(), "write more of it, one of `release/traffic/start`, `release/after/start`");
        let slip = find("validation/unit-test-pass", IDS).unwrap_err();
        assert_eq!(slip.help(), "write `validation/unit-tests-pass`");
        assert_eq!(find("", IDS), Err(Miss::Unknown { near: None }));
    }
}
