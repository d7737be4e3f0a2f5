//! The tables: the journal's, by numbered steps, and one per collection, from its declaration.

use std::fmt::Write as _;

use rusqlite::Connection;

use super::unavailable;
use crate::store::{Collection, FieldKind, StoreError};

/// Steps that bring an older file up to date; added at the end, never edited.
const STEPS: &[&str] = &["
    CREATE TABLE journal_entry (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        stream TEXT NOT NULL,
        number INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        attempt TEXT NOT NULL,
        hash BLOB NOT NULL,
        header BLOB NOT NULL,
        private_salt BLOB,
        private_body BLOB
    );
    CREATE UNIQUE INDEX journal_entry_number ON journal_entry (stream, number);
    CREATE TABLE journal_document (
        position INTEGER NOT NULL,
        place INTEGER NOT NULL,
        collection TEXT NOT NULL,
        id TEXT NOT NULL,
        salt BLOB NOT NULL,
        body BLOB,
        PRIMARY KEY (position, place)
    ) WITHOUT ROWID;
"];

/// Creates what is missing.
pub fn create(connection: &Connection, collections: &[&Collection]) -> Result<(), StoreError> {
    let version: u32 = connection
        .query_row("SELECT user_version FROM pragma_user_version", [], |row| row.get(0))
        .map_err(unavailable)?;
    let version = version as usize;
    if version > STEPS.len() {
        return Err(StoreError::Corrupt(format!(
            "the file has layout {version}; this program knows {}: use the newer program",
            STEPS.len()
        )));
    }
    for (index, step) in STEPS.iter().enumerate().skip(version) {
        let text = format!("BEGIN IMMEDIATE; {step} PRAGMA user_version = {}; COMMIT;", index + 1);
        connection.execute_batch(&text).map_err(unavailable)?;
    }
    for collection in collections {
        connection.execute_batch(&table(collection)).map_err(unavailable)?;
        add_columns(connection, collection)?;
        put_indexes(connection, collection)?;
    }
    Ok(())
}

/// The name of a collection's table.
pub fn table_name(collection: &Collection) -> String {
    format!("doc_{}", collection.name)
}

fn column_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "TEXT",
        FieldKind::Integer => "INTEGER",
    }
}

fn table(collection: &Collection) -> String {
    let mut text = format!(
        "CREATE TABLE IF NOT EXISTS {} (stream TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, \
         salt BLOB NOT NULL, body BLOB NOT NULL",
        table_name(collection)
    );
    for field in collection.fields {
        let _ = write!(text, ", f_{} {}", field.name, column_type(field.kind));
    }
    text.push_str(", PRIMARY KEY (stream, id));");
    text
}

/// A field that was declared after the table was made becomes a column of its own.
fn add_columns(connection: &Connection, collection: &Collection) -> Result<(), StoreError> {
    let table = table_name(collection);
    let mut statement = connection
        .prepare("SELECT name FROM pragma_table_info(?1)")
        .map_err(unavailable)?;
    let known: Vec<String> = statement
        .query_map([&table], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(unavailable)?;
    for field in collection.fields {
        let column = format!("f_{}", field.name);
        if !known.contains(&column) {
            let text = format!("ALTER TABLE {table} ADD COLUMN {column} {}", column_type(field.kind));
            connection.execute_batch(&text).map_err(unavailable)?;
        }
    }
    Ok(())
}

/// Makes the indexes that are declared, and takes away those that no longer are: each write would pay for them.
fn put_indexes(connection: &Connection, collection: &Collection) -> Result<(), StoreError> {
    let table = table_name(collection);
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL")
        .map_err(unavailable)?;
    let known: Vec<String> = statement
        .query_map([&table], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(unavailable)?;
    let declared = collection
        .indexes
        .iter()
        .map(|index| format!("{table}__{}", index.name()));
    let declared: Vec<String> = declared.collect();
    let mut text = String::new();
    for name in known.iter().filter(|name| !declared.contains(name)) {
        let _ = write!(text, "DROP INDEX {name};");
    }
    for (name, index) in declared.iter().zip(collection.indexes) {
        let column = |field: &&str| format!("f_{}", collection.field(field).name);
        let key = ["stream", "id"].map(str::to_owned);
        let columns = index.fields.iter().map(column).chain(key);
        let columns: Vec<String> = columns.chain(index.carried.iter().map(column)).collect();
        let columns = columns.join(", ");
        let _ = write!(text, "CREATE INDEX IF NOT EXISTS {name} ON {table} ({columns});");
    }
    connection.execute_batch(&text).map_err(unavailable)
}
