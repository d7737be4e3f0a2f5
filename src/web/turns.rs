//! Turns at a host: one question at a time, and a pause before the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, sleep_until};

/// When a host may be asked again; none before the first question.
type NextTurn = Option<Instant>;

/// The hosts that were asked. Bounded by the addresses of one run.
pub(super) struct Turns {
    pause: Duration,
    hosts: Mutex<HashMap<String, Arc<tokio::sync::Mutex<NextTurn>>>>,
}

/// The turn at a host, until it is dropped.
pub(super) struct Turn {
    pause: Duration,
    next: OwnedMutexGuard<NextTurn>,
}

impl Turns {
    pub fn new(pause: Duration) -> Self {
        Self {
            pause,
            hosts: Mutex::default(),
        }
    }

    /// Waits for the turn at a host.
    pub async fn of(&self, host: &str) -> Turn {
        let place = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hosts.entry(host.to_owned()).or_default())
        };
        let next = place.lock_owned().await;
        if let Some(next) = *next {
            sleep_until(next).await;
        }
        Turn {
            pause: self.pause,
            next,
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.next = Some(Instant::now() + self.pause);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_host_is_asked_once_at_a_time_and_after_a_pause_and_others_do_not_wait_for_it() {
        let turns = Turns::new(Duration::from_millis(30));
        let (at_once, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ask = async || {
            let _turn = turns.of("so.example").await;
            most.fetch_max(1 + at_once.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
            tokio::task::yield_now().await;
            at_once.fetch_sub(1, Ordering::SeqCst);
        };
        let begun = Instant::now();
        tokio::join!(ask(), ask(), ask());
        assert!(begun.elapsed() >= Duration::from_millis(60), "{:?}", begun.elapsed());
        assert_eq!(most.into_inner(), 1);
        let _held = turns.of("so.example").await;
        tokio::time::timeout(Duration::from_secs(5), turns.of("other.example"))
            .await
            .expect("another host is free");
    }
}
