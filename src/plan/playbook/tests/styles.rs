//! The shapes playbooks come in.

use super::super::{ItemKind, Mark, StageKind, read};
use super::{book, codes, ids, texts};
use crate::base::Untrusted;

#[test]
fn a_yaml_issue_form_gives_the_tasks_of_its_values_and_its_checkboxes() {
    let form = "name: Release checklist\ndescription: One per release\nbody:\n  - type: markdown\n    attributes:\n      value: |\n        ## Before\n        - [ ] Freeze `main`\n          - [ ] Tell everybody\n\n        ## After\n        - [x] Say thanks\n  - type: checkboxes\n    attributes:\n      label: Last look\n      options:\n        - label: Backups are fresh\n          required: true\n  - type: input\n    attributes:\n      label: Version\n";
    let book = book(form);
    assert_eq!(texts(&book), ["Freeze main", "Tell everybody", "Say thanks", "Backups are fresh"]);
    assert_eq!(ids(&book)[1], "before/tell-everybody");
    assert_eq!(ids(&book)[3], "after/last-look/backups-are-fresh");
    assert_eq!(book.items.iter().map(|item| item.line).collect::<Vec<_>>(), [8, 9, 12, 17]);
    assert_eq!(book.items[2].mark, Mark::Done);
    assert_eq!(book.title.map(|title| title.text), Some(Untrusted::new("Release checklist")));
}

#[test]
fn front_matter_is_no_heading_and_gives_the_title() {
    let book = book("---\ntitle: Release day\nlabels: [release]\n---\n\n- [ ] Go\n");
    assert_eq!(ids(&book), ["go"]);
    assert_eq!(book.items[0].line, 6);
    assert_eq!(book.title.map(|title| (title.text, title.line)), Some((Untrusted::new("Release day"), 2)));
    assert!(book.passages.iter().any(|passage| passage.text.raw().contains("labels")));
}

#[test]
fn details_hold_live_boxes_and_comments_do_not() {
    let book = book(
        "# T\n<details>\n<summary>Optional <b>part</b></summary>\n- [ ] one\n</details>\n\n<!--\n- [ ] hidden\n-->\n- [ ] two <!-- note -->\n\n`<!--` is how a comment begins\n- [ ] three\n",
    );
    assert_eq!(texts(&book), ["one", "two", "three"]);
    assert_eq!(ids(&book)[0], "optional-part/one");
    assert_eq!(codes(&book), ["commented-tasks"]);
    assert!(book.passages.iter().any(|passage| passage.text.raw().contains("- [ ] hidden")));
}

#[test]
fn an_open_comment_hides_nothing() {
    let book = book("- [ ] one\n\n<!-- oops\n\n- [ ] two\n");
    assert_eq!(texts(&book), ["one", "two"]);
    assert_eq!(codes(&book), ["open-comment"]);
}

#[test]
fn paragraphs_and_glyphs_can_be_boxes() {
    let book = book(
        "Setext title\n===\n\nBefore\n---\n[ ] one\n[x] two\n  goes on\n\n☐ three\n\n- ☑ four\n- [] five\n- [A] no box\n- [x](a.md) a link\n",
    );
    assert_eq!(texts(&book), ["one", "two goes on", "three", "four", "five"]);
    assert_eq!(ids(&book)[0], "before/one");
    let marks: Vec<Mark> = book.items.iter().map(|item| item.mark).collect();
    assert_eq!(marks, [Mark::Open, Mark::Done, Mark::Open, Mark::Done, Mark::Open]);
}

#[test]
fn sloppy_markers_are_understood() {
    let boxes = book("* [ ] one\n*[ ] two\n-[x] three\n+ []four\n");
    assert_eq!(texts(&boxes), ["one", "two", "three", "four"]);
    let steps = book("1. Prepare\n   1.1 Freeze\n   1.2 Test\n2. Deploy\n   a) stop\n   b) start\n");
    assert_eq!(
        ids(&steps),
        ["prepare", "prepare/freeze", "prepare/test", "deploy", "deploy/a-stop", "deploy/b-start"]
    );
}

#[test]
fn lists_nested_absurdly_deep_are_said_to_be_text() {
    let deep = (0..70).map(|n| format!("{}- [ ] level\n", "  ".repeat(n))).collect::<String>();
    let book = book(&deep);
    assert_eq!((book.items.len(), codes(&book)), (65, vec!["too-deep"]));
    assert!(book.passages.iter().any(|passage| passage.line == 66));
}

#[test]
fn lists_seven_deep_keep_their_parents() {
    let text: String = (0..7).map(|depth| format!("{}- [ ] level {depth}\n", "  ".repeat(depth))).collect();
    let book = book(&text);
    assert_eq!(book.items.len(), 7);
    for (depth, pair) in book.items.windows(2).enumerate() {
        assert_eq!(pair[1].parent.as_ref(), Some(&pair[0].id), "level {}", depth + 1);
        assert_eq!(pair[1].depth as usize, depth + 1);
    }
}

#[test]
fn plain_and_numbered_parents_are_titles() {
    let book = book(
        "# T\n- Optional:\n  - [ ] smoke\n\n1. Prepare\n- [ ] branch\n- [ ] notes\n2. Ship\n- [ ] branch\n",
    );
    assert_eq!(ids(&book), ["optional/smoke", "prepare/branch", "prepare/notes", "ship/branch"]);
    assert_eq!(book.items[3].group, Some(Untrusted::new("Ship")));
}

#[test]
fn a_fence_on_the_bullets_line_and_indented_code_are_no_items() {
    let book = book("- ```sh\n  make release\n  ```\n- [ ] real\n\ntext\n\n    - [ ] in code\n");
    assert_eq!(texts(&book), ["real"]);
    assert_eq!(book.template_items.len(), 1);
    assert_eq!(book.commands[0].text.raw(), "make release\n");
}

#[test]
fn a_nested_fence_ends_with_the_next_bare_one() {
    let book = book(
        "# T\n## Announce\n```markdown\n# v1\n```bash\nrun\n```\n## Phantom\n- [ ] in template\n```\n## Ship\n- [ ] real\n",
    );
    assert_eq!(texts(&book), ["real"]);
    assert_eq!(book.template_items[0].line, 9);
    assert_eq!(codes(&book), ["nested-fence"]);
    assert_eq!(book.templates.len(), 1);
    assert_eq!(book.stages.len(), 1);
}

#[test]
fn a_markdown_fence_that_never_closes_twice_ends_as_usual() {
    let book = book("```markdown\n```bash\nrun\n```\n\n## Ship\n- [ ] real\n");
    assert_eq!(texts(&book), ["real"]);
}

#[test]
fn a_fence_inside_a_list_inside_a_template_is_inner_too() {
    let book = book("````markdown\n- x\n  ```bash\n  y\n  ```\n````\n- [ ] real\n");
    assert_eq!((texts(&book), codes(&book)), (vec!["real"], vec![]));
}

#[test]
fn without_boxes_numbered_steps_and_rows_with_a_status_are_the_items() {
    let book = book(
        "# T\n## Contents\n1. [Go](#go)\n\n## Go\n1. Stop writes\n2. Switch\n   - a detail\n\n| Task | Owner | Status |\n|--|--|--|\n| Tell support | bo | ✅ |\n| Tell sales | ada | |\n",
    );
    assert_eq!(texts(&book), ["Stop writes", "Switch", "Tell support", "Tell sales"]);
    assert_eq!(book.items[2].mark, Mark::Done);
    assert_eq!((book.items[0].kind, book.items[2].kind), (ItemKind::Step, ItemKind::Row));
    assert_eq!(book.counts().steps, 0);
    assert_eq!(codes(&book), ["no-boxes"]);
}

#[test]
fn without_steps_the_rows_and_bullets_of_checklists_are_the_items() {
    let book = book(
        "# T\n## About\n- nothing to do\n## Checklist\n| Check | Where |\n|--|--|\n| Logs | board |\n\n- group\n  - leaf\n",
    );
    assert_eq!(texts(&book), ["Logs", "leaf"]);
    let last = super::book("# T\n## Notes\n- group\n  - leaf\n- other\n");
    assert_eq!(texts(&last), ["leaf", "other"]);
    assert_eq!(codes(&super::book("# T\nJust words.\n")), ["no-items"]);
}

#[test]
fn tables_with_boxes_in_cells_are_live() {
    let book = book("| Done | Task |\n|--|--|\n| [ ] | Freeze |\n| [x] | Notes |\n");
    assert_eq!(texts(&book), ["Freeze", "Notes"]);
    assert_eq!(book.items[1].mark, Mark::Done);
}

#[test]
fn stages_are_the_sections_that_hold_items_unless_some_are_called_so() {
    let sections = book("# T\n## Prepare\n- [ ] a\n## Words\ntext\n## Ship\n### Now\n- [ ] b\n");
    let titles: Vec<&str> = sections.stages.iter().map(|stage| stage.title.raw()).collect();
    assert_eq!((titles, sections.counts().stages), (vec!["Prepare", "Ship"], 2));
    assert_eq!(sections.items[1].stage.as_str(), "ship");
    let one = book("# T\n## Checklist\n### Before\n- [ ] a\n### After\n- [ ] b\n");
    assert_eq!(one.stages.iter().map(|stage| stage.id.as_str()).collect::<Vec<_>>(), ["before", "after"]);
    let named =
        book("# T\n## Phase 1: Canary (T+1h)\n### Checks\n- [ ] a\n## Phase 2: All\n## Later\n- [ ] b\n");
    let kinds: Vec<StageKind> = named.stages.iter().map(|stage| stage.kind).collect();
    assert_eq!(kinds, [StageKind::Named, StageKind::Named, StageKind::Section]);
    assert_eq!((named.counts().stages, named.stages[0].title.raw()), (2, "Canary (T+1h)"));
}

#[test]
fn owners_due_times_and_links_are_read_from_the_text() {
    let book = book(
        "# T\n## Day of Deployment\n- [ ] Freeze @ada\n- [ ] Notes (owner: Bo) T-2h\n- [ ] See [runbook](https://example.com/r) and https://example.com/x.\n- [ ] mail a@example.com\n",
    );
    let owner = |at: usize| book.items[at].owner.as_ref().map_or("", Untrusted::raw).to_owned();
    assert_eq!((owner(0), owner(1), owner(3)), ("@ada".to_owned(), "Bo".to_owned(), String::new()));
    assert_eq!(
        book.items[1].when.as_ref().and_then(super::super::When::due).map(|due| due.seconds),
        Some(-7200)
    );
    assert!(book.items[0].when.is_some());
    let links: Vec<&str> = book.items[2].links.iter().map(Untrusted::raw).collect();
    assert_eq!(links, ["https://example.com/r", "https://example.com/x"]);
}

#[test]
fn the_same_document_in_every_encoding_has_the_same_items() {
    let text = "\u{feff}# Über\r\n\r\n## Größe\r\n\t- [ ] Prüfen – ja\r\n- [ ] Los\r\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (latin, _, lossy) = encoding_rs::WINDOWS_1252.encode(text.trim_start_matches('\u{feff}'));
    assert!(!lossy);
    let expected = book(text);
    assert_eq!(ids(&expected).last(), Some(&"größe/los"));
    for bytes in [wide, latin.into_owned()] {
        let other = read("book.md", &bytes).expect("text");
        assert_eq!(ids(&other), ids(&expected));
    }
}
