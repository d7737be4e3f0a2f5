//! Every blob store does what every blob store must do, and each what is its own.

mod folder {
    use std::sync::Arc;

    use async_trait::async_trait;
    use jiff::{SignedDuration, Timestamp};
    use minhchung::blob::conformance::Subject;
    use minhchung::blob::{BlobError, BlobStore, FileBlobStore, put, put_all, read_all, sweep};

    struct Folder {
        folder: tempfile::TempDir,
        blobs: Arc<FileBlobStore>,
    }

    #[async_trait]
    impl Subject for Folder {
        fn blobs(&self) -> Arc<dyn BlobStore> {
            Arc::clone(&self.blobs) as Arc<dyn BlobStore>
        }

        async fn unpublished(&self) -> u64 {
            std::fs::read_dir(self.folder.path().join("staging")).unwrap().count() as u64
        }
    }

    async fn open(case: &str) -> Folder {
        let folder = tempfile::Builder::new().prefix(case).tempdir().unwrap();
        let blobs = Arc::new(FileBlobStore::open(folder.path()).await.unwrap());
        Folder { folder, blobs }
    }

    minhchung::blob_conformance!(open);

    fn day(number: i64) -> Timestamp {
        "2020-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * number)
    }

    #[tokio::test]
    async fn known_bytes_take_the_same_work_as_new_ones() {
        let Folder { folder, blobs } = open("known").await;
        let published = put(&*blobs, b"abc", day(0)).await.unwrap();
        let file = folder.path().join("blobs/ba").join(&published.blob.sha256);
        let inode = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&file).unwrap());
        let first = inode();
        put(&*blobs, b"abc", day(1)).await.unwrap();
        // Written, renamed and synced: no shortcut that its time would tell.
        assert_ne!(inode(), first);
    }

    #[tokio::test]
    async fn opening_leaves_other_processes_uploads_alone() {
        let Folder { folder, .. } = open("leftover").await;
        let staging = || std::fs::read_dir(folder.path().join("staging")).unwrap().count();
        std::fs::write(folder.path().join("staging/left-by-a-crash"), b"x").unwrap();
        // Whoever only reads leaves it; whoever takes the folder over clears up.
        let next = FileBlobStore::open(folder.path()).await.unwrap();
        assert_eq!(staging(), 1);
        assert_eq!(next.clear_staging(SignedDuration::ZERO).await.unwrap(), 1);
        assert_eq!(staging(), 0);
    }

    #[tokio::test]
    async fn no_folder_stays_of_pins_that_are_over() {
        let Folder { folder, blobs } = open("pins").await;
        let kept = "1".repeat(64);
        blobs.pin(&kept, day(9)).await.unwrap();
        blobs.pin(&"0".repeat(64), day(1)).await.unwrap();
        struct Nothing;
        #[async_trait]
        impl minhchung::blob::References for Nothing {
            async fn referenced(&self, _: &str) -> Result<bool, minhchung::blob::BoxError> {
                Ok(false)
            }
        }
        sweep(&*blobs, &Nothing, day(2), SignedDuration::from_hours(24))
            .await
            .unwrap();
        let left = std::fs::read_dir(folder.path().join("pins")).unwrap();
        let left: Vec<_> = left.map(|pin| pin.unwrap().file_name()).collect();
        assert_eq!(left, [kept.as_str()]);
    }

    #[tokio::test]
    async fn what_others_put_there_is_passed_over() {
        let Folder { folder, blobs } = open("strangers").await;
        let published = put_all(&*blobs, vec![b"abc".to_vec()], day(0)).await.unwrap();
        for name in ["lock", ".DS_Store", "zz", "ba/notes"] {
            std::fs::write(folder.path().join("blobs").join(name), b"x").unwrap();
        }
        std::fs::create_dir(folder.path().join("blobs/pins")).unwrap();
        let listed = blobs.list(None, 10).await.unwrap();
        let listed: Vec<_> = listed.into_iter().map(|entry| entry.blob).collect();
        assert_eq!(listed, [published[0].blob.clone()]);
    }

    #[tokio::test]
    async fn a_batch_that_cannot_be_placed_leaves_nothing_unfinished() {
        let Folder { folder, blobs } = open("batch").await;
        // Where the folder of one of them should be, there is a file.
        let pieces = vec![b"abc".to_vec(), b"abd".to_vec()];
        std::fs::write(folder.path().join("blobs/ba"), b"in the way").unwrap();
        assert!(matches!(
            put_all(&*blobs, pieces.clone(), day(0)).await,
            Err(BlobError::Io(_))
        ));
        assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
        std::fs::remove_file(folder.path().join("blobs/ba")).unwrap();
        let published = put_all(&*blobs, pieces.clone(), day(0)).await.unwrap();
        assert_eq!(read_all(&*blobs, &published[0].blob.sha256, 3).await.unwrap(), b"abc");
    }
}

mod s3 {
    use std::sync::Arc;

    use async_trait::async_trait;
    use minhchung::blob::conformance::Subject;
    use minhchung::blob::{BlobStore, ObjectBlobStore};

    use crate::support::s3::S3;

    struct Bucket {
        server: S3,
        blobs: Arc<ObjectBlobStore>,
    }

    #[async_trait]
    impl Subject for Bucket {
        fn blobs(&self) -> Arc<dyn BlobStore> {
            Arc::clone(&self.blobs) as Arc<dyn BlobStore>
        }

        async fn unpublished(&self) -> u64 {
            let names = self
                .server
                .files()
                .into_iter()
                .map(|file| file.to_string_lossy().into_owned());
            // Notes, staged objects, and the parts that the server keeps beside the bucket; not the server's own
            // notes about whole objects.
            let counted = names.filter(|name| {
                let part = name.contains(".upload_id-") && name.contains(".part-");
                part || name.contains("/unfinished/") || name.contains("/staging/")
            });
            counted.count() as u64
        }
    }

    async fn open(_: &str) -> Bucket {
        let server = S3::start().await;
        let blobs = Arc::new(server.blobs());
        Bucket { server, blobs }
    }

    minhchung::blob_conformance!(open);
}

mod gridfs {
    use std::sync::Arc;

    use async_trait::async_trait;
    use futures::TryStreamExt;
    use jiff::Timestamp;
    use minhchung::blob::conformance::Subject;
    use minhchung::blob::{BlobStore, GridFsBlobStore, put, read_all};
    use mongodb::bson::{Document, doc};
    use mongodb::{Client, Database};

    use crate::support::mongod;

    struct Cluster {
        database: Database,
        blobs: Arc<GridFsBlobStore>,
    }

    #[async_trait]
    impl Subject for Cluster {
        fn blobs(&self) -> Arc<dyn BlobStore> {
            Arc::clone(&self.blobs) as Arc<dyn BlobStore>
        }

        /// Files, complete or not, that no mapping names.
        async fn unpublished(&self) -> u64 {
            let ids = async |name: &str, field: &str| {
                self.database
                    .collection::<Document>(name)
                    .distinct(field, doc! {})
                    .await
                    .unwrap()
            };
            let mapped = ids("blob", "file").await;
            let mut found = ids("blob.files", "_id").await;
            for chunk in ids("blob.chunks", "files_id").await {
                if !found.contains(&chunk) {
                    found.push(chunk);
                }
            }
            found.iter().filter(|file| !mapped.contains(file)).count() as u64
        }
    }

    async fn open(case: &str) -> Cluster {
        let uri = mongod::uri().await;
        let name = format!("blobs_{}", case.chars().take(40).collect::<String>());
        let blobs = Arc::new(GridFsBlobStore::open(&uri, Some(&name)).await.unwrap());
        let database = Client::with_uri_str(&uri).await.unwrap().database(&name);
        Cluster { database, blobs }
    }

    minhchung::blob_conformance!(
        #[ignore = "needs a mongod: .ci/mongod"]
        open
    );

    #[tokio::test]
    #[ignore = "needs a mongod: .ci/mongod"]
    async fn a_reader_goes_on_when_the_same_bytes_are_sent_again() {
        let cluster = open("reader").await;
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 251) as u8).collect();
        let sha256 = put(&*cluster.blobs, &bytes, Timestamp::UNIX_EPOCH)
            .await
            .unwrap()
            .blob
            .sha256;
        let mut reading = cluster.blobs.open(&sha256, None).await.unwrap();
        let mut read = reading.try_next().await.unwrap().unwrap().to_vec();
        put(&*cluster.blobs, &bytes, Timestamp::UNIX_EPOCH).await.unwrap();
        let replaced = async {
            while cluster.unpublished().await > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), replaced)
            .await
            .unwrap();
        while let Some(piece) = reading.try_next().await.unwrap() {
            read.extend_from_slice(&piece);
        }
        assert!(read == bytes);
    }

    #[tokio::test]
    #[ignore = "needs a mongod: .ci/mongod"]
    async fn a_missing_chunk_is_an_error_and_sending_the_bytes_again_heals() {
        let cluster = open("chunk").await;
        let bytes = vec![5; 1_000_000];
        let sha256 = put(&*cluster.blobs, &bytes, Timestamp::UNIX_EPOCH)
            .await
            .unwrap()
            .blob
            .sha256;
        let chunks = cluster.database.collection::<Document>("blob.chunks");
        assert_eq!(chunks.delete_one(doc! { "n": 2 }).await.unwrap().deleted_count, 1);
        assert!(read_all(&*cluster.blobs, &sha256, u64::MAX).await.is_err());
        put(&*cluster.blobs, &bytes, Timestamp::UNIX_EPOCH).await.unwrap();
        assert!(read_all(&*cluster.blobs, &sha256, u64::MAX).await.unwrap() == bytes);
    }
}
