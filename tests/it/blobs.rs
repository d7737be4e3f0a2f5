//! Every blob store does what every blob store must do, and each what is its own.

mod folder {
    use std::sync::Arc;

    use async_trait::async_trait;
    use jiff::{SignedDuration, Timestamp};
    use minhchung::blob::conformance::Subject;
    use minhchung::blob::{BlobStore, FileBlobStore, put, sweep};

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
        let file = folder.path().join("blobs/ba/78").join(&published.blob.sha256);
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
