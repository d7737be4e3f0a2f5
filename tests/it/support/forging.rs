//! Somebody who can write through the store: a sound chain, whose content the program would not have made.

use minhchung::store::entry::{FORMAT, Header, SealedEntry};
use minhchung::store::typed::Versioned;
use minhchung::store::{ChangeSet, Document, Salt, StreamId};

use crate::world::World;

/// A document as it stands.
pub async fn standing<D: Document>(world: &World, stream: &StreamId, id: &str) -> D {
    let stored = world.app.store.get_many(&[D::key(stream, id)]).await.unwrap();
    let stored = stored[0].as_ref().unwrap_or_else(|| panic!("{id} of {stream}"));
    Versioned::<D>::read(stored).unwrap().value
}

/// Commits a document by an entry that follows the newest one as it should.
pub async fn forge<D: Document>(world: &World, stream: &StreamId, document: &D) {
    let head = world.app.store.head(stream).await.unwrap().unwrap();
    let put = document.to_put(Salt([7; 16])).unwrap();
    let header = Header {
        v: FORMAT,
        stream: stream.clone(),
        number: head.number + 1,
        previous: Some(head.hash),
        at: jiff::Timestamp::from_millisecond(head.at_ms).unwrap().to_string(),
        clock: None,
        actor: "system".to_owned(),
        role: "SYSTEM".to_owned(),
        command: "Forge".to_owned(),
        basis: Vec::new(),
        attempt: format!("forged {}", head.number),
        private: None,
        documents: Vec::new(),
    };
    let entry = SealedEntry::seal(header, head.at_ms, None, std::slice::from_ref(&put)).unwrap();
    let change = ChangeSet {
        stream: stream.clone(),
        expected: head.number,
        entry,
        puts: vec![put],
    };
    world.app.store.commit(change).await.unwrap();
}
