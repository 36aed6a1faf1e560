//! Names that stay, and items found again.

use super::super::{match_items, resolve_suffix};
use super::{book, ids};
use crate::base::ItemId;

const DAY: &str = "# Release 3.2.0\n## 1. Before\n**Code**\n- [ ] Merge (all)\n- [ ] Test\n\n**Docs**\n- [ ] Test\n- [ ] Tag v3.2.0\n## After\n- [ ] Test\n- [ ] Test\n";

#[test]
fn ids_are_made_of_place_and_words() {
    assert_eq!(
        ids(&book(DAY)),
        [
            "before/code/merge",
            "before/code/test",
            "before/docs/test",
            "before/docs/tag-x",
            "after/test",
            "after/test~2"
        ]
    );
}

#[test]
fn an_edit_elsewhere_changes_no_id() {
    let before = book(DAY);
    let edited = DAY
        .replace("# Release 3.2.0", "# Release 3.3.0\n\nNew words.")
        .replace("## 1. Before", "## 0. Prologue\n- [ ] Test\n## 2. Before")
        .replace("Tag v3.2.0", "Tag v3.3.0");
    let after = book(&edited);
    for id in ids(&before) {
        assert!(ids(&after).contains(&id), "{id}");
    }
}

#[test]
fn repeated_headings_keep_apart() {
    let book = book(
        "# T\n## Service\n### Verify\n- [ ] Logs\n## Other\n### Verify\n- [ ] Logs\n## Service\n- [ ] Logs\n",
    );
    assert_eq!(ids(&book), ["service/verify/logs", "other/verify/logs", "service~2/logs"]);
}

#[test]
fn a_reworded_a_moved_and_a_removed_item_are_told_apart() {
    let old = book("# T\n## A\n- [ ] one\n- [ ] two\n- [ ] three\n## B\n- [ ] four\n- [ ] five\n");
    let new = book(
        "# T\n## A\n- [ ] one\n- [ ] two, reworded\n- [ ] three\n## C\n- [ ] four\n- [ ] six\n- [ ] seven\n",
    );
    let matched = match_items(&old.items, &new.items);
    let pair =
        |id: &str| matched.pairs.iter().find(|(old, _)| old.as_str() == id).map(|(_, new)| new.as_str());
    assert_eq!(pair("a/one"), Some("a/one"));
    assert_eq!(pair("a/two"), Some("a/two-reworded"), "by place");
    assert_eq!(pair("b/four"), Some("c/four"), "by words");
    assert_eq!(matched.lost, [ItemId::from("b/five")]);
    assert_eq!(matched.added, ["c/six", "c/seven"].map(ItemId::from));
}

#[test]
fn a_person_may_write_the_end_of_a_name() {
    let book = book(DAY);
    let all = || book.items.iter().map(|item| &item.id);
    assert_eq!(resolve_suffix(all(), "docs/test").map(ItemId::as_str), Ok("before/docs/test"));
    assert_eq!(resolve_suffix(all(), "merge").map(ItemId::as_str), Ok("before/code/merge"));
    let error = resolve_suffix(all(), "test").expect_err("several").to_string();
    assert!(error.contains("before/code/test") && error.contains("after/test"), "{error}");
}
