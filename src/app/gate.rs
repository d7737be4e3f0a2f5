//! The one door. A change is load → authorize → decide → commit, written here once.
//!
//! Sign-in is checked before anything is read. A load is one snapshot, and nothing read survives an attempt. The
//! clock is read once per attempt, after the load. The entry number is the lock: if it is taken, the command loads
//! again, a bounded number of times.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::error::Error;
use super::reader::Reader;
use super::{App, Session};
use crate::domain::policy::{Denied, Permission, Resource, Viewer};
use crate::domain::registry::Role;
use crate::domain::rejection::Rejection;
use crate::store::canonical::to_canonical;
use crate::store::entry::{Digest, FORMAT, Header, Private, Sealed, SealedEntry};
use crate::store::{ChangeSet, CommitError, Document, Head, Put, Salt, StreamId};

/// How often a command is tried when others commit first: with 32 writers on one stream every one succeeds, because
/// the queue inside the process orders them.
const MAX_ATTEMPTS: u32 = 16;
/// How far a clock may lie behind the newest entry of a stream (2 s) before writing is refused.
const MAX_CLOCK_LAG_MS: i64 = 2000;
/// Longest reason or comment, in characters: a page of text.
pub const MAX_TEXT_CHARS: usize = 4000;
/// Time zone in which the validity dates of grants are read.
pub const GRANT_TIME_ZONE: &str = "Asia/Ho_Chi_Minh";

/// Facts of a resource that the policy looks at, owned by what was loaded.
#[derive(Clone, Debug)]
pub enum Owner {
    System,
    /// What an account keeps of its own acts.
    Account {
        login: String,
    },
    Dossier {
        unit: String,
        unit_path: Vec<String>,
        unit_type: String,
    },
    Leaf {
        unit: String,
        unit_path: Vec<String>,
        unit_type: String,
        criterion: String,
        department: String,
    },
}

impl Owner {
    pub(super) fn resource(&self) -> Resource<'_> {
        match self {
            Self::System => Resource::System,
            Self::Account { login } => Resource::Account { login },
            Self::Dossier {
                unit,
                unit_path,
                unit_type,
            } => Resource::Dossier {
                unit,
                unit_path,
                unit_type,
            },
            Self::Leaf {
                unit,
                unit_path,
                unit_type,
                criterion,
                department,
            } => Resource::Leaf {
                unit,
                unit_path,
                unit_type,
                criterion,
                department,
            },
        }
    }
}

/// What a load found, and what the policy has to look at. Every owner must allow the act.
pub struct Loaded<S> {
    pub state: S,
    pub owners: Vec<Owner>,
}

impl<S> Loaded<S> {
    /// What belongs to the system as a whole.
    pub fn of_system(state: S) -> Self {
        Self {
            state,
            owners: vec![Owner::System],
        }
    }
}

/// What a decision knows about the moment and the actor.
pub struct Context<'a> {
    pub now: Timestamp,
    pub login: &'a str,
    /// Number of the entry that this decision will write.
    pub entry: u64,
    /// The stream that it will be written to.
    pub stream: &'a StreamId,
}

impl Context<'_> {
    /// An id for something without a natural key: derived from the entry that creates it, which is unique.
    pub fn new_id(&self, kind: &str, index: usize) -> String {
        derived_id(&[self.stream.as_str(), &self.entry.to_string(), kind, &index.to_string()])
    }

    /// The calendar date now, in a time zone.
    ///
    /// # Errors
    /// [`Error::Internal`] if the zone is unknown, which import has checked.
    pub fn today(&self, time_zone: &str) -> Result<Date, Error> {
        date_in(self.now, time_zone)
    }
}

/// The calendar date of an instant in a time zone.
pub fn date_in(at: Timestamp, time_zone: &str) -> Result<Date, Error> {
    let zoned = at.in_tz(time_zone).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(zoned.date())
}

type DeferredPut = Box<dyn FnOnce(Salt) -> Result<Put, Error> + Send>;

/// What a command decided: the documents to write and the answer.
pub struct Decision<O> {
    pub output: O,
    puts: Vec<DeferredPut>,
    reason: Option<String>,
}

impl<O> Decision<O> {
    pub fn new(output: O) -> Self {
        Self {
            output,
            puts: Vec::new(),
            reason: None,
        }
    }

    /// Writes a document.
    #[must_use]
    pub fn put<D: Document>(mut self, document: D) -> Self {
        self.add(document);
        self
    }

    /// Writes a document.
    pub fn add<D: Document>(&mut self, document: D) {
        self.puts.push(Box::new(move |salt| {
            document.to_put(salt).map_err(|error| Error::Internal(Box::new(error)))
        }));
    }

    /// Writes documents.
    #[must_use]
    pub fn put_all<D: Document>(mut self, documents: impl IntoIterator<Item = D>) -> Self {
        for document in documents {
            self.add(document);
        }
        self
    }

    /// The reason, kept in the private part of the entry.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// A change that the system can be asked for.
#[async_trait]
pub trait Command: Serialize + Sized + Send + Sync + 'static {
    /// The name in journal entries.
    const NAME: &'static str;
    const PERMISSION: Permission;
    type State: Send;
    type Output: Serialize + DeserializeOwned + Send + 'static;

    /// The stream that it writes.
    fn stream(&self) -> StreamId;

    /// Digest of the input, so that a key cannot be used again for something else.
    fn input_digest(&self) -> Digest {
        digest_of(Self::NAME, self)
    }

    /// Reads what the decision needs, in one snapshot.
    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error>;

    /// Decides, purely.
    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<Self::Output>, Error>;
}

/// The first outcome of a command that was sent with an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outcome {
    /// Derived from actor and key.
    pub id: String,
    pub command: String,
    /// Digest of the input.
    pub input: Digest,
    /// The answer as JSON text.
    pub output: String,
}

/// The digest of a command's input.
pub(super) fn digest_of<T: Serialize>(command: &str, input: &T) -> Digest {
    let bytes = serde_json::to_vec(input).unwrap_or_default();
    Digest::of(&[command.as_bytes(), b"\0", &bytes])
}

/// An id derived from a natural key: 26 hexadecimal digits (104 bits).
pub fn derived_id(parts: &[&str]) -> String {
    let joined: Vec<&[u8]> = parts
        .iter()
        .flat_map(|part| [part.as_bytes(), b"\0".as_slice()])
        .collect();
    Digest::of(&joined).to_string()[..26].to_owned()
}

/// Orders the attempts on one stream inside this process; an economy, not the lock.
#[derive(Default)]
pub struct Queues {
    streams: Mutex<HashMap<StreamId, Weak<tokio::sync::Mutex<()>>>>,
}

impl Queues {
    async fn enter(&self, stream: &StreamId) -> tokio::sync::OwnedMutexGuard<()> {
        let queue = {
            let mut streams = self.streams.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if streams.len() > 4096 {
                streams.retain(|_, queue| queue.strong_count() > 0);
            }
            match streams.get(stream).and_then(Weak::upgrade) {
                Some(queue) => queue,
                None => {
                    let queue = Arc::new(tokio::sync::Mutex::new(()));
                    streams.insert(stream.clone(), Arc::downgrade(&queue));
                    queue
                }
            }
        };
        queue.lock_owned().await
    }
}

impl Session {
    /// Runs a command in its own task, so that a client who goes away cannot cut it in half.
    pub async fn run<C: Command>(&self, command: C, key: Option<String>) -> Result<C::Output, Error> {
        let login = self.signed_in()?.to_owned();
        let app = Arc::clone(&self.app);
        let task =
            tokio::spawn(async move { run_as(&app, &Authority::Account(login), &command, key.as_deref()).await });
        let outcome = task.await.map_err(|error| Error::Internal(Box::new(error)))?;
        self.views.forget();
        outcome
    }
}

/// In whose name a command runs.
#[derive(Clone, Debug)]
pub enum Authority {
    /// An account, with its grants as they stand when the attempt loads them.
    Account(String),
    /// A job, for the person who was allowed to start it.
    Job { login: String, role: Role, job: String },
    /// The program itself, from the command line of the machine that holds the data.
    System,
}

impl Authority {
    fn login(&self) -> &str {
        match self {
            Self::Account(login) | Self::Job { login, .. } => login,
            Self::System => "system",
        }
    }

    /// The role in which the act is allowed.
    async fn role(
        &self,
        read: &Reader<'_>,
        permission: Permission,
        owners: &[Owner],
        today: Date,
        viewer: Option<&Viewer>,
    ) -> Result<Option<Role>, Error> {
        match (self, viewer) {
            (Self::Account(_), Some(viewer)) => authorize(viewer, permission, owners, today).map(Some),
            (Self::Account(_), None) => Err(Error::Unauthenticated),
            (Self::Job { role, job, .. }, _) => {
                read.head(&super::documents::streams::job(job)).await?;
                Ok(Some(*role))
            }
            (Self::System, _) => Ok(None),
        }
    }
}

/// Runs a command in somebody's name.
pub async fn run_as<C: Command>(
    app: &App,
    authority: &Authority,
    command: &C,
    key: Option<&str>,
) -> Result<C::Output, Error> {
    if key.is_some_and(|key| key.is_empty() || key.len() > 200) {
        return Err(Error::invalid(
            "idempotencyKey",
            "Khóa phải dài từ 1 đến 200 byte.",
            "The key must have 1 to 200 bytes.",
        ));
    }
    let stream = command.stream();
    let _turn = app.queues.enter(&stream).await;
    for attempt in 0..MAX_ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(backoff(app, attempt)).await;
        }
        match try_once(app, authority, command, key, &stream).await? {
            Attempt::Done(output) => return Ok(output),
            Attempt::Taken => {}
        }
    }
    Err(Error::Conflict)
}

/// Full jitter up to 2, 4, 8 … 256 ms.
fn backoff(app: &App, attempt: u32) -> Duration {
    let ceiling = 1u64 << attempt.min(8);
    Duration::from_millis(u64::from(app.entropy.salt().0[0]) * ceiling / 256)
}

enum Attempt<O> {
    Done(O),
    Taken,
}

async fn try_once<C: Command>(
    app: &App,
    authority: &Authority,
    command: &C,
    key: Option<&str>,
    stream: &StreamId,
) -> Result<Attempt<C::Output>, Error> {
    let snapshot = app.store.snapshot(stream).await?;
    let reader = Reader::new(app, &*snapshot);
    let login = authority.login();
    let viewer = match authority {
        Authority::Account(login) => {
            // The grants that allowed it are part of what the decision rests on.
            reader.head(&super::documents::streams::user(login)).await?;
            Some(reader.viewer(login).await?)
        }
        Authority::Job { .. } | Authority::System => None,
    };
    let head = reader.head(stream).await?;
    let outcome_id = key.map(|key| derived_id(&[login, key]));
    let loaded = command.load(&reader).await?;
    let now = entry_time(app.clock.now(), head.as_ref())?;
    let today = date_in(now, GRANT_TIME_ZONE)?;
    let role = authority
        .role(&reader, C::PERMISSION, &loaded.owners, today, viewer.as_ref())
        .await?;
    if let Some(id) = &outcome_id
        && let Some(first) = reader.get::<Outcome>(stream, id).await?
    {
        return replay::<C>(command, &first.value).map(Attempt::Done);
    }
    let number = head.as_ref().map_or(0, |head| head.number) + 1;
    let context = Context {
        now,
        login,
        entry: number,
        stream,
    };
    let mut decision = command.decide(loaded.state, &context)?;
    if decision.puts.is_empty() {
        return Ok(Attempt::Done(decision.output));
    }
    if let Some(id) = outcome_id {
        let output = serde_json::to_string(&decision.output).map_err(|error| Error::Internal(Box::new(error)))?;
        decision.add(Outcome {
            id,
            command: C::NAME.to_owned(),
            input: command.input_digest(),
            output,
        });
    }
    let basis = reader.basis(stream);
    drop(reader);
    drop(snapshot);
    let puts = decision
        .puts
        .into_iter()
        .map(|put| put(app.entropy.salt()))
        .collect::<Result<Vec<_>, _>>()?;
    check_distinct(&puts)?;
    let private = Private {
        reason: decision.reason,
        key: key.map(str::to_owned),
        ..Private::default()
    };
    let header = Header {
        v: FORMAT,
        stream: stream.clone(),
        number,
        previous: head.as_ref().map(|head| head.hash),
        at: instant_text(now),
        actor: login.to_owned(),
        role: role.map_or("SYSTEM", Role::name).to_owned(),
        command: C::NAME.to_owned(),
        basis,
        attempt: hex::encode(app.entropy.salt().0),
        private: None,
        documents: Vec::new(),
    };
    let change = seal(app, header, now, &private, puts)?;
    match commit(app, change).await? {
        true => Ok(Attempt::Done(decision.output)),
        false => Ok(Attempt::Taken),
    }
}

/// An entry lists each document once: a document written twice in one decision is a mistake in the program.
fn check_distinct(puts: &[Put]) -> Result<(), Error> {
    let mut seen = std::collections::HashSet::with_capacity(puts.len());
    match puts
        .iter()
        .find(|put| !seen.insert((put.collection.name, put.id.as_str())))
    {
        Some(put) => {
            let what = format!("{}/{} is written twice in one commit", put.collection.name, put.id);
            Err(Error::Internal(what.into()))
        }
        None => Ok(()),
    }
}

fn seal(app: &App, header: Header, now: Timestamp, private: &Private, puts: Vec<Put>) -> Result<ChangeSet, Error> {
    let internal = |error| Error::Internal(Box::new(error) as crate::store::BoxError);
    let private = if private.is_empty() {
        None
    } else {
        Some(Sealed {
            salt: app.entropy.salt(),
            body: to_canonical(private).map_err(internal)?.into(),
        })
    };
    let (stream, expected) = (header.stream.clone(), header.number - 1);
    let entry = SealedEntry::seal(header, now.as_millisecond(), private, &puts).map_err(internal)?;
    Ok(ChangeSet {
        stream,
        expected,
        entry,
        puts,
    })
}

/// Commits; `false` means that somebody else was first. An unknown outcome is resolved by looking for the attempt
/// and, because absence is proved only by writing, by writing the same entry again.
async fn commit(app: &App, change: ChangeSet) -> Result<bool, Error> {
    const RESOLVE_TRIES: u32 = 5;
    let mut last = match app.store.commit(change.clone()).await {
        Ok(()) => return Ok(true),
        Err(CommitError::Taken { .. }) => return Ok(false),
        Err(error @ CommitError::Unknown(_)) => error,
        Err(error) => return Err(error.into()),
    };
    for attempt in 1..=RESOLVE_TRIES {
        tokio::time::sleep(backoff(app, attempt + 3)).await;
        match app.store.commit(change.clone()).await {
            Ok(()) => return Ok(true),
            Err(CommitError::Taken { .. }) => {
                let found = app.store.entries(&change.stream, change.entry.number, 1).await;
                // Whose entry it is cannot be seen now: the outcome stays unknown.
                let found = found.map_err(|error| Error::Unavailable {
                    cause: Box::new(error),
                    unknown: true,
                })?;
                return Ok(found.first().is_some_and(|entry| entry.attempt == change.entry.attempt));
            }
            Err(error) => last = error,
        }
    }
    let cause: crate::store::BoxError = Box::new(last);
    Err(Error::Unavailable { cause, unknown: true })
}

/// An entry's time: never before the stream's newest entry, and not by a clock that lags behind it.
fn entry_time(now: Timestamp, head: Option<&Head>) -> Result<Timestamp, Error> {
    let now_ms = now.as_millisecond();
    let at_ms = head.map_or(now_ms, |head| head.at_ms.max(now_ms));
    if at_ms - now_ms > MAX_CLOCK_LAG_MS {
        let cause = format!("this clock is {} ms behind the stream", at_ms - now_ms);
        return Err(Error::unavailable(cause));
    }
    Timestamp::from_millisecond(at_ms).map_err(|error| Error::Internal(Box::new(error)))
}

/// RFC 3339 in UTC with milliseconds.
pub fn instant_text(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The role in which every owner allows the act.
pub(super) fn authorize(viewer: &Viewer, permission: Permission, owners: &[Owner], today: Date) -> Result<Role, Error> {
    let mut role = None;
    for owner in owners {
        match viewer.authorize(permission, owner.resource(), today) {
            Ok(found) => role = Some(found),
            Err(Denied::Forbidden) => return Err(Error::Forbidden),
            Err(Denied::NotFound) => return Err(Error::NotFound { what: "object" }),
            Err(Denied::OwnUnit) => return Err(Rejection::OwnUnit.into()),
        }
    }
    role.ok_or(Error::Forbidden)
}

/// Whether the owner's existence is no secret for the viewer.
pub(super) fn sees(viewer: &Viewer, owner: &Owner, today: Date) -> bool {
    viewer.sees(owner.resource(), today)
}

fn replay<C: Command>(command: &C, first: &Outcome) -> Result<C::Output, Error> {
    recall(first, C::NAME, command.input_digest())
}

/// The first outcome again.
///
/// # Errors
/// [`Error::Invalid`] when the key was used with other input.
pub(super) fn recall<T: DeserializeOwned>(first: &Outcome, command: &str, input: Digest) -> Result<T, Error> {
    if first.input != input || first.command != command {
        return Err(Error::invalid(
            "idempotencyKey",
            "Khóa này đã dùng cho nội dung khác; dùng khóa mới.",
            "This key was used with other input; use a new key.",
        ));
    }
    serde_json::from_str(&first.output).map_err(|error| Error::Internal(Box::new(error)))
}
