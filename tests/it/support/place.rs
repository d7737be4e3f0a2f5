//! The places where the program keeps files, each of them real: a bucket of an S3 server, GridFS of a `mongod`.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use minhchung::blob::{BlobStore, GridFsBlobStore, ObjectBlobStore};
use object_store::aws::AmazonS3;
use object_store::prefix::PrefixStore;

use super::s3::{BUCKET, KEY, S3, SECRET};
use super::stores::{self, Kind};
use crate::program::program;

/// What the names of all objects begin with.
const PREFIX: &str = "tinh/quang-nam";

pub enum Place {
    Bucket(S3),
    GridFs { store: String },
}

impl Place {
    pub async fn bucket() -> Self {
        Self::Bucket(S3::start().await)
    }

    /// GridFS of the database that belongs to a data folder.
    pub async fn gridfs(data: &Path) -> Self {
        let store = stores::on(Kind::Mongodb, stores::url(data)).await;
        Self::GridFs { store }
    }

    /// What `--blobs` says.
    pub fn url(&self) -> String {
        match self {
            Self::Bucket(_) => format!("s3://{BUCKET}/{PREFIX}"),
            Self::GridFs { .. } => "gridfs".to_owned(),
        }
    }

    /// Lets a program find the place's server.
    pub fn reachable(&self, command: &mut Command) {
        if let Self::Bucket(s3) = self {
            command
                .env("AWS_ENDPOINT", &s3.endpoint)
                .env("AWS_ALLOW_HTTP", "true")
                .env("AWS_ACCESS_KEY_ID", KEY)
                .env("AWS_SECRET_ACCESS_KEY", SECRET);
        }
    }

    /// The program on a data folder, with its files here; its documents are here too, or embedded.
    pub fn program(&self, data: &Path) -> Command {
        let mut command = program(data);
        self.reachable(&mut command);
        command.env("MINHCHUNG_BLOBS", self.url());
        if let Self::GridFs { store } = self {
            command.env("MINHCHUNG_STORE", store);
        }
        command
    }

    /// What another process sees of it.
    pub async fn blobs(&self) -> Arc<dyn BlobStore> {
        match self {
            Self::Bucket(s3) => {
                let under: PrefixStore<AmazonS3> = PrefixStore::new(s3.client(), PREFIX);
                Arc::new(ObjectBlobStore::over(Arc::new(under)))
            }
            Self::GridFs { store } => Arc::new(GridFsBlobStore::open(store, None).await.unwrap()),
        }
    }
}
