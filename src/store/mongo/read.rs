//! Reading, outside a session (the newest majority state) or inside one (the moment of a snapshot).

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use futures::TryStreamExt as _;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::options::FindOptions;
use mongodb::{ClientSession, Database};

use super::{JOURNAL, collection_name, filter, unavailable};
use crate::store::entry::{EntryDocument, Sealed};
use crate::store::query::{Cursor, Direction};
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

/// The member by which a document says which of several questions has found it.
const BRANCH: &str = "branch";

/// One of several questions that are asked as one.
pub struct Branch {
    collection: String,
    /// For the question that is alone, and then a plain search.
    filter: Document,
    /// The filter and what comes after it.
    stages: Vec<Document>,
}

impl Branch {
    fn new(collection: String, filter: Document, more: impl IntoIterator<Item = Document>) -> Self {
        let stages = [doc! { "$match": &filter }].into_iter().chain(more).collect();
        Self {
            collection,
            filter,
            stages,
        }
    }

    /// One for each collection, whose names come with them; more where there are many keys.
    pub fn of_keys(keys: &[Key]) -> (Vec<&'static str>, Vec<Self>) {
        let mut wanted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for one in keys {
            let ids = wanted.entry(one.collection.name).or_default();
            ids.push(filter::key(&one.stream, &one.id));
        }
        let parts = wanted
            .iter()
            .flat_map(|(name, ids)| ids.chunks(KEYS).map(move |part| (*name, part)));
        parts
            .map(|(name, part)| (name, Self::new(collection_name(name), filter::with_keys(part), [])))
            .unzip()
    }

    /// Several questions as one, because most of what a question costs is the asking: the collection that it goes to, and
    /// its stages. Not for a router, whose shards would have to read from one another.
    pub fn united(branches: Vec<Self>) -> Option<(String, Vec<Document>)> {
        let mut united = None;
        for (place, branch) in branches.into_iter().enumerate() {
            let mark = doc! { "$set": { BRANCH: i64::try_from(place).unwrap_or(i64::MAX) } };
            let Self {
                collection, mut stages, ..
            } = branch;
            stages.push(mark);
            match &mut united {
                None => united = Some((collection, stages)),
                Some((_, all)) => all.push(doc! { "$unionWith": { "coll": collection, "pipeline": stages } }),
            }
        }
        united
    }

    pub fn of_page(query: &Query) -> Self {
        let more = [
            doc! { "$sort": filter::order(query) },
            doc! { "$limit": look_ahead(query) },
        ];
        Self::new(collection_name(query.collection.name), filter::page(query), more)
    }

    fn of_head(stream: &StreamId) -> Self {
        let more = [
            doc! { "$sort": { "_id": -1 } },
            doc! { "$limit": 1_i64 },
            doc! { "$project": head_fields() },
        ];
        Self::new(JOURNAL.to_owned(), filter::within(stream), more)
    }
}

/// What a head is read from.
fn head_fields() -> Document {
    doc! { "number": 1, "hash": 1, "at_ms": 1 }
}

/// One more than a page has, to see whether there is more.
fn look_ahead(query: &Query) -> i64 {
    i64::try_from(filter::page_limit(query) + 1).unwrap_or(i64::MAX)
}

/// The documents at these keys, among what was found in collections of these names.
fn in_order_of(
    keys: &[Key],
    names: &[&str],
    found: &[Vec<Document>],
) -> Result<Vec<Option<StoredDocument>>, StoreError> {
    let mut by_place = HashMap::new();
    for (name, found) in names.iter().zip(found) {
        for document in found {
            by_place.insert((*name, text_of(document, "_id")?), document);
        }
    }
    let of = |one: &Key| {
        by_place
            .get(&(one.collection.name, filter::key(&one.stream, &one.id).as_str()))
            .copied()
    };
    keys.iter().map(|one| of(one).map(stored).transpose()).collect()
}

/// The order in which a query reads, as `filter::order` tells it to the server.
fn in_order(query: &Query, one: &Document, other: &Document) -> Ordering {
    let place = |document: &Document| {
        let value = query
            .order
            .map(|order| filter::field_value(document.get(filter::field_name(query, order.field))));
        (value, document.get_str("_id").map(str::to_owned).unwrap_or_default())
    };
    let ascending = place(one).cmp(&place(other));
    match query.reading() {
        Direction::Ascending => ascending,
        Direction::Descending => ascending.reverse(),
    }
}

fn as_page(query: &Query, mut found: Vec<Document>) -> Result<Page, StoreError> {
    let limit = filter::page_limit(query);
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

    /// What several questions find, by question.
    async fn union(&mut self, branches: Vec<Branch>) -> Result<Vec<Vec<Document>>, StoreError> {
        let mut found = vec![Vec::new(); branches.len()];
        let Some((collection, pipeline)) = Branch::united(branches) else {
            return Ok(found);
        };
        for document in self.aggregate(&collection, pipeline).await? {
            let place = usize::try_from(integer_of(&document, BRANCH)?).ok();
            let branch = place.and_then(|place| found.get_mut(place));
            branch.ok_or_else(|| corrupt(BRANCH))?.push(document);
        }
        Ok(found)
    }

    pub async fn get_many(&mut self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        let (names, branches) = Branch::of_keys(keys);
        let found = match &branches[..] {
            [Branch { collection, filter, .. }] => {
                vec![self.list(collection, filter.clone(), FindOptions::default()).await?]
            }
            _ => self.union(branches).await?,
        };
        in_order_of(keys, &names, &found)
    }

    /// Documents by key and a page, by one question.
    pub async fn get_and_find(
        &mut self,
        keys: &[Key],
        query: &Query,
    ) -> Result<(Vec<Option<StoredDocument>>, Page), StoreError> {
        let (names, mut branches) = Branch::of_keys(keys);
        branches.push(Branch::of_page(query));
        let mut found = self.union(branches).await?;
        let mut page = found.pop().unwrap_or_default();
        // The server does not promise the order of what it unites.
        page.sort_by(|one, other| in_order(query, one, other));
        Ok((in_order_of(keys, &names, &found)?, as_page(query, page)?))
    }

    pub async fn find(&mut self, query: &Query) -> Result<Page, StoreError> {
        let options = FindOptions::builder()
            .sort(filter::order(query))
            .limit(look_ahead(query))
            .build();
        let found = self
            .list(&collection_name(query.collection.name), filter::page(query), options)
            .await?;
        as_page(query, found)
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
            .projection(head_fields())
            .build();
        let found = self.list(JOURNAL, filter::within(stream), options).await?;
        found.first().map(head_of).transpose()
    }

    /// The heads of these streams, in that order, by one question.
    pub async fn heads_of(&mut self, streams: &[StreamId]) -> Result<Vec<Option<Head>>, StoreError> {
        if let [stream] = streams {
            return Ok(vec![self.head(stream).await?]);
        }
        let found = self.union(streams.iter().map(Branch::of_head).collect()).await?;
        found
            .iter()
            .map(|found| found.first().map(head_of).transpose())
            .collect()
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
