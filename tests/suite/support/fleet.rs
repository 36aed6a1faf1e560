//! A small service that shows its own metrics over HTTP. A pod of it can be stopped, restarted, renamed and given a
//! clock that is wrong.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener as Port};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What a pod shows.
#[derive(Clone, Debug)]
struct Page {
    name: String,
    ok: u64,
    bad: u64,
    slow: u64,
    begun: i64,
    /// How far the pod's clock is ahead, in seconds; none when it leaves time to whoever scrapes it.
    ahead: Option<i64>,
}

impl Page {
    fn new(begun: i64) -> Self {
        Self { name: "http_requests_total".to_owned(), ok: 0, bad: 0, slow: 0, begun, ahead: None }
    }

    /// Prometheus text. A class of answers that was never given has no series, as in most client libraries.
    fn text(&self) -> String {
        let now = jiff::Timestamp::now().as_millisecond();
        let stamp = self.ahead.map(|ahead| format!(" {}", now + ahead * 1000)).unwrap_or_default();
        let mut out = format!("process_start_time_seconds {}\n# TYPE {} counter\n", self.begun, self.name);
        for (code, count) in [("200", self.ok), ("500", self.bad)] {
            if count > 0 {
                writeln!(out, "{}{{code=\"{code}\"}} {count}{stamp}", self.name).expect("a string takes it");
            }
        }
        let all = self.ok + self.bad;
        out.push_str("# TYPE http_request_duration_seconds histogram\n");
        for (bound, count) in [("0.25", all - self.slow), ("1", all), ("+Inf", all)] {
            writeln!(out, "http_request_duration_seconds_bucket{{le=\"{bound}\"}} {count}{stamp}")
                .expect("a string takes it");
        }
        write!(out, "http_request_duration_seconds_sum {all}{stamp}\nhttp_request_duration_seconds_count {all}{stamp}\n")
            .expect("a string takes it");
        out
    }
}

/// One version of the service.
pub struct Pod {
    address: SocketAddr,
    page: Arc<Mutex<Page>>,
    serving: Option<JoinHandle<()>>,
    restarts: i64,
}

impl Pod {
    /// A pod that serves on a port of its own.
    pub async fn start() -> Self {
        let address = Port::bind("127.0.0.1:0").expect("port").local_addr().expect("address");
        let mut pod =
            Self { address, page: Arc::new(Mutex::new(Page::new(1000))), serving: None, restarts: 0 };
        pod.serve().await;
        pod
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where its page of metrics is.
    pub fn url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }

    /// It answers so many requests well, so many badly, and so many of all of them slowly.
    pub fn answers(&self, ok: u64, bad: u64, slow: u64) {
        let mut page = self.page.lock().expect("lock");
        page.ok += ok;
        page.bad += bad;
        page.slow += slow;
    }

    /// Its new version calls its counter otherwise.
    pub fn renames(&self, name: &str) {
        self.page.lock().expect("lock").name = name.to_owned();
    }

    /// It sets times itself, by a clock that is so far ahead.
    pub fn sets_time(&self, ahead: i64) {
        self.page.lock().expect("lock").ahead = Some(ahead);
    }

    /// It is gone: nobody listens.
    pub fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }

    /// It begins anew at the same address, with counters at zero.
    pub async fn restart(&mut self) {
        self.stop();
        self.restarts += 1;
        *self.page.lock().expect("lock") = Page::new(1000 + 60 * self.restarts);
        self.serve().await;
    }

    async fn serve(&mut self) {
        let page = Arc::clone(&self.page);
        // The port of a pod that was just stopped is free again as soon as its task has ended.
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.serving = Some(tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                // One read holds the whole request of a scrape; what it asks for is always the one page.
                let _ = stream.read(&mut request).await;
                let body = page.lock().map(|page| page.text()).unwrap_or_default();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(body.as_bytes()).await;
            }
        }));
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        self.stop();
    }
}
