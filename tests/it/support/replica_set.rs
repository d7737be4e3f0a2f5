//! A replica set of three real servers that can be killed, frozen and started again.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use mongodb::Database;

use super::mongod::{Mongod, free_ports, initiate, writable};

const NODES: usize = 3;
/// How long a primary is waited for.
const ELECTION: Duration = Duration::from_secs(60);

pub struct ReplicaSet {
    nodes: Vec<Option<Mongod>>,
    ports: Vec<u16>,
    folder: tempfile::TempDir,
}

impl ReplicaSet {
    /// Three servers, one of them primary.
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("set").tempdir().expect("a folder");
        let ports = free_ports(NODES);
        let mut set = Self {
            nodes: (0..NODES).map(|_| None).collect(),
            ports,
            folder,
        };
        for node in 0..NODES {
            std::fs::create_dir(set.path(node)).expect("a folder");
            set.revive(node);
        }
        initiate(&set.ports, set.folder.path()).await;
        set
    }

    /// The folder of a server.
    pub fn path(&self, node: usize) -> PathBuf {
        self.folder.path().join(node.to_string())
    }

    /// How programs connect to a database of the set.
    pub fn uri(&self, database: &str) -> String {
        let hosts: Vec<String> = self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("mongodb://{}/{database}?replicaSet=rs0", hosts.join(","))
    }

    /// Which node takes writes now; waits for one.
    pub async fn primary(&self) -> usize {
        let deadline = Instant::now() + ELECTION;
        loop {
            for (node, server) in self.nodes.iter().enumerate() {
                let Some(server) = server else { continue };
                let admin = server.admin().await;
                // A frozen server does not answer.
                let answer = tokio::time::timeout(
                    Duration::from_secs(1),
                    tokio::spawn(async move { writable(&admin).await }),
                );
                if matches!(answer.await, Ok(Ok(true))) {
                    return node;
                }
            }
            assert!(
                Instant::now() < deadline,
                "no primary; logs in {}",
                self.folder.path().display()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A connection to one server alone.
    pub async fn admin(&self, node: usize) -> Database {
        self.nodes[node].as_ref().expect("it runs").admin().await
    }

    /// Kills a server (SIGKILL).
    pub fn kill(&mut self, node: usize) {
        self.nodes[node] = None;
    }

    /// Starts a server that was killed.
    pub fn revive(&mut self, node: usize) {
        self.nodes[node] = Some(Mongod::start(&self.path(node), self.ports[node], false));
    }

    /// Stops a server as it stands (SIGSTOP): its connections stay open, and nothing answers.
    pub fn freeze(&self, node: usize) {
        self.nodes[node].as_ref().expect("it runs").freeze();
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self, node: usize) {
        self.nodes[node].as_ref().expect("it runs").thaw();
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }
}
