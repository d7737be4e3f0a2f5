//! The program on MongoDB: every command, two processes at once, and nothing that a connection string holds in any text.

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::{OPEN, Server, program, program_on};
use crate::support::mongod::{self, Mongod, free_port, initiate};
use crate::support::stores;

/// Nobody shall ever read this.
const PASSWORD: &str = "s3cr3t";
/// How soon a server says that its store is gone: it asks for three seconds.
const TOLD: Duration = Duration::from_secs(15);

/// What a command printed, both ways; it succeeded.
#[track_caller]
fn printed(output: Output) -> String {
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    text
}

/// What a command said, both ways.
pub fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes))
        .concat()
}

/// Status of `/readyz`.
async fn ready(server: &Server) -> u16 {
    let answer = server.client.get(format!("{}/readyz", server.address)).send().await;
    answer.unwrap().status().as_u16()
}

async fn until_ready_is(server: &Server, status: u16) {
    let begun = Instant::now();
    while ready(server).await != status {
        assert!(begun.elapsed() < TOLD, "not {status} within {TOLD:?}");
    }
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn every_command_works_on_a_cluster_and_processes_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = stores::on(stores::Kind::Mongodb, stores::url(data)).await;
    let run = |arguments: &[&str]| program_on(data, &store).args(arguments).output().unwrap();
    let seeded = printed(run(&["seed"]));
    assert!(seeded.contains("are in mongodb://[secret]"), "{seeded}");
    printed(run(&["seed"]));
    let manager = printed(run(&["token", "--user", "snv.manager"]));
    let nobody = run(&["token", "--user", "nobody"]);
    assert!(!nobody.status.success() && said(&nobody).contains("no active account"));

    // Two processes in one folder, on one store; a third that wants the folder for itself does not get it.
    let (one, other) = (
        Server::start_on(data, &store).await,
        Server::start_on(data, &store).await,
    );
    let embedded = program(data).arg("seed").output().unwrap();
    assert!(
        said(&embedded).contains("another minhchung works in"),
        "{}",
        said(&embedded)
    );
    assert!(!data.join("store.db").exists());
    let opened = one.send(manager.trim(), OPEN, json!({})).await;
    assert_eq!(opened["data"]["openRound"]["round"]["phase"], "OPENING", "{opened}");
    let mut phase = Value::Null;
    while phase != "SELF_ASSESSMENT" {
        phase = other.send("", r#"{ round(code: "R") { phase } }"#, json!({})).await["data"]["round"]["phase"].clone();
        assert!(phase == "OPENING" || phase == "SELF_ASSESSMENT", "{phase}");
    }
    assert!(printed(run(&["verify"])).contains("everything holds"));
    drop((one, other));
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_demonstration_is_made_in_an_empty_database_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let store = stores::on(stores::Kind::Mongodb, stores::url(data)).await;
    let used = tempfile::tempdir().unwrap();
    let fill =
        |data: &std::path::Path, store: &str| program_on(data, store).args(["demo", "--fill-only"]).output().unwrap();
    assert!(printed(fill(data, &store)).contains("http://127.0.0.1"));
    assert!(printed(program_on(data, &store).arg("verify").output().unwrap()).contains("everything holds"));
    // Filled already; another folder's; another store's.
    printed(fill(data, &store));
    let refused = fill(used.path(), &store);
    assert!(
        !refused.status.success() && said(&refused).contains("only made in an empty one"),
        "{}",
        said(&refused)
    );
    let elsewhere = stores::on(stores::Kind::Mongodb, stores::url(used.path())).await;
    let refused = fill(data, &elsewhere);
    assert!(
        !refused.status.success() && said(&refused).contains("lies in another store"),
        "{}",
        said(&refused)
    );
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn what_a_connection_string_holds_is_in_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let server = mongod::uri().await;
    let host = server.trim_start_matches("mongodb://").split('/').next().unwrap();
    let urls = [
        // The server knows no such user.
        format!("mongodb://minhchung:{PASSWORD}@{host}/?replicaSet=rs0"),
        // Nobody is there.
        format!(
            "mongodb://minhchung:{PASSWORD}@127.0.0.1:{}/?serverSelectionTimeoutMS=100",
            free_port()
        ),
        // Nothing that the driver reads.
        format!("mongodb://minhchung:{PASSWORD}@/"),
        format!("mongodb://minhchung:{PASSWORD}%zz@{host}/"),
        format!("mongodb://minhchung:x:{PASSWORD}@{host}/"),
        format!("mongodb://minhchung:x@{PASSWORD}@{host}/"),
        format!("mongodb://minhchung:x@{host}/?tls={PASSWORD}"),
        format!("mongodb://minhchung:x@{host}/?{PASSWORD}"),
        format!("mongodb://minhchung:x@{host}/?authMechanism={PASSWORD}"),
        // No setting at all.
        format!("mongodb+srv://minhchung:{PASSWORD}@{host}/"),
        format!("postgres://minhchung:{PASSWORD}@{host}/"),
        format!("minhchung:{PASSWORD}"),
    ];
    for url in &urls {
        for arguments in [["verify", "--log=debug"], ["serve", "--log=minhchung=trace"]] {
            let begun = Instant::now();
            let output = program_on(folder.path(), url).args(arguments).output().unwrap();
            let text = said(&output);
            assert!(!output.status.success() && !text.is_empty(), "{url}");
            assert!(!text.contains(PASSWORD), "{text}");
            assert!(begun.elapsed() < Duration::from_secs(60), "{url}");
        }
    }
    let help = program_on(folder.path(), &urls[0]).arg("--help").output().unwrap();
    assert!(printed(help).contains("MINHCHUNG_STORE"));
    let help = program_on(folder.path(), &urls[0]).arg("--help").output().unwrap();
    assert!(!said(&help).contains(PASSWORD));
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn readiness_says_when_the_store_is_gone_and_when_it_is_back() {
    let (folder, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let port = free_port();
    let database = Mongod::start(place.path(), port, false);
    initiate(&[port], place.path()).await;
    let server = Server::start_on(
        folder.path(),
        &format!("mongodb://127.0.0.1:{port}/ready?replicaSet=rs0"),
    )
    .await;
    assert_eq!(ready(&server).await, 200);
    database.freeze();
    until_ready_is(&server, 503).await;
    // The process itself is well, and what is asked of it is answered in time.
    let alive = server
        .client
        .get(format!("{}/healthz", server.address))
        .send()
        .await
        .unwrap();
    assert_eq!(alive.status().as_u16(), 200);
    let begun = Instant::now();
    let answer = server.send("", r#"{ round(code: "R") { phase } }"#, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(35), "{:?}", begun.elapsed());
    database.thaw();
    until_ready_is(&server, 200).await;
    drop(database);
    until_ready_is(&server, 503).await;
    let _database = Mongod::start(place.path(), port, false);
    until_ready_is(&server, 200).await;
}
