//! A flag service of our own: it keeps flags, tags them, can be told to fail, and remembers who asked what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

#[derive(Debug, Default)]
pub struct Shelf {
    pub flags: BTreeMap<String, Value>,
    /// How often each was written: what its tag says.
    pub written: BTreeMap<String, u32>,
    /// Method and path of every request, in order.
    pub asked: Vec<String>,
    /// What every request must bring.
    pub token: Option<String>,
    /// Methods that are answered with this status, extra headers and nothing done.
    pub broken: BTreeMap<String, (u16, Vec<(String, String)>)>,
    /// Methods that do what they are asked and answer with a status as if they had not.
    pub lost: BTreeMap<String, u16>,
    /// Flags that stay as they are whatever is written.
    pub stuck: BTreeSet<String>,
}

/// The service and its address; it ends with this.
pub struct Service {
    pub shelf: Arc<Mutex<Shelf>>,
    server: MockServer,
}

struct Clerk(Arc<Mutex<Shelf>>);

impl Service {
    pub async fn with(ids: &[&str]) -> Self {
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        for id in ids {
            let off = json!({ "enabled": false, "rollout_percentage": 0, "owner": "web" });
            shelf.lock().unwrap().flags.insert((*id).to_owned(), off);
        }
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(Clerk(shelf.clone())).mount(&server).await;
        Self { shelf, server }
    }
    pub fn url(&self) -> String {
        self.server.uri()
    }
    pub fn set<T>(&self, change: impl FnOnce(&mut Shelf) -> T) -> T {
        change(&mut self.shelf.lock().unwrap())
    }
    pub fn percent(&self, id: &str) -> i64 {
        self.set(|shelf| shelf.flags[id]["rollout_percentage"].as_f64().unwrap() as i64)
    }
    pub fn is_on(&self, id: &str) -> bool {
        self.set(|shelf| shelf.flags[id]["enabled"].as_bool().unwrap())
    }
}

impl Respond for Clerk {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let shelf = &mut *self.0.lock().unwrap();
        let method = request.method.to_string();
        shelf.asked.push(format!("{method} {}", request.url.path()));
        let header =
            |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        if let Some(token) = &shelf.token
            && header("authorization") != Some(format!("Bearer {token}"))
        {
            return ResponseTemplate::new(401);
        }
        if let Some((status, headers)) = shelf.broken.get(&method) {
            // As careless as a server can be: it says what it was sent.
            let said = format!("no: {}", header("authorization").unwrap_or_default());
            let answer = ResponseTemplate::new(*status).set_body_string(said);
            return headers
                .iter()
                .fold(answer, |answer, (name, value)| answer.insert_header(name.as_str(), value.as_str()));
        }
        let path: Vec<&str> = request.url.path().trim_matches('/').split('/').collect();
        let answer = match (method.as_str(), path.as_slice()) {
            ("POST", ["flags", "disable_all"]) => {
                let ids: Vec<String> = shelf.flags.keys().cloned().collect();
                ids.iter().for_each(|id| off(shelf, id));
                ResponseTemplate::new(204)
            }
            ("POST", ["flags", id, "kill"]) if shelf.flags.contains_key(*id) => {
                off(shelf, id);
                ResponseTemplate::new(200)
            }
            ("GET", ["flags", id]) => match shelf.flags.get(*id) {
                Some(flag) => ResponseTemplate::new(200)
                    .set_body_json(flag)
                    .insert_header("etag", tag(shelf, id).as_str()),
                None => ResponseTemplate::new(404),
            },
            ("PUT", ["flags", id]) if shelf.flags.contains_key(*id) => {
                if header("if-match").is_some_and(|wanted| wanted != tag(shelf, id)) {
                    return ResponseTemplate::new(412);
                }
                let body: Value = serde_json::from_slice(&request.body).expect("JSON is put");
                if !shelf.stuck.contains(*id) {
                    for (name, value) in body.as_object().expect("an object") {
                        shelf.flags.get_mut(*id).unwrap()[name] = value.clone();
                    }
                    *shelf.written.entry((*id).to_owned()).or_default() += 1;
                }
                ResponseTemplate::new(200)
            }
            _ => ResponseTemplate::new(404),
        };
        match shelf.lost.get(&method) {
            Some(status) => ResponseTemplate::new(*status),
            None => answer,
        }
    }
}

fn tag(shelf: &Shelf, id: &str) -> String {
    format!("\"v{}\"", shelf.written.get(id).copied().unwrap_or_default())
}

fn off(shelf: &mut Shelf, id: &str) {
    if let Some(flag) = shelf.flags.get_mut(id) {
        flag["enabled"] = json!(false);
        *shelf.written.entry(id.to_owned()).or_default() += 1;
    }
}
