//! What the real system cannot be made to do, so that the edge stands before a small schema here: resolvers that fail
//! without a code, panic, or fail many times, and a server that stops while a mutation is under way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_graphql::{Context, EmptySubscription, Object, Request, Response, Schema};
use async_trait::async_trait;
use jiff::Timestamp;
use minhchung::app::error::Error;
use minhchung::blob::link::FileLink;
use minhchung::blob::upload::StagedFile;
use minhchung::blob::{BoxError, FileBlobStore, References};
use minhchung::domain::policy::Permission;
use minhchung::http::tokens::Tokens;
use minhchung::http::{Api, Caller, Edge, router, serve};
use serde_json::{Value, json};
use tokio::sync::Notify;

struct Query;

#[Object]
impl Query {
    /// An error outside of the option would take the whole answer with it: the library looks for the option around it.
    async fn uncoded(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(std::io::Error::other("the password is 12345").into()))
    }

    async fn many(&self) -> Vec<Failing> {
        (0..30).map(|_| Failing).collect()
    }
}

struct Failing;

#[Object]
impl Failing {
    async fn bad(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(Error::Forbidden {
            needs: Permission::Review,
        }
        .into()))
    }
}

/// What the tests know of a mutation: that it began, that it may go on, that it ended.
#[derive(Clone, Default)]
struct Steps {
    begun: Arc<Notify>,
    go: Arc<Notify>,
    ended: Arc<AtomicU32>,
}

struct Mutation;

#[Object]
impl Mutation {
    async fn held(&self, context: &Context<'_>) -> u32 {
        let steps = context.data_unchecked::<Steps>();
        steps.begun.notify_one();
        steps.go.notified().await;
        steps.ended.fetch_add(1, Ordering::SeqCst) + 1
    }

    async fn panic(&self) -> u32 {
        [0, 1].iter().find(|number| **number > 1).copied().expect("a mistake")
    }
}

struct SmallApi(Schema<Query, Mutation, EmptySubscription>);

#[async_trait]
impl References for SmallApi {
    async fn referenced(&self, _: &str) -> Result<bool, BoxError> {
        Ok(false)
    }
}

#[async_trait]
impl Api for SmallApi {
    async fn execute(&self, request: Request, _: Caller) -> Response {
        self.0.execute(request).await
    }

    async fn may_upload(&self, _: &Caller) -> Result<(), Error> {
        Err(Error::Forbidden {
            needs: Permission::Review,
        })
    }

    async fn open_file(&self, _: &FileLink) -> Result<StagedFile, Error> {
        Err(Error::NotFound { what: "file" })
    }

    async fn ready(&self) -> Result<(), Error> {
        Err(Error::Unavailable {
            cause: "the disk failed".into(),
            unknown: false,
        })
    }

    fn sdl(&self) -> String {
        self.0.sdl()
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

struct Server {
    address: SocketAddr,
    client: reqwest::Client,
    edge: Arc<Edge>,
    steps: Steps,
    _folder: tempfile::TempDir,
}

impl Server {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let steps = Steps::default();
        let schema = Schema::build(Query, Mutation, EmptySubscription).data(steps.clone());
        let tokens = Arc::new(Tokens::open(folder.path(), None).unwrap());
        let blobs = Arc::new(FileBlobStore::open(folder.path()).await.unwrap());
        let edge = Edge::new(Arc::new(SmallApi(schema.finish())), blobs, tokens, 1);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = router(Arc::clone(&edge));
        tokio::spawn(serve(listener, routes, Arc::clone(&edge), std::future::pending()));
        Self {
            address,
            client: reqwest::Client::new(),
            edge,
            steps,
            _folder: folder,
        }
    }

    fn post(&self, query: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}/graphql", self.address);
        self.client.post(url).json(&json!({ "query": query }))
    }

    async fn ask(&self, query: &str) -> Value {
        self.post(query).send().await.unwrap().json().await.unwrap()
    }
}

#[tokio::test]
async fn errors_without_a_code_are_withheld_and_many_are_counted() {
    let server = Server::start().await;
    for (query, language, message) in [
        ("{ uncoded }", "en", "report the request id"),
        ("mutation { panic }", "en", "report the request id"),
        ("mutation { panic }", "vi", "báo mã yêu cầu"),
    ] {
        let request = server.post(query).header("accept-language", language);
        let body: Value = request.send().await.unwrap().json().await.unwrap();
        let error = &body["errors"][0];
        assert_eq!(error["extensions"]["code"], "INTERNAL", "{query}");
        assert!(error["message"].as_str().unwrap().contains(message), "{body}");
        assert!(error["extensions"]["requestId"].is_string());
        assert!(!body.to_string().contains("12345") && !body.to_string().contains("mistake"));
    }
    let body = server.ask("{ many { bad } }").await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 20);
    assert_eq!(body["extensions"]["omittedErrors"], 10);
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_alive_and_not_ready() {
    let server = Server::start().await;
    let status = async |path: &str| {
        let url = format!("http://{}{path}", server.address);
        server.client.get(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!((status("/healthz").await, status("/readyz").await), (200, 503));
}

#[tokio::test]
async fn a_stopping_server_lets_mutations_end_and_none_begin() {
    let server = Server::start().await;
    let edge = Arc::clone(&server.edge);
    let under_way = tokio::spawn(server.post("mutation { held }").send());
    server.steps.begun.notified().await;
    let finished = tokio::spawn(async move { edge.finish_mutations().await });
    // Whoever waits longest is served first: a mutation that comes now stands behind the end.
    tokio::task::yield_now().await;
    let late = server.post("mutation { held }").timeout(Duration::from_millis(100));
    assert!(late.send().await.unwrap_err().is_timeout());
    assert!(!finished.is_finished());
    server.steps.go.notify_one();
    finished.await.unwrap();
    assert_eq!(server.steps.ended.load(Ordering::SeqCst), 1);
    assert_eq!(under_way.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_mutation_ends_although_its_client_has_gone() {
    let server = Server::start().await;
    let client = tokio::spawn(server.post("mutation { held }").send());
    server.steps.begun.notified().await;
    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    server.steps.go.notify_one();
    server.edge.finish_mutations().await;
    assert_eq!(server.steps.ended.load(Ordering::SeqCst), 1);
}
