//! The places where the program keeps files, each of them real: a folder, a bucket of an S3 server, GridFS of a `mongod`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use minhchung::blob::{BlobStore, FileBlobStore, GridFsBlobStore, ObjectBlobStore};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::{Client, Database};
use object_store::aws::AmazonS3;
use object_store::prefix::PrefixStore;

use super::s3::{BUCKET, KEY, S3, SECRET};
use super::stores::{self, Kind};
use crate::program::program;

/// What the names of all objects begin with.
const PREFIX: &str = "tinh/quang-nam";

pub enum Place {
    Folder(PathBuf),
    Bucket(S3),
    GridFs { store: String },
}

impl Place {
    /// The data folder itself.
    pub fn folder(data: &Path) -> Self {
        Self::Folder(data.to_owned())
    }

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
            Self::Folder(folder) => format!("file://{}", folder.display()),
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
            Self::Folder(folder) => Arc::new(FileBlobStore::open(folder).await.unwrap()),
            Self::Bucket(s3) => {
                let under: PrefixStore<AmazonS3> = PrefixStore::new(s3.client(), PREFIX);
                Arc::new(ObjectBlobStore::over(Arc::new(under)))
            }
            Self::GridFs { store } => Arc::new(GridFsBlobStore::open(store, None).await.unwrap()),
        }
    }

    /// Changes what lies there, behind everybody's back: answers no more bytes than `change` leaves, `None` for nothing.
    pub async fn damage(&self, sha256: &str, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) {
        match self {
            Self::Folder(folder) => {
                let place = folder.join("blobs").join(&sha256[..2]);
                rewrite(&place.join(sha256), change);
            }
            Self::Bucket(s3) => {
                let copies = s3.folder().join(BUCKET).join(PREFIX).join("blobs").join(sha256);
                for copy in std::fs::read_dir(copies).unwrap() {
                    rewrite(&copy.unwrap().path(), &change);
                }
            }
            Self::GridFs { store } => {
                let database = database(store).await;
                let mappings = database.collection::<Document>("blob");
                let mapping = mappings.find_one(doc! { "_id": sha256 }).await.unwrap().unwrap();
                let file = doc! { "files_id": mapping.get_object_id("file").unwrap(), "n": 0 };
                let chunks = database.collection::<Document>("blob.chunks");
                let chunk = chunks.find_one(file.clone()).await.unwrap().unwrap();
                let bytes = chunk.get_binary_generic("data").unwrap().clone();
                match change(bytes) {
                    Some(bytes) => {
                        let (subtype, bytes) = (BinarySubtype::Generic, bytes);
                        let data = Bson::Binary(Binary { subtype, bytes });
                        chunks
                            .update_one(file, doc! { "$set": { "data": data } })
                            .await
                            .unwrap();
                    }
                    None => drop(mappings.delete_one(doc! { "_id": sha256 }).await.unwrap()),
                }
            }
        }
    }
}

fn rewrite(file: &Path, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) {
    match change(std::fs::read(file).unwrap()) {
        Some(bytes) => std::fs::write(file, bytes).unwrap(),
        None => std::fs::remove_file(file).unwrap(),
    }
}

/// The database that a connection string names.
pub async fn database(store: &str) -> Database {
    let client = Client::with_uri_str(store).await.unwrap();
    client.default_database().expect("the string names a database")
}
