//! Queries, bad ones above all: status, code and cost.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::server::{Server, code, now, read, wording};

const JSON: &str = "application/json";
const RESPONSE: &str = "application/graphql-response+json";

#[tokio::test]
async fn the_media_type_decides_the_status_of_a_wrong_document() {
    let server = Server::start().await;
    for (accept, status, given) in [(JSON, 200, JSON), (RESPONSE, 400, RESPONSE), ("*/*", 200, JSON)] {
        let request = server.client.post(server.url("/graphql")).header("accept", accept);
        let response = request.json(&json!({"query": "{ nothing }"})).send().await.unwrap();
        assert_eq!(response.status(), status, "{accept}");
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(given));
        let body: Value = response.json().await.unwrap();
        assert_eq!(code(&body).0, "INVALID");
        assert!(body.get("data").is_none());
    }
    let html = server
        .client
        .get(server.url("/graphql?query={fast}"))
        .header("accept", "text/html");
    assert_eq!(read(html).await.0, 406);
}

#[tokio::test]
async fn malformed_requests_name_what_is_wrong() {
    let server = Server::start().await;
    let post = |body: &'static str, content_type: &'static str| {
        let request = server
            .client
            .post(server.url("/graphql"))
            .header("content-type", content_type);
        read(request.body(body))
    };
    assert_eq!(post("{", JSON).await.0, 400);
    assert_eq!(post("{\"query\": 1}", JSON).await.0, 400);
    assert_eq!(post("{\"query\": \"{fast}\", \"variables\": [1]}", JSON).await.0, 400);
    assert_eq!(post("{\"query\": \"{fast}\"}", "text/plain").await.0, 415);
    assert_eq!(
        post("{\"query\": \"{fast}\"}", "application/json; charset=utf-16")
            .await
            .0,
        415
    );
    assert_eq!(
        post("{\"query\": \"{fast}\"}", "application/json; charset=UTF-8")
            .await
            .0,
        200
    );
    let (status, body) = server.post(&json!({"query": "{ echo(text: 5) }"})).await;
    assert_eq!((status, code(&body).0), (400, "INVALID"));
    let number = "{\"query\": \"query($n: Int) { echo(text: \\\"a\\\", number: $n) }\", \"variables\": {\"n\": 1e400}}";
    let (status, body) = post(number, JSON).await;
    assert_eq!((status, code(&body).0), (400, "INVALID"));
    let long = format!("{{\"query\": \"{{fast}}\", \"x\": \"{}\"}}", "x".repeat(300 * 1024));
    let request = server
        .client
        .post(server.url("/graphql"))
        .header("content-type", JSON)
        .body(long.clone());
    let (status, body) = read(request).await;
    assert_eq!((status, code(&body)), (413, ("TOO_LARGE", "body")));
    let signed_in = server
        .client
        .post(server.url("/graphql"))
        .header("content-type", JSON)
        .body(long);
    assert_eq!(
        read(signed_in.bearer_auth(server.token("officer"))).await.0,
        200,
        "a holder of a token may send more"
    );
}

#[tokio::test]
async fn mutations_go_by_post_only() {
    let server = Server::start().await;
    let response = server
        .client
        .get(server.url("/graphql?query=mutation{count}"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "POST");
    let response = server.client.delete(server.url("/graphql")).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"GET, POST".parse().unwrap())
    );
    assert_eq!(server.counted.load(Ordering::SeqCst), 0);
    assert_eq!(server.ask("mutation { count }").await, json!({"data": {"count": 1}}));
    let (status, body) = read(server.client.get(server.url("/graphql?query={fast}"))).await;
    assert_eq!((status, body), (200, json!({"data": {"fast": 2}})));
}

#[tokio::test]
async fn errors_have_a_code_and_keep_secrets() {
    let server = Server::start().await;
    let body = server.ask("{ invalid }").await;
    assert_eq!(
        (code(&body), &body["data"]),
        (("INVALID", "input.date"), &json!({"invalid": null}))
    );
    assert_eq!(body["errors"][0]["message"], wording().en);
    let vietnamese = server
        .client
        .post(server.url("/graphql"))
        .header("accept-language", "vi");
    let (_, body) = read(vietnamese.json(&json!({"query": "{ invalid }"}))).await;
    assert_eq!(body["errors"][0]["message"], wording().vi);
    let body = server.ask("{ uncoded }").await;
    assert_eq!(code(&body).0, "INTERNAL");
    assert!(!body.to_string().contains("12345"));
    assert!(body["errors"][0]["extensions"]["requestId"].is_string());
    let body = server.ask("{ optional { bad } }").await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 20);
    assert_eq!(body["extensions"]["omittedErrors"], 10);
    assert_eq!(code(&server.ask("mutation { panic }").await).0, "INTERNAL");
}

#[tokio::test]
async fn the_answer_has_the_shape_of_the_specification() {
    let server = Server::start().await;
    let body = server.ask("{ failing { ok bad } fast }").await;
    assert_eq!(
        body["data"],
        json!({"failing": null, "fast": 2}),
        "null goes up to the next field that may be null"
    );
    assert_eq!(body["errors"][0]["path"], json!(["failing", "bad"]));
    let text = |query: &'static str| {
        let request = server
            .client
            .post(server.url("/graphql"))
            .json(&json!({ "query": query }));
        async move { request.send().await.unwrap().text().await.unwrap() }
    };
    assert_eq!(
        text("{ slow fast }").await,
        r#"{"data":{"slow":1,"fast":2}}"#,
        "keys in the order of the query"
    );
    assert_eq!(text("{ fast @skip(if: true) }").await, r#"{"data":{}}"#);
    assert_eq!(
        text("{ pair { slow @skip(if: true) fast @include(if: false) } }").await,
        r#"{"data":{"pair":{}}}"#
    );
    let body = server.ask("{ many { bad } }").await;
    assert_eq!(
        body["data"],
        Value::Null,
        "a root that may not be null takes all of data with it"
    );
    assert!(body.as_object().unwrap().contains_key("data"));
}

#[tokio::test]
async fn tokens_are_held_to_everything_they_say() {
    let server = Server::start().await;
    let ask = |value: String| {
        let request = server
            .client
            .post(server.url("/graphql"))
            .header("authorization", value);
        read(request.json(&json!({"query": "{ who }"})))
    };
    assert_eq!(
        ask(format!("Bearer {}", server.token("lan"))).await,
        (200, json!({"data": {"who": "lan"}}))
    );
    assert_eq!(server.ask("{ who }").await, json!({"data": {"who": null}}));
    let hour = SignedDuration::from_hours(1);
    let elsewhere = tempfile::tempdir().unwrap();
    let stranger = minhchung::http::tokens::Tokens::open(elsewhere.path(), None).unwrap();
    let good = server.token("lan");
    let wrong = [
        ("nothing", "Bearer".to_owned()),
        ("another scheme", "Basic bGFuOmxhbg==".to_owned()),
        ("nonsense", "Bearer a.b.c".to_owned()),
        (
            "expired",
            format!("Bearer {}", server.tokens.issue("lan", now() - hour * 2, hour).unwrap()),
        ),
        (
            "too early",
            format!("Bearer {}", server.tokens.issue("lan", now() + hour, hour).unwrap()),
        ),
        (
            "unknown key",
            format!("Bearer {}", stranger.issue("lan", now(), hour).unwrap()),
        ),
        ("changed", {
            // Another character, whatever stood there.
            let (before, rest) = good.split_at(good.len() - 5);
            let other = if rest.starts_with('x') { 'y' } else { 'x' };
            format!("Bearer {before}{other}{}", &rest[1..])
        }),
        ("no algorithm", "Bearer eyJhbGciOiJub25lIn0.e30.".to_owned()),
        ("symmetric", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA".to_owned()),
    ];
    for (case, header) in wrong {
        let (status, body) = ask(header).await;
        assert_eq!((status, code(&body).0), (401, "UNAUTHENTICATED"), "{case}");
    }
}

/// Nanoseconds that this thread has computed. Client and server of a test share it.
fn computed() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn attacks_cost_little_and_disturb_nobody() {
    let server = Server::start().await;
    server.ask("{ fast }").await;
    let bomb: String = (0..60)
        .map(|level| format!("fragment F{level} on Query {{ ...F{0} ...F{0} }} ", level + 1))
        .chain(["fragment F60 on Query { fast } { ...F0 }".to_owned()])
        .collect();
    let schema = "fields { type { ".repeat(5);
    let attacks = [
        ("fragment bomb", bomb),
        (
            "fragment cycle",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
        ),
        (
            "deep",
            format!("{}fast{}", "{ query ".repeat(40) + "{ ", " }".repeat(41)),
        ),
        ("too deep to parse", "{ query ".repeat(5_000)),
        ("brackets", format!("{{ echo(text: {}", "[".repeat(30_000))),
        (
            "aliases",
            format!(
                "{{ {} }}",
                (0..1_000).map(|n| format!("a{n}: fast ")).collect::<String>()
            ),
        ),
        ("same field", format!("{{ {} }}", "fast ".repeat(1_900))),
        (
            "directives",
            format!("{{ fast {} }}", "@skip(if: false) ".repeat(1_500)),
        ),
        ("long", format!("{{ fast }} #{}", "x".repeat(100_000))),
        ("tokens", format!("{{ {} }}", "fast ".repeat(12_000))),
        (
            "complex",
            "{ query { query { a: nodes(first: 500) { nodes { b(last: 500) { nodes { fast } } } } } } }".to_owned(),
        ),
        (
            "introspection",
            format!("{{ __schema {{ types {{ {schema} name {} }} }} }}", "}".repeat(10)),
        ),
        (
            "roots",
            format!(
                "mutation {{ {} }}",
                (0..25).map(|n| format!("c{n}: count ")).collect::<String>()
            ),
        ),
    ];
    for (name, query) in attacks {
        let before = computed();
        let (status, body) = server.post(&json!({ "query": query })).await;
        let milliseconds = (computed() - before) / 1_000_000;
        assert_eq!((status, code(&body)), (400, ("INVALID", "query")), "{name}: {body}");
        assert!(milliseconds < 50, "{name} took {milliseconds} ms");
    }
    let batch = serde_json::to_string(&vec![json!({"query": "{fast}"}); 10_000]).unwrap();
    let before = computed();
    let request = server
        .client
        .post(server.url("/graphql"))
        .header("content-type", JSON)
        .body(batch);
    let (status, body) = read(request).await;
    assert_eq!((status, code(&body).0), (400, "INVALID"));
    assert!((computed() - before) / 1_000_000 < 50);
    assert_eq!(
        server
            .client
            .get(server.url("/healthz"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "ok\n"
    );
}

#[tokio::test]
async fn the_explorer_may_ask_what_it_asks() {
    let server = Server::start().await;
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
    let body = server.ask(&introspection).await;
    assert!(body.get("errors").is_none(), "{body}");
    for (path, expected) in [
        ("/graphiql", "public CDN"),
        ("/schema.graphql", "type Mutation"),
        ("/readyz", "ready"),
        ("/.well-known/jwks.json", "Ed25519"),
    ] {
        let text = server
            .client
            .get(server.url(path))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(text.contains(expected), "{path}");
    }
}

#[tokio::test]
async fn a_client_that_goes_away_cuts_nothing() {
    let server = Server::start().await;
    let request = server
        .client
        .post(server.url("/graphql"))
        .timeout(Duration::from_millis(60));
    let gone = request
        .json(&json!({"query": "mutation { count(milliseconds: 200) }"}))
        .send()
        .await;
    assert!(gone.unwrap_err().is_timeout());
    assert_eq!(server.counted.load(Ordering::SeqCst), 0);
    server.edge.finish_mutations().await;
    assert_eq!(server.counted.load(Ordering::SeqCst), 1);
    let (_, body) = server
        .post(&json!({"query": "mutation { count }"}))
        .await_or_pending()
        .await;
    assert_eq!(body, Value::Null, "nothing begins while the server stops");
}

trait Pending {
    async fn await_or_pending(self) -> (u16, Value);
}

impl<F: Future<Output = (u16, Value)>> Pending for F {
    async fn await_or_pending(self) -> (u16, Value) {
        tokio::time::timeout(Duration::from_millis(100), self)
            .await
            .unwrap_or((0, Value::Null))
    }
}

#[tokio::test]
async fn requests_are_named() {
    let server = Server::start().await;
    let named = server
        .client
        .get(server.url("/healthz"))
        .header("x-request-id", "portal-7")
        .send()
        .await
        .unwrap();
    assert_eq!(named.headers()["x-request-id"], "portal-7");
    let odd = server
        .client
        .get(server.url("/healthz"))
        .header("x-request-id", "a b\"c")
        .send()
        .await
        .unwrap();
    assert_eq!(odd.headers()["x-request-id"].len(), 24);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs node and `npm ci` in tests/conformance-js"]
async fn the_audits_of_graphql_http_pass() {
    let server = Server::start().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance-js");
    let mut audit = tokio::process::Command::new("node");
    let output = audit
        .arg("audit.mjs")
        .arg(server.url("/graphql"))
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
