//! Every store does what every store must do.

mod sqlite {
    use std::sync::Arc;

    use minhchung::store::Store;
    use minhchung::store::conformance::COLLECTIONS;
    use minhchung::store::sqlite::SqliteStore;

    async fn open(case: &str) -> (Arc<dyn Store>, tempfile::TempDir) {
        let folder = tempfile::Builder::new().prefix(case).tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("store.db"), COLLECTIONS).expect("opens");
        (Arc::new(store), folder)
    }

    minhchung::store_conformance!(open);

    #[tokio::test]
    async fn a_setting_names_the_store() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("named.db");
        let setting = format!("sqlite://{}", path.display());
        let store = minhchung::store::open(&setting, COLLECTIONS).await.expect("opens");
        store.ready().await.expect("a new store is ready");
        assert!(path.exists());
        let wrong = minhchung::store::open("postgres://secret@host", COLLECTIONS).await;
        assert!(!wrong.err().expect("refused").to_string().contains("secret"));
    }
}

mod mongo {
    use std::sync::Arc;

    use minhchung::store::Store;
    use minhchung::store::conformance::COLLECTIONS;
    use minhchung::store::mongo::MongoStore;

    use crate::support::mongod;

    async fn open(case: &str) -> (Arc<dyn Store>, ()) {
        let uri = mongod::uri().await;
        let store = MongoStore::open(&uri, Some(case), COLLECTIONS).await.expect("opens");
        (Arc::new(store), ())
    }

    minhchung::store_conformance!(
        #[ignore = "needs a mongod: .ci/mongod"]
        open
    );

    #[tokio::test]
    #[ignore = "needs a mongod: .ci/mongod"]
    async fn a_setting_names_the_database() {
        let setting = mongod::uri().await.replace("/?", "/named_by_uri?");
        let store = minhchung::store::open(&setting, COLLECTIONS).await.expect("opens");
        store.ready().await.expect("a new store is ready");
        let client = mongodb::Client::with_uri_str(&setting).await.expect("a client");
        let databases = client.list_database_names().await.expect("names");
        assert!(databases.contains(&"named_by_uri".to_owned()), "{databases:?}");
    }
}
