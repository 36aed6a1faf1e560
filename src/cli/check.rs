//! `tminus check FILE`: what a playbook and its plan file hold, and what is wrong with them.

use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};
use serde::Serialize;

use super::Context;
use super::exit::{Exit, Failure};
use super::files::Opened;
use crate::base::Untrusted;
use crate::plan::lint::{Page, lint};
use crate::plan::playbook::{self, Counts};
use crate::plan::{Finding, Plan, Severity, SourceFile, Sources, resolve};

/// Reads a playbook and the plan file beside it, and says what is wrong.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The playbook or the plan file
    file: PathBuf,
}

/// What `--json` answers.
#[derive(Debug, Serialize)]
struct Answer {
    counts: Counts,
    findings: Vec<Finding>,
}

impl Check {
    /// Reads and says it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        let opened = Opened::read(&self.file)?;
        let answer = look(&opened.sources)?;
        let count = |severity| answer.findings.iter().filter(|it| it.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if context.out.is_json() {
            context.out.json(&answer)?;
        } else {
            let renderer = if context.out.colours() { Renderer::styled() } else { Renderer::plain() };
            let renderer = renderer.decor_style(DecorStyle::Unicode);
            let texts = Texts::of(&opened.sources);
            for finding in &answer.findings {
                context.out.whole(&texts.render(finding, &renderer))?;
            }
            context.out.text(summary(&answer.counts))?;
            context.out.text(format!(
                "{errors} error{}, {warnings} warning{}, {} to know",
                plural(errors),
                plural(warnings),
                count(Severity::Info)
            ))?;
        }
        Ok(if errors > 0 { Exit::No } else { Exit::Ok })
    }
}

/// Counts and findings of these sources.
fn look(sources: &Sources) -> Result<Answer, Failure> {
    let mut findings = Vec::new();
    let playbook = sources
        .playbook
        .as_ref()
        .map(|file| playbook::read(&file.name, &file.bytes))
        .transpose()
        .map_err(|error| Failure::new(Exit::Unreadable, error.to_string()))?;
    let resolved = resolve(sources);
    let counts = match (&playbook, &resolved) {
        (Some(playbook), _) => playbook.counts(),
        (None, Ok(resolved)) => counts(&resolved.plan),
        (None, Err(_)) => Counts::default(),
    };
    if let (Some(playbook), Some(file)) = (&playbook, &sources.playbook) {
        let page =
            Page::new(file.name.as_str(), &playbook::text(&file.name, &file.bytes).unwrap_or_default());
        findings.extend(lint(&page, playbook, resolved.as_ref().ok()));
    }
    match resolved {
        Ok(resolved) => findings.extend(resolved.findings),
        Err(error) => {
            findings.extend(playbook.map(|it| it.findings).unwrap_or_default());
            findings.push(error.finding());
        }
    }
    findings.sort_by(|a, b| (&a.file, a.line, a.code).cmp(&(&b.file, b.line, b.code)));
    findings.dedup();
    Ok(Answer { counts, findings })
}

/// What a plan file without a playbook holds.
fn counts(plan: &Plan) -> Counts {
    Counts {
        items: plan.items.len(),
        stages: plan.stages.len(),
        gates: plan.gates.len(),
        approvals: plan.approvers().len(),
        roles: plan.roles.len(),
        metrics: plan.metrics.len(),
        triggers: plan.triggers.len(),
        checkpoints: plan.checkpoints.len(),
        messages: plan.messages.len(),
        procedures: plan.procedures.len(),
        environments: 1,
        ..Counts::default()
    }
}

/// The counts that are not zero, in one line.
fn summary(counts: &Counts) -> String {
    let all = serde_json::to_value(counts).unwrap_or_default();
    let parts: Vec<String> = all
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, count)| count.as_u64() != Some(0))
        .map(|(name, count)| format!("{count} {}", name.replace('_', " ")))
        .collect();
    if parts.is_empty() { "nothing was found in it".to_owned() } else { parts.join(", ") }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The lines of the files, safe for a terminal.
struct Texts(Vec<(String, Vec<String>)>);

impl Texts {
    fn of(sources: &Sources) -> Self {
        let lines = |file: &SourceFile| {
            // A file that is no text has no lines to show.
            let text = playbook::text(&file.name, &file.bytes).unwrap_or_default();
            (file.name.clone(), text.lines().map(|line| Untrusted::new(line).line()).collect())
        };
        Self([&sources.playbook, &sources.plan].into_iter().flatten().map(lines).collect())
    }

    fn render(&self, finding: &Finding, renderer: &Renderer) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::NOTE,
        };
        // Message and help are safe for a terminal already: the reader promises it, and it costs nothing to hold.
        let safe = |text: &str| Untrusted::new(text).line();
        let (file, message, help) = (finding.file.line(), safe(&finding.message), safe(&finding.help));
        let title = level.primary_title(&message).id(finding.code.as_str());
        let line = self
            .0
            .iter()
            .find(|(name, _)| name == finding.file.raw())
            .and_then(|(_, lines)| lines.get((finding.line as usize).checked_sub(1)?));
        let mut group = match line {
            Some(line) => {
                let start = line.len() - line.trim_start().len();
                let end = line.trim_end().len().max(start);
                let mark = AnnotationKind::Primary.span(start..end);
                let snippet = Snippet::source(line.as_str()).line_start(finding.line as usize).path(&file);
                title.element(snippet.annotation(mark))
            }
            None => title.element(annotate_snippets::Origin::path(&file)),
        };
        if !help.is_empty() {
            group = group.element(Level::HELP.message(&help));
        }
        let report: &[Group<'_>] = &[group];
        format!("{}\n", renderer.render(report))
    }
}
