//! Jobs: a worker that was thought dead wakes up; two starts of one job.

use minhchung::app::documents::streams;
use minhchung::app::jobs;
use minhchung::app::jobs::Job;
use minhchung::domain::dossier::{Dossier, DossierPhase};
use minhchung::domain::round::{Publication, Round, RoundPhase};
use serde_json::json;

use super::{REOPEN, all, ask_to_publish, commands, history, percent_of, publish, published_is_sealed, second_process};
use crate::journey::{REVIEW, accepting, in_appraisal, look};
use crate::support::forging::{forge, standing};
use crate::world::World;

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
    world.send("snv.appraiser", REVIEW, input).await.done();
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

/// Somebody else takes the job over, and has not done anything for it yet.
async fn take_over(world: &World) -> Job {
    let heads = world.app.store.heads(None, 500).await.unwrap();
    let (stream, _) = heads.iter().rfind(|(stream, _)| stream.kind() == "job").unwrap();
    for (stream, _) in heads.iter().filter(|(stream, _)| stream.kind() == "job") {
        let mut job: Job = standing(world, stream, stream.key()).await;
        if let Some(lease) = &mut job.lease {
            lease.owner = "awake".to_owned();
            lease.fence += 1;
            forge(world, stream, &job).await;
            return job;
        }
    }
    panic!("nobody works on {stream}")
}

/// The other worker has taken the job, but nothing has moved in the dossiers: the fence alone stands in the way.
#[tokio::test]
async fn a_worker_that_lost_its_lease_commits_no_further_step_and_no_report() {
    // Two dossiers: the next step is not taken. One dossier: the next is the report.
    for units in [&["ALPHA", "BETA"][..], &["ALPHA"]] {
        let world = World::with_round().await;
        let (other, store) = second_process(&world).await;
        let open = format!(
            r#"mutation {{ openRound(input: {{code: "T-2020", name: {{vi: "Kỳ", en: "Round"}}, year: 2020, owner: "SNV",
            units: {units:?}, frameworks: [{{unitType: "SO", framework: "T@1"}}]}}) {{ round {{ phase }} }} }}"#
        );
        world.send("manager", &open, json!({})).await.ok();
        let asleep = async { jobs::run_pending(&other.app, "asleep").await.unwrap() };
        let (finished, taken) = store
            .hold_commit("OpenDossier")
            .while_running(asleep, take_over(&world))
            .await;
        assert_eq!(finished, 0);
        // What had been decided before the takeover stands; it is the same whoever does it.
        let opened = |unit: &'static str| {
            let world = &world;
            async move { history(world, &streams::dossier("T-2020", unit)).await.len() }
        };
        assert_eq!((opened("ALPHA").await, opened("BETA").await), (1, 0));
        let stream = streams::job(&taken.id);
        assert_eq!(
            commands(&history(&world, &stream).await),
            ["CreateJob", "ChangeJob", "Forge"]
        );
        assert_eq!(standing::<Job>(&world, &stream, &taken.id).await, taken);
        let round: Round = standing(&world, &streams::round("T-2020"), "T-2020").await;
        assert_eq!(round.phase, RoundPhase::Opening);

        // Whoever takes it up after that lease has run out brings it to its end.
        world.set_time("2020-03-01T03:00:00Z");
        world.run_jobs().await;
        let round: Round = standing(&world, &streams::round("T-2020"), "T-2020").await;
        assert_eq!(round.phase, RoundPhase::SelfAssessment);
        assert_eq!(opened("ALPHA").await, 1);
        let ended: Job = standing(&world, &stream, &taken.id).await;
        assert_eq!((ended.cursor as usize, ended.lease), (units.len(), None));
        world.verified().await;
    }
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
