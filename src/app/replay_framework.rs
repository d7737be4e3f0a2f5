//! A round's dossiers under another framework, before anybody signs it: read, scored, ranked and forgotten.
//!
//! Nothing is stored. A replay reads every dossier of the framework's units once, one after the other, and keeps of each what
//! ranking needs; why one of them moves is read again for the units that are looked at.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::browse_frameworks::FrameworkKey;
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::findings::{errors, placed};
use super::import_framework::check;
use super::reader::Reader;
use super::{App, Session};
use crate::domain::assessment::Ledger;
use crate::domain::framework::{Finding, Framework};
use crate::domain::policy::Permission;
use crate::domain::ranking::{Before, SealedUnit, rank_totals};
use crate::domain::replay::{Adjustment, KnownDossier, KnownLeaf, LeafEffect, NotAdjustable, Replay};
use crate::domain::round::{RankingRow, Round};
use crate::domain::tally::Sums;
use crate::domain::text::Text;

/// Replays at once in one process: each keeps one of a server's few cores busy for as long as it takes.
pub const REPLAYS_AT_ONCE: usize = 1;

/// The framework to try.
#[derive(Clone, Debug)]
pub enum Draft {
    /// One that is issued, with its place in the input.
    Issued(FrameworkKey),
    /// One that nobody has issued.
    Json(serde_json::Value),
    /// The round's own of a unit type with other weights or another rounding.
    Adjusted { unit_type: String, adjustment: Adjustment },
}

/// What is to be replayed.
#[derive(Clone, Debug)]
pub struct ReplayQuestion {
    pub round: String,
    pub draft: Draft,
    pub ledger: Ledger,
}

/// A result on one of the two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Displayed points.
    pub points: String,
    /// Displayed percentage; none where nothing applies.
    pub percent: Option<String>,
    pub class: Option<String>,
    pub rank: Option<u32>,
    pub tied: bool,
}

/// A unit on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayedUnit {
    pub unit: String,
    pub group: Option<String>,
    pub before: Standing,
    pub after: Standing,
}

/// A round's dossiers under another framework.
pub struct ReplayedRound {
    pub replay: Replay,
    pub round: Round,
    pub ledger: Ledger,
    /// What importing the framework would warn of.
    pub findings: Vec<Finding>,
    /// First whose rank would move most; then by unit.
    pub units: Vec<ReplayedUnit>,
}

impl ReplayedUnit {
    /// Places that the unit would gain; none where it has no rank on either side.
    pub fn rank_change(&self) -> Option<i32> {
        let (before, after) = (self.before.rank?, self.after.rank?);
        Some(i32::try_from(before).ok()? - i32::try_from(after).ok()?)
    }

    fn between(before: RankingRow, after: RankingRow) -> Self {
        Self {
            unit: before.unit.clone(),
            group: before.group.clone(),
            before: Standing::of(before),
            after: Standing::of(after),
        }
    }
}

impl Standing {
    fn of(row: RankingRow) -> Self {
        Self {
            points: row.points,
            percent: row.percent,
            class: row.class,
            rank: row.rank,
            tied: row.tied,
        }
    }
}

/// Keeps replays from crowding out everything else.
pub struct Replays(Semaphore);

impl Default for Replays {
    fn default() -> Self {
        Self(Semaphore::new(REPLAYS_AT_ONCE))
    }
}

impl Session {
    /// A round's dossiers under another framework, for who runs rounds.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a draft that is no framework, has errors, is of a unit type that the round does not assess, or
    /// adjusts what is not there; [`Error::NotFound`] for a round or framework that is not there; [`Error::RateLimited`] while another
    /// replay is under way.
    pub async fn replay_framework(&self, question: &ReplayQuestion) -> Result<ReplayedRound, Error> {
        self.check(Permission::RunRound).await?;
        let _one = self.app.replays.0.try_acquire().map_err(|_| busy())?;
        let read = self.reader();
        let round = read
            .require::<Round>(&streams::round(&question.round), &question.round, "round")
            .await
            .map_err(|error| error.about("round"))?
            .value;
        let (from, to, findings) = self.drafted(&read, &round, &question.draft).await?;
        let replay = Replay::new(from, to);
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for unit in &round.units {
            let Some(desk) = desk_under(&self.app, &round, unit, &replay.from).await? else {
                continue;
            };
            let known = known(&desk);
            let dossier = || desk.dossier.value.clone();
            let side = |framework: &Arc<Framework>, sums| {
                let framework = Arc::clone(framework);
                let of = (question.ledger, &sums as &dyn Sums);
                SealedUnit::in_ledger(&round, dossier(), Default::default(), framework, of).for_totals()
            };
            before.push(side(&replay.from, replay.as_it_is(&known)));
            after.push(side(&replay.to, replay.under(&known)));
            tokio::task::yield_now().await;
        }
        Ok(ReplayedRound {
            units: compared(&before, &after),
            ledger: question.ledger,
            replay,
            round,
            findings,
        })
    }

    /// Why a unit of a replay would move.
    ///
    /// # Errors
    /// [`Error::NotFound`] when its dossier is no longer under that framework.
    pub async fn replay_effects(&self, replayed: &ReplayedRound, unit: &str) -> Result<Vec<LeafEffect>, Error> {
        self.check(Permission::RunRound).await?;
        let desk = desk_under(&self.app, &replayed.round, unit, &replayed.replay.from).await?;
        let desk = desk.ok_or(Error::NotFound { what: "dossier" })?;
        Ok(replayed.replay.effects(&known(&desk), replayed.ledger))
    }

    /// The framework of the round that a draft would replace, the draft, and what its lint warns of.
    async fn drafted(
        &self,
        read: &Reader<'_>,
        round: &Round,
        draft: &Draft,
    ) -> Result<(Arc<Framework>, Arc<Framework>, Vec<Finding>), Error> {
        let (to, findings, place) = match draft {
            Draft::Issued(key) => {
                let found = self.framework(&key.code, &key.version).await;
                let framework = found.map_err(|error| error.about("to.issued"))?;
                let findings = framework.lint();
                (framework, findings, "to.issued")
            }
            Draft::Json(json) => {
                let (framework, findings) = check(json).map_err(|findings| refused("to.draft", &findings))?;
                (Arc::new(framework), findings, "to.draft")
            }
            Draft::Adjusted { unit_type, adjustment } => {
                let own = own(read, round, unit_type, "to.adjusted.unitType").await?;
                let framework = own.adjusted(adjustment).map_err(not_adjustable)?;
                let findings = framework.lint();
                (Arc::new(framework), findings, "to.adjusted")
            }
        };
        // What is issued was without errors when it was.
        let is_issued = matches!(draft, Draft::Issued(_));
        if !is_issued && errors(&findings).is_some() {
            return Err(refused(place, &findings));
        }
        let from = own(read, round, &to.unit_type, place).await?;
        Ok((from, to, findings))
    }
}

fn busy() -> Error {
    Error::RateLimited {
        message: Text::new(
            "Hệ thống đang tính thử cho người khác; hãy hỏi lại sau ít giây.",
            "Another replay is under way; ask again in some seconds.",
        ),
    }
}

/// The round's framework of a unit type.
async fn own(read: &Reader<'_>, round: &Round, unit_type: &str, place: &str) -> Result<Arc<Framework>, Error> {
    match round.frameworks.get(unit_type) {
        Some(reference) => read.framework_of(reference).await,
        None => {
            let known: Vec<&str> = round.frameworks.keys().map(String::as_str).collect();
            let known = known.join(", ");
            Err(Error::invalid(
                place,
                format!("Kỳ này không đánh giá loại đơn vị {unit_type:?}; các loại: {known}."),
                format!("The round assesses no units of type {unit_type:?}; its types are {known}."),
            ))
        }
    }
}

/// That a draft is no framework, or has errors.
fn refused(place: &str, findings: &[Finding]) -> Error {
    let Some((first, count)) = errors(findings) else {
        return Error::invalid(place, "Không phải bộ chỉ số.", "This is no framework.");
    };
    let told = placed(first);
    Error::invalid(
        place,
        format!("Bộ chỉ số có {count} lỗi, đầu tiên là {}", told.vi),
        format!("The framework has {count} errors, the first is {}", told.en),
    )
}

fn not_adjustable(problem: NotAdjustable) -> Error {
    match problem {
        NotAdjustable::Unknown(place) => Error::invalid(
            format!("to.adjusted.points.{place}.criterion"),
            "Bộ chỉ số không có tiêu chí thành phần này; chỉ điều chỉnh điểm của tiêu chí thành phần.",
            "The framework has no such leaf; only the points of leaves are adjusted.",
        ),
        NotAdjustable::Twice(place) => Error::invalid(
            format!("to.adjusted.points.{place}.criterion"),
            "Tiêu chí được nêu hai lần; chỉ nêu một lần.",
            "The leaf is stated twice; state it once.",
        ),
    }
}

/// A unit's dossier with all its leaves, as of one moment; `None` where there is none under that framework.
async fn desk_under(app: &App, round: &Round, unit: &str, framework: &Framework) -> Result<Option<Desk>, Error> {
    let stream = streams::dossier(&round.code, unit);
    let snapshot = app.store.snapshot(std::slice::from_ref(&stream)).await?;
    let read = Reader::new(app, &*snapshot);
    // A round that is being opened has not all of its dossiers yet.
    let desk = match Desk::load(&read, &stream, None).await {
        Err(Error::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    let is_under = desk.framework.code == framework.code && desk.framework.version == framework.version;
    Ok(is_under.then_some(desk))
}

pub(super) fn known(desk: &Desk) -> KnownDossier<'_> {
    let leaves = desk.leaves.iter().map(|(code, leaf)| {
        let known = KnownLeaf {
            assessment: &leaf.assessment.value,
            links: &leaf.links,
            survey: leaf.survey.as_ref(),
        };
        (code.as_str(), known)
    });
    KnownDossier {
        leaves: leaves.collect(),
        year: desk.dossier.year,
        late: desk.dossier.late_points(),
    }
}

/// Both sides of every unit.
fn compared(before: &[SealedUnit], after: &[SealedUnit]) -> Vec<ReplayedUnit> {
    let rows = |units: &[SealedUnit]| rank_totals(0, units, &Before::default());
    let mut after: BTreeMap<String, RankingRow> = rows(after).into_iter().map(|row| (row.unit.clone(), row)).collect();
    let before = rows(before).into_iter();
    let both = before.filter_map(|row| {
        let other = after.remove(&row.unit)?;
        Some(ReplayedUnit::between(row, other))
    });
    let mut units: Vec<ReplayedUnit> = both.collect();
    let key = |one: &ReplayedUnit| {
        let moved = one.rank_change().map_or(0, i32::unsigned_abs);
        (Reverse(moved), one.unit.clone())
    };
    units.sort_by_cached_key(key);
    units
}
