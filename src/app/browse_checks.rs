//! The checks of a dossier as one viewer sees it: before it is submitted, and again for whoever appraises it.
//!
//! The rules see the leaves that the viewer sees fully and nothing else of the dossier. Of other dossiers they see documents
//! that have the same number or file, and of those only the ones in use for a leaf that the viewer sees fully, too: what is
//! found tells nobody anything that could not be looked up. A dossier as of an instant is compared with no other one,
//! because those stand as of now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Session;
use super::browse::{DossierView, Sight};
use super::desk::{dossier_owner, leaf_owner};
use super::documents::{dossier_fields, file_use_fields, link_fields, revision_fields, streams};
use super::error::Error;
use super::gate::{authorize, date_in, sees};
use super::keep_evidence::MAX_LINKS;
use super::reader::{Reader, typed};
use crate::domain::checks::{CheckFinding, Checked, Elsewhere, Issuers, OtherDocument, check};
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, EvidenceState, FileUse, Link, OfficialHeader, Revision};
use crate::domain::framework::Method;
use crate::domain::policy::{Permission, Viewer};
use crate::domain::registry::Unit;
use crate::domain::score::LeafFacts;
use crate::store::typed::{TypedQuery, Versioned};
use crate::store::{Direction, Document, Field, StreamId};

/// Most uses of one number or file in other dossiers that are looked at: enough to see that it is used elsewhere. One
/// decision for all communes is used in hundreds.
const MAX_USES: usize = 50;
/// Most other dossiers that the documents of one are compared with, besides all those of the same unit.
const MAX_DOSSIERS: usize = 50;
/// Most dossiers of which it is looked at whether the viewer may see them (500): every unit of a province.
const MAX_LOOKED_AT: usize = 500;
/// Most earlier and later dossiers of the same unit: a round each year for as long as files are kept (20 years), and more.
const MAX_OWN_DOSSIERS: usize = 50;
/// Numbers or files of one question.
const KEYS_AT_ONCE: usize = 64;
/// Uses of one page of an answer.
const USES_AT_ONCE: usize = 200;

/// A document of another dossier in one revision that has a number or file of this one.
type Use = (StreamId, String, u32);

impl DossierView {
    /// The leaves that the checks look at: those that are appraised and that the viewer sees fully, in the framework's order.
    fn checked_leaves(&self) -> Result<Vec<LeafFacts<'_>>, Error> {
        let leaves = self.desk.framework.leaves();
        let seen =
            leaves.filter(|(node, leaf)| leaf.method == Method::Appraised && self.sight(&node.code) == Sight::Full);
        seen.map(|(node, _)| self.desk.facts(&node.code)).collect()
    }
}

impl Session {
    /// What the checks find in the leaves that the viewer sees fully; computed once per request.
    pub async fn checks(&self, view: &DossierView) -> Result<Arc<[CheckFinding]>, Error> {
        let findings = || async { self.find(view).await.map(Arc::from) };
        view.checks.get_or_try_init(findings).await.cloned()
    }

    async fn find(&self, view: &DossierView) -> Result<Vec<CheckFinding>, Error> {
        let leaves = view.checked_leaves()?;
        let (Some(viewer), false) = (self.viewer().await?, leaves.is_empty()) else {
            return Ok(Vec::new());
        };
        let dossier = &view.desk.dossier;
        let issuers = self.reader().issuers().await?;
        // Who sees one unit alone is compared with that unit alone: not even the time that it takes depends on others.
        let today = self.today()?;
        let mut grants = viewer.grants_of(Permission::ViewDossier, today);
        let sees_others =
            grants.any(|grant| grant.unit.as_ref() != Some(&dossier.unit)) || issuers.has_below(&dossier.unit);
        let elsewhere = match view.moment() {
            None => self.elsewhere(&viewer, dossier, &leaves, sees_others).await?,
            Some(_) => Vec::new(),
        };
        Ok(check(&Checked {
            round: &dossier.round,
            unit: &dossier.unit,
            unit_path: &dossier.unit_path,
            year: dossier.year,
            deadline: dossier.deadline.as_ref().map(|deadline| deadline.day),
            today: date_in(self.app.clock.now(), &dossier.time_zone)?,
            issuers: &issuers,
            leaves: &leaves,
            elsewhere: &elsewhere,
        }))
    }

    /// Documents of other dossiers that have a number or file of these leaves' documents, as far as the viewer sees them.
    async fn elsewhere(
        &self,
        viewer: &Viewer,
        dossier: &Versioned<Dossier>,
        leaves: &[LeafFacts<'_>],
        sees_others: bool,
    ) -> Result<Vec<Elsewhere>, Error> {
        let documents = leaves
            .iter()
            .flat_map(|leaf| leaf.links)
            .filter(|facts| facts.is_active());
        let (mut numbers, mut blobs) = (BTreeSet::new(), BTreeSet::new());
        for facts in documents {
            numbers.extend(facts.revision.header.as_ref().map(OfficialHeader::number_key));
            blobs.extend(facts.revision.blobs().into_iter().map(str::to_owned));
        }
        let read = self.reader();
        let own = read.other_dossiers_of(dossier).await?;
        // Those of the unit are looked for one by one: however many others have the same, they are found.
        let mut uses: Vec<Use> = Vec::new();
        let everywhere = sees_others.then_some(None);
        for place in own.iter().map(Some).chain(everywhere) {
            uses.extend(read.uses(&dossier.stream, place, &numbers, &blobs).await?);
        }
        let dossiers = self.reached(viewer, &read, &own, &uses).await?;
        // A document may be used by its number and by its files.
        let uses: BTreeSet<Use> = uses
            .into_iter()
            .filter(|(stream, _, _)| dossiers.contains_key(stream))
            .collect();
        self.seen(viewer, &read, &dossiers, uses.into_iter().collect()).await
    }

    /// The dossiers of these uses that the viewer may look into at all, those of the unit first.
    async fn reached(
        &self,
        viewer: &Viewer,
        read: &Reader<'_>,
        own: &[StreamId],
        uses: &[Use],
    ) -> Result<BTreeMap<StreamId, Versioned<Dossier>>, Error> {
        let used: BTreeSet<&StreamId> = uses.iter().map(|(stream, _, _)| stream).collect();
        let (mine, others): (Vec<&StreamId>, Vec<&StreamId>) = used.into_iter().partition(|one| own.contains(one));
        let keys: Vec<_> = mine
            .iter()
            .chain(others.iter().take(MAX_LOOKED_AT))
            .map(|stream| <Dossier as Document>::key(stream, stream.key()))
            .collect();
        let found = typed::<Dossier>(read.get_mixed(&keys).await?)?;
        let today = self.today()?;
        let reached = found
            .into_iter()
            .flatten()
            .filter(|dossier| sees(viewer, &dossier_owner(dossier), today))
            .take(mine.len() + MAX_DOSSIERS);
        Ok(reached.map(|dossier| (dossier.stream.clone(), dossier)).collect())
    }

    /// Those of the documents that are in use in this revision for a leaf that the viewer sees fully.
    async fn seen(
        &self,
        viewer: &Viewer,
        read: &Reader<'_>,
        dossiers: &BTreeMap<StreamId, Versioned<Dossier>>,
        uses: Vec<Use>,
    ) -> Result<Vec<Elsewhere>, Error> {
        if uses.is_empty() {
            return Ok(Vec::new());
        }
        let heads: Vec<_> = uses
            .iter()
            .map(|(stream, id, _)| Evidence::key(stream, id.clone()))
            .collect();
        let heads = typed::<Evidence>(read.get_mixed(&heads).await?)?;
        let current = uses.into_iter().zip(heads).filter_map(|((stream, id, number), head)| {
            let head = head?.value;
            let stands = head.state == EvidenceState::Active && head.revision == number;
            stands.then_some((stream, id, head))
        });
        let current: Vec<(StreamId, String, Evidence)> = current.collect();
        let ids: BTreeSet<String> = current.iter().map(|(_, id, _)| id.clone()).collect();
        let links = read
            .having(Link::query(), &link_fields::EVIDENCE, &ids, MAX_LINKS, |_| true)
            .await?;
        let today = self.today()?;
        let mut visible: BTreeSet<(StreamId, String)> = BTreeSet::new();
        for link in links.iter().filter(|link| !link.unlinked) {
            let Some(dossier) = dossiers.get(&link.stream) else {
                continue;
            };
            let framework = read.framework_of(&dossier.framework).await?;
            let Some((_, leaf)) = framework.leaf(&link.criterion) else {
                continue;
            };
            let owner = leaf_owner(dossier, &link.criterion, &leaf.appraiser);
            if authorize(viewer, Permission::ViewDossier, &[owner], today).is_ok() {
                visible.insert((link.stream.clone(), link.evidence.clone()));
            }
        }
        let current: Vec<_> = current
            .into_iter()
            .filter(|(stream, id, _)| visible.contains(&(stream.clone(), id.clone())))
            .collect();
        let keys: Vec<_> = current
            .iter()
            .map(|(stream, id, head)| Revision::key(stream, Revision::key_of(id, head.revision)))
            .collect();
        let revisions = typed::<Revision>(read.get_mixed(&keys).await?)?;
        let elsewhere = current
            .into_iter()
            .zip(revisions)
            .filter_map(|((stream, _, head), revision)| {
                let (revision, dossier) = (revision?, dossiers.get(&stream)?);
                let document = OtherDocument {
                    round: dossier.round.clone(),
                    unit: dossier.unit.clone(),
                    evidence: head.id.clone(),
                    label: revision.label(&head).to_owned(),
                };
                Some(Elsewhere::of(document, &revision))
            });
        Ok(elsewhere.collect())
    }
}

impl Reader<'_> {
    /// The units of the register as issuers of documents.
    async fn issuers(&self) -> Result<Arc<Issuers>, Error> {
        let stream = streams::units();
        let Some(head) = self.head(&stream).await? else {
            return Ok(Arc::default());
        };
        let known = &self.app().issuers;
        if let Some(issuers) = known.get(&head.hash) {
            return Ok(issuers);
        }
        let units = self.all::<Unit>(&stream).await?;
        let issuers = Arc::new(Issuers::of(units.iter().map(|unit| &unit.value)));
        // Outside a snapshot another entry may have come in between.
        if self.head(&stream).await?.is_some_and(|again| again.hash == head.hash) {
            known.keep(head.hash, Arc::clone(&issuers));
        }
        Ok(issuers)
    }

    /// The unit's dossiers of other rounds.
    async fn other_dossiers_of(&self, dossier: &Versioned<Dossier>) -> Result<Vec<StreamId>, Error> {
        let query = Dossier::query()
            .filter(dossier_fields::UNIT.equal(dossier.unit.as_str()))
            .limit(MAX_OWN_DOSSIERS);
        let found = self.page(&query).await?.items.into_iter();
        let others = found
            .map(|(one, _)| one.stream)
            .filter(|stream| *stream != dossier.stream);
        Ok(others.collect())
    }

    /// The uses of numbers and files in one other dossier, or in any of them.
    async fn uses(
        &self,
        own: &StreamId,
        place: Option<&StreamId>,
        numbers: &BTreeSet<String>,
        blobs: &BTreeSet<String>,
    ) -> Result<Vec<Use>, Error> {
        let revisions = place.map_or_else(Revision::query, |stream| Revision::query().in_stream(stream));
        let foreign = |revision: &Versioned<Revision>| revision.stream != *own;
        let revisions = self
            .having(revisions, &revision_fields::OFFICIAL_NUMBER, numbers, MAX_USES, foreign)
            .await?;
        let files = place.map_or_else(FileUse::query, |stream| FileUse::query().in_stream(stream));
        // What the round itself keeps is nobody's evidence.
        let foreign = |usage: &Versioned<FileUse>| usage.stream != *own && usage.unit.is_some();
        let files = self
            .having(files, &file_use_fields::SHA256, blobs, MAX_USES, foreign)
            .await?;
        let revisions = revisions
            .into_iter()
            .map(|one| (one.stream, one.value.evidence, one.value.number));
        let files = files
            .into_iter()
            .map(|one| (one.stream, one.value.evidence, one.value.revision));
        Ok(revisions.chain(files).collect())
    }

    /// Documents whose field has one of these values, of each value so many that are wanted: an index range per value.
    async fn having<D: Document>(
        &self,
        query: TypedQuery<D>,
        field: &Field<D>,
        values: &BTreeSet<String>,
        most: usize,
        wanted: impl Fn(&Versioned<D>) -> bool,
    ) -> Result<Vec<Versioned<D>>, Error> {
        let values: Vec<&String> = values.iter().collect();
        let mut found = Vec::new();
        for chunk in values.chunks(KEYS_AT_ONCE) {
            let mut left = chunk;
            let mut counted: BTreeMap<String, usize> = BTreeMap::new();
            let mut after = None;
            while !left.is_empty() {
                let mut page = query
                    .clone()
                    .filter(field.one_of(left.iter().map(|value| value.as_str())));
                page = page.order(field, Direction::Ascending).limit(USES_AT_ONCE);
                page.query.after = after.take();
                let page = self.page(&page).await?;
                let mut newest = String::new();
                after = page.items.last().map(|(_, cursor)| cursor.clone());
                for (document, cursor) in page.items {
                    newest = cursor.value.as_text().unwrap_or_default().to_owned();
                    let count = counted.entry(newest.clone()).or_default();
                    if *count < most && wanted(&document) {
                        *count += 1;
                        found.push(document);
                    }
                }
                if !page.more {
                    break;
                }
                // Of a value that is used everywhere enough is known: the page begins again behind it.
                if counted.get(&newest).is_some_and(|count| *count >= most) {
                    left = &left[left.partition_point(|value| **value <= newest)..];
                    after = None;
                }
            }
        }
        Ok(found)
    }
}
