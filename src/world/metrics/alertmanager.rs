//! How many alerts fire, as an Alertmanager sees it: those that are silenced or inhibited do not count.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::Deserialize;

use crate::engine::ports::{Ask, Clock, DEADLINE, Fault, Numbers, Reading};
use crate::plan::SourceKind;
use crate::world::http::{Http, Limits, address, place};

use super::exposition::Labels;
use super::looks::{Look, Looks, Seen, What};
use super::promql::Selector;
use super::sides::Side;

/// Bytes of an answer that are read.
const BODY: usize = 8 * 1024 * 1024;
/// How many alerts are named.
const NAMED: usize = 3;

/// Counts alerts that fire.
pub struct Alertmanager {
    http: Http,
    clock: Arc<dyn Clock>,
    looks: Looks,
}

#[derive(Deserialize)]
struct Alert {
    #[serde(default)]
    labels: Labels,
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
}

impl Alertmanager {
    /// A reader over this HTTP client.
    pub fn new(http: Http, clock: Arc<dyn Clock>) -> Self {
        Self { http, clock, looks: Looks::default() }
    }
}

impl Numbers for Alertmanager {
    fn read<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Reading, Fault>> {
        Box::pin(async move { self.looks.read(self, &ask, self.clock.now()).await })
    }
}

impl Look for Alertmanager {
    fn texts(&self, ask: &Ask<'_>) -> String {
        ask.metric.query.clone().unwrap_or_default()
    }

    fn look<'a>(&'a self, ask: &'a Ask<'a>, side: &'a Side<'a>) -> BoxFuture<'a, Result<Seen, Fault>> {
        Box::pin(async move {
            let SourceKind::Alertmanager { url } = &ask.source.kind else {
                return Err(Fault::Unsupported(format!("{} is no Alertmanager", ask.source.id)));
            };
            let wrong = |why: String| Fault::Unsupported(format!("metric {}: {why}", ask.metric.id));
            let query = side.fill(ask.metric.query.as_deref().unwrap_or_default());
            let matchers = matchers(&query).map_err(wrong)?;
            let mut url = address(url)?;
            let path = format!("{}/api/v2/alerts", url.path().trim_end_matches('/'));
            url.set_path(&path);
            url.set_query(None);
            url.query_pairs_mut().extend_pairs([
                ("active", "true"),
                ("silenced", "false"),
                ("inhibited", "false"),
            ]);
            for (name, sign, value) in matchers.iter().flat_map(Selector::parts) {
                let value = value.replace('\\', "\\\\").replace('"', "\\\"");
                url.query_pairs_mut().append_pair("filter", &format!("{name}{sign}\"{value}\""));
            }
            let name = place(&url);
            let limits = Limits { time: Duration::from_secs(DEADLINE.0), body: BODY };
            let answer = self.http.get_as(url, "application/json", limits).await?;
            match answer.status {
                200 if answer.cut => return Err(Fault::Foreign(name, "too many alerts to read".to_owned())),
                200 => {}
                status @ (400 | 401 | 403) => {
                    let said: String = String::from_utf8_lossy(&answer.body).chars().take(160).collect();
                    return Err(Fault::Refused(name, format!("HTTP {status}: {said}")));
                }
                status @ 500..=599 => return Err(Fault::Unreachable(name, format!("HTTP {status}"))),
                status => {
                    return Err(Fault::Foreign(name, format!("HTTP {status} where alerts were meant")));
                }
            }
            let alerts: Vec<Alert> = serde_json::from_slice(&answer.body)
                .map_err(|error| Fault::Foreign(name, format!("no list of alerts: {error}")))?;
            let fires = |alert: &&Alert| {
                let Status { state, silenced_by, inhibited_by } = &alert.status;
                state == "active"
                    && silenced_by.is_empty()
                    && inhibited_by.is_empty()
                    && matchers.as_ref().is_none_or(|of| of.takes("", &alert.labels))
            };
            let firing: Vec<&Alert> = alerts.iter().filter(fires).collect();
            let named = |alert: &&Alert| alert.labels.get("alertname").cloned();
            let names: Vec<String> = firing.iter().filter_map(named).take(NAMED).collect();
            let notes =
                if names.is_empty() { Vec::new() } else { vec![format!("firing: {}", names.join(", "))] };
            let what = What::Number(firing.len() as f64);
            Ok(Seen { what, notes, server_time: answer.date, ..Seen::default() })
        })
    }
}

/// The matchers of a query: `severity="critical",team="x"`, with or without braces; none for every alert.
fn matchers(query: &str) -> Result<Option<Selector>, String> {
    let inside = query.trim().trim_start_matches('{').trim_end_matches('}').trim();
    if inside.is_empty() {
        return Ok(None);
    }
    Selector::read(&format!("{{{inside}}}")).map(Some).map_err(|_| {
        format!("`{query}` is no list of matchers; write severity=\"critical\",team=\"payments\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_with_and_without_braces() {
        let parts = |query: &str| -> Vec<String> {
            let read = matchers(query).expect(query);
            let parts = read.iter().flat_map(Selector::parts);
            parts.map(|(name, sign, value)| format!("{name}{sign}{value}")).collect()
        };
        assert!(parts("").is_empty() && parts("{}").is_empty());
        assert_eq!(parts("severity=\"critical\""), ["severity=critical"]);
        assert_eq!(parts("{severity=~\"crit.*\", team!=\"x\"}"), ["severity=~crit.*", "team!=x"]);
        assert!(matchers("any critical").is_err());
    }
}
