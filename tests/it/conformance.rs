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
}

mod mongo {
    use std::sync::Arc;

    use minhchung::store::Store;
    use minhchung::store::conformance::COLLECTIONS;
    use minhchung::store::mongo::MongoStore;

    use crate::support::mongod;

    async fn open(case: &str) -> (Arc<dyn Store>, ()) {
        let uri = mongod::uri().await;
        let store = MongoStore::open(&uri, case, COLLECTIONS).await.expect("opens");
        (Arc::new(store), ())
    }

    minhchung::store_conformance!(
        #[ignore = "needs a mongod: .ci/mongod"]
        open
    );
}
