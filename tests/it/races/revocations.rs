//! A grant that ends between load and commit.

use minhchung::app::documents::streams;
use minhchung::app::gate::{Authority, run_as};
use minhchung::app::keep_register::RevokeGrant;
use minhchung::domain::registry::Role;
use serde_json::json;

use super::{commands, history, second_process};
use crate::journey::{DECLARE, declaration};
use crate::world::World;

async fn look_at(world: &World, login: &str) -> crate::world::Answer {
    let document = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { id } }"#;
    world.send(login, document, json!({})).await
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
