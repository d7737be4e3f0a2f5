//! Who asks: tokens that do not hold, people that are not there, ids of strangers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use minhchung::http::tokens::{OWN_ISSUER, Tokens};
use serde_json::json;

use super::refused;
use crate::journey::{ADD, DECLARE, REVIEW, accepting, declaration, in_appraisal, look, report};
use crate::world::World;

#[tokio::test]
async fn a_token_is_held_to_everything_it_says() {
    let world = World::with_round().await;
    let server = &world.server;
    let good = server.token("alpha.officer");
    let hour = SignedDuration::from_hours(1);
    let now = world.app.clock.now();
    let elsewhere = tempfile::tempdir().unwrap();
    let unknown_key = Tokens::open(elsewhere.path(), None)
        .unwrap()
        .issue("alpha.officer", now, hour);
    let jwks = server.client.get(server.url("/.well-known/jwks.json"));
    let jwks: serde_json::Value = jwks.send().await.unwrap().json().await.unwrap();
    // The server's own key by name, but another algorithm: its public half must never serve as a shared secret.
    let header = Header {
        kid: jwks["keys"][0]["kid"].as_str().map(str::to_owned),
        ..Header::new(Algorithm::HS256)
    };
    let claims = json!({"iss": OWN_ISSUER, "aud": OWN_ISSUER, "sub": "alpha.officer", "exp": 4_000_000_000_i64});
    let public = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["x"].as_str().unwrap()).unwrap();
    let symmetric = encode(&header, &claims, &EncodingKey::from_secret(&public)).unwrap();
    let (head, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let other_claims = URL_SAFE_NO_PAD.encode(claims.to_string().replace("alpha.officer", "alpha.head"));

    let token = "get a new";
    for (case, authorization, says) in [
        ("nothing after the scheme", "Bearer".to_owned(), "Bearer TOKEN"),
        ("another scheme", "Basic bGFuOmxhbg==".to_owned(), "Bearer TOKEN"),
        ("wrong: nonsense", "Bearer a.b.c".to_owned(), token),
        (
            "wrong: other claims",
            format!("Bearer {head}.{other_claims}.{signature}"),
            token,
        ),
        (
            "expired",
            format!(
                "Bearer {}",
                server.tokens.issue("alpha.officer", now - hour * 2, hour).unwrap()
            ),
            "expired; get a new one",
        ),
        (
            "too early",
            format!(
                "Bearer {}",
                server.tokens.issue("alpha.officer", now + hour, hour).unwrap()
            ),
            "check the clock",
        ),
        (
            "unknown key",
            format!("Bearer {}", unknown_key.unwrap()),
            "get a new token",
        ),
        ("wrong algorithm", format!("Bearer {symmetric}"), "algorithm"),
        ("no algorithm", "Bearer eyJhbGciOiJub25lIn0.e30.".to_owned(), token),
    ] {
        let request = || {
            let body = json!({"query": DECLARE, "variables": declaration("ALPHA", "28")});
            server.post("").header("authorization", &authorization).json(&body)
        };
        assert_eq!(request().send().await.unwrap().status(), 401, "{case}");
        refused(&world, case, request, ("UNAUTHENTICATED", "Authorization"), says).await;
    }
}

#[tokio::test]
async fn nobody_and_people_who_are_not_there_change_nothing() {
    let world = World::with_round().await;
    world
        .send("alpha.officer", DECLARE, declaration("ALPHA", "28"))
        .await
        .ok();
    let deactivate =
        r#"mutation { putUser(input: {login: "alpha.officer", name: "A", unit: "ALPHA", active: false}) { login } }"#;
    world.send("admin", deactivate, json!({})).await.ok();
    for (case, login) in [
        ("no token", ""),
        ("an account that is not there", "who.is.it"),
        ("an account that was deactivated", "alpha.officer"),
    ] {
        let request = || {
            let body = json!({"query": DECLARE, "variables": declaration("ALPHA", "20")});
            world.server.post(login).json(&body)
        };
        refused(&world, case, request, ("UNAUTHENTICATED", ""), "Sign in").await;
    }
}

#[tokio::test]
async fn what_belongs_to_strangers_is_not_there() {
    let world = in_appraisal().await;
    let ids = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { id assessments { id links { id evidence { id } } } } }"#;
    let alpha = world.send("alpha.officer", ids, json!({})).await.ok()["dossier"].clone();
    let leaf = &alpha["assessments"][0];
    let link = &leaf["links"][0];
    let read_dossier = "query($id: ID!) { dossier(ref: {id: $id}) { id } }";
    let read_leaf = "query($id: ID!) { assessment(ref: {id: $id}) { id } }";
    let submit = "mutation($id: ID!) { submitDossier(input: {dossier: {id: $id}}) { dossier { id } } }";
    let answer =
        r#"mutation($id: ID!) { answerSupplement(input: {assessment: {id: $id}, answer: "a"}) { assessment { id } } }"#;
    let unlink = "mutation($id: ID!, $link: ID!) { unlinkEvidence(input: {dossier: {id: $id}, linkId: $link}) { dossier { id } } }";
    let withdraw = r#"mutation($id: ID!, $evidence: ID!) { withdrawEvidence(input: {dossier: {id: $id}, evidenceId: $evidence, reason: "r"}) { evidenceId } }"#;
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    for (case, login, document, variables) in [
        (
            "reading a dossier",
            "beta.head",
            read_dossier,
            json!({"id": alpha["id"]}),
        ),
        ("reading a leaf", "beta.head", read_leaf, json!({"id": leaf["id"]})),
        ("submitting", "beta.head", submit, json!({"id": alpha["id"]})),
        ("answering", "beta.officer", answer, json!({"id": leaf["id"]})),
        ("adding evidence", "beta.officer", ADD, report("ALPHA", "1.1")),
        ("declaring", "beta.officer", DECLARE, declaration("ALPHA", "1")),
        (
            "unlinking",
            "beta.officer",
            unlink,
            json!({"id": alpha["id"], "link": link["id"]}),
        ),
        (
            "withdrawing",
            "beta.officer",
            withdraw,
            json!({"id": alpha["id"], "evidence": link["evidence"]["id"]}),
        ),
        ("reviewing outside the assignment", "sttt.appraiser", REVIEW, review),
        ("an id of nothing", "beta.head", read_dossier, json!({"id": "bm9uZQ"})),
    ] {
        let request = || {
            let body = json!({"query": document, "variables": variables});
            world.server.post(login).json(&body)
        };
        // A leaf of a dossier that is seen is named by its place, and so is what is no id at all; a dossier is not.
        let place = match case {
            "reviewing outside the assignment" => "items.0.assessment",
            "an id of nothing" => "ref.id",
            _ => "",
        };
        refused(&world, case, request, ("NOT_FOUND", place), "or not visible to you").await;
    }
    // What `node` does not find is null, and no error tells it from what is not there at all.
    let node = "query($id: ID!) { a: node(id: $id) { id } b: node(id: \"bm9uZQ\") { id } }";
    let found = world.send("beta.head", node, json!({"id": alpha["id"]})).await.ok();
    assert_eq!(found, json!({"a": null, "b": null}));
}
