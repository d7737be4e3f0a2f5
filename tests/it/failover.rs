//! A replica set of three under load by several API processes, while its primary is killed, frozen and thawed, and all
//! three are killed at once: no acknowledged change is lost, none is there twice, and clients see nothing but CONFLICT and
//! UNAVAILABLE, which go away by sending again.
//!
//! `MINHCHUNG_FAILOVERS` says how many; 3 if nothing is said. What was measured is printed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use minhchung::store::conformance::{self, item, next_change};
use minhchung::store::mongo::MongoStore;
use minhchung::store::{CommitError, Read as _, Store, StreamId};
use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::journey::{ADD, report};
use crate::program::{Server, program_on};
use crate::support::replica_set::ReplicaSet;
use crate::support::stores;
use crate::world::World;

/// Who sends, and into which dossier: two meet in each.
const CLIENTS: [(&str, &str); 4] = [
    ("alpha.officer", "ALPHA"),
    ("alpha.head", "ALPHA"),
    ("beta.officer", "BETA"),
    ("beta.head", "BETA"),
];
/// Pause of a client before it sends again.
const PAUSE: Duration = Duration::from_millis(50);
/// How long one answer is waited for: longer than the server waits for its store.
const ANSWER: Duration = Duration::from_secs(90);
/// How long a change may take until it is acknowledged, through a whole failover.
const BOUND: Duration = Duration::from_secs(180);
/// How many changes have to be acknowledged between two failovers.
const BETWEEN: usize = 8;

/// What the clients went through.
#[derive(Default)]
struct Seen {
    acknowledged: AtomicUsize,
    /// How often each answer was no acknowledgement.
    refusals: Mutex<BTreeMap<String, usize>>,
    longest: Mutex<Duration>,
}

struct Client<'a> {
    world: &'a World,
    servers: [String; 2],
    login: &'static str,
    unit: &'static str,
    seen: Arc<Seen>,
}

impl Client<'_> {
    /// Adds evidence again and again, each with a key, until it is over. Titles and ids as they were acknowledged.
    async fn work(&self, over: &AtomicBool) -> Vec<(String, String)> {
        let mut made = Vec::new();
        while !over.load(Ordering::SeqCst) {
            let title = format!("{} {}", self.login, made.len());
            let begun = Instant::now();
            let id = self.add(&title).await;
            let mut longest = self.seen.longest.lock().unwrap();
            *longest = (*longest).max(begun.elapsed());
            drop(longest);
            self.seen.acknowledged.fetch_add(1, Ordering::SeqCst);
            made.push((title, id));
        }
        made
    }

    /// Sends one change to one process after the other until it is acknowledged.
    async fn add(&self, title: &str) -> String {
        let mut input = report(self.unit, "1.1");
        input["i"]["title"] = json!(title);
        input["i"]["idempotencyKey"] = json!(title);
        let body = json!({"query": ADD, "variables": input});
        let begun = Instant::now();
        let mut turn = title.len();
        while begun.elapsed() < BOUND {
            let url = format!("{}/graphql", self.servers[turn % self.servers.len()]);
            turn += 1;
            let request = self.world.server.client.post(url).timeout(ANSWER).json(&body);
            let request = request.bearer_auth(self.world.server.token(self.login));
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            if let Some(id) = answer["data"]["addEvidence"]["evidenceId"].as_str() {
                return id.to_owned();
            }
            let extensions = &answer["errors"][0]["extensions"];
            let code = extensions["code"].as_str().unwrap_or_else(|| panic!("{answer}"));
            assert!(["CONFLICT", "UNAVAILABLE"].contains(&code), "{answer}");
            let name = format!("{code} {}", extensions["outcome"].as_str().unwrap_or_default());
            *self.seen.refusals.lock().unwrap().entry(name).or_default() += 1;
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{title} was not acknowledged within {BOUND:?}");
    }
}

/// One failover after the other; how long each kept the clients waiting.
async fn fail_over(set: &mut ReplicaSet, times: usize, seen: &Seen) -> Vec<(&'static str, Duration)> {
    let mut measured = Vec::new();
    for number in 0..times {
        let acknowledged = || seen.acknowledged.load(Ordering::SeqCst);
        until(acknowledged() + BETWEEN, &acknowledged).await;
        let primary = set.primary().await;
        let begun = Instant::now();
        let kind = match number % 3 {
            0 => {
                set.kill(primary);
                "kill"
            }
            1 => {
                set.freeze(primary);
                "freeze"
            }
            _ => {
                (0..set.len()).for_each(|node| set.kill(node));
                (0..set.len()).for_each(|node| set.revive(node));
                "all"
            }
        };
        // What was on its way to the old primary may still be answered.
        let before = acknowledged() + CLIENTS.len();
        until(before + 1, &acknowledged).await;
        measured.push((kind, begun.elapsed()));
        match kind {
            "kill" => set.revive(primary),
            "freeze" => set.thaw(primary),
            _ => {}
        }
    }
    measured
}

async fn until(count: usize, acknowledged: &impl Fn() -> usize) {
    let begun = Instant::now();
    while acknowledged() < count {
        assert!(begun.elapsed() < BOUND, "nothing was acknowledged for {BOUND:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Every acknowledged document is there once, and no other; each is one entry.
async fn check(world: &World, unit: &str, login: &str, before: u64, mut acknowledged: Vec<(String, String)>) {
    let list = r#"query($u: String!, $a: String) { dossier(ref: {key: {round: "T-2019", unit: $u}}) {
        evidence(first: 500, after: $a) { edges { cursor node { id title } } } } }"#;
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = world.send(login, list, json!({"u": unit, "a": after})).await.ok();
        let edges = page["dossier"]["evidence"]["edges"].as_array().unwrap().clone();
        let Some(last) = edges.last() else { break };
        after = last["cursor"].clone();
        let text = |edge: &Value, name: &str| edge["node"][name].as_str().unwrap().to_owned();
        found.extend(edges.iter().map(|edge| (text(edge, "title"), text(edge, "id"))));
    }
    found.sort();
    acknowledged.sort();
    assert_eq!(found, acknowledged, "{unit}");
    assert_eq!(world.entries(unit).await, before + acknowledged.len() as u64, "{unit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn nothing_acknowledged_is_lost_or_there_twice_whatever_happens_to_the_servers() {
    let times = std::env::var("MINHCHUNG_FAILOVERS").map_or(3, |text| text.parse().unwrap());
    let mut set = ReplicaSet::start().await;
    let uri = set.uri("");
    let (world, store) = stores::at(uri, async {
        let world = World::with_round().await;
        let store = stores::url(world.folder.path()).await;
        (world, store)
    })
    .await;
    let data = world.folder.path();
    let processes = [
        Server::start_on(data, &store).await,
        Server::start_on(data, &store).await,
    ];
    let before = [world.entries("ALPHA").await, world.entries("BETA").await];
    let seen = Arc::new(Seen::default());
    let over = AtomicBool::new(false);
    let clients = CLIENTS.map(|(login, unit)| Client {
        world: &world,
        servers: [processes[0].address.clone(), processes[1].address.clone()],
        login,
        unit,
        seen: Arc::clone(&seen),
    });
    let failing = async {
        let measured = fail_over(&mut set, times, &seen).await;
        over.store(true, Ordering::SeqCst);
        measured
    };
    let work = futures::future::join_all(clients.iter().map(|client| client.work(&over)));
    let (measured, made) = tokio::join!(failing, work);

    for (number, unit) in ["ALPHA", "BETA"].into_iter().enumerate() {
        let of_unit = CLIENTS.iter().zip(&made).filter(|((_, one), _)| *one == unit);
        let acknowledged = of_unit.flat_map(|(_, made)| made.clone()).collect();
        let login = format!("{}.officer", unit.to_lowercase());
        check(&world, unit, &login, before[number], acknowledged).await;
    }
    let verified = program_on(data, &store).arg("verify").output().unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    println!(
        "{} failovers {measured:.1?}; {} changes acknowledged, the slowest after {:.1?}; sent again after {:?}",
        measured.len(),
        seen.acknowledged.load(Ordering::SeqCst),
        seen.longest.lock().unwrap(),
        seen.refusals.lock().unwrap(),
    );
}

/// Commits one entry, whatever it takes.
async fn commit(store: &dyn Store, stream: &StreamId) {
    let begun = Instant::now();
    loop {
        let head = store.head(stream).await;
        let outcome = match head {
            Ok(head) => {
                store
                    .commit(next_change(stream, head.as_ref(), vec![item("a", "1", &[])]))
                    .await
            }
            Err(error) => Err(CommitError::NotApplied(Box::new(error))),
        };
        match outcome {
            Ok(()) => return,
            Err(error) => assert!(begun.elapsed() < BOUND, "{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn who_waits_at_the_feed_waits_on_while_the_primary_is_frozen_or_killed() {
    let mut set = ReplicaSet::start().await;
    let uri = set.uri("feed");
    let store = Arc::new(MongoStore::open(&uri, None, conformance::COLLECTIONS).await.unwrap());
    let writer = MongoStore::open(&uri, None, conformance::COLLECTIONS).await.unwrap();
    let stream = StreamId::new("test", "feed");
    commit(&writer, &stream).await;
    let first = store.tail(None, 10, Duration::from_secs(5)).await.unwrap();
    let mut place = first.last().map(|(place, ..)| place.clone());
    let mut seen = 1;
    for kind in ["freeze", "kill"] {
        let waiting = {
            let (store, place) = (Arc::clone(&store), place.clone());
            tokio::spawn(async move { store.tail(place.as_ref(), 10, Duration::from_secs(60)).await })
        };
        // Until it waits: it would answer at once if there was anything.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let primary = set.primary().await;
        match kind {
            "freeze" => set.freeze(primary),
            _ => set.kill(primary),
        }
        let begun = Instant::now();
        commit(&writer, &stream).await;
        let woken = tokio::time::timeout(Duration::from_secs(90), waiting).await;
        let found = woken
            .expect("in time")
            .unwrap()
            .unwrap_or_else(|error| panic!("{kind}: {error}"));
        println!("{kind}: the feed went on after {:.1?}", begun.elapsed());
        let before = seen;
        for (next, of, number) in found {
            assert!(of == stream && number <= seen + 1, "{kind}: a gap before {number}");
            seen = seen.max(number);
            place = Some(next);
        }
        assert!(seen > before, "{kind}: {seen}");
        match kind {
            "freeze" => set.thaw(primary),
            _ => set.revive(primary),
        }
    }
    // Everything that was written is told, in the end.
    let head = writer.head(&stream).await.unwrap().unwrap().number;
    while seen < head {
        for (next, _, number) in store.tail(place.as_ref(), 10, Duration::from_secs(10)).await.unwrap() {
            seen = seen.max(number);
            place = Some(next);
        }
    }
    assert_eq!(seen, head);
}

/// A write is there before a majority holds it, and readers see it afterwards. Whoever begins to follow the feed in between
/// is told of it all the same, also where it lies before what it was told of already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a mongod: .ci/mongod"]
async fn who_begins_at_the_feed_is_told_what_a_majority_has_yet_to_take() {
    let set = ReplicaSet::start().await;
    let uri = set.uri("behind");
    let open = async || Arc::new(MongoStore::open(&uri, None, conformance::COLLECTIONS).await.unwrap());
    let (store, writer) = (open().await, open().await);
    let (later, earlier) = (StreamId::new("test", "a"), StreamId::new("test", "b"));
    commit(&*writer, &earlier).await;
    let primary = set.primary().await;
    let others: Vec<usize> = (0..set.len()).filter(|node| *node != primary).collect();
    let own = set.admin(primary).await.client().database("behind");
    others.iter().for_each(|node| set.freeze(*node));
    let written = {
        let (writer, later) = (Arc::clone(&writer), later.clone());
        tokio::spawn(async move { commit(&*writer, &later).await })
    };
    let journal = own.collection::<mongodb::bson::Document>("journal_entry");
    let begun = Instant::now();
    while journal
        .count_documents(doc! { "stream": later.as_str() })
        .await
        .unwrap()
        == 0
    {
        assert!(begun.elapsed() < BOUND, "it is not written");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let reading = tokio::spawn(async move {
        let (mut place, mut seen) = (None, BTreeSet::new());
        let begun = Instant::now();
        while seen.len() < 2 && begun.elapsed() < Duration::from_secs(30) {
            let page = store.tail(place.as_ref(), 10, Duration::from_secs(1)).await.unwrap();
            for (next, stream, _) in page {
                seen.insert(stream);
                place = Some(next);
            }
        }
        seen
    });
    // Long enough to begin, and less than after which there would be another primary.
    tokio::time::sleep(Duration::from_millis(500)).await;
    others.iter().for_each(|node| set.thaw(*node));
    written.await.unwrap();
    assert_eq!(reading.await.unwrap(), BTreeSet::from([later, earlier]));
}
