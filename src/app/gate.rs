//! The one door. A change is load → authorize → decide → commit, written here once.
//!
//! Sign-in is checked before anything is read. A load is one snapshot; what an earlier attempt has read counts only
//! under the same head of its stream. The clock is read once per attempt, after the load. The entry number is the lock: if it is taken, the command loads
//! again, a bounded number of times.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use super::command::DeferredPut;
pub(super) use super::command::digest_of;
pub use super::command::{Command, Context, Decision, Loaded, Outcome, Owner, date_in, derived_id};
use super::documents::streams;
use super::error::Error;
use super::known_streams::Value;
use super::reader::Reader;
use super::receipt::{Done, Receipt};
use super::rights::authorize_each;
use super::rights::disclosed;
pub(super) use super::rights::{NOT_DISCLOSED, authorize, sees};
use super::{App, Session};
use crate::domain::policy::{Permission, Viewer};
use crate::domain::registry::Role;
use crate::store::canonical::to_canonical;
use crate::store::entry::{Digest, FORMAT, Header, Private, Sealed, SealedEntry};
use crate::store::{ChangeSet, CommitError, Head, Put, StreamId};

/// How often a command is tried when others commit first: with 32 writers on one stream every one succeeds, because
/// the queue inside the process orders them.
const MAX_ATTEMPTS: u32 = 16;
/// How long an unknown outcome is looked into before the client is told so (30 s): behind it lie several tries of a store
/// that answers slowly or not at all.
const RESOLVE_TIME: Duration = Duration::from_secs(30);
/// How far a clock may lie behind the newest entry of a stream (2 s) before writing is refused.
const MAX_CLOCK_LAG_MS: i64 = 2000;
/// Time zone in which the validity dates of grants are read.
pub const GRANT_TIME_ZONE: &str = "Asia/Ho_Chi_Minh";

/// Orders the attempts on one stream inside this process; an economy, not the lock.
#[derive(Default)]
pub struct Queues {
    streams: Mutex<HashMap<StreamId, Weak<tokio::sync::Mutex<()>>>>,
}

impl Queues {
    pub(super) async fn enter(&self, stream: &StreamId) -> tokio::sync::OwnedMutexGuard<()> {
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
    pub async fn run<C: Command>(&self, command: C, key: Option<String>) -> Result<Done<C::Output>, Error> {
        let login = self.signed_in()?.to_owned();
        let app = Arc::clone(&self.app);
        let task =
            tokio::spawn(async move { attempt(&app, &Authority::Account(login), &command, key.as_deref()).await });
        let outcome = task.await.map_err(|error| Error::Internal(Box::new(error)))?;
        let (done, viewer) = outcome.map_or_else(|error| (Err(error), None), |(done, viewer)| (Ok(done), viewer));
        self.views.forget(viewer);
        done
    }
}

/// In whose name a command runs.
#[derive(Clone, Debug)]
pub enum Authority {
    /// An account, with its grants as they stand when the attempt loads them.
    Account(String),
    /// A job, for the person who was allowed to start it. What a worker does for it holds only under the worker's own
    /// lease, which the fence names.
    Job {
        login: String,
        role: Role,
        job: String,
        fence: Option<u32>,
    },
    /// The program itself: from the command line of the machine that holds the data, or by its own schedule.
    System,
}

impl Authority {
    fn login(&self) -> &str {
        match self {
            Self::Account(login) | Self::Job { login, .. } => login,
            Self::System => "system",
        }
    }

    /// The stream of the account.
    fn account(&self) -> Option<StreamId> {
        match self {
            Self::Account(login) => Some(streams::user(login)),
            Self::Job { .. } | Self::System => None,
        }
    }

    /// The account, whose grants are part of what the decision rests on.
    async fn viewer(&self, read: &Reader<'_>) -> Result<Option<Viewer>, Error> {
        match self {
            Self::Account(login) => {
                read.head(&streams::user(login)).await?;
                read.viewer(login).await.map(Some)
            }
            Self::Job { .. } | Self::System => Ok(None),
        }
    }

    /// The role in which the act is allowed.
    async fn role<C: Command>(
        &self,
        read: &Reader<'_>,
        command: &C,
        owners: &[Owner],
        today: Date,
        viewer: Option<&Viewer>,
    ) -> Result<Option<Role>, Error> {
        match (self, viewer) {
            (Self::Account(_), Some(viewer)) => {
                let place = |criterion: &str| command.place_of(criterion);
                authorize_each(viewer, C::PERMISSION, owners, today, &place).map(Some)
            }
            (Self::Account(_), None) => Err(Error::Unauthenticated),
            (Self::Job { role, job, fence, .. }, _) => {
                read.head(&streams::job(job)).await?;
                if let Some(fence) = fence {
                    super::jobs::check_lease(read, job, *fence).await?;
                }
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
) -> Result<Done<C::Output>, Error> {
    attempt(app, authority, command, key).await.map(|(done, _)| done)
}

/// Tries until nobody else commits first; answers with the account as it was when the change was allowed, too.
async fn attempt<C: Command>(
    app: &App,
    authority: &Authority,
    command: &C,
    key: Option<&str>,
) -> Result<(Done<C::Output>, Option<Viewer>), Error> {
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
            Attempt::Done(done, viewer) => return Ok((done, viewer)),
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

#[expect(clippy::large_enum_variant, reason = "one at a time, and gone with the answer")]
enum Attempt<O> {
    Done(Done<O>, Option<Viewer>),
    Taken,
}

async fn try_once<C: Command>(
    app: &App,
    authority: &Authority,
    command: &C,
    key: Option<&str>,
    stream: &StreamId,
) -> Result<Attempt<C::Output>, Error> {
    let mut looked_at = vec![stream.clone()];
    looked_at.extend(authority.account());
    // Who judges is asked where the own unit stands in the tree of units.
    looked_at.extend((C::PERMISSION == Permission::Review).then(streams::units));
    let snapshot = app.store.snapshot(&looked_at).await?;
    let reader = Reader::of_moment(app, &*snapshot);
    let login = authority.login();
    let head = reader.head(stream).await?;
    let outcome_id = key.map(|key| derived_id(&[login, key]));
    let viewer = authority.viewer(&reader).await?;
    let loaded = command.load(&reader).await;
    let now = entry_time(app.clock.now(), head.as_ref())?;
    let today = date_in(now, GRANT_TIME_ZONE)?;
    let loaded = match (loaded, &viewer) {
        (Ok(loaded), _) => loaded,
        (Err(error), Some(viewer)) => {
            return Err(disclosed(error, &reader, viewer, C::PERMISSION, &command.about(), today).await?);
        }
        (Err(error), None) => return Err(error),
    };
    let role = authority
        .role(&reader, command, &loaded.owners, today, viewer.as_ref())
        .await?;
    let told = |output, receipt| Ok(Attempt::Done(Done { output, receipt }, viewer));
    if let Some(id) = &outcome_id
        && let Some(first) = reader.get::<Outcome>(stream, id).await?
    {
        let receipt = Receipt::of_entry(&reader, stream, first.version).await?;
        return told(recall(&first.value, C::NAME, command.input_digest())?, Some(receipt));
    }
    let context = Context {
        now,
        login,
        entry: head.as_ref().map_or(0, |head| head.number) + 1,
        stream,
    };
    let mut decision = command.decide(loaded.state, &context)?;
    if decision.puts.is_empty() {
        return told(decision.output, None);
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
    let header = Header {
        previous: head.as_ref().map(|head| head.hash),
        role: role.map_or("SYSTEM", Role::name).to_owned(),
        basis: reader.basis(stream),
        ..header(app, C::NAME, &context)
    };
    drop(reader);
    drop(snapshot);
    let private = Private {
        reason: decision.reason,
        key: key.map(str::to_owned),
        ..Private::default()
    };
    let (change, values) = seal(app, header, now, &private, decision.puts)?;
    let receipt = Receipt::new(stream, change.entry.number, change.entry.hash, change.entry.at_ms)?;
    if !commit(app, &change).await? {
        return Ok(Attempt::Taken);
    }
    let previous = head.map(|head| head.hash);
    let SealedEntry { number, hash, .. } = change.entry;
    let written = change.puts.into_iter().zip(values);
    app.known_streams.committed(stream, previous, number, hash, written);
    told(decision.output, Some(receipt))
}

/// What an entry's header says of the moment, the actor and the attempt.
fn header(app: &App, command: &str, context: &Context<'_>) -> Header {
    Header {
        v: FORMAT,
        stream: context.stream.clone(),
        number: context.entry,
        previous: None,
        at: instant_text(context.now),
        clock: (!app.clock.offset().is_zero()).then(|| app.clock.offset().as_secs().to_string()),
        actor: context.login.to_owned(),
        role: String::new(),
        command: command.to_owned(),
        basis: Vec::new(),
        attempt: hex::encode(app.entropy.salt().0),
        private: None,
        documents: Vec::new(),
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

/// Salts and seals what was decided; with the documents themselves, in the order of the puts.
fn seal(
    app: &App,
    header: Header,
    now: Timestamp,
    private: &Private,
    puts: Vec<DeferredPut>,
) -> Result<(ChangeSet, Vec<Value>), Error> {
    let (mut sealed, mut values) = (Vec::with_capacity(puts.len()), Vec::with_capacity(puts.len()));
    for put in puts {
        let (put, value) = put(app.entropy.salt())?;
        sealed.push(put);
        values.push(value);
    }
    let puts = sealed;
    check_distinct(&puts)?;
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
    let change = ChangeSet {
        stream,
        expected,
        entry,
        puts,
    };
    Ok((change, values))
}

/// Commits; `false` means that somebody else was first. An unknown outcome is resolved by looking for the attempt
/// and, because absence is proved only by writing, by writing the same entry again.
async fn commit(app: &App, change: &ChangeSet) -> Result<bool, Error> {
    const RESOLVE_TRIES: u32 = 5;
    let mut last = match app.store.commit(change.clone()).await {
        Ok(()) => return Ok(true),
        Err(CommitError::Taken { .. }) => return Ok(false),
        Err(error @ CommitError::Unknown(_)) => error,
        Err(error) => return Err(error.into()),
    };
    let begun = tokio::time::Instant::now();
    for attempt in 1..=RESOLVE_TRIES {
        if begun.elapsed() >= RESOLVE_TIME {
            break;
        }
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
