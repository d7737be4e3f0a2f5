//! GraphQL over HTTP as the specifications have it: media types, shape of the answer, null propagation, key order,
//! directives, the outside audits, and the small pages.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::journey::in_appraisal;
use crate::world::World;

const JSON: &str = "application/json";
const RESPONSE: &str = "application/graphql-response+json";

fn ask(world: &World, login: &str, document: &str) -> RequestBuilder {
    world.server.post(login).json(&json!({ "query": document }))
}

async fn text(request: RequestBuilder) -> String {
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn the_media_type_decides_the_status_of_a_wrong_document() {
    let world = World::new().await;
    for (accept, status, given) in [
        (JSON, 200, JSON),
        (RESPONSE, 400, RESPONSE),
        ("*/*", 200, JSON),
        ("application/graphql-response+json;q=0.5, application/json", 200, JSON),
    ] {
        for document in ["{ nothing }", "{ units("] {
            let answer = ask(&world, "", document).header("accept", accept).send().await.unwrap();
            assert_eq!(answer.status(), status, "{accept}");
            assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(given));
            assert_eq!(answer.headers()["cache-control"], "no-store");
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["errors"][0]["extensions"]["code"], "INVALID");
            assert!(body.get("data").is_none());
        }
        let good = ask(&world, "", "{ viewer { login } }").header("accept", accept);
        let answer = good.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with(given));
    }
    let html = ask(&world, "", "{ viewer { login } }").header("accept", "text/html");
    assert_eq!(html.send().await.unwrap().status(), 406);
}

#[tokio::test]
async fn keys_come_in_the_order_of_the_query() {
    let world = World::with_round().await;
    let request = |document: &str| text(ask(&world, "alpha.officer", document));
    assert_eq!(
        request(r#"{ z: round(code: "T-2019") { year code phase } viewer { login } a: round(code: "X") { code } }"#)
            .await,
        r#"{"data":{"z":{"year":2019,"code":"T-2019","phase":"SELF_ASSESSMENT"},"viewer":{"login":"alpha.officer"},"a":null}}"#
    );
    // Fields that are asked for twice are merged where they stood first.
    assert_eq!(
        request(r#"{ viewer { login } round(code: "T-2019") { ...F code year } } fragment F on Round { year code }"#)
            .await,
        r#"{"data":{"viewer":{"login":"alpha.officer"},"round":{"year":2019,"code":"T-2019"}}}"#
    );
    // Slow before fast: a whole dossier before what needs no store at all.
    let slow = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { assessments { criterion } } __typename }"#;
    assert_eq!(
        request(slow).await,
        r#"{"data":{"dossier":{"assessments":[{"criterion":"1.1"},{"criterion":"1.2"},{"criterion":"2.1"}]},"__typename":"Query"}}"#
    );
}

#[tokio::test]
async fn skip_and_include_leave_out_what_they_say() {
    let world = World::with_round().await;
    let request = |document: &str, variables: Value| {
        let body = json!({"query": document, "variables": variables});
        text(world.server.post("alpha.officer").json(&body))
    };
    let nothing = json!({});
    assert_eq!(
        request("{ viewer @skip(if: true) { login } }", nothing.clone()).await,
        r#"{"data":{}}"#
    );
    assert_eq!(
        request(
            r#"{ round(code: "T-2019") { code @skip(if: true) year @include(if: false) } }"#,
            nothing.clone()
        )
        .await,
        r#"{"data":{"round":{}}}"#
    );
    let both = r#"query($yes: Boolean!) { round(code: "T-2019") { ... @include(if: $yes) { code } ...F @skip(if: $yes) } } fragment F on Round { year }"#;
    assert_eq!(
        request(both, json!({"yes": true})).await,
        r#"{"data":{"round":{"code":"T-2019"}}}"#
    );
    assert_eq!(
        request(both, json!({"yes": false})).await,
        r#"{"data":{"round":{"year":2019}}}"#
    );
    // What is skipped is not even looked at: this dossier would be NOT_FOUND.
    let hidden = r#"{ viewer { login } dossier(ref: {key: {round: "T-2019", unit: "BETA"}}) @skip(if: true) { id } }"#;
    assert_eq!(
        request(hidden, nothing).await,
        r#"{"data":{"viewer":{"login":"alpha.officer"}}}"#
    );
}

#[tokio::test]
async fn null_goes_up_to_the_next_field_that_may_be_null_and_no_further() {
    let world = in_appraisal().await;
    let read = |login: &'static str, document: &'static str| {
        let world = &world;
        async move {
            let answer = ask(world, login, document).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.json::<Value>().await.unwrap()
        }
    };
    // A nullable field of the root: it alone is null, with its path.
    let body = read(
        "beta.officer",
        r#"{ b: round(code: "T-2019") { code } x: dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { id }
            a: viewer { login } }"#,
    )
    .await;
    assert_eq!(
        body["data"],
        json!({"b": {"code": "T-2019"}, "x": null, "a": {"login": "beta.officer"}})
    );
    assert_eq!(body["errors"].as_array().unwrap().len(), 1);
    assert_eq!(body["errors"][0]["path"], json!(["x"]));
    assert_eq!(body["errors"][0]["extensions"]["code"], "NOT_FOUND");
    // A field below that may not be null takes the one above it, and nothing beside it.
    let body = read(
        "integrator",
        r#"{ x: dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { phase history(first: 1) { edges { node { number } } } }
            a: viewer { login } }"#,
    )
    .await;
    assert_eq!(body["data"], json!({"x": null, "a": {"login": "integrator"}}));
    assert_eq!(body["errors"][0]["path"], json!(["x", "history"]));
    // A root that may not be null takes all of data with it; the key stays.
    let body = read(
        "integrator",
        r#"{ a: viewer { login } reviewQueue(round: "T-2019") { edges { cursor } } }"#,
    )
    .await;
    assert_eq!(body["errors"][0]["path"], json!(["reviewQueue"]));
    assert!(body.as_object().unwrap().contains_key("data"));
    assert_eq!(body["data"], Value::Null);
    // So does a mutation.
    let body = read(
        "integrator",
        "mutation { putUnits(input: {units: []}) { units { code } } }",
    )
    .await;
    assert_eq!(
        (&body["data"], &body["errors"][0]["path"]),
        (&Value::Null, &json!(["putUnits"]))
    );
}

#[tokio::test]
async fn the_explorer_may_ask_what_it_asks_and_the_small_pages_are_there() {
    let world = World::new().await;
    let of_type = (0..9).fold("kind name".to_owned(), |inner, _| {
        format!("kind name ofType {{ {inner} }}")
    });
    let introspection = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} types {{ ...FullType }} directives {{ name args {{ ...InputValue }} }} }} }}
         fragment FullType on __Type {{ kind name fields(includeDeprecated: true) {{ name args {{ ...InputValue }} type {{ ...TypeRef }} }}
           inputFields {{ ...InputValue }} interfaces {{ ...TypeRef }} enumValues(includeDeprecated: true) {{ name }} possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name type {{ ...TypeRef }} defaultValue }}
         fragment TypeRef on __Type {{ {of_type} }}"
    );
    let found = world.send("", &introspection, json!({})).await.ok();
    assert!(found["__schema"]["types"].as_array().unwrap().len() > 100);
    for (path, expected) in [
        ("/graphiql", "public CDN"),
        ("/schema.graphql", "type Mutation"),
        ("/healthz", "ok"),
        ("/readyz", "ready"),
        ("/.well-known/jwks.json", "Ed25519"),
    ] {
        let answer = world.server.client.get(world.server.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.text().await.unwrap().contains(expected), "{path}");
    }
}

#[tokio::test]
async fn requests_are_named() {
    let world = World::new().await;
    let named = |id: &'static str| {
        let request = world.server.client.get(world.server.url("/healthz"));
        request.header("x-request-id", id).send()
    };
    assert_eq!(named("portal-7").await.unwrap().headers()["x-request-id"], "portal-7");
    assert_eq!(named("a b\"c").await.unwrap().headers()["x-request-id"].len(), 24);
    let wrong = ask(&world, "", "{ nothing }").header("x-request-id", "portal-8");
    let body: Value = wrong.send().await.unwrap().json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["requestId"], "portal-8");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs node and `npm ci` in tests/conformance-js"]
async fn the_audits_of_graphql_http_pass() {
    let world = World::new().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance-js");
    let mut audit = tokio::process::Command::new("node");
    let output = audit
        .arg("audit.mjs")
        .arg(world.server.url("/graphql"))
        .current_dir(folder)
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.trim_end().ends_with("61 of 61"), "{text}");
}

/// Long answers are compressed for those who take it, short ones and files never.
#[tokio::test]
async fn long_answers_are_compressed_for_those_who_take_it() {
    let world = in_appraisal().await;
    let schema = || world.server.client.get(world.server.url("/schema.graphql"));
    let long = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { assessments { criterion explain(ledger: DECLARED) { tree } } } }"#;
    let plain = text(ask(&world, "alpha.officer", long)).await;
    let plain_schema = text(schema()).await;
    assert!(plain.len() > 2048, "{}", plain.len());
    for (request, expected) in [(ask(&world, "alpha.officer", long), &plain), (schema(), &plain_schema)] {
        let answer = request.header("accept-encoding", "gzip, br").send().await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], "gzip");
        assert!(answer.headers()["vary"].to_str().unwrap().contains("accept-encoding"));
        let bytes = answer.bytes().await.unwrap();
        assert!(
            bytes.len() * 2 < expected.len(),
            "{} of {}",
            bytes.len(),
            expected.len()
        );
        let mut read = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut read).unwrap();
        assert_eq!(read, *expected);
    }
    for accepted in ["identity", "br", "gzip;q=0"] {
        let request = ask(&world, "alpha.officer", long).header("accept-encoding", accepted);
        let answer = request.send().await.unwrap();
        assert!(answer.headers().get("content-encoding").is_none(), "{accepted}");
        assert_eq!(answer.text().await.unwrap(), plain, "{accepted}");
    }
    let short = ask(&world, "alpha.officer", "{ viewer { login } }").header("accept-encoding", "gzip");
    assert!(short.send().await.unwrap().headers().get("content-encoding").is_none());
    // A file comes as it is, whole or in part.
    let (name, bytes) = (
        "bao-cao.pdf",
        [b"%PDF-1.4 ".as_slice(), &b"long ".repeat(1000)].concat(),
    );
    let add = "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { evidence { files { path } } } }";
    let world = World::with_round().await;
    let mut input = crate::journey::report("ALPHA", "1.1");
    input["i"]["content"]["files"] = json!([{"upload": null}]);
    let files = vec![("i.content.files.0.upload", name, bytes.clone())];
    let added = world.upload("alpha.officer", add, &input, files).await.ok();
    let path = added["addEvidence"]["evidence"]["files"][0]["path"].as_str().unwrap();
    for (range, expected) in [("bytes=0-", &bytes[..]), ("bytes=1-3", &bytes[1..4])] {
        let get = world
            .server
            .client
            .get(world.server.url(path))
            .header("accept-encoding", "gzip");
        let answer = get.header("range", range).send().await.unwrap();
        assert!(answer.headers().get("content-encoding").is_none());
        assert_eq!(answer.bytes().await.unwrap(), expected);
    }
}
