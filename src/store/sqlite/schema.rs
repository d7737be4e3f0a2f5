//! The tables: the journal's, by numbered steps, and one per collection, from its declaration.

use std::fmt::Write as _;

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::sql::value;
use super::unavailable;
use crate::store::{Collection, FieldKind, FieldSpec, MAX_COMMIT_DOCUMENTS, Project, StoreError};

/// Steps that bring an older file up to date; added at the end, never edited.
const STEPS: &[&str] = &[
    "
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
",
    // Documents are appended by one number (the entry's position times 1,024, and the place in it), for which SQLite fills page after page; by a key of two it split them. Entries
    // are never deleted, so that the next number is the highest one and needs no table of its own.
    "
    CREATE TABLE new_entry (
        position INTEGER PRIMARY KEY,
        stream TEXT NOT NULL,
        number INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        attempt TEXT NOT NULL,
        hash BLOB NOT NULL,
        header BLOB NOT NULL,
        private_salt BLOB,
        private_body BLOB
    );
    INSERT INTO new_entry SELECT position, stream, number, at_ms, attempt, hash, header, private_salt, private_body
        FROM journal_entry ORDER BY position;
    DROP TABLE journal_entry;
    ALTER TABLE new_entry RENAME TO journal_entry;
    CREATE UNIQUE INDEX journal_entry_number ON journal_entry (stream, number);
    CREATE TABLE new_document (
        document INTEGER PRIMARY KEY,
        collection TEXT NOT NULL,
        id TEXT NOT NULL,
        salt BLOB NOT NULL,
        body BLOB
    );
    INSERT INTO new_document SELECT (position << 10) + place, collection, id, salt, body
        FROM journal_document ORDER BY position, place;
    DROP TABLE journal_document;
    ALTER TABLE new_document RENAME TO journal_document;
",
];

/// Numbers of documents that one entry has for itself.
const DOCUMENTS_OF_ENTRY: i64 = 1 << 10;
const _: () = assert!(MAX_COMMIT_DOCUMENTS <= DOCUMENTS_OF_ENTRY as usize);

/// The numbers of an entry's documents, by its position.
pub fn documents_of(position: i64) -> std::ops::Range<i64> {
    let first = position * DOCUMENTS_OF_ENTRY;
    first..first + DOCUMENTS_OF_ENTRY
}

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

/// Rows that are filled between two looks at the table (1,000): some 2 MiB of bodies in memory.
const FILLED_AT_ONCE: i64 = 1000;

/// A field that was declared after the table was made becomes a column of its own, and is filled from the bodies that are
/// there: both or neither, so that a column that is there is full.
fn add_columns(connection: &Connection, collection: &Collection) -> Result<(), StoreError> {
    if without_column(connection, collection)?.is_empty() {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate).map_err(unavailable)?;
    // Another process may have done it until now.
    let added = without_column(&transaction, collection)?;
    let table = table_name(collection);
    for field in &added {
        let column = column_type(field.kind);
        let text = format!("ALTER TABLE {table} ADD COLUMN f_{} {column}", field.name);
        transaction.execute_batch(&text).map_err(unavailable)?;
    }
    if let Some(project) = collection.project.filter(|_| !added.is_empty()) {
        fill(&transaction, &table, &added, project)?;
    }
    transaction.commit().map_err(unavailable)
}

/// The declared fields that the table has no column for.
fn without_column<'a>(connection: &Connection, collection: &'a Collection) -> Result<Vec<&'a FieldSpec>, StoreError> {
    let mut statement = connection
        .prepare("SELECT name FROM pragma_table_info(?1)")
        .map_err(unavailable)?;
    let known: Vec<String> = statement
        .query_map([table_name(collection)], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(unavailable)?;
    let is_new = |field: &&FieldSpec| !known.contains(&format!("f_{}", field.name));
    Ok(collection.fields.iter().filter(is_new).collect())
}

/// Writes the values of some fields into every row of a table.
fn fill(connection: &Connection, table: &str, fields: &[&FieldSpec], project: Project) -> Result<(), StoreError> {
    let columns = fields.iter().enumerate();
    let columns: Vec<String> = columns
        .map(|(place, field)| format!("f_{} = ?{}", field.name, place + 2))
        .collect();
    let text = format!("UPDATE {table} SET {} WHERE rowid = ?1", columns.join(", "));
    let mut update = connection.prepare(&text).map_err(unavailable)?;
    let text = format!("SELECT rowid, body FROM {table} WHERE rowid > ?1 ORDER BY rowid LIMIT {FILLED_AT_ONCE}");
    let mut select = connection.prepare(&text).map_err(unavailable)?;
    let mut last = 0;
    loop {
        let rows: Vec<(i64, Vec<u8>)> = select
            .query_map([last], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(unavailable)?;
        let Some((highest, _)) = rows.last() else { return Ok(()) };
        last = *highest;
        for (row, body) in rows {
            // A damaged body has no fields, and is for `verify` to name.
            let projected = project(&body).unwrap_or_default();
            let values = fields
                .iter()
                .map(|field| projected.get(field.name).map_or(Value::Null, value));
            let values: Vec<Value> = std::iter::once(Value::Integer(row)).chain(values).collect();
            update
                .execute(rusqlite::params_from_iter(values))
                .map_err(unavailable)?;
        }
    }
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
        let only = index
            .only
            .map(|(field, value)| format!(" WHERE f_{} = {value}", collection.field(field).name));
        let only = only.unwrap_or_default();
        let _ = write!(text, "CREATE INDEX IF NOT EXISTS {name} ON {table} ({columns}){only};");
    }
    connection.execute_batch(&text).map_err(unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_first_layout_keeps_its_journal() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO journal_entry VALUES (7, 'dossier:R/U', 1, 5, 'a', x'01', x'02', NULL, NULL);
                 INSERT INTO journal_entry VALUES (9, 'dossier:R/V', 1, 6, 'b', x'03', x'04', x'05', x'06');
                 INSERT INTO journal_document VALUES (9, 0, 'unit', 'A', x'07', x'08');
                 INSERT INTO journal_document VALUES (7, 0, 'unit', 'B', x'09', NULL);
                 INSERT INTO journal_document VALUES (7, 1, 'user', 'C', x'0a', x'0b');
                 PRAGMA user_version = 1;",
            )
            .unwrap();
        let everything = |place: &str| {
            let text = format!(
                "SELECT group_concat(line, '; ') FROM (
                SELECT printf('%d %s %d %d %s %s %s %s %s', position, stream, number, at_ms, attempt, hex(hash), hex(header),
                    hex(private_salt), hex(private_body)) AS line FROM journal_entry
                UNION ALL
                SELECT printf('%d %s %s %s %s', {place}, collection, id, hex(salt), quote(body))
                    FROM journal_document ORDER BY line)"
            );
            connection.query_row(&text, [], |row| row.get::<_, String>(0)).unwrap()
        };
        let before = everything("position * 1024 + place");
        create(&connection, &[]).unwrap();
        assert_eq!(everything("document"), before);
        assert_eq!(before.matches("; ").count(), 4);
        // The next entry comes behind all others, and its documents have a thousand numbers for themselves.
        connection
            .execute_batch("INSERT INTO journal_entry SELECT NULL, 's', 1, 1, '', '', '', NULL, NULL")
            .unwrap();
        assert_eq!(connection.last_insert_rowid(), 10);
        assert_eq!(documents_of(10), 10240..11264);
    }
}
