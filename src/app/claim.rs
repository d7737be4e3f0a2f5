//! Claims: an appraiser holds leaves for twenty minutes. A claim blocks only others, and changes no leaf's version.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Session;
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::prepare_dossier::ItemProblem;
use super::reader::Reader;
use super::receipt::Done;
use super::review::check_in_appraisal;
use super::review_many::LeafKey;
use crate::domain::assessment::QueueItem;
use crate::domain::policy::Permission;
use crate::store::StreamId;

/// How long a claim holds (20 min): time to judge one leaf with its documents.
const CLAIM: SignedDuration = SignedDuration::from_mins(20);
/// Most leaves of one claim.
pub const MAX_CLAIM: usize = 50;

/// What became of a leaf that somebody wanted to claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Claimed {
    /// Held by who asked.
    Mine { until: Timestamp },
    /// Somebody else holds it.
    Others { until: Timestamp },
    /// No appraiser has to act on it, or not any more.
    NotWaiting,
}

/// What became of each leaf, in the order given: with the receipt of its dossier's entry, or with the problem of its
/// dossier.
pub type LeafOutcomes<T> = Vec<(LeafKey, Result<Done<T>, ItemProblem>)>;

/// Holds leaves of one dossier, as far as nobody else does.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    pub round: String,
    pub unit: String,
    pub criteria: Vec<String>,
}

#[async_trait]
impl Command for Claim {
    const NAME: &'static str = "Claim";
    const PERMISSION: Permission = Permission::Review;
    type State = Desk;
    /// By code of the leaf.
    type Output = BTreeMap<String, Claimed>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        load(read, &self.stream(), &self.criteria).await
    }

    fn decide(&self, desk: Desk, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        check_in_appraisal(&desk)?;
        let mut decision = Decision::new(BTreeMap::new());
        for (code, leaf) in desk.leaves {
            let mut item = leaf.item;
            let others = item.claimed_until.filter(|_| {
                let holder = item.holder(context.now);
                holder.is_some_and(|holder| holder != context.login)
            });
            let claimed = match others {
                _ if !item.waits_at(context.now) => Claimed::NotWaiting,
                Some(until) => Claimed::Others { until },
                None => {
                    let until = claim_end(context.now)?;
                    item.claimed_by = Some(context.login.to_owned());
                    item.claimed_until = Some(until);
                    decision.add(item);
                    Claimed::Mine { until }
                }
            };
            decision.output.insert(code, claimed);
        }
        Ok(decision)
    }
}

/// Gives leaves of one dossier back, as far as they are held by who asks.
#[derive(Clone, Debug, Serialize)]
pub struct ReleaseClaim {
    pub round: String,
    pub unit: String,
    pub criteria: Vec<String>,
}

#[async_trait]
impl Command for ReleaseClaim {
    const NAME: &'static str = "ReleaseClaim";
    const PERMISSION: Permission = Permission::Review;
    type State = Desk;
    /// By code of the leaf, whether it was held; the caller does not hold it any more.
    type Output = BTreeMap<String, bool>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        load(read, &self.stream(), &self.criteria).await
    }

    fn decide(&self, desk: Desk, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        check_in_appraisal(&desk)?;
        let mut decision = Decision::new(BTreeMap::new());
        for (code, leaf) in desk.leaves {
            let held = leaf.item.holder(context.now) == Some(context.login);
            if held {
                decision.add(QueueItem {
                    claimed_by: None,
                    claimed_until: None,
                    ..leaf.item
                });
            }
            decision.output.insert(code, held);
        }
        Ok(decision)
    }
}

async fn load(read: &Reader<'_>, stream: &StreamId, criteria: &[String]) -> Result<Loaded<Desk>, Error> {
    let desk = Desk::load(read, stream, Some(criteria)).await?;
    let owners = desk.owners_of(criteria);
    Ok(Loaded { state: desk, owners })
}

/// Any act on the leaf renews the claim of whoever holds it; nobody's act lets an old claim come back.
pub(super) fn renew_claim(item: &mut QueueItem, context: &Context<'_>) -> Result<(), Error> {
    let mine = item.holder(context.now) == Some(context.login);
    item.claimed_until = if mine { Some(claim_end(context.now)?) } else { None };
    item.claimed_by = mine.then(|| context.login.to_owned());
    Ok(())
}

fn claim_end(now: Timestamp) -> Result<Timestamp, Error> {
    now.checked_add(CLAIM).map_err(|error| Error::Internal(Box::new(error)))
}

impl Session {
    /// Claims leaves of one or many dossiers.
    pub async fn claim(&self, leaves: Vec<LeafKey>) -> Result<LeafOutcomes<Claimed>, Error> {
        let command = |round, unit, criteria| Claim { round, unit, criteria };
        self.each_dossier(leaves, command).await
    }

    /// Gives leaves of one or many dossiers back; `true` for those that were held.
    pub async fn release_claim(&self, leaves: Vec<LeafKey>) -> Result<LeafOutcomes<bool>, Error> {
        let command = |round, unit, criteria| ReleaseClaim { round, unit, criteria };
        self.each_dossier(leaves, command).await
    }

    /// Runs a command for the leaves of each dossier. Of one dossier alone, its error is the answer.
    async fn each_dossier<C, T>(
        &self,
        leaves: Vec<LeafKey>,
        command: impl Fn(String, String, Vec<String>) -> C,
    ) -> Result<LeafOutcomes<T>, Error>
    where
        C: Command<Output = BTreeMap<String, T>>,
        T: Clone,
    {
        let mut by_dossier: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
        for leaf in &leaves {
            let criteria = by_dossier.entry((&leaf.round, &leaf.unit)).or_default();
            criteria.push(leaf.criterion.clone());
        }
        let alone = by_dossier.len() == 1;
        let mut done = BTreeMap::new();
        for ((round, unit), criteria) in by_dossier {
            let leaf = |criterion: String| LeafKey {
                round: round.to_owned(),
                unit: unit.to_owned(),
                criterion,
            };
            let command = command(round.to_owned(), unit.to_owned(), criteria.clone());
            match self.run(command, None).await {
                Ok(Done { output, receipt }) => done.extend(output.into_iter().map(|(code, output)| {
                    let receipt = receipt.clone();
                    (leaf(code), Ok(Done { output, receipt }))
                })),
                Err(error) if alone || !error.is_final() => return Err(error),
                Err(error) => {
                    let problem = ItemProblem::of(&error);
                    done.extend(criteria.into_iter().map(|code| (leaf(code), Err(problem.clone()))));
                }
            }
        }
        let outcome = |leaf: LeafKey| Some((done.get(&leaf)?.clone(), leaf));
        let outcomes = leaves.into_iter().filter_map(outcome);
        Ok(outcomes.map(|(outcome, leaf)| (leaf, outcome)).collect())
    }
}
