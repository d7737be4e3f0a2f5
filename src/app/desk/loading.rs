//! Reading leaves onto the desk, in as few ways to the store as what is read first allows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Desk, DeskLeaf, check_criteria, check_known};
use crate::app::documents::link_fields;
use crate::app::error::Error;
use crate::app::gate::{Command, Loaded};
use crate::app::reader::{Reader, typed};
use crate::app::review_many::MAX_REVIEWS;
use crate::app::row_sets::rows_of;
use crate::domain::assessment::{Assessment, QueueItem};
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, Link, Revision};
use crate::domain::framework::{Framework, Method};
use crate::domain::rows::Row;
use crate::domain::score::LinkFacts;
use crate::domain::sheet::{SheetNode, nodes_above};
use crate::domain::survey::SurveyValue;
use crate::store::typed::{TypedQuery, Versioned};
use crate::store::{Document, Key, StreamId};

/// So many leaves are asked for before anybody has looked whether the framework has them, as many as one call reviews (200).
/// More are looked up first: a client may name whatever fits into a body, and every name would be a question to the store.
const TRUSTED_LEAVES: usize = MAX_REVIEWS;

impl Desk {
    /// Reads the leaves of these codes; all of them when `None`.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a dossier or criterion that is not there.
    pub async fn load(read: &Reader<'_>, stream: &StreamId, criteria: Option<&[String]>) -> Result<Self, Error> {
        Self::load_named(read, stream, criteria, &|_| None).await
    }

    /// Reads the one leaf that a command is about, which has to allow what is done with it.
    ///
    /// # Errors
    /// Those of [`Desk::load_named`], with the place that the command gives.
    pub async fn of_leaf<C: Command>(
        command: &C,
        criterion: &String,
        read: &Reader<'_>,
    ) -> Result<Loaded<Self>, Error> {
        let leaf = std::slice::from_ref(criterion);
        let place = |code: &str| command.place_of(code);
        let desk = Self::load_named(read, &command.stream(), Some(leaf), &place).await?;
        let owners = desk.owners_of([criterion]);
        Ok(Loaded { state: desk, owners })
    }

    /// Reads the leaves of these codes, as an input names them: `place` says where.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a dossier that is not there, and for a criterion with its place in the input.
    pub async fn load_named(
        read: &Reader<'_>,
        stream: &StreamId,
        criteria: Option<&[String]>,
        place: &(dyn Fn(&str) -> Option<String> + Sync),
    ) -> Result<Self, Error> {
        let named: Vec<String> = criteria
            .map(|codes| codes.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect())
            .unwrap_or_default();
        if named.len() > TRUSTED_LEAVES {
            check_criteria(read, stream, &named, place).await?;
        }
        // Everything whose key is known without having read anything.
        let mut keys = vec![<Dossier as Document>::key(stream, stream.key())];
        keys.extend(leaf_keys(stream, &named));
        let links = links_of(stream, criteria.map(|_| named.as_slice()));
        let (found, links) = read.get_mixed_and_every(&keys, links).await?;
        let mut found = found.into_iter();
        let dossier = typed::<Dossier>(found.by_ref().take(1))?.into_iter().flatten().next();
        let dossier = dossier.ok_or(Error::NotFound { what: "dossier" })?;
        let framework = read.framework_of(&dossier.framework).await?;
        check_known(&framework, &named, place)?;
        let (ids, mut keys) = match criteria {
            Some(_) => (named, Vec::new()),
            None => {
                let mut all: Vec<String> = framework.leaves().map(|(node, _)| node.code.clone()).collect();
                all.sort();
                let keys = leaf_keys(stream, &all);
                (all, keys)
            }
        };
        // The answer comes in the order of the keys: the leaves that were not asked for above, surveys, sheets, documents.
        let late = keys.len();
        let around = Around::of(&framework, &ids, &links);
        keys.extend(around.keys(stream));
        let mut more = read.get_mixed(&keys).await?.into_iter();
        let mut found = found.chain(more.by_ref().take(late).collect::<Vec<_>>());
        let assessments = typed::<Assessment>(found.by_ref().take(ids.len()))?;
        let items = typed::<QueueItem>(found)?;
        let surveys = typed::<SurveyValue>(more.by_ref().take(around.surveyed.len()))?;
        let mut surveys = by_code(around.surveyed, surveys);
        let sheets = typed::<SheetNode>(more.by_ref().take(around.nodes.len()))?;
        let sheets = by_code(around.nodes, sheets);
        let documents = typed::<Evidence>(more)?.into_iter().flatten().map(|one| one.value);
        let documents = with_revisions(read, stream, documents.collect()).await?;
        let mut links = facts_by_leaf(links, &documents);
        let mut leaves = BTreeMap::new();
        for ((code, assessment), item) in ids.iter().zip(assessments).zip(items) {
            let leaf = DeskLeaf {
                assessment: assessment.ok_or(Error::NotFound { what: "criterion" })?,
                item: item.ok_or(Error::NotFound { what: "criterion" })?.value,
                links: links.remove(code).unwrap_or_default(),
                survey: surveys.remove(code),
            };
            leaves.insert(code.clone(), leaf);
        }
        Ok(Self {
            dossier,
            framework,
            leaves,
            sheets,
            changed: BTreeSet::new(),
            requeued: BTreeSet::new(),
            changed_sheets: BTreeSet::new(),
        })
    }
}

/// What leaves hang together with, by the codes and ids of it.
struct Around {
    /// Leaves that have a survey result, or may.
    surveyed: Vec<String>,
    /// Nodes of the sheet above the leaves.
    nodes: Vec<String>,
    /// Linked documents.
    documents: Vec<String>,
}

impl Around {
    fn of(framework: &Framework, leaves: &[String], links: &[Versioned<Link>]) -> Self {
        let is_surveyed = |id: &&String| {
            let leaf = framework.leaf(id);
            leaf.is_some_and(|(_, leaf)| leaf.method == Method::Survey)
        };
        let nodes: BTreeSet<String> = leaves.iter().flat_map(|code| nodes_above(framework, code)).collect();
        let documents: BTreeSet<&String> = links.iter().map(|link| &link.evidence).collect();
        Self {
            surveyed: leaves.iter().filter(is_surveyed).cloned().collect(),
            nodes: nodes.into_iter().collect(),
            documents: documents.into_iter().cloned().collect(),
        }
    }

    /// Surveys, then sheets, then documents.
    fn keys(&self, stream: &StreamId) -> impl Iterator<Item = Key> {
        let surveys = self.surveyed.iter().map(|id| SurveyValue::key(stream, id));
        let sheets = self.nodes.iter().map(|node| SheetNode::key(stream, node));
        let documents = self.documents.iter().map(|id| Evidence::key(stream, id));
        surveys.chain(sheets).chain(documents)
    }
}

/// What was found, by the codes that it was asked for by.
fn by_code<D>(codes: Vec<String>, found: Vec<Option<Versioned<D>>>) -> BTreeMap<String, D> {
    let pairs = codes.into_iter().zip(found);
    pairs.filter_map(|(code, found)| Some((code, found?.value))).collect()
}

/// The keys of leaves: of the assessments, then of their places in the queue.
fn leaf_keys(stream: &StreamId, ids: &[String]) -> Vec<Key> {
    let assessments = ids.iter().map(|id| Assessment::key(stream, id));
    let items = ids.iter().map(|id| QueueItem::key(stream, id));
    assessments.chain(items).collect()
}

/// The links of these leaves, or of all.
fn links_of(stream: &StreamId, criteria: Option<&[String]>) -> TypedQuery<Link> {
    let query = Link::query().in_stream(stream);
    match criteria {
        Some(some) => query.filter(link_fields::CRITERION.one_of(some.iter().cloned())),
        None => query,
    }
}

/// Links with their documents, by leaf.
fn facts_by_leaf(links: Vec<Versioned<Link>>, documents: &Documents) -> BTreeMap<String, Vec<LinkFacts>> {
    let mut by_leaf: BTreeMap<String, Vec<LinkFacts>> = BTreeMap::new();
    for link in links {
        if let Some((evidence, revision, rows)) = documents.get(&link.evidence) {
            let facts = LinkFacts {
                evidence: evidence.clone(),
                revision: revision.clone(),
                rows: rows.clone(),
                link: link.value,
            };
            by_leaf.entry(facts.link.criterion.clone()).or_default().push(facts);
        }
    }
    by_leaf
}

/// Documents with their newest revisions and rows, by id.
type Documents = BTreeMap<String, (Evidence, Revision, Option<Arc<Vec<Row>>>)>;

/// Documents with their newest revisions and rows, by id.
pub async fn evidence_with_revision(read: &Reader<'_>, stream: &StreamId, ids: &[String]) -> Result<Documents, Error> {
    let heads = read.get_all::<Evidence>(stream, ids).await?;
    let heads = heads.into_iter().flatten().map(|one| one.value).collect();
    with_revisions(read, stream, heads).await
}

/// Documents, to which their newest revisions and rows are read.
async fn with_revisions(read: &Reader<'_>, stream: &StreamId, heads: Vec<Evidence>) -> Result<Documents, Error> {
    let keys: Vec<String> = heads
        .iter()
        .map(|one| Revision::key_of(&one.id, one.revision))
        .collect();
    let revisions = read.get_all::<Revision>(stream, &keys).await?;
    let mut found = BTreeMap::new();
    for (head, revision) in heads.into_iter().zip(revisions) {
        if let Some(revision) = revision {
            let rows = rows_of(read.app(), &revision.value).await?;
            found.insert(head.id.clone(), (head, revision.value, rows));
        }
    }
    Ok(found)
}
