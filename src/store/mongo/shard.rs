//! A sharded cluster: how it is set up, and what a router (`mongos`) asks for that a replica set does not.
//!
//! Every collection of streams is distributed by the hash of `stream`. A stream is the unit of consistency, so that all
//! of it lies on one shard and a commit touches one. The only unique index is `_id`, which a shard holds unique for itself
//! alone; that is enough, because `_id` begins with the stream: the same `_id` is always on the same shard.

use mongodb::Database;
use mongodb::bson::{Document, doc};

use super::read::Reader;
use super::{JOURNAL, MongoStore, collection_name, unavailable};
use crate::store::{Collection, StoreError};

/// Whether a router answers, and not a server of a replica set.
pub async fn is_router(database: &Database) -> Result<bool, StoreError> {
    let answer = database.run_command(doc! { "hello": 1 }).await.map_err(unavailable)?;
    Ok(answer.get_str("msg").is_ok_and(|text| text == "isdbgrid"))
}

/// Has every shard answer, a page from each put in order.
///
/// A router takes the moment of a snapshot from the latest time that it has heard of, which what another router has
/// acknowledged may lie behind: a revoked grant, say. Whoever has heard of every shard's time after that gets a moment in
/// which it shows, because each request carries the latest time that its sender knows.
pub async fn meet_every_shard(database: &Database) -> Result<(), StoreError> {
    Reader::of(database).entry_keys("", 1).await.map(drop)
}

impl MongoStore {
    /// Distributes every collection of streams over the shards of the cluster. What is distributed already stays so.
    ///
    /// # Errors
    /// When this is no sharded cluster, the account lacks the right, or a collection is distributed by something else.
    pub async fn shard(&self, collections: &'static [&'static Collection]) -> Result<usize, StoreError> {
        if !self.routed {
            return Err(StoreError::Unavailable(
                "this is no sharded cluster: name its routers (mongos) in the store's URL".into(),
            ));
        }
        let admin = self.database.client().database("admin");
        let order = |command: Document| {
            let admin = &admin;
            async move { admin.run_command(command).await.map_err(unavailable) }
        };
        order(doc! { "enableSharding": self.database.name() }).await?;
        let names = collections.iter().map(|collection| collection_name(collection.name));
        let names: Vec<String> = std::iter::once(JOURNAL.to_owned()).chain(names).collect();
        for name in &names {
            // A collection with documents in it is only distributed by an index that it has.
            let index = doc! { "key": { "stream": "hashed" }, "name": "stream_hashed" };
            let indexes = doc! { "createIndexes": name, "indexes": [index] };
            self.database.run_command(indexes).await.map_err(unavailable)?;
            let place = format!("{}.{name}", self.database.name());
            order(doc! { "shardCollection": place, "key": { "stream": "hashed" } }).await?;
        }
        Ok(names.len())
    }
}
