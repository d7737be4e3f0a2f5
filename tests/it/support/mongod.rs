//! One real `mongod` for the whole test run: a replica set of one on a free port of the loopback.
//!
//! The binary is `$MINHCHUNG_MONGOD`, or `target/mongod/mongod` as `.ci/mongod` fetches it. It ends with this process,
//! however that ends.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::doc;
use tokio::sync::OnceCell;

static URI: OnceCell<String> = OnceCell::const_new();

/// How long the server may take to become writable.
const START: Duration = Duration::from_secs(60);

/// Where the server answers; the first caller starts it.
pub async fn uri() -> String {
    URI.get_or_init(start).await.clone()
}

fn binary() -> PathBuf {
    std::env::var_os("MINHCHUNG_MONGOD").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/mongod/mongod"),
        PathBuf::from,
    )
}

#[expect(
    clippy::zombie_processes,
    reason = "the watcher outlives this process, to end the server after it"
)]
async fn start() -> String {
    let binary = binary();
    assert!(binary.exists(), "{} is missing: run .ci/mongod", binary.display());
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port();
    let folder = tempfile::Builder::new().prefix("mongod").tempdir().expect("a folder");
    // The watcher waits for the end of our standard input's other end: it closes with this process, even when killed.
    let script = r#"
        mongod=$1 folder=$2 port=$3
        "$mongod" --dbpath "$folder" --port "$port" --bind_ip 127.0.0.1 --nounixsocket --replSet rs0 \
            --wiredTigerCacheSizeGB 0.25 --oplogSize 64 --networkMessageCompressors disabled \
            --setParameter diagnosticDataCollectionEnabled=false >"$folder/log" 2>&1 </dev/null &
        child=$!
        cat >/dev/null
        kill -KILL $child
        wait $child
        rm -rf "$folder"
    "#;
    let mut watcher = Command::new("sh")
        .args(["-c", script, "mongod-watcher"])
        .arg(&binary)
        .arg(folder.path())
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    // Kept open, and closed by the system: nothing runs at the end of a test binary.
    std::mem::forget(watcher.stdin.take());
    let folder = folder.keep();
    initiate(port, &folder).await;
    format!("mongodb://127.0.0.1:{port}/?replicaSet=rs0")
}

async fn initiate(port: u16, folder: &std::path::Path) {
    let direct = format!("mongodb://127.0.0.1:{port}/?directConnection=true&serverSelectionTimeoutMS=30000");
    let admin = Client::with_uri_str(direct).await.expect("a client").database("admin");
    let members = doc! { "_id": "rs0", "members": [{ "_id": 0, "host": format!("127.0.0.1:{port}") }] };
    let deadline = Instant::now() + START;
    // Answers "already initialized" when it is repeated.
    let mut answer = admin.run_command(doc! { "replSetInitiate": members.clone() }).await;
    loop {
        if let Ok(hello) = admin.run_command(doc! { "hello": 1 }).await
            && hello.get_bool("isWritablePrimary").unwrap_or(false)
        {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "no primary: {answer:?}; log in {}",
            folder.display()
        );
        if answer.is_err() {
            answer = admin.run_command(doc! { "replSetInitiate": members.clone() }).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
