//! A real S3 server of somebody else's making, in this process and on a free port of the loopback, over a folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::error_handling::HandleError;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use minhchung::blob::ObjectBlobStore;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::sync::RwLock;

pub const BUCKET: &str = "minh-chung";
pub const KEY: &str = "tests";
pub const SECRET: &str = "only-in-tests";

/// The server; ends with the test's runtime.
pub struct S3 {
    folder: tempfile::TempDir,
    pub endpoint: String,
}

impl S3 {
    /// Starts a server with one empty bucket.
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("s3").tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = HandleError::new(service.build(), async |error: s3s::HttpError| {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:?}"))
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback_service(service);
        let router = router.layer(from_fn_with_state(Arc::default(), copies_at_once));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { folder, endpoint }
    }

    /// A client of the bucket, as the program makes one.
    pub fn client(&self) -> AmazonS3 {
        AmazonS3Builder::new()
            .with_bucket_name(BUCKET)
            .with_endpoint(&self.endpoint)
            .with_allow_http(true)
            .with_access_key_id(KEY)
            .with_secret_access_key(SECRET)
            .build()
            .unwrap()
    }

    pub fn blobs(&self) -> ObjectBlobStore {
        ObjectBlobStore::over(Arc::new(self.client()))
    }

    /// The folder of the server: the bucket lies in it, and parts of unfinished uploads beside the bucket.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What lies in the bucket and beside it: keys, and the files of unfinished uploads.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(self.folder(), &mut found);
        found
    }
}

/// A copy is there as a whole or not at all, as S3 has it: this server shows it while it is still being written.
async fn copies_at_once(State(copying): State<Arc<RwLock<()>>>, request: Request, next: Next) -> Response {
    if request.headers().contains_key("x-amz-copy-source") {
        let _alone = copying.write().await;
        return next.run(request).await;
    }
    // Uploads take their time, and write where nobody looks.
    if request.method() == Method::PUT {
        return next.run(request).await;
    }
    let _meanwhile = copying.read().await;
    next.run(request).await
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        // What is being removed while we look is gone.
        let Ok(entry) = entry else { continue };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), found),
            Ok(_) => found.push(entry.path()),
            Err(_) => {}
        }
    }
}
