//! Declarations, evidence and submissions against each other and against the close of the phase.

use minhchung::app::documents::streams;
use minhchung::app::jobs;
use minhchung::domain::assessment::Assessment;
use minhchung::domain::dossier::{Dossier, DossierPhase};
use minhchung::domain::registry::Role;
use minhchung::store::entry::Header;
use serde_json::json;

use super::{ADVANCE, all, commands, history, second_process};
use crate::journey::{ADD, DECLARE, SUBMIT, declaration, export, look, report};
use crate::world::{World, usage};

#[tokio::test]
async fn a_declaration_against_the_close_of_self_assessment() {
    let prepared = || async {
        let world = World::with_round().await;
        let (other, store) = second_process(&world).await;
        (world, other, store)
    };
    // The phase closes first: the declaration is rejected.
    let (world, other, store) = prepared().await;
    let late = other.send("alpha.officer", DECLARE, declaration("ALPHA", "28"));
    let close = async {
        world.send("manager", ADVANCE, json!({})).await.ok();
        world.run_jobs().await;
    };
    let (answer, ()) = store.hold_commit("Declare").while_running(late, close).await;
    assert_eq!(answer.refused(), ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()));
    let leaves = all::<Assessment>(&world, &streams::dossier("T-2019", "ALPHA")).await;
    assert!(leaves.iter().all(|leaf| leaf.declaration.is_none()));
    world.verified().await;

    // The declaration commits first: it stands, and the phase closes over it.
    let (world, other, store) = prepared().await;
    world.send("manager", ADVANCE, json!({})).await.ok();
    let close = async { jobs::run_pending(&other.app, "other").await.unwrap() };
    let early = async {
        world
            .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
            .await
            .ok()
    };
    store.hold_commit("AdvanceDossier").while_running(close, early).await;
    let stream = streams::dossier("T-2019", "ALPHA");
    assert_eq!(all::<Dossier>(&world, &stream).await[0].phase, DossierPhase::Appraisal);
    let leaves = all::<Assessment>(&world, &stream).await;
    assert_eq!(leaves.iter().filter(|leaf| leaf.declaration.is_some()).count(), 2);
    assert_eq!(
        commands(&history(&world, &stream).await),
        ["OpenDossier", "Declare", "AdvanceDossier"]
    );
    world.verified().await;
}

#[tokio::test]
async fn two_sends_of_one_key_make_one_document_and_one_answer() {
    let world = World::with_round().await;
    let (other, store) = second_process(&world).await;
    let mut input = report("ALPHA", "1.1");
    input["i"]["idempotencyKey"] = json!("portal-1");
    let late = other.send("alpha.officer", ADD, input.clone());
    let early = world.send("alpha.officer", ADD, input.clone());
    let (second, first) = store.hold_commit("AddEvidence").while_running(late, early).await;
    assert_eq!(second.ok(), first.ok());
    let stream = streams::dossier("T-2019", "ALPHA");
    assert_eq!(
        commands(&history(&world, &stream).await),
        ["OpenDossier", "AddEvidence"]
    );

    // The same key with other input is refused, though it had been free when it was looked up.
    let mut one = report("ALPHA", "1.1");
    one["i"]["idempotencyKey"] = json!("portal-2");
    let mut two = one.clone();
    two["i"]["title"] = json!("Khác");
    let late = other.send("alpha.officer", ADD, two);
    let early = world.send("alpha.officer", ADD, one);
    let (second, first) = store.hold_commit("AddEvidence").while_running(late, early).await;
    first.ok();
    assert_eq!(second.refused(), ("INVALID".to_owned(), "idempotencyKey".to_owned()));
    assert_eq!(history(&world, &stream).await.len(), 3);
    world.verified().await;
}

async fn ready_to_submit() -> World {
    let world = World::with_round().await;
    world.person("alpha.second", Role::Head, "ALPHA").await;
    world.send("alpha.officer", ADD, report("ALPHA", "1.1")).await.ok();
    world
        .send("alpha.officer", ADD, export("ALPHA", &usage(12, 30, 100)))
        .await
        .ok();
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    world
}

#[tokio::test]
async fn of_two_heads_the_one_who_commits_first_has_submitted() {
    for (early, late) in [("alpha.head", "alpha.second"), ("alpha.second", "alpha.head")] {
        let world = ready_to_submit().await;
        let (other, store) = second_process(&world).await;
        let held = other.send(late, SUBMIT, json!({"u": "ALPHA"}));
        let quick = world.send(early, SUBMIT, json!({"u": "ALPHA"}));
        let (second, first) = store.hold_commit("SubmitDossier").while_running(held, quick).await;
        first.ok();
        assert_eq!(
            second.refused(),
            ("REJECTED".to_owned(), "ALREADY_SUBMITTED".to_owned())
        );
        let stream = streams::dossier("T-2019", "ALPHA");
        let submissions: Vec<Header> = history(&world, &stream)
            .await
            .into_iter()
            .filter(|header| header.command == "SubmitDossier")
            .collect();
        assert_eq!(submissions.len(), 1);
        assert_eq!(submissions[0].actor, early);
        let found = all::<Dossier>(&world, &stream).await;
        assert_eq!(found[0].submitted_by.as_deref(), Some(early));
        world.verified().await;
    }
}

#[tokio::test]
async fn evidence_added_while_the_head_submits_is_either_submitted_or_refused() {
    let world = ready_to_submit().await;
    let (other, store) = second_process(&world).await;
    let late = other.send("alpha.officer", ADD, report("ALPHA", "1.1"));
    let submit = world.send("alpha.head", SUBMIT, json!({"u": "ALPHA"}));
    let (added, submitted) = store.hold_commit("AddEvidence").while_running(late, submit).await;
    submitted.ok();
    assert_eq!(added.refused().1, "ALREADY_SUBMITTED");

    let world = ready_to_submit().await;
    let (other, store) = second_process(&world).await;
    let late = other.send("alpha.head", SUBMIT, json!({"u": "ALPHA"}));
    let add = world.send("alpha.officer", ADD, report("ALPHA", "1.1"));
    let (submitted, added) = store.hold_commit("SubmitDossier").while_running(late, add).await;
    added.ok();
    submitted.ok();
    assert_eq!(
        look(&world, "alpha.officer", "ALPHA", "1.1").await["links"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    world.verified().await;
}
