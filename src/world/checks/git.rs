//! Facts of a git repository, read without running git; only what a remote has is asked of it.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use git2::{ErrorCode, Oid, Repository, Status, StatusOptions};

use crate::analysis::Verdict;
use crate::plan::{GitCheck, GitFact};

use super::Found;
use super::remote;

/// What was found of one fact: the verdict, and one line.
pub(super) type Fact = (Verdict, String);

/// Paths of a tree that is not clean named in one line.
const NAMED: usize = 3;

/// A tag as this repository has it, to be compared with the remote's.
pub(super) struct LocalTag {
    pub(super) name: String,
    pub(super) remote: String,
    pub(super) id: Oid,
    pub(super) folder: PathBuf,
    pub(super) own_ssh: bool,
}

/// A fact looked at, or one that needs the remote.
enum Looked {
    Known(Fact),
    Ask(LocalTag),
}

/// Looks at every fact; the worst decides, and every one is in the evidence.
pub(super) async fn look(folder: &Path, check: &GitCheck, time: Duration) -> Found {
    let place = match inside(folder, &check.repository) {
        Ok(place) => place,
        Err(why) => return Found::new(Verdict::Error, why),
    };
    let wanted = check.facts.clone();
    let local = tokio::task::spawn_blocking(move || local(&place, &wanted)).await;
    let looked = match local {
        Ok(Ok(looked)) => looked,
        Ok(Err(why)) => return Found::new(Verdict::Error, why),
        Err(_) => return Found::new(Verdict::Error, "the repository could not be read to the end"),
    };
    let mut facts = Vec::new();
    for one in looked {
        facts.push(match one {
            Looked::Known(fact) => fact,
            Looked::Ask(tag) => remote::ask(&tag, time).await,
        });
    }
    let verdict = facts.iter().map(|(verdict, _)| *verdict).max().unwrap_or(Verdict::NoData);
    let told = |wanted: Verdict| {
        let texts =
            facts.iter().filter(move |(verdict, _)| *verdict == wanted).map(|(_, text)| text.as_str());
        texts.collect::<Vec<_>>().join(", ")
    };
    let summary = if facts.is_empty() { "no fact is asked for".to_owned() } else { told(verdict) };
    let lines: String = facts.iter().map(|(verdict, text)| format!("{verdict}: {text}\n")).collect();
    Found::new(verdict, summary).with(lines.into_bytes())
}

/// A repository stays inside the plan's folder.
pub(in crate::world) fn inside(folder: &Path, repository: &str) -> Result<PathBuf, String> {
    let path = Path::new(repository);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if plain && !repository.contains('\0') {
        Ok(folder.join(path))
    } else {
        Err(format!("`{repository}` is outside its folder; write a path below it"))
    }
}

fn local(place: &Path, facts: &[GitFact]) -> Result<Vec<Looked>, String> {
    let repository =
        Repository::discover(place).map_err(|error| format!("no git repository: {}", error.message()))?;
    let told = |error: git2::Error| (Verdict::Error, format!("git: {}", error.message()));
    let known = |fact: Result<Fact, git2::Error>| Looked::Known(fact.unwrap_or_else(told));
    Ok(facts
        .iter()
        .map(|fact| match fact {
            GitFact::Clean => known(clean(&repository)),
            GitFact::Branch(name) => known(branch(&repository, name)),
            GitFact::Tag(name) => known(tag(&repository, name).map(|found| match found {
                Ok(_) => (Verdict::Pass, format!("tag {name} is on HEAD")),
                Err(why) => (Verdict::Fail, why),
            })),
            GitFact::Pushed { tag: name, remote } => match pushed(&repository, name, remote) {
                Ok(Ok(tag)) => Looked::Ask(tag),
                Ok(Err(why)) => Looked::Known((Verdict::Fail, why)),
                Err(error) => Looked::Known(told(error)),
            },
        })
        .collect())
}

/// Nothing changed, staged or untracked; ignored files do not count.
fn clean(repository: &Repository) -> Result<Fact, git2::Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).include_ignored(false);
    let statuses = repository.statuses(Some(&mut options))?;
    let paths: Vec<String> = statuses
        .iter()
        .filter(|entry| entry.status() != Status::CURRENT)
        .map(|entry| String::from_utf8_lossy(entry.path_bytes()).into_owned())
        .collect();
    if paths.is_empty() {
        return Ok((Verdict::Pass, "clean".to_owned()));
    }
    let named: Vec<&str> = paths.iter().take(NAMED).map(String::as_str).collect();
    let more = paths.len().saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Ok((Verdict::Fail, format!("not clean: {}{more}", named.join(", "))))
}

fn branch(repository: &Repository, wanted: &str) -> Result<Fact, git2::Error> {
    if repository.head_detached()? {
        return Ok((Verdict::Fail, format!("HEAD is on no branch, wanted {wanted}")));
    }
    let head = match repository.head() {
        Err(error) if error.code() == ErrorCode::UnbornBranch => {
            return Ok((Verdict::Fail, "the repository has no commit".to_owned()));
        }
        head => head?,
    };
    let name = String::from_utf8_lossy(head.shorthand_bytes()).into_owned();
    Ok(if matches(wanted, &name) {
        (Verdict::Pass, format!("on branch {name}"))
    } else {
        (Verdict::Fail, format!("on branch {name}, wanted {wanted}"))
    })
}

/// A branch as a plan writes it: `*` or `…` stand for any run of characters, all else for itself.
fn matches(wanted: &str, name: &str) -> bool {
    let mut parts = wanted.split(['*', '…']);
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

/// The id of an annotated tag that leads to HEAD, or what is wrong with it.
fn tag(repository: &Repository, name: &str) -> Result<Result<Oid, String>, git2::Error> {
    let full = format!("refs/tags/{name}");
    if name.starts_with('-') || !git2::Reference::is_valid_name(&full) {
        return Ok(Err(format!("`{}` is no name of a tag", name.escape_default())));
    }
    let reference = match repository.find_reference(&full) {
        Err(error) if error.code() == ErrorCode::NotFound => {
            return Ok(Err(format!("there is no tag {name}")));
        }
        reference => reference?.resolve()?,
    };
    let Some(id) = reference.target() else { return Ok(Err(format!("tag {name} leads nowhere"))) };
    if repository.find_tag(id).is_err() {
        return Ok(Err(format!("tag {name} is not annotated; make it with `git tag -a`")));
    }
    let commit = reference.peel_to_commit()?.id();
    let head = repository.head()?.peel_to_commit()?.id();
    Ok(if commit == head { Ok(id) } else { Err(format!("tag {name} is not on HEAD")) })
}

fn pushed(
    repository: &Repository,
    name: &str,
    remote: &str,
) -> Result<Result<LocalTag, String>, git2::Error> {
    let id = match tag(repository, name)? {
        Ok(id) => id,
        Err(why) => return Ok(Err(why)),
    };
    if remote.starts_with('-')
        || !git2::Remote::is_valid_name(remote)
        || repository.find_remote(remote).is_err()
    {
        return Ok(Err(format!("there is no remote `{}`", remote.escape_default())));
    }
    let own_ssh = repository.config()?.get_string("core.sshcommand").is_ok();
    let folder = repository.workdir().unwrap_or(repository.path()).to_owned();
    Ok(Ok(LocalTag { name: name.to_owned(), remote: remote.to_owned(), id, folder, own_ssh }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_the_whole_name() {
        for (wanted, name, same) in [
            ("main", "main", true),
            ("main", "main2", false),
            ("release/v*", "release/v3.2.0", true),
            ("release/v…", "release/v3.2.0", true),
            ("release/v*", "old/release/v3", false),
            ("*/v*.0", "release/v3.2.0", true),
            ("a*a", "a", false),
            ("", "main", false),
        ] {
            assert_eq!(matches(wanted, name), same, "{wanted} {name}");
        }
    }

    #[test]
    fn a_repository_is_below_the_plan() {
        let folder = Path::new("/plans");
        assert_eq!(inside(folder, "service/a"), Ok(PathBuf::from("/plans/service/a")));
        for outside in ["../other", "/etc", "a/../../b", "a\0b"] {
            assert!(inside(folder, outside).is_err(), "{outside:?}");
        }
    }
}
