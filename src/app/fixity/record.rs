//! What is written down of a pass, and the two commands that write it.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::documents::streams;
use super::super::error::Error;
use super::super::gate::{Command, Context, Decision, Loaded};
use super::super::jobs::Lease;
use super::super::reader::Reader;
use crate::blob::Wrong;
use crate::domain::policy::Permission;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// How long a run may take before another process takes it for dead (1 h): 5 GiB, the longest file of a bucket, at 2 MiB/s
/// and some. Whoever dies delays the schedule by this; a person does not wait for it.
const LEASE: SignedDuration = SignedDuration::from_hours(1);

/// The pass over all files, as far as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fixity {
    /// Which pass it is, from 1.
    pub pass: u32,
    pub started_at: Timestamp,
    /// When all files had been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// SHA-256 of the last file that was looked at; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Who is at it; absent between two runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// How often the lease was taken, ever.
    pub fence: u32,
    /// The runs of this pass together.
    pub total: Tally,
    /// The run that ended with this entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
}

/// How much was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tally {
    #[serde(with = "crate::domain::number_text")]
    pub files: u64,
    #[serde(with = "crate::domain::number_text")]
    pub bytes: u64,
    /// Files that are missing, damaged or unreadable.
    #[serde(with = "crate::domain::number_text")]
    pub wrong: u64,
}

/// A stretch of files, in the order of their hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// Behind this hash; absent for the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Up to and with this one; absent when there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    pub tally: Tally,
    /// The first of what is wrong.
    pub findings: Vec<Finding>,
}

/// A file that is not what was uploaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    pub sha256: String,
    pub kind: Kind,
    /// What is wrong, as a sentence behind the hash.
    pub problem: String,
    /// Evidence that refers to it, the first of it; none for what nobody needs.
    pub uses: Vec<Use>,
    /// Whether there is more evidence than named.
    pub more_uses: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    Missing,
    Damaged,
    Unreadable,
}

impl From<&Wrong> for Kind {
    fn from(wrong: &Wrong) -> Self {
        match wrong {
            Wrong::Missing => Self::Missing,
            Wrong::Damaged { .. } => Self::Damaged,
            Wrong::Unreadable(_) => Self::Unreadable,
        }
    }
}

/// A revision that names a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Use {
    pub round: String,
    /// Absent for a paper of the round itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    pub evidence: String,
    pub revision: u32,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.sha256, self.problem)?;
        for (number, one) in self.uses.iter().enumerate() {
            let by = if number == 0 { "; used by" } else { "," };
            let Use {
                round,
                unit,
                evidence,
                revision,
            } = one;
            write!(formatter, "{by} document {evidence} of {round}")?;
            if let Some(unit) = unit {
                write!(formatter, "/{unit}")?;
            }
            write!(formatter, ", revision {revision}")?;
        }
        match (self.uses.is_empty(), self.more_uses) {
            (true, _) => formatter.write_str("; no document uses it"),
            (false, true) => formatter.write_str(" and more"),
            (false, false) => Ok(()),
        }
    }
}

/// Why a run begins.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) enum Why {
    /// The last pass began so long ago, or is not at its end, and nobody is at it.
    Due { every: SignedDuration },
    /// A person wants it now, whoever is at it.
    Asked { resume: bool },
}

/// Takes the lease for a run, and begins a pass if that is what it comes to.
#[derive(Debug, Serialize)]
pub(super) struct BeginRun {
    pub owner: String,
    pub why: Why,
}

async fn load(read: &Reader<'_>) -> Result<Loaded<Option<Versioned<Fixity>>>, Error> {
    let found = read.get::<Fixity>(&streams::fixity(), Fixity::ID).await?;
    Ok(Loaded::of_system(found))
}

impl Fixity {
    /// There is one.
    pub(crate) const ID: &'static str = "files";

    /// The pass after this one.
    fn next(before: Option<&Self>, now: Timestamp) -> Self {
        Self {
            pass: before.map_or(1, |before| before.pass + 1),
            started_at: now,
            ended_at: None,
            cursor: None,
            lease: None,
            fence: before.map_or(0, |before| before.fence),
            total: Tally::default(),
            run: None,
        }
    }

    fn is_due(&self, every: SignedDuration, now: Timestamp) -> bool {
        let is_held = self.lease.as_ref().is_some_and(|lease| now < lease.until);
        let next = self.started_at.checked_add(every).unwrap_or(Timestamp::MAX);
        !is_held && (self.ended_at.is_none() || next <= now)
    }

    fn hold(&mut self, owner: String, now: Timestamp) {
        self.lease = Some(Lease {
            owner,
            until: now.checked_add(LEASE).unwrap_or(Timestamp::MAX),
            fence: self.fence,
        });
    }
}

#[async_trait]
impl Command for BeginRun {
    const NAME: &'static str = "BeginFixityRun";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Option<Versioned<Fixity>>;
    /// The pass as it is then; none when nothing is due.
    type Output = Option<Fixity>;

    fn stream(&self) -> StreamId {
        streams::fixity()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        load(read).await
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        let state = state.map(|found| found.value);
        let goes_on = match (self.why, &state) {
            (Why::Due { every }, Some(pass)) if !pass.is_due(every, context.now) => return Ok(Decision::new(None)),
            (Why::Asked { resume: false }, _) => false,
            (Why::Due { .. } | Why::Asked { .. }, pass) => pass.as_ref().is_some_and(|pass| pass.ended_at.is_none()),
        };
        let mut pass = match state {
            Some(pass) if goes_on => pass,
            before => Fixity::next(before.as_ref(), context.now),
        };
        pass.fence += 1;
        pass.run = None;
        pass.hold(self.owner.clone(), context.now);
        Ok(Decision::new(Some(pass.clone())).put(pass))
    }
}

/// Writes down what a run found.
#[derive(Debug, Serialize)]
pub(super) struct EndRun {
    pub fence: u32,
    pub run: Run,
    /// Whether nothing is left of the pass.
    pub done: bool,
    /// Whether the same worker goes on.
    pub keep: bool,
}

#[async_trait]
impl Command for EndRun {
    const NAME: &'static str = "EndFixityRun";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Option<Versioned<Fixity>>;
    type Output = Fixity;

    fn stream(&self) -> StreamId {
        streams::fixity()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        load(read).await
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<Fixity>, Error> {
        let mut pass = state.ok_or(Error::LeaseLost)?.value;
        let lease = pass.lease.take().filter(|lease| lease.fence == self.fence);
        let lease = lease.ok_or(Error::LeaseLost)?;
        let (total, new) = (&mut pass.total, &self.run.tally);
        total.files += new.files;
        total.bytes += new.bytes;
        total.wrong += new.wrong;
        pass.cursor = self.run.through.clone().or(pass.cursor);
        pass.run = Some(self.run.clone());
        if self.done {
            pass.ended_at = Some(context.now);
        } else if self.keep {
            pass.hold(lease.owner, context.now);
        }
        Ok(Decision::new(pass.clone()).put(pass))
    }
}
