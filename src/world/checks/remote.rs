//! What a remote has, asked of it by git itself: never a prompt, never a helper that a remote's address names.

use std::time::Duration;

use tokio::process::Command;

use crate::analysis::Verdict;

use super::command::{End, start};
use super::git::{Fact, LocalTag};

/// Asks the remote for the tag and compares it with the local one.
pub(super) async fn ask(tag: &LocalTag, time: Duration) -> Fact {
    let full = format!("refs/tags/{}", tag.name);
    let mut command = Command::new("git");
    command
        .args(["-c", "protocol.ext.allow=never", "-c", "credential.interactive=false", "ls-remote", "--"])
        .args([tag.remote.as_str(), full.as_str()])
        .current_dir(&tag.folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("SSH_ASKPASS_REQUIRE", "never")
        .env("GIT_ASKPASS", "")
        .env("LC_ALL", "C");
    let own_ssh =
        tag.own_ssh || ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|name| std::env::var_os(name).is_some());
    if !own_ssh {
        command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
    }
    let ran = match start(command, time).await {
        Ok(ran) => ran,
        Err(error) => return (Verdict::Error, format!("cannot start git: {error}")),
    };
    let (name, remote) = (&tag.name, &tag.remote);
    match &ran.end {
        End::Late | End::Flood => {
            (Verdict::Error, format!("{remote} did not answer in {} s", time.as_secs()))
        }
        End::Exit(status) if !status.success() => {
            let errors = ran.err.text();
            let first = errors.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
            (Verdict::Error, format!("{remote} cannot be asked: {}", first.trim()))
        }
        End::Exit(_) => match found(&ran.out.text(), &full) {
            Some(id) if id == tag.id.to_string() => (Verdict::Pass, format!("tag {name} is on {remote}")),
            Some(_) => (Verdict::Fail, format!("{remote} has another tag {name}")),
            None => (Verdict::Fail, format!("tag {name} is not on {remote}")),
        },
    }
}

/// The id a listing gives for exactly this reference.
fn found<'a>(listing: &'a str, full: &str) -> Option<&'a str> {
    listing.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == full).map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_reference_counts() {
        let listing = "aaaa\trefs/tags/v1\nbbbb\trefs/tags/v1^{}\ncccc\trefs/heads/refs/tags/v2\n";
        assert_eq!(found(listing, "refs/tags/v1"), Some("aaaa"));
        assert_eq!(found(listing, "refs/tags/v2"), None);
    }
}
