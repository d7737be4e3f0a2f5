//! Conflicts of interest: each refusal names the tie, and what somebody must not judge is in none of the queue's pages,
//! counts and claims.

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::grants::{GRANT, queue};
use crate::journey::{QUEUE, REVIEW, accept, accepting, dossier, in_appraisal, leaf, look};
use crate::world::World;

pub const RECUSE: &str =
    "mutation($i: RecuseInput!) { recuse(input: $i) { recusal { id criterion liftedAt } receipt { stream } } }";
const LIFT: &str = "mutation($i: LiftRecusalInput!) { liftRecusal(input: $i) { recusal { id liftedAt liftReason } receipt { stream } } }";
const CLAIM_NEXT: &str = r#"mutation { claim(input: {round: "T-2019", first: 50}) { assessments { dossier { unit { code } } criterion } } }"#;
const CLAIM: &str =
    "mutation($i: ClaimInput!) { claim(input: $i) { assessments { criterion } items { problem { code rule } } } }";
const RELEASE: &str =
    "mutation($i: ReleaseClaimInput!) { releaseClaim(input: $i) { items { problem { code rule } } } }";

async fn put_unit(world: &World, code: &str, unit_type: &str, parent: Option<&str>) {
    let units = json!([{"code": code, "name": {"vi": code, "en": code}, "type": unit_type, "parent": parent,
        "group": if unit_type == "OTHER" { Value::Null } else { json!(unit_type) }, "validFrom": "2018-01-01"}]);
    let put = "mutation($u: [UnitInput!]!) { putUnits(input: {units: $u}) { units { code } } }";
    world.send("admin", put, json!({"u": units})).await.ok();
}

/// The rule by which a review of a leaf is refused, in both of its messages, or nothing.
async fn refused_by(world: &World, login: &str, unit: &str) -> Option<(String, String, String)> {
    let seen = look(world, login, unit, "1.1").await;
    let review = json!({"i": {"items": [accepting(unit, "1.1", &seen)]}});
    let answer = world.send(login, REVIEW, review).await;
    let english = answer.refusal("en")?;
    let (_, _, vietnamese) = answer.refusal("vi")?;
    assert_eq!(english.0, "REJECTED", "{english:?}");
    Some((english.1, english.2, vietnamese))
}

async fn conflict(world: &World, login: &str, unit: &str) -> Value {
    let ask = r#"query($u: String!) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: "1.1"}}) { viewerConflict } }"#;
    world.send(login, ask, json!({"u": unit})).await.ok()["assessment"]["viewerConflict"].clone()
}

#[tokio::test]
async fn the_refusal_names_the_tie() {
    let world = in_appraisal().await;
    assert_eq!(conflict(&world, "snv.appraiser", "ALPHA").await, Value::Null);
    // A division of the assessed unit, and somebody from there with a grant to appraise.
    put_unit(&world, "PHONG", "OTHER", Some("ALPHA")).await;
    let user = r#"mutation { putUser(input: {login: "snv.appraiser", name: "N", unit: "PHONG"}) { login } }"#;
    world.send("admin", user, json!({})).await.ok();
    assert_eq!(conflict(&world, "snv.appraiser", "ALPHA").await, "PARENT_OR_CHILD_UNIT");
    let (rule, english, vietnamese) = refused_by(&world, "snv.appraiser", "ALPHA").await.unwrap();
    assert_eq!(rule, "PARENT_OR_CHILD_UNIT");
    assert!(english.contains("Your unit belongs") && vietnamese.contains("Đơn vị của bạn"));
    assert_eq!(queue(&world, "snv.appraiser").await, ["BETA 1.1"]);
    // The tree of units is that of now: moved elsewhere, the division has no tie any more.
    put_unit(&world, "PHONG", "OTHER", Some("SNV")).await;
    assert_eq!(conflict(&world, "snv.appraiser", "ALPHA").await, Value::Null);
    assert_eq!(queue(&world, "snv.appraiser").await, ["BETA 1.1", "ALPHA 1.1"]);

    let held = world.person("snv.appraiser", Role::Officer, "ALPHA").await;
    let revoke = json!({"i": {"login": "snv.appraiser", "reason": "chuyển",
        "grantId": minhchung::graphql::ids::encode("Grant", &format!("snv.appraiser/{held}"))}});
    let document = "mutation($i: RevokeGrantInput!) { revokeGrant(input: $i) { grantId } }";
    world.send("admin", document, revoke).await.ok();
    let home = r#"mutation { putUser(input: {login: "snv.appraiser", name: "N", unit: "SNV"}) { login } }"#;
    world.send("admin", home, json!({})).await.ok();
    assert_eq!(conflict(&world, "snv.appraiser", "ALPHA").await, "HELD_GRANT");
    let (rule, english, _) = refused_by(&world, "snv.appraiser", "ALPHA").await.unwrap();
    assert_eq!(rule, "OWN_UNIT");
    assert!(english.contains("officer or head"));
    // Who judges nothing has no conflict to be told of.
    assert_eq!(conflict(&world, "alpha.officer", "ALPHA").await, Value::Null);
}

#[tokio::test]
async fn a_recusal_holds_at_once_and_until_it_is_lifted() {
    let world = in_appraisal().await;
    let held = json!({"i": {"round": "T-2019", "assessments": [leaf("ALPHA", "1.1")]}});
    world.send("snv.appraiser", CLAIM, held.clone()).await.done();
    let recuse = json!({"i": {"dossier": dossier("ALPHA"), "reason": "Vợ là phó giám đốc"}});
    let made = world.send("snv.appraiser", RECUSE, recuse.clone()).await.ok()["recuse"].clone();
    assert_eq!(made["receipt"]["stream"], "user:snv.appraiser");
    // Declared again it stays as it is.
    let again = world.send("snv.appraiser", RECUSE, recuse).await.ok()["recuse"].clone();
    assert_eq!((&again["recusal"], &again["receipt"]), (&made["recusal"], &Value::Null));

    assert_eq!(queue(&world, "snv.appraiser").await, ["BETA 1.1"]);
    assert_eq!(conflict(&world, "snv.appraiser", "ALPHA").await, "RECUSED");
    let (rule, english, vietnamese) = refused_by(&world, "snv.appraiser", "ALPHA").await.unwrap();
    assert_eq!(rule, "RECUSED");
    assert!(english.contains("liftRecusal") && vietnamese.contains("liftRecusal"));
    for (document, input) in [
        (CLAIM, held.clone()),
        (RELEASE, json!({"i": {"assessments": [leaf("ALPHA", "1.1")]}})),
    ] {
        assert_eq!(
            world.send("snv.appraiser", document, input).await.refused(),
            ("REJECTED".to_owned(), "RECUSED".to_owned())
        );
    }
    let next = world.send("snv.appraiser", CLAIM_NEXT, json!({})).await.ok();
    assert_eq!(
        next["claim"]["assessments"],
        json!([{"dossier": {"unit": {"code": "BETA"}}, "criterion": "1.1"}])
    );
    // What was held is free at once, and somebody else judges.
    accept(&world, "snv.second", "ALPHA", "1.1").await;

    // An appraiser does not lift the own one.
    let lift = json!({"i": {"login": "snv.appraiser", "dossier": dossier("ALPHA"), "reason": "Nhầm tên"}});
    assert_eq!(
        world.send("snv.appraiser", LIFT, lift.clone()).await.refused().0,
        "FORBIDDEN"
    );
    let lifted = world.send("manager", LIFT, lift.clone()).await.ok()["liftRecusal"].clone();
    assert_eq!(lifted["recusal"]["id"], made["recusal"]["id"]);
    assert_eq!(lifted["recusal"]["liftReason"], "Nhầm tên");
    assert_eq!(
        world.send("manager", LIFT, lift).await.ok()["liftRecusal"]["receipt"],
        Value::Null
    );
    assert_eq!(conflict(&world, "snv.appraiser", "ALPHA").await, Value::Null);
    // It stays readable: to the person, and to who runs the round.
    let own = "{ viewer { recusals { unitCode reason declaredBy liftReason } } }";
    let line = json!({"unitCode": "ALPHA", "reason": "Vợ là phó giám đốc", "declaredBy": "snv.appraiser", "liftReason": "Nhầm tên"});
    assert_eq!(
        world.send("snv.appraiser", own, json!({})).await.ok()["viewer"]["recusals"],
        json!([line])
    );
    let all = r#"{ recusals(round: "T-2019") { nodes { unitCode reason declaredBy liftReason } } }"#;
    assert_eq!(
        world.send("manager", all, json!({})).await.ok()["recusals"]["nodes"],
        json!([line])
    );
    world.verified().await;
}

#[tokio::test]
async fn a_recusal_from_a_part_leaves_the_rest_of_the_dossier() {
    let world = in_appraisal().await;
    let wide = json!({"login": "snv.second", "role": "APPRAISER", "criteria": ["1"], "validFrom": "2018-01-01"});
    world.send("admin", GRANT, json!({ "i": wide })).await.ok();
    let all = ["BETA 1.1", "ALPHA 1.1", "BETA 1.2", "ALPHA 1.2"];
    assert_eq!(queue(&world, "snv.second").await, all);
    let recuse = json!({"i": {"login": "snv.second", "dossier": dossier("ALPHA"), "criterion": "1.2", "reason": "r"}});
    world.send("manager", RECUSE, recuse).await.ok();
    assert_eq!(queue(&world, "snv.second").await, ["BETA 1.1", "ALPHA 1.1", "BETA 1.2"]);
    let counts = world.send("snv.second", QUEUE, json!({})).await.ok();
    assert_eq!(
        counts["reviewQueue"]["countByUnit"],
        json!([{"key": "ALPHA", "count": "1"}, {"key": "BETA", "count": "2"}])
    );
    // Both leaves of the dossier in one call: the one in the way is named, and none is judged.
    let items = json!({"i": {"items": [
        accepting("ALPHA", "1.1", &look(&world, "snv.second", "ALPHA", "1.1").await),
        accepting("ALPHA", "1.2", &look(&world, "snv.second", "ALPHA", "1.2").await)]}});
    let refused = world.send("snv.second", REVIEW, items).await;
    let rules: Vec<&Value> = refused.data["review"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| &item["problem"]["rule"])
        .collect();
    assert!(rules.contains(&&json!("RECUSED")), "{rules:?}");
    accept(&world, "snv.second", "ALPHA", "1.1").await;
    // The field is wider: with it nothing of the dossier is left.
    let field = json!({"i": {"dossier": dossier("ALPHA"), "criterion": "1", "reason": "r"}});
    world.send("snv.second", RECUSE, field).await.ok();
    assert_eq!(queue(&world, "snv.second").await, ["BETA 1.1", "BETA 1.2"]);
}

#[tokio::test]
async fn what_is_no_recusal_is_refused() {
    let world = in_appraisal().await;
    for (login, input, expected) in [
        (
            "snv.appraiser",
            json!({"dossier": dossier("NONE"), "reason": "r"}),
            ("NOT_FOUND", "dossier"),
        ),
        (
            "snv.appraiser",
            json!({"dossier": dossier("ALPHA"), "criterion": "9", "reason": "r"}),
            ("NOT_FOUND", "criterion"),
        ),
        (
            "snv.appraiser",
            json!({"dossier": dossier("ALPHA"), "reason": " "}),
            ("INVALID", "reason"),
        ),
        (
            "manager",
            json!({"login": "nobody", "dossier": dossier("ALPHA"), "reason": "r"}),
            ("NOT_FOUND", "login"),
        ),
        // Nobody recuses somebody else, and who judges nothing is recused from nothing.
        (
            "snv.appraiser",
            json!({"login": "snv.second", "dossier": dossier("ALPHA"), "reason": "r"}),
            ("FORBIDDEN", ""),
        ),
        (
            "alpha.officer",
            json!({"dossier": dossier("ALPHA"), "reason": "r"}),
            ("FORBIDDEN", ""),
        ),
    ] {
        let refused = world.send(login, RECUSE, json!({ "i": input })).await.refused();
        assert_eq!((refused.0.as_str(), refused.1.as_str()), expected, "{login} {input}");
    }
    let lift = json!({"i": {"login": "snv.appraiser", "dossier": dossier("ALPHA"), "reason": "r"}});
    assert_eq!(
        world.send("manager", LIFT, lift).await.refused(),
        ("NOT_FOUND".to_owned(), "dossier".to_owned())
    );
}

/// What is held is given up as far as the recusal goes, and no further.
#[tokio::test]
async fn a_recusal_frees_what_it_is_about() {
    let world = in_appraisal().await;
    let outcomes = async |login: &str| {
        let claim = "mutation($i: ClaimInput!) { claim(input: $i) { items { outcome } } }";
        let leaves = json!([leaf("ALPHA", "1.1"), leaf("BETA", "1.1")]);
        let input = json!({"i": {"round": "T-2019", "assessments": leaves}});
        let items = world.send(login, claim, input).await.ok()["claim"]["items"].clone();
        [items[0]["outcome"].clone(), items[1]["outcome"].clone()]
    };
    assert_eq!(outcomes("snv.appraiser").await, ["CLAIMED", "CLAIMED"]);
    assert_eq!(outcomes("snv.second").await, ["HELD", "HELD"]);
    // From another part of the dossier: what is held there stays so. By the manager, for the person.
    let recuse = |criterion: &str| json!({"i": {"login": "snv.appraiser", "dossier": dossier("ALPHA"), "criterion": criterion, "reason": "Họ hàng"}});
    world.send("manager", RECUSE, recuse("2")).await.ok();
    assert_eq!(outcomes("snv.second").await, ["HELD", "HELD"]);
    let entries = world.entries("ALPHA").await;
    world.send("manager", RECUSE, recuse("1")).await.ok();
    assert_eq!(world.entries("ALPHA").await, entries + 1);
    // Sent again nothing is left to free.
    world.send("manager", RECUSE, recuse("1")).await.ok();
    assert_eq!(world.entries("ALPHA").await, entries + 1);
    assert_eq!(outcomes("snv.second").await, ["CLAIMED", "HELD"]);
    world.verified().await;
}

#[tokio::test]
async fn nobody_is_recused_from_parts_of_more_dossiers_than_the_queue_can_leave_out() {
    let world = World::with_framework().await;
    let codes: Vec<String> = (1..=15).map(|number| format!("U{number:02}")).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    world.units("SO", &codes).await;
    world.open_round(crate::world::OPEN_ROUND).await;
    let recuse = async |unit: &str, criterion: Option<&str>| {
        let input = json!({"i": {"dossier": dossier(unit), "criterion": criterion, "reason": "Họ hàng"}});
        world.send("snv.appraiser", RECUSE, input).await
    };
    // Sixteen dossiers with ALPHA, and BETA is one too many: in part, not as a whole.
    for unit in codes.iter().copied().chain(["ALPHA"]) {
        recuse(unit, Some("1.1")).await.ok();
    }
    let refused = recuse("BETA", Some("1.1")).await;
    let (code, rule, message) = refused.refusal("en").unwrap();
    assert_eq!((code.as_str(), rule.as_str()), ("REJECTED", "TOO_MANY_RECUSALS"));
    assert!(message.contains("16 dossiers"), "{message}");
    recuse("ALPHA", Some("1.2")).await.ok();
    recuse("BETA", None).await.ok();
}
