//! A watch on a real API server, and what is seen when that server goes away and comes back.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;
use tminus::world::cluster::{Change, Kind, Objects};

use crate::clusters::{admin, runtime};
use crate::testbed::{PATIENCE, Part, Testbed};

/// What somebody who follows knows.
#[derive(Default)]
struct Picture {
    names: BTreeSet<String>,
    lists: usize,
    lost: usize,
    /// Whether what is known may be old.
    old: bool,
}

impl Picture {
    fn take(&mut self, change: Change<Value>) {
        let name = |value: &Value| value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        match change {
            Change::Listed(all) => {
                self.names = all.iter().map(name).collect();
                self.lists += 1;
                self.old = false;
            }
            Change::Applied(one) => drop(self.names.insert(name(&one))),
            Change::Deleted(one) => drop(self.names.remove(&name(&one))),
            Change::Fresh => {}
            Change::Lost(_) => {
                self.lost += 1;
                self.old = true;
            }
            Change::Back => self.old = false,
        }
    }
}

/// Runs it outside the runtime, for it starts one of its own.
fn apart(work: impl FnOnce() + Send) {
    std::thread::scope(|scope| scope.spawn(work).join()).expect("it does not panic");
}

#[test]
fn a_watch_outlives_a_restart_of_the_api_server() {
    let Some(bed) = Testbed::own(&[Part::Kubernetes]) else { return };
    let make =
        |name: &str| bed.kubectl(&["create", "service", "clusterip", name, "--tcp=80", "-n", "default"]);
    let names = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
    make("one");
    runtime().block_on(async {
        let mut stream = admin(&bed).watch::<Value>(Objects::of(Kind::SERVICE, "default"));
        let mut seen = Picture::default();
        let until = tokio::time::Instant::now() + PATIENCE;
        let mut wait = async |seen: &mut Picture, done: &dyn Fn(&Picture) -> bool| {
            while !done(seen) {
                let change = tokio::time::timeout_at(until, stream.next()).await.expect("news in time");
                seen.take(change.expect("it never ends"));
            }
        };
        wait(&mut seen, &|seen| seen.lists == 1).await;
        assert_eq!(seen.names, names(&["kubernetes", "one"]));
        make("two");
        bed.kubectl(&["delete", "service", "one", "-n", "default"]);
        wait(&mut seen, &|seen| seen.names == names(&["kubernetes", "two"])).await;
        assert_eq!((seen.lists, seen.lost), (1, 0), "no list was needed for that");
        // The version the watch is at is not in the memory of the server that comes back: it says 410.
        bed.kubectl(&["create", "configmap", "unrelated", "-n", "default"]);
        apart(|| bed.tell("kube-apiserver", "stop"));
        wait(&mut seen, &|seen| seen.old).await;
        apart(|| bed.tell("kube-apiserver", "start"));
        make("three");
        wait(&mut seen, &|seen| !seen.old && seen.names == names(&["kubernetes", "two", "three"])).await;
        assert_eq!(seen.lists, 2, "it began anew");
        bed.kubectl(&["delete", "service", "two", "-n", "default"]);
        wait(&mut seen, &|seen| seen.names == names(&["kubernetes", "three"])).await;
        // Of a watch that nobody follows nothing is left to wait for.
        tokio::time::timeout(Duration::from_secs(1), async { drop(stream) }).await.expect("at once");
    });
}
