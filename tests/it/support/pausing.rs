//! A store that holds one chosen act of a process until the test lets it go on: before a load, or between load and
//! commit. Two processes on one store are two applications, each with its own queues; one of them stands on this.

use std::sync::Mutex;

use async_trait::async_trait;
use minhchung::store::entry::Header;
use minhchung::store::{ChangeSet, CommitError, Store, StreamId};
use tokio::sync::oneshot;

use super::hooked::Hooks;

/// Where an act is held.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Before anything is read for a command that writes this stream.
    Load(StreamId),
    /// After a command of this name has read and decided, before it commits.
    Commit(&'static str),
}

struct Stop {
    place: Place,
    reached: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

/// Where the store of a process is to be held next.
#[derive(Default)]
pub struct Pausing {
    stop: Mutex<Option<Stop>>,
}

/// An act that will be held once.
pub struct Held {
    reached: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

impl Pausing {
    /// Holds the next load for a command that writes this stream.
    pub fn hold_load(&self, stream: StreamId) -> Held {
        self.hold(Place::Load(stream))
    }

    /// Holds the next commit of a command of this name.
    pub fn hold_commit(&self, command: &'static str) -> Held {
        self.hold(Place::Commit(command))
    }

    fn hold(&self, place: Place) -> Held {
        let (reached, has_reached) = oneshot::channel();
        let (go, may_go) = oneshot::channel();
        *self.stop.lock().unwrap() = Some(Stop {
            place,
            reached,
            go: may_go,
        });
        Held {
            reached: has_reached,
            go,
        }
    }

    async fn pass(&self, here: impl Fn(&Place) -> bool) {
        let stop = self.stop.lock().unwrap().take_if(|stop| here(&stop.place));
        if let Some(stop) = stop {
            let _ = stop.reached.send(());
            let _ = stop.go.await;
        }
    }
}

impl Held {
    /// Lets `late` run up to the place where it is held, then all of `early`, then the rest of `late`.
    pub async fn while_running<L, E>(self, late: impl Future<Output = L>, early: impl Future<Output = E>) -> (L, E) {
        let mut late = std::pin::pin!(late);
        tokio::select! {
            _ = &mut late => panic!("it ended without coming to the place where it was to be held"),
            reached = self.reached => reached.expect("the store lives"),
        }
        let early = early.await;
        self.go.send(()).expect("it is held");
        (late.await, early)
    }
}

#[async_trait]
impl Hooks for Pausing {
    async fn before_snapshot(&self, stream: &StreamId) {
        self.pass(|place| *place == Place::Load(stream.clone())).await;
    }

    async fn commit(&self, store: &dyn Store, change: ChangeSet) -> Result<(), CommitError> {
        let header: Header = serde_json::from_slice(&change.entry.header).unwrap();
        self.pass(|place| matches!(place, Place::Commit(command) if *command == header.command))
            .await;
        store.commit(change).await
    }
}
