//! Queries that cost too much, and requests that are none.

use serde_json::{Value, json};

use super::refused;
use crate::journey::in_appraisal;
use crate::world::{Answer, World};

/// CPU milliseconds that one hostile query may cost, on a build without optimisation that counts the client too.
const ATTACK_MILLISECONDS: u64 = 50;

/// Nanoseconds that this thread has computed. Client and server of a test share it.
fn computed() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Documents that a moment's work writes and that would take the server down: name, document, what is too much of it.
fn attacks() -> Vec<(&'static str, String, &'static str)> {
    let bomb: String = (0..60)
        .map(|level| format!("fragment F{level} on Query {{ ...F{0} ...F{0} }} ", level + 1))
        .chain(["fragment F60 on Query { viewer { login } } { ...F0 }".to_owned()])
        .collect();
    let aliased = |count: usize, field: &str| {
        (0..count)
            .map(|number| format!("a{number}: {field} "))
            .collect::<String>()
    };
    let matrix = r#"{ dossiers(round: "T-2019", first: 500) { edges { node { evidence(first: 500) { edges { node { title } } } } } } }"#;
    let schema = "fields { type { ".repeat(5);
    vec![
        ("the fragment bomb", bomb, "fields"),
        (
            "a fragment cycle",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
            "contain themselves",
        ),
        (
            "too deep",
            format!("{}login{}", "{ viewer ".repeat(40) + "{ ", " }".repeat(41)),
            "levels of fields",
        ),
        (
            "too deep to parse",
            "{ viewer ".repeat(5_000),
            "brackets within each other",
        ),
        (
            "brackets",
            format!("{{ node(id: {}", "[".repeat(30_000)),
            "brackets within each other",
        ),
        (
            "aliased a thousand times",
            format!("{{ {} }}", aliased(1_000, "__typename")),
            "aliases",
        ),
        (
            "the same field",
            format!("{{ viewer {{ {} }} }}", "login ".repeat(1_900)),
            "fields",
        ),
        (
            "directives",
            format!("{{ viewer {} {{ login }} }}", "@skip(if: false) ".repeat(1_000)),
            "directives",
        ),
        (
            "too long",
            format!("{{ viewer {{ login }} }} #{}", "x".repeat(100_000)),
            "bytes",
        ),
        (
            "too many tokens",
            format!("{{ viewer {{ {} }} }}", "login ".repeat(10_000)),
            "tokens",
        ),
        ("too complex", matrix.to_owned(), "fields of the answer"),
        (
            "the schema of the schema",
            format!("{{ __schema {{ types {{ {schema} name {} }} }} }}", "}".repeat(10)),
            "lists of types",
        ),
        (
            "many mutations",
            format!(
                "mutation {{ {} }}",
                aliased(25, r#"putUnits(input: {units: []}) { units { code } }"#)
            ),
            "fields of the root",
        ),
    ]
}

#[tokio::test]
async fn attacks_cost_little_and_disturb_nobody() {
    let world = World::with_round().await;
    let server = &world.server;
    // The first request of a process pays for things that later ones find ready.
    world.send("manager", "{ viewer { login } }", json!({})).await.ok();
    for (name, document, what) in attacks() {
        let request = || {
            let body = json!({"query": document, "variables": {}});
            server.post("manager").json(&body)
        };
        let prepared = request();
        let before = computed();
        let answer = Answer::to(prepared).await;
        let milliseconds = (computed() - before) / 1_000_000;
        println!("{name}: {milliseconds} ms of CPU");
        assert_eq!(answer.errors[0].0, "INVALID", "{name}");
        assert!(milliseconds < ATTACK_MILLISECONDS, "{name} took {milliseconds} ms");
        refused(&world, name, request, ("INVALID", "query"), what).await;
        // While it is being refused, others are answered.
        let health = server.client.get(server.url("/healthz"));
        let (_, healthy) = tokio::join!(request().send(), health.send());
        assert_eq!(healthy.unwrap().text().await.unwrap(), "ok\n", "{name}");
    }
}

#[tokio::test]
async fn a_batch_of_ten_thousand_is_refused_at_its_first_byte() {
    let world = World::with_round().await;
    let batch = serde_json::to_string(&vec![json!({"query": "{viewer{login}}"}); 10_000]).unwrap();
    let request = || {
        let post = world.server.post("manager");
        post.header("content-type", "application/json").body(batch.clone())
    };
    let prepared = request();
    let before = computed();
    assert_eq!(prepared.send().await.unwrap().status(), 400);
    let milliseconds = (computed() - before) / 1_000_000;
    println!("a batch of ten thousand: {milliseconds} ms of CPU");
    assert!(milliseconds < ATTACK_MILLISECONDS, "{milliseconds} ms");
    refused(&world, "a batch", request, ("INVALID", "body"), "one query at a time").await;
}

#[tokio::test]
async fn malformed_requests_say_what_is_wrong() {
    let world = World::with_round().await;
    let post = |body: String, content_type: &'static str| {
        let request = world.server.post("manager").header("content-type", content_type);
        request.body(body)
    };
    const JSON: &str = "application/json";
    let query = "{\"query\": \"{viewer{login}}\"}";
    let long = |bytes: usize| {
        format!(
            "{{\"query\": \"{{viewer{{login}}}}\", \"x\": \"{}\"}}",
            "x".repeat(bytes)
        )
    };
    for (case, body, content_type, status, expected, says) in [
        (
            "no JSON",
            "{".to_owned(),
            JSON,
            400,
            ("INVALID", "body"),
            "not the JSON of a GraphQL request",
        ),
        (
            "a number",
            "{\"query\": 1}".to_owned(),
            JSON,
            400,
            ("INVALID", "body"),
            "expected a string",
        ),
        (
            "variables in a list",
            "{\"query\": \"{viewer{login}}\", \"variables\": [1]}".to_owned(),
            JSON,
            400,
            ("INVALID", "body"),
            "expected a map",
        ),
        (
            "plain text",
            query.to_owned(),
            "text/plain",
            415,
            ("INVALID", "Content-Type"),
            "application/json",
        ),
        (
            "another encoding",
            query.to_owned(),
            "application/json; charset=utf-16",
            415,
            ("INVALID", "Content-Type"),
            "application/json",
        ),
        (
            "too long",
            long(4 * 1024 * 1024),
            JSON,
            413,
            ("TOO_LARGE", "body"),
            "split it",
        ),
        (
            "no syntax",
            "{\"query\": \"{ viewer\"}".to_owned(),
            JSON,
            200,
            ("INVALID", "query"),
            "look at brackets and names there (line 1, column 9); compare it with /schema.graphql. Detail: expected",
        ),
        (
            "an unknown field",
            "{\"query\": \"{ nothing }\"}".to_owned(),
            JSON,
            200,
            ("INVALID", "query"),
            "A field is asked for that its type does not have (line 1, column 3); compare it with /schema.graphql. Detail: Unknown field \"nothing\"",
        ),
    ] {
        let request = || post(body.clone(), content_type);
        assert_eq!(request().send().await.unwrap().status().as_u16(), status, "{case}");
        refused(&world, case, request, expected, says).await;
    }
    // Whoever has no token may send less.
    let anonymous = |bytes| {
        let request = world.server.post("").header("content-type", JSON);
        request.body(long(bytes))
    };
    let request = || anonymous(256 * 1024);
    refused(
        &world,
        "too long for nobody",
        request,
        ("TOO_LARGE", "body"),
        "262144 bytes",
    )
    .await;
    assert_eq!(anonymous(200 * 1024).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn mutations_go_by_post_only() {
    let world = World::with_round().await;
    let server = &world.server;
    let mutation = "mutation{putUnits(input:{units:[]}){units{code}}}";
    let get = |query: &str| {
        let url = server.url(&format!("/graphql?query={query}"));
        server.client.get(url).bearer_auth(server.token("admin"))
    };
    let answer = get(mutation).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()),
        (405, "POST")
    );
    refused(
        &world,
        "a mutation by GET",
        || get(mutation),
        ("INVALID", "method"),
        "by POST",
    )
    .await;
    let delete = || server.client.delete(server.url("/graphql"));
    assert_eq!(delete().send().await.unwrap().headers()["allow"], "GET, POST");
    refused(&world, "DELETE", delete, ("INVALID", "method"), "GET and POST").await;
    let found = Answer::to(get("{viewer{login}}")).await.ok();
    assert_eq!(found, json!({"viewer": {"login": "admin"}}));
}

#[tokio::test]
async fn an_honest_portal_is_not_in_the_way_of_the_limits() {
    let world = in_appraisal().await;
    // A whole dossier with inputs, links and files, and a matrix of points.
    let whole = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { id phase total { declared { points } } totals { node verified { points percent } }
        assessments { id criterion state version declaredInputs { code text } explanation
            points { declared { displayed } verified { displayed open } final { displayed } }
            links { id pages verdict evidence { id title number files { name size sha256 path } } } reviews { outcome at } } } }"#;
    let found = world.send("alpha.officer", whole, json!({})).await;
    assert_eq!(found.errors, vec![], "{:?}", found.messages);
    let matrix = r#"{ dossiers(round: "T-2019", first: 50) { edges { node { unit { code } assessments { criterion points { verified { displayed } } } } } } }"#;
    let found = world.send("manager", matrix, json!({})).await.ok();
    let rows: &Vec<Value> = found["dossiers"]["edges"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["node"]["assessments"].as_array().unwrap().len(), 3);
}

/// An empty page would not tell a slip of the pen from an empty queue.
#[tokio::test]
async fn a_queue_filter_that_names_what_the_round_does_not_have_is_refused() {
    let world = in_appraisal().await;
    world.units("SO", &["GAMMA"]).await;
    let queue = r#"query($f: QueueFilter) { reviewQueue(round: "T-2019", filter: $f) { totalCount } }"#;
    let claim = r#"mutation($f: QueueFilter) { claim(input: {round: "T-2019", filter: $f}) { items { criterion } } }"#;
    for (field, unknown, known, says) in [
        ("unit", "OMEGA", "ALPHA", "unitCodes"),
        ("unit", "GAMMA", "BETA", "unitCodes"),
        ("group", "HU", "SO", "there are: SO"),
        ("unitType", "HU", "SO", "there are: SO"),
        ("field", "9", "1", "there are: 1, 2"),
        ("field", "1.1", "2", "there are: 1, 2"),
        ("criterion", "1", "1.1", "leaves"),
        ("criterion", "9.9", "1.2", "leaves"),
    ] {
        for (case, document) in [("queue", queue), ("claim", claim)] {
            let request = || {
                let body = json!({"query": document, "variables": {"f": {field: unknown}}});
                world.server.post("snv.appraiser").json(&body)
            };
            let place = format!("filter.{field}");
            refused(
                &world,
                &format!("{case} {field} {unknown}"),
                request,
                ("INVALID", &place),
                says,
            )
            .await;
        }
        // What the round has but the appraiser's assignment does not is an empty page.
        world
            .send("snv.appraiser", queue, json!({"f": {field: known}}))
            .await
            .ok();
        // Who may not read the queue learns nothing of it.
        let stranger = world.send("alpha.officer", queue, json!({"f": {field: unknown}})).await;
        assert_eq!(stranger.refused().0, "FORBIDDEN");
    }
}

/// What the library says of a document is told in the reader's language, with the place, and with its own words behind.
#[tokio::test]
async fn a_document_that_does_not_fit_the_schema_is_explained() {
    let world = World::with_round().await;
    for (document, says) in [
        (
            "{ units(limit: 3) { nodes { code } } }",
            "An argument is given that there is not (line 1, column 9)",
        ),
        (
            "{ units }",
            "say in { } which of its fields are wanted (line 1, column 3)",
        ),
        (
            "{ units { nodes { code { x } } } }",
            "leave the { } out (line 1, column 19)",
        ),
        (
            "{ round { code } }",
            "An argument is missing that has to be given (line 1, column 3)",
        ),
        ("{ ...F }", "A fragment is used that is not defined (line 1, column 3)"),
        (
            "{ units @never { nodes { code } } }",
            "A directive is used that there is not",
        ),
        (
            "query($a: Nothing) { units { nodes { code } } }",
            "A type is named that there is not",
        ),
        (
            "{ a: round(code: \"X\") { code } a: round(code: \"Y\") { code } }",
            "use different aliases",
        ),
        ("{ round(code: $code) { code } }", "A variable is not defined"),
        (
            "query A { viewer { login } } query B { viewer { login } }",
            "name it in operationName",
        ),
        ("{ round(code: 3) { code } }", "The value of code does not fit its type"),
    ] {
        let request = || world.server.post("alpha.officer").json(&json!({"query": document}));
        let field = if document.contains("code: 3") { "code" } else { "query" };
        refused(&world, document, request, ("INVALID", field), says).await;
        let answer: Value = request().send().await.unwrap().json().await.unwrap();
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(!message.contains('\n'), "{message}");
        assert!(
            message.contains("Chi tiết: ") || message.contains("Detail: "),
            "{message}"
        );
    }
}
