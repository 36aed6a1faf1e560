//! Values inside a JSON text by their pointers, so that a change leaves every other byte as it is.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The value at a pointer: where it stands in the text.
///
/// # Errors
/// What is wrong: no JSON, no such value, or a name that stands twice in one object.
pub(super) fn find(text: &str, pointer: &str) -> Result<Range<usize>, String> {
    let mut value: &RawValue =
        serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let missing = || format!("there is no `{pointer}` in it");
        value = match value.get().bytes().next() {
            Some(b'{') => fields(value)?
                .into_iter()
                .find(|(name, _)| *name == token)
                .map(|(_, value)| value)
                .ok_or_else(missing)?,
            Some(b'[') => {
                let list: Vec<&RawValue> =
                    serde_json::from_str(value.get()).map_err(|error| error.to_string())?;
                let place: usize = token.parse().map_err(|_| missing())?;
                list.get(place).copied().ok_or_else(missing)?
            }
            _ => return Err(missing()),
        };
    }
    Ok(range(text, value))
}

/// What stands beside the value at a pointer in the same object, itself included: names and places.
///
/// # Errors
/// As [`find`].
pub(super) fn siblings(text: &str, pointer: &str) -> Result<Vec<(String, Range<usize>)>, String> {
    let Some((parent, _)) = pointer.rsplit_once('/') else {
        return Ok(vec![(String::new(), find(text, "")?)]);
    };
    let within = find(text, parent)?;
    let value: &RawValue =
        serde_json::from_str(text.get(within).unwrap_or_default()).map_err(|error| error.to_string())?;
    if !value.get().starts_with('{') {
        return Ok(vec![(pointer.to_owned(), find(text, pointer)?)]);
    }
    Ok(fields(value)?.into_iter().map(|(name, value)| (name, range(text, value))).collect())
}

/// The text with these places filled anew.
pub(super) fn fill(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut filled = text.to_owned();
    for (range, new) in edits {
        if filled.get(range.clone()).is_some() {
            filled.replace_range(range, &new);
        }
    }
    filled
}

/// Where a part of a text stands in it.
fn range(text: &str, part: &RawValue) -> Range<usize> {
    let start = (part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + part.get().len()
}

fn fields(value: &RawValue) -> Result<Vec<(String, &RawValue)>, String> {
    let Fields(fields) = serde_json::from_str(value.get()).map_err(|error| error.to_string())?;
    Ok(fields)
}

/// The members of an object in their order; a name that stands twice is refused, because readers differ on which
/// of them counts.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if fields.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom(format!(
                            "`{}` stands in it twice",
                            name.escape_debug()
                        )));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "{\n  \"b\": {\"on\": true,   \"percent\": 10},\n\t\"a~/é\": [ {\"on\":false} , 7 ],\r\n  \"end\": null\n}\n";

    #[test]
    fn values_are_found_where_they_stand() {
        for (pointer, wanted) in [
            ("/b/on", "true"),
            ("/b/percent", "10"),
            ("/a~0~1é/0/on", "false"),
            ("/a~0~1é/1", "7"),
            ("/end", "null"),
            ("/b", "{\"on\": true,   \"percent\": 10}"),
        ] {
            let range = find(FILE, pointer).expect(pointer);
            assert_eq!(FILE.get(range), Some(wanted), "{pointer}");
        }
        assert_eq!(find(FILE, "").expect("whole").start, 0);
    }

    #[test]
    fn what_is_not_there_is_said() {
        for (text, pointer, why) in [
            (FILE, "/c", "no `/c`"),
            (FILE, "/b/on/deep", "no `/b/on/deep`"),
            (FILE, "/a~0~1é/2", "no `/a"),
            (FILE, "/a~0~1é/x", "no `/a"),
            ("{\"a\": 1, \"a\": 2}", "/a", "twice"),
            ("{", "/a", "no JSON"),
            ("", "", "no JSON"),
            ("{} {}", "", "no JSON"),
        ] {
            let error = find(text, pointer).expect_err(pointer);
            assert!(error.contains(why), "{pointer}: {error}");
        }
    }

    #[test]
    fn nothing_but_the_values_changes() {
        let edits = vec![
            (find(FILE, "/b/on").expect("there"), "false".to_owned()),
            (find(FILE, "/b/percent").expect("there"), "0".to_owned()),
        ];
        let wanted = FILE.replace("true,   \"percent\": 10", "false,   \"percent\": 0");
        assert_eq!(fill(FILE, edits), wanted);
    }

    #[test]
    fn siblings_are_the_members_of_one_object() {
        let names: Vec<String> =
            siblings(FILE, "/b").expect("there").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b", "a~/é", "end"]);
        assert_eq!(siblings("5", "").expect("whole").len(), 1);
    }
}
