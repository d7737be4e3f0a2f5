//! The journal of a dossier while the round hides from its unit what appraisers find: that something was done, not what.

use minhchung::store::Digest;
use serde_json::{Value, json};

use crate::journey::{REVIEW, accept, accepting, brought_to_appraisal, look};
use crate::world::{OPEN_ROUND, World};

const HISTORY: &str = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { history(last: 1) { nodes {
    stream number actor command role reason withheld hash header documents { collection } } } } }"#;
const ENTRY: &str = r#"query($n: Long!) { journalEntry(stream: "dossier:T-2019/ALPHA", entry: $n) {
    stream number actor command role reason withheld hash header documents { collection } } }"#;

async fn opened() -> World {
    let world = World::with_framework().await;
    let hidden = "year: 2019, secondRound: {firstSeen: AFTER_THE_ROUND, secondSeen: AT_ONCE}";
    world.open_round(&OPEN_ROUND.replace("year: 2019", hidden)).await;
    brought_to_appraisal(world).await
}

/// The newest entry, which the history and its receipt show alike.
async fn newest(world: &World, login: &str) -> Value {
    let found = world.send(login, HISTORY, json!({})).await.ok()["dossier"]["history"]["nodes"][0].clone();
    let number = found["number"].clone();
    let by_receipt = world.send(login, ENTRY, json!({"n": number})).await.ok()["journalEntry"].clone();
    assert_eq!(found, by_receipt, "{login}");
    found
}

fn collections(entry: &Value) -> Vec<&str> {
    let listed = entry["documents"].as_array().unwrap().iter();
    listed.map(|one| one["collection"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_unit_does_not_learn_from_the_journal_what_is_hidden_from_it() {
    let world = opened().await;
    // What the unit did itself it sees whole.
    let own = world.send("alpha.head", ENTRY, json!({"n": "2"})).await.ok()["journalEntry"].clone();
    assert_eq!(
        (&own["withheld"], &own["actor"]),
        (&json!(false), &json!("alpha.officer"))
    );
    assert!(own["header"].is_string() && !collections(&own).is_empty());

    // A review that finds something writes totals; one that asks for more writes none.
    let mut ask = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "t", "due": "2020-03-01"});
    let asked = world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [ask]}}))
        .await;
    asked.done();
    let (nothing, seen) = (newest(&world, "alpha.officer").await, newest(&world, "manager").await);
    assert!(!collections(&seen).contains(&"sheet"));
    world.set_time("2020-03-02T02:00:00Z");
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let (something, seen) = (newest(&world, "alpha.officer").await, newest(&world, "manager").await);
    assert!(collections(&seen).contains(&"sheet"));
    assert_eq!(
        (&seen["command"], &seen["role"]),
        (&json!("ReviewLeaves"), &json!("APPRAISER"))
    );
    // To the unit they look alike, but for the place in the chain.
    let shape = |entry: &Value| {
        json!({"actor": entry["actor"], "command": entry["command"], "role": entry["role"], "withheld": entry["withheld"],
            "header": entry["header"], "documents": entry["documents"]})
    };
    let withheld =
        json!({"actor": null, "command": null, "role": null, "withheld": true, "header": null, "documents": []});
    assert_eq!(shape(&nothing), withheld);
    assert_eq!(shape(&something), withheld);
    assert_eq!(something["hash"], seen["hash"]);
    // What the appraiser did is no secret to whom it belongs.
    let made = json!({"n": seen["number"]});
    let own = world.send("snv.appraiser", ENTRY, made).await.ok()["journalEntry"].clone();
    assert_eq!(own, seen);

    // When the round of appraisal is over everything is there, and proves the hash that was shown before.
    let advance = r#"mutation { advanceRound(input: {round: "T-2019", to: EXPLANATION}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    let number = something["number"].clone();
    let shown = world.send("alpha.officer", ENTRY, json!({"n": number})).await.ok()["journalEntry"].clone();
    assert_eq!(shown, seen);
    let header = shown["header"].as_str().unwrap();
    let proved = Digest::of(&[b"minhchung/entry/1\0", header.as_bytes()]);
    assert_eq!(something["hash"], proved.to_string());
}
