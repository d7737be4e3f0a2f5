//! `shard`: the collections of a sharded cluster, distributed over its shards.

use std::process::ExitCode;

use super::Problem;
use crate::app::documents::COLLECTIONS;
use crate::config::{Config, StoreSetting};
use crate::store::mongo::MongoStore;

/// Distributes every collection by the hash of its stream; says how many there are.
pub async fn run(config: &Config) -> Result<ExitCode, Problem> {
    let StoreSetting::Cluster(url) = &config.store else {
        return Err("the embedded store has no shards; name a sharded cluster with --store".into());
    };
    let store = MongoStore::open(url.reveal(), None, COLLECTIONS).await?;
    let count = store.shard(COLLECTIONS).await?;
    println!("{count} collections are distributed by the hash of their stream");
    Ok(ExitCode::SUCCESS)
}
