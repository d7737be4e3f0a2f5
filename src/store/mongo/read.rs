//! Reading, outside a session (the newest majority state) or inside one (the moment of a snapshot).

use std::collections::HashMap;

use bytes::Bytes;
use futures::TryStreamExt as _;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::options::FindOptions;
use mongodb::{ClientSession, Database};

use super::{JOURNAL, collection_name, filter, unavailable};
use crate::store::entry::{EntryDocument, Sealed};
use crate::store::query::Cursor;
use crate::store::{
    Digest, EntryRecord, FieldValue, Head, Key, MAX_PAGE, Page, Query, Salt, StoreError, StoredDocument, StreamId,
};

/// Most keys of one `$in`.
const KEYS: usize = 500;

/// Where to read.
pub struct Reader {
    pub database: Database,
    pub session: Option<ClientSession>,
}

/// Bytes as MongoDB keeps them.
pub fn binary(bytes: &[u8]) -> Bson {
    Bson::Binary(Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.to_vec(),
    })
}

fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(format!("a stored document has no readable {what}"))
}

fn bytes_of(document: &Document, name: &str) -> Result<Vec<u8>, StoreError> {
    document.get_binary_generic(name).cloned().map_err(|_| corrupt(name))
}

fn salt_of(document: &Document, name: &str) -> Result<Salt, StoreError> {
    bytes_of(document, name)?
        .try_into()
        .map(Salt)
        .map_err(|_| corrupt(name))
}

fn text_of<'d>(document: &'d Document, name: &str) -> Result<&'d str, StoreError> {
    document.get_str(name).map_err(|_| corrupt(name))
}

fn integer_of(document: &Document, name: &str) -> Result<i64, StoreError> {
    match document.get(name) {
        Some(Bson::Int64(number)) => Ok(*number),
        Some(Bson::Int32(number)) => Ok(i64::from(*number)),
        _ => Err(corrupt(name)),
    }
}

fn stored(document: &Document) -> Result<StoredDocument, StoreError> {
    let (stream, id) = filter::parse_key(text_of(document, "_id")?).ok_or_else(|| corrupt("_id"))?;
    Ok(StoredDocument {
        stream,
        id: id.to_owned(),
        version: integer_of(document, "version")?.cast_unsigned(),
        body: Bytes::from(bytes_of(document, "body")?),
        salt: salt_of(document, "salt")?,
    })
}

fn head_of(document: &Document) -> Result<Head, StoreError> {
    let hash = bytes_of(document, "hash")?;
    Ok(Head {
        number: integer_of(document, "number")?.cast_unsigned(),
        hash: Digest(hash.try_into().map_err(|_| corrupt("hash"))?),
        at_ms: integer_of(document, "at_ms")?,
    })
}

fn record(stream: &StreamId, document: &Document) -> Result<EntryRecord, StoreError> {
    let head = head_of(document)?;
    let private = if document.contains_key("private_body") {
        Some(Sealed {
            salt: salt_of(document, "private_salt")?,
            body: bytes_of(document, "private_body")?.into(),
        })
    } else {
        None
    };
    let documents = document.get_array("documents").map_err(|_| corrupt("documents"))?;
    let documents = documents
        .iter()
        .map(|one| {
            let one = one.as_document().ok_or_else(|| corrupt("documents"))?;
            Ok(EntryDocument {
                collection: text_of(one, "collection")?.to_owned(),
                id: text_of(one, "id")?.to_owned(),
                salt: salt_of(one, "salt")?,
                body: match one.contains_key("body") {
                    true => Some(bytes_of(one, "body")?.into()),
                    false => None,
                },
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(EntryRecord {
        stream: stream.clone(),
        number: head.number,
        at_ms: head.at_ms,
        attempt: text_of(document, "attempt")?.to_owned(),
        hash: head.hash,
        header: bytes_of(document, "header")?.into(),
        private,
        documents,
    })
}

impl Reader {
    /// The newest state.
    pub fn of(database: &Database) -> Self {
        Self {
            database: database.clone(),
            session: None,
        }
    }

    /// What a session sees.
    pub fn within(database: &Database, session: ClientSession) -> Self {
        Self {
            database: database.clone(),
            session: Some(session),
        }
    }

    async fn list(
        &mut self,
        collection: &str,
        filter: Document,
        options: FindOptions,
    ) -> Result<Vec<Document>, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        let find = collection.find(filter).with_options(options);
        match self.session.as_mut() {
            None => find.await.map_err(unavailable)?.try_collect().await,
            Some(session) => {
                let mut cursor = find.session(&mut *session).await.map_err(unavailable)?;
                cursor.stream(session).try_collect().await
            }
        }
        .map_err(unavailable)
    }

    async fn aggregate(&mut self, collection: &str, pipeline: Vec<Document>) -> Result<Vec<Document>, StoreError> {
        let collection = self.database.collection::<Document>(collection);
        let aggregate = collection.aggregate(pipeline);
        match self.session.as_mut() {
            None => aggregate.await.map_err(unavailable)?.try_collect().await,
            Some(session) => {
                let mut cursor = aggregate.session(&mut *session).await.map_err(unavailable)?;
                cursor.stream(session).try_collect().await
            }
        }
        .map_err(unavailable)
    }

    pub async fn get_many(&mut self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        let mut wanted: HashMap<&str, Vec<String>> = HashMap::new();
        for one in keys {
            let ids = wanted.entry(one.collection.name).or_default();
            ids.push(filter::key(&one.stream, &one.id));
        }
        let mut found = HashMap::new();
        for (name, ids) in wanted {
            for part in ids.chunks(KEYS) {
                let filter = filter::with_keys(part);
                for document in self
                    .list(&collection_name(name), filter, FindOptions::default())
                    .await?
                {
                    let document = stored(&document)?;
                    found.insert((name, filter::key(&document.stream, &document.id)), document);
                }
            }
        }
        let place = |one: &Key| (one.collection.name, filter::key(&one.stream, &one.id));
        Ok(keys.iter().map(|one| found.get(&place(one)).cloned()).collect())
    }

    pub async fn find(&mut self, query: &Query) -> Result<Page, StoreError> {
        let limit = filter::page_limit(query);
        let options = FindOptions::builder()
            .sort(filter::order(query))
            .limit(i64::try_from(limit + 1).unwrap_or(i64::MAX))
            .build();
        let mut found = self
            .list(&collection_name(query.collection.name), filter::page(query), options)
            .await?;
        let more = found.len() > limit;
        found.truncate(limit);
        if query.backwards {
            found.reverse();
        }
        let documents = found
            .iter()
            .map(|one| {
                let document = stored(one)?;
                let value = query.order.map_or(FieldValue::Absent, |order| {
                    filter::field_value(one.get(filter::field_name(query, order.field)))
                });
                let cursor = Cursor {
                    value,
                    stream: document.stream.clone(),
                    id: document.id.clone(),
                };
                Ok((document, cursor))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Page { documents, more })
    }

    pub async fn count(&mut self, query: &Query) -> Result<u64, StoreError> {
        let pipeline = vec![doc! { "$match": filter::matching(query) }, doc! { "$count": "n" }];
        let counted = self
            .aggregate(&collection_name(query.collection.name), pipeline)
            .await?;
        counted
            .first()
            .map_or(Ok(0), |one| integer_of(one, "n").map(i64::cast_unsigned))
    }

    pub async fn count_by(&mut self, query: &Query, name: &str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
        let pipeline = vec![
            doc! { "$match": filter::matching(query) },
            doc! { "$group": { "_id": format!("${}", filter::field_name(query, name)), "n": { "$sum": 1_i64 } } },
            doc! { "$sort": { "_id": 1 } },
        ];
        let counted = self
            .aggregate(&collection_name(query.collection.name), pipeline)
            .await?;
        counted
            .iter()
            .map(|one| {
                let number = integer_of(one, "n")?;
                Ok((filter::field_value(one.get("_id")), number.cast_unsigned()))
            })
            .collect()
    }

    pub async fn head(&mut self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! { "_id": -1 })
            .limit(1)
            .projection(doc! { "number": 1, "hash": 1, "at_ms": 1 })
            .build();
        let found = self.list(JOURNAL, filter::within(stream), options).await?;
        found.first().map(head_of).transpose()
    }

    pub async fn heads(&mut self, after: Option<&StreamId>, limit: usize) -> Result<Vec<(StreamId, Head)>, StoreError> {
        let mut found = Vec::new();
        let mut from = after.map_or_else(String::new, filter::behind_stream);
        while found.len() < limit.min(MAX_PAGE) {
            let options = FindOptions::builder()
                .sort(doc! { "_id": 1 })
                .limit(1)
                .projection(doc! { "_id": 1 })
                .build();
            let next = self.list(JOURNAL, doc! { "_id": { "$gte": &from } }, options).await?;
            let Some(next) = next.first() else { break };
            let (stream, _) = filter::parse_key(text_of(next, "_id")?).ok_or_else(|| corrupt("_id"))?;
            from = filter::behind_stream(&stream);
            if let Some(head) = self.head(&stream).await? {
                found.push((stream, head));
            }
        }
        Ok(found)
    }

    pub async fn entries(
        &mut self,
        stream: &StreamId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<EntryRecord>, StoreError> {
        let limit = i64::try_from(limit.min(MAX_PAGE)).unwrap_or(i64::MAX);
        if limit == 0 {
            // MongoDB takes a limit of 0 for none.
            return Ok(Vec::new());
        }
        let options = FindOptions::builder().sort(doc! { "_id": 1 }).limit(limit).build();
        let range = doc! {
            "_id": { "$gte": filter::entry_key(stream, from), "$lt": filter::behind_stream(stream) },
            "stream": stream.as_str(),
        };
        let found = self.list(JOURNAL, range, options).await?;
        found.iter().map(|one| record(stream, one)).collect()
    }

    /// The `_id`s of entries behind one, in order.
    pub async fn entry_keys(&mut self, after: &str, limit: i64) -> Result<Vec<String>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! { "_id": 1 })
            .limit(limit)
            .projection(doc! { "_id": 1 })
            .build();
        let found = self.list(JOURNAL, doc! { "_id": { "$gt": after } }, options).await?;
        found.iter().map(|one| Ok(text_of(one, "_id")?.to_owned())).collect()
    }
}
