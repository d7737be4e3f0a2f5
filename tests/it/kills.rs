//! The program killed with SIGKILL at random moments, again and again, under clients who send until they are answered:
//! every acknowledged change is there, none is there twice or by half, jobs go on to their end, `verify` is clean.
//!
//! The moments follow a seed that is printed; `MINHCHUNG_SEED` repeats one.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use minhchung::app::jobs::{Job, JobKind, JobState};
use minhchung::domain::registry::Role;
use minhchung::store::Document;
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use reqwest::multipart::Part;
use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, LEAF, REVIEW, SUBMIT, accepting, declaration, export, report};
use crate::program::{PDF, Server, program, token};
use crate::races::{ADVANCE, PUBLISH, published_is_sealed};
use crate::world::{OPEN_ROUND, World, framework, usage};

/// Units of the round: some take part in everything, the others make the jobs longer.
const UNITS: [&str; 24] = [
    "U01", "U02", "U03", "U04", "U05", "U06", "U07", "U08", "U09", "U10", "U11", "U12", "U13", "U14", "U15", "U16",
    "U17", "U18", "U19", "U20", "U21", "U22", "U23", "U24",
];
const ACTIVE: [&str; 2] = ["U01", "U02"];
/// Longest time between readiness and the next kill, in milliseconds: a job of the round takes about this long.
const LONGEST_LIFE_MS: u32 = 400;
/// How long a client waits between two tries while the server is down.
const PAUSE: Duration = Duration::from_millis(20);
/// What a test may take at most: far more than it does, so that a loaded machine is no failure.
const BOUND: Duration = Duration::from_secs(300);

const REVISE: &str = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";

/// Everybody and the framework, in the folder from which the program will serve.
async fn prepared(units: &[&str]) -> World {
    let world = World::new().await;
    world.units("OTHER", &["SNV", "STTTT"]).await;
    world.units("SO", units).await;
    for (login, role, unit) in [
        ("manager", Role::Manager, "SNV"),
        ("survey", Role::SurveyOperator, "SNV"),
        ("snv.appraiser", Role::Appraiser, "SNV"),
        ("sttt.appraiser", Role::Appraiser, "STTTT"),
    ] {
        world.person(login, role, unit).await;
    }
    for unit in ACTIVE {
        world.person(&officer(unit), Role::Officer, unit).await;
        world.person(&head(unit), Role::Head, unit).await;
    }
    world.import(framework()).await;
    world
}

fn officer(unit: &str) -> String {
    format!("{unit}.officer")
}

fn head(unit: &str) -> String {
    format!("{unit}.head")
}

/// The running program, and the one who kills it.
struct Victim<'a> {
    data: &'a Path,
    server: Server,
    random: TestRng,
    kills: usize,
}

impl<'a> Victim<'a> {
    async fn start(data: &'a Path) -> Self {
        let seed = std::env::var("MINHCHUNG_SEED").ok().and_then(|text| text.parse().ok());
        let seed: u64 = seed.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64);
        println!("MINHCHUNG_SEED={seed}");
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self {
            data,
            server: Server::start(data).await,
            random: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes),
            kills: 0,
        }
    }

    /// Kills and restarts the program so often while the work goes on; then the work may end.
    async fn killed_during<T>(&mut self, times: usize, work: impl Future<Output = T>, killed: &AtomicBool) -> T {
        let kill = async {
            for _ in 0..times {
                let life = self.random.next_u32() % LONGEST_LIFE_MS;
                tokio::time::sleep(Duration::from_millis(life.into())).await;
                self.server.kill();
                self.server.restart(self.data).await;
                self.kills += 1;
            }
            killed.store(true, Ordering::SeqCst);
        };
        let both = async { tokio::join!(work, kill).0 };
        tokio::time::timeout(BOUND, both).await.expect("it went on to its end")
    }

    /// Kills the program once a round's job has done some of its items and not all, and starts it again. Answers whether
    /// the kill really fell into the job: the store of the dead program says how far it was.
    async fn killed_inside(&mut self, person: &Person, round: &str, kind: JobKind) -> bool {
        let read = "query($c: String!) { round(code: $c) { jobId } }";
        let id = person.ask(read, json!({"c": round})).await["round"]["jobId"].clone();
        let progress = "query($id: ID!) { job(id: $id) { done completed total } }";
        loop {
            let job = person.ask(progress, json!({"id": id})).await["job"].clone();
            let [completed, total] = ["completed", "total"].map(|name| job[name].as_u64().unwrap());
            if job["done"] == true || (0 < completed && completed < total) {
                break;
            }
        }
        self.server.kill();
        let left = job_on_disk(self.data, round, kind);
        self.server.restart(self.data).await;
        self.kills += 1;
        left.state == JobState::Running && 0 < left.cursor && (left.cursor as usize) < left.items.len()
    }
}

/// A round's job as it lies in the store of a program that does not run.
fn job_on_disk(data: &Path, round: &str, kind: JobKind) -> Job {
    let file = rusqlite::Connection::open(data.join("store.db")).unwrap();
    let mut rows = file.prepare("SELECT body FROM doc_job WHERE f_subject = ?1").unwrap();
    let bodies = rows.query_map([round], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let mut jobs = bodies.map(|body| Job::from_body(&body.unwrap()).unwrap());
    jobs.find(|job| job.kind == kind).expect("the round's job")
}

/// A person with a client, who does not need to know when the server is down.
struct Person {
    login: String,
    token: String,
    client: reqwest::Client,
    address: String,
}

impl Person {
    fn new(data: &Path, login: &str, address: &str) -> Self {
        Self {
            login: login.to_owned(),
            token: token(data, login),
            client: reqwest::Client::new(),
            address: address.to_owned(),
        }
    }

    /// Sends until there is an answer. A change is sent with a key, or is by nature the same when it is made twice.
    async fn send(&self, document: &str, variables: Value) -> Value {
        loop {
            let request = self
                .client
                .post(format!("{}/graphql", self.address))
                .bearer_auth(&self.token)
                .json(&json!({"query": document, "variables": variables}));
            if let Some(answer) = answer_of(request).await {
                return answer;
            }
        }
    }

    /// The data of an answer without errors.
    async fn ask(&self, document: &str, variables: Value) -> Value {
        let answer = self.send(document, variables).await;
        assert!(answer["errors"].is_null(), "{}: {answer}", self.login);
        answer["data"].clone()
    }

    /// Uploads until there is an answer.
    async fn upload(&self, input: &Value, file: &[u8]) -> Value {
        loop {
            let operations = json!({"query": ADD, "variables": input}).to_string();
            let form = reqwest::multipart::Form::new()
                .text("operations", operations)
                .text("map", r#"{"0": ["variables.i.content.files.0.upload"]}"#)
                .part("0", Part::bytes(file.to_vec()).file_name("bao-cao.pdf"));
            let request = self
                .client
                .post(format!("{}/graphql", self.address))
                .bearer_auth(&self.token)
                .header("GraphQL-Require-Preflight", "1")
                .multipart(form);
            if let Some(answer) = answer_of(request).await {
                assert!(answer["errors"].is_null(), "{}: {answer}", self.login);
                return answer["data"].clone();
            }
        }
    }

    /// Asks until the round is in a phase.
    async fn wait_for(&self, phase: &str) {
        self.wait_for_round("T-2019", phase).await;
    }

    async fn wait_for_round(&self, code: &str, phase: &str) {
        let read = "query($c: String!) { round(code: $c) { phase } }";
        while self.ask(read, json!({"c": code})).await["round"]["phase"] != phase {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// `None` when nobody knows what became of the request: no connection, a cut answer, or a server that says so.
async fn answer_of(request: reqwest::RequestBuilder) -> Option<Value> {
    let answer = async { request.send().await?.json::<Value>().await };
    match answer.await {
        Ok(answer) if answer["errors"][0]["extensions"]["code"] != "UNAVAILABLE" => Some(answer),
        Ok(_) | Err(_) => {
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// A PDF that is like no other.
fn document(unit: &str, number: usize) -> Vec<u8> {
    [PDF, format!("%{unit} {number}\n").as_bytes()].concat()
}

/// Uploads documents one after the other, each with a key, until the killing is over. Ids as they were acknowledged.
async fn upload(person: &Person, unit: &str, over: &AtomicBool) -> Vec<String> {
    let mut acknowledged = Vec::new();
    while !over.load(Ordering::SeqCst) || acknowledged.len() < 3 {
        let number = acknowledged.len();
        let mut input = report(unit, "1.1");
        input["i"]["title"] = json!(format!("{unit} {number}"));
        input["i"]["idempotencyKey"] = json!(format!("upload {number}"));
        input["i"]["content"]["files"] = json!([{"upload": null}]);
        let made = person.upload(&input, &document(unit, number)).await;
        acknowledged.push(made["addEvidence"]["evidenceId"].as_str().unwrap().to_owned());
    }
    acknowledged
}

/// Every acknowledged document is there once, with its bytes, and there is no other.
async fn check_uploads(person: &Person, unit: &str, acknowledged: &[String]) {
    let list = r#"query($u: String!, $a: String) { dossier(ref: {key: {round: "T-2019", unit: $u}}) {
        evidence(first: 500, after: $a) { edges { node { id title files { path } } } pageInfo { hasNextPage } } } }"#;
    let found = person.ask(list, json!({"u": unit})).await["dossier"]["evidence"].clone();
    assert_eq!(found["pageInfo"]["hasNextPage"], false);
    let edges = found["edges"].as_array().unwrap();
    assert_eq!(edges.len(), acknowledged.len(), "{unit}");
    for (number, id) in acknowledged.iter().enumerate() {
        let title = format!("{unit} {number}");
        let edge = edges.iter().find(|edge| edge["node"]["title"] == title).unwrap();
        assert_eq!(edge["node"]["id"], *id);
        let path = edge["node"]["files"][0]["path"].as_str().unwrap();
        let file = person
            .client
            .get(format!("{}{path}", person.address))
            .send()
            .await
            .unwrap();
        assert_eq!(file.bytes().await.unwrap(), document(unit, number));
    }
}

/// Reviews a leaf again and again until the killing is over or the phase has closed. Ids as they were acknowledged.
async fn review(person: &Person, unit: &str, criterion: &str, over: &AtomicBool, tag: &str) -> Vec<String> {
    let mut acknowledged = Vec::new();
    while !over.load(Ordering::SeqCst) || acknowledged.len() < 3 {
        let seen = person.ask(LEAF, json!({"u": unit, "c": criterion})).await["assessment"].clone();
        let item = accepting(unit, criterion, &seen);
        let key = format!("{tag} {unit} {criterion} {}", acknowledged.len());
        let (root, answer) = if seen["state"] == "SUBMITTED" {
            let input = json!({"i": {"items": [item], "idempotencyKey": key}});
            ("review", person.send(REVIEW, input).await)
        } else {
            let input = json!({"i": {"item": item, "reason": "Xem lại", "idempotencyKey": key}});
            ("reviseReview", person.send(REVISE, input).await)
        };
        let item = &answer["data"][root]["items"][0];
        if item["problem"]["rule"] == "WRONG_PHASE" {
            break;
        }
        assert!(answer["errors"].is_null() && item["problem"].is_null(), "{answer}");
        acknowledged.push(answer["data"][root]["items"][0]["made"].as_str().unwrap().to_owned());
    }
    acknowledged
}

/// A leaf's reviews are those that were acknowledged, in any order.
async fn check_reviews(person: &Person, unit: &str, criterion: &str, mut acknowledged: Vec<String>) {
    let read = r#"query($u: String!, $c: String!) {
        assessment(ref: {key: {round: "T-2019", unit: $u, criterion: $c}}) { reviews { id } } }"#;
    let found = person.ask(read, json!({"u": unit, "c": criterion})).await;
    let mut found: Vec<String> = found["assessment"]["reviews"]
        .as_array()
        .unwrap()
        .iter()
        .map(|review| review["id"].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    acknowledged.sort();
    assert_eq!(found, acknowledged, "{unit} {criterion}");
}

/// Declares, attaches what is still lacking, and submits.
async fn submit(officer: &Person, head: &Person, unit: &str) {
    officer.ask(ADD, export(unit, &usage(12, 30, 100))).await;
    officer.ask(DECLARE, declaration(unit, "28")).await;
    head.ask(SUBMIT, json!({"u": unit})).await;
}

/// How many processes worked on the jobs: one each, and one more for each time that a kill met a job at work.
async fn hands(world: &World) -> usize {
    let mut owners = std::collections::BTreeSet::new();
    for (stream, _) in world.app.store.heads(None, 500).await.unwrap() {
        if stream.kind() == "job" {
            for entry in world.app.store.entries(&stream, 1, 500).await.unwrap() {
                let job: Job = Document::from_body(entry.documents[0].body.as_ref().unwrap()).unwrap();
                owners.extend(job.lease.map(|lease| (stream.clone(), lease.owner)));
            }
        }
    }
    owners.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_random_moments_nothing_acknowledged_is_lost_and_nothing_is_half_done() {
    let started = Instant::now();
    let folder = prepared(&UNITS).await.close();
    let data = folder.path();
    let mut victim = Victim::start(data).await;
    let address = victim.server.address.clone();
    let person = |login: &str| Person::new(data, login, &address);
    let manager = person("manager");
    let (snv, sttt) = (person("snv.appraiser"), person("sttt.appraiser"));
    let officers = ACTIVE.map(|unit| person(&officer(unit)));
    let heads = ACTIVE.map(|unit| person(&head(unit)));

    // Opening: twenty-four dossiers, or none acknowledged yet.
    let over = AtomicBool::new(false);
    let opening = async {
        manager.ask(OPEN_ROUND, json!({})).await;
        manager.wait_for("SELF_ASSESSMENT").await;
    };
    victim.killed_during(3, opening, &over).await;

    let over = AtomicBool::new(false);
    let uploads = async {
        tokio::join!(
            upload(&officers[0], ACTIVE[0], &over),
            upload(&officers[1], ACTIVE[1], &over)
        )
    };
    let (first, second) = victim.killed_during(4, uploads, &over).await;
    check_uploads(&officers[0], ACTIVE[0], &first).await;
    check_uploads(&officers[1], ACTIVE[1], &second).await;

    for ((officer, head), unit) in officers.iter().zip(&heads).zip(ACTIVE) {
        submit(officer, head, unit).await;
    }
    manager.ask(ADVANCE, json!({})).await;
    manager.wait_for("APPRAISAL").await;

    let over = AtomicBool::new(false);
    let reviews = async {
        tokio::join!(
            review(&snv, ACTIVE[0], "1.1", &over, "a"),
            review(&snv, ACTIVE[1], "1.1", &over, "a"),
            review(&sttt, ACTIVE[0], "1.2", &over, "a"),
        )
    };
    let (mut one, mut two, three) = victim.killed_during(4, reviews, &over).await;

    // Publishing, under reviews that go on until they are refused.
    let unverified: Vec<Value> = UNITS
        .iter()
        .flat_map(|unit| {
            ["1.1", "1.2", "2.1"].map(|criterion| json!({"unit": unit, "criterion": criterion, "reason": "Hết hạn"}))
        })
        .collect();
    let input = json!({"i": {"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28",
        "unverified": unverified, "idempotencyKey": "publish"}});
    let (over, never) = (AtomicBool::new(false), AtomicBool::new(false));
    let publishing = async {
        let publish = async {
            manager.ask(PUBLISH, input).await;
            manager.wait_for("PUBLISHED").await;
        };
        tokio::join!(
            publish,
            review(&snv, ACTIVE[0], "1.1", &never, "b"),
            review(&snv, ACTIVE[1], "1.1", &never, "b"),
        )
    };
    let ((), more_of_one, more_of_two) = victim.killed_during(4, publishing, &over).await;
    one.extend(more_of_one);
    two.extend(more_of_two);
    check_reviews(&snv, ACTIVE[0], "1.1", one).await;
    check_reviews(&snv, ACTIVE[1], "1.1", two).await;
    check_reviews(&sttt, ACTIVE[0], "1.2", three).await;
    let kills = victim.kills;
    drop(victim);

    let verified = program(data).arg("verify").output().unwrap();
    let printed = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{printed}");
    let world = World::open(folder).await;
    let rows = published_is_sealed(&world).await;
    assert_eq!(rows.len(), UNITS.len());
    // 28 of 32 of 4 points; online 0.3 of 0.5 of 2 points; no survey.
    assert_eq!(rows[0].points, "4.70");
    let hands = hands(&world).await;
    println!(
        "{kills} kills in {:?}; the jobs went through {hands} hands; {printed}",
        started.elapsed()
    );
}

/// Units of a round whose jobs take far longer than the question how far they are.
const MANY: usize = 96;
/// Most rounds until a kill has met each job: one, unless the machine is too busy to ask in time.
const MOST_ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_inside_opening_and_inside_publishing_the_jobs_go_on_to_their_end() {
    let units: Vec<String> = (0..MANY).map(|number| format!("V{number:02}")).collect();
    let all: Vec<&str> = ACTIVE.into_iter().chain(units.iter().map(String::as_str)).collect();
    let folder = prepared(&all).await.close();
    let data = folder.path();
    let mut victim = Victim::start(data).await;
    let manager = Person::new(data, "manager", &victim.server.address);
    let unverified: Vec<Value> = all
        .iter()
        .flat_map(|unit| {
            ["1.1", "1.2", "2.1"].map(|criterion| json!({"unit": unit, "criterion": criterion, "reason": "Hết hạn"}))
        })
        .collect();
    let (mut opening, mut publishing) = (false, false);
    let work = async {
        for number in 1..=MOST_ROUNDS {
            let round = format!("K-{number}");
            manager.ask(&OPEN_ROUND.replace("T-2019", &round), json!({})).await;
            opening |= victim.killed_inside(&manager, &round, JobKind::OpenRound).await;
            manager.wait_for_round(&round, "SELF_ASSESSMENT").await;
            manager.ask(&ADVANCE.replace("T-2019", &round), json!({})).await;
            manager.wait_for_round(&round, "APPRAISAL").await;
            let input = json!({"i": {"round": round, "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28",
                "unverified": unverified, "idempotencyKey": "publish"}});
            manager.ask(PUBLISH, input).await;
            publishing |= victim.killed_inside(&manager, &round, JobKind::SealRound).await;
            manager.wait_for_round(&round, "PUBLISHED").await;
            // Every unit has its line, once.
            let read = r#"query($c: String!) { round(code: $c) { publication { version ranking(group: "SO", first: 500) { nodes { unitCode } } } } }"#;
            let found = manager.ask(read, json!({"c": round})).await["round"]["publication"].clone();
            let lines = found["ranking"]["nodes"].as_array().unwrap();
            let mut ranked: Vec<&str> = lines.iter().map(|line| line["unitCode"].as_str().unwrap()).collect();
            ranked.sort_unstable();
            assert_eq!((&found["version"], &ranked), (&json!(1), &all));
            if opening && publishing {
                return;
            }
        }
    };
    tokio::time::timeout(BOUND, work).await.expect("it went on to its end");
    assert!(
        opening && publishing,
        "killed inside opening: {opening}, inside publishing: {publishing}"
    );
    drop(victim);
    let verified = program(data).arg("verify").output().unwrap();
    let printed = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success(), "{printed}");
}
