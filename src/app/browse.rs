//! Reading: what a viewer may see of dossiers, rounds and the register.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::desk::{Desk, dossier_owner};
use super::documents::{file_use_fields, review_fields, round_fields, streams};
use super::error::Error;
use super::gate::{GRANT_TIME_ZONE, Owner, authorize, date_in, sees};
use super::jobs::Job;
use super::reader::{Reader, TypedPage};
use super::replay::Replay;
use super::{App, Session};
use crate::blob::References;
use crate::domain::assessment::{Assessment, Ledgers, QueueItem, Review};
use crate::domain::checks::CheckFinding;
use crate::domain::conflict::Conflict;
use crate::domain::dossier::Dossier;
use crate::domain::evidence::FileUse;
use crate::domain::exact::Exact;
use crate::domain::framework::Framework;
use crate::domain::policy::{Denied, Permission, Viewer};
use crate::domain::registry::{Unit, is_within};
use crate::domain::rejection::Rejection;
use crate::domain::round::{RankingRow, Round, Veil};
use crate::domain::sheet::SheetNode;
use crate::domain::tally::Sums;
use crate::domain::text::Text;
use crate::store::entry::ListedDocument;
use crate::store::typed::{TypedQuery, Versioned};
use crate::store::{Direction, Document, StreamId, Window};

/// How much of a leaf a viewer sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    Nothing,
    /// Points, inputs and explanations; numbers and titles of evidence; no files, people or comments.
    Scores,
    /// Everything.
    Full,
}

impl Sums for DossierView {
    fn late_points(&self) -> Option<&Exact> {
        self.desk.dossier.late_points()
    }

    fn ledgers(&self, node: &str) -> Option<&Ledgers> {
        let leaf = || self.leaf(node).map(|leaf| &leaf.ledgers);
        self.sheets.get(node).map(|sheet| &sheet.ledgers).or_else(leaf)
    }

    fn leaf(&self, code: &str) -> Option<&Assessment> {
        self.desk.leaves.get(code).map(|leaf| &leaf.assessment.value)
    }
}

/// A dossier as one viewer sees it.
pub struct DossierView {
    pub desk: Desk,
    pub sheets: BTreeMap<String, SheetNode>,
    /// The earlier moment that is shown; none for the dossier as it stands.
    pub(super) earlier: Option<Arc<Replay>>,
    pub(super) viewer: Option<Viewer>,
    pub(super) published: bool,
    /// What is hidden from the viewer, if the dossier is of the own unit.
    pub(super) veil: Veil,
    /// What the unit is asked to explain, by leaf, where the rest of the finding is hidden.
    pub(super) asked: BTreeMap<String, String>,
    pub(super) today: jiff::civil::Date,
    /// What the checks find, once somebody has asked.
    pub(super) checks: OnceCell<Arc<[CheckFinding]>>,
}

impl DossierView {
    /// Number of the entry that an earlier moment ends with; none for the dossier as it stands.
    pub fn moment(&self) -> Option<u64> {
        self.earlier.as_ref().map(|replay| replay.last().number)
    }

    /// Documents that cannot be shown because their bodies of that moment were redacted.
    pub fn redacted(&self) -> &[ListedDocument] {
        self.earlier.as_ref().map_or(&[], |replay| replay.redacted())
    }

    /// How much of a leaf the viewer sees.
    pub fn sight(&self, criterion: &str) -> Sight {
        let allowed = |permission| self.authorizes(permission, self.desk.leaf_owner(criterion));
        if allowed(Permission::ViewDossier) {
            Sight::Full
        } else if self.published || allowed(Permission::ViewScores) {
            Sight::Scores
        } else {
            Sight::Nothing
        }
    }

    /// The conflict of interest that alone keeps the viewer from judging a leaf, if there is one.
    pub fn conflict(&self, criterion: &str) -> Option<Conflict> {
        let viewer = self.viewer.as_ref()?;
        let owner = self.desk.leaf_owner(criterion);
        match viewer.authorize(Permission::Review, owner.resource(), self.today) {
            Err(Denied::Conflict(conflict)) => Some(conflict),
            Ok(_) | Err(Denied::NotFound | Denied::Forbidden) => None,
        }
    }

    /// Whether the viewer may do something with the dossier as a whole.
    pub fn allows(&self, permission: Permission) -> bool {
        self.authorizes(permission, self.desk.owner())
    }

    /// Whether the viewer may do something with some leaf.
    pub fn allows_in_part(&self, permission: Permission) -> bool {
        let mut leaves = self.desk.leaves.keys();
        leaves.any(|criterion| self.authorizes(permission, self.desk.leaf_owner(criterion)))
    }

    fn authorizes(&self, permission: Permission, owner: Owner) -> bool {
        self.viewer
            .as_ref()
            .is_some_and(|viewer| authorize(viewer, permission, &[owner], self.today).is_ok())
    }

    /// Whether the viewer sees every leaf below a node, or every leaf of the dossier: only then its total, because a
    /// sum tells what was added.
    pub fn sees_total(&self, node: Option<&str>) -> bool {
        let framework = &self.desk.framework;
        let below = |code: &str| node.is_none_or(|node| is_within(code, node));
        framework
            .leaves()
            .filter(|(leaf, _)| below(&leaf.code))
            .all(|(leaf, _)| self.sight(&leaf.code) > Sight::Nothing)
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

impl Session {
    pub(super) fn today(&self) -> Result<jiff::civil::Date, Error> {
        date_in(self.app.clock.now(), GRANT_TIME_ZONE)
    }

    /// Checks a permission for the system as a whole.
    pub async fn check(&self, permission: Permission) -> Result<Viewer, Error> {
        let viewer = self.account().await?;
        authorize(&viewer, permission, &[Owner::System], self.today()?)?;
        Ok(viewer)
    }

    /// Whether the viewer has a permission for the system as a whole.
    pub(super) async fn may(&self, permission: Permission) -> Result<bool, Error> {
        let today = self.today()?;
        let viewer = self.viewer().await?;
        Ok(viewer.is_some_and(|viewer| authorize(&viewer, permission, &[Owner::System], today).is_ok()))
    }

    /// Whether the viewer runs rounds.
    pub async fn runs_rounds(&self) -> Result<bool, Error> {
        self.may(Permission::RunRound).await
    }

    /// Reads what a view shows: the newest state, or that of its instant.
    pub(super) fn reader_of<'a>(&'a self, view: &'a DossierView) -> Reader<'a> {
        match &view.earlier {
            Some(replay) => Reader::new(&self.app, &**replay),
            None => self.reader(),
        }
    }

    /// A dossier, if the viewer may see it: by right, or because it is published.
    pub async fn dossier(&self, round: &str, unit: &str) -> Result<DossierView, Error> {
        self.dossier_as_of(round, unit, None).await
    }

    /// The same as of an instant. The rights are those of now, and published is what the newest publication rests on: an
    /// earlier state has never been public.
    pub(super) async fn dossier_as_of(
        &self,
        round: &str,
        unit: &str,
        as_of: Option<Timestamp>,
    ) -> Result<DossierView, Error> {
        let viewer = self.viewer().await?;
        let stream = streams::dossier(round, unit);
        let today = self.today()?;
        let reached = |dossier: &Dossier| {
            let viewer = viewer.as_ref();
            viewer.is_some_and(|viewer| sees(viewer, &dossier_owner(dossier), today))
        };
        let earlier = match as_of {
            Some(at) => Some(Arc::new(self.earlier(round, &stream, at, &reached).await?)),
            None => None,
        };
        // One snapshot: totals and leaves of the same moment.
        let snapshot;
        let read = match &earlier {
            Some(replay) => Reader::new(&self.app, &**replay),
            None => {
                snapshot = self.app.store.snapshot(std::slice::from_ref(&stream)).await?;
                Reader::new(&self.app, &*snapshot)
            }
        };
        let published = is_published(&read, round, unit, &stream).await?;
        let head = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        if !reached(&head) && !published {
            return Err(Error::NotFound { what: "dossier" });
        }
        let desk = Desk::load(&read, &stream, None).await?;
        let sheets = read.all::<SheetNode>(&stream).await?;
        let sheets = sheets.into_iter().map(|node| (node.node.clone(), node.value)).collect();
        let mut view = DossierView {
            desk,
            sheets,
            earlier,
            viewer,
            published,
            veil: Veil::default(),
            asked: BTreeMap::new(),
            today,
            checks: OnceCell::new(),
        };
        view.put_on_veil();
        if view.visible().is_empty() {
            return Err(Error::NotFound { what: "dossier" });
        }
        Ok(view)
    }

    /// A dossier's stream as of an instant; who is not to know of the dossier has nothing replayed.
    async fn earlier(
        &self,
        round: &str,
        stream: &StreamId,
        at: Timestamp,
        reached: &(dyn Fn(&Dossier) -> bool + Sync),
    ) -> Result<Replay, Error> {
        const MISSING: Error = Error::NotFound { what: "dossier" };
        if at > self.app.clock.now() {
            return Err(Error::invalid(
                "asOf",
                "Thời điểm này chưa đến; hãy bỏ asOf để xem hiện tại.",
                "That instant is still to come; leave asOf out to see the present.",
            ));
        }
        // Closed again before the replay is read: reading other streams takes a connection of its own.
        let snapshot = self.app.store.snapshot(std::slice::from_ref(stream)).await?;
        let current = Reader::new(&self.app, &*snapshot);
        let head = current.require::<Dossier>(stream, stream.key(), "dossier").await?;
        if !reached(&head) && !has_results(&current, round).await? {
            return Err(MISSING);
        }
        let replay = Replay::as_of(&self.app.store, &*snapshot, stream, at).await?;
        let replay = replay.ok_or(MISSING)?;
        // Without these a dossier cannot be shown; without any other document it can be shown without that.
        let framing = [Dossier::COLLECTION, Assessment::COLLECTION, QueueItem::COLLECTION];
        let lost = replay
            .redacted()
            .iter()
            .find(|one| framing.iter().any(|needed| needed.name == one.collection));
        match lost {
            None => Ok(replay),
            Some(document) => {
                let part = match document.collection == Dossier::COLLECTION.name {
                    true => Text::new("hồ sơ", "the dossier"),
                    // Leaves and their places in the queue have the leaf's code as their id.
                    false => Text::new(
                        format!("tiêu chí {}", document.id),
                        format!("criterion {}", document.id),
                    ),
                };
                Err(Rejection::Redacted { part }.into())
            }
        }
    }

    /// Reviews of a leaf, oldest first; none for those who do not see the leaf fully.
    pub async fn reviews(&self, view: &DossierView, criterion: &str) -> Result<Vec<Review>, Error> {
        if view.sight(criterion) != Sight::Full {
            return Ok(Vec::new());
        }
        let query = Review::query()
            .in_stream(&view.desk.dossier.stream)
            .filter(review_fields::CRITERION.equal(criterion));
        let reviews = self.reader_of(view).every(query).await?;
        let mut reviews: Vec<_> = reviews.into_iter().filter(|review| view.shows(review)).collect();
        reviews.sort_by_key(|review| review.version);
        Ok(reviews.into_iter().map(|review| review.value).collect())
    }

    /// A review by its id, for those who see its leaf fully.
    pub async fn review_by_id(&self, view: &DossierView, id: &str) -> Result<Review, Error> {
        let stream = &view.desk.dossier.stream;
        let review = self
            .reader_of(view)
            .require::<Review>(stream, id, "review")
            .await?
            .value;
        match view.sight(&review.criterion) {
            Sight::Full if view.shows(&review) => Ok(review),
            Sight::Full | Sight::Scores | Sight::Nothing => Err(Error::NotFound { what: "review" }),
        }
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
    pub async fn units(&self, window: &Window) -> Result<TypedPage<Unit>, Error> {
        let query = Unit::query().in_stream(&streams::units()).window(window);
        self.reader().page(&query).await
    }

    /// Rounds, the newest year first; that a round is under way is public.
    pub async fn rounds(&self, window: &Window) -> Result<TypedPage<Round>, Error> {
        let query = Round::query().order(&round_fields::YEAR, Direction::Descending);
        self.reader().page(&query.window(window)).await
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
}

impl Session {
    /// Whether the viewer may upload files at all: into some dossier, papers of a round, or surveys.
    pub async fn may_upload(&self) -> Result<(), Error> {
        for permission in [Permission::Publish, Permission::RecordSurvey] {
            match self.holder_of(permission).await {
                Err(Error::Forbidden { .. }) => {}
                other => return other.map(drop),
            }
        }
        self.holder_of(Permission::PrepareDossier).await.map(drop)
    }
}

#[async_trait]
impl References for App {
    /// Whether any revision of any dossier refers to the bytes; old revisions count.
    async fn referenced(&self, sha256: &str) -> Result<bool, crate::blob::BoxError> {
        let query = FileUse::query().filter(file_use_fields::SHA256.equal(sha256)).limit(1);
        Ok(!Reader::new(self, &*self.store).page(&query).await?.items.is_empty())
    }
}

/// Whether the round has published anything at all.
async fn has_results(read: &Reader<'_>, round: &str) -> Result<bool, Error> {
    let found = read.get::<Round>(&streams::round(round), round).await?;
    Ok(found.is_some_and(|round| round.published_version.is_some()))
}

/// Whether the dossier as it stands is the published one: the newest publication's line rests on its last entry.
/// A dossier that is reopened for a correction is not public until it is published again; the others stay public.
pub(super) async fn is_published(
    read: &Reader<'_>,
    round: &str,
    unit: &str,
    dossier: &StreamId,
) -> Result<bool, Error> {
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

/// Pages through a query, from the end that its page is taken from, until a page of visible documents is found; bounded by
/// the round's size.
pub(super) async fn fill<D: Document>(
    read: &Reader<'_>,
    mut query: TypedQuery<D>,
    visible: impl Fn(&Versioned<D>) -> bool,
) -> Result<TypedPage<D>, Error> {
    let (mut items, mut more) = (Vec::new(), true);
    while more && items.len() <= query.query.limit {
        let mut page = read.page(&query).await?;
        more = page.more;
        if query.query.backwards {
            page.items.reverse();
        }
        let far_end = page.items.last().map(|(_, cursor)| cursor.clone());
        match query.query.backwards {
            true => query.query.before = far_end,
            false => query.query.after = far_end,
        }
        items.extend(page.items.into_iter().filter(|(item, _)| visible(item)));
    }
    let more = items.len() > query.query.limit;
    items.truncate(query.query.limit);
    if query.query.backwards {
        items.reverse();
    }
    Ok(TypedPage { items, more })
}
