//! Whatever is filed has room for its answer and for what follows it, and a round never stays behind its seal.

use minhchung::app::documents::streams;
use minhchung::app::jobs::Job;
use minhchung::domain::appeal::Appeal;
use minhchung::domain::round::Round;
use minhchung::store::{Document as _, MAX_BODY_BYTES, Salt};
use serde_json::{Value, json};

use super::{Answer, answer, file, finding, letter, minutes_id, of_unit, publish, published, recorded};
use crate::journey::{ask_to_publish_unverified, dossier};
use crate::support::forging::{forge, standing};
use crate::world::World;

/// An appeal against so many leaves, which exist nowhere but in the document.
async fn forged_grounds(world: &World, leaves: usize, letters: usize) {
    let round = streams::round("T-2019");
    let mut appeal: Appeal = standing(world, &round, "ALPHA~01").await;
    let ground = appeal.grounds[0].clone();
    appeal.grounds = (0..leaves)
        .map(|index| {
            let mut ground = ground.clone();
            ground.criterion = if index == 0 {
                "1.1".to_owned()
            } else {
                format!("9.{index}")
            };
            ground.reason = "ư".repeat(letters);
            ground
        })
        .collect();
    forge(world, &round, &appeal).await;
}

async fn filed(world: &World) -> Value {
    let input = json!({"dossier": dossier("ALPHA"), "letter": letter("120/ALPHA-VP", "2020-03-01"),
        "grounds": [{"criterion": "1.1", "reason": "Đếm thiếu"}]});
    file(world, "alpha.head", input).await.ok()["fileAppeal"]["appeal"]["id"].clone()
}

/// 40 reasons of 4,000 letters of two bytes are 320 KB, more than the 256 KiB that an answer has.
#[tokio::test]
async fn findings_that_have_no_room_beside_the_appeal_are_refused() {
    let world = published().await;
    let alpha = filed(&world).await;
    forged_grounds(&world, 40, 1).await;
    let answered = async |letters: usize| -> Answer {
        let findings: Vec<Value> = (0..40)
            .map(|index| {
                let code = if index == 0 {
                    "1.1".to_owned()
                } else {
                    format!("9.{index}")
                };
                let mut found = finding(&code, "REJECTED");
                found["reason"] = json!("ư".repeat(letters));
                found
            })
            .collect();
        answer(
            &world,
            "manager",
            &alpha,
            "88/HĐTĐ",
            "2020-03-01",
            json!({"findings": findings}),
        )
        .await
    };
    assert_eq!(
        answered(4000).await.refused(),
        ("TOO_LARGE".to_owned(), "findings".to_owned())
    );
    answered(3000).await.ok();
    assert_eq!(of_unit(&world, "alpha.head", "ALPHA").await[0]["state"], "ANSWERED");
}

/// Whatever stands in the way of the last step for good takes the round back, and the job says what it was.
#[tokio::test]
async fn a_round_that_cannot_be_published_goes_back_with_the_reason() {
    let world = published().await;
    let alpha = filed(&world).await;
    let meeting = recorded(&world, "50/BB-HĐTĐ", "2020-03-01").await;
    let upheld = json!({"findings": [finding("1.1", "UPHELD")], "councilMinutesId": minutes_id(&meeting, 1)});
    answer(&world, "manager", &alpha, "88/HĐTĐ", "2020-03-01", upheld)
        .await
        .ok();
    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "88/HĐTĐ"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    let correction = json!({"unverified": [], "decisionNumber": "700/QĐ-UBND", "decisionDate": "2020-03-01",
        "correction": "Theo kiến nghị của ALPHA", "councilMinutesId": minutes_id(&meeting, 1), "appealIds": [alpha]});
    ask_to_publish_unverified(&world, correction.clone()).await.ok();

    // The appeal grows meanwhile until the number of the correction has no room in it any more.
    let round = streams::round("T-2019");
    let honest: Appeal = standing(&world, &round, "ALPHA~01").await;
    let mut full = honest.clone();
    full.grounds[0].reason = String::new();
    let frame = serde_json::to_vec(&full).unwrap().len();
    full.grounds[0].reason = "r".repeat(MAX_BODY_BYTES - frame);
    while !fits(&full) {
        full.grounds[0].reason.pop();
    }
    forge(&world, &round, &full).await;
    world.run_jobs().await;

    let stuck: Round = standing(&world, &round, "T-2019").await;
    assert_eq!(stuck.phase, stuck.deciding_phase());
    let job = stuck.job.clone().unwrap();
    let job: Job = standing(&world, &streams::job(&job), &job).await;
    assert!(!job.is_running());
    assert_eq!((job.problem_count, job.problems[0].item.as_str()), (1, "T-2019"));
    assert_eq!(job.problems[0].code, "TOO_LARGE");
    let found = world
        .send("manager", r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { phase } round(code: "T-2019") { publishedVersion } }"#, json!({}))
        .await
        .ok();
    assert_eq!(found["round"]["publishedVersion"], 1);
    assert_ne!(
        found["dossier"]["phase"], "SEALED",
        "the seal of the failed closing is off"
    );

    // Asked again as it is, it is refused at once; when the way is free, it is published.
    let refused = publish(&world, correction.clone()).await.refused();
    assert_eq!(refused, ("TOO_LARGE".to_owned(), "appealIds.0".to_owned()));
    forge(&world, &round, &honest).await;
    publish(&world, correction).await.ok();
    assert_eq!(
        of_unit(&world, "alpha.head", "ALPHA").await[0]["followedBy"],
        json!([2])
    );
    world.verified().await;
}

/// Whether the store takes a document.
fn fits(appeal: &Appeal) -> bool {
    appeal.to_put(Salt([7; 16])).unwrap().body.len() <= MAX_BODY_BYTES
}
