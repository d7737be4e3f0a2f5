//! How the server answers a query: by which index, and how many documents it looks at.

use mongodb::bson::{Bson, Document, doc};

use super::read::Branch;
use super::{JOURNAL, MongoStore, collection_name, filter, unavailable};
use crate::store::{Collection, Key, Query, StoreError, StreamId};

/// What the server did for one query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Names of the steps, from the top.
    pub stages: Vec<String>,
    /// Names of the shards that a router asked.
    pub shards: Vec<String>,
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

    /// How documents are found by their keys.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn explain_keys(&self, collection: &Collection, keys: &[Key]) -> Result<Plan, StoreError> {
        let keys: Vec<String> = keys.iter().map(|key| filter::key(&key.stream, &key.id)).collect();
        let find = doc! { "find": collection_name(collection.name), "filter": filter::with_keys(&keys) };
        self.explained(find).await
    }

    /// How documents of any collections are found by their keys, and a page beside them; asked as one, as not through a
    /// router.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn explain_together(&self, keys: &[Key], query: Option<&Query>) -> Result<Plan, StoreError> {
        let (_, mut branches) = Branch::of_keys(keys);
        branches.extend(query.map(Branch::of_page));
        let Some((collection, pipeline)) = Branch::united(branches) else {
            return Ok(Plan::default());
        };
        self.explained(doc! { "aggregate": collection, "pipeline": pipeline, "cursor": {} })
            .await
    }

    /// How the newest entry of a stream is found; older ones are found in the same way.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn explain_head(&self, stream: &StreamId) -> Result<Plan, StoreError> {
        let find = doc! { "find": JOURNAL, "filter": filter::within(stream), "sort": { "_id": -1 }, "limit": 1 };
        self.explained(find).await
    }

    async fn explained(&self, question: Document) -> Result<Plan, StoreError> {
        let order = doc! { "explain": question, "verbosity": "executionStats" };
        let answer = self.database.run_command(order).await.map_err(unavailable)?;
        let mut plan = Plan::default();
        plan.gather(&answer);
        if plan.stages.is_empty() {
            return Err(StoreError::Corrupt("an explanation without figures".to_owned()));
        }
        Ok(plan)
    }
}

impl Plan {
    /// The figures of a question, or of each of those that it is made of.
    fn gather(&mut self, answer: &Document) {
        if let Ok(stats) = answer.get_document("executionStats") {
            let number = |name: &str| match stats.get(name) {
                Some(Bson::Int32(number)) => i64::from(*number),
                Some(Bson::Int64(number)) => *number,
                _ => 0,
            };
            self.documents += number("totalDocsExamined");
            self.keys += number("totalKeysExamined");
            self.returned += number("nReturned");
            if let Ok(top) = stats.get_document("executionStages") {
                self.add(top);
            }
            return;
        }
        for value in answer.values() {
            match value {
                Bson::Document(inner) => self.gather(inner),
                Bson::Array(inner) => inner
                    .iter()
                    .filter_map(Bson::as_document)
                    .for_each(|one| self.gather(one)),
                _ => {}
            }
        }
    }

    /// A step, those below it, and those of each shard.
    fn add(&mut self, stage: &Document) {
        let text = |name: &str| stage.get_str(name).ok().map(str::to_owned);
        self.stages.extend(text("stage"));
        self.shards.extend(text("shardName"));
        for name in ["inputStage", "executionStages"] {
            if let Ok(input) = stage.get_document(name) {
                self.add(input);
            }
        }
        for name in ["inputStages", "shards"] {
            let inputs = stage.get_array(name).into_iter().flatten();
            inputs.filter_map(Bson::as_document).for_each(|input| self.add(input));
        }
    }
}
