//! The clock by which a demonstration is filled: it goes as the machine's does, and is put forward from one date of the
//! years that it tells of to the next.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::app::{Clock, SystemClock};
use crate::cli::Problem;

/// How far the clock is set apart from the machine's, in seconds; entries say so, each by how much when it was made.
pub struct FillingClock {
    offset: AtomicI64,
}

impl FillingClock {
    /// A clock that says that it is now this instant, in RFC 3339.
    ///
    /// # Errors
    /// When it is none.
    pub fn at(instant: &str) -> Result<Self, Problem> {
        let clock = Self {
            offset: AtomicI64::new(0),
        };
        clock.put_to(instant)?;
        Ok(clock)
    }

    /// Puts the clock to an instant.
    ///
    /// # Errors
    /// When it is none.
    pub fn put_to(&self, instant: &str) -> Result<(), Problem> {
        self.set(offset_of(instant.parse()?));
        Ok(())
    }

    /// Sets the clock apart from the machine's by this much.
    pub fn set(&self, offset: SignedDuration) {
        self.offset.store(offset.as_secs(), Ordering::Relaxed);
    }
}

/// The offset, in whole seconds, that makes now this instant.
pub fn offset_of(instant: Timestamp) -> SignedDuration {
    SignedDuration::from_secs(instant.as_second() - Timestamp::now().as_second())
}

impl Clock for FillingClock {
    fn now(&self) -> Timestamp {
        let offset = self.offset();
        SystemClock { offset }.now()
    }

    fn offset(&self) -> SignedDuration {
        SignedDuration::from_secs(self.offset.load(Ordering::Relaxed))
    }
}
