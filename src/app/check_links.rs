//! Checking the links of a round's documents: what their addresses lead to is fetched by a person's command or by a server's
//! schedule, never while somebody waits for an answer.
//!
//! One stream for each round, `links:ROUND`, is the aggregate: who is at it under which lease, and the newest check of each
//! address. No dossier's head moves by it. What a run found is committed in batches, each under the lease: a run that was taken
//! for dead and wakes up writes nothing more.

mod addresses;
mod record;

use std::collections::BTreeMap;

use futures::StreamExt as _;
use futures::stream::{iter, unfold};
use jiff::SignedDuration;

pub use record::{LinkRun, LinkTally};

use super::App;
use super::documents::{round_fields, streams};
use super::error::Error;
use super::gate::{Authority, run_as};
use super::reader::Reader;
use crate::domain::link_check::{Fetched, LinkCheck, LinkFailure};
use crate::domain::round::{Round, RoundPhase};
use crate::store::{Direction, Document};
use crate::web::{Fetcher, host_of};
use addresses::{addresses_of, oldest_first};
use record::{BeginRun, EndRun, Found, RecordChecks, Why};

/// Most addresses of one run (10,000): three hours of one portal at a question a second. Those that were never fetched come
/// first, then the oldest, so that the next run goes on where this one ends.
pub const MAX_ADDRESSES: usize = 10_000;
/// Hosts that are asked at once (8), each of them one question at a time.
const HOSTS_AT_ONCE: usize = 8;
/// Checks of one commit (100), some 600 bytes each: what a run loses when it is cut off, and far below what a commit takes.
const BATCH: usize = 100;
/// Questions in a row that a host lets run out before the rest of its addresses is left for the next run (3): one host does not hold
/// up the others.
const TIMED_OUT_IN_A_ROW: u32 = 3;
/// How long what was found waits to be written down (5 min): what is written renews the lease.
const RECORD_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// Hosts of which none answers before a run says more about this machine than about links (3): it then records nothing.
const SILENT_HOSTS: usize = 3;

/// Which links are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Code of the round.
    pub round: String,
    /// Code of the unit; all units if none.
    pub unit: Option<String>,
}

/// What one run is about, and who is at it.
struct Work<'a> {
    app: &'a App,
    fetcher: &'a Fetcher,
    round: &'a str,
    fence: u32,
}

/// Checks links now, whoever else is at it; each check is told as it is recorded. `owner` names this worker.
///
/// # Errors
/// [`Error::NotFound`] for a round or unit that is not there, [`Error::LeaseLost`] when another person began the same meanwhile,
/// [`Error::Unavailable`] when no host answers at all.
pub async fn check_links(
    app: &App,
    fetcher: &Fetcher,
    owner: &str,
    wanted: Wanted,
    tell: &mut (dyn FnMut(&LinkCheck) + Send),
) -> Result<LinkRun, Error> {
    let begun = begin(app, owner, &wanted, Why::Asked).await?;
    let begun = begun.ok_or_else(|| Error::Internal("what is asked for begins".into()))?;
    run(app, fetcher, &begun, tell).await
}

/// The runs of the schedule that are due: one of each round whose results are not published.
///
/// # Errors
/// As [`check_links`], of the first round that fails.
pub async fn check_due(
    app: &App,
    fetcher: &Fetcher,
    owner: &str,
    every: SignedDuration,
    tell: &mut (dyn FnMut(&LinkCheck) + Send),
) -> Result<Vec<LinkRun>, Error> {
    let rounds = Round::query().order(&round_fields::YEAR, Direction::Descending);
    let rounds = Reader::new(app, &*app.store).every(rounds).await?;
    let mut runs = Vec::new();
    for round in rounds.iter().filter(|round| round.phase != RoundPhase::Published) {
        let wanted = Wanted {
            round: round.code.clone(),
            unit: None,
        };
        if let Some(begun) = begin(app, owner, &wanted, Why::Due { every }).await? {
            match run(app, fetcher, &begun, tell).await {
                Ok(run) => runs.push(run),
                // Somebody asked for it meanwhile, or this process stood still for long.
                Err(Error::LeaseLost) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(runs)
}

async fn begin(app: &App, owner: &str, wanted: &Wanted, why: Why) -> Result<Option<LinkRun>, Error> {
    let command = BeginRun {
        round: wanted.round.clone(),
        unit: wanted.unit.clone(),
        owner: owner.to_owned(),
        why,
    };
    Ok(run_as(app, &Authority::System, &command, None).await?.output)
}

/// Fetches what a run is about, and writes down what was found.
async fn run(
    app: &App,
    fetcher: &Fetcher,
    begun: &LinkRun,
    tell: &mut (dyn FnMut(&LinkCheck) + Send),
) -> Result<LinkRun, Error> {
    let work = Work {
        app,
        fetcher,
        round: &begun.round,
        fence: begun.fence,
    };
    let addresses = addresses_of(app, begun).await?;
    let all = addresses.len();
    let addresses = oldest_first(app, &begun.round, addresses, MAX_ADDRESSES).await?;
    let (answered, asked) = work.fetch_all(addresses, tell).await?;
    let left = all.saturating_sub(asked);
    let end = EndRun {
        round: begun.round.clone(),
        fence: begun.fence,
        left: u32::try_from(left).unwrap_or(u32::MAX),
        silent: !answered,
    };
    let ended = run_as(app, &Authority::System, &end, None).await?.output;
    match answered {
        true => Ok(ended),
        false => Err(Error::unavailable(
            "no host answered: this machine does not reach the web, and nothing was recorded",
        )),
    }
}

impl Work<'_> {
    /// Fetches addresses, host by host: whether any host answered, and how many addresses were asked. Where none answers, what an
    /// address itself says is recorded and nothing else.
    async fn fetch_all(
        &self,
        addresses: Vec<String>,
        tell: &mut (dyn FnMut(&LinkCheck) + Send),
    ) -> Result<(bool, usize), Error> {
        let mut hosts: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
        for address in addresses {
            hosts.entry(host_of(&address)).or_default().push(address);
        }
        let is_silence = hosts.keys().flatten().count() >= SILENT_HOSTS;
        let of_host = |addresses: Vec<String>| {
            let rest = (addresses.into_iter(), 0);
            unfold(rest, move |(mut addresses, timed_out)| async move {
                if timed_out >= TIMED_OUT_IN_A_ROW {
                    return None;
                }
                let found = self.fetch(addresses.next()?).await;
                let timed_out = match found.fetched.failure {
                    Some(LinkFailure::TimedOut) => timed_out + 1,
                    _ => 0,
                };
                Some((found, (addresses, timed_out)))
            })
            .boxed()
        };
        let mut found = iter(hosts.into_values().map(of_host)).flatten_unordered(HOSTS_AT_ONCE);
        let (mut waiting, mut answered, mut asked) = (Vec::new(), !is_silence, 0);
        let mut recorded_at = self.app.clock.now();
        while let Some(one) = found.next().await {
            answered |= one.fetched.is_answered();
            asked += 1;
            waiting.push(one);
            let is_time = self.app.clock.now().duration_since(recorded_at) >= RECORD_EVERY;
            if answered && (waiting.len() >= BATCH || is_time) {
                recorded_at = self.app.clock.now();
                self.record_all(std::mem::take(&mut waiting), tell).await?;
            }
        }
        if !answered {
            waiting.retain(|one| one.fetched.says_the_address());
        }
        self.record_all(waiting, tell).await?;
        Ok((answered, asked))
    }

    async fn record_all(&self, mut found: Vec<Found>, tell: &mut (dyn FnMut(&LinkCheck) + Send)) -> Result<(), Error> {
        while !found.is_empty() {
            let batch = found.drain(..found.len().min(BATCH)).collect();
            self.record(batch, tell).await?;
        }
        Ok(())
    }

    async fn fetch(&self, url: String) -> Found {
        let fetched: Fetched = self.fetcher.fetch(&url).await;
        Found {
            url,
            at: self.app.clock.now(),
            fetched,
        }
    }

    /// Writes checks down, and tells them.
    async fn record(&self, found: Vec<Found>, tell: &mut (dyn FnMut(&LinkCheck) + Send)) -> Result<(), Error> {
        let keys: Vec<String> = found.iter().map(|one| LinkCheck::key_of(&one.url)).collect();
        let command = RecordChecks {
            round: self.round.to_owned(),
            fence: self.fence,
            found,
        };
        run_as(self.app, &Authority::System, &command, None).await?;
        let read = Reader::new(self.app, &*self.app.store);
        let recorded = read.get_all::<LinkCheck>(&streams::links(self.round), &keys).await?;
        recorded.iter().flatten().for_each(|check| tell(&check.value));
        Ok(())
    }
}
