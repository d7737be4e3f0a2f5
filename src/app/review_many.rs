//! Reviews of many dossiers in one call: atomic per dossier, an outcome per item, one idempotency key over the whole.
//!
//! Each dossier's reviews are a commit of its own under the same key, so that a call that was cut off is taken up where it
//! ended. What became of the items, refusals too, is then kept beside the sender's account, and answered again.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Session;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, Outcome, Owner, derived_id, digest_of, recall};
use super::prepare_dossier::ItemProblem;
use super::reader::Reader;
use super::receipt::Receipt;
use super::refusals::problems_of;
use super::review::{ReviewItem, ReviewLeaves};
use crate::domain::assessment::Review;
use crate::domain::policy::Permission;
use crate::store::typed::Versioned;
use crate::store::{Digest, StreamId};

/// Most leaves of one call of `review`.
pub const MAX_REVIEWS: usize = 200;

/// A leaf by round, unit and criterion.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeafKey {
    pub round: String,
    pub unit: String,
    pub criterion: String,
}

/// What became of each item, in the order given: the id of the review, or why there is none. Kept in the journal.
type ReviewOutcomes = Vec<(LeafKey, Result<String, ItemProblem>)>;

/// A review that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Id of the review.
    pub review: String,
    /// Receipt of the dossier's entry with it.
    pub receipt: Receipt,
}

/// What became of each item, in the order given.
pub type Reviewed = Vec<(LeafKey, Result<Made, ItemProblem>)>;

/// Receipts by round and unit.
type Receipts = BTreeMap<(String, String), Receipt>;

/// Keeps what became of the items of a call, unless the same call was kept before: then that is the answer.
#[derive(Debug, Serialize)]
struct KeepOutcomes {
    login: String,
    key: String,
    input: Digest,
    outcomes: ReviewOutcomes,
}

impl KeepOutcomes {
    const NAME: &'static str = "ReviewMany";

    fn id(login: &str, key: &str) -> String {
        derived_id(&[Self::NAME, login, key])
    }
}

#[async_trait]
impl Command for KeepOutcomes {
    const NAME: &'static str = Self::NAME;
    const PERMISSION: Permission = Permission::Review;
    type State = Option<Versioned<Outcome>>;
    type Output = ReviewOutcomes;

    fn stream(&self) -> StreamId {
        streams::user(&self.login)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let id = Self::id(&self.login, &self.key);
        let owner = Owner::Account {
            login: self.login.clone(),
        };
        Ok(Loaded {
            state: read.get::<Outcome>(&self.stream(), &id).await?,
            owners: vec![owner],
        })
    }

    fn decide(&self, first: Self::State, _: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        if let Some(first) = first {
            return recall(&first.value, Self::NAME, self.input).map(Decision::new);
        }
        let output = serde_json::to_string(&self.outcomes).map_err(|error| Error::Internal(Box::new(error)))?;
        Ok(Decision::new(self.outcomes.clone()).put(Outcome {
            id: Self::id(&self.login, &self.key),
            command: Self::NAME.to_owned(),
            input: self.input,
            output,
        }))
    }
}

/// A leaf is reviewed once in a call.
fn check_reviewed_once(items: &[(LeafKey, ReviewItem)]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match items.iter().position(|(leaf, _)| !seen.insert(leaf)) {
        Some(place) => Err(Error::invalid(
            format!("items.{place}.assessment"),
            "Tiêu chí này đã nêu ở trên; chỉ gửi một lần.",
            "This leaf is given above already; send it once.",
        )),
        None => Ok(()),
    }
}

impl Session {
    /// Reviews leaves of one or many dossiers, with an outcome for each.
    ///
    /// # Errors
    /// What is wrong with the whole call alone: nobody is signed in or may review anything, too many items, input that
    /// is not well formed, or nobody knows what became of it.
    pub async fn review(&self, items: Vec<(LeafKey, ReviewItem)>, key: Option<String>) -> Result<Reviewed, Error> {
        let login = self.signed_in()?.to_owned();
        if items.is_empty() || items.len() > MAX_REVIEWS {
            return Err(Error::invalid(
                "items",
                format!("Cần từ 1 đến {MAX_REVIEWS} tiêu chí."),
                format!("1 to {MAX_REVIEWS} leaves are needed."),
            ));
        }
        check_reviewed_once(&items)?;
        let input = digest_of(KeepOutcomes::NAME, &items);
        let mut by_dossier: BTreeMap<(String, String), Vec<(LeafKey, ReviewItem)>> = BTreeMap::new();
        for (place, (leaf, item)) in items.into_iter().enumerate() {
            let item = ReviewItem { place, ..item };
            by_dossier
                .entry((leaf.round.clone(), leaf.unit.clone()))
                .or_default()
                .push((leaf, item));
        }
        // The stream of a single dossier remembers the key itself.
        let kept_key = key.clone().filter(|_| by_dossier.len() > 1);
        if let Some(key) = &kept_key
            && let Some(first) = self.kept(&login, key, input).await?
        {
            return self.with_receipts(first, Receipts::new()).await;
        }
        let (mut outcomes, mut receipts) = (BTreeMap::new(), Receipts::new());
        for (dossier, items) in by_dossier {
            let leaves: Vec<(usize, LeafKey)> = items.iter().map(|(leaf, item)| (item.place, leaf.clone())).collect();
            let paths: Vec<String> = items.iter().map(|(_, item)| item.path()).collect();
            let reviewed = self.review_dossier(dossier, items, key.clone(), &mut outcomes, &mut receipts);
            let Err(error) = reviewed.await else { continue };
            if !self.is_of_items(&error, Permission::Review).await? {
                return Err(error);
            }
            let refused = leaves.into_iter().zip(problems_of(&error, &paths));
            outcomes.extend(refused.map(|((place, leaf), problem)| (place, (leaf, Err(problem)))));
        }
        let outcomes: ReviewOutcomes = outcomes.into_values().collect();
        let outcomes = match kept_key {
            // Without a single review there is nothing that must not be done twice.
            Some(key) if outcomes.iter().any(|(_, outcome)| outcome.is_ok()) => {
                let command = KeepOutcomes {
                    login,
                    key,
                    input,
                    outcomes,
                };
                self.run(command, None).await?.output
            }
            Some(_) | None => outcomes,
        };
        self.with_receipts(outcomes, receipts).await
    }

    /// Reviews leaves of one dossier: all of them, or none.
    async fn review_dossier(
        &self,
        dossier: (String, String),
        items: Vec<(LeafKey, ReviewItem)>,
        key: Option<String>,
        outcomes: &mut BTreeMap<usize, (LeafKey, Result<String, ItemProblem>)>,
        receipts: &mut Receipts,
    ) -> Result<(), Error> {
        let (leaves, items): (Vec<LeafKey>, Vec<ReviewItem>) = items.into_iter().unzip();
        let places: Vec<usize> = items.iter().map(|item| item.place).collect();
        let (round, unit) = dossier.clone();
        let done = self.run(ReviewLeaves { round, unit, items }, key).await?;
        receipts.extend(done.receipt.map(|receipt| (dossier, receipt)));
        let made = leaves.into_iter().zip(done.output.into_iter().map(Ok));
        outcomes.extend(places.into_iter().zip(made));
        Ok(())
    }

    /// The outcomes with the receipts of the entries that hold the reviews; those of an earlier call are looked up.
    async fn with_receipts(&self, outcomes: ReviewOutcomes, mut receipts: Receipts) -> Result<Reviewed, Error> {
        let read = self.reader();
        let mut reviewed = Vec::with_capacity(outcomes.len());
        for (leaf, outcome) in outcomes {
            let outcome = match outcome {
                Err(problem) => Err(problem),
                Ok(review) => {
                    let dossier = (leaf.round.clone(), leaf.unit.clone());
                    if !receipts.contains_key(&dossier) {
                        let stream = streams::dossier(&leaf.round, &leaf.unit);
                        let entry = read.require::<Review>(&stream, &review, "review").await?.version;
                        receipts.insert(dossier.clone(), Receipt::of_entry(&read, &stream, entry).await?);
                    }
                    let receipt = receipts[&dossier].clone();
                    Ok(Made { review, receipt })
                }
            };
            reviewed.push((leaf, outcome));
        }
        Ok(reviewed)
    }

    /// What became of a call with this key, if it was kept.
    async fn kept(&self, login: &str, key: &str, input: Digest) -> Result<Option<ReviewOutcomes>, Error> {
        self.holder_of(Permission::Review).await?;
        let id = KeepOutcomes::id(login, key);
        let found = self.reader().get::<Outcome>(&streams::user(login), &id).await?;
        found
            .map(|first| recall(&first.value, KeepOutcomes::NAME, input))
            .transpose()
    }
}
