//! The way in: router, the GraphQL edge, tokens, limits, uploads, downloads, health, pages.
//!
//! Knows nothing of criteria or dossiers: it turns bytes into a weighed GraphQL request of a known person and the answer
//! into bytes. What a request means is asked of [`Api`].

mod body;
mod complaint;
mod document;
mod downloads;
mod edge;
pub mod limits;
mod multipart;
pub mod negotiate;
mod pages;
pub mod refusal;
mod scan;
mod serve;
pub mod tokens;
pub mod weigh;

use std::sync::Arc;

use async_graphql::{Request, Response};
use async_trait::async_trait;
use axum::Router;
use axum::routing::{any, get};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::app::error::Error;
use crate::blob::link::{FileLink, LinkSigner};
use crate::blob::upload::StagedFile;
use crate::blob::{BlobStore, References};
use document::Documents;
use negotiate::Language;
use tokens::{TokenClaims, Tokens};

pub use serve::serve;

/// Who asks, and how they want to be answered. Lies in the data of every GraphQL request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What the token proves; `None` without a token. A token that does not hold never gets this far.
    pub claims: Option<TokenClaims>,
    /// Language of messages.
    pub language: Language,
    /// Name of the request in the log and in every error.
    pub request_id: String,
}

/// What the edge asks of the system behind it.
#[async_trait]
pub trait Api: References + 'static {
    /// Executes a weighed request. Its data holds the [`Caller`], and [`crate::blob::upload::Uploads`] if files came.
    async fn execute(&self, request: Request, caller: Caller) -> Response;

    /// Whether the caller may upload files anywhere at all; asked after `operations` and before the first file.
    async fn may_upload(&self, caller: &Caller) -> Result<(), Error>;

    /// The file that a link stands for, if its viewer may read it now.
    async fn open_file(&self, link: &FileLink) -> Result<StagedFile, Error>;

    /// Whether the store answers.
    async fn ready(&self) -> Result<(), Error>;

    /// The schema in the schema language.
    fn sdl(&self) -> String;

    /// The clock.
    fn now(&self) -> Timestamp;
}

/// All that the handlers share.
pub struct Edge {
    api: Arc<dyn Api>,
    blobs: Arc<dyn BlobStore>,
    tokens: Arc<Tokens>,
    links: LinkSigner,
    max_upload_bytes: u64,
    documents: Documents,
    /// One permit per mutation under way: bounds them, and lets the end of the program wait for them.
    mutations: Arc<Semaphore>,
}

impl Edge {
    /// An edge before the given system. `max_upload_bytes` is the limit of one file.
    pub fn new(api: Arc<dyn Api>, blobs: Arc<dyn BlobStore>, tokens: Arc<Tokens>, max_upload_bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            links: LinkSigner::new(tokens.link_secret()),
            api,
            blobs,
            tokens,
            max_upload_bytes,
            documents: Documents::default(),
            mutations: Arc::new(Semaphore::new(limits::MUTATIONS as usize)),
        })
    }

    /// Waits until no mutation is under way. None can begin afterwards.
    pub async fn finish_mutations(&self) {
        if let Ok(all) = self.mutations.acquire_many(limits::MUTATIONS).await {
            all.forget();
        }
    }
}

/// Compresses answers for those who take it. They hold what a caller asked for by a token in a header, which no page of
/// another origin can make a browser send: lengths of compressed answers tell nobody a secret.
fn compression() -> CompressionLayer<SizeAbove> {
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(limits::UNCOMPRESSED_BYTES))
}

/// Every path the server answers.
pub fn router(edge: Arc<Edge>) -> Router {
    Router::new()
        .route("/graphql", any(edge::graphql))
        .route("/graphiql", get(pages::graphiql))
        .route("/schema.graphql", get(pages::schema))
        // What stands above is text and long. Files are not compressed on their way: parts of them are asked for, and
        // most are compressed already.
        .layer(compression())
        .route("/healthz", get(pages::healthy))
        .route("/readyz", get(pages::ready))
        .route("/.well-known/jwks.json", get(pages::jwks))
        .route("/files/{link}", get(downloads::download))
        .with_state(edge)
        .layer(axum::middleware::from_fn(serve::observe))
}
