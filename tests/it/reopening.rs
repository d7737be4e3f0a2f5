//! Giving a whole dossier back to its unit, and taking one from behind the seal after the round was given other dates.

use serde_json::{Value, json};

use crate::journey::{accept, brought_to_appraisal, dossier, in_appraisal, leaf, publish_unverified};
use crate::world::{Answer, OPEN_ROUND, World};

const REOPEN: &str = "mutation($i: ReopenUnitInput!) { reopenUnit(input: $i) { criteria receipt { stream entry }
    dossier { assessments { criterion state supplement { text due } points { verified { displayed } } } } } }";

async fn reopen(world: &World, fields: &[&str], due: &str) -> Answer {
    let input = json!({"i": {"dossier": dossier("ALPHA"), "fields": fields, "reason": "Nộp lại toàn bộ", "due": due}});
    world.send("manager", REOPEN, input).await
}

#[tokio::test]
async fn a_whole_unit_is_given_back_in_one_commit() {
    let world = in_appraisal().await;
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let before = world.entries("ALPHA").await;
    let unknown = reopen(&world, &["1", "9"], "2020-03-20").await;
    assert_eq!(unknown.errors[0].0, "NOT_FOUND");
    assert_eq!(unknown.errors[0].2.as_deref(), Some("fields.1"));
    let past = reopen(&world, &[], "2020-02-29").await.refused();
    assert_eq!(past, ("INVALID".to_owned(), "due".to_owned()));
    // A survey is not the unit's to declare, and field 2 has nothing else.
    assert_eq!(reopen(&world, &["2"], "2020-03-20").await.refused().1, "SURVEY_LEAF");
    assert_eq!(world.entries("ALPHA").await, before);

    let done = reopen(&world, &[], "2020-03-20").await.ok()["reopenUnit"].clone();
    assert_eq!(done["criteria"], json!(["1.1", "1.2"]));
    assert_eq!(
        done["receipt"],
        json!({"stream": "dossier:T-2019/ALPHA", "entry": (before + 1).to_string()})
    );
    assert_eq!(world.entries("ALPHA").await, before + 1);
    // The survey of 4.1 stays: 31/40 of four points. What was verified does not count until it is verified again.
    let given_back = json!({"text": "Nộp lại toàn bộ", "due": "2020-03-20"});
    let line = |criterion: &str, state: &str, supplement: Value, points: &str| json!({"criterion": criterion, "state": state, "supplement": supplement, "points": {"verified": {"displayed": points}}});
    assert_eq!(
        done["dossier"]["assessments"],
        json!([
            line("1.1", "SUPPLEMENT_REQUESTED", given_back.clone(), "0.00"),
            line("1.2", "SUPPLEMENT_REQUESTED", given_back, "0.00"),
            line("2.1", "VERIFIED", Value::Null, "3.10"),
        ])
    );
    let thread = r#"query($c: String!) { assessment(ref: {key: {round: "T-2019", unit: "ALPHA", criterion: $c}}) { thread { kind author text } } }"#;
    for (criterion, last) in [("1.1", 1), ("1.2", 0)] {
        let seen = world.send("alpha.officer", thread, json!({"c": criterion})).await.ok();
        let reopened = json!({"kind": "REOPENED", "author": "manager", "text": "Nộp lại toàn bộ"});
        assert_eq!(seen["assessment"]["thread"][last], reopened, "{criterion}");
    }
    // It is the unit's turn, leaf by leaf; BETA is not touched.
    let waiting = async || {
        let queue = r#"{ reviewQueue(round: "T-2019", order: UNIT) { nodes { unitCode criterion } } }"#;
        world.send("snv.appraiser", queue, json!({})).await.ok()["reviewQueue"]["nodes"].clone()
    };
    let beta = json!({"unitCode": "BETA", "criterion": "1.1"});
    assert_eq!(waiting().await, json!([beta]));
    let answer = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    let input = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "Đã gửi lại"}});
    world.send("alpha.officer", answer, input).await.ok();
    assert_eq!(
        waiting().await,
        json!([{"unitCode": "ALPHA", "criterion": "1.1"}, beta])
    );
    // Sent again it takes nothing back: neither the answer nor the question that is still open.
    let again = reopen(&world, &[], "2020-03-04").await.ok()["reopenUnit"].clone();
    assert_eq!(again["criteria"], json!([]));
    let leaves = &again["dossier"]["assessments"];
    assert_eq!(
        (&leaves[0]["state"], &leaves[1]["state"]),
        (&json!("SUPPLEMENTED"), &json!("SUPPLEMENT_REQUESTED"))
    );
    assert_eq!(leaves[1]["supplement"]["due"], "2020-03-20");
    accept(&world, "snv.appraiser", "ALPHA", "1.1").await;
    world.verified().await;
}

#[tokio::test]
async fn a_field_is_given_back_without_what_does_not_apply() {
    let world = in_appraisal().await;
    let exclude = r#"mutation { setNotApplicable(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, criterion: "1.1",
        reason: "Không có", document: "CV 1"}) { dossier { id } } }"#;
    world.send("manager", exclude, json!({})).await.ok();
    let done = reopen(&world, &["1"], "2020-03-20").await.ok();
    assert_eq!(done["reopenUnit"]["criteria"], json!(["1.2"]));
    world.verified().await;
}

/// Behind the seal a dossier hears nothing of other dates.
#[tokio::test]
async fn a_dossier_that_is_reopened_takes_the_dates_that_the_round_has_by_then() {
    let world = World::with_framework().await;
    let dated = r#"year: 2019, calendar: {selfAssessment: "2020-03-05", appraisal: "2020-03-20"}"#;
    world.open_round(&OPEN_ROUND.replace("year: 2019", dated)).await;
    let world = brought_to_appraisal(world).await;
    // Nobody could judge on the day after the last what the unit has done until then.
    let late = ("INVALID".to_owned(), "due".to_owned());
    assert_eq!(reopen(&world, &[], "2020-03-21").await.refused(), late);
    publish_unverified(&world).await;
    let take = async |unit: &str| {
        let document = "mutation($i: ReturnDossierInput!) { reopenDossier(input: $i) { round { phase } } }";
        let input = json!({"i": {"dossier": dossier(unit), "reason": "Đếm sai"}});
        world.send("manager", document, input).await.ok();
    };
    take("ALPHA").await;
    let set = "mutation($i: SetCalendarInput!) { setCalendar(input: $i) { round { phase } } }";
    let calendar = json!({"selfAssessment": "2020-03-05", "appraisal": "2020-03-25"});
    let input = json!({"i": {"round": "T-2019", "calendar": calendar, "reason": "Theo công văn 12/UBND"}});
    world.send("manager", set, input).await.ok();
    world.run_jobs().await;
    take("BETA").await;
    let queue = r#"{ reviewQueue(round: "T-2019", order: UNIT) { nodes { unitCode due } } }"#;
    let seen = world.send("snv.appraiser", queue, json!({})).await.ok();
    assert_eq!(
        seen["reviewQueue"]["nodes"],
        json!([{"unitCode": "ALPHA", "due": "2020-03-25"}, {"unitCode": "BETA", "due": "2020-03-25"}])
    );
    // After the day that it was sealed with.
    world.set_time("2020-03-22T02:00:00Z");
    accept(&world, "snv.appraiser", "BETA", "1.1").await;
    world.verified().await;
}
