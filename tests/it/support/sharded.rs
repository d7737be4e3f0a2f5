//! A sharded cluster of two real shards of one server each, and a server that keeps its settings. One serves the whole
//! test run.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use mongodb::bson::doc;
use tokio::sync::OnceCell;

use super::mongod::{Mongod, free_port, initiate_as};
use super::router::Router;

static CLUSTER: OnceCell<Sharded> = OnceCell::const_new();

pub struct Sharded {
    /// Two routers that know nothing of each other, as two machines would have them.
    pub routers: [Arc<Router>; 2],
    ports: [u16; 2],
    /// The server that keeps the settings, and the shards.
    servers: [Mongod; 3],
    _folder: tempfile::TempDir,
}

/// The cluster of the run; the first caller starts it. The system ends it, as it does the one server of the run.
pub async fn cluster() -> &'static Sharded {
    CLUSTER.get_or_init(Sharded::start).await
}

async fn server(folder: &Path, name: &str, role: &str) -> Mongod {
    let (folder, port) = (folder.join(name), free_port());
    std::fs::create_dir(&folder).expect("a folder");
    let server = Mongod::start_as(&folder, port, true, &[role, "--replSet", name]);
    let kind = match role {
        "--configsvr" => doc! { "configsvr": true },
        _ => doc! {},
    };
    initiate_as(name, kind, &[port], &folder).await;
    server
}

impl Sharded {
    /// A cluster of one's own.
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("sharded").tempdir().expect("a folder");
        let servers = [
            server(folder.path(), "settings", "--configsvr").await,
            server(folder.path(), "shard0", "--shardsvr").await,
            server(folder.path(), "shard1", "--shardsvr").await,
        ];
        let [settings, shards @ ..] = [servers[0].port, servers[1].port, servers[2].port];
        for (number, port) in shards.iter().enumerate() {
            let shard = format!("shard{number}/127.0.0.1:{port}");
            let order = doc! { "_configsvrAddShard": shard, "writeConcern": { "w": "majority" } };
            servers[0]
                .admin()
                .await
                .run_command(order)
                .await
                .expect("a shard is added");
        }
        let (one, other) = (
            Router::start(&shards, settings).await,
            Router::start(&shards, settings).await,
        );
        Self {
            routers: [one.0, other.0],
            ports: [one.1, other.1],
            servers,
            _folder: folder,
        }
    }

    /// Stops a shard's server as it stands.
    pub fn freeze(&self, shard: usize) {
        self.servers[1 + shard].freeze();
    }

    /// How programs connect to a database through one of the routers.
    pub fn uri(&self, router: usize, database: &str) -> String {
        format!("mongodb://127.0.0.1:{}/{database}?appName=tests", self.ports[router])
    }

    /// The streams of which each shard itself holds documents of a collection.
    pub async fn streams(&self, database: &str, collection: &str) -> Vec<BTreeSet<String>> {
        let mut found = Vec::new();
        for server in &self.servers[1..] {
            let collection = server
                .admin()
                .await
                .client()
                .database(database)
                .collection::<mongodb::bson::Document>(collection);
            let streams = collection.distinct("stream", doc! {}).await.expect("an answer");
            found.push(
                streams
                    .iter()
                    .filter_map(|one| one.as_str().map(str::to_owned))
                    .collect(),
            );
        }
        found
    }
}
