//! A workflow of a forge: started by its API, found again, and followed to its end.
//!
//! The API is GitHub's: `POST …/actions/workflows/FILE/dispatches` says nothing of the run it starts, so the run is
//! the one whose title carries the operation, or the only one that is newer than all before.

use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::base::Untrusted;
use crate::engine::ports::{Errand, Fault};
use crate::plan::Workflow;
use crate::world::cluster::Deadline;
use crate::world::http::{Answer, Call, Http, Limits, address};

/// How long one answer may take.
const LIMITS: Limits = Limits { time: Duration::from_secs(10), body: 2 * 1024 * 1024 };
/// Between two looks: the API has nothing to watch. It doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(10);
/// How often a look may fail before that is said.
const MISSES: u32 = 5;

/// Where things are at the forge.
struct Places {
    dispatch: Url,
    runs: Url,
    /// One run is here, by its number.
    run: Url,
}

#[derive(Debug, Deserialize)]
struct Runs {
    #[serde(default)]
    workflow_runs: Vec<Run>,
}

#[derive(Clone, Debug, Deserialize)]
struct Run {
    id: u64,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    display_title: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    conclusion: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
}

impl Run {
    fn carries(&self, operation: &str) -> bool {
        [&self.display_title, &self.name].into_iter().flatten().any(|title| title.contains(operation))
    }
    fn shown(&self) -> String {
        let link = self
            .html_url
            .as_deref()
            .map_or_else(String::new, |url| format!(" {}", Untrusted::new(url).cell(120)));
        format!("run {}{link}", self.id)
    }
}

/// The forge, as this plan may ask it.
struct Forge<'a> {
    http: &'a Http,
    token: SecretString,
    places: Places,
    workflow: &'a Workflow,
}

/// Starts it, unless it was started for this operation before, and waits for its end.
pub(super) async fn run(
    http: &Http,
    workflow: &Workflow,
    errand: Errand<'_>,
    deadline: Deadline,
) -> Result<Untrusted, Fault> {
    let name = &workflow.token_env;
    let token = std::env::var(name).ok().filter(|it| !it.trim().is_empty()).ok_or_else(|| {
        Fault::Unsupported(format!("the token in ${name} is not there; set it before the engine starts"))
    })?;
    let token = SecretString::from(token.trim().to_owned());
    let forge = Forge { http, token, places: places(&workflow.url, &workflow.reference)?, workflow };
    let operation = errand.operation.as_str();
    let before = forge.runs().await?;
    let known = before.iter().find(|run| workflow.is_marked() && run.carries(operation)).map(|run| run.id);
    let (id, again) = match known {
        Some(id) => (id, ", started before"),
        None => {
            errand.pass("the workflow").await?;
            let newest = before.iter().map(|run| run.id).max().unwrap_or(0);
            let told = forge.dispatch(operation).await?;
            (forge.started(told, newest, operation, deadline).await?, "")
        }
    };
    let run = forge.ended(id, deadline).await?;
    match run.conclusion.as_deref() {
        Some("success") => Ok(Untrusted::new(format!("workflow {}: success{again}", run.shown()))),
        other => {
            let why = format!("it ended with {}", Untrusted::new(other.unwrap_or("nothing said")).cell(40));
            Err(Fault::Refused(format!("workflow {}", run.shown()), why))
        }
    }
}

fn places(url: &str, reference: &str) -> Result<Places, Fault> {
    let dispatch = address(url)?;
    let wrong = || {
        let text =
            "write url = \"https://api.github.com/repos/OWNER/REPO/actions/workflows/FILE/dispatches\"";
        Fault::Unsupported(format!(
            "the workflow's address does not end in /actions/workflows/FILE/dispatches; {text}"
        ))
    };
    let path = dispatch.path().to_owned();
    let workflow = path.strip_suffix("/dispatches").ok_or_else(wrong)?;
    let (actions, _) = workflow.rsplit_once("/workflows/").ok_or_else(wrong)?;
    let at = |path: String| {
        let mut url = dispatch.clone();
        url.set_path(&path);
        url.set_query(None);
        url
    };
    let mut runs = at(format!("{workflow}/runs"));
    let branch = reference.strip_prefix("refs/heads/").unwrap_or(reference);
    runs.query_pairs_mut().extend_pairs([
        ("event", "workflow_dispatch"),
        ("branch", branch),
        ("per_page", "50"),
    ]);
    let run = at(format!("{actions}/runs/"));
    Ok(Places { dispatch, runs, run })
}

impl Forge<'_> {
    async fn ask(&self, url: &Url, body: Option<&Value>) -> Result<Answer, Fault> {
        let call = match body {
            Some(body) => Call::post(url.as_str(), body, LIMITS),
            None => Call::get(url.as_str(), LIMITS),
        };
        let answer = self.http.send(call.accept("application/vnd.github+json").bearer(&self.token)).await?;
        let host = url.host_str().unwrap_or_default().to_owned();
        match answer.status {
            200..300 => Ok(answer),
            401 | 403 => Err(Fault::Refused(
                host,
                format!(
                    "{}: the token in ${} may not; it needs the right to run actions",
                    answer.status, self.workflow.token_env
                ),
            )),
            404 => Err(Fault::Refused(
                host,
                "404: there is no such workflow, or the token may not see it".to_owned(),
            )),
            status @ 500.. => Err(Fault::Unreachable(host, format!("it answered {status}"))),
            status => Err(Fault::Refused(host, format!("{status}: {}", said(&answer.body)))),
        }
    }

    async fn read<T: for<'de> Deserialize<'de>>(&self, url: &Url) -> Result<T, Fault> {
        let answer = self.ask(url, None).await?;
        let host = url.host_str().unwrap_or_default().to_owned();
        serde_json::from_slice(&answer.body).map_err(|error| Fault::Foreign(host, error.to_string()))
    }

    async fn runs(&self) -> Result<Vec<Run>, Fault> {
        self.read::<Runs>(&self.places.runs).await.map(|runs| runs.workflow_runs)
    }

    /// Starts it; some forges answer the run's number.
    async fn dispatch(&self, operation: &str) -> Result<Option<u64>, Fault> {
        let fill = |value: &String| value.replace(Workflow::OPERATION, operation);
        let inputs: serde_json::Map<String, Value> =
            self.workflow.inputs.iter().map(|(key, value)| (key.clone(), Value::from(fill(value)))).collect();
        let body = json!({ "ref": self.workflow.reference, "inputs": inputs });
        let answer = self.ask(&self.places.dispatch, Some(&body)).await?;
        let told: Option<Value> = serde_json::from_slice(&answer.body).ok();
        Ok(told.and_then(|it| it.get("workflow_run_id")?.as_u64()))
    }

    /// The number of the run that was started.
    async fn started(
        &self,
        told: Option<u64>,
        newest: u64,
        operation: &str,
        deadline: Deadline,
    ) -> Result<u64, Fault> {
        if let Some(id) = told {
            return Ok(id);
        }
        let mut pause = PAUSE;
        loop {
            // A look that failed is no reason to believe that nothing was started.
            let runs = self.runs().await.unwrap_or_default();
            let fresh: Vec<&Run> = runs.iter().filter(|run| run.id > newest).collect();
            let marked = fresh.iter().find(|run| run.carries(operation));
            match (marked, fresh.as_slice(), self.workflow.is_marked()) {
                (Some(run), _, _) => return Ok(run.id),
                (None, [one], false) => return Ok(one.id),
                (None, [_, _, ..], false) => {
                    let why = "several runs began at once and none names the operation: look which is ours, and put \
                               {{operation}} into an input that the run's name shows";
                    return Err(Fault::Foreign("the workflow".to_owned(), why.to_owned()));
                }
                _ => {}
            }
            if deadline.left() <= pause {
                let why = "it was started, and its run was not seen in time".to_owned();
                return Err(Fault::Unreachable("the workflow".to_owned(), why));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// The run, once it is over.
    async fn ended(&self, id: u64, deadline: Deadline) -> Result<Run, Fault> {
        let mut url = self.places.run.clone();
        url.set_path(&format!("{}{id}", self.places.run.path()));
        let (mut pause, mut misses) = (PAUSE, 0);
        loop {
            let newest = match self.read::<Run>(&url).await {
                Ok(run) if run.status.as_deref() == Some("completed") => return Ok(run),
                Ok(run) => {
                    misses = 0;
                    Untrusted::new(run.status.unwrap_or_default()).cell(40)
                }
                Err(fault) => {
                    misses += 1;
                    if misses >= MISSES {
                        return Err(Fault::Unreachable(format!("workflow run {id}"), fault.to_string()));
                    }
                    fault.to_string()
                }
            };
            if deadline.left() <= pause {
                return Err(Fault::Unreachable(
                    format!("workflow run {id}"),
                    format!("not over in time: {newest}"),
                ));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
    }
}

fn said(body: &[u8]) -> String {
    let told: Option<Value> = serde_json::from_slice(body).ok();
    let text = told.as_ref().and_then(|it| it.get("message")?.as_str()).unwrap_or("no reason given");
    Untrusted::new(text).cell(200)
}
