//! On which store a test's world stands: the embedded one, or with `MINHCHUNG_TEST_STORE=mongodb` a database of its own on
//! a real server of the run (`sharded`: on two shards). The same tests run a second time then; those that open the database file itself are
//! left out by name, in `.ci/run`.

use std::path::Path;
use std::sync::Arc;

use minhchung::app::documents::COLLECTIONS;
use minhchung::store::Store;
use minhchung::store::mongo::MongoStore;
use sha2::{Digest as _, Sha256};

use super::{mongod, sharded};

/// The stores that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Mongodb,
    Sharded,
}

tokio::task_local! {
    static CHOSEN: Kind;
    static SERVER: String;
}

/// Makes worlds on this store, whatever the run's is.
pub async fn on<T>(kind: Kind, work: impl Future<Output = T>) -> T {
    CHOSEN.scope(kind, work).await
}

/// Makes worlds on the server at this URI, which names no database.
pub async fn at<T>(uri: String, work: impl Future<Output = T>) -> T {
    on(Kind::Mongodb, SERVER.scope(uri, work)).await
}

/// The store that worlds stand on here.
pub fn kind() -> Kind {
    CHOSEN.try_with(|chosen| *chosen).unwrap_or_else(|_| {
        let named = std::env::var("MINHCHUNG_TEST_STORE").unwrap_or_default();
        match named.as_str() {
            "" | "sqlite" => Kind::Sqlite,
            "mongodb" => Kind::Mongodb,
            "sharded" => Kind::Sharded,
            other => panic!("MINHCHUNG_TEST_STORE is {other:?}, neither sqlite nor mongodb nor sharded"),
        }
    })
}

/// The URL of a data folder's store.
pub async fn url(folder: &Path) -> String {
    match kind() {
        Kind::Sqlite => format!("sqlite://{}", folder.join("store.db").display()),
        Kind::Mongodb => {
            let server = match SERVER.try_with(String::clone) {
                Ok(server) => server,
                Err(_) => mongod::uri_of(&database(folder)).await,
            };
            server.replace("/?", &format!("/{}?", database(folder)))
        }
        Kind::Sharded => sharded::cluster().await.uri(0, &database(folder)),
    }
}

/// The store of a data folder.
pub async fn open(folder: &Path) -> Arc<dyn Store> {
    let url = url(folder).await;
    if kind() == Kind::Sharded {
        let store = MongoStore::open(&url, None, COLLECTIONS).await.unwrap();
        store.shard(COLLECTIONS).await.unwrap();
        return Arc::new(store);
    }
    minhchung::store::open(&url, COLLECTIONS).await.unwrap()
}

/// A name that no other folder has; names of databases differ by more than case.
pub fn database(folder: &Path) -> String {
    format!(
        "t{}",
        &hex::encode(Sha256::digest(folder.as_os_str().as_encoded_bytes()))[..16]
    )
}
