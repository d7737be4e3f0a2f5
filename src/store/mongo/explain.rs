//! How the server answers a query: by which index, and how many documents it looks at.

use mongodb::bson::{Bson, Document, doc};

use super::{MongoStore, collection_name, filter, unavailable};
use crate::store::{Query, StoreError};

/// What the server did for one query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Names of the steps, from the top.
    pub stages: Vec<String>,
    /// Documents and index keys that were looked at.
    pub documents: i64,
    pub keys: i64,
    /// Documents that were found.
    pub returned: i64,
}

impl MongoStore {
    /// How a page is found.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn explain(&self, query: &Query) -> Result<Plan, StoreError> {
        let limit = i64::try_from(filter::page_limit(query) + 1).unwrap_or(i64::MAX);
        let mut find = doc! {
            "find": collection_name(query.collection.name),
            "filter": filter::page(query),
            "sort": filter::order(query),
        };
        find.insert("limit", limit);
        self.explained(find).await
    }

    /// How the documents of a count are found; the number of them is what is returned.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn explain_count(&self, query: &Query) -> Result<Plan, StoreError> {
        let find = doc! { "find": collection_name(query.collection.name), "filter": filter::matching(query) };
        self.explained(find).await
    }

    async fn explained(&self, find: Document) -> Result<Plan, StoreError> {
        let order = doc! { "explain": find, "verbosity": "executionStats" };
        let answer = self.database.run_command(order).await.map_err(unavailable)?;
        let stats = answer.get_document("executionStats");
        let stats = stats.map_err(|_| StoreError::Corrupt("an explanation without figures".to_owned()))?;
        let number = |name: &str| match stats.get(name) {
            Some(Bson::Int32(number)) => i64::from(*number),
            Some(Bson::Int64(number)) => *number,
            _ => 0,
        };
        let mut plan = Plan {
            stages: Vec::new(),
            documents: number("totalDocsExamined"),
            keys: number("totalKeysExamined"),
            returned: number("nReturned"),
        };
        if let Ok(top) = stats.get_document("executionStages") {
            stages(top, &mut plan.stages);
        }
        Ok(plan)
    }
}

fn stages(stage: &Document, found: &mut Vec<String>) {
    found.extend(stage.get_str("stage").ok().map(str::to_owned));
    if let Ok(input) = stage.get_document("inputStage") {
        stages(input, found);
    }
    for input in stage.get_array("inputStages").into_iter().flatten() {
        if let Some(input) = input.as_document() {
            stages(input, found);
        }
    }
}
