//! Traffic written by hand: one side only, or by position.
//!
//! Shares of Istio and Gateway API routes are relative to their sum: with the other side left at 95, "100 %" is
//! 100 of 195.

use super::Notes;
use super::page::Line;
use crate::plan::finding::Severity;

pub fn lint(notes: &mut Notes<'_>) {
    let page = notes.page;
    for block in page.blocks() {
        for patch in patches(block) {
            let routes: Vec<(u32, String)> = patch
                .iter()
                .flat_map(|line| weights(&line.text).into_iter().map(|route| (line.number, route)))
                .collect();
            let Some((first, route)) = routes.first() else { continue };
            let mut sides: Vec<&String> = routes.iter().map(|(_, route)| route).collect();
            sides.sort();
            sides.dedup();
            if sides.len() == 1 {
                let message = format!(
                    "only `{route}` is written; the other side keeps its old share, so the canary gets less than is asked for"
                );
                notes.add(
                    ("one-sided-traffic", Severity::Error),
                    *first,
                    message,
                    "write both shares in one patch so that they sum to 100, or make it a rollout step of the plan file",
                );
            }
            notes.add(
                ("positional-traffic", Severity::Warning),
                *first,
                format!("the route is addressed by its place (`{route}`), and nothing checks which route that is"),
                "name the route by host or subset, or make it a rollout of the plan file: it is found by name there",
            );
        }
    }
}

/// Runs of lines that belong to one command: joined by `\`, by quotes, or by a bracket that is open.
fn patches(block: &[Line]) -> Vec<&[Line]> {
    let starts: Vec<usize> =
        block.iter().enumerate().filter(|(_, line)| line.text.contains("patch")).map(|(at, _)| at).collect();
    starts
        .iter()
        .filter_map(|start| {
            let rest = block.get(*start..)?;
            let mut open = 0i32;
            let mut end = 0;
            for (at, line) in rest.iter().enumerate() {
                open += line.text.chars().filter(|c| *c == '[').count() as i32;
                open -= line.text.chars().filter(|c| *c == ']').count() as i32;
                end = at + 1;
                if open <= 0 && !line.text.trim_end().ends_with('\\') {
                    break;
                }
            }
            rest.get(..end)
        })
        .collect()
}

/// The routes whose weight a line writes by position: `/spec/http/1/route/0`.
fn weights(text: &str) -> Vec<String> {
    text.split(['"', '\\', '\''])
        .filter(|part| part.starts_with("/spec/") && part.ends_with("/weight"))
        .map(|part| part.trim_end_matches("/weight").to_owned())
        .filter(|route| {
            route.split('/').any(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()))
        })
        .collect()
}
