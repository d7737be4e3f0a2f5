//! Two API processes on one MongoDB: claims hold across them, one crowded dossier takes everybody's work, and what a dead
//! process had begun is ended by the other.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use minhchung::app::jobs::Job;
use minhchung::store::Document as _;
use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::journey::{ADD, in_appraisal, report};
use crate::program::{Server, program_on};
use crate::support::mongod::{on_commit, server_of_its_own};
use crate::support::stores::{self, Kind};
use crate::world::{OPEN_ROUND, World};

/// Who hammers on one dossier at once.
const CLIENTS: usize = 32;
/// How often one of them may have to send: a process tries sixteen times by itself.
const MOST_SENT: usize = 5;
/// A job's owner is thought dead after its lease; a loaded machine takes longer.
const BOUND: Duration = Duration::from_secs(120);

struct Pair {
    world: World,
    store: String,
    processes: [Server; 2],
}

impl Pair {
    /// Two processes on what a world has prepared.
    async fn on(prepared: impl Future<Output = World>) -> Self {
        stores::on(Kind::Mongodb, async {
            let world = prepared.await;
            let store = stores::url(world.folder.path()).await;
            let data = world.folder.path();
            let processes = [
                Server::start_on(data, &store).await,
                Server::start_on(data, &store).await,
            ];
            Self {
                world,
                store,
                processes,
            }
        })
        .await
    }

    /// Sends to one of the processes.
    async fn send(&self, process: usize, login: &str, document: &str, variables: Value) -> Value {
        let token = self.world.server.token(login);
        self.processes[process].send(&token, document, variables).await
    }

    #[track_caller]
    fn verify(&self) {
        verify(self.world.folder.path(), &self.store);
    }
}

#[track_caller]
fn verify(data: &Path, store: &str) {
    let verified = program_on(data, store).arg("verify").output().unwrap();
    let told = String::from_utf8_lossy(&verified.stdout);
    assert!(verified.status.success(), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_claim_made_in_one_process_holds_in_the_other() {
    let pair = Pair::on(in_appraisal()).await;
    let claim = r#"mutation { claim(input: {round: "T-2019", first: 1}) { items { unit criterion outcome } } }"#;
    let taken = |answer: &Value| {
        let items = answer["data"]["claim"]["items"]
            .as_array()
            .unwrap_or_else(|| panic!("{answer}"))
            .clone();
        let claimed = items.into_iter().filter(|item| item["outcome"] == "CLAIMED");
        claimed
            .map(|item| format!("{} {}", item["unit"], item["criterion"]))
            .collect::<Vec<_>>()
    };
    // At once, each through another process; SNV appraises one leaf in each of the two dossiers.
    let (one, other) = tokio::join!(
        pair.send(0, "snv.appraiser", claim, json!({})),
        pair.send(1, "snv.second", claim, json!({})),
    );
    let mut held: Vec<String> = [taken(&one), taken(&other)].concat();
    let distinct: BTreeSet<&String> = held.iter().collect();
    assert_eq!(distinct.len(), held.len(), "{held:?}");
    for (process, login) in [(1, "snv.appraiser"), (0, "snv.second")] {
        held.extend(taken(&pair.send(process, login, claim, json!({})).await));
    }
    let distinct: BTreeSet<&String> = held.iter().collect();
    assert_eq!((held.len(), distinct.len()), (2, 2), "each leaf is held once: {held:?}");
    for process in [0, 1] {
        let more = pair.send(process, "snv.appraiser", claim, json!({})).await;
        assert!(taken(&more).is_empty(), "{more}");
    }
    pair.verify();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn thirty_two_clients_in_one_dossier_all_succeed_within_a_few_tries() {
    let pair = Pair::on(World::with_round()).await;
    let before = pair.world.entries("ALPHA").await;
    let send = async |client: usize| {
        let mut input = report("ALPHA", "1.1");
        input["i"]["title"] = json!(format!("client {client}"));
        input["i"]["idempotencyKey"] = json!(format!("client {client}"));
        for sent in 1.. {
            let answer = pair
                .send((client + sent) % 2, "alpha.officer", ADD, input.clone())
                .await;
            if answer["errors"].is_null() {
                return sent;
            }
            assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT", "{answer}");
        }
        unreachable!("it ends by succeeding")
    };
    let begun = Instant::now();
    let sent = futures::future::join_all((0..CLIENTS).map(send)).await;
    println!("{CLIENTS} clients in {:.1?}; each sent {sent:?} times", begun.elapsed());
    assert!(sent.iter().all(|times| *times <= MOST_SENT), "{sent:?}");
    assert_eq!(pair.world.entries("ALPHA").await, before + CLIENTS as u64);
    pair.verify();
}

/// Who worked on the newest job, as its entries tell, and how far it is.
async fn job(world: &World) -> (BTreeSet<String>, Option<Job>) {
    let mut owners = BTreeSet::new();
    let mut last = None;
    for (stream, _) in world.app.store.heads(None, 500).await.unwrap() {
        if stream.kind() == "job" {
            for entry in world.app.store.entries(&stream, 1, 500).await.unwrap() {
                let job = Job::from_body(entry.documents[0].body.as_ref().unwrap()).unwrap();
                owners.extend(job.lease.as_ref().map(|lease| lease.owner.clone()));
                last = Some(job);
            }
        }
    }
    (owners, last)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn a_process_killed_while_it_opens_a_round_is_replaced_by_the_other() {
    let prepared = async {
        let world = World::with_framework().await;
        let codes: Vec<String> = (0..60).map(|number| format!("U{number:02}")).collect();
        world
            .units("SO", &codes.iter().map(String::as_str).collect::<Vec<_>>())
            .await;
        world
    };
    let (server, uri, _folder) = server_of_its_own().await;
    stores::at(uri, async {
        let world = prepared.await;
        let (data, store) = (world.folder.path().to_owned(), stores::url(world.folder.path()).await);
        let manager = world.server.token("manager");
        // Some sixty commits of a fifth of a second: the job is met in the middle of it.
        let slowed = doc! { "blockConnection": true, "blockTimeMS": 200 };
        on_commit(&server, "alwaysOn", slowed).await;
        let mut first = Server::start_on(&data, &store).await;
        let opened = first.send(&manager, OPEN_ROUND, json!({})).await;
        assert!(opened["errors"].is_null(), "{opened}");
        let begun = Instant::now();
        while job(&world).await.1.is_none_or(|job| job.cursor == 0) {
            assert!(begun.elapsed() < BOUND, "nobody works on the job");
        }
        // It is the first one's: the other comes only now, and leaves it alone.
        let other = Server::start_on(&data, &store).await;
        let (owners, at_the_kill) = job(&world).await;
        first.kill();
        assert_eq!(owners.len(), 1, "one works on it, not both");
        let at_the_kill = at_the_kill.unwrap();
        assert!(
            (at_the_kill.cursor as usize) < at_the_kill.items.len(),
            "the job was over too soon"
        );
        on_commit(&server, "off", doc! {}).await;
        let begun = Instant::now();
        let mut phase = Value::Null;
        while phase != "SELF_ASSESSMENT" {
            let answer = other
                .send(&manager, r#"{ round(code: "T-2019") { phase } }"#, json!({}))
                .await;
            phase = answer["data"]["round"]["phase"].clone();
            assert!(begun.elapsed() < BOUND, "the round is not open: {answer}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (owners, last) = job(&world).await;
        assert_eq!(owners.len(), 2, "one after the other");
        assert_eq!(last.unwrap().items.len(), 62);
        println!("the other went on {:.1?} after the kill", begun.elapsed());
        verify(&data, &store);
    })
    .await;
}
