//! Where bytes live, as a URL names it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path;
use object_store::prefix::PrefixStore;

use super::object::Objects;
use super::{BlobError, BlobStore, FileBlobStore, GridFsBlobStore, ObjectBlobStore};

/// How GridFS is named: its server is that of the documents, which another setting names.
const GRIDFS: &str = "gridfs";

/// A place for bytes. It holds no secret: keys of a cloud come from the environment, by the cloud's own names, and the
/// connection string of a MongoDB from the setting of the documents' store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A folder, in which one process works at a time.
    Folder(PathBuf),
    /// A bucket or container, shared by any number of processes.
    Bucket {
        /// Whose.
        cloud: Cloud,
        /// Its name.
        bucket: String,
        /// What the names of all objects begin with; may be empty.
        prefix: String,
    },
    /// GridFS of the MongoDB that also holds the documents, shared by any number of processes.
    GridFs,
}

/// Who keeps a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cloud {
    /// Amazon S3, and what speaks its protocol.
    S3,
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage.
    Azure,
}

impl Cloud {
    fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        }
    }
}

/// Why a text names no place for bytes. It does not repeat the text, which may hold a password by mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationProblem {
    /// Of no known form.
    #[error("neither file://PATH nor gridfs nor s3://, gs:// or az:// with BUCKET/PREFIX (it is not repeated here)")]
    Form,
    /// Something like `s3://key:secret@bucket`.
    #[error("a bucket is named without user and password: set the cloud's own variables, such as AWS_ACCESS_KEY_ID")]
    Credentials,
}

impl FromStr for Location {
    type Err = LocationProblem;

    fn from_str(url: &str) -> Result<Self, LocationProblem> {
        if url == GRIDFS {
            return Ok(Self::GridFs);
        }
        let (scheme, rest) = url.split_once("://").ok_or(LocationProblem::Form)?;
        if scheme == "file" && !rest.is_empty() {
            return Ok(Self::Folder(rest.into()));
        }
        let clouds = [Cloud::S3, Cloud::Google, Cloud::Azure];
        let cloud = clouds.into_iter().find(|cloud| cloud.scheme() == scheme);
        let cloud = cloud.ok_or(LocationProblem::Form)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if rest.contains(['@', ':', '?']) {
            return Err(LocationProblem::Credentials);
        }
        if bucket.is_empty() {
            return Err(LocationProblem::Form);
        }
        Ok(Self::Bucket {
            cloud,
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(formatter, "file://{}", folder.display()),
            Self::Bucket { cloud, bucket, prefix } => write!(formatter, "{}://{bucket}/{prefix}", cloud.scheme()),
            Self::GridFs => formatter.write_str(GRIDFS),
        }
    }
}

impl Location {
    /// Opens the place. Whether a bucket answers shows with the first request. `documents` is the connection string of the
    /// documents' store, for the one place that lies in it.
    ///
    /// # Errors
    /// When the folder, the cloud's variables or the MongoDB are not as they have to be.
    pub async fn open(&self, documents: &str) -> Result<Arc<dyn BlobStore>, BlobError> {
        let (cloud, bucket, prefix) = match self {
            Self::Folder(folder) => return Ok(Arc::new(FileBlobStore::open(folder).await?)),
            Self::GridFs => return Ok(Arc::new(GridFsBlobStore::open(documents, None).await?)),
            Self::Bucket { cloud, bucket, prefix } => (*cloud, bucket, prefix.as_str()),
        };
        let objects = match cloud {
            Cloud::S3 => under(prefix, AmazonS3Builder::from_env().with_bucket_name(bucket).build()),
            Cloud::Google => under(
                prefix,
                GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket).build(),
            ),
            Cloud::Azure => under(
                prefix,
                MicrosoftAzureBuilder::from_env().with_container_name(bucket).build(),
            ),
        };
        let objects = objects.map_err(|error| BlobError::Io(std::io::Error::other(error)))?;
        Ok(Arc::new(ObjectBlobStore::over(objects)))
    }
}

fn under<T: Objects>(prefix: &str, built: object_store::Result<T>) -> object_store::Result<Arc<dyn Objects>> {
    let objects = built?;
    Ok(if prefix.is_empty() {
        Arc::new(objects)
    } else {
        Arc::new(PrefixStore::new(objects, Path::from(prefix)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<String, LocationProblem> {
        Location::from_str(url).map(|location| location.to_string())
    }

    #[test]
    fn a_url_names_a_place() {
        assert_eq!(
            Location::from_str("file:///srv/bytes"),
            Ok(Location::Folder("/srv/bytes".into()))
        );
        let bucket = Location::Bucket {
            cloud: Cloud::S3,
            bucket: "evidence".to_owned(),
            prefix: "a/b".to_owned(),
        };
        assert_eq!(Location::from_str("s3://evidence/a/b/"), Ok(bucket));
        for url in [
            "s3://evidence/",
            "gs://evidence/a",
            "az://container/",
            "file://here",
            "gridfs",
        ] {
            assert_eq!(read(url).as_deref(), Ok(url));
        }
        for url in [
            "",
            "here",
            "s3://",
            "s3:///a",
            "file://",
            "ftp://host/a",
            "memory://",
            "gridfs://",
            "gridfs://db",
        ] {
            assert_eq!(read(url), Err(LocationProblem::Form), "{url}");
        }
    }

    #[test]
    fn a_secret_in_a_url_is_refused_and_not_repeated() {
        let problem = read("s3://key:hunter2@evidence/a").unwrap_err();
        assert_eq!(problem, LocationProblem::Credentials);
        assert!(!problem.to_string().contains("hunter2"));
    }
}
