//! The servers under measurement, each a process of its own: the real program, and a handler that returns ready-made bytes.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::header;
use axum::routing::any;
use bytes::Bytes;

use crate::{Problem, measure};

/// The argument that makes this program the ready-made server.
pub const READY_MADE: &str = "ready-made";
/// How long a server may take to listen: many times what a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server; killed when dropped.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Program {
    /// `minhchung serve` on a data folder, as it is shipped: it logs every request, to a file here.
    pub fn serve(data: &Path, more: &[&str]) -> Result<Self, Problem> {
        let log = data.join("server.log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_minhchung"));
        command.args(["--listen", "127.0.0.1:0"]).arg("--data").arg(data);
        command.args(more).arg("serve");
        command.stdin(Stdio::null()).stderr(std::fs::File::create(&log)?);
        Self::start(command, || listening(&log))
    }

    /// A handler that answers every request with the bytes of a file.
    pub fn ready_made(file: &Path) -> Result<Self, Problem> {
        let note = file.with_extension("address");
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(READY_MADE).arg(file).stdin(Stdio::null());
        Self::start(command, || std::fs::read_to_string(&note).ok()?.parse().ok())
    }

    fn start(mut command: Command, address: impl Fn() -> Option<SocketAddr>) -> Result<Self, Problem> {
        let mut child = command.spawn()?;
        let started = Instant::now();
        loop {
            if let Some(address) = address() {
                return Ok(Self { child, address });
            }
            if let Some(status) = child.try_wait()? {
                return Err(format!("the server ended with {status}").into());
            }
            if started.elapsed() > PATIENCE {
                child.kill()?;
                return Err("the server does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Processor time so far.
    pub fn time(&self) -> Result<Duration, Problem> {
        measure::process_time(self.process())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has nothing to lose: its folder is thrown away.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the log line that says so.
fn listening(log: &Path) -> Option<SocketAddr> {
    let text = std::fs::read_to_string(log).ok()?;
    let line = text.lines().find(|line| line.contains("\"serving\""))?;
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    event["fields"]["listen"].as_str()?.parse().ok()
}

/// Serves the bytes of a file to everybody, and writes the address beside it.
pub async fn serve_ready_made(file: &str) -> Result<(), Problem> {
    let bytes = Bytes::from(std::fs::read(file)?);
    let answer = move || {
        let bytes = bytes.clone();
        async move { ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], bytes) }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let note = Path::new(file).with_extension("address");
    let draft = note.with_extension("draft");
    std::fs::write(&draft, listener.local_addr()?.to_string())?;
    std::fs::rename(draft, note)?;
    Ok(axum::serve(listener, Router::new().route("/graphql", any(answer))).await?)
}

/// A token of an account, printed by the program itself.
pub fn token(data: &Path, login: &str) -> Result<String, Problem> {
    let printed = Command::new(env!("CARGO_BIN_EXE_minhchung"))
        .arg("--data")
        .arg(data)
        .args(["token", "--user", login])
        .output()?;
    if !printed.status.success() {
        return Err(String::from_utf8_lossy(&printed.stderr).into());
    }
    Ok(String::from_utf8(printed.stdout)?.trim().to_owned())
}
