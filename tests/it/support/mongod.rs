//! Real `mongod` processes on free ports of the loopback. Those that serve worlds are replica sets
//! of their own, a hundred databases each.
//!
//! The binary is `$MINHCHUNG_MONGOD`, or `target/mongod/mongod` as `.ci/mongod` fetches it. Each process ends with this
//! one, however that ends.

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use mongodb::bson::{Bson, Document, doc};
use mongodb::{Client, Database};
use tokio::sync::OnceCell;

/// Most databases of worlds on one server (100). Each has some ninety files, all of which the server keeps open, and it aborts
/// when it may open no more: 20,000 in a usual container.
const WORLDS_PER_SERVER: usize = 100;
/// The servers of a run, each started by the first who needs it: room for 1,600 worlds.
static SERVERS: [OnceCell<String>; 16] = [const { OnceCell::const_new() }; 16];
/// On which server a database lies: as many as there were before it.
static WORLDS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// How long a server may take to become writable.
const START: Duration = Duration::from_secs(60);
/// How long a set waits before it elects another primary, in milliseconds; 10,000 if nothing is said.
const ELECTION_MS: i32 = 2000;

/// Where the first server of the run answers.
pub async fn uri() -> String {
    SERVERS[0].get_or_init(start).await.clone()
}

/// Where the server of a world's database answers.
pub async fn uri_of(database: &str) -> String {
    let place = {
        let mut worlds = WORLDS.lock().expect("nobody panics with it");
        let next = worlds.len();
        *worlds.entry(database.to_owned()).or_insert(next)
    };
    let server = SERVERS.get(place / WORLDS_PER_SERVER).expect("room for one more world");
    server.get_or_init(start).await.clone()
}

async fn start() -> String {
    let folder = tempfile::Builder::new()
        .prefix("mongod")
        .tempdir()
        .expect("a folder")
        .keep();
    let server = Mongod::start(&folder, free_port(), true);
    let uri = format!("mongodb://127.0.0.1:{}/?replicaSet=rs0", server.port);
    initiate(&[server.port], &folder).await;
    // Ended by the system, which closes the watcher's input: nothing runs at the end of a test binary.
    std::mem::forget(server);
    uri
}

fn binary() -> PathBuf {
    let binary = std::env::var_os("MINHCHUNG_MONGOD").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/mongod/mongod"),
        PathBuf::from,
    );
    assert!(binary.exists(), "{} is missing: run .ci/mongod", binary.display());
    binary
}

pub fn free_port() -> u16 {
    free_ports(1)[0]
}

/// Ports that differ: each is held until all are found.
pub fn free_ports(count: usize) -> Vec<u16> {
    let bind = |_| TcpListener::bind("127.0.0.1:0").expect("a free port");
    let held: Vec<TcpListener> = (0..count).map(bind).collect();
    let port = |listener: &TcpListener| listener.local_addr().expect("an address").port();
    held.iter().map(port).collect()
}

/// A running server, killed (SIGKILL) when dropped.
pub struct Mongod {
    pub port: u16,
    folder: PathBuf,
    watcher: Child,
}

impl Mongod {
    /// Starts a server of the set `rs0` on a folder, which goes with it if so said.
    pub fn start(folder: &Path, port: u16, remove: bool) -> Self {
        Self::start_as(folder, port, remove, &["--replSet", "rs0"])
    }

    /// Starts a server with what makes it another one.
    pub fn start_as(folder: &Path, port: u16, remove: bool, settings: &[&str]) -> Self {
        // Checkpoints are rare, because the thousands of collections of a whole run make one take many seconds; the journal is
        // what is durable. The watcher waits for the end of its input: it closes with this process, even when that is killed.
        let script = r#"
            mongod=$1 folder=$2 port=$3 remove=$4
            shift 4
            "$mongod" --dbpath "$folder" --port "$port" --bind_ip 127.0.0.1 --nounixsocket "$@" \
                --wiredTigerCacheSizeGB 0.25 --oplogSize 64 --networkMessageCompressors disabled \
                --setParameter diagnosticDataCollectionEnabled=false --setParameter enableTestCommands=1 \
                --setParameter transactionLifetimeLimitSeconds=5 \
                --syncdelay 600 >>"$folder/log" 2>&1 </dev/null &
            child=$!
            echo $child >"$folder/pid"
            cat >/dev/null
            kill -KILL $child
            wait $child
            if [ "$remove" = true ]; then rm -rf "$folder"; fi
        "#;
        let watcher = Command::new("sh")
            .args(["-c", script, "mongod-watcher"])
            .arg(binary())
            .arg(folder)
            .args([port.to_string(), remove.to_string()])
            .args(settings)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        Self {
            port,
            folder: folder.to_owned(),
            watcher,
        }
    }

    /// Stops the server as it stands (SIGSTOP): its connections stay open, and nothing answers.
    ///
    /// The signal is sent before it has arrived: until the last thread stands still, one of them may answer.
    pub fn freeze(&self) {
        let id = self.signal("STOP");
        let threads = || {
            std::fs::read_dir(format!("/proc/{id}/task"))
                .expect("the server runs")
                .flatten()
        };
        let runs = |thread: DirEntry| {
            // A thread that has ended meanwhile answers no more either. The state follows the name, which may hold anything.
            let stat = std::fs::read_to_string(thread.path().join("stat"));
            stat.is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('T')))
        };
        let begun = Instant::now();
        while threads().any(runs) {
            assert!(begun.elapsed() < Duration::from_secs(30), "{id} does not stop");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Sends a signal; the process that it went to.
    fn signal(&self, name: &str) -> String {
        let id = std::fs::read_to_string(self.folder.join("pid")).expect("the server was started");
        let id = id.trim().to_owned();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status();
        assert!(sent.expect("kill").success(), "{name} to {id}");
        id
    }

    /// A connection to this server alone.
    pub async fn admin(&self) -> Database {
        admin(self.port).await
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // The watcher ends once the server has.
        let _ = self.watcher.wait();
    }
}

async fn admin(port: u16) -> Database {
    let direct = format!("mongodb://127.0.0.1:{port}/?directConnection=true&serverSelectionTimeoutMS=30000");
    Client::with_uri_str(direct).await.expect("a client").database("admin")
}

/// A set of one server that no other test speaks to, and the URI of it; the server first, so that it goes before its folder.
pub async fn server_of_its_own() -> (Mongod, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let server = Mongod::start(folder.path(), port, false);
    initiate(&[port], folder.path()).await;
    let uri = format!("mongodb://127.0.0.1:{port}/?replicaSet=rs0");
    (server, uri, folder)
}

/// Tells a server of one's own what to do with COMMITs from now on.
pub async fn on_commit(server: &Mongod, mode: impl Into<Bson>, what: Document) {
    let mut data = doc! { "failCommands": ["commitTransaction"] };
    data.extend(what);
    let order = doc! { "configureFailPoint": "failCommand", "mode": mode.into(), "data": data };
    server.admin().await.run_command(order).await.expect("the server obeys");
}

/// Makes one replica set of the servers; waits for its first primary.
pub async fn initiate(ports: &[u16], folder: &Path) {
    initiate_as("rs0", doc! {}, ports, folder).await;
}

/// Makes a set with a name and settings of its own.
pub async fn initiate_as(name: &str, more: Document, ports: &[u16], folder: &Path) {
    let admin = admin(ports[0]).await;
    let member = |(id, port): (usize, &u16)| doc! { "_id": id as i32, "host": format!("127.0.0.1:{port}") };
    let members: Vec<Document> = ports.iter().enumerate().map(member).collect();
    let settings = doc! { "electionTimeoutMillis": ELECTION_MS };
    let mut set = doc! { "_id": name, "members": members, "settings": settings };
    set.extend(more);
    let deadline = Instant::now() + START;
    // Answers "already initialized" when it is repeated.
    let mut answer = admin.run_command(doc! { "replSetInitiate": set.clone() }).await;
    loop {
        if let Ok(status) = admin.run_command(doc! { "replSetGetStatus": 1 }).await
            && let Ok(members) = status.get_array("members")
            && members
                .iter()
                .filter_map(|one| one.as_document())
                .any(|one| one.get_str("stateStr").is_ok_and(|state| state == "PRIMARY"))
            && (ports.len() > 1 || writable(&admin).await)
        {
            return;
        }
        let log = folder.display();
        assert!(Instant::now() < deadline, "no primary: {answer:?}; log in {log}");
        if answer.is_err() {
            answer = admin.run_command(doc! { "replSetInitiate": set.clone() }).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether the server is a primary that takes writes.
pub async fn writable(admin: &Database) -> bool {
    let hello = admin.run_command(doc! { "hello": 1 }).await;
    hello.is_ok_and(|answer| answer.get_bool("isWritablePrimary").unwrap_or(false))
}
