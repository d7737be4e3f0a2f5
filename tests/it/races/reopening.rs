//! Corrections against the next publication.

use minhchung::app::documents::streams;
use minhchung::domain::dossier::{Dossier, DossierPhase};
use serde_json::json;

use super::{PUBLISH, REOPEN, all, ask_to_publish, publish, published_is_sealed, second_process};
use crate::journey::in_appraisal;

/// Two reopen a dossier; one of them gets it, corrects and publishes before the other's entry comes.
#[tokio::test]
async fn a_reopening_that_comes_after_the_next_publication_opens_nothing() {
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    publish(&world).await;
    let late = other.send("manager", REOPEN, json!({}));
    let early = async {
        world.send("manager", REOPEN, json!({})).await.ok();
        ask_to_publish(&world, &["ALPHA", "BETA"], Some("Đếm sai")).await;
        world.run_jobs().await;
        published_is_sealed(&world).await
    };
    let (late, rows) = store.hold_commit("ReopenDossier").while_running(late, early).await;
    assert_eq!(late.refused(), ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()));
    assert_eq!(published_is_sealed(&world).await, rows);
    world.verified().await;
}

#[tokio::test]
async fn a_round_is_not_published_again_while_a_dossier_is_being_reopened() {
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    publish(&world).await;
    let late = other.send("manager", REOPEN, json!({}));
    let again = json!({"i": {"round": "T-2019", "decisionNumber": "618/QĐ-UBND", "decisionDate": "2020-02-28",
        "correction": "Đếm sai"}});
    let early = async { world.send("manager", PUBLISH, again.clone()).await.refused() };
    let (late, early) = store.hold_commit("ReopenDossier").while_running(late, early).await;
    assert_eq!(early, ("REJECTED".to_owned(), "REOPENING".to_owned()));
    assert_eq!(late.ok()["reopenDossier"]["round"]["phase"], "APPRAISAL");
    let stream = streams::dossier("T-2019", "ALPHA");
    assert_eq!(all::<Dossier>(&world, &stream).await[0].phase, DossierPhase::Appraisal);
    ask_to_publish(&world, &["ALPHA", "BETA"], Some("Đếm sai")).await;
    world.run_jobs().await;
    published_is_sealed(&world).await;
    world.verified().await;
}
