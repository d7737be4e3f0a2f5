//! What a viewer's grants cover of a round, as queries: the queue, its counts and progress are cut by the same regions.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::Session;
use super::documents::{dossier_fields, queue_fields, streams};
use super::error::Error;
use super::reader::{Reader, TypedPage};
use super::remembered::Remembered;
use crate::domain::assessment::QueueItem;
use crate::domain::assignment::{Exceptions, LeafPlace, Outline, Participant, Piece, Region, exceptions, regions};
use crate::domain::dossier::Dossier;
use crate::domain::policy::{Permission, Viewer};
use crate::domain::registry::Grant;
use crate::domain::round::{Round, RoundPhase};
use crate::store::typed::TypedQuery;
use crate::store::{Cursor, Direction, Document, Field, FieldValue};

/// Sets of grants whose regions are remembered for a round: more than appraisers at work in a province.
const REMEMBERED_GRANTS: usize = 1024;

/// Outlines of rounds; fixed once every dossier is there, and there are a few per year.
#[derive(Default)]
pub struct Outlines {
    known: Mutex<HashMap<String, Arc<Drawn>>>,
}

/// An outline, with the regions that were asked of it: they follow from the grants alone.
struct Drawn {
    outline: Outline,
    regions: Remembered<Vec<Grant>, Arc<[Region]>>,
}

impl Drawn {
    fn new(outline: Outline) -> Self {
        Self {
            outline,
            regions: Remembered::new(REMEMBERED_GRANTS),
        }
    }

    fn regions(&self, grants: &[&Grant]) -> Arc<[Region]> {
        let key: Vec<Grant> = grants.iter().copied().cloned().collect();
        if let Some(known) = self.regions.get(&key) {
            return known;
        }
        let found: Arc<[Region]> = regions(grants, &self.outline).into();
        self.regions.keep(key, Arc::clone(&found));
        found
    }
}

impl Reader<'_> {
    /// The leaves of a round's frameworks and the units that take part.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such round.
    async fn outline(&self, round: &str) -> Result<Arc<Drawn>, Error> {
        let outlines = &self.app().outlines.known;
        if let Some(outline) = outlines.lock().unwrap_or_else(PoisonError::into_inner).get(round) {
            return Ok(Arc::clone(outline));
        }
        let found = self.require::<Round>(&streams::round(round), round, "round").await;
        let found = found.map_err(|error| error.about("round"))?;
        let mut outline = Outline::default();
        for (unit_type, reference) in &found.frameworks {
            let framework = self.framework_of(reference).await?;
            outline.leaves.extend(framework.leaves().map(|(node, leaf)| LeafPlace {
                unit_type: unit_type.clone(),
                criterion: node.code.clone(),
                department: leaf.appraiser.clone(),
            }));
        }
        outline.units = self.participants(round).await?;
        let outline = Arc::new(Drawn::new(outline));
        if found.phase != RoundPhase::Opening {
            let mut known = outlines.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(round.to_owned(), Arc::clone(&outline));
        }
        Ok(outline)
    }
}

impl Reader<'_> {
    /// The units that take part in a round, by code.
    pub(super) async fn participants(&self, round: &str) -> Result<Vec<Participant>, Error> {
        let dossiers = Dossier::query()
            .filter(dossier_fields::ROUND.equal(round))
            .order(&dossier_fields::UNIT, Direction::Ascending);
        let dossiers = self.every(dossiers).await?.into_iter().map(|dossier| dossier.value);
        let participants = dossiers.map(|dossier| Participant {
            unit: dossier.unit,
            path: dossier.unit_path,
            unit_type: dossier.unit_type,
        });
        Ok(participants.collect())
    }
}

/// The leaves of a round that a viewer's grants of a permission cover.
pub(super) struct Assignment {
    round: String,
    regions: Arc<[Region]>,
    /// What is left out of it.
    without: Exceptions,
}

impl Session {
    /// What the viewer may do something with.
    pub(super) async fn assignment(
        &self,
        viewer: &Viewer,
        permission: Permission,
        round: &str,
    ) -> Result<Assignment, Error> {
        let outline = self.reader().outline(round).await?;
        let grants: Vec<&Grant> = viewer.grants_of(permission, self.today()?).collect();
        // A conflict of interest is one of judging: what one may see and count is not cut by it.
        let without = match permission {
            Permission::Review | Permission::Reconcile => exceptions(viewer, round, &outline.outline),
            _ => Exceptions::default(),
        };
        Ok(Assignment {
            round: round.to_owned(),
            regions: outline.regions(&grants),
            without,
        })
    }
}

impl Assignment {
    /// One query per region, and one more for each dossier of which only some leaves are left out; what they find is
    /// disjoint.
    pub(super) fn queries(&self) -> Vec<TypedQuery<QueueItem>> {
        let pieces = self.regions.iter().flat_map(|region| region.without(&self.without));
        pieces.map(|piece| self.query(&piece)).collect()
    }

    fn query(&self, piece: &Piece<'_>) -> TypedQuery<QueueItem> {
        let region = piece.region;
        let mut query = QueueItem::query()
            .filter(queue_fields::ROUND.equal(self.round.as_str()))
            .filter(queue_fields::SCOPE.one_of(region.scopes.iter().cloned()));
        let limits: [(Field<QueueItem>, &Option<BTreeSet<String>>); 3] = [
            (queue_fields::UNIT_TYPE, &region.unit_types),
            (queue_fields::CRITERION, &region.criteria),
            (queue_fields::UNIT, &region.units),
        ];
        for (field, limit) in limits {
            if let Some(values) = limit {
                query = query.filter(field.one_of(values.iter().cloned()));
            }
        }
        if let Some(unit) = piece.unit {
            query = query.filter(queue_fields::UNIT.equal(unit));
        }
        if !piece.without_units.is_empty() {
            query = query.filter(queue_fields::UNIT.none_of(piece.without_units.iter().copied()));
        }
        if let Some(leaves) = piece.without_criteria {
            query = query.filter(queue_fields::CRITERION.none_of(leaves.iter().cloned()));
        }
        query
    }
}

impl Reader<'_> {
    /// One page of the queue, of what several disjoint queries with the same order and limit find together.
    pub(super) async fn queue_page(
        &self,
        queries: Vec<TypedQuery<QueueItem>>,
    ) -> Result<TypedPage<Arc<QueueItem>>, Error> {
        let Some(first) = queries.first().map(|query| &query.query) else {
            return Ok(TypedPage {
                items: Vec::new(),
                more: false,
            });
        };
        let (mut items, mut more) = (Vec::new(), false);
        for query in &queries {
            let page = self.page_of_known(query).await?;
            more |= page.more;
            items.extend(page.items);
        }
        if queries.len() > 1 {
            let place = |cursor: &Cursor| (cursor.value.clone(), cursor.stream.clone(), cursor.id.clone());
            items.sort_by_cached_key(|(_, cursor)| place(cursor));
            if first.direction() == Direction::Descending {
                items.reverse();
            }
        }
        more |= items.len() > first.limit;
        if first.backwards {
            items.drain(..items.len().saturating_sub(first.limit));
        }
        items.truncate(first.limit);
        Ok(TypedPage { items, more })
    }

    /// How many documents several disjoint queries find together.
    pub(super) async fn count_all<D: Document>(&self, queries: &[TypedQuery<D>]) -> Result<u64, Error> {
        let mut sum = 0;
        for query in queries {
            sum += self.count(query).await?;
        }
        Ok(sum)
    }

    /// The same, for each value of a field.
    pub(super) async fn count_all_by<D: Document>(
        &self,
        queries: &[TypedQuery<D>],
        field: &'static str,
    ) -> Result<Vec<(FieldValue, u64)>, Error> {
        let mut sums = std::collections::BTreeMap::new();
        for query in queries {
            for (value, count) in self.count_by(query, field).await? {
                *sums.entry(value).or_insert(0) += count;
            }
        }
        Ok(sums.into_iter().collect())
    }
}
