//! A commit whose answer is lost, by a real server that is told to lose it: applied or not, the client learns what became
//! of it, or that nobody knows, and sending again with the same key is safe. And a place in the feed that the server no longer knows.

use std::collections::BTreeMap;
use std::time::Duration;

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::journey::{ADD, report};
use crate::support::mongod::{Mongod, on_commit, server_of_its_own};
use crate::support::stores;
use crate::world::World;

/// More than a commit is repeated, by the driver and by the store: the gate has to find out.
const MORE_THAN_ALL_TRIES: i32 = 12;

/// A server of one's own, and a round on it.
async fn on_a_server() -> (Mongod, World, tempfile::TempDir) {
    let (server, uri, folder) = server_of_its_own().await;
    let world = stores::at(uri, World::with_round()).await;
    (server, world, folder)
}

fn addition(key: &str) -> Value {
    let mut input = report("ALPHA", "1.1");
    input["i"]["idempotencyKey"] = json!(key);
    input
}

/// The COMMIT is not even read.
fn lost_before() -> Document {
    doc! { "closeConnection": true }
}

/// The COMMIT is done, and its answer says that a majority may not have it.
fn lost_after() -> Document {
    let labels = ["RetryableWriteError"];
    doc! { "writeConcernError": { "code": 91, "errmsg": "shutting down" }, "errorLabels": labels }
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_lost_answer_is_found_out_before_the_client_is_answered() {
    let (server, world, _folder) = on_a_server().await;
    let mut entries = world.entries("ALPHA").await;
    for (key, times, what) in [
        ("once before", 1, lost_before()),
        ("often before", MORE_THAN_ALL_TRIES, lost_before()),
        ("once after", 1, lost_after()),
        ("often after", MORE_THAN_ALL_TRIES, lost_after()),
    ] {
        on_commit(&server, doc! { "times": times }, what).await;
        let first = world.send("alpha.officer", ADD, addition(key)).await.ok();
        on_commit(&server, "off", doc! {}).await;
        entries += 1;
        assert_eq!(world.entries("ALPHA").await, entries, "{key}: one entry");
        let again = world.send("alpha.officer", ADD, addition(key)).await.ok();
        assert_eq!((&again, world.entries("ALPHA").await), (&first, entries), "{key}");
    }
    world.verified().await;
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn what_nobody_can_find_out_is_told_and_safe_to_send_again() {
    let (server, world, _folder) = on_a_server().await;
    let entries = world.entries("ALPHA").await;
    on_commit(&server, "alwaysOn", lost_before()).await;
    let input = json!({"query": ADD, "variables": addition("once")});
    let request = world.server.post("alpha.officer").json(&input);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    on_commit(&server, "off", doc! {}).await;
    let told = &answer["errors"][0]["extensions"];
    let unknown = (&json!("UNAVAILABLE"), &json!("UNKNOWN"));
    assert_eq!((&told["code"], &told["outcome"]), unknown, "{answer}");
    assert_eq!(world.entries("ALPHA").await, entries);
    let first = world.send("alpha.officer", ADD, addition("once")).await.ok();
    let again = world.send("alpha.officer", ADD, addition("once")).await.ok();
    assert_eq!((again, world.entries("ALPHA").await), (first, entries + 1));
    world.verified().await;
}

/// A place in the feed that the server has forgotten: the reader gets everything from the beginning, late but whole.
#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_lost_place_in_the_feed_starts_again_at_the_beginning() {
    let (server, world, _folder) = on_a_server().await;
    let store = &world.app.store;
    let (mut position, mut heads) = (None, BTreeMap::new());
    loop {
        let page = store
            .tail(position.as_ref(), 500, Duration::from_secs(2))
            .await
            .unwrap();
        let Some((last, ..)) = page.last() else { break };
        position = Some(last.clone());
        heads.extend(page.into_iter().map(|(_, stream, number)| (stream, number)));
    }
    // ChangeStreamHistoryLost, once.
    let lost = doc! { "failCommands": ["aggregate"], "errorCode": 286 };
    let order = doc! { "configureFailPoint": "failCommand", "mode": { "times": 1 }, "data": lost };
    server.admin().await.run_command(order).await.unwrap();
    let mut again = BTreeMap::new();
    while again != heads {
        let page = store
            .tail(position.as_ref(), 500, Duration::from_secs(2))
            .await
            .unwrap();
        let (last, ..) = page.last().expect("everything comes again");
        position = Some(last.clone());
        again.extend(page.into_iter().map(|(_, stream, number)| (stream, number)));
    }
    assert!(heads.len() > 5, "{heads:?}");
}
