//! How the last known good is named: its image, and the version of the workload that ran it.
//!
//! Invariants: pure; a digest decides where both sides have one; a tag is compared only where there is no digest, and
//! a hash of the template decides over any image, because two versions may differ in something else.

use serde_json::Value;

use super::sets::{Set, images};

/// A version to go back to: `IMAGE`, `IMAGE#HASH` or `#HASH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Good<'a> {
    /// The image; empty when only the hash is known.
    pub image: &'a str,
    /// The hash of the pod template.
    pub hash: Option<&'a str>,
}

/// Which kept version it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<'a> {
    /// This one.
    One(&'a Set),
    /// None of them.
    None,
    /// Several that differ in something else than the image, and one of them runs already.
    Unclear(usize),
}

impl<'a> Good<'a> {
    /// Reads it.
    pub fn new(text: &'a str) -> Self {
        match text.split_once('#') {
            Some((image, hash)) => Self { image, hash: Some(hash).filter(|it| !it.is_empty()) },
            None => Self { image: text, hash: None },
        }
    }

    /// The version among those that are kept. `current` runs or is going out, `stable` is what a controller calls so.
    pub fn find<'s>(&self, sets: &'s [Set], current: Option<&str>, stable: Option<&str>) -> Found<'s> {
        if let Some(hash) = self.hash
            && let Some(set) = sets.iter().find(|set| set.hash == hash)
        {
            return Found::One(set);
        }
        if self.image.is_empty() {
            return Found::None;
        }
        let mut alike: Vec<&Set> = sets.iter().filter(|set| has(&set.template, self.image)).collect();
        if let Some(set) = alike.iter().find(|set| stable == Some(set.hash.as_str())) {
            // What the controller calls stable is the one that served, unless it is the bad one itself.
            if stable != current || alike.len() == 1 {
                return Found::One(set);
            }
        }
        alike.sort_by_key(|set| set.revision);
        match alike.as_slice() {
            [] => Found::None,
            [one] => Found::One(one),
            several if several.iter().any(|set| current == Some(set.hash.as_str())) => {
                Found::Unclear(several.len())
            }
            [.., newest] => Found::One(newest),
        }
    }
}

/// Whether a template runs an image.
pub fn has(template: &Value, image: &str) -> bool {
    images(template).any(|(_, known)| same(known, image))
}

/// Whether two references mean the same image.
pub fn same(a: &str, b: &str) -> bool {
    let (a, b) = (Reference::new(a), Reference::new(b));
    match (a.digest, b.digest) {
        (Some(a), Some(b)) => a == b,
        _ => a.repository == b.repository && a.tag == b.tag,
    }
}

/// The container of a template whose image is of the same repository: its place and its image now.
pub fn place<'t>(template: &'t Value, image: &str) -> Option<(usize, &'t str)> {
    let wanted = Reference::new(image).repository;
    let mut alike = images(template).filter(|(_, known)| Reference::new(known).repository == wanted);
    alike.next().filter(|_| alike.next().is_none())
}

struct Reference<'a> {
    repository: &'a str,
    tag: &'a str,
    digest: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn new(text: &'a str) -> Self {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash belongs to the registry's port.
        let after = name.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match name.get(after..).and_then(|last| last.find(':')) {
            Some(at) => (name.get(..after + at).unwrap_or(name), name.get(after + at + 1..).unwrap_or("")),
            None => (name, if digest.is_some() { "" } else { "latest" }),
        };
        Self { repository, tag, digest }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    const A: &str = "sha256:aaaa";

    fn set(hash: &str, revision: u64, image: &str) -> Set {
        let template = json!({"spec": {"containers": [{"name": "web", "image": image}]}});
        Set { name: format!("web-{hash}"), hash: hash.to_owned(), revision, available: 0, template }
    }

    #[rstest]
    #[case::same("r.example:5000/web:1", "r.example:5000/web:1", true)]
    #[case::port_is_no_tag("r.example:5000/web", "r.example:5000/web:latest", true)]
    #[case::other_tag("web:1", "web:2", false)]
    #[case::digest_decides("web:1@sha256:aaaa", "web:2@sha256:aaaa", true)]
    #[case::other_digest("web:1@sha256:aaaa", "web:1@sha256:bbbb", false)]
    #[case::tag_where_no_digest("web:1@sha256:aaaa", "web:1", true)]
    #[case::no_tag_at_all("web@sha256:aaaa", "web:1", false)]
    #[case::other_name("web:1", "shop/web:1", false)]
    fn references_mean_the_same(#[case] a: &str, #[case] b: &str, #[case] wanted: bool) {
        assert_eq!(same(a, b), wanted);
        assert_eq!(same(b, a), wanted);
    }

    #[rstest]
    #[case::by_image("web:1", Some("c3"), "a1")]
    #[case::by_hash("web:3#b2", Some("c3"), "b2")]
    #[case::hash_alone("#a1", Some("c3"), "a1")]
    #[case::hash_is_gone("web:1#zz", Some("c3"), "a1")]
    fn the_version_is_found_whatever_its_revision(
        #[case] good: &str,
        #[case] current: Option<&str>,
        #[case] wanted: &str,
    ) {
        let sets = [set("a1", 1, "web:1"), set("b2", 2, "web:2"), set("c3", 3, "web:3")];
        let Found::One(found) = Good::new(good).find(&sets, current, Some("a1")) else { panic!("one") };
        assert_eq!(found.hash, wanted);
    }

    #[test]
    fn an_image_that_ran_twice_is_told_apart_by_what_is_stable() {
        let sets = [set("a1", 1, "web:1"), set("b2", 2, "web:1")];
        let good = Good::new("web:1");
        assert_eq!(good.find(&sets, Some("b2"), Some("a1")), Found::One(&sets[0]));
        assert_eq!(good.find(&sets, Some("b2"), Some("b2")), Found::Unclear(2), "which one cannot be told");
        assert_eq!(Good::new("web:1#a1").find(&sets, Some("b2"), Some("b2")), Found::One(&sets[0]));
        assert_eq!(Good::new("web:9").find(&sets, Some("b2"), None), Found::None);
    }

    #[test]
    fn the_container_of_an_image_is_found_by_its_repository() {
        let template = json!({"spec": {"containers": [
            {"name": "proxy", "image": "proxy:1"}, {"name": "web", "image": "r.example/web:2"},
        ]}});
        assert_eq!(place(&template, &format!("r.example/web:1@{A}")), Some((1, "r.example/web:2")));
        assert_eq!(place(&template, "other:1"), None);
    }
}
