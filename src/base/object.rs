//! The name of an object in a cluster: `NAMESPACE/NAME`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest part of a name a cluster takes.
const LONGEST: usize = 253;

/// An object of a cluster, whatever its kind; both parts are names the cluster takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectName {
    /// The namespace.
    pub namespace: String,
    /// The name in it.
    pub name: String,
}

impl ObjectName {
    /// Reads `NAMESPACE/NAME`; `None` when a part is no name a cluster takes.
    pub fn parse(text: &str) -> Option<Self> {
        let (namespace, name) = text.split_once('/')?;
        (is_name(namespace) && is_name(name))
            .then(|| Self { namespace: namespace.to_owned(), name: name.to_owned() })
    }
    /// Another object of the same namespace.
    pub fn beside(&self, name: &str) -> Self {
        Self { namespace: self.namespace.clone(), name: name.to_owned() }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Whether a cluster takes it for the name of an object: lower case letters, digits, `-` and `.`.
pub fn is_name(part: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    part.len() <= LONGEST
        && part.chars().all(inner)
        && edge(part.chars().next())
        && edge(part.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_two_parts_a_cluster_takes() {
        let name = ObjectName::parse("shop/payments").expect("a name");
        assert_eq!((name.namespace.as_str(), name.name.as_str()), ("shop", "payments"));
        assert_eq!(name.beside("stable").to_string(), "shop/stable");
        for wrong in ["shop", "shop/", "/payments", "shop/Payments", "shop/a/b", "shop/-a", "shop/a b"] {
            assert_eq!(ObjectName::parse(wrong), None, "{wrong}");
        }
    }
}
