//! Reviews that must not be made.

use serde_json::{Value, json};

use super::refused;
use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accepting, declaration, in_appraisal, leaf, look, report};
use crate::world::World;

/// A review with one thing changed, and what is expected of it.
type Case<'a> = (&'a str, &'a dyn Fn(&mut Value), (&'a str, &'a str), &'a str);

async fn review_refused(world: &World, login: &str, good: &Value, cases: &[Case<'_>]) {
    for (case, change, expected, says) in cases {
        let mut item = good.clone();
        change(&mut item);
        let request = || {
            let body = json!({"query": REVIEW, "variables": {"i": {"items": [item]}}});
            world.server.post(login).json(&body)
        };
        refused(world, case, request, *expected, says).await;
    }
}

#[tokio::test]
async fn what_a_review_must_not_do_is_refused() {
    let world = in_appraisal().await;
    let good = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    let rejected = |item: &mut Value| item["verdicts"][0]["kind"] = json!("REJECTED");
    let correction = |count: &'static str| {
        move |item: &mut Value| {
            item["corrections"] =
                json!([{"input": "completed", "value": {"count": count}, "reason": "r", "basis": "OWN_DATA"}]);
        }
    };
    let long = json!("ă".repeat(4001));
    let cases: [Case<'_>; 19] = [
        (
            "a stale version",
            &|item| item["expectedVersion"] = json!("1"),
            ("REJECTED", "STALE_VERSION"),
            "look at it again",
        ),
        (
            "no version",
            &|item| drop(item.as_object_mut().unwrap().remove("expectedVersion")),
            ("INVALID", "items.0"),
            "expectedVersion",
        ),
        (
            "an unjudged link",
            &|item| item["verdicts"] = json!([]),
            ("REJECTED", "LINK_NOT_JUDGED"),
            "every link needs a verdict",
        ),
        (
            "a revision that is not the newest",
            &|item| item["verdicts"][0]["revision"] = json!(2),
            ("REJECTED", "REVISION_CHANGED"),
            "look at the new one",
        ),
        (
            "a rejection without a reason",
            &|item| rejected(item),
            ("INVALID", "items.0.verdicts.0.reason"),
            "",
        ),
        (
            "verified on a rejected document",
            &|item| {
                rejected(item);
                item["verdicts"][0]["reason"] = json!("NOT_SIGNED");
                item["verdicts"][0]["text"] = json!("Chưa ký");
            },
            ("REJECTED", "EVIDENCE_NOT_ACCEPTED"),
            "accept it or waive it with a reason",
        ),
        (
            "corrected to more than all",
            &correction("33"),
            ("INVALID", "items.0.corrections.completed"),
            "",
        ),
        (
            "corrected below zero",
            &correction("-1"),
            ("INVALID", "items.0.corrections.completed"),
            "must not be negative",
        ),
        (
            "corrected to words",
            &correction("nhiều"),
            ("INVALID", "items.0.corrections.0.value.count"),
            "expected type \"Decimal\"",
        ),
        (
            "a supplement that says nothing",
            &|item| item["outcome"] = json!("REQUEST_SUPPLEMENT"),
            ("INVALID", "items.0.supplement"),
            "",
        ),
        (
            "a link judged twice",
            &|item| {
                let verdict = item["verdicts"][0].clone();
                item["verdicts"].as_array_mut().unwrap().push(verdict);
            },
            ("INVALID", "items.0.verdicts.1.link"),
            "judge it once",
        ),
        (
            "verified although more is asked for",
            &|item| item["verdicts"][0]["kind"] = json!("SUPPLEMENT"),
            ("INVALID", "items.0.verdicts.0.kind"),
            "REQUEST_SUPPLEMENT",
        ),
        (
            "a verdict without end",
            &|item| item["verdicts"][0]["text"] = long.clone(),
            ("INVALID", "items.0.verdicts.0.text"),
            "4000 characters",
        ),
        (
            "a comment without end",
            &|item| item["comment"] = long.clone(),
            ("INVALID", "items.0.comment"),
            "4000 characters",
        ),
        (
            "a waiver's reason without end",
            &|item| item["waivers"] = json!([{"requirement": "REPORT", "reason": long}]),
            ("INVALID", "items.0.waivers.REPORT"),
            "4000 characters",
        ),
        (
            "a correction's reason without end",
            &|item| {
                correction("26")(item);
                item["corrections"][0]["reason"] = long.clone();
            },
            ("INVALID", "items.0.corrections.completed.reason"),
            "4000 characters",
        ),
        (
            "a correction stated twice",
            &|item| {
                correction("26")(item);
                let again = item["corrections"][0].clone();
                item["corrections"].as_array_mut().unwrap().push(again);
            },
            ("INVALID", "items.0.corrections.1"),
            "send it once",
        ),
        (
            "a waiver stated twice",
            &|item| {
                let waiver = json!({"requirement": "REPORT", "reason": "r"});
                item["waivers"] = json!([waiver, waiver]);
            },
            ("INVALID", "items.0.waivers.1"),
            "send it once",
        ),
        (
            "an outcome that there is not",
            &|item| item["outcome"] = json!("LIKE"),
            ("INVALID", "items.0.outcome"),
            "does not contain the value \"LIKE\"",
        ),
    ];
    review_refused(&world, "snv.appraiser", &good, &cases).await;

    // A leaf twice in one call, and the same fault in a replacement is named by its own path.
    let twice = json!({"i": {"items": [good, good]}});
    let request = || {
        let body = json!({"query": REVIEW, "variables": twice});
        world.server.post("snv.appraiser").json(&body)
    };
    let place = ("INVALID", "items.1.assessment");
    refused(&world, "a leaf twice", request, place, "send it once").await;

    let claim =
        r#"mutation { claim(input: {round: "T-2019", filter: {unit: "ALPHA"}}) { assessments { criterion } } }"#;
    world.send("snv.appraiser", claim, json!({})).await.ok();
    let held: [Case<'_>; 1] = [(
        "a leaf that another holds",
        &|_| (),
        ("REJECTED", "CLAIMED"),
        "take another one",
    )];
    review_refused(&world, "snv.second", &good, &held).await;
}

#[tokio::test]
async fn a_replacement_is_held_to_the_same_by_its_own_path() {
    let world = in_appraisal().await;
    let first = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    let input = json!({"i": {"items": [first]}});
    world.send("snv.appraiser", REVIEW, input).await.done();
    let mut item = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    item["verdicts"][0]["kind"] = json!("SUPPLEMENT");
    let revise = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
    for (case, reason, field) in [
        ("a verdict", "Xem lại".to_owned(), "item.verdicts.0.kind"),
        ("a reason without end", "ă".repeat(4001), "reason"),
    ] {
        let request = || {
            let body = json!({"query": revise, "variables": {"i": {"item": item, "reason": reason}}});
            world.server.post("snv.appraiser").json(&body)
        };
        refused(&world, case, request, ("INVALID", field), "").await;
    }
}

#[tokio::test]
async fn each_phase_has_its_own_acts() {
    let world = World::with_round().await;
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    let good = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    let early: [Case<'_>; 1] = [(
        "a review before the appraisal",
        &|_| (),
        ("REJECTED", "WRONG_PHASE"),
        "SELF_ASSESSMENT",
    )];
    review_refused(&world, "snv.appraiser", &good, &early).await;

    let world = in_appraisal().await;
    let answer = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    for (case, login, document, variables, rule) in [
        (
            "declaring",
            "alpha.officer",
            DECLARE,
            declaration("ALPHA", "1"),
            "WRONG_PHASE",
        ),
        (
            "adding evidence",
            "alpha.officer",
            ADD,
            report("ALPHA", "1.1"),
            "WRONG_PHASE",
        ),
        (
            "submitting again",
            "alpha.head",
            SUBMIT,
            json!({"u": "ALPHA"}),
            "WRONG_PHASE",
        ),
        (
            "answering what nobody asked",
            "alpha.officer",
            answer,
            json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "a"}}),
            "WRONG_STATE",
        ),
    ] {
        let request = || {
            let body = json!({"query": document, "variables": variables});
            world.server.post(login).json(&body)
        };
        refused(&world, case, request, ("REJECTED", rule), "").await;
    }
}
