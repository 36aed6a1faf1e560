//! `[flag.*]`.
//!
//! Invariants: what is written is read back, so a body and the pointers speak of the same parts; no secret gets into
//! a plan or a message.

use crate::base::{FlagId, Untrusted};
use crate::plan::file::{self, At};
use crate::plan::{Code, Flag, FlagApi, FlagPointers, FlagStore, Plan, PlanError};

use super::desk::{Desk, title};

/// A flag that this release may not turn on.
const ELSEWHERE: Code = Code::new("flag-elsewhere");
/// Words in an address or a body that stand before a secret.
const SECRETS: [&str; 7] = ["token", "api_key", "apikey", "api-key", "password", "secret", "authorization"];

/// The flags of the plan file.
pub(super) fn flags(desk: &mut Desk<'_>, plan: &Plan) -> Result<Vec<Flag>, PlanError> {
    let file = desk.file;
    let mut flags = Vec::new();
    for (name, written) in file.flag.iter() {
        flags.push(flag(desk, name, written)?);
    }
    for (name, written) in file.flag.iter() {
        circle(desk, &flags, name, written)?;
        elsewhere(desk, plan, &flags, (name, written));
    }
    Ok(flags)
}

fn flag(desk: &Desk<'_>, name: &At<String>, written: &file::Flag) -> Result<Flag, PlanError> {
    let mut requires = Vec::new();
    for other in &written.requires {
        let id = desk.named(other, "flag", desk.file.flag.names())?;
        if id == name.as_str() {
            return Err(desk.wrong(other, "is required by itself", "leave it out of its own `requires`"));
        }
        requires.push(FlagId::new(id));
    }
    let at = FlagPointers {
        percent: pointer(desk, written.percent.as_ref())?,
        enabled: pointer(desk, written.enabled.as_ref())?,
        environments: pointer(desk, written.environments_at.as_ref())?,
        killed: pointer(desk, written.killed.as_ref())?,
    };
    if at.percent.is_none() && at.enabled.is_none() {
        let help = "add `percent = \"/rollout_percentage\"`, `enabled = \"/enabled\"` or both: where they stand in it";
        return Err(desk.wrong(name, "is a flag that cannot be read back", help));
    }
    Ok(Flag {
        id: FlagId::new(name.as_str()),
        title: title(written.title.as_ref(), name.as_str()),
        kept: kept(desk, name, written)?,
        at,
        environments: written.environments.iter().map(|it| it.value.clone()).collect(),
        requires,
    })
}

/// Where it is kept: exactly one place.
fn kept(desk: &Desk<'_>, name: &At<String>, written: &file::Flag) -> Result<FlagStore, PlanError> {
    match (&written.http, &written.file) {
        (Some(url), None) => {
            if let Some(stray) = &written.pointer {
                let help = "leave it out: `percent` and `enabled` say where things stand in the answer";
                return Err(desk.place.error(stray.start, "a flag of a service has no `pointer`", help));
            }
            api(desk, url, written)
        }
        (None, Some(path)) => {
            let strays = [
                ("token-env", &written.token_env),
                ("body", &written.body),
                ("off", &written.off),
                ("kill", &written.kill),
                ("disable-all", &written.disable_all),
            ];
            if let Some((key, Some(stray))) = strays.into_iter().find(|(_, given)| given.is_some()) {
                let message = format!("a flag in a file has no `{key}`");
                return Err(desk.place.error(stray.start, message, "leave it out; it belongs to `http`"));
            }
            Ok(FlagStore::File {
                path: desk.inside(path)?,
                pointer: pointer(desk, written.pointer.as_ref())?.unwrap_or_default(),
            })
        }
        (Some(_), Some(path)) => {
            let message = "a flag is kept in one place, and this has `http` and `file`";
            Err(desk.place.error(path.start, message, "keep the one that the service reads"))
        }
        (None, None) => {
            let help = "add `http = \"https://…\"` or `file = \"config/flags.json\"`";
            Err(desk.wrong(name, "is a flag that is kept nowhere", help))
        }
    }
}

fn api(desk: &Desk<'_>, url: &At<String>, written: &file::Flag) -> Result<FlagStore, PlanError> {
    let token_env = match &written.token_env {
        Some(name) => Some(variable(desk, name)?),
        None => None,
    };
    let addressed = |url: Option<&At<String>>| url.map(|url| address(desk, url)).transpose();
    let Some(body) = &written.body else {
        let help = "add `body = '{\"enabled\": {{enabled}}, \"rollout_percentage\": {{percent}}}'`";
        return Err(desk.place.error(url.start, "it is not said what is put there", help));
    };
    json(desk, body, &body.value.replace("{{percent}}", "12.5").replace("{{enabled}}", "true"))?;
    for (mark, key, read) in
        [("{{percent}}", "percent", &written.percent), ("{{enabled}}", "enabled", &written.enabled)]
    {
        match (body.value.contains(mark), read) {
            (true, None) => {
                let message = format!("`{mark}` is written and never read back");
                let help = format!("add `{key} = \"/…\"`: where it stands in the answer");
                return Err(desk.place.error(body.start, message, help));
            }
            (false, Some(read)) => {
                let message = format!("`{key}` is read and never written");
                let help = format!("write `{mark}` into `body`, or leave `{key}` out");
                return Err(desk.place.error(read.start, message, help));
            }
            _ => {}
        }
    }
    if let Some(off) = &written.off {
        json(desk, off, &off.value)?;
    }
    Ok(FlagStore::Http(FlagApi {
        url: address(desk, url)?,
        token_env,
        body: body.value.clone(),
        off: written.off.as_ref().map(|off| off.value.clone()),
        kill: addressed(written.kill.as_ref())?,
        disable_all: addressed(written.disable_all.as_ref())?,
    }))
}

/// A body that is JSON and holds no secret.
fn json(desk: &Desk<'_>, body: &At<String>, filled: &str) -> Result<(), PlanError> {
    let value: serde_json::Value = serde_json::from_str(filled).map_err(|error| {
        let message = format!("the body is no JSON: {}", Untrusted::new(error.to_string()).cell(120));
        let help =
            "write it as the service wants it, with `{{percent}}` and `{{enabled}}` in place of the values";
        desk.place.error(body.start, message, help)
    })?;
    let secret = |name: &str| SECRETS.iter().any(|word| name.to_lowercase().contains(word));
    match value
        .as_object()
        .and_then(|object| object.iter().find(|(name, value)| secret(name) && value.is_string()))
    {
        Some((name, _)) => {
            let message = format!(
                "`{}` of the body is a secret, and a plan is read by many",
                Untrusted::new(name.as_str()).cell(40)
            );
            Err(desk.place.error(body.start, message, TOKEN))
        }
        None => Ok(()),
    }
}

/// What to write in place of a secret.
const TOKEN: &str = "take it out and write `token-env = \"CONFIG_TOKEN\"`: the name of the environment variable that holds it";

/// An address without a secret in it.
fn address(desk: &Desk<'_>, url: &At<String>) -> Result<String, PlanError> {
    let text = desk.address(url)?;
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let query = rest.split_once('?').map_or("", |(_, query)| query).to_lowercase();
    let named = query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .any(|(name, value)| !value.is_empty() && SECRETS.iter().any(|word| name.contains(word)));
    if host.contains('@') || named {
        return Err(desk.place.error(
            url.start,
            "there is a secret in the address, and a plan is read by many",
            TOKEN,
        ));
    }
    Ok(text)
}

/// The name of an environment variable, and not what should be in it; never said again.
pub(super) fn variable(desk: &Desk<'_>, name: &At<String>) -> Result<String, PlanError> {
    let text = name.as_str();
    let letters = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let keys = ["AKIA", "ASIA"].iter().any(|start| text.starts_with(start)) && !text.contains('_');
    let is_name = text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && text.chars().all(letters)
        && text.len() <= 64
        && !keys;
    match is_name {
        true => Ok(text.to_owned()),
        false => {
            let help = "write the variable's name in capitals, such as `CONFIG_TOKEN`; the token itself never stands in a plan";
            Err(desk.place.error(name.start, "this is no name of an environment variable", help))
        }
    }
}

fn pointer(desk: &Desk<'_>, written: Option<&At<String>>) -> Result<Option<String>, PlanError> {
    let Some(written) = written else { return Ok(None) };
    let text = written.as_str();
    match text.is_empty() || text.starts_with('/') {
        true => Ok(Some(text.to_owned())),
        false => {
            let help =
                "begin it with `/`, such as `/rollout_percentage`; `/` and `~` in a name are `~1` and `~0`";
            Err(desk.wrong(written, "is no JSON pointer", help))
        }
    }
}

/// No flag may require itself by way of others.
fn circle(desk: &Desk<'_>, flags: &[Flag], name: &At<String>, written: &file::Flag) -> Result<(), PlanError> {
    let requires = |id: &FlagId| {
        flags.iter().find(|flag| &flag.id == id).map(|flag| flag.requires.as_slice()).unwrap_or_default()
    };
    for other in &written.requires {
        let mut met: Vec<FlagId> = Vec::new();
        let mut next = vec![FlagId::new(other.as_str())];
        while let Some(id) = next.pop() {
            if id.as_str() == name.as_str() {
                let help = "take one of the circle out: none of them could ever be turned on";
                return Err(desk.wrong(
                    other,
                    &format!("requires {} in turn", file::quoted(name.as_str())),
                    help,
                ));
            }
            if !met.contains(&id) {
                next.extend(requires(&id).iter().cloned());
                met.push(id);
            }
        }
    }
    Ok(())
}

/// A flag that is not for where this release goes, by itself or by what it requires.
fn elsewhere(desk: &mut Desk<'_>, plan: &Plan, flags: &[Flag], (name, written): (&At<String>, &file::Flag)) {
    let environment = &plan.release.environment;
    let shown = |text: &str| Untrusted::new(text).cell(40);
    if let Some(first) = written.environments.first()
        && !written.environments.iter().any(|it| it.as_str() == environment)
    {
        let message =
            format!("`{}` is not for {}, where this release goes", shown(name.as_str()), shown(environment));
        let help =
            format!("add \"{}\" to its environments, or leave the flag out of this plan", shown(environment));
        desk.findings.push(desk.place.finding(first.start, ELSEWHERE, (message, help)));
        return;
    }
    for other in &written.requires {
        let required = flags.iter().find(|flag| flag.id.as_str() == other.as_str());
        if required.is_some_and(|flag| !flag.is_for(environment)) {
            let message =
                format!("it requires `{}`, which is not for {}", shown(other.as_str()), shown(environment));
            let help = "it cannot be turned on in this release: let the other be on there as well";
            desk.findings.push(desk.place.finding(other.start, ELSEWHERE, (message, help)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::{FlagStore, SourceFile, Sources, resolve};

    const PLAN: &str = r#"
[environment.prod]
production = true
[flag.sampling]
http = "https://config.example.com/flags/sampling"
token-env = "CONFIG_TOKEN"
body = '{"on": {{enabled}}, "share": {{percent}}}'
off = '{"on": false}'
percent = "/data/share"
enabled = "/data/on"
requires = ["profile", "tasks"]
[flag.profile]
file = "config/flags.json"
pointer = "/profile"
percent = ""
[flag.tasks]
title = "Long tasks"
file = "config/flags.json"
percent = "/tasks"
environments = ["dev"]
"#;

    fn read(text: &str) -> crate::plan::Resolved {
        let plan = Some(SourceFile::new("shop.tminus.toml", text.as_bytes().to_vec()));
        resolve(&Sources { playbook: None, plan }).expect("a plan")
    }

    #[test]
    fn flags_are_read_and_doubted() {
        let resolved = read(PLAN);
        let [sampling, profile, tasks] = resolved.plan.flags.as_slice() else { panic!("three flags") };
        let FlagStore::Http(api) = &sampling.kept else { panic!("a service") };
        assert_eq!(
            (api.token_env.as_deref(), api.off.as_deref()),
            (Some("CONFIG_TOKEN"), Some("{\"on\": false}"))
        );
        assert_eq!(
            (profile.place().as_str(), tasks.title.raw()),
            ("config/flags.json#/profile", "Long tasks")
        );
        assert_eq!(sampling.title.raw(), "Sampling");
        assert!(sampling.is_for("prod") && !tasks.is_for("prod"));
        let said: Vec<(&str, u32)> =
            resolved.findings.iter().map(|finding| (finding.code.as_str(), finding.line)).collect();
        assert_eq!(said, [("flag-elsewhere", 11), ("flag-elsewhere", 20)]);
    }

    #[test]
    fn what_a_flag_does_is_bound_and_its_title_is_not() {
        let before = read(PLAN);
        assert!(before.binding.contains("flag.sampling.token-env = \"CONFIG_TOKEN\""), "{}", before.binding);
        assert_eq!(read(&PLAN.replace("Long tasks", "Tasks")).plan.digest, before.plan.digest);
        for (old, new) in
            [("/tasks\"", "/task\""), ("[\"dev\"]", "[\"dev\", \"prod\"]"), ("\"on\": false", "\"on\": true")]
        {
            assert_ne!(read(&PLAN.replace(old, new)).plan.digest, before.plan.digest, "{old}");
        }
    }
}
