//! The day set for a supplement is inclusive, in the round's own time zone.

use serde_json::json;

use crate::journey::{
    ADD, DECLARE, REVIEW, accept, accepting, brought_to_appraisal, declaration, in_appraisal, leaf, look, report,
};
use crate::world::{Answer, OPEN_ROUND, World};

const ANSWER: &str = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
const FILE: &str = "mutation($i: FileDossierInput!) { fileDossier(input: $i) { commits } }";

/// More is asked of leaf 1.1 of both units, by 10 March 2020.
async fn asked(world: &World) {
    for unit in ["ALPHA", "BETA"] {
        let mut ask = accepting(unit, "1.1", &look(world, "snv.appraiser", unit, "1.1").await);
        ask["outcome"] = json!("REQUEST_SUPPLEMENT");
        ask["supplement"] = json!({"text": "Gửi danh mục nhiệm vụ", "due": "2020-03-10"});
        let input = json!({"i": {"items": [ask]}});
        world.send("snv.appraiser", REVIEW, input).await.done();
    }
}

/// What the unit may do with the opened leaf: attach, declare, file, and answer at last.
async fn acts(world: &World, unit: &str) -> [Answer; 4] {
    let officer = format!("{}.officer", unit.to_lowercase());
    let mut declared = declaration(unit, "30");
    declared["i"]["items"].as_array_mut().unwrap().truncate(1);
    let mut filed = declaration(unit, "31");
    let items = filed["i"].as_object_mut().unwrap().remove("items").unwrap();
    filed["i"]["declarations"] = json!([items[0]]);
    let answer = json!({"i": {"assessment": leaf(unit, "1.1"), "answer": "Đã bổ sung"}});
    [
        world.send(&officer, ADD, report(unit, "1.1")).await,
        world.send(&officer, DECLARE, declared).await,
        world.send(&officer, FILE, filed).await,
        world.send(&officer, ANSWER, answer).await,
    ]
}

async fn until(world: &World, last: &str, over: &str) {
    asked(world).await;
    world.set_time(last);
    for answer in acts(world, "ALPHA").await {
        answer.ok();
    }
    assert_eq!(
        look(world, "snv.appraiser", "ALPHA", "1.1").await["state"],
        "SUPPLEMENTED"
    );
    world.set_time(over);
    for answer in acts(world, "BETA").await {
        let rule = ("REJECTED".to_owned(), "SUPPLEMENT_OVERDUE".to_owned());
        assert_eq!(answer.refused(), rule);
    }
    let seen = look(world, "snv.appraiser", "BETA", "1.1").await;
    assert_eq!(seen["state"], "SUPPLEMENT_REQUESTED");
    assert_eq!(seen["links"].as_array().unwrap().len(), 1, "nothing was added late");
    world.verified().await;
}

#[tokio::test]
async fn the_last_day_ends_at_midnight_in_viet_nam() {
    let world = in_appraisal().await;
    until(&world, "2020-03-10T16:59:59.999Z", "2020-03-10T17:00:00Z").await;
}

#[tokio::test]
async fn the_last_day_of_a_round_five_hours_behind_utc_ends_there() {
    let world = World::with_framework().await;
    let open = OPEN_ROUND.replace("year: 2019", r#"year: 2019, timeZone: "America/Bogota""#);
    world.open_round(&open).await;
    let world = brought_to_appraisal(world).await;
    until(&world, "2020-03-11T04:59:59.999Z", "2020-03-11T05:00:00Z").await;
}

#[tokio::test]
async fn a_leaf_is_given_back_whatever_was_found_of_it() {
    let world = in_appraisal().await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let reopen =
        "mutation($i: ReopenLeafInput!) { reopenLeaf(input: $i) { assessment { state supplement { text due } } } }";
    let input = |due: &str| json!({"i": {"assessment": leaf("ALPHA", "1.1"), "reason": "Tệp hỏng", "due": due}});
    let past = world.send("manager", reopen, input("2020-01-01")).await;
    assert_eq!(past.refused(), ("INVALID".to_owned(), "due".to_owned()));
    let done = world.send("manager", reopen, input("2020-03-20")).await.ok();
    assert_eq!(
        done["reopenLeaf"]["assessment"],
        json!({"state": "SUPPLEMENT_REQUESTED", "supplement": {"text": "Tệp hỏng", "due": "2020-03-20"}})
    );
    // What was verified does not count until it is verified again: 27 of 32 = 0.84375 → 3.375.
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    assert_eq!(
        seen["points"]["verified"],
        json!({"points": "0", "displayed": "0.00", "open": "4"})
    );
    let mut declared = declaration("ALPHA", "27");
    declared["i"]["items"].as_array_mut().unwrap().truncate(1);
    world.send("alpha.officer", DECLARE, declared).await.done();
    let answer = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "Đã gửi lại"}});
    world.send("alpha.officer", ANSWER, answer).await.ok();
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    assert_eq!(seen["points"]["verified"]["displayed"], "3.38");
    let thread =
        r#"{ assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: "1.1"}}) { thread { kind author } } }"#;
    let seen = world.send("alpha.officer", thread, json!({})).await.ok();
    assert_eq!(
        seen["assessment"]["thread"],
        json!([{"kind": "FOUND", "author": "snv.appraiser"}, {"kind": "REOPENED", "author": "manager"},
            {"kind": "ANSWERED", "author": "alpha.officer"}, {"kind": "FOUND", "author": "snv.appraiser"}])
    );
    world.verified().await;
}
