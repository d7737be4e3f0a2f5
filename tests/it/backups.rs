//! A backup of a running replica set as the README says it, restored on another server, and what shows that nothing is
//! missing.

use std::path::Path;
use std::time::{Duration, Instant};

use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::cluster::said;
use crate::journey::report;
use crate::program::program_on;
use crate::support::mongod::{Mongod, free_port, writable};
use crate::support::replica_set::ReplicaSet;
use crate::support::stores;
use crate::world::World;

/// How long a restored server may take until it is a primary.
const START: Duration = Duration::from_secs(60);

/// What lies in a folder, but what says that somebody works there.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else if entry.file_name() != "mongod.lock" {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Adds evidence; the receipt as the API answers it.
async fn add(world: &World, title: &str) -> Value {
    let mut input = report("ALPHA", "1.1");
    input["i"]["title"] = json!(title);
    let document = "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { receipt { stream entry hash } } }";
    world.send("alpha.officer", document, input).await.ok()["addEvidence"]["receipt"].clone()
}

/// A set of one, made of a copy of another set's server.
async fn restore(folder: &Path) -> (Mongod, String) {
    let port = free_port();
    let server = Mongod::start(folder, port, false);
    let admin = server.admin().await;
    let begun = Instant::now();
    // It finds the set that it was of, and itself not in it.
    let known = loop {
        match admin.run_command(doc! { "replSetGetConfig": 1 }).await {
            Ok(answer) => break answer.get_document("config").unwrap().clone(),
            Err(error) => assert!(begun.elapsed() < START, "{error}"),
        }
    };
    let alone: [Document; 1] = [doc! { "_id": 0, "host": format!("127.0.0.1:{port}") }];
    let mut set = known.clone();
    set.insert("members", alone.to_vec());
    set.insert("version", known.get_i32("version").unwrap() + 1);
    admin
        .run_command(doc! { "replSetReconfig": set, "force": true })
        .await
        .unwrap();
    while !writable(&admin).await {
        assert!(begun.elapsed() < START, "no primary; log in {}", folder.display());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    (server, format!("mongodb://127.0.0.1:{port}/?replicaSet=rs0"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_backup_of_a_running_set_is_restored_whole_and_receipts_show_what_came_after_it() {
    let set = ReplicaSet::start().await;
    let (world, store) = stores::at(set.uri(""), async {
        let world = World::with_round().await;
        let store = stores::url(world.folder.path()).await;
        (world, store)
    })
    .await;
    let before = add(&world, "before").await;
    let kept = tempfile::tempdir().unwrap();
    let (database, data) = (kept.path().join("db"), kept.path().join("data"));

    let second = (set.primary().await + 1) % set.len();
    let admin = set.admin(second).await;
    caught_up(&set, second).await;
    admin.run_command(doc! { "fsync": 1, "lock": true }).await.unwrap();
    // Nobody waits for it: the two others are a majority.
    let (during, ()) = tokio::join!(add(&world, "during"), async { copy(&set.path(second), &database) });
    admin.run_command(doc! { "fsyncUnlock": 1 }).await.unwrap();
    copy(world.folder.path(), &data);
    let after = add(&world, "after").await;

    let (_restored, uri) = restore(&database).await;
    let name = stores::database(world.folder.path());
    let restored = uri.replace("/?", &format!("/{name}?"));
    let verify = |store: &str, receipts: &[&Value]| {
        let file = kept.path().join("receipts");
        let lines: Vec<String> = receipts.iter().map(ToString::to_string).collect();
        std::fs::write(&file, lines.join("\n")).unwrap();
        let output = program_on(&data, store)
            .arg("verify")
            .arg("--receipts")
            .arg(&file)
            .output()
            .unwrap();
        (output.status.success(), said(&output))
    };
    let (whole, text) = verify(&restored, &[&before]);
    assert!(
        whole && text.contains("everything holds") && text.contains("1 receipts"),
        "{text}"
    );
    for late in [&during, &after] {
        let (whole, text) = verify(&restored, &[&before, late]);
        let missing = format!(
            "entry {}, which a receipt names, is not there",
            late["entry"].as_str().unwrap()
        );
        assert!(!whole && text.contains(&missing), "{text}");
    }
    let mut forged = before.clone();
    forged["hash"] = json!("0".repeat(64));
    let (whole, text) = verify(&restored, &[&forged]);
    assert!(!whole && text.contains("another than the receipt names"), "{text}");
    let (whole, text) = verify(&store, &[&before, &during, &after]);
    assert!(whole && text.contains("3 receipts"), "{text}");
}

/// Waits until a server has what its primary has.
async fn caught_up(set: &ReplicaSet, node: usize) {
    let begun = Instant::now();
    loop {
        let primary = set.admin(set.primary().await).await;
        let newest = async |admin: &mongodb::Database| {
            let status = admin.run_command(doc! { "replSetGetStatus": 1 }).await.unwrap();
            let times = status.get_document("optimes").unwrap().clone();
            times
                .get_document("appliedOpTime")
                .unwrap()
                .get_timestamp("ts")
                .unwrap()
        };
        if newest(&set.admin(node).await).await >= newest(&primary).await {
            return;
        }
        assert!(begun.elapsed() < START, "it does not follow");
    }
}
