//! Reviews and claims against the seal and the publication.

use minhchung::app::documents::streams;
use minhchung::app::jobs;
use minhchung::domain::assessment::Review;
use serde_json::json;

use super::{all, ask_to_publish, commands, history, percent_of, publish, published_is_sealed, second_process};
use crate::journey::{REVIEW, accepting, in_appraisal, leaf, look};

#[tokio::test]
async fn a_review_that_commits_after_the_seal_is_rejected_and_counts_nowhere() {
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let input = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    let late = other.send("snv.appraiser", REVIEW, input);
    let (answer, ()) = store
        .hold_commit("ReviewLeaves")
        .while_running(late, publish(&world))
        .await;
    assert_eq!(answer.refused(), ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()));
    // The survey alone: 3.1 and 2 of 10.
    let rows = published_is_sealed(&world).await;
    assert_eq!(
        (percent_of(&rows, "ALPHA"), percent_of(&rows, "BETA")),
        ("31.00", "20.00")
    );
    assert!(
        all::<Review>(&world, &streams::dossier("T-2019", "ALPHA"))
            .await
            .is_empty()
    );
    world.verified().await;
}

#[tokio::test]
async fn a_review_that_commits_before_the_seal_is_sealed_and_published() {
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    ask_to_publish(&world, &["ALPHA", "BETA"], None).await;
    let seal = async { jobs::run_pending(&other.app, "other").await.unwrap() };
    let review = async {
        let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
        let input = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
        world.send("snv.appraiser", REVIEW, input).await.done();
    };
    let (finished, ()) = store.hold_commit("SealDossier").while_running(seal, review).await;
    assert_eq!(finished, 1);
    // 28 of 32 of 4 points, and the survey: 3.5 + 3.1.
    let rows = published_is_sealed(&world).await;
    assert_eq!(
        (percent_of(&rows, "ALPHA"), percent_of(&rows, "BETA")),
        ("66.00", "20.00")
    );
    let made = history(&world, &streams::dossier("T-2019", "ALPHA")).await;
    assert_eq!(commands(&made)[made.len() - 2..], ["ReviewLeaves", "SealDossier"]);
    world.verified().await;
}

#[tokio::test]
async fn a_review_while_the_ranking_is_written_is_rejected() {
    for step in ["PutRanking", "Publish"] {
        let world = in_appraisal().await;
        let (other, store) = second_process(&world).await;
        ask_to_publish(&world, &["ALPHA", "BETA"], None).await;
        let closing = async { jobs::run_pending(&other.app, "other").await.unwrap() };
        let review = async {
            let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
            let input = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
            world.send("snv.appraiser", REVIEW, input).await.refused()
        };
        let (_, refused) = store.hold_commit(step).while_running(closing, review).await;
        assert_eq!(refused, ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()), "{step}");
        published_is_sealed(&world).await;
        world.verified().await;
    }
}

/// A sealed dossier takes no entry at all, not even one that changes no point.
#[tokio::test]
async fn a_claim_against_the_seal_is_rejected() {
    let document = "mutation($l: [AssessmentRef!]!) { claim(input: {round: \"T-2019\", assessments: $l}) { items { problem { code rule } } } }";
    let release = "mutation($l: [AssessmentRef!]!) { releaseClaim(input: {assessments: $l}) { items { criterion problem { code rule } } } }";
    let claim = json!({"l": [leaf("ALPHA", "1.1")]});
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    let late = other.send("snv.appraiser", document, claim.clone());
    let (answer, ()) = store.hold_commit("Claim").while_running(late, publish(&world)).await;
    assert_eq!(answer.refused(), ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()));
    published_is_sealed(&world).await;

    // One that was held before the seal is over with it.
    let world = in_appraisal().await;
    world.send("snv.appraiser", document, claim.clone()).await.ok();
    publish(&world).await;
    for act in [release, document] {
        let answer = world.send("snv.appraiser", act, claim.clone()).await;
        assert_eq!(answer.refused(), ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()));
    }
    published_is_sealed(&world).await;
    world.verified().await;
}
