//! What is written down of a run, and the three commands that write it.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::gate::{Command, Context, Decision, Loaded};
use crate::app::jobs::Lease;
use crate::app::reader::Reader;
use crate::domain::link_check::{Fetched, LinkCheck, LinkState};
use crate::domain::policy::Permission;
use crate::domain::round::Round;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// How long a worker may write nothing before another takes it for dead (1 h): 100 addresses of one host that takes its time to
/// the bound at each of six steps would take longer, which no host was seen to do.
const LEASE: SignedDuration = SignedDuration::from_hours(1);

/// When a schedule goes on after a run that did not look at everything, or in which no host answered (1 h): a line is mended sooner than
/// the next run is due.
const RETRY: SignedDuration = SignedDuration::from_hours(1);

/// A run over the links of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkRun {
    /// Code of the round.
    pub round: String,
    /// Code of the only unit whose links are wanted; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Which run of the round it is, from 1; also how often the lease was taken.
    pub fence: u32,
    pub started_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Who is at it; absent at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    pub tally: LinkTally,
    /// Addresses that were left for the next run.
    pub left: u32,
    /// When the newest run began that looked at all links of all units; absent before there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_since: Option<Timestamp>,
    /// Whether no host answered at all, so that nothing was recorded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
}

/// How many links were found to be what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkTally {
    pub alive: u32,
    pub denied: u32,
    pub failing: u32,
    pub dead: u32,
}

impl LinkTally {
    fn add(&mut self, state: LinkState) {
        let count = match state {
            LinkState::Alive => &mut self.alive,
            LinkState::Denied => &mut self.denied,
            LinkState::Failing => &mut self.failing,
            LinkState::Dead => &mut self.dead,
        };
        *count += 1;
    }

    /// All of them.
    pub fn checked(self) -> u32 {
        self.alive + self.denied + self.failing + self.dead
    }
}

impl LinkRun {
    /// There is one document, of the newest run.
    pub(crate) const ID: &'static str = "run";

    fn is_due(&self, every: SignedDuration, now: Timestamp) -> bool {
        let is_held = self.lease.as_ref().is_some_and(|lease| now < lease.until);
        let after = |at: Timestamp, wait| at.checked_add(wait).unwrap_or(Timestamp::MAX);
        // What one unit was asked for, and what was cut off, stands for no whole run.
        let is_wanted = self.whole_since.is_none_or(|at| after(at, every) <= now);
        let is_rested = self.ended_at.is_none() || after(self.started_at, every.min(RETRY)) <= now;
        !is_held && is_wanted && is_rested
    }

    /// The run with this fence, which has to be the newest.
    fn held(found: Option<Versioned<Self>>, fence: u32) -> Result<(Self, Lease), Error> {
        let mut run = found.ok_or(Error::LeaseLost)?.value;
        let lease = run.lease.take().filter(|lease| lease.fence == fence);
        Ok((run, lease.ok_or(Error::LeaseLost)?))
    }
}

fn until(now: Timestamp) -> Timestamp {
    now.checked_add(LEASE).unwrap_or(Timestamp::MAX)
}

/// Why a run begins.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) enum Why {
    /// The last one began so long ago, or is not at its end, and nobody is at it.
    Due { every: SignedDuration },
    /// A person wants it now, whoever is at it.
    Asked,
}

/// Takes the lease for a run.
#[derive(Debug, Serialize)]
pub(super) struct BeginRun {
    pub round: String,
    pub unit: Option<String>,
    pub owner: String,
    pub why: Why,
}

/// A round and the run before.
pub(super) struct Before {
    round: Versioned<Round>,
    run: Option<Versioned<LinkRun>>,
}

#[async_trait]
impl Command for BeginRun {
    const NAME: &'static str = "BeginLinkRun";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Before;
    /// The run; none when nothing is due.
    type Output = Option<LinkRun>;

    fn stream(&self) -> StreamId {
        streams::links(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Before>, Error> {
        let round = streams::round(&self.round);
        read.head(&round).await?;
        Ok(Loaded::of_system(Before {
            round: read.require::<Round>(&round, &self.round, "round").await?,
            run: read.get::<LinkRun>(&self.stream(), LinkRun::ID).await?,
        }))
    }

    fn decide(&self, state: Before, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        if let Some(unit) = &self.unit
            && state.round.units.binary_search(unit).is_err()
        {
            return Err(Error::NotFound { what: "unit" });
        }
        let before = state.run.map(|run| run.value);
        if let (Why::Due { every }, Some(before)) = (self.why, &before)
            && !before.is_due(every, context.now)
        {
            return Ok(Decision::new(None));
        }
        let whole_since = before.as_ref().and_then(|before| before.whole_since);
        let fence = before.map_or(0, |before| before.fence) + 1;
        let run = LinkRun {
            round: self.round.clone(),
            unit: self.unit.clone(),
            fence,
            started_at: context.now,
            ended_at: None,
            lease: Some(Lease {
                owner: self.owner.clone(),
                until: until(context.now),
                fence,
            }),
            tally: LinkTally::default(),
            left: 0,
            whole_since,
            silent: false,
        };
        Ok(Decision::new(Some(run.clone())).put(run))
    }
}

/// What fetching an address gave, and when.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    pub url: String,
    pub at: Timestamp,
    pub fetched: Fetched,
}

/// Writes down what was found.
#[derive(Debug, Serialize)]
pub(super) struct RecordChecks {
    pub round: String,
    pub fence: u32,
    pub found: Vec<Found>,
}

/// The run, and the checks before of the addresses.
pub(super) struct Checked {
    run: Option<Versioned<LinkRun>>,
    before: Vec<Option<Versioned<LinkCheck>>>,
}

#[async_trait]
impl Command for RecordChecks {
    const NAME: &'static str = "RecordLinkChecks";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Checked;
    type Output = ();

    fn stream(&self) -> StreamId {
        streams::links(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Checked>, Error> {
        let stream = self.stream();
        let keys: Vec<String> = self.found.iter().map(|one| LinkCheck::key_of(&one.url)).collect();
        Ok(Loaded::of_system(Checked {
            run: read.get(&stream, LinkRun::ID).await?,
            before: read.get_all(&stream, &keys).await?,
        }))
    }

    fn decide(&self, state: Checked, context: &Context<'_>) -> Result<Decision<()>, Error> {
        let (mut run, lease) = LinkRun::held(state.run, self.fence)?;
        run.lease = Some(Lease {
            until: until(context.now),
            ..lease
        });
        let mut decision = Decision::new(());
        for (one, before) in self.found.iter().zip(state.before) {
            let before = before.map(|check| check.value);
            let check = LinkCheck::after(before.as_ref(), &self.round, &one.url, one.at, one.fetched.clone());
            run.tally.add(check.state());
            decision.add(check);
        }
        Ok(decision.put(run))
    }
}

/// Ends a run.
#[derive(Debug, Serialize)]
pub(super) struct EndRun {
    pub round: String,
    pub fence: u32,
    pub left: u32,
    pub silent: bool,
}

#[async_trait]
impl Command for EndRun {
    const NAME: &'static str = "EndLinkRun";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Option<Versioned<LinkRun>>;
    type Output = LinkRun;

    fn stream(&self) -> StreamId {
        streams::links(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        Ok(Loaded::of_system(read.get(&self.stream(), LinkRun::ID).await?))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<LinkRun>, Error> {
        let (mut run, _) = LinkRun::held(state, self.fence)?;
        run.ended_at = Some(context.now);
        run.left = self.left;
        run.silent = self.silent;
        if run.unit.is_none() && self.left == 0 && !self.silent {
            run.whole_since = Some(run.started_at);
        }
        Ok(Decision::new(run.clone()).put(run))
    }
}
