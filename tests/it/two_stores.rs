//! The same commands at the same moments with the same randomness leave the same journals in both stores, to the hash.

use minhchung::store::{Head, Store, StreamId};
use serde_json::json;

use crate::journey::{accept, in_appraisal, publish_unverified};
use crate::support::stores::{self, Kind};
use crate::world::World;

/// A round from its units to its publication.
pub async fn published() -> World {
    let world = in_appraisal().await;
    let claim = r#"mutation { claim(input: {round: "T-2019", first: 1}) { assessments { id } } }"#;
    world.send("snv.appraiser", claim, json!({})).await.ok();
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    publish_unverified(&world).await;
    world.verified().await;
    world
}

/// The newest entry of every stream, which stands for all before it.
pub async fn heads(store: &dyn Store) -> Vec<(StreamId, Head)> {
    let mut found: Vec<(StreamId, Head)> = Vec::new();
    loop {
        let last = found.last().map(|(stream, _)| stream.clone());
        let page = store.heads(last.as_ref(), 100).await.unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn the_same_commands_leave_the_same_chains() {
    let embedded = stores::on(Kind::Sqlite, published()).await;
    let cluster = stores::on(Kind::Mongodb, published()).await;
    let (one, other) = (heads(&*embedded.app.store).await, heads(&*cluster.app.store).await);
    assert!(one.len() > 15, "{}", one.len());
    assert_eq!(one, other);
}
