//! Everything that lasts: what is refused must leave all of it as it was, to the byte.

use std::collections::BTreeMap;
use std::path::Path;

use futures::TryStreamExt as _;
use mongodb::bson::doc;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};

use crate::support::stores::{self, Kind};

/// Every row of the store (journal, heads, documents) and every file beside it (blobs, staging, pins).
pub struct Kept(BTreeMap<String, String>);

impl Kept {
    /// Reads a data folder through a connection of its own.
    pub fn of(folder: &Path) -> Self {
        let mut found = BTreeMap::new();
        match stores::kind() {
            Kind::Sqlite => rows(&folder.join("store.db"), &mut found),
            kind @ (Kind::Mongodb | Kind::Sharded) => documents(folder, kind, &mut found),
        }
        files(folder, folder, &mut found);
        Self(found)
    }

    /// How many rows and files there are, to hold against a test that looks at nothing.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What is there now and was not, or was and is not, or is another.
    pub fn difference(&self, later: &Self) -> Vec<String> {
        let changed = |(name, content): (&String, &String)| (self.0.get(name) != Some(content)).then(|| name.clone());
        let gone = self.0.keys().filter(|name| !later.0.contains_key(*name)).cloned();
        later.0.iter().filter_map(changed).chain(gone).collect()
    }
}

fn rows(database: &Path, found: &mut BTreeMap<String, String>) {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut names = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for table in names {
        let mut all = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = all.column_count();
        let mut cursor = all.query([]).unwrap();
        let mut number = 0;
        while let Some(row) = cursor.next().unwrap() {
            let cells: Vec<String> = (0..columns).map(|column| cell(row.get_ref(column).unwrap())).collect();
            number += 1;
            found.insert(format!("{table} row {number}"), cells.join(" "));
        }
    }
}

/// A value as short text.
fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Blob(bytes) => hex::encode(Sha256::digest(bytes)),
        other => format!("{other:?}"),
    }
}

/// Every document of the folder's database, through a connection of its own on a thread of its own.
fn documents(folder: &Path, kind: Kind, found: &mut BTreeMap<String, String>) {
    let read = async {
        let url = stores::on(kind, stores::url(folder)).await;
        let client = mongodb::Client::with_uri_str(url).await.unwrap();
        let database = client.database(&stores::database(folder));
        let mut kept = Vec::new();
        for name in database.list_collection_names().await.unwrap() {
            let collection = database.collection::<mongodb::bson::RawDocumentBuf>(&name);
            let all: Vec<_> = collection
                .find(doc! {})
                .sort(doc! { "_id": 1 })
                .await
                .unwrap()
                .try_collect()
                .await
                .unwrap();
            let lines = all.iter().enumerate();
            kept.extend(lines.map(|(number, one)| {
                (
                    format!("{name} row {}", number + 1),
                    hex::encode(Sha256::digest(one.as_bytes())),
                )
            }));
        }
        kept
    };
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(read)
    };
    let kept = std::thread::scope(|scope| scope.spawn(run).join().unwrap());
    found.extend(kept);
}

fn files(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if path.is_dir() {
            files(root, &path, found);
        } else if !name.starts_with("store.db") {
            found.insert(name, entry.metadata().unwrap().len().to_string());
        }
    }
}
