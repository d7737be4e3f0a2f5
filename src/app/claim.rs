//! Claims: an appraiser holds leaves for twenty minutes. A claim blocks only others, and changes no leaf's version.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Session;
use super::browse_queue::{ClaimFilter, QueueFilter};
use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::prepare_dossier::ItemProblem;
use super::reader::{Reader, typed};
use super::receipt::Done;
use super::refusals::problems_of;
use super::review::check_in_appraisal;
use super::review_many::{LeafKey, MAX_REVIEWS};
use crate::domain::assessment::QueueItem;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// How long a claim holds (20 min): time to judge one leaf with its documents.
const CLAIM: SignedDuration = SignedDuration::from_mins(20);
/// Most leaves of one claim.
pub const MAX_CLAIM: usize = 50;
/// Most leaves of a round that one person holds at once: as many as one call of `review` judges (200), so that nobody
/// keeps a queue from the others by claiming again and again.
pub const MAX_HELD: usize = MAX_REVIEWS;

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
    /// By code, with the leaf's place in the call.
    pub criteria: BTreeMap<String, usize>,
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

    fn place_of(&self, criterion: &str) -> Option<String> {
        self.criteria.get(criterion).copied().map(path)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        load(self, &self.criteria, read).await
    }

    fn decide(&self, desk: Desk, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        check_in_appraisal(&desk, context.now)?;
        let mut decision = Decision::new(BTreeMap::new());
        for (code, leaf) in desk.leaves {
            let mut item = leaf.item;
            let others = item.claimed_until.filter(|_| {
                let holder = item.holder(context.now);
                holder.is_some_and(|holder| holder != context.login)
            });
            let claimed = match others {
                _ if !item.waits_at(context.now) => Claimed::NotWaiting,
                // It waits for somebody else, or for the lead.
                _ if item.waits_for_another(context.login) => Claimed::NotWaiting,
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
    /// By code, with the leaf's place in the call.
    pub criteria: BTreeMap<String, usize>,
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

    fn place_of(&self, criterion: &str) -> Option<String> {
        self.criteria.get(criterion).copied().map(path)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        load(self, &self.criteria, read).await
    }

    fn decide(&self, desk: Desk, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        check_in_appraisal(&desk, context.now)?;
        let mut decision = Decision::new(BTreeMap::new());
        for (code, leaf) in desk.leaves {
            let held = leaf.item.holder(context.now) == Some(context.login);
            if held {
                let mut item = leaf.item;
                item.release();
                decision.add(item);
            }
            decision.output.insert(code, held);
        }
        Ok(decision)
    }
}

/// Where a leaf stands in the call.
fn path(place: usize) -> String {
    format!("assessments.{place}")
}

async fn load<C: Command>(
    command: &C,
    criteria: &BTreeMap<String, usize>,
    read: &Reader<'_>,
) -> Result<Loaded<Desk>, Error> {
    let codes: Vec<String> = criteria.keys().cloned().collect();
    let place = |code: &str| command.place_of(code);
    let desk = Desk::load_named(read, &command.stream(), Some(&codes), &place).await?;
    let owners = desk.owners_of(&codes);
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
    /// Claims leaves of one or many dossiers, with an outcome for each.
    ///
    /// # Errors
    /// [`Rejection::TooManyClaims`] when the account would hold more than [`MAX_HELD`] leaves of a round.
    pub async fn claim(&self, leaves: Vec<LeafKey>) -> Result<LeafOutcomes<Claimed>, Error> {
        let _turn = self.claiming().await?;
        self.claim_in_turn(leaves).await
    }

    /// A person's claims come one after the other, so that two calls at once neither find the same next leaves nor the
    /// same room for them.
    pub(super) async fn claiming(&self) -> Result<tokio::sync::OwnedMutexGuard<()>, Error> {
        Ok(self.app.queues.enter(&streams::user(self.signed_in()?)).await)
    }

    /// Claims leaves in the person's turn.
    pub(super) async fn claim_in_turn(&self, leaves: Vec<LeafKey>) -> Result<LeafOutcomes<Claimed>, Error> {
        self.check_room_for(&leaves).await?;
        let command = |round, unit, criteria| Claim { round, unit, criteria };
        self.each_dossier(leaves, command).await
    }

    /// Gives leaves of one or many dossiers back; `true` for those that were held.
    pub async fn release_claim(&self, leaves: Vec<LeafKey>) -> Result<LeafOutcomes<bool>, Error> {
        let command = |round, unit, criteria| ReleaseClaim { round, unit, criteria };
        self.each_dossier(leaves, command).await
    }

    /// Whether the account may hold these leaves too. What it does not hold yet is counted whether it is there or not,
    /// so that the answer tells nothing of it.
    async fn check_room_for(&self, leaves: &[LeafKey]) -> Result<(), Error> {
        let (me, now) = (self.signed_in()?, self.app.clock.now());
        let mut by_round: BTreeMap<&str, BTreeSet<&LeafKey>> = BTreeMap::new();
        for leaf in leaves {
            by_round.entry(&leaf.round).or_default().insert(leaf);
        }
        let read = self.reader();
        for (round, leaves) in by_round {
            let key = |leaf: &&LeafKey| QueueItem::key(&streams::dossier(round, &leaf.unit), &leaf.criterion);
            let keys: Vec<_> = leaves.iter().map(key).collect();
            let items = typed::<QueueItem>(read.get_mixed(&keys).await?)?;
            let mine = |item: &&Versioned<QueueItem>| item.holder(now) == Some(me);
            let new = leaves.len() - items.iter().flatten().filter(mine).count();
            let mine = QueueFilter {
                claim: Some(ClaimFilter::Mine),
                ..QueueFilter::default()
            };
            let held = match self.queue_total(round, &mine).await {
                Ok(held) => usize::try_from(held).unwrap_or(usize::MAX),
                // Who holds nothing there is told so leaf by leaf.
                Err(error) if error.is_final() => continue,
                Err(error) => return Err(error),
            };
            if new > 0 && held.saturating_add(new) > MAX_HELD {
                let most = MAX_HELD;
                return Err(Rejection::TooManyClaims { held, most }.into());
            }
        }
        Ok(())
    }

    /// Runs a command for the leaves of each dossier.
    async fn each_dossier<C, T>(
        &self,
        leaves: Vec<LeafKey>,
        command: impl Fn(String, String, BTreeMap<String, usize>) -> C,
    ) -> Result<LeafOutcomes<T>, Error>
    where
        C: Command<Output = BTreeMap<String, T>>,
        T: Clone,
    {
        let mut by_dossier: BTreeMap<(&str, &str), BTreeMap<String, usize>> = BTreeMap::new();
        for (place, leaf) in leaves.iter().enumerate() {
            let criteria = by_dossier.entry((&leaf.round, &leaf.unit)).or_default();
            criteria.entry(leaf.criterion.clone()).or_insert(place);
        }
        let mut done = BTreeMap::new();
        for ((round, unit), criteria) in by_dossier {
            let leaf = |criterion: String| LeafKey {
                round: round.to_owned(),
                unit: unit.to_owned(),
                criterion,
            };
            let paths: Vec<String> = criteria.values().copied().map(path).collect();
            let codes: Vec<String> = criteria.keys().cloned().collect();
            match self
                .run(command(round.to_owned(), unit.to_owned(), criteria), None)
                .await
            {
                Ok(Done { output, receipt }) => done.extend(output.into_iter().map(|(code, output)| {
                    let receipt = receipt.clone();
                    (leaf(code), Ok(Done { output, receipt }))
                })),
                Err(error) if !self.is_of_items(&error, C::PERMISSION).await? => return Err(error),
                Err(error) => {
                    let problems = problems_of(&error, &paths);
                    let refused = codes.into_iter().map(leaf).zip(problems.into_iter().map(Err));
                    done.extend(refused);
                }
            }
        }
        let outcome = |leaf: LeafKey| Some((done.get(&leaf)?.clone(), leaf));
        let outcomes = leaves.into_iter().filter_map(outcome);
        Ok(outcomes.map(|(outcome, leaf)| (leaf, outcome)).collect())
    }
}
