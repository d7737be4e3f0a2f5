//! Two processes on one store meet between load and commit, in both orders; each time exactly one outcome is allowed.
//!
//! The entry number is the only lock between processes: what loaded first and commits second loads and decides again.

mod reopening;

use std::collections::BTreeSet;
use std::sync::Arc;

use minhchung::app::documents::streams;
use minhchung::app::gate::{Authority, run_as};
use minhchung::app::keep_register::RevokeGrant;
use minhchung::app::{Session, jobs};
use minhchung::domain::assessment::{Assessment, AssessmentState, Review};
use minhchung::domain::dossier::{Dossier, DossierPhase};
use minhchung::domain::registry::Role;
use minhchung::domain::round::{Publication, RankingRow, Round, RoundPhase};
use minhchung::domain::sheet::SheetNode;
use minhchung::store::entry::Header;
use minhchung::store::typed::Versioned;
use minhchung::store::{Document, Store};
use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accepting, declaration, export, in_appraisal, leaf, look, report};
use crate::support::pausing::Pausing;
use crate::world::{World, usage};

pub const PUBLISH: &str = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
pub const ADVANCE: &str = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
const REOPEN: &str = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "Đếm sai"}) { round { phase } } }"#;
const LEAVES: [&str; 2] = ["1.1", "1.2"];

/// A second process, whose acts can be held.
pub async fn second_process(world: &World) -> (World, Arc<Pausing>) {
    let store = Pausing::new(Arc::clone(&world.app.store));
    let other = world.over(|_| Arc::clone(&store) as Arc<dyn Store>).await;
    (other, store)
}

/// Documents of a type in a stream.
async fn all<D: Document>(world: &World, stream: &minhchung::store::StreamId) -> Vec<Versioned<D>> {
    Session::anonymous(&world.app).reader().all(stream).await.unwrap()
}

/// Headers of a stream's entries.
async fn history(world: &World, stream: &minhchung::store::StreamId) -> Vec<Header> {
    let entries = world.app.store.entries(stream, 1, 500).await.unwrap();
    entries.iter().map(|entry| entry.header().unwrap()).collect()
}

fn commands(history: &[Header]) -> Vec<&str> {
    history.iter().map(|header| header.command.as_str()).collect()
}

/// Asks for publication; the leaves that nobody has verified by the seal are listed, all of them.
pub async fn ask_to_publish(world: &World, units: &[&str], correction: Option<&str>) {
    let unverified: Vec<Value> = units
        .iter()
        .flat_map(|unit| LEAVES.map(|criterion| json!({"unit": unit, "criterion": criterion, "reason": "Hết hạn"})))
        .collect();
    let mut input = json!({"i": {"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28",
        "unverified": unverified}});
    if let Some(reason) = correction {
        input["i"]["correction"] = json!(reason);
    }
    world.send("manager", PUBLISH, input).await.ok();
}

async fn publish(world: &World) {
    ask_to_publish(world, &["ALPHA", "BETA"], None).await;
    world.run_jobs().await;
}

/// The newest publication is what was sealed, to the last point and entry, and says of each leaf what became of it.
pub async fn published_is_sealed(world: &World) -> Vec<RankingRow> {
    let stream = streams::round("T-2019");
    let round = all::<Round>(world, &stream).await.remove(0);
    assert_eq!(round.phase, RoundPhase::Published);
    let publications = all::<Publication>(world, &stream).await;
    let publication = publications
        .iter()
        .find(|one| Some(one.value.version) == round.published_version)
        .unwrap();
    let listed: BTreeSet<(&str, &str)> = publication
        .unverified
        .iter()
        .map(|leaf| (leaf.unit.as_str(), leaf.criterion.as_str()))
        .collect();
    let mut unverified = BTreeSet::new();
    let rows: Vec<RankingRow> = all::<RankingRow>(world, &stream)
        .await
        .into_iter()
        .map(|row| row.value)
        .filter(|row| row.publication == publication.value.version)
        .collect();
    assert_eq!(rows.iter().map(|row| row.unit.clone()).collect::<Vec<_>>(), round.units);
    let mut leaves = Vec::new();
    for row in &rows {
        let stream = streams::dossier("T-2019", &row.unit);
        let head = world.app.store.head(&stream).await.unwrap().unwrap();
        assert_eq!(
            (row.sealed_entry, &row.sealed_hash),
            (head.number, &head.hash.to_string())
        );
        assert_eq!(all::<Dossier>(world, &stream).await[0].phase, DossierPhase::Sealed);
        let sheets = all::<SheetNode>(world, &stream).await;
        assert_eq!(sheets.len(), row.nodes.len());
        for sheet in sheets {
            let published = &row.nodes[&sheet.node];
            assert_eq!(
                published.points, sheet.ledgers.last.points,
                "{} {}",
                row.unit, sheet.node
            );
            assert_eq!(published.applicable, sheet.ledgers.last.applicable);
        }
        leaves.extend(all::<Assessment>(world, &stream).await);
    }
    for leaf in leaves.iter().filter(|leaf| leaf.excluded.is_none()) {
        if leaf.state != AssessmentState::Final {
            unverified.insert((leaf.unit.as_str(), leaf.criterion.as_str()));
        }
    }
    assert_eq!(listed, unverified, "what is said to be unverified, and what is");
    rows
}

fn percent_of<'a>(rows: &'a [RankingRow], unit: &str) -> &'a str {
    let row = rows.iter().find(|row| row.unit == unit).unwrap();
    row.percent.as_deref().unwrap()
}

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
        world.send("snv.appraiser", REVIEW, input).await.ok();
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
    let document = "mutation($l: [AssessmentRef!]!) { claim(input: {round: \"T-2019\", assessments: $l}) { assessments { criterion } } }";
    let release = "mutation($l: [AssessmentRef!]!) { releaseClaim(input: {assessments: $l}) { items { criterion problem { rule } } } }";
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

/// The officer whose grant is revoked in the tests below, with that grant.
async fn with_second_officer() -> (World, String) {
    let world = World::with_round().await;
    let grant = world.person("alpha.leaving", Role::Officer, "ALPHA").await;
    (world, grant)
}

async fn revoke(world: &World, grant: String) {
    let command = RevokeGrant {
        login: "alpha.leaving".to_owned(),
        grant,
        reason: "Chuyển công tác".to_owned(),
    };
    run_as(&world.app, &Authority::System, &command, None).await.unwrap();
}

#[tokio::test]
async fn a_revocation_acknowledged_before_the_load_applies() {
    let (world, grant) = with_second_officer().await;
    let (other, store) = second_process(&world).await;
    let stream = streams::dossier("T-2019", "ALPHA");
    let late = other.send("alpha.leaving", DECLARE, declaration("ALPHA", "28"));
    let held = store.hold_load(stream.clone());
    let (answer, ()) = held.while_running(late, revoke(&world, grant)).await;
    assert_eq!(answer.refused().0, "NOT_FOUND");
    assert_eq!(commands(&history(&world, &stream).await), ["OpenDossier"]);
    world.verified().await;
}

async fn look_at(world: &World, login: &str) -> crate::world::Answer {
    let document = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { id } }"#;
    world.send(login, document, json!({})).await
}

#[tokio::test]
async fn a_revocation_after_the_load_finds_the_change_with_the_grant_it_rested_on() {
    let (world, grant) = with_second_officer().await;
    let (other, store) = second_process(&world).await;
    let user = streams::user("alpha.leaving");
    let granted = world.app.store.head(&user).await.unwrap().unwrap();
    let document = "mutation($i: DeclareInput!) { declare(input: $i) { dossier { total { declared { points } } } } }";
    let late = other.send("alpha.leaving", document, declaration("ALPHA", "28"));
    let held = store.hold_commit("Declare");
    let (answer, ()) = held.while_running(late, revoke(&world, grant)).await;
    // What was done is told to who did it, with the rights that it rested on; the next request has others.
    assert_eq!(answer.ok()["declare"]["dossier"]["total"]["declared"]["points"], "7/2");
    let next = look_at(&other, "alpha.leaving").await;
    assert_eq!(next.refused().0, "NOT_FOUND");
    let made = history(&world, &streams::dossier("T-2019", "ALPHA")).await;
    let declared = made.last().unwrap();
    assert_eq!(
        (declared.command.as_str(), declared.actor.as_str()),
        ("Declare", "alpha.leaving")
    );
    let basis = declared.basis.iter().find(|one| one.stream == user).unwrap();
    assert_eq!((basis.number, basis.hash), (granted.number, granted.hash));
    world.verified().await;
}

#[tokio::test]
async fn an_attempt_that_has_to_load_again_meets_the_revocation() {
    let (world, grant) = with_second_officer().await;
    let (other, store) = second_process(&world).await;
    let late = other.send("alpha.leaving", DECLARE, declaration("ALPHA", "20"));
    let early = async {
        revoke(&world, grant).await;
        world
            .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
            .await
            .ok();
    };
    let (answer, ()) = store.hold_commit("Declare").while_running(late, early).await;
    assert_eq!(answer.refused().0, "NOT_FOUND");
    let made = history(&world, &streams::dossier("T-2019", "ALPHA")).await;
    assert_eq!(made.last().unwrap().actor, "alpha.officer");
    assert_eq!(made.len(), 2);
    world.verified().await;
}

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

/// A worker that was thought dead wakes up in the middle of a job that another one has finished.
#[tokio::test]
async fn a_worker_that_lost_its_lease_publishes_nothing_twice() {
    for step in ["SealDossier", "PutRanking", "Publish"] {
        let world = in_appraisal().await;
        let (other, store) = second_process(&world).await;
        ask_to_publish(&world, &["ALPHA", "BETA"], None).await;
        let asleep = async { jobs::run_pending(&other.app, "asleep").await.unwrap() };
        let awake = async {
            world.set_time("2020-03-01T03:00:00Z");
            world.run_jobs().await;
            published_is_sealed(&world).await
        };
        let (finished, rows) = store.hold_commit(step).while_running(asleep, awake).await;
        assert_eq!(finished, 0, "{step}");
        assert_eq!(published_is_sealed(&world).await, rows);
        assert_eq!(all::<Publication>(&world, &streams::round("T-2019")).await.len(), 1);
        world.verified().await;
    }
}

/// It does not put the seal on a dossier that has been reopened for a correction in the meantime either.
#[tokio::test]
async fn a_worker_that_lost_its_lease_seals_no_reopened_dossier() {
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    ask_to_publish(&world, &["ALPHA", "BETA"], None).await;
    let asleep = async { jobs::run_pending(&other.app, "asleep").await.unwrap() };
    let awake = async {
        world.set_time("2020-03-01T03:00:00Z");
        world.run_jobs().await;
        world.send("manager", REOPEN, json!({})).await.ok();
    };
    store.hold_commit("SealDossier").while_running(asleep, awake).await;
    let stream = streams::dossier("T-2019", "ALPHA");
    assert_eq!(all::<Dossier>(&world, &stream).await[0].phase, DossierPhase::Appraisal);
    // The correction goes on where it was.
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let input = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    world.send("snv.appraiser", REVIEW, input).await.ok();
    ask_to_publish(&world, &["ALPHA", "BETA"], Some("Đếm sai")).await;
    world.run_jobs().await;
    assert_eq!(percent_of(&published_is_sealed(&world).await, "ALPHA"), "66.00");
    world.verified().await;
}

/// A worker that takes seals off after a failed closing does not take off those of the next one.
#[tokio::test]
async fn a_worker_that_lost_its_lease_takes_no_later_seal_off() {
    let world = in_appraisal().await;
    let (other, store) = second_process(&world).await;
    // BETA's leaves are not listed: ALPHA is sealed, BETA cannot be, and the seal comes off again.
    ask_to_publish(&world, &["ALPHA"], None).await;
    let asleep = async { jobs::run_pending(&other.app, "asleep").await.unwrap() };
    let awake = async {
        world.set_time("2020-03-01T03:00:00Z");
        world.run_jobs().await;
        publish(&world).await;
        published_is_sealed(&world).await
    };
    let (_, rows) = store.hold_commit("ReopenDossier").while_running(asleep, awake).await;
    assert_eq!(published_is_sealed(&world).await, rows);
    world.verified().await;
}

#[tokio::test]
async fn two_openings_of_one_round_are_one() {
    let world = World::with_round().await;
    let (other, store) = second_process(&world).await;
    let open = |year: u16| {
        format!(
            r#"mutation {{ openRound(input: {{code: "T-2020", name: {{vi: "Kỳ", en: "Round"}}, year: {year}, owner: "SNV",
            frameworks: [{{unitType: "SO", framework: "T@1"}}]}}) {{ round {{ phase jobId }} }} }}"#
        )
    };
    let (same, opened) = (open(2020), open(2020));
    let late = other.send("manager", &same, json!({}));
    let early = world.send("manager", &opened, json!({}));
    let (second, first) = store.hold_commit("OpenRound").while_running(late, early).await;
    assert_eq!(second.ok(), first.ok());
    world.run_jobs().await;
    let other_year = open(2021);
    assert_eq!(
        world.send("manager", &other_year, json!({})).await.refused().1,
        "ROUND_EXISTS"
    );
    for unit in ["ALPHA", "BETA"] {
        let made = history(&world, &streams::dossier("T-2020", unit)).await;
        assert_eq!(commands(&made), ["OpenDossier"]);
    }
    world.verified().await;
}
