//! Two appraisers at one leaf.

use minhchung::app::documents::streams;
use minhchung::domain::assessment::Review;
use serde_json::json;

use super::{all, second_process};
use crate::journey::{REVIEW, accepting, in_appraisal, look};

#[tokio::test]
async fn of_two_reviews_of_one_leaf_the_second_is_stale() {
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut correcting = accepting("ALPHA", "1.1", &seen);
    correcting["corrections"] =
        json!([{"input": "completed", "value": {"count": "26"}, "reason": "Đếm lại", "basis": "OWN_DATA"}]);
    let late = other.send(
        "snv.second",
        REVIEW,
        json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}}),
    );
    let early = world.send("snv.appraiser", REVIEW, json!({"i": {"items": [correcting]}}));
    let (second, first) = store.hold_commit("ReviewLeaves").while_running(late, early).await;
    first.ok();
    assert_eq!(second.refused().0, "REJECTED");
    let done = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    assert_eq!(done["points"]["verified"]["points"], "13/4");
    assert_eq!(
        all::<Review>(&world, &streams::dossier("T-2019", "ALPHA")).await.len(),
        1
    );
    world.verified().await;
}

#[tokio::test]
async fn a_claim_that_commits_first_keeps_the_review_of_another_away() {
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    let seen = look(&world, "snv.second", "ALPHA", "1.1").await;
    let late = other.send(
        "snv.second",
        REVIEW,
        json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}}),
    );
    let claim =
        r#"mutation { claim(input: {round: "T-2019", filter: {unit: "ALPHA"}}) { assessments { criterion } } }"#;
    let early = world.send("snv.appraiser", claim, json!({}));
    let (review, claimed) = store.hold_commit("ReviewLeaves").while_running(late, early).await;
    claimed.ok();
    assert_eq!(review.refused(), ("REJECTED".to_owned(), "CLAIMED".to_owned()));
    world.verified().await;
}
