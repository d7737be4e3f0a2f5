//! Documents of streams as the streams' newest entries left them.
//!
//! What a stream holds follows from its newest entry, by the chain of hashes: under the same head every document is the
//! same. What a command reads of a stream whose head it has read in the same moment is therefore kept under that head,
//! and not asked for again while the stream ends there. A commit of this process carries what is known on to the new
//! head; one of another process shows as a head that is not known here. Only what has the very hash is used.
//!
//! With the bytes goes what they say, as soon as somebody has read or written it: a body is made out once, not each time.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::store::typed::{Document, Versioned};
use crate::store::{Digest, Head, Key, Put, StoreError, StoredDocument, StreamId};

/// What one document costs in memory besides its id and its body's share (256 bytes): its place in the map, stream, salt.
const BYTES_OF_A_DOCUMENT: usize = 256;
/// How many times its body a document takes: the bytes, and three times as much for what they say, whose maps have room to
/// grow and whose names and numbers stand in memory of their own.
const BODIES_OF_A_DOCUMENT: usize = 4;

/// A document as its type, which only who asks for it knows.
pub type Value = Box<dyn Any + Send + Sync>;

/// A document as it was found, and what it says once somebody has made that out.
pub struct Found {
    stored: StoredDocument,
    value: OnceLock<Value>,
}

impl Found {
    pub fn new(stored: StoredDocument) -> Self {
        Self {
            stored,
            value: OnceLock::new(),
        }
    }

    /// A document that was just written, as what it was.
    fn written(stored: StoredDocument, value: Value) -> Self {
        Self {
            stored,
            value: value.into(),
        }
    }

    /// What the document says.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a body that is none of this type.
    pub fn read<D: Document>(self: &Arc<Self>) -> Result<Versioned<D>, StoreError> {
        let value = match self.value.get().and_then(|value| value.downcast_ref::<D>()) {
            Some(known) => known.clone(),
            None => {
                let value = D::from_body(&self.stored.body)?;
                // What nobody else has is gone after this.
                if Arc::strong_count(self) > 1 {
                    let _ = self.value.set(Box::new(value.clone()));
                }
                value
            }
        };
        Ok(Versioned {
            stream: self.stored.stream.clone(),
            version: self.stored.version,
            value,
        })
    }
}

/// A bounded memory of documents; the stream that came first is forgotten first.
pub struct KnownStreams {
    most_bytes: usize,
    streams: Mutex<Streams>,
}

#[derive(Default)]
struct Streams {
    known: HashMap<StreamId, Stream>,
    order: VecDeque<StreamId>,
    bytes: usize,
}

/// A stream at one of its entries.
struct Stream {
    number: u64,
    hash: Digest,
    /// By collection and id.
    documents: HashMap<&'static str, HashMap<String, Arc<Found>>>,
    bytes: usize,
}

impl KnownStreams {
    /// A memory of so many bytes.
    pub fn new(most_bytes: usize) -> Self {
        Self {
            most_bytes,
            streams: Mutex::default(),
        }
    }

    /// Those of these documents that are known under the heads whose hashes `hash_of` tells.
    pub fn look_up(&self, keys: &[Key], hash_of: impl Fn(&StreamId) -> Option<Digest>) -> Vec<Option<Arc<Found>>> {
        let streams = self.lock();
        let known = |key: &Key| {
            let stream = streams.known.get(&key.stream)?;
            let same = hash_of(&key.stream)? == stream.hash;
            let of_collection = stream.documents.get(key.collection.name).filter(|_| same)?;
            of_collection.get(key.id.as_str()).cloned()
        };
        keys.iter().map(known).collect()
    }

    /// Keeps documents that were read in one moment, under the heads of that moment. That there is none at a key is not kept:
    /// anybody can ask for what is not there.
    pub fn keep<'k>(
        &self,
        found: impl IntoIterator<Item = (&'k Key, &'k Arc<Found>)>,
        head_of: impl Fn(&StreamId) -> Option<Head>,
    ) {
        let mut streams = self.lock();
        for (key, document) in found {
            if let Some(head) = head_of(&key.stream)
                && streams.stand_at(&key.stream, head.number, head.hash)
            {
                streams.set(&key.stream, key.collection.name, Arc::clone(document));
            }
        }
        streams.shrink(self.most_bytes);
    }

    /// Carries what is known of a stream from its entry `previous` on to the one that wrote these documents.
    pub fn committed(
        &self,
        stream: &StreamId,
        previous: Option<Digest>,
        number: u64,
        hash: Digest,
        written: impl IntoIterator<Item = (Put, Value)>,
    ) {
        let mut streams = self.lock();
        match streams.known.get_mut(stream) {
            // It goes on from where it is known.
            Some(known) if Some(known.hash) == previous => (known.number, known.hash) = (number, hash),
            // An old stream of which nothing is known.
            None if previous.is_some() => return,
            // A new stream; or one that others have written to since it was known here, of which only these documents are
            // known now. Nothing if it is known further on.
            Some(_) | None => {
                if !streams.stand_at(stream, number, hash) {
                    return;
                }
            }
        }
        for (put, value) in written {
            let stored = StoredDocument {
                stream: stream.clone(),
                id: put.id,
                version: number,
                body: put.body,
                salt: put.salt,
            };
            streams.set(stream, put.collection.name, Arc::new(Found::written(stored, value)));
        }
        streams.shrink(self.most_bytes);
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Streams {
    /// Whether the stream is now known at this entry: what was known of an earlier one is forgotten; an earlier moment than
    /// the known one adds nothing. (Where a backup was restored under a running process, nothing is kept of a stream until it
    /// is as long again: its old head vouches for nothing.)
    fn stand_at(&mut self, id: &StreamId, number: u64, hash: Digest) -> bool {
        match self.known.get(id) {
            Some(stream) if stream.hash == hash => return true,
            Some(stream) if stream.number >= number => return false,
            Some(stream) => self.bytes -= stream.bytes,
            None => self.order.push_back(id.clone()),
        }
        let stream = Stream {
            number,
            hash,
            documents: HashMap::new(),
            bytes: 0,
        };
        self.known.insert(id.clone(), stream);
        true
    }

    fn set(&mut self, stream: &StreamId, collection: &'static str, document: Arc<Found>) {
        let Some(stream) = self.known.get_mut(stream) else {
            return;
        };
        let size = |document: &Arc<Found>| {
            let stored = &document.stored;
            stored.body.len() * BODIES_OF_A_DOCUMENT + stored.id.len() + BYTES_OF_A_DOCUMENT
        };
        let more = size(&document);
        let of_collection = stream.documents.entry(collection).or_default();
        let less = of_collection
            .insert(document.stored.id.clone(), document)
            .as_ref()
            .map_or(0, size);
        stream.bytes = stream.bytes + more - less;
        self.bytes = self.bytes + more - less;
    }

    /// Forgets whole streams until the rest has room.
    fn shrink(&mut self, most_bytes: usize) {
        while self.bytes > most_bytes
            && let Some(oldest) = self.order.pop_front()
        {
            let bytes = self.known.remove(&oldest).map_or(0, |stream| stream.bytes);
            self.bytes -= bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::store::{Collection, FieldValue, Salt};

    static THING: Collection = Collection {
        name: "thing",
        fields: &[],
        indexes: &[],
        project: None,
    };

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Thing {
        id: String,
        says: String,
    }

    impl Document for Thing {
        const COLLECTION: &'static Collection = &THING;

        fn id(&self) -> String {
            self.id.clone()
        }

        fn fields(&self) -> Vec<(&'static str, FieldValue)> {
            Vec::new()
        }
    }

    fn hash(number: u64) -> Digest {
        Digest::of(&[&number.to_be_bytes()])
    }

    fn head(number: u64) -> Head {
        Head {
            number,
            hash: hash(number),
            at_ms: 0,
        }
    }

    fn key(stream: &str, id: &str) -> Key {
        Key {
            collection: &THING,
            stream: StreamId::new("test", stream),
            id: id.to_owned(),
        }
    }

    fn thing(key: &Key, says: &str) -> Thing {
        Thing {
            id: key.id.clone(),
            says: says.to_owned(),
        }
    }

    /// A document as a store gives it.
    fn document(key: &Key, version: u64, says: &str) -> Arc<Found> {
        Arc::new(Found::new(StoredDocument {
            stream: key.stream.clone(),
            id: key.id.clone(),
            version,
            body: thing(key, says).to_put(Salt([1; 16])).unwrap().body,
            salt: Salt([1; 16]),
        }))
    }

    /// The version of a document that is known under a head, and what it says.
    fn known(memory: &KnownStreams, key: &Key, head: &Head) -> Option<(u64, String)> {
        let found = memory
            .look_up(std::slice::from_ref(key), |_| Some(head.hash))
            .remove(0)?;
        let read = found.read::<Thing>().unwrap();
        assert_eq!((&read.stream, &read.id), (&key.stream, &key.id));
        Some((read.version, read.value.says))
    }

    fn says(version: u64, says: &str) -> Option<(u64, String)> {
        Some((version, says.to_owned()))
    }

    fn commit(memory: &KnownStreams, key: &Key, number: u64, says: &str) {
        let thing = thing(key, says);
        let put = thing.to_put(Salt([1; 16])).unwrap();
        let written: (Put, Value) = (put, Box::new(thing));
        let previous = (number > 1).then(|| hash(number - 1));
        memory.committed(&key.stream, previous, number, hash(number), [written]);
    }

    #[test]
    fn what_was_read_is_known_under_the_same_head_alone() {
        let memory = KnownStreams::new(1 << 20);
        let (there, head3) = (key("s", "a"), head(3));
        let read = document(&there, 2, "read");
        memory.keep([(&there, &read)], |_| Some(head(3)));
        assert_eq!(known(&memory, &there, &head3), says(2, "read"));
        assert_eq!(known(&memory, &key("s", "other"), &head3), None);
        for other in [head(2), head(4)] {
            assert_eq!(known(&memory, &there, &other), None);
        }
        let no_head = memory.look_up(std::slice::from_ref(&there), |_| None);
        assert!(no_head[0].is_none());
        assert_eq!(known(&memory, &key("t", "a"), &head3), None);
    }

    #[test]
    fn a_commit_carries_on_what_it_did_not_write_and_replaces_what_it_did() {
        let memory = KnownStreams::new(1 << 20);
        let (kept, written) = (key("s", "kept"), key("s", "written"));
        memory.keep(
            [
                (&kept, &document(&kept, 1, "kept")),
                (&written, &document(&written, 1, "old")),
            ],
            |_| Some(head(3)),
        );
        commit(&memory, &written, 4, "new");
        assert_eq!(known(&memory, &kept, &head(4)), says(1, "kept"));
        assert_eq!(known(&memory, &written, &head(4)), says(4, "new"));
        assert_eq!(known(&memory, &kept, &head(3)), None);
    }

    #[test]
    fn behind_a_commit_of_somebody_else_only_the_newest_is_known() {
        let memory = KnownStreams::new(1 << 20);
        let (old, written) = (key("s", "old"), key("s", "written"));
        memory.keep([(&old, &document(&old, 1, "old"))], |_| Some(head(3)));
        // Entry 4 came from another process.
        commit(&memory, &written, 5, "new");
        assert_eq!(known(&memory, &old, &head(5)), None);
        assert_eq!(known(&memory, &written, &head(5)), says(5, "new"));
        // Somebody who read earlier is late.
        memory.keep([(&old, &document(&old, 1, "old"))], |_| Some(head(3)));
        assert_eq!(known(&memory, &old, &head(3)), None);
        assert_eq!(known(&memory, &written, &head(5)), says(5, "new"));
        // Somebody who read later knows better.
        memory.keep([(&old, &document(&old, 6, "newer"))], |_| Some(head(6)));
        assert_eq!(known(&memory, &old, &head(6)), says(6, "newer"));
        assert_eq!(known(&memory, &written, &head(6)), None);
    }

    #[test]
    fn a_stream_that_begins_here_is_known_and_one_that_does_not_is_not() {
        let memory = KnownStreams::new(1 << 20);
        let (first, later) = (key("first", "a"), key("later", "a"));
        commit(&memory, &first, 1, "1");
        commit(&memory, &later, 2, "2");
        assert_eq!(known(&memory, &first, &head(1)), says(1, "1"));
        assert_eq!(known(&memory, &later, &head(2)), None);
    }

    #[test]
    fn what_was_made_out_once_is_given_again() {
        let memory = KnownStreams::new(1 << 20);
        let key = key("s", "a");
        let found = document(&key, 1, "read");
        let holds = |found: &Found| found.value.get().is_some();
        found.read::<Thing>().unwrap();
        // Nobody else has it.
        assert!(!holds(&found));
        memory.keep([(&key, &found)], |_| Some(head(1)));
        found.read::<Thing>().unwrap();
        assert!(holds(&found));
        assert_eq!(known(&memory, &key, &head(1)), says(1, "read"));
        commit(&memory, &key, 2, "written");
        let written = memory.look_up(std::slice::from_ref(&key), |_| Some(hash(2))).remove(0);
        assert!(holds(&written.unwrap()));
        assert_eq!(known(&memory, &key, &head(2)), says(2, "written"));
    }

    #[test]
    fn the_oldest_streams_are_forgotten_when_there_is_no_room() {
        let text = "x".repeat(1000);
        let memory = KnownStreams::new(4 * 4000);
        let keys: Vec<Key> = (0..5).map(|number| key(&number.to_string(), "a")).collect();
        for key in &keys {
            commit(&memory, key, 1, &text);
        }
        let known = keys.iter().filter(|key| known(&memory, key, &head(1)).is_some());
        let known: Vec<&str> = known.map(|key| key.stream.key()).collect();
        assert_eq!(known, ["2", "3", "4"]);
        // The same document again takes no more room.
        for number in 2..10 {
            commit(&memory, &keys[4], number, &text);
        }
        assert!(self::known(&memory, &keys[2], &head(1)).is_some());
        let bytes = memory.lock().known.values().map(|stream| stream.bytes).sum::<usize>();
        assert_eq!(memory.lock().bytes, bytes);
        commit(&memory, &key("large", "a"), 1, &"x".repeat(5000));
        let streams = memory.lock();
        assert_eq!((streams.bytes, streams.known.len()), (0, 0));
    }
}
