//! What analyses read of a publication, written beside its ranking: a document per group, and one per group and leaf in
//! which reviews found something.

use async_trait::async_trait;
use serde::Serialize;

use super::closing::of_one_commit;
use crate::app::App;
use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::gate::{Authority, Command, Context, Decision, Loaded, run_as};
use crate::app::reader::Reader;
use crate::domain::analysis::{CriterionFindings, GroupSummary};
use crate::domain::policy::Permission;
use crate::domain::ranking::Summaries;
use crate::domain::round::Round;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Summaries per commit: at most 600 KiB each, 4,000 units of 600 nodes, of the 8 MiB that a store takes.
const SUMMARIES_PER_COMMIT: usize = 8;
/// Most documents of findings per commit: a store takes 1,000.
const FINDINGS_PER_COMMIT: usize = 500;
/// Units in such documents per commit: at 120 bytes a unit, some 2.4 MiB.
const FOUND_UNITS_PER_COMMIT: usize = 20_000;

/// Writes them; they become visible with the publication that names their version.
pub(super) async fn put(
    app: &App,
    authority: &Authority,
    (round, job): (&Round, &str),
    summaries: Summaries,
) -> Result<(), Error> {
    let command = |groups: Vec<GroupSummary>, findings: Vec<CriterionFindings>| PutSummaries {
        round: round.code.clone(),
        job: job.to_owned(),
        groups,
        findings,
    };
    let Summaries { groups, mut findings } = summaries;
    for some in groups.chunks(SUMMARIES_PER_COMMIT) {
        run_as(app, authority, &command(some.to_vec(), Vec::new()), None).await?;
    }
    while !findings.is_empty() {
        let units = |one: &CriterionFindings| one.units.len();
        let count = of_one_commit(&findings, FINDINGS_PER_COMMIT, (units, FOUND_UNITS_PER_COMMIT));
        let some = findings.drain(..count).collect();
        run_as(app, authority, &command(Vec::new(), some), None).await?;
    }
    Ok(())
}

/// Writes some of them.
#[derive(Debug, Serialize)]
struct PutSummaries {
    round: String,
    job: String,
    groups: Vec<GroupSummary>,
    findings: Vec<CriterionFindings>,
}

#[async_trait]
impl Command for PutSummaries {
    const NAME: &'static str = "PutSummaries";
    const PERMISSION: Permission = Permission::Publish;
    type State = Versioned<Round>;
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        // They rest on the sealed entries that this stream names with the totals.
        let round = read.require::<Round>(&self.stream(), &self.round, "round").await?;
        Ok(Loaded::of_system(round))
    }

    fn decide(&self, round: Self::State, _: &Context<'_>) -> Result<Decision<usize>, Error> {
        let decision = Decision::new(self.groups.len() + self.findings.len());
        Ok(if round.waits_for(&self.job) {
            decision.put_all(self.groups.clone()).put_all(self.findings.clone())
        } else {
            decision
        })
    }
}
