//! How long the cluster is waited for.
//!
//! The driver knows no limit while a server is frozen rather than gone, and its futures must not be dropped half-way. So
//! each operation runs in a task of its own, which ends when it ends, and it is the waiting that is bounded. What fails
//! for a reason that passes (an election, a lost connection) is tried again for a while, with jitter.

use std::time::Duration;

use mongodb::error::{Error, ErrorKind, RETRYABLE_WRITE_ERROR, TRANSIENT_TRANSACTION_ERROR};
use tokio::time::Instant;

use super::unavailable;
use crate::store::StoreError;

/// How long one reading is waited for (10 s), far more than any served query takes: then the server is frozen.
pub const ANSWER: Duration = Duration::from_secs(10);
/// How long what fails for a passing reason is tried again (15 s): an election takes at most 12 s with MongoDB's own
/// settings.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// How long a commit is waited for (20 s), the tries inside it included; its outcome is unknown then.
pub const COMMIT: Duration = Duration::from_secs(20);
/// How long the question whether the store answers now is waited for (3 s): whoever balances load asks every few seconds.
pub const READY: Duration = Duration::from_secs(3);
/// Longest pause before the second try, in milliseconds; it doubles with each up to the longest of all.
const PAUSE_MS: u64 = 10;
const LONGEST_PAUSE_MS: u64 = 1000;

/// Codes of a server that is stepping down, starting, stopping, cut off, or has forgotten the moment of a snapshot, and of a
/// router that does not know yet who lies where (133, 249, 250).
const PASSING: [i32; 20] = [
    6, 7, 89, 91, 133, 134, 189, 202, 246, 249, 250, 262, 317, 9001, 10107, 11600, 11602, 13388, 13435, 13436,
];

/// Pauses with full jitter, within a bound.
pub struct Pauses {
    end: Instant,
    ceiling_ms: u64,
}

impl Pauses {
    pub fn begin() -> Self {
        Self::until(Instant::now() + PATIENCE)
    }

    pub fn until(end: Instant) -> Self {
        Self {
            end,
            ceiling_ms: PAUSE_MS,
        }
    }

    /// Waits before the next try; `false` if the bound is reached.
    pub async fn next(&mut self) -> bool {
        if Instant::now() >= self.end {
            return false;
        }
        let mut random = [0; 2];
        // Without randomness the pause is the longest, which is no less correct.
        let share = match aws_lc_rs::rand::fill(&mut random) {
            Ok(()) => u64::from(u16::from_le_bytes(random)),
            Err(_) => u64::from(u16::MAX),
        };
        tokio::time::sleep(Duration::from_millis(self.ceiling_ms * share / u64::from(u16::MAX))).await;
        self.ceiling_ms = (self.ceiling_ms * 2).min(LONGEST_PAUSE_MS);
        true
    }
}

/// Whether the same may succeed a little later.
pub fn passes(error: &Error) -> bool {
    if error.contains_label(RETRYABLE_WRITE_ERROR) || error.contains_label(TRANSIENT_TRANSACTION_ERROR) {
        return true;
    }
    match *error.kind {
        ErrorKind::Io(_) | ErrorKind::ServerSelection { .. } | ErrorKind::ConnectionPoolCleared { .. } => true,
        ErrorKind::Command(ref command) => PASSING.contains(&command.code),
        _ => false,
    }
}

/// Nobody answered in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {} s", .0.as_secs())]
pub struct Silence(pub Duration);

/// One reading, waited for within the bound.
pub async fn one_try<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    within(ANSWER, work).await
}

/// Work in a task of its own, waited for so long.
pub async fn within<T: Send + 'static>(
    bound: Duration,
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::time::timeout(bound, tokio::spawn(work)).await {
        Ok(ended) => ended.map_err(unavailable)?,
        Err(_) => Err(unavailable(Silence(bound))),
    }
}

/// A reading that is tried again as long as that may help.
pub async fn with_patience<T, F>(work: impl Fn() -> F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, StoreError>> + Send + 'static,
{
    let mut pauses = Pauses::begin();
    loop {
        match one_try(work()).await {
            Err(error) if may_pass(&error) && pauses.next().await => {}
            outcome => return outcome,
        }
    }
}

/// Work that takes as long as it takes (an index over documents that are there already), tried again as a reading is.
pub async fn without_haste<T, F>(work: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut pauses = Pauses::begin();
    loop {
        match work().await {
            Err(error) if may_pass(&error) && pauses.next().await => {}
            outcome => return outcome,
        }
    }
}

pub fn may_pass(error: &StoreError) -> bool {
    match error {
        StoreError::Unavailable(cause) => cause.is::<Silence>() || cause.downcast_ref::<Error>().is_some_and(passes),
        StoreError::Corrupt(_) => false,
    }
}
