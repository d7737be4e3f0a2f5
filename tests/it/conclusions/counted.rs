//! What was followed up counts in the index of that year: 1.1, worth 4 points, is half a meeting and half a plan.

use minhchung::app::documents::streams;
use minhchung::app::verify::verify;
use minhchung::domain::assessment::Assessment;
use minhchung::domain::brought::BroughtFacts;
use minhchung::domain::follow_up::FollowUpState;
use serde_json::{Value, json};

use super::{DECIDE, REPORT, issue, text};
use crate::cases::{bring, found};
use crate::council::signed;
use crate::other_rules;
use crate::support::forging::{forge, standing};
use crate::world::World;

fn framework() -> Value {
    let input = |code: &str, counts_as: &str| {
        json!({"code": code, "name": text(code), "type": {"kind": "COUNT", "maximum": "1"},
            "source": {"kind": "FOLLOW_UP", "conclusion": "N-2020", "countsAs": counts_as}})
    };
    let mut framework = other_rules::framework(
        "/nodes/1/leaf",
        json!({"kind": "FORMULA", "expression": "0.5 * meeting + 0.5 * remedy"}),
        json!([input("meeting", "MEETING"), input("remedy", "REMEDY")]),
    );
    framework["nodes"][1]["leaf"]["method"] = json!("IMPORTED");
    framework["nodes"][1]["leaf"]["requiredEvidence"] = json!([]);
    framework
}

async fn report(world: &World, task: &str, unit: &str) {
    let asked = json!({"conclusion": "N-2020", "task": task, "unit": unit});
    let letter = json!({"number": "15/BC", "dated": "2020-03-01", "files": [{"upload": null}]});
    let input = json!({"i": {"asked": asked, "text": "Đã làm", "letter": letter}});
    let part = vec![(
        "i.letter.files.0.upload",
        "Báo cáo.pdf",
        signed(&format!("{unit} {task}")),
    )];
    let officer = format!("{}.officer", unit.to_lowercase());
    world.upload(&officer, REPORT, &input, part).await.ok();
}

async fn accept(world: &World, task: &str, unit: &str) {
    let asked = json!({"conclusion": "N-2020", "task": task, "unit": unit});
    let input = json!({"i": {"asked": asked, "report": 1, "accept": true, "reason": "Đủ"}});
    world.send("manager", DECIDE, input).await.ok();
}

#[tokio::test]
async fn what_was_followed_up_in_time_counts_in_the_index() {
    let world = other_rules::opened(framework()).await;
    world.set_time("2020-03-01T02:00:00Z");
    let task = |code: &str, counts_as: &str, due: Value| json!({"code": code, "text": text("t"), "unitTypes": ["SO"], "due": due, "countsAs": counts_as});
    let notice = json!({"code": "N-2020", "number": "1/TB", "dated": "2020-03-01", "issuer": "SNV", "title": text("t"), "source": {"document": "d"},
        "tasks": [task("1", "MEETING", json!("2020-03-20")), task("2", "REMEDY", json!(null))]});
    let mut twice = notice.clone();
    twice["tasks"][1]["countsAs"] = json!("MEETING");
    let refused = issue(&world, "manager", twice).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "tasks.countsAs".to_owned()));
    issue(&world, "manager", notice).await.ok();

    // ALPHA does both in time, of which one is not looked at; BETA meets when the day is over, and has no plan.
    report(&world, "1", "ALPHA").await;
    accept(&world, "1", "ALPHA").await;
    report(&world, "2", "ALPHA").await;
    bring(&world).await;
    assert_eq!(found(&world, "ALPHA", "1.1").await, "OPEN 0 -: -");
    let waiting = r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { broughtInputs { input value { text } missing { en } said { en } } } }"#;
    let waiting = world.send("manager", waiting, json!({})).await.ok()["assessment"]["broughtInputs"].clone();
    assert_eq!(
        (&waiting[0]["value"]["text"], &waiting[1]["value"]),
        (&json!("1"), &json!(null))
    );
    let missing = waiting[1]["missing"]["en"].as_str().unwrap();
    assert!(missing.contains("waits to be looked at"), "{missing}");
    assert_eq!(waiting[0]["said"]["en"], "task 1, due 2020-03-20: done on 2020-03-01");
    // What BETA can still do is not undone.
    assert_eq!(found(&world, "BETA", "1.1").await, "OPEN 0 -: -");

    accept(&world, "2", "ALPHA").await;
    world.set_time("2020-03-20T17:00:00Z");
    bring(&world).await;
    let beta = found(&world, "BETA", "1.1").await;
    assert!(beta.starts_with("VERIFIED 0 POINTS: "), "{beta}");
    report(&world, "1", "BETA").await;
    accept(&world, "1", "BETA").await;
    report(&world, "2", "BETA").await;
    accept(&world, "2", "BETA").await;
    bring(&world).await;
    let alpha = found(&world, "ALPHA", "1.1").await;
    assert!(alpha.starts_with("VERIFIED 4 POINTS: "), "{alpha}");
    // Half of 4 for the plan; the meeting came a day late.
    let beta = found(&world, "BETA", "1.1").await;
    assert!(beta.starts_with("VERIFIED 2 POINTS: "), "{beta}");
    world.verified().await;

    // A leaf that says something else than the entry that it names is found.
    let dossier = streams::dossier("T-2019", "BETA");
    let mut leaf: Assessment = standing(&world, &dossier, "1.1").await;
    let BroughtFacts::FollowUp { asked } = &mut leaf.brought.get_mut("meeting").unwrap().found else {
        panic!("another register");
    };
    asked.state = FollowUpState::Open;
    forge(&world, &dossier, &leaf).await;
    let difference = verify(&world.app).await.unwrap().difference.unwrap();
    assert!(difference.contains("meeting of 1.1 is not what entry"), "{difference}");
}
