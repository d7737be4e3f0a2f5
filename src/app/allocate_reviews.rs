//! Allocating the leaves of a round to appraisers: a plan, looked at first and then put in force.
//!
//! A plan gives nobody a right: what somebody may judge is said by grants and conflicts of interest, whatever the plan says.
//! It says whose work a leaf is, and the queue is cut to it where somebody asks for the own part. So it needs no place in
//! the dossiers: each person's part lies in the account's stream, under the plan's digest, and when all of them are there the
//! round's stream says that this plan holds. A call that was cut off leaves the plan that held; sent again it goes on.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::Serialize;

use super::Session;
use super::documents::{NOT_APPLICABLE, allocation_fields, grant_fields, queue_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, digest_of};
use super::reader::Reader;
use super::receipt::Receipt;
use crate::domain::allocation::{Allocation, AllocationInForce, Candidate, Done, Lot, Plan, allocate};
use crate::domain::assessment::QueueItem;
use crate::domain::assignment::{LeafPlace, Outline};
use crate::domain::policy::{Permission, roles_with};
use crate::domain::registry::Grant;
use crate::domain::round::{Round, RoundPhase};
use crate::domain::text::Text;
use crate::store::typed::{TypedQuery, Versioned};
use crate::store::{Direction, Document, FieldValue, MAX_PAGE, StreamId};

/// Most grants to review that are looked through for a plan (10,000): a country's appraisers over ten rounds. Each is read
/// once per call.
const MAX_GRANTS: usize = 10_000;
/// Most people whom a call names (1,000): a country's appraisers of one round.
pub const MAX_APPRAISERS: usize = 1_000;

/// What a plan is asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub round: String,
    /// Only these people; everybody with a grant to review if empty.
    pub appraisers: Vec<String>,
    /// Most leaves of each person; no limit if none.
    pub most: Option<u64>,
    /// Most leaves of single people, by login.
    pub limits: BTreeMap<String, u64>,
}

/// A plan, and what became of it.
pub struct Allocated {
    pub plan: Plan,
    /// The round's entry that put it in force; none after a dry run, and when it held before.
    pub receipt: Option<Receipt>,
}

/// Keeps one person's part of a plan.
#[derive(Debug, Serialize)]
struct KeepAllocation {
    round: String,
    plan: String,
    login: String,
    lots: Vec<Lot>,
}

#[async_trait]
impl Command for KeepAllocation {
    const NAME: &'static str = "KeepAllocation";
    const PERMISSION: Permission = Permission::RunRound;
    /// Whether it is there.
    type State = bool;
    type Output = ();

    fn stream(&self) -> StreamId {
        streams::user(&self.login)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<bool>, Error> {
        let id = Allocation::key_of(&self.round, &self.plan);
        let there = read.get::<Allocation>(&self.stream(), &id).await?;
        Ok(Loaded::of_system(there.is_some()))
    }

    fn decide(&self, is_there: bool, _: &Context<'_>) -> Result<Decision<()>, Error> {
        let decision = Decision::new(());
        if is_there {
            return Ok(decision);
        }
        Ok(decision.put(Allocation {
            round: self.round.clone(),
            plan: self.plan.clone(),
            login: self.login.clone(),
            lots: self.lots.clone(),
        }))
    }
}

/// Puts a plan in force whose parts are all there.
#[derive(Debug, Serialize)]
struct AllocateReviews {
    round: String,
    plan: String,
}

#[async_trait]
impl Command for AllocateReviews {
    const NAME: &'static str = "AllocateReviews";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Option<Versioned<AllocationInForce>>;
    type Output = ();

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        Ok(Loaded::of_system(in_force(read, &self.round).await?))
    }

    fn decide(&self, old: Self::State, context: &Context<'_>) -> Result<Decision<()>, Error> {
        let decision = Decision::new(());
        if old.is_some_and(|old| old.plan == self.plan) {
            return Ok(decision);
        }
        Ok(decision.put(AllocationInForce {
            round: self.round.clone(),
            plan: self.plan.clone(),
            at: context.now,
            by: context.login.to_owned(),
        }))
    }
}

/// The leaves of a department, those of its own dossier too.
fn of_department(round: &str, department: &str) -> TypedQuery<QueueItem> {
    let scopes = [
        QueueItem::scope_of(department, ""),
        QueueItem::scope_of(department, department),
    ];
    QueueItem::query()
        .filter(queue_fields::ROUND.equal(round))
        .filter(queue_fields::SCOPE.one_of(scopes))
}

/// The plan that holds in a round, if there is one.
pub(super) async fn in_force(read: &Reader<'_>, round: &str) -> Result<Option<Versioned<AllocationInForce>>, Error> {
    read.get(&streams::round(round), round).await
}

fn too_many_grants() -> Error {
    Error::TooLarge {
        field: "appraisers".to_owned(),
        message: Text::new(
            format!(
                "Hơn {MAX_GRANTS} quyền thẩm định đã được cấp; chưa phân công tự động được, hãy phân công bằng grantRole."
            ),
            format!(
                "More than {MAX_GRANTS} grants to review were ever given: no plan is made over so many; allocate by grantRole."
            ),
        ),
    }
}

impl Session {
    /// Makes a plan for a round and, unless it is a dry run, puts it in force.
    pub async fn allocate_reviews(&self, wanted: Wanted, dry_run: bool) -> Result<Allocated, Error> {
        self.check(Permission::RunRound).await?;
        let (outline, today) = (self.appraised(&wanted.round).await?, self.today()?);
        let done = self.needing_nobody(&wanted.round, &outline).await?;
        let candidates = self.candidates(&wanted, &outline).await?;
        let round = wanted.round.clone();
        // A country's plan takes a good part of a second: not on a thread that serves others.
        let work = move || allocate(&round, &outline, &done, &candidates, today);
        let plan = tokio::task::spawn_blocking(work).await;
        let plan = plan.map_err(|error| Error::Internal(Box::new(error)))?;
        let receipt = match dry_run {
            true => None,
            false => self.put_in_force(&wanted.round, &plan).await?,
        };
        Ok(Allocated { plan, receipt })
    }

    /// The round as it is appraised: without what the survey gives.
    pub(super) async fn appraised(&self, code: &str) -> Result<Outline, Error> {
        let read = self.reader();
        let round = read.require::<Round>(&streams::round(code), code, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        if round.phase == RoundPhase::Opening {
            let phase = round.phase.name();
            return Err(crate::domain::rejection::Rejection::WrongPhase { phase }.into());
        }
        let units = read.participants(code).await?;
        let mut leaves = Vec::new();
        for (unit_type, reference) in &round.frameworks {
            let framework = read.framework_of(reference).await?;
            let appraised = framework.leaves().filter(|(_, leaf)| leaf.method.is_appraised());
            leaves.extend(appraised.map(|(node, leaf)| LeafPlace {
                unit_type: unit_type.clone(),
                criterion: node.code.clone(),
                department: leaf.appraiser.clone(),
            }));
        }
        Ok(Outline { leaves, units })
    }

    /// The leaves that need no appraiser. Asked by leaf and counted by unit, so that the indexes answer and no leaf is read.
    async fn needing_nobody(&self, round: &str, outline: &Outline) -> Result<Done, Error> {
        let mut done = Done::new();
        let leaves: BTreeSet<(&str, &str)> = outline
            .leaves
            .iter()
            .map(|leaf| (leaf.department.as_str(), leaf.criterion.as_str()))
            .collect();
        for (department, criterion) in leaves {
            let of_leaf = || of_department(round, department).filter(queue_fields::CRITERION.equal(criterion));
            for query in [
                of_leaf().filter(queue_fields::VERIFIED.equal(1_i64)),
                of_leaf().filter(queue_fields::STATE.equal(NOT_APPLICABLE)),
            ] {
                for (unit, _) in self.reader().count_by(&query, queue_fields::UNIT.name).await? {
                    if let Some(unit) = unit.as_text() {
                        done.entry(unit.to_owned()).or_default().insert(criterion.to_owned());
                    }
                }
            }
        }
        Ok(done)
    }

    /// How many leaves of a round each person has verified.
    async fn verified_by_people(&self, round: &str, outline: &Outline) -> Result<BTreeMap<String, u64>, Error> {
        let departments: BTreeSet<&str> = outline.leaves.iter().map(|leaf| leaf.department.as_str()).collect();
        let verified = |department| of_department(round, department).filter(queue_fields::VERIFIED.equal(1_i64));
        let queries: Vec<_> = departments.into_iter().map(verified).collect();
        let counts = self
            .reader()
            .count_all_by(&queries, queue_fields::VERIFIED_BY.name)
            .await?;
        let count = |(login, count): (FieldValue, u64)| Some((login.as_text()?.to_owned(), count));
        Ok(counts.into_iter().filter_map(count).collect())
    }

    /// The people who may be given something, with their limits and what they have verified.
    pub(super) async fn candidates(&self, wanted: &Wanted, outline: &Outline) -> Result<Vec<Candidate>, Error> {
        let verified = self.verified_by_people(&wanted.round, outline).await?;
        let logins = self.appraisers().await?;
        let named = wanted.appraisers.iter().map(|login| ("appraisers", login));
        let limited = wanted.limits.keys().map(|login| ("limits", login));
        if let Some((field, login)) = named.chain(limited).find(|(_, login)| !logins.contains(*login)) {
            return Err(Error::invalid(
                field,
                format!("Tài khoản {login} không có quyền thẩm định; xem grants của tài khoản."),
                format!("Account {login} has no grant to review; look at its grants."),
            ));
        }
        let chosen: BTreeSet<&String> = match wanted.appraisers.is_empty() {
            true => logins.iter().collect(),
            false => wanted.appraisers.iter().collect(),
        };
        let (read, today) = (self.reader(), self.today()?);
        let mut found = Vec::new();
        for login in chosen {
            let viewer = match read.viewer(login).await {
                Ok(viewer) => viewer,
                // Deactivated accounts judge nothing.
                Err(Error::Unauthenticated) => continue,
                Err(error) => return Err(error),
            };
            if viewer.holds_any(Permission::Review, today) {
                let most = wanted.limits.get(login).copied().or(wanted.most);
                let verified = verified.get(login).copied().unwrap_or_default();
                found.push(Candidate { viewer, most, verified });
            }
        }
        Ok(found)
    }

    /// Logins of everybody who ever had a grant to review.
    async fn appraisers(&self) -> Result<BTreeSet<String>, Error> {
        let (read, mut logins, mut looked_at) = (self.reader(), BTreeSet::new(), 0);
        // One role after the other: each is one range of its index.
        for role in roles_with(Permission::Review) {
            let mut query = Grant::query()
                .filter(grant_fields::ROLE.equal(role.name()))
                .limit(MAX_PAGE);
            loop {
                let page = read.page(&query).await?;
                looked_at += page.items.len();
                query.query.after = page.items.last().map(|(_, cursor)| cursor.clone());
                logins.extend(page.items.into_iter().map(|(grant, _)| grant.value.login));
                if !page.more {
                    break;
                }
                if looked_at >= MAX_GRANTS {
                    return Err(too_many_grants());
                }
            }
        }
        Ok(logins)
    }

    /// Keeps everybody's part, and then says that the plan holds.
    async fn put_in_force(&self, round: &str, plan: &Plan) -> Result<Option<Receipt>, Error> {
        let given = plan.loads.iter().filter(|load| load.shares > 0);
        let parts: Vec<(String, Vec<Lot>)> = given
            .map(|load| (load.login.clone(), plan.lots_of(&load.login)))
            .collect();
        let name = digest_of(AllocateReviews::NAME, &(round, &parts)).to_string();
        for (login, lots) in parts {
            let (round, plan) = (round.to_owned(), name.clone());
            let part = KeepAllocation {
                round,
                plan,
                login,
                lots,
            };
            self.run(part, None).await?;
        }
        let command = AllocateReviews {
            round: round.to_owned(),
            plan: name,
        };
        Ok(self.run(command, None).await?.receipt)
    }

    /// Parts of the plan in force by login: everybody's, or that of one person; none where the round has no plan.
    pub(super) async fn parts_in_force(&self, round: &str, login: Option<&str>) -> Result<Vec<Allocation>, Error> {
        let read = self.reader();
        let Some(plan) = in_force(&read, round).await? else {
            return Ok(Vec::new());
        };
        let query = Allocation::query()
            .filter(allocation_fields::ROUND.equal(round))
            .filter(allocation_fields::PLAN.equal(plan.plan.as_str()))
            .order(&allocation_fields::LOGIN, Direction::Ascending);
        let query = match login {
            Some(login) => query.filter(allocation_fields::LOGIN.equal(login)),
            None => query,
        };
        Ok(read.every(query).await?.into_iter().map(|part| part.value).collect())
    }

    /// What the plan in force gives to the viewer; nothing to who has no part in it.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the round has no plan: an empty queue would not tell that from work that is done.
    pub(super) async fn allocated_to_me(&self, round: &str) -> Result<Vec<Lot>, Error> {
        let read = self.reader();
        let Some(plan) = in_force(&read, round).await? else {
            return Err(Error::invalid(
                "filter.assignedTo",
                "Kỳ đánh giá chưa phân công thẩm định (allocateReviews); hãy bỏ điều kiện này.",
                "The round has no allocation (allocateReviews); leave the condition out.",
            ));
        };
        let (me, id) = (streams::user(self.signed_in()?), Allocation::key_of(round, &plan.plan));
        let part = read.get::<Allocation>(&me, &id).await?;
        Ok(part.map(|part| part.value.lots).unwrap_or_default())
    }
}
