//! The register of units and people: what is refused, and what a second seeding leaves alone.

use minhchung::app::gate::{Authority, run_as};
use minhchung::app::keep_register::{PutUser, RevokeGrant};
use minhchung::app::seed::seed;
use minhchung::domain::registry::AccountKind;
use serde_json::{Value, json};

use crate::journey::{DECLARE, dossier};
use crate::world::World;

#[tokio::test]
async fn what_is_given_twice_in_one_call_is_refused_by_its_place() {
    let world = World::with_round().await;
    let twice = json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.2"}, {"criterion": "1.2"}]}});
    let refused = world.send("alpha.officer", DECLARE, twice).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "items.1.criterion".to_owned()));

    let put = "mutation($i: PutUnitsInput!) { putUnits(input: $i) { units { code } } }";
    let unit = |code: &str, parent: Option<&str>| {
        json!({"code": code, "name": {"vi": code, "en": code}, "type": "SO", "group": "SO", "parent": parent,
            "validFrom": "2018-01-01"})
    };
    let units = |units: &[Value]| json!({"i": {"units": units}});
    let doubled = units(&[unit("GAMMA", None), unit("GAMMA", None)]);
    let refused = world.send("admin", put, doubled).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "units.1.code".to_owned()));
    // ALPHA under BETA is fine, BETA under ALPHA then closes the circle.
    world
        .send("admin", put, units(&[unit("ALPHA", Some("BETA"))]))
        .await
        .ok();
    let refused = world
        .send("admin", put, units(&[unit("BETA", Some("ALPHA"))]))
        .await
        .refused();
    assert_eq!(refused, ("INVALID".to_owned(), "units.0.parent".to_owned()));
}

#[tokio::test]
async fn seeding_again_undoes_nothing_that_people_have_done_since() {
    let world = World::new().await;
    seed(&world.app).await.unwrap();
    let login = "sgtvt.officer".to_owned();
    let read = "{ viewer { name grants { id revokedAt } } }";
    let viewer = world.send(&login, read, json!({})).await.ok()["viewer"].clone();
    let id = minhchung::graphql::ids::decode(viewer["grants"][0]["id"].as_str().unwrap())
        .unwrap()
        .1;
    let revoke = RevokeGrant {
        login: login.clone(),
        grant: id.split_once('/').unwrap().1.to_owned(),
        reason: "chuyển công tác".to_owned(),
    };
    run_as(&world.app, &Authority::System, &revoke, None).await.unwrap();
    let leave = PutUser {
        login: "sgtvt.head".to_owned(),
        name: viewer["name"].as_str().unwrap().to_owned(),
        kind: AccountKind::Person,
        unit: "SGTVT".to_owned(),
        active: false,
    };
    run_as(&world.app, &Authority::System, &leave, None).await.unwrap();

    let before = world.app.store.heads(None, 500).await.unwrap();
    seed(&world.app).await.unwrap();
    assert_eq!(world.app.store.heads(None, 500).await.unwrap(), before);
    let again = world.send("sgtvt.head", read, json!({})).await;
    assert_eq!(again.refused().0, "UNAUTHENTICATED");
}
