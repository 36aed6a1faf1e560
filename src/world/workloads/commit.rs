//! A commit to the repository that a controller follows: made here, pushed by git itself.
//!
//! Invariants: a tree that is not clean and a branch that is not the remote's are refused; one commit holds one
//! operation and names it; a commit that was not taken by the remote is taken back; nothing is pushed by force.

use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{Oid, Repository, ResetType, StatusOptions};
use tokio::process::Command;

use crate::base::Untrusted;
use crate::engine::ports::{Errand, Fault};
use crate::plan::GitOps;
use crate::world::checks::{End, inside, start};

use super::reference::{self, Edited};

/// How long git may take with the remote.
const REMOTE: Duration = Duration::from_secs(60);
/// Bytes of a file that is changed.
const FILE: u64 = 4 * 1024 * 1024;

/// Where the branch stands now.
pub(super) struct Committed {
    /// The commit that says so.
    pub(super) revision: String,
    /// False when it said so already.
    pub(super) new: bool,
}

/// A clone as it was found fit to be written.
struct Clone {
    folder: PathBuf,
    remote: String,
    /// The remote's newest commit of the branch.
    theirs: Oid,
    /// Ours, when it is made and was not pushed.
    pending: Option<Oid>,
}

/// Writes the image into the file, commits and pushes.
pub(super) async fn commit(folder: &Path, gitops: &GitOps, errand: Errand<'_>) -> Result<Committed, Fault> {
    let what = format!("the repository {}", gitops.repository);
    let refused = |why: String| Fault::Refused(what.clone(), why);
    let place = inside(folder, &gitops.repository).map_err(Fault::Unsupported)?;
    let (remote, own_ssh, root) = {
        let (place, branch) = (place.clone(), gitops.branch.clone());
        blocking(move || prepare(&place, &branch)).await.map_err(&refused)?
    };
    let refs = format!("refs/heads/{}", gitops.branch);
    let tracked = format!("+{refs}:refs/remotes/{remote}/{}", gitops.branch);
    git(&root, own_ssh, &["fetch", "--quiet", "--no-tags", &remote, &tracked])
        .await
        .map_err(|end| end.fault(&what, "nothing was committed"))?;
    let operation = errand.operation.as_str().to_owned();
    let clone = {
        let (root, gitops, operation) = (root.clone(), gitops.clone(), operation.clone());
        blocking(move || fit(&root, &gitops.branch, &remote, &operation)).await.map_err(&refused)?
    };
    if clone.pending.is_none() {
        let (root, gitops) = (root.clone(), gitops.clone());
        let edited = blocking(move || edit(&root, &gitops)).await.map_err(&refused)?;
        if edited == Edited::Same {
            return Ok(Committed { revision: clone.theirs.to_string(), new: false });
        }
    }
    errand.pass(&what).await?;
    let ours = match clone.pending {
        Some(ours) => ours,
        None => {
            let (root, gitops) = (root.clone(), gitops.clone());
            blocking(move || make(&root, &gitops, &operation)).await.map_err(&refused)?
        }
    };
    let target = format!("{ours}:{refs}");
    match git(&root, own_ssh, &["push", "--quiet", &clone.remote, &target]).await {
        Ok(()) => Ok(Committed { revision: ours.to_string(), new: true }),
        Err(Stopped::Late(text)) => {
            Err(Fault::Unreachable(what, format!("{text}: whether it was pushed is not known")))
        }
        Err(end @ Stopped::Said(_)) => {
            let (root, theirs) = (clone.folder.clone(), clone.theirs);
            let back = blocking(move || take_back(&root, theirs)).await;
            let rest = back.map_or_else(
                |why| format!("the commit stays here: {why}"),
                |()| "the commit was taken back".to_owned(),
            );
            Err(end.fault(&what, &rest))
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err("the repository could not be read to the end".to_owned()),
    }
}

fn told(error: git2::Error) -> String {
    format!("git: {}", Untrusted::new(error.message()).cell(200))
}

/// The remote of the branch, whether ssh is set up by hand, and the root of the tree.
fn prepare(place: &Path, branch: &str) -> Result<(String, bool, PathBuf), String> {
    let full = format!("refs/heads/{branch}");
    if branch.starts_with('-') || !git2::Reference::is_valid_name(&full) {
        return Err(format!("`{}` is no name of a branch", branch.escape_default()));
    }
    let repository =
        Repository::discover(place).map_err(|error| format!("no git repository: {}", error.message()))?;
    let config = repository.config().map_err(told)?;
    let remote =
        config.get_string(&format!("branch.{branch}.remote")).unwrap_or_else(|_| "origin".to_owned());
    if remote.starts_with('-') || repository.find_remote(&remote).is_err() {
        return Err(format!("it has no remote `{}` to push to", remote.escape_default()));
    }
    let root = repository.workdir().ok_or("it has no working tree; clone it without --bare")?.to_owned();
    Ok((remote, config.get_string("core.sshcommand").is_ok(), root))
}

/// Whether the clone may be written: clean, on the branch, and where the remote is.
fn fit(root: &Path, branch: &str, remote: &str, operation: &str) -> Result<Clone, String> {
    let repository = Repository::open(root).map_err(told)?;
    let head = repository.head().map_err(told)?;
    if repository.head_detached().map_err(told)? || head.shorthand_bytes() != branch.as_bytes() {
        return Err(format!("it is not on the branch {branch}: git switch {branch}"));
    }
    let mut options = StatusOptions::new();
    options.include_untracked(true).include_ignored(false);
    let statuses = repository.statuses(Some(&mut options)).map_err(told)?;
    if let Some(first) = statuses.iter().next() {
        let path = String::from_utf8_lossy(first.path_bytes()).into_owned();
        return Err(format!(
            "it is not clean ({}): commit or stash what is there first",
            Untrusted::new(path).cell(80)
        ));
    }
    let ours = head.peel_to_commit().map_err(told)?;
    let theirs = repository.refname_to_id(&format!("refs/remotes/{remote}/{branch}")).map_err(told)?;
    let (ahead, behind) = repository.graph_ahead_behind(ours.id(), theirs).map_err(told)?;
    if behind > 0 {
        return Err(format!("{branch} is {behind} commits behind {remote}: git pull --ff-only"));
    }
    // What an engine that stopped left behind is taken up; anybody else's commits are not ours to push.
    let marked = ours.message().is_ok_and(|text| text.contains(&trailer(operation)));
    if ahead > 0 && !(ahead == 1 && marked) {
        return Err(format!(
            "{branch} has {ahead} commits that {remote} does not have: push them or take them back"
        ));
    }
    let pending = (ahead == 1).then(|| ours.id());
    Ok(Clone { folder: root.to_owned(), remote: remote.to_owned(), theirs, pending })
}

fn trailer(operation: &str) -> String {
    format!("Tminus-Operation: {operation}")
}

fn file(root: &Path, gitops: &GitOps) -> Result<PathBuf, String> {
    let path = inside(root, &gitops.file)?;
    let real = path.canonicalize().map_err(|error| format!("{} cannot be read: {error}", gitops.file))?;
    let base = root.canonicalize().map_err(|error| error.to_string())?;
    let length = std::fs::metadata(&real).map_err(|error| format!("{}: {error}", gitops.file))?;
    if !real.starts_with(&base) || !length.is_file() {
        return Err(format!("{} is no file inside it", gitops.file));
    }
    if length.len() > FILE {
        return Err(format!("{} is larger than {} MiB", gitops.file, FILE >> 20));
    }
    Ok(real)
}

fn edit(root: &Path, gitops: &GitOps) -> Result<Edited, String> {
    let path = file(root, gitops)?;
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", gitops.file))?;
    reference::put(&text, &gitops.image).map_err(|why| format!("{}: {why}", gitops.file))
}

/// Writes the file and commits it.
fn make(root: &Path, gitops: &GitOps, operation: &str) -> Result<Oid, String> {
    let Edited::Changed(text) = edit(root, gitops)? else {
        return Err("it has just changed; try again".to_owned());
    };
    let repository = Repository::open(root).map_err(told)?;
    let who = repository
        .signature()
        .map_err(|_| "git does not know who commits: git config user.name and user.email".to_owned())?;
    let parent = repository.head().and_then(|head| head.peel_to_commit()).map_err(told)?;
    let before = parent.id();
    std::fs::write(file(root, gitops)?, text).map_err(|error| format!("{}: {error}", gitops.file))?;
    let commit = || -> Result<Oid, git2::Error> {
        let mut index = repository.index()?;
        index.add_path(Path::new(gitops.file.trim_start_matches("./")))?;
        index.write()?;
        let tree = repository.find_tree(index.write_tree()?)?;
        let message = format!("Deploy {}\n\n{}\n", gitops.image, trailer(operation));
        repository.commit(Some("HEAD"), &who, &who, &message, &tree, &[&parent])
    };
    commit().map_err(|error| {
        // The tree was clean, so nothing of anybody's is lost.
        let _ = take_back(root, before);
        told(error)
    })
}

fn take_back(root: &Path, to: Oid) -> Result<(), String> {
    let repository = Repository::open(root).map_err(told)?;
    let commit = repository.find_object(to, None).map_err(told)?;
    repository.reset(&commit, ResetType::Hard, None).map_err(told)
}

/// Why git did not do it.
enum Stopped {
    Late(String),
    Said(String),
}

impl Stopped {
    fn fault(self, what: &str, rest: &str) -> Fault {
        match self {
            Self::Late(text) => Fault::Unreachable(what.to_owned(), format!("{text}; {rest}")),
            Self::Said(text) => Fault::Refused(what.to_owned(), format!("{text}; {rest}")),
        }
    }
}

/// Runs git with the remote: no prompt, no helper that an address names.
async fn git(root: &Path, own_ssh: bool, arguments: &[&str]) -> Result<(), Stopped> {
    let mut command = Command::new("git");
    command
        .args(["-c", "protocol.ext.allow=never", "-c", "credential.interactive=false"])
        .args(arguments)
        .current_dir(root)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GIT_ASKPASS", "")
        .env("LC_ALL", "C");
    let own_ssh =
        own_ssh || ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|name| std::env::var_os(name).is_some());
    if !own_ssh {
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    let verb = arguments.first().copied().unwrap_or_default();
    let ran =
        start(command, REMOTE).await.map_err(|error| Stopped::Said(format!("cannot start git: {error}")))?;
    match ran.end {
        End::Exit(status) if status.success() => Ok(()),
        End::Exit(_) => {
            let errors = ran.err.text();
            let lines = errors.lines().map(str::trim).filter(|line| !line.is_empty());
            let told: Vec<&str> = lines.filter(|line| !line.starts_with("hint:")).take(3).collect();
            Err(Stopped::Said(format!("git {verb}: {}", Untrusted::new(told.join("; ")).cell(300))))
        }
        End::Late | End::Flood => {
            Err(Stopped::Late(format!("git {verb} did not end in {} s", REMOTE.as_secs())))
        }
    }
}
