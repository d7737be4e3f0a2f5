//! Filling fields that were declared after documents had been written.
//!
//! A field that is found by has an index, and an index is made after the documents are full. So an index that is not there
//! says which fields to look at; filling twice, or two processes at once, writes the same again.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};

use super::{collection_name, filter, unavailable};
use crate::store::{Collection, Project, StoreError};

/// Documents that one command fills (500).
const FILLED_AT_ONCE: usize = 500;

/// Fills the fields of indexes that a collection with documents does not have yet.
pub async fn fill_new_fields(database: &Database, collection: &'static Collection) -> Result<(), StoreError> {
    let Some(project) = collection.project else {
        return Ok(());
    };
    let target = database.collection::<Document>(&collection_name(collection.name));
    let there = target.list_index_names().await.map_err(unavailable)?;
    let missing = collection.indexes.iter().filter(|index| !there.contains(&index.name()));
    let fields: BTreeSet<&str> = missing
        .flat_map(|index| {
            index
                .fields
                .iter()
                .chain(index.carried)
                .copied()
                .chain(index.only.map(|(field, _)| field))
        })
        .collect();
    if fields.is_empty() {
        return Ok(());
    }
    let wanted = doc! { "stream": 1, "version": 1, "body": 1 };
    let mut found = target.find(doc! {}).projection(wanted).await.map_err(unavailable)?;
    let mut updates = Vec::with_capacity(FILLED_AT_ONCE);
    while let Some(document) = found.try_next().await.map_err(unavailable)? {
        updates.push(update(collection, project, &fields, &document)?);
        if updates.len() == FILLED_AT_ONCE {
            write(database, collection, std::mem::take(&mut updates)).await?;
        }
    }
    write(database, collection, updates).await
}

/// The fields of one document as its body has them, for as long as it is in the version that was read: whoever writes
/// another one writes its fields, too.
fn update(
    collection: &Collection,
    project: Project,
    fields: &BTreeSet<&str>,
    document: &Document,
) -> Result<Bson, StoreError> {
    let corrupt = || StoreError::Corrupt(format!("{}: a document without body or key", collection.name));
    let body = document.get_binary_generic("body").map_err(|_| corrupt())?;
    let part = |name: &str| document.get(name).cloned().ok_or_else(corrupt);
    // A damaged body has no fields, and is for `verify` to name.
    let projected = project(body).unwrap_or_default();
    let (mut set, mut unset) = (Document::new(), Document::new());
    for field in fields {
        let name = format!("f_{}", collection.field(field).name);
        match projected.get(field) {
            Some(value) => set.insert(name, filter::value(value)),
            None => unset.insert(name, ""),
        };
    }
    let mut change = Document::new();
    for (operator, part) in [("$set", set), ("$unset", unset)] {
        if !part.is_empty() {
            change.insert(operator, part);
        }
    }
    let which = doc! { "_id": part("_id")?, "stream": part("stream")?, "version": part("version")? };
    Ok(doc! { "q": which, "u": change }.into())
}

async fn write(database: &Database, collection: &Collection, updates: Vec<Bson>) -> Result<(), StoreError> {
    if updates.is_empty() {
        return Ok(());
    }
    let name = collection_name(collection.name);
    let order = doc! { "update": &name, "updates": updates, "ordered": false, "writeConcern": { "w": "majority" } };
    let reply = database.run_command(order).await.map_err(unavailable)?;
    match reply.get("writeErrors") {
        None => Ok(()),
        Some(errors) => Err(StoreError::Corrupt(format!("filling {name}: {errors}"))),
    }
}
