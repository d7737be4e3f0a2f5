//! On a sharded cluster of two real shards (`support/router.rs` says what stands for the `mongos`): the same store, all
//! of a stream on one shard, and every question to the shards that have to answer it and no other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use minhchung::app::documents::COLLECTIONS;
use minhchung::store::conformance::{self, item, next_change};
use minhchung::store::mongo::MongoStore;
use minhchung::store::{Read as _, Store, StreamId};

use crate::cluster::said;
use crate::program::{program, program_on};
use crate::support::sharded::{Sharded, cluster};
use crate::support::stores::{self, Kind};
use crate::two_stores::{heads, published};

mod suite {
    use super::*;

    async fn open(case: &str) -> (Arc<dyn Store>, ()) {
        let uri = cluster().await.uri(0, case);
        let store = MongoStore::open(&uri, None, conformance::COLLECTIONS)
            .await
            .expect("opens");
        store.shard(conformance::COLLECTIONS).await.expect("is distributed");
        (Arc::new(store), ())
    }

    // The routing inside a mongod has no change streams.
    minhchung::store_conformance!(
        without_feed: #[ignore = "needs a mongod: .ci/mongod"]
        open
    );
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_round_is_published_on_two_shards_each_stream_on_one() {
    let world = stores::on(Kind::Sharded, published()).await;
    let database = stores::database(world.folder.path());
    let cluster = cluster().await;
    // A commit that touched a second shard would have been refused.
    let commits = cluster.routers[0].commits(&database);
    assert!(commits.iter().all(|count| *count > 10), "{commits:?}");
    for collection in ["journal_entry", "doc_assessment", "doc_dossier"] {
        let held = cluster.streams(&database, collection).await;
        assert!(held.iter().all(|streams| !streams.is_empty()), "{collection}: {held:?}");
        assert!(held[0].is_disjoint(&held[1]), "{collection}: {held:?}");
    }
    let embedded = stores::on(Kind::Sqlite, published()).await;
    assert_eq!(heads(&*world.app.store).await, heads(&*embedded.app.store).await);
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn what_one_router_acknowledged_shows_in_a_moment_taken_through_another() {
    let cluster = cluster().await;
    let open = async |router: usize| {
        let uri = cluster.uri(router, "two_routers");
        MongoStore::open(&uri, None, conformance::COLLECTIONS).await.unwrap()
    };
    let (one, other) = (open(0).await, open(1).await);
    one.shard(conformance::COLLECTIONS).await.unwrap();
    // The other hears of that, and of nothing more unless it asks.
    other.head(&StreamId::new("test", "asked")).await.unwrap();
    // Streams of both shards: what is written lies on either, what the moment is taken for too.
    for number in 0..40 {
        let written = StreamId::new("test", &format!("written {number}"));
        let put = item("a", "1", &[]);
        one.commit(next_change(&written, None, vec![put])).await.unwrap();
        let asked = StreamId::new("test", &format!("asked {number}"));
        let moment = other.snapshot(std::slice::from_ref(&asked)).await.unwrap();
        let head = moment.head(&written).await.unwrap();
        assert_eq!(head.map(|head| head.number), Some(1), "{written}");
    }
    let commits = cluster.routers[0].commits("two_routers");
    assert!(commits.iter().all(|count| *count > 10), "{commits:?}");
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_router_is_not_ready_while_a_shard_does_not_answer() {
    let cluster = Sharded::start().await;
    let uri = cluster.uri(0, "ready");
    let store = MongoStore::open(&uri, None, conformance::COLLECTIONS).await.unwrap();
    store.shard(conformance::COLLECTIONS).await.unwrap();
    store.ready().await.unwrap();
    cluster.freeze(1);
    let begun = Instant::now();
    assert!(store.ready().await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn one_command_distributes_what_is_there_and_changes_nothing_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let database = stores::database(data);
    let store = cluster().await.uri(0, &database);
    let run = |store: &str, command: &str| program_on(data, store).arg(command).output().unwrap();
    let printed = |store: &str, command: &str| {
        let output = run(store, command);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    printed(&store, "seed");
    let distributed = format!("{} collections are distributed", COLLECTIONS.len() + 1);
    assert!(printed(&store, "shard").contains(&distributed));
    assert!(printed(&store, "shard").contains(&distributed));
    printed(&store, "seed");
    assert!(printed(&store, "verify").contains("everything holds"));
    let set = stores::on(Kind::Mongodb, stores::url(data)).await;
    let refused = run(&set, "shard");
    assert!(
        !refused.status.success() && said(&refused).contains("no sharded cluster"),
        "{}",
        said(&refused)
    );
    let embedded = program(data).arg("shard").output().unwrap();
    assert!(
        !embedded.status.success() && said(&embedded).contains("has no shards"),
        "{}",
        said(&embedded)
    );
}
