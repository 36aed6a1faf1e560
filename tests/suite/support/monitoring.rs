//! A real Prometheus of a test's own.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use super::fleet::Pod;

/// A real Prometheus that scrapes each second, ended with the test.
pub struct Monitoring {
    child: Child,
    /// Its address.
    pub address: String,
    _folder: tempfile::TempDir,
}

impl Monitoring {
    /// Starts one that scrapes itself as the job `itself`; none when there is no Prometheus here.
    pub fn of_itself() -> Option<Self> {
        let port = free();
        Self::start(
            port,
            &format!("  - job_name: itself\n    static_configs:\n      - targets: ['127.0.0.1:{port}']\n"),
        )
    }

    /// Starts one that gives each pod's series the label `track`; none when there is no Prometheus here.
    pub fn of(pods: &[(&str, &Pod)]) -> Option<Self> {
        let mut jobs = "  - job_name: pods\n    static_configs:\n".to_owned();
        for (track, pod) in pods {
            writeln!(jobs, "      - targets: ['{}']\n        labels: {{track: {track}}}", pod.address())
                .expect("a string takes it");
        }
        Self::start(free(), &jobs)
    }

    /// It is gone.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn start(port: u16, jobs: &str) -> Option<Self> {
        let Some(binary) = crate::tools::prometheus() else {
            crate::tools::skip_for_want_of("prometheus");
            return None;
        };
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("prometheus.yml");
        let global = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n";
        std::fs::write(&file, format!("{global}scrape_configs:\n{jobs}")).expect("config");
        let child = Command::new(binary)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("start");
        Some(Self { child, address: format!("http://127.0.0.1:{port}"), _folder: folder })
    }
}

impl Drop for Monitoring {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("port").local_addr().expect("address").port()
}
