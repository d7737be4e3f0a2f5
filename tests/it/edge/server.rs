//! A small schema behind the real edge on a free port.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::{Context, EmptySubscription, InputObject, Object, Request, Response, Schema, SimpleObject};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use minhchung::app::error::Error;
use minhchung::blob::link::{FileLink, LinkSigner};
use minhchung::blob::upload::{StagedFile, Uploads};
use minhchung::blob::{BlobStore, BoxError, FileBlobStore, References};
use minhchung::domain::text::Text;
use minhchung::http::tokens::Tokens;
use minhchung::http::{Api, Caller, Edge, router};
use serde_json::{Value, json};

/// Largest file of the tests.
pub const MAX_UPLOAD: u64 = 100_000;

pub struct Query;

#[derive(SimpleObject)]
struct Pair {
    slow: i32,
    fast: i32,
}

struct Failing;

#[Object]
impl Failing {
    async fn ok(&self) -> i32 {
        1
    }

    async fn bad(&self) -> Result<i32, Error> {
        Err(Error::NotFound { what: "number" })
    }
}

#[Object]
impl Query {
    async fn slow(&self) -> i32 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        1
    }

    async fn fast(&self) -> i32 {
        2
    }

    async fn pair(&self) -> Pair {
        Pair { slow: 1, fast: 2 }
    }

    async fn query(&self) -> Query {
        Query
    }

    async fn failing(&self) -> Option<Failing> {
        Some(Failing)
    }

    /// An error outside of the option would take the whole answer with it: the library looks for the option around it.
    async fn invalid(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(
            Error::invalid("input.date", "Ngày sai.", "The date is wrong.").into()
        ))
    }

    async fn uncoded(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(std::io::Error::other("the password is 12345").into()))
    }

    async fn echo(&self, text: String, number: Option<i32>) -> String {
        format!("{text} {}", number.unwrap_or_default())
    }

    async fn many(&self) -> Vec<Failing> {
        (0..30).map(|_| Failing).collect()
    }

    async fn optional(&self) -> Vec<Optional> {
        (0..30).map(|_| Optional).collect()
    }

    async fn who(&self, context: &Context<'_>) -> Option<String> {
        context
            .data_unchecked::<Caller>()
            .claims
            .as_ref()
            .map(|claims| claims.login.clone())
    }
}

struct Optional;

#[Object]
impl Optional {
    async fn bad(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(Error::Forbidden.into()))
    }
}

#[derive(InputObject)]
struct FileInput {
    file: String,
    sha256: Option<String>,
}

#[derive(InputObject)]
struct AddInput {
    files: Vec<FileInput>,
    #[graphql(default)]
    refuse: bool,
}

#[derive(SimpleObject)]
struct Added {
    sha256: String,
    size: u64,
    name: String,
    content_type: String,
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn count(&self, context: &Context<'_>, milliseconds: Option<u64>) -> u32 {
        tokio::time::sleep(Duration::from_millis(milliseconds.unwrap_or(0))).await;
        context
            .data_unchecked::<Arc<AtomicU32>>()
            .fetch_add(1, Ordering::SeqCst)
            + 1
    }

    async fn panic(&self) -> u32 {
        [0, 1].iter().find(|number| **number > 1).copied().expect("a mistake")
    }

    async fn add(&self, context: &Context<'_>, input: AddInput) -> Result<Vec<Added>, Error> {
        let uploads = context.data::<Uploads>().ok();
        let mut added = Vec::new();
        for (index, input) in input.files.iter().enumerate() {
            let field = format!("input.files.{index}.file");
            let file = uploads.and_then(|uploads| uploads.get(&input.file));
            let file = file.ok_or_else(|| Error::invalid(&field, "Không có tệp.", "No such upload."))?;
            file.check_stated(input.sha256.as_deref()).map_err(|problem| {
                Error::invalid(
                    format!("input.files.{index}.sha256"),
                    problem.to_string(),
                    problem.to_string(),
                )
            })?;
            let StagedFile {
                sha256,
                size,
                name,
                content_type,
            } = file.clone();
            added.push(Added {
                sha256,
                size,
                name,
                content_type,
            });
        }
        if input.refuse {
            return Err(Error::invalid("input.refuse", "Từ chối.", "Refused."));
        }
        let mut known = context.data_unchecked::<Arc<Mutex<HashSet<String>>>>().lock().unwrap();
        known.extend(added.iter().map(|file| file.sha256.clone()));
        Ok(added)
    }
}

struct TestApi {
    schema: Schema<Query, Mutation, EmptySubscription>,
    known: Arc<Mutex<HashSet<String>>>,
}

#[async_trait]
impl References for TestApi {
    async fn referenced(&self, sha256: &str) -> Result<bool, BoxError> {
        Ok(self.known.lock().map_err(|_| "poisoned")?.contains(sha256))
    }
}

#[async_trait]
impl Api for TestApi {
    async fn execute(&self, request: Request, _: Caller) -> Response {
        self.schema.execute(request).await
    }

    async fn may_upload(&self, caller: &Caller) -> Result<(), Error> {
        match &caller.claims {
            Some(claims) if claims.login == "officer" => Ok(()),
            Some(_) => Err(Error::Forbidden),
            None => Err(Error::Unauthenticated),
        }
    }

    async fn open_file(&self, link: &FileLink) -> Result<StagedFile, Error> {
        if link.viewer != "officer" {
            return Err(Error::NotFound { what: "file" });
        }
        Ok(StagedFile {
            sha256: link.evidence.clone(),
            size: 10,
            name: "Báo cáo.txt".into(),
            content_type: "text/plain; charset=utf-8".into(),
        })
    }

    async fn ready(&self) -> Result<(), Error> {
        Ok(())
    }

    fn sdl(&self) -> String {
        self.schema.sdl()
    }

    fn now(&self) -> Timestamp {
        now()
    }
}

/// The moment of all tests.
pub fn now() -> Timestamp {
    "2020-03-01T08:00:00Z".parse().unwrap()
}

/// A running server with a folder of its own.
pub struct Server {
    pub address: SocketAddr,
    pub client: reqwest::Client,
    pub tokens: Arc<Tokens>,
    pub blobs: Arc<FileBlobStore>,
    pub counted: Arc<AtomicU32>,
    pub folder: tempfile::TempDir,
    pub links: LinkSigner,
    pub edge: Arc<Edge>,
}

impl Server {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let counted = Arc::new(AtomicU32::new(0));
        let known = Arc::new(Mutex::new(HashSet::new()));
        let schema = Schema::build(Query, Mutation, EmptySubscription)
            .data(Arc::clone(&counted))
            .data(Arc::clone(&known))
            .finish();
        let tokens = Arc::new(Tokens::open(folder.path(), None).unwrap());
        let blobs = Arc::new(FileBlobStore::open(folder.path()).await.unwrap());
        let api = Arc::new(TestApi { schema, known });
        let edge = Edge::new(api, blobs.clone(), tokens.clone(), MAX_UPLOAD);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (serving, routes) = (Arc::clone(&edge), router(Arc::clone(&edge)));
        tokio::spawn(minhchung::http::serve(
            listener,
            routes,
            serving,
            std::future::pending(),
        ));
        let links = LinkSigner::new(tokens.link_secret());
        Self {
            address,
            client: reqwest::Client::new(),
            tokens,
            blobs,
            counted,
            folder,
            links,
            edge,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn token(&self, login: &str) -> String {
        self.tokens.issue(login, now(), SignedDuration::from_hours(1)).unwrap()
    }

    /// Posts a document and reads the answer.
    pub async fn ask(&self, query: &str) -> Value {
        self.post(&json!({ "query": query })).await.1
    }

    /// Posts a body as JSON; answers status and body.
    pub async fn post(&self, body: &Value) -> (u16, Value) {
        let request = self
            .client
            .post(self.url("/graphql"))
            .header("accept", "application/graphql-response+json");
        read(request.json(body)).await
    }

    /// The published blobs and the staging files: what an upload could leave behind.
    pub async fn kept(&self) -> (usize, usize) {
        let blobs = self.blobs.list(None, 1_000).await.unwrap().len();
        (
            blobs,
            std::fs::read_dir(self.folder.path().join("staging")).unwrap().count(),
        )
    }
}

pub async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// Code and field of the first error.
pub fn code(body: &Value) -> (&str, &str) {
    let extensions = &body["errors"][0]["extensions"];
    (
        extensions["code"].as_str().unwrap_or("none"),
        extensions["field"].as_str().unwrap_or("none"),
    )
}

/// Keeps the message's language visible in one place of the tests.
pub fn wording() -> Text {
    Text::new("Ngày sai.", "The date is wrong.")
}
