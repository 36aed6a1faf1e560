//! `tminus init FILE`: a first plan file beside a playbook. It asks at a terminal, and every question can be skipped.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use super::Context;
use super::exit::{Exit, Failure};
use super::files::{self, Opened};
use super::grants::{Grant, Grants};
use super::trust::not_understood;
use crate::base::{Timestamp, Untrusted};
use crate::plan::init::{Answers, init, questions};
use crate::plan::playbook::{self, Playbook};
use crate::plan::resolve;

/// Writes a first plan file from a playbook.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// The playbook
    file: PathBuf,
    /// Write over a plan file that is there
    #[arg(long)]
    force: bool,
    /// Print it instead
    #[arg(long)]
    print: bool,
}

impl Init {
    /// Writes it, and trusts what it wrote.
    ///
    /// # Errors
    /// When the playbook cannot be read, or a plan file is there already.
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        if files::is_plan(&self.file) {
            return Err(Failure::usage("this is a plan file already").help("name the playbook"));
        }
        let bytes = files::read(&self.file)?;
        let name = self.file.display().to_string();
        let playbook = playbook::read(&name, &bytes)
            .map_err(|error| Failure::new(Exit::Unreadable, error.to_string()))?;
        let plan = files::plan_of(&self.file);
        if plan.exists() && !self.force && !self.print {
            return Err(Failure::new(Exit::Refused, "it is there already")
                .word("exists")
                .at(plan.display().to_string(), None)
                .help("edit it, print another with --print, or write over it with --force"));
        }
        let people = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        let answers =
            if people && !context.out.is_json() { ask(context, &playbook)? } else { Answers::none() };
        let written = init(&playbook, &answers);
        if self.print {
            context.out.text(written.toml)?;
            return Ok(Exit::Ok);
        }
        std::fs::write(&plan, &written.toml).map_err(|error| Failure::io(&plan, &error))?;
        let opened = Opened::read(&self.file)?;
        let resolved = resolve(&opened.sources).map_err(not_understood)?.plan;
        Grants::load(&context.home)?
            .give(Grant::new(&resolved, &opened.folder, Timestamp::now()), &context.home)?;
        if context.out.is_json() {
            let notes: Vec<_> = written
                .notes
                .iter()
                .map(|note| serde_json::json!({ "line": note.line, "text": note.text }))
                .collect();
            context.out.json(&serde_json::json!({ "plan": plan, "notes": notes }))?;
            return Ok(Exit::Ok);
        }
        for note in &written.notes {
            // A note on the whole document has no line.
            let place = if note.line == 0 { name.to_string() } else { format!("{name}:{}", note.line) };
            context.out.text(format!("{place}: {}", note.text))?;
        }
        context
            .out
            .text(format!("{} is written; `tminus check {name}` says what is missing", plan.display()))?;
        Ok(Exit::Ok)
    }
}

fn ask(context: &Context, playbook: &Playbook) -> Result<Answers, Failure> {
    let mut answers = Answers::none();
    let mut lines = std::io::stdin().lock().lines();
    for question in questions(playbook) {
        let suggested = question.suggested.as_deref().map(|it| format!(" [{}]", Untrusted::new(it).line()));
        loop {
            let text = Untrusted::new(question.text.as_str()).line();
            let mut out = std::io::stdout().lock();
            // A terminal that is gone ends the questions at the next read.
            let _ =
                write!(out, "{text}{} ", suggested.as_deref().unwrap_or_default()).and_then(|()| out.flush());
            drop(out);
            let Some(Ok(line)) = lines.next() else { return Ok(answers) };
            if line.trim().is_empty() {
                break;
            }
            match answers.answer(question.topic.clone(), line.trim()) {
                Ok(()) => break,
                Err(error) => context.out.text(error.to_string())?,
            }
        }
    }
    Ok(answers)
}
