//! Sealing and publishing a round: the wish first, then a job that seals every dossier, then the ranking, citing each
//! dossier's sealed entry. A correction is the next version with its reason; all versions stay readable.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::documents::{result_fields, streams};
use super::error::Error;
use super::gate::{Authority, Command, Context, Decision, Loaded, derived_id, run_as};
use super::jobs::Job;
use super::keep_register::check_text;
use super::reader::Reader;
use super::run_round::ensure_job;
use super::seal_dossier::is_determined;
use super::{App, Session};
use crate::domain::assessment::{Assessment, AssessmentState, Ledger};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::exact::Exact;
use crate::domain::framework::Framework;
use crate::domain::policy::Permission;
use crate::domain::ranking::competition_ranks;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Closing, NodePoints, Publication, RankingRow, Round, RoundPhase, UnverifiedLeaf};
use crate::domain::sheet::{SheetNode, TOTAL, displayed};
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// Ranking rows per commit: 3,400 units are written in 17 commits of some 200 KiB.
const ROWS_PER_COMMIT: usize = 200;
/// Most leaves that may be published unverified.
pub const MAX_UNVERIFIED: usize = 5000;

/// Asks for publication: seals by a job, then publishes the next version.
#[derive(Clone, Debug, Serialize)]
pub struct PublishResults {
    pub round: String,
    pub decision_number: String,
    pub decision_date: Date,
    /// Why the published version is corrected; needed from version 2 on.
    pub correction: Option<String>,
    pub unverified: Vec<UnverifiedLeaf>,
}

#[async_trait]
impl Command for PublishResults {
    const NAME: &'static str = "PublishResults";
    const PERMISSION: Permission = Permission::Publish;
    type State = Versioned<Round>;
    /// Code of the round.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let round = read.require::<Round>(&self.stream(), &self.round, "round").await?;
        Ok(Loaded::of_system(round))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("decisionNumber", &self.decision_number)?;
        if self.decision_date > context.today(&state.time_zone)? {
            return Err(Error::invalid(
                "decisionDate",
                "Ngày quyết định không được ở tương lai.",
                "A decision is not dated in the future.",
            ));
        }
        if self.unverified.len() > MAX_UNVERIFIED {
            return Err(Error::invalid(
                "unverified",
                format!("Tối đa {MAX_UNVERIFIED} tiêu chí."),
                format!("At most {MAX_UNVERIFIED} leaves."),
            ));
        }
        for (index, leaf) in self.unverified.iter().enumerate() {
            check_text(&format!("unverified.{index}.reason"), &leaf.reason)?;
        }
        let mut round = state.value;
        match round.phase {
            RoundPhase::Appraisal => {}
            RoundPhase::Opening
            | RoundPhase::SelfAssessment
            | RoundPhase::Advancing
            | RoundPhase::Closing
            | RoundPhase::Sealed
            | RoundPhase::Published => {
                return Err(Rejection::WrongPhase {
                    phase: round.phase.name(),
                }
                .into());
            }
        }
        if round.published_version.is_some() && self.correction.is_none() {
            return Err(Error::invalid(
                "correction",
                "Kỳ này đã công bố; nêu lý do đính chính.",
                "The round is published; say why it is corrected.",
            ));
        }
        if let Some(correction) = &self.correction {
            check_text("correction", correction)?;
        }
        round.phase = RoundPhase::Closing;
        round.job = Some(derived_id(&["job", &self.round, &context.entry.to_string()]));
        round.closing = Some(Closing {
            decision_number: self.decision_number.clone(),
            decision_date: self.decision_date,
            correction: self.correction.clone(),
            unverified: self.unverified.clone(),
        });
        Ok(Decision::new(self.round.clone()).put(round))
    }
}

/// Reopens a dossier and its round for a correction, with a reason.
#[derive(Debug, Serialize)]
pub struct ReopenDossier {
    pub round: String,
    pub unit: String,
    pub reason: String,
    /// The job that takes its own seals off again; one that the round no longer waits for does nothing.
    pub job: Option<String>,
}

#[async_trait]
impl Command for ReopenDossier {
    const NAME: &'static str = "ReopenDossier";
    const PERMISSION: Permission = Permission::Publish;
    type State = (super::seal_dossier::Whole, Versioned<Round>);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let whole = super::seal_dossier::Whole::load(read, &self.stream()).await?;
        let round_stream = streams::round(&self.round);
        read.head(&round_stream).await?;
        let round = read.require::<Round>(&round_stream, &self.round, "round").await?;
        Ok(Loaded::of_system((whole, round)))
    }

    fn decide(&self, (state, round): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let mut decision = Decision::new(Dossier::key(&self.round, &self.unit)).because(self.reason.clone());
        if self.job.is_some() {
            if self.job != round.job || state.dossier.phase != DossierPhase::Sealed {
                return Ok(decision);
            }
        } else if round.phase == RoundPhase::Closing {
            // Somebody has asked for publication since the round was reopened.
            return Err(Rejection::WrongPhase {
                phase: round.phase.name(),
            }
            .into());
        }
        if state.dossier.phase != DossierPhase::Sealed {
            return Err(Rejection::WrongPhase {
                phase: state.dossier.phase.name(),
            }
            .into());
        }
        let reopened = |state| match state {
            AssessmentState::Final => AssessmentState::Verified,
            other => other,
        };
        state.move_to(DossierPhase::Appraisal, reopened, context, &mut decision);
        Ok(decision)
    }
}

/// Takes a published round back to appraisal, so that a correction can be made; what is published stays published.
#[derive(Debug, Serialize)]
struct ReopenRound {
    code: String,
    reason: String,
}

#[async_trait]
impl Command for ReopenRound {
    const NAME: &'static str = "ReopenRound";
    const PERMISSION: Permission = Permission::Publish;
    type State = Versioned<Round>;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let round = read.require::<Round>(&self.stream(), &self.code, "round").await?;
        Ok(Loaded::of_system(round))
    }

    fn decide(&self, state: Self::State, _: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let mut round = state.value;
        let decision = Decision::new(self.code.clone()).because(self.reason.clone());
        match round.phase {
            RoundPhase::Published | RoundPhase::Sealed => {
                round.phase = RoundPhase::Appraisal;
                Ok(decision.put(round))
            }
            RoundPhase::Appraisal => Ok(decision),
            RoundPhase::Opening | RoundPhase::SelfAssessment | RoundPhase::Advancing | RoundPhase::Closing => {
                Err(Rejection::WrongPhase {
                    phase: round.phase.name(),
                }
                .into())
            }
        }
    }
}

impl Session {
    /// Seals every dossier by a job and publishes the next version.
    pub async fn publish_results(&self, command: PublishResults, key: Option<String>) -> Result<String, Error> {
        let code = self.run(command, key).await?;
        ensure_job(&self.app, &code).await?;
        Ok(code)
    }

    /// Reopens one dossier of a published round for a correction.
    pub async fn reopen_dossier(&self, round: String, unit: String, reason: String) -> Result<String, Error> {
        self.run(
            ReopenRound {
                code: round.clone(),
                reason: reason.clone(),
            },
            None,
        )
        .await?;
        let command = ReopenDossier {
            round,
            unit,
            reason,
            job: None,
        };
        self.run(command, None).await
    }
}

/// The end of the sealing job: back to appraisal if something stands in the way, otherwise the ranking.
pub(super) async fn finish(app: &App, authority: &Authority, job: &Job) -> Result<(), Error> {
    let read = Reader::new(app, &*app.store);
    let stream = streams::round(&job.subject);
    let round = read.require::<Round>(&stream, &job.subject, "round").await?.value;
    if round.job.as_ref() != Some(&job.id) {
        return Ok(());
    }
    let rows = match ranking(&read, &round).await? {
        Some(rows) => rows,
        None => {
            unseal(app, authority, &read, &round, &job.id).await?;
            let command = Publish {
                round: job.subject.clone(),
                job: job.id.clone(),
                failed: true,
            };
            return run_as(app, authority, &command, None).await.map(drop);
        }
    };
    for chunk in rows.chunks(ROWS_PER_COMMIT) {
        let command = PutRankingRows {
            round: job.subject.clone(),
            job: job.id.clone(),
            rows: chunk.to_vec(),
        };
        run_as(app, authority, &command, None).await?;
    }
    let command = Publish {
        round: job.subject.clone(),
        job: job.id.clone(),
        failed: false,
    };
    run_as(app, authority, &command, None).await.map(drop)
}

/// Takes the seals off again when one dossier could not be sealed: a round is sealed as a whole or not at all.
async fn unseal(app: &App, authority: &Authority, read: &Reader<'_>, round: &Round, job: &str) -> Result<(), Error> {
    for unit in &round.units {
        let stream = streams::dossier(&round.code, unit);
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        if dossier.phase == DossierPhase::Sealed {
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

/// Writes lines of the ranking; they become visible with the publication that names their version.
#[derive(Debug, Serialize)]
struct PutRankingRows {
    round: String,
    job: String,
    rows: Vec<RankingRow>,
}

#[async_trait]
impl Command for PutRankingRows {
    const NAME: &'static str = "PutRankingRows";
    const PERMISSION: Permission = Permission::Publish;
    type State = Versioned<Round>;
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        // The sealed entries that the lines rest on are this entry's basis.
        for row in &self.rows {
            read.head(&streams::dossier(&self.round, &row.unit)).await?;
        }
        let round = read.require::<Round>(&self.stream(), &self.round, "round").await?;
        Ok(Loaded::of_system(round))
    }

    fn decide(&self, round: Self::State, _: &Context<'_>) -> Result<Decision<usize>, Error> {
        let decision = Decision::new(self.rows.len());
        let current = round.job.as_ref() == Some(&self.job);
        Ok(if current {
            decision.put_all(self.rows.clone())
        } else {
            decision
        })
    }
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
    /// The round, and the listed leaves that nobody had verified by the seal.
    type State = (Versioned<Round>, Vec<UnverifiedLeaf>);
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
        Ok(Loaded::of_system((round, unverified)))
    }

    fn decide(&self, (round, unverified): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut round = round.value;
        let decision = Decision::new(self.round.clone());
        let (true, Some(closing)) = (round.job.as_ref() == Some(&self.job), round.closing.clone()) else {
            return Ok(decision);
        };
        round.job = None;
        round.closing = None;
        if self.failed {
            round.phase = RoundPhase::Appraisal;
            return Ok(decision.put(round));
        }
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
        };
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

/// One unit's sealed totals.
struct SealedUnit {
    dossier: Dossier,
    entry: u64,
    hash: String,
    sheets: Vec<SheetNode>,
    framework: std::sync::Arc<Framework>,
}

impl SealedUnit {
    /// The displayed points and percentage of the final ledger.
    fn displayed(&self) -> (String, String) {
        let total = self.sheets.iter().find(|node| node.node == TOTAL);
        let shown = total.map(|node| displayed(node.ledgers.get(Ledger::Final), &self.framework.scoring));
        let (points, percent) = shown.unwrap_or_else(|| ("0".to_owned(), None));
        (points, percent.unwrap_or_else(|| "0".to_owned()))
    }
}

/// The lines of the next version; `None` when a dossier is not sealed.
async fn ranking(read: &Reader<'_>, round: &Round) -> Result<Option<Vec<RankingRow>>, Error> {
    let mut units = Vec::with_capacity(round.units.len());
    for unit in &round.units {
        let stream = streams::dossier(&round.code, unit);
        // One moment: what is published of a dossier is what its sealed entry left behind, all of it.
        let snapshot = read.app().store.snapshot(&stream).await?;
        let read = Reader::new(read.app(), &*snapshot);
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?.value;
        if dossier.phase != DossierPhase::Sealed {
            return Ok(None);
        }
        let head = read.head(&stream).await?.ok_or(Error::NotFound { what: "dossier" })?;
        let framework = read.framework_of(&dossier.framework).await?;
        let sheets = read
            .all::<SheetNode>(&stream)
            .await?
            .into_iter()
            .map(|node| node.value)
            .collect();
        units.push(SealedUnit {
            dossier,
            entry: head.number,
            hash: head.hash.to_string(),
            sheets,
            framework,
        });
    }
    let before = match &round.previous {
        Some(code) => published_rows(read, code).await?,
        None => BTreeMap::new(),
    };
    let version = round.published_version.unwrap_or(0) + 1;
    Ok(Some(rank(version, &units, &before)))
}

/// The newest published lines of a round, by unit.
async fn published_rows(read: &Reader<'_>, code: &str) -> Result<BTreeMap<String, RankingRow>, Error> {
    let round = read.require::<Round>(&streams::round(code), code, "round").await?;
    let Some(version) = round.published_version else {
        return Ok(BTreeMap::new());
    };
    let query = RankingRow::query()
        .filter(result_fields::ROUND.equal(code))
        .filter(result_fields::PUBLICATION.equal(i64::from(version)));
    let rows = read.every(query).await?;
    Ok(rows.into_iter().map(|row| (row.unit.clone(), row.value)).collect())
}

fn rank(version: u32, units: &[SealedUnit], before: &BTreeMap<String, RankingRow>) -> Vec<RankingRow> {
    let shown: Vec<(String, String)> = units.iter().map(SealedUnit::displayed).collect();
    let exact = |text: &str| Exact::parse_decimal(text).unwrap_or_else(|_| Exact::zero());
    let mut ranks: BTreeMap<&str, u32> = BTreeMap::new();
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        if let Some(group) = &unit.dossier.group {
            groups.entry(group).or_default().push(index);
        }
    }
    for members in groups.values() {
        let values: Vec<Exact> = members.iter().map(|index| exact(&shown[*index].1)).collect();
        for (index, rank) in members.iter().zip(competition_ranks(&values)) {
            ranks.insert(&units[*index].dossier.unit, rank);
        }
    }
    units
        .iter()
        .zip(shown)
        .map(|(unit, (points, percent))| {
            let value = exact(&percent);
            let class = unit
                .framework
                .classes
                .iter()
                .find(|class| *class.at_least.exact() <= value);
            let old = before.get(&unit.dossier.unit);
            let rank = ranks.get(unit.dossier.unit.as_str()).copied();
            let total = unit.sheets.iter().find(|node| node.node == TOTAL);
            RankingRow {
                publication: version,
                round: unit.dossier.round.clone(),
                unit: unit.dossier.unit.clone(),
                unit_type: unit.dossier.unit_type.clone(),
                group: unit.dossier.group.clone(),
                points,
                applicable: total.map_or_else(String::new, |node| {
                    node.ledgers.last.applicable.rounded(unit.framework.scoring.round_total)
                }),
                class: class.map(|class| class.code.clone()),
                percent_change: old
                    .map(|old| (&value - &exact(&old.percent)).rounded(unit.framework.scoring.round_total)),
                rank_change: old
                    .and_then(|old| old.rank)
                    .zip(rank)
                    .and_then(|(old, new)| Some(i32::try_from(old).ok()? - i32::try_from(new).ok()?)),
                percent,
                rank,
                sealed_entry: unit.entry,
                sealed_hash: unit.hash.clone(),
                nodes: unit
                    .sheets
                    .iter()
                    .map(|node| {
                        let last = &node.ledgers.last;
                        (
                            node.node.clone(),
                            NodePoints {
                                points: last.points.clone(),
                                applicable: last.applicable.clone(),
                            },
                        )
                    })
                    .collect(),
            }
        })
        .collect()
}
