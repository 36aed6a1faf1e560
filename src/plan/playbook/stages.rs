//! Stages: sections called stage or phase, and every other section that holds items.

use super::blocks::Kind;
use super::context::Document;
use super::draft::Draft;
use super::identity::{Ids, display};
use super::model::{Item, Stage, StageKind};
use super::when::When;
use crate::base::{StageId, Untrusted};

/// The sections that are stages by name, in order.
pub(super) fn named(document: &Document) -> Vec<usize> {
    let called = |word: &[&str]| -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        // Whether a section is such a stage or inside one; parents come first.
        let mut inside: Vec<bool> = Vec::with_capacity(document.sections.len());
        for (at, section) in document.sections.iter().enumerate() {
            let above = section.parent.and_then(|parent| inside.get(parent)).copied().unwrap_or(false);
            let here = at > 0 && !above && is_called(&section.key, word);
            if here {
                found.push(at);
            }
            inside.push(above || here);
        }
        found
    };
    let mut found = called(&["stage", "phase", "wave", "ring"]);
    if found.is_empty() {
        // "Deployment Stages" with a heading for each.
        let plural = |key: &str| key.ends_with("stages") || key.ends_with("phases");
        let listed = |section: &super::context::Section| {
            section.parent.is_some_and(|parent| parent > 0 && plural(&document.section(parent).key))
        };
        found = document
            .sections
            .iter()
            .enumerate()
            .filter(|(_, section)| listed(section))
            .map(|(at, _)| at)
            .collect();
    }
    if found.is_empty() { called(&["step"]) } else { found }
}

/// `2.2 Stage 1: …`, `PHASE 1 DEPLOYMENT: …`.
fn is_called(key: &str, words: &[&str]) -> bool {
    let key = key.trim_start_matches(|c: char| !c.is_alphabetic());
    words.iter().any(|word| {
        let rest = key.strip_prefix(word).map(str::trim_start).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Gives every item its stage and lists the stages in the order of the document.
pub(super) fn assign(
    draft: &mut Draft,
    named: &[usize],
    items: Vec<(usize, Item)>,
    template: Vec<(usize, Item)>,
) {
    let document = &draft.document;
    let named_of = |section: usize| {
        let mut up = Some(section);
        while let Some(at) = up {
            if named.binary_search(&at).is_ok() {
                return Some(at);
            }
            up = document.section(at).parent;
        }
        None
    };
    let level = split_level(document, &items, &named_of);
    let holder = |section: usize| named_of(section).unwrap_or_else(|| ancestor(document, section, level));
    let mut stages: Vec<usize> = named.to_vec();
    stages.extend(items.iter().map(|(section, _)| holder(*section)));
    stages.sort_unstable();
    stages.dedup();
    let mut ids = Ids::default();
    for phase in &mut draft.book.stages {
        phase.id = StageId::from(ids.next(phase.id.as_str().to_owned()));
    }
    // One for each section in `stages`, in the same order.
    let mut list = Vec::with_capacity(stages.len());
    for &at in &stages {
        let section = document.section(at);
        let untitled = at == 0 && section.title.is_empty();
        let (title, name) = if untitled {
            ("Checklist", "checklist")
        } else {
            (section.title.as_str(), section.slug.as_str())
        };
        list.push(Stage {
            id: StageId::from(ids.next(name.to_owned())),
            kind: if named.binary_search(&at).is_ok() { StageKind::Named } else { StageKind::Section },
            title: Untrusted::new(display(title)),
            line: section.line.max(1),
            level: section.level,
            when: When::window(title),
            duration: None,
            criteria: Vec::new(),
        });
    }
    durations(document, &mut list, &stages);
    let place = |(section, mut item): (usize, Item)| {
        let stage = stages.binary_search(&holder(section)).ok().and_then(|at| list.get(at));
        item.stage = stage
            .map(|stage| stage.id.clone())
            .unwrap_or_else(|| StageId::from(document.section(section).slug.as_str()));
        item
    };
    let items: Vec<Item> = items.into_iter().map(place).collect();
    let template: Vec<Item> = template.into_iter().map(place).collect();
    let claims: Vec<(u32, u32)> =
        stages.iter().map(|at| (document.section(*at).line, document.section(*at).end)).collect();
    for (from, to) in claims.into_iter().filter(|(from, _)| *from > 0) {
        draft.claim(from, to);
    }
    draft.book.items = items;
    draft.book.template_items = template;
    // Phases from outlines are there already.
    draft.book.stages.extend(list);
    draft.book.stages.sort_by_key(|stage| stage.line);
}

/// The ancestor of a section at a level of the tree; 1 is a section directly below the document.
fn ancestor(document: &Document, section: usize, level: usize) -> usize {
    let depth = document.chain(section).skip(1).count();
    let up = |at: usize, _| document.section(at).parent.unwrap_or(at);
    (level..depth).fold(section, up)
}

/// How deep stages lie: one level further down while a single section holds everything.
fn split_level(
    document: &Document,
    items: &[(usize, Item)],
    named: &impl Fn(usize) -> Option<usize>,
) -> usize {
    let mut sections: Vec<usize> =
        items.iter().map(|(section, _)| *section).filter(|at| named(*at).is_none()).collect();
    sections.sort_unstable();
    sections.dedup();
    for level in 1..6 {
        let mut holders: Vec<usize> = sections.iter().map(|at| ancestor(document, *at, level)).collect();
        holders.sort_unstable();
        holders.dedup();
        if holders.len() != 1 {
            return level;
        }
        if holders == sections {
            return level;
        }
    }
    1
}

/// `**Duration:** 3-5 days` under a stage's heading.
fn durations(document: &Document, stages: &mut [Stage], sections: &[usize]) {
    for (at, block) in document.blocks.iter().enumerate() {
        let Kind::Paragraph(lines) = &block.kind else { continue };
        let Ok(stage) = sections.binary_search(&document.place(at).section) else { continue };
        for line in lines {
            let Some(bold) = line.bold.as_deref() else { continue };
            let name = bold.trim().trim_end_matches(':').to_lowercase();
            if !matches!(name.as_str(), "duration" | "timeline" | "time") {
                continue;
            }
            let value = line.text.trim().strip_prefix(bold.trim()).unwrap_or_default();
            let value = value.trim_start_matches(':').trim();
            if let Some(stage) = stages.get_mut(stage) {
                stage.duration = Some(Untrusted::new(value));
                stage.when = stage.when.take().or_else(|| When::find(value));
            }
        }
    }
}
