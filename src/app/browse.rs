//! Reading: what a viewer may see of dossiers, the queue, rankings and progress. Counts obey the same rights as rows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Session;
use super::desk::{Desk, dossier_owner};
use super::documents::{dossier_fields, file_use_fields, queue_fields, result_fields, review_fields, streams};
use super::error::Error;
use super::gate::{GRANT_TIME_ZONE, Owner, authorize, date_in};
use super::jobs::Job;
use super::reader::{Reader, TypedPage};
use crate::domain::assessment::{AssessmentState, Ledgers, QueueItem, Review};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::evidence::{FileRef, FileUse, Revision};
use crate::domain::framework::Framework;
use crate::domain::policy::{Permission, Viewer};
use crate::domain::registry::Unit;
use crate::domain::round::{Publication, RankingRow, Round};
use crate::domain::sheet::SheetNode;
use crate::store::typed::{TypedQuery, Versioned};
use crate::store::{Cursor, Direction, Document, FieldValue, StreamId};

/// Most scope keys of one query: MongoDB merges sorted ranges up to 200 and sorts in memory beyond (measured).
const MAX_SCOPES: usize = 64;
/// Most claims that one look considers before it gives up filling the request.
const CLAIM_CANDIDATES: usize = 200;

/// How much of a leaf a viewer sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    Nothing,
    /// Points, inputs and explanations; numbers and titles of evidence; no files, people or comments.
    Scores,
    /// Everything.
    Full,
}

/// A dossier as one viewer sees it.
pub struct DossierView {
    pub desk: Desk,
    pub sheets: BTreeMap<String, SheetNode>,
    viewer: Option<Viewer>,
    published: bool,
    today: jiff::civil::Date,
}

impl DossierView {
    /// How much of a leaf the viewer sees.
    pub fn sight(&self, criterion: &str) -> Sight {
        let owner = self.desk.leaf_owner(criterion);
        let allowed = |permission| {
            self.viewer
                .as_ref()
                .is_some_and(|viewer| authorize(viewer, permission, std::slice::from_ref(&owner), self.today).is_ok())
        };
        if allowed(Permission::ViewDossier) {
            Sight::Full
        } else if self.published || allowed(Permission::ViewScores) {
            Sight::Scores
        } else {
            Sight::Nothing
        }
    }

    /// Whether the viewer may do something with the dossier as a whole.
    pub fn allows(&self, permission: Permission) -> bool {
        let owner = self.desk.owner();
        self.viewer
            .as_ref()
            .is_some_and(|viewer| authorize(viewer, permission, &[owner], self.today).is_ok())
    }

    /// Whether a document is used for a leaf that the viewer sees fully.
    pub fn sees_fully(&self, evidence: &str) -> bool {
        let linked = |leaf: &super::desk::DeskLeaf| leaf.links.iter().any(|facts| facts.link.evidence == evidence);
        self.desk
            .leaves
            .iter()
            .any(|(code, leaf)| linked(leaf) && self.sight(code) == Sight::Full)
    }

    /// Codes of the leaves that the viewer sees at all, in the framework's order.
    pub fn visible(&self) -> Vec<String> {
        self.desk
            .framework
            .leaves()
            .map(|(node, _)| node.code.clone())
            .filter(|code| self.sight(code) > Sight::Nothing)
            .collect()
    }
}

/// A filter of the review queue.
#[derive(Clone, Debug, Default)]
pub struct QueueFilter {
    pub unit: Option<String>,
    pub group: Option<String>,
    pub unit_type: Option<String>,
    pub field: Option<String>,
    pub criterion: Option<String>,
    pub states: Vec<AssessmentState>,
    pub claim: Option<ClaimFilter>,
    pub changed_after: Option<Timestamp>,
}

/// Whose claims are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimFilter {
    Mine,
    Nobody,
    Others,
}

/// The order of the review queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueOrder {
    /// Most points at stake first.
    Stake,
    /// Longest waiting first.
    Age,
    Unit,
}

impl Session {
    fn today(&self) -> Result<jiff::civil::Date, Error> {
        date_in(self.app.clock.now(), GRANT_TIME_ZONE)
    }

    /// Checks a permission for the system as a whole.
    pub async fn check(&self, permission: Permission) -> Result<Viewer, Error> {
        self.signed_in()?;
        let viewer = self.viewer().await?.ok_or(Error::Unauthenticated)?;
        authorize(&viewer, permission, &[Owner::System], self.today()?)?;
        Ok(viewer)
    }

    /// A dossier, if the viewer may see it: by right, or because it is published.
    pub async fn dossier(&self, round: &str, unit: &str) -> Result<DossierView, Error> {
        let viewer = self.viewer().await?;
        let stream = streams::dossier(round, unit);
        // One snapshot: totals and leaves of the same moment.
        let snapshot = self.app.store.snapshot(&stream).await?;
        let read = Reader::new(&self.app, &*snapshot);
        let published = is_published(&read, round, unit, &stream).await?;
        let head = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        let today = self.today()?;
        let owner = dossier_owner(&head);
        let may = viewer.as_ref().is_some_and(|viewer| {
            [Permission::ViewDossier, Permission::ViewScores]
                .into_iter()
                .any(|permission| authorize(viewer, permission, std::slice::from_ref(&owner), today).is_ok())
        });
        if !may && !published {
            return Err(Error::NotFound { what: "dossier" });
        }
        let desk = Desk::load(&read, &stream, None).await?;
        let sheets = read.all::<SheetNode>(&stream).await?;
        let sheets = sheets.into_iter().map(|node| (node.node.clone(), node.value)).collect();
        Ok(DossierView {
            desk,
            sheets,
            viewer,
            published,
            today,
        })
    }

    /// Reviews of a leaf, oldest first; none for those who do not see the leaf fully.
    pub async fn reviews(&self, view: &DossierView, criterion: &str) -> Result<Vec<Review>, Error> {
        if view.sight(criterion) != Sight::Full {
            return Ok(Vec::new());
        }
        let query = Review::query()
            .in_stream(&view.desk.dossier.stream)
            .filter(review_fields::CRITERION.equal(criterion));
        let reviews = self.reader().every(query).await?;
        let mut reviews: Vec<Review> = reviews.into_iter().map(|review| review.value).collect();
        reviews.sort_by_key(|review| review.at);
        Ok(reviews)
    }

    /// A review by its id, for those who see its leaf fully.
    pub async fn review_by_id(&self, view: &DossierView, id: &str) -> Result<Review, Error> {
        let stream = &view.desk.dossier.stream;
        let review = self.reader().require::<Review>(stream, id, "review").await?.value;
        match view.sight(&review.criterion) {
            Sight::Full => Ok(review),
            Sight::Scores | Sight::Nothing => Err(Error::NotFound { what: "review" }),
        }
    }

    /// Dossiers of a round that the viewer may see, by unit.
    pub async fn dossiers(
        &self,
        round: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<Dossier>, Error> {
        let viewer = self.viewer().await?;
        let read = self.reader();
        let found = read.require::<Round>(&streams::round(round), round, "round").await?;
        let published = found.published_version.is_some();
        let today = self.today()?;
        let mut query = Dossier::query()
            .filter(dossier_fields::ROUND.equal(round))
            .order(&dossier_fields::UNIT, Direction::Ascending)
            .limit(limit);
        query.query.after = after;
        let visible = |dossier: &Versioned<Dossier>| {
            (published && dossier.phase == DossierPhase::Sealed)
                || viewer.as_ref().is_some_and(|viewer| {
                    let owner = dossier_owner(dossier);
                    [Permission::ViewDossier, Permission::ViewScores]
                        .into_iter()
                        .any(|permission| authorize(viewer, permission, std::slice::from_ref(&owner), today).is_ok())
                })
        };
        fill(&read, query, limit, visible).await
    }

    /// The queue's query for this viewer: the assignment becomes scope keys at read time.
    fn queue_query(&self, viewer: &Viewer, round: &str, filter: &QueueFilter) -> Result<TypedQuery<QueueItem>, Error> {
        let today = self.today()?;
        let scopes: BTreeSet<String> = viewer
            .grants_of(Permission::Review, today)
            .filter_map(|grant| {
                let department = grant.department.as_ref()?;
                Some(QueueItem::scope_of(
                    department,
                    grant.unit.as_ref().unwrap_or(&String::new()),
                ))
            })
            .take(MAX_SCOPES)
            .collect();
        let own: BTreeSet<String> = viewer
            .grants
            .iter()
            .filter(|grant| grant.role.is_for_the_unit())
            .filter_map(|grant| grant.unit.clone())
            .chain([viewer.user.unit.clone()])
            .collect();
        let now = self.app.clock.now().as_millisecond();
        let mut query = QueueItem::query()
            .filter(queue_fields::ROUND.equal(round))
            .filter(queue_fields::SCOPE.one_of(scopes))
            .filter(queue_fields::WAITING.equal(1i64))
            .filter(queue_fields::UNIT.none_of(own));
        if let Some(unit) = &filter.unit {
            query = query.filter(queue_fields::UNIT.equal(unit.as_str()));
        }
        if let Some(group) = &filter.group {
            query = query.filter(queue_fields::GROUP.equal(group.as_str()));
        }
        if let Some(unit_type) = &filter.unit_type {
            query = query.filter(queue_fields::UNIT_TYPE.equal(unit_type.as_str()));
        }
        if let Some(field) = &filter.field {
            query = query.filter(queue_fields::FIELD.equal(field.as_str()));
        }
        if let Some(criterion) = &filter.criterion {
            query = query.filter(queue_fields::CRITERION.equal(criterion.as_str()));
        }
        if !filter.states.is_empty() {
            query = query.filter(queue_fields::STATE.one_of(filter.states.iter().map(|state| state.name())));
        }
        if let Some(after) = filter.changed_after {
            query = query.filter(queue_fields::CHANGED_AT.at_least(after.as_millisecond() + 1));
        }
        Ok(match filter.claim {
            None => query,
            Some(ClaimFilter::Mine) => query
                .filter(queue_fields::CLAIMED_BY.equal(viewer.user.login.as_str()))
                .filter(queue_fields::CLAIMED_UNTIL.at_least(now + 1)),
            Some(ClaimFilter::Others) => query
                .filter(queue_fields::CLAIMED_BY.none_of([viewer.user.login.as_str()]))
                .filter(queue_fields::CLAIMED_UNTIL.at_least(now + 1)),
            Some(ClaimFilter::Nobody) => query.filter(queue_fields::CLAIMED_UNTIL.less_than(now + 1)),
        })
    }

    async fn reviewer(&self) -> Result<Viewer, Error> {
        self.signed_in()?;
        let viewer = self.viewer().await?.ok_or(Error::Unauthenticated)?;
        if viewer.grants_of(Permission::Review, self.today()?).next().is_none() {
            return Err(Error::Forbidden);
        }
        Ok(viewer)
    }

    /// A page of the criteria that wait for this appraiser.
    pub async fn review_queue(
        &self,
        round: &str,
        filter: &QueueFilter,
        order: QueueOrder,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<QueueItem>, Error> {
        let viewer = self.reviewer().await?;
        let query = self.queue_query(&viewer, round, filter)?;
        let mut query = match order {
            QueueOrder::Stake => query.order(&queue_fields::STAKE, Direction::Descending),
            QueueOrder::Age => query.order(&queue_fields::SUBMITTED_AT, Direction::Ascending),
            QueueOrder::Unit => query.order(&queue_fields::UNIT, Direction::Ascending),
        }
        .limit(limit);
        query.query.after = after;
        self.reader().page(&query).await
    }

    /// How many criteria wait, by the value of a field.
    pub async fn queue_counts(
        &self,
        round: &str,
        filter: &QueueFilter,
        field: &'static str,
    ) -> Result<Vec<(FieldValue, u64)>, Error> {
        let viewer = self.reviewer().await?;
        self.reader()
            .count_by(&self.queue_query(&viewer, round, filter)?, field)
            .await
    }

    /// How many criteria wait.
    pub async fn queue_total(&self, round: &str, filter: &QueueFilter) -> Result<u64, Error> {
        let viewer = self.reviewer().await?;
        self.reader().count(&self.queue_query(&viewer, round, filter)?).await
    }

    /// Claims the next leaves by filter; returns round, unit and criterion of what was got.
    pub async fn claim_next(
        &self,
        round: &str,
        filter: &QueueFilter,
        order: QueueOrder,
        limit: usize,
    ) -> Result<Vec<(String, String)>, Error> {
        let filter = QueueFilter {
            claim: None,
            ..filter.clone()
        };
        let page = self.review_queue(round, &filter, order, None, CLAIM_CANDIDATES).await?;
        let now = self.app.clock.now();
        let me = self.signed_in()?;
        let free = page
            .items
            .into_iter()
            .filter(|(item, _)| item.holder(now).is_none_or(|holder| holder == me));
        let mut by_unit: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (item, _) in free.take(limit) {
            by_unit
                .entry(item.unit.clone())
                .or_default()
                .push(item.criterion.clone());
        }
        let mut got = Vec::new();
        for (unit, criteria) in by_unit {
            let command = super::review::Claim {
                round: round.to_owned(),
                unit: unit.clone(),
                criteria,
                release: false,
            };
            got.extend(
                self.run(command, None)
                    .await?
                    .into_iter()
                    .map(|criterion| (unit.clone(), criterion)),
            );
        }
        Ok(got)
    }

    /// A round; its existence is no secret.
    pub async fn round(&self, code: &str) -> Result<Versioned<Round>, Error> {
        self.reader()
            .require::<Round>(&streams::round(code), code, "round")
            .await
    }

    /// A framework; issued frameworks are public.
    pub async fn framework(&self, code: &str, version: &str) -> Result<std::sync::Arc<Framework>, Error> {
        self.reader().framework(code, version).await
    }

    /// Units by code; the register of units is public.
    pub async fn units(&self, after: Option<Cursor>, limit: usize) -> Result<TypedPage<Unit>, Error> {
        let mut query = Unit::query().in_stream(&streams::units()).limit(limit);
        query.query.after = after;
        self.reader().page(&query).await
    }

    /// A unit by code.
    pub async fn unit(&self, code: &str) -> Result<Option<Unit>, Error> {
        Ok(self
            .reader()
            .get::<Unit>(&streams::units(), code)
            .await?
            .map(|unit| unit.value))
    }

    /// A job, for those who run rounds.
    pub async fn job(&self, id: &str) -> Result<Job, Error> {
        self.check(Permission::RunRound).await?;
        Ok(self.reader().require::<Job>(&streams::job(id), id, "job").await?.value)
    }

    /// A publication of a round: the newest, or that version.
    pub async fn publication(&self, round: &str, version: Option<u32>) -> Result<Option<Publication>, Error> {
        let stream = streams::round(round);
        let read = self.reader();
        let Some(found) = read.get::<Round>(&stream, round).await? else {
            return Ok(None);
        };
        let Some(version) = version.or(found.published_version) else {
            return Ok(None);
        };
        Ok(read
            .get::<Publication>(&stream, &version.to_string())
            .await?
            .map(|one| one.value))
    }

    /// Published lines of a group, best first. Lines without a publication are never shown.
    pub async fn ranking(
        &self,
        publication: &Publication,
        group: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<TypedPage<RankingRow>, Error> {
        let mut query = RankingRow::query()
            .filter(result_fields::ROUND.equal(publication.round.as_str()))
            .filter(result_fields::PUBLICATION.equal(i64::from(publication.version)))
            .filter(result_fields::GROUP.equal(group))
            .order(&result_fields::RANK, Direction::Ascending)
            .limit(limit);
        query.query.after = after;
        self.reader().page(&query).await
    }

    /// One published line.
    pub async fn ranking_row(&self, round: &str, publication: u32, unit: &str) -> Result<RankingRow, Error> {
        let key = RankingRow::key_of(publication, unit);
        let missing = || Error::NotFound { what: "ranking row" };
        self.publication(round, Some(publication)).await?.ok_or_else(missing)?;
        let row = self.reader().get::<RankingRow>(&streams::round(round), &key).await?;
        Ok(row.ok_or_else(missing)?.value)
    }

    /// Leaves of a round by state, for each value of a field; for those who may see scores of the whole round.
    pub async fn progress(&self, round: &str, field: ProgressBy) -> Result<Vec<ProgressRow>, Error> {
        self.check(Permission::ViewScores).await?;
        let read = self.reader();
        let mut rows: BTreeMap<String, ProgressRow> = BTreeMap::new();
        for state in AssessmentState::ALL {
            let query = QueueItem::query()
                .filter(queue_fields::ROUND.equal(round))
                .filter(queue_fields::STATE.equal(state.name()));
            for (value, count) in read.count_by(&query, field.column()).await? {
                let key = value.as_text().unwrap_or_default().to_owned();
                let row = rows.entry(key.clone()).or_insert_with(|| ProgressRow {
                    key,
                    states: BTreeMap::new(),
                });
                row.states.insert(state, count);
            }
        }
        Ok(rows.into_values().collect())
    }
}

impl Session {
    /// A file of a revision, if the viewer sees a leaf that it is linked to fully, or prepares the dossier.
    pub async fn file(
        &self,
        round: &str,
        unit: &str,
        evidence: &str,
        revision: u32,
        index: u32,
    ) -> Result<FileRef, Error> {
        let missing = || Error::NotFound { what: "file" };
        let view = self.dossier(round, unit).await?;
        let seen = view.sees_fully(evidence);
        if !seen && !view.allows(Permission::PrepareDossier) {
            return Err(missing());
        }
        let key = Revision::key_of(evidence, revision);
        let found = self
            .reader()
            .require::<Revision>(&streams::dossier(round, unit), &key, "file")
            .await?;
        found.files.get(index as usize).cloned().ok_or_else(missing)
    }

    /// Whether the viewer may upload files into any dossier at all.
    pub async fn may_upload(&self) -> Result<(), Error> {
        self.signed_in()?;
        let viewer = self.viewer().await?.ok_or(Error::Unauthenticated)?;
        match viewer.grants_of(Permission::PrepareDossier, self.today()?).next() {
            Some(_) => Ok(()),
            None => Err(Error::Forbidden),
        }
    }
}

/// Whether any revision of any dossier refers to a file; old revisions count.
pub async fn is_referenced(app: &super::App, sha256: &str) -> Result<bool, Error> {
    let query = FileUse::query().filter(file_use_fields::SHA256.equal(sha256)).limit(1);
    Ok(!Reader::new(app, &*app.store).page(&query).await?.items.is_empty())
}

/// Whether the dossier as it stands is the published one: the newest publication's line rests on its last entry.
/// A dossier that is reopened for a correction is not public until it is published again; the others stay public.
async fn is_published(read: &Reader<'_>, round: &str, unit: &str, dossier: &StreamId) -> Result<bool, Error> {
    let stream = streams::round(round);
    let Some(found) = read.get::<Round>(&stream, round).await? else {
        return Ok(false);
    };
    let Some(version) = found.published_version else {
        return Ok(false);
    };
    let Some(row) = read
        .get::<RankingRow>(&stream, &RankingRow::key_of(version, unit))
        .await?
    else {
        return Ok(false);
    };
    let head = read.head(dossier).await?;
    Ok(head.is_some_and(|head| head.number == row.sealed_entry && head.hash.to_string() == row.sealed_hash))
}

/// By what progress is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressBy {
    Unit,
    Field,
    Group,
    /// The appraising department.
    Appraiser,
}

impl ProgressBy {
    fn column(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Field => "field",
            Self::Group => "unit_group",
            Self::Appraiser => "scope",
        }
    }
}

/// Leaves by state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgressRow {
    pub key: String,
    pub states: BTreeMap<AssessmentState, u64>,
}

/// Pages through a query until so many visible documents are found; bounded by the round's size.
pub(super) async fn fill<D: Document>(
    read: &Reader<'_>,
    mut query: TypedQuery<D>,
    limit: usize,
    visible: impl Fn(&Versioned<D>) -> bool,
) -> Result<TypedPage<D>, Error> {
    let mut items = Vec::new();
    loop {
        let page = read.page(&query).await?;
        query.query.after = page.items.last().map(|(_, cursor)| cursor.clone());
        for (item, cursor) in page.items {
            if visible(&item) {
                if items.len() == limit {
                    return Ok(TypedPage { items, more: true });
                }
                items.push((item, cursor));
            }
        }
        if !page.more {
            return Ok(TypedPage { items, more: false });
        }
    }
}

/// The ledgers of a node, if the sheet has it.
pub fn node_ledgers<'a>(view: &'a DossierView, node: &str) -> Option<&'a Ledgers> {
    view.sheets.get(node).map(|sheet| &sheet.ledgers)
}
