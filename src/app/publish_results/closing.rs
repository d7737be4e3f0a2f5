//! The end of the job that seals a round: its ranking and its publication, or back to where it was decided.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;

use super::summaries;
use crate::app::App;
use crate::app::bring_figures::check_brought;
use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::gate::{Authority, Command, Context, Decision, Loaded, run_as};
use crate::app::jobs::{self, Job};
use crate::app::measure_groups::check_measured;
use crate::app::rank_units::{published, sealed_units};
use crate::app::reader::Reader;
use crate::app::reopen_dossier::ReopenDossier;
use crate::app::seal_dossier::is_determined;
use crate::domain::appeal::Appeal;
use crate::domain::assessment::Assessment;
use crate::domain::council::{CouncilMeeting, Rests};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::policy::Permission;
use crate::domain::ranking::{Before, SealedUnit, rank_nodes, rank_totals, summarise};
use crate::domain::round::{NodeRanking, Publication, RankingRow, Round, RoundPhase, UnverifiedLeaf};
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Ranking rows per commit: 3,400 units are written in 17 commits of some 200 KiB.
const ROWS_PER_COMMIT: usize = 200;
/// Leaves per commit of which such rows say what became of their points: at 100 bytes each 2 MiB.
const REBASED_PER_COMMIT: usize = 20_000;
/// Most rankings of single nodes per commit: a store takes 1,000 documents.
const NODES_PER_COMMIT: usize = 500;
/// Lines of such rankings per commit: at 200 bytes a line, half of the 8 MiB that a store takes.
const LINES_PER_COMMIT: usize = 20_000;
/// The end of the sealing job: back to appraisal if something stands in the way, otherwise the ranking. What is refused for
/// good stands in the way, too: trying again would keep the round closing for ever.
pub(in crate::app) async fn finish(app: &App, authority: &Authority, job: &Job) -> Result<(), Error> {
    let read = Reader::new(app, &*app.store);
    let stream = streams::round(&job.subject);
    let round = read.require::<Round>(&stream, &job.subject, "round").await?.value;
    if !round.waits_for(&job.id) {
        return Ok(());
    }
    // As it is now: whoever found a problem here may have died before the round went back.
    let reported = read.require::<Job>(&streams::job(&job.id), &job.id, "job").await?;
    let sealed = sealed_units(&read, &round).await?;
    if let Some(units) = sealed.filter(|_| reported.problem_count == 0) {
        let published = async {
            check_measured(app, authority, job, &round).await?;
            check_brought(app, authority, job, &round).await?;
            publish(app, authority, &read, &round, &job.id, &units).await
        };
        let Err(error) = published.await else { return Ok(()) };
        if !error.is_final() || matches!(error.kind(), Error::LeaseLost) {
            return Err(error);
        }
        // Before the round goes back, so that it never does without a reason that can be read.
        jobs::report(app, authority, job, &error).await?;
    }
    unseal(app, authority, &read, &round, &job.id).await?;
    let command = Publish {
        round: job.subject.clone(),
        job: job.id.clone(),
        failed: true,
    };
    run_as(app, authority, &command, None).await.map(drop)
}

/// Writes the ranking of the next version, then what makes it visible.
async fn publish(
    app: &App,
    authority: &Authority,
    read: &Reader<'_>,
    round: &Round,
    job: &str,
    units: &[SealedUnit],
) -> Result<(), Error> {
    put_ranking(app, authority, read, round, job, units).await?;
    let command = Publish {
        round: round.code.clone(),
        job: job.to_owned(),
        failed: false,
    };
    run_as(app, authority, &command, None).await.map(drop)
}

/// Writes the ranking of the next version.
async fn put_ranking(
    app: &App,
    authority: &Authority,
    read: &Reader<'_>,
    round: &Round,
    job: &str,
    units: &[SealedUnit],
) -> Result<(), Error> {
    let before = match &round.previous {
        Some(code) => published(read, code).await?,
        None => Before::default(),
    };
    let version = round.published_version.unwrap_or(0) + 1;
    let put = |rows: Vec<RankingRow>, nodes: Vec<NodeRanking>| PutRanking {
        round: round.code.clone(),
        job: job.to_owned(),
        rows,
        nodes,
    };
    let mut rows = rank_totals(version, units, &before);
    let mut nodes = rank_nodes(version, units, &before);
    let found = summarise(version, units, &rows, &nodes);
    while !rows.is_empty() {
        let count = of_one_commit(&rows, ROWS_PER_COMMIT, (rebased, REBASED_PER_COMMIT));
        let chunk = rows.drain(..count).collect();
        run_as(app, authority, &put(chunk, Vec::new()), None).await?;
    }
    while !nodes.is_empty() {
        let count = of_one_commit(&nodes, NODES_PER_COMMIT, (|node| node.lines.len(), LINES_PER_COMMIT));
        let chunk = nodes.drain(..count).collect();
        run_as(app, authority, &put(Vec::new(), chunk), None).await?;
    }
    summaries::put(app, authority, (round, job), found).await
}

/// How many of the first are written together: so many, of so much weight in all; at least one.
pub(super) fn of_one_commit<T>(some: &[T], most: usize, (weight, heaviest): (fn(&T) -> usize, usize)) -> usize {
    let mut sum = 0;
    let fits = some.iter().take(most).take_while(|one| {
        sum += weight(one);
        sum <= heaviest
    });
    fits.count().max(1)
}

/// Leaves whose points a row shows elsewhere.
fn rebased(row: &RankingRow) -> usize {
    row.breakdown.as_ref().map_or(0, |breakdown| breakdown.rebased.len())
}

/// Takes the seals off again when one dossier could not be sealed: a round is sealed as a whole or not at all. What an
/// earlier publication rests on keeps its seal, and stays public.
async fn unseal(app: &App, authority: &Authority, read: &Reader<'_>, round: &Round, job: &str) -> Result<(), Error> {
    let published = published(read, &round.code).await?.rows;
    for unit in &round.units {
        let stream = streams::dossier(&round.code, unit);
        let Some(head) = read.head(&stream).await? else {
            continue;
        };
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        let is_published = published.get(unit).is_some_and(|row| row.sealed_entry == head.number);
        if dossier.phase == DossierPhase::Sealed && !is_published {
            let reason = "another dossier could not be sealed".to_owned();
            let command = ReopenDossier {
                round: round.code.clone(),
                unit: unit.clone(),
                reason,
                job: Some(job.to_owned()),
            };
            run_as(app, authority, &command, None).await?;
        }
    }
    Ok(())
}

/// Writes part of the ranking; it becomes visible with the publication that names its version.
#[derive(Debug, Serialize)]
struct PutRanking {
    round: String,
    job: String,
    rows: Vec<RankingRow>,
    nodes: Vec<NodeRanking>,
}

#[async_trait]
impl Command for PutRanking {
    const NAME: &'static str = "PutRanking";
    const PERMISSION: Permission = Permission::Publish;
    type State = Versioned<Round>;
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        // The sealed entries that the lines rest on are the basis of the entries with the totals. Rankings of nodes
        // rest on the same ones, which this stream names already: not again for each of hundreds.
        for row in &self.rows {
            read.head(&streams::dossier(&self.round, &row.unit)).await?;
        }
        let round = read.require::<Round>(&self.stream(), &self.round, "round").await?;
        Ok(Loaded::of_system(round))
    }

    fn decide(&self, round: Self::State, _: &Context<'_>) -> Result<Decision<usize>, Error> {
        let decision = Decision::new(self.rows.len() + self.nodes.len());
        Ok(if round.waits_for(&self.job) {
            decision.put_all(self.rows.clone()).put_all(self.nodes.clone())
        } else {
            decision
        })
    }
}

/// A round behind its seal.
struct Sealed {
    round: Versioned<Round>,
    /// The listed leaves that nobody had verified by the seal.
    unverified: Vec<UnverifiedLeaf>,
    /// The council's meeting that the decision rests on.
    meeting: Option<CouncilMeeting>,
    /// The appeals that the correction follows.
    appeals: Vec<Appeal>,
}

/// Publishes the ranking that has been written, or gives up closing.
#[derive(Debug, Serialize)]
struct Publish {
    round: String,
    job: String,
    failed: bool,
}

#[async_trait]
impl Command for Publish {
    const NAME: &'static str = "Publish";
    const PERMISSION: Permission = Permission::Publish;
    type State = Sealed;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let round = read.require::<Round>(&self.stream(), &self.round, "round").await?;
        let unverified = match &round.closing {
            Some(closing) => still_unverified(read, &round, &closing.unverified).await?,
            None => Vec::new(),
        };
        let council = round.closing.as_ref().and_then(|closing| closing.council.as_ref());
        let meeting = match council {
            Some(council) => read.get::<CouncilMeeting>(&self.stream(), &council.meeting).await?,
            None => None,
        };
        let appeals = round.closing.iter().flat_map(|closing| &closing.appeals);
        let appeals: Vec<String> = appeals.map(|one| Appeal::key_of(&one.unit, one.number)).collect();
        let appeals = read.get_all::<Appeal>(&self.stream(), &appeals).await?;
        Ok(Loaded::of_system(Sealed {
            round,
            unverified,
            meeting: meeting.map(|meeting| meeting.value),
            appeals: appeals.into_iter().flatten().map(|appeal| appeal.value).collect(),
        }))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let Sealed {
            round,
            unverified,
            meeting,
            appeals,
        } = state;
        let mut round = round.value;
        let mut decision = Decision::new(self.round.clone());
        let (true, Some(closing)) = (round.waits_for(&self.job), round.closing.take()) else {
            return Ok(decision);
        };
        if self.failed {
            // The round keeps the job's id: its report says what stood in the way.
            round.phase = round.deciding_phase();
            return Ok(decision.put(round));
        }
        round.job = None;
        let version = round.published_version.unwrap_or(0) + 1;
        round.published_version = Some(version);
        round.phase = RoundPhase::Published;
        let publication = Publication {
            version,
            round: self.round.clone(),
            decision_number: closing.decision_number,
            decision_date: closing.decision_date,
            published_at: context.now,
            correction: closing.correction,
            unverified,
            council: closing.council,
            appeals: closing.appeals,
        };
        if let Some((mut meeting, council)) = meeting.zip(publication.council.as_ref()) {
            // What is public of a meeting follows from it in the same commit.
            meeting.publications.push(Rests {
                publication: version,
                minutes: council.edition,
            });
            decision.add(meeting);
        }
        for mut appeal in appeals {
            appeal.followed_by.push(version);
            decision.add(appeal);
        }
        Ok(decision.put(round).put(publication))
    }
}

/// Of the listed leaves those without a judgement in the sealed dossiers: a review may have come before the seal.
async fn still_unverified(
    read: &Reader<'_>,
    round: &Round,
    listed: &[UnverifiedLeaf],
) -> Result<Vec<UnverifiedLeaf>, Error> {
    let mut by_unit: BTreeMap<&str, Vec<&UnverifiedLeaf>> = BTreeMap::new();
    for leaf in listed.iter().filter(|leaf| round.units.contains(&leaf.unit)) {
        by_unit.entry(&leaf.unit).or_default().push(leaf);
    }
    let mut unverified = Vec::new();
    for (unit, leaves) in by_unit {
        let stream = streams::dossier(&round.code, unit);
        read.head(&stream).await?;
        let ids: Vec<String> = leaves.iter().map(|leaf| leaf.criterion.clone()).collect();
        let found = read.get_all::<Assessment>(&stream, &ids).await?;
        let open = leaves.into_iter().zip(found).filter_map(|(leaf, assessment)| {
            let assessment = assessment?;
            (!is_determined(&assessment)).then(|| leaf.clone())
        });
        unverified.extend(open);
    }
    Ok(unverified)
}
