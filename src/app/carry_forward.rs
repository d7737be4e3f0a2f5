//! Last year's documents, used again this year: the unit begins with what is still true and replaces the rest.
//!
//! A document comes forward as a new one of this year's dossier, with the same content and files, linked to the leaves that
//! last year's are this year ([`crate::domain::framework::Framework::same_leaves_of`]). Nothing else does: no declaration, no verdict, no state. Statistics
//! stay where they are, because rows are those of their year.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::desk::{Desk, check_criteria, evidence_with_revision};
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::keep_evidence::{
    LinkInput, check_dossier_open, check_room, check_serves, file_uses, key_of, make_link, natural_key,
};
use super::reader::Reader;
use crate::domain::assessment::Ledger;
use crate::domain::dossier::DossierPhase;
use crate::domain::evidence::{CarriedFrom, Evidence, EvidenceState, Link, Revision, VerdictKind};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Round, RoundPhase};
use crate::domain::score::LinkFacts;
use crate::store::{Document, StreamId};

/// Documents that one call writes at most: a commit holds 1,000, and the sheet of a dossier has some sixty nodes.
const MAX_WRITES: usize = 900;
/// Bytes that one call writes at most (4 MiB of a commit's 8: queue places and sheets come on top).
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Most leaves that a call names: all of a framework.
pub const MAX_CRITERIA: usize = crate::domain::framework::MAXIMUM_LEAVES;

/// Uses last year's documents for this year's leaves.
#[derive(Clone, Debug, Serialize)]
pub struct CarryForward {
    pub round: String,
    pub unit: String,
    /// This year's leaves; all of them if empty.
    pub criteria: Vec<String>,
    /// Only say what would come forward.
    pub dry_run: bool,
}

/// What came forward.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CarriedForward {
    /// Code of last year's round.
    pub from: String,
    /// This year's leaves that last year's are, in the order of the framework.
    pub leaves: Vec<CarriedLeaf>,
    /// How many documents are left for another call: a commit takes only so many.
    pub left: u32,
}

/// A leaf and its documents of last year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CarriedLeaf {
    pub criterion: String,
    /// Last year's code.
    pub origin: String,
    pub documents: Vec<CarriedDocument>,
}

/// What became of one use of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CarriedDocument {
    /// Id in last year's dossier.
    pub origin: String,
    /// Number and symbol, or title.
    pub label: String,
    pub fate: Fate,
}

/// What becomes of one use of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fate {
    /// It comes forward.
    Carried,
    /// It came forward before.
    Already,
    /// Its rows are statistics of last year.
    Statistics,
    /// It states that there was nothing to do, which is true of last year alone.
    NothingToDo,
    /// It was rejected last year.
    Rejected,
    /// The leaf is not open: it does not apply to the unit.
    NotOpen,
    /// It is left for another call.
    Left,
}

/// What carrying forward reads.
pub struct CarryState {
    desk: Desk,
    before: Option<Before>,
    /// This year's documents that came forward, with their newest revisions.
    carried: Vec<(Evidence, Revision)>,
    count: usize,
}

/// The unit's dossier of last year.
struct Before {
    round: Round,
    desk: Desk,
}

impl Before {
    /// `None` where the unit has no dossier in that round.
    async fn load(read: &Reader<'_>, round: &str, unit: &str) -> Result<Option<Self>, Error> {
        let (of_round, of_dossier) = (streams::round(round), streams::dossier(round, unit));
        // The entry cites what it looked at.
        read.head(&of_round).await?;
        if read.head(&of_dossier).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(Self {
            round: read.require::<Round>(&of_round, round, "round").await?.value,
            desk: Desk::load(read, &of_dossier, None).await?,
        }))
    }
}

#[async_trait]
impl Command for CarryForward {
    const NAME: &'static str = "CarryForward";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = CarryState;
    type Output = CarriedForward;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, criterion: &str) -> Option<String> {
        let place = self.criteria.iter().position(|code| code == criterion)?;
        Some(format!("criteria.{place}"))
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<CarryState>, Error> {
        if self.criteria.len() > MAX_CRITERIA {
            return Err(Error::invalid(
                "criteria",
                format!("Tối đa {MAX_CRITERIA} tiêu chí."),
                format!("At most {MAX_CRITERIA} leaves."),
            ));
        }
        let stream = self.stream();
        check_criteria(read, &stream, &self.criteria, &|code| self.place_of(code)).await?;
        let wanted = Some(self.criteria.as_slice()).filter(|criteria| !criteria.is_empty());
        let desk = Desk::load_named(read, &stream, wanted, &|code| self.place_of(code)).await?;
        let owners = match wanted {
            Some(_) => desk.owners_of(desk.leaves.keys()),
            None => vec![desk.owner()],
        };
        let round = read
            .require::<Round>(&streams::round(&self.round), &self.round, "round")
            .await?;
        let before = match round.value.previous {
            None => None,
            Some(previous) => Before::load(read, &previous, &self.unit).await?,
        };
        let documents = read.every(Evidence::query().in_stream(&stream)).await?;
        let carried = documents.iter().filter(|one| one.carried_from.is_some());
        let ids: Vec<String> = carried.map(|one| one.id.clone()).collect();
        let carried = evidence_with_revision(read, &stream, &ids).await?.into_values();
        let state = CarryState {
            desk,
            before,
            carried: carried.map(|(evidence, revision, _)| (evidence, revision)).collect(),
            count: documents.len(),
        };
        Ok(Loaded { state, owners })
    }

    fn decide(&self, state: CarryState, context: &Context<'_>) -> Result<Decision<CarriedForward>, Error> {
        let mut desk = state.desk;
        check_dossier_open(&desk, true, context.now)?;
        let Some(Before { round, desk: before }) = state.before else {
            return Err(Rejection::NothingBefore.into());
        };
        let from = round.code;
        // A sealed dossier of a round that is being published may be opened again.
        if round.phase != RoundPhase::Published || before.dossier.phase != DossierPhase::Sealed {
            return Err(Rejection::BeforeNotPublished { round: from }.into());
        }
        let mut carrying = Carrying::new(&from, state.carried, context);
        let mut found = CarriedForward {
            from: from.clone(),
            ..CarriedForward::default()
        };
        let origins = before.framework.same_leaves_of(&desk.framework);
        let framework = Arc::clone(&desk.framework);
        for (node, leaf) in framework.leaves() {
            let Some(origin) = origins.get(&node.code) else {
                continue;
            };
            if !leaf.method.is_appraised() || !desk.leaves.contains_key(&node.code) {
                continue;
            }
            let is_open = desk.check_evidence_open(&node.code, context.now).is_ok();
            let mut documents = Vec::new();
            let known = before.leaf(origin)?;
            for facts in known.links.iter().filter(|facts| facts.is_active()) {
                let fate = match is_open {
                    true => carrying.carry(&mut desk, &node.code, facts)?,
                    false => Fate::NotOpen,
                };
                found.left += u32::from(fate == Fate::Left);
                documents.push(CarriedDocument {
                    origin: facts.evidence.id.clone(),
                    label: facts.label().to_owned(),
                    fate,
                });
            }
            found.leaves.push(CarriedLeaf {
                criterion: node.code.clone(),
                origin: origin.clone(),
                documents,
            });
        }
        let mut decision = Decision::new(found);
        if self.dry_run {
            return Ok(decision);
        }
        check_room(state.count, carrying.made.len())?;
        for (evidence, revision) in carrying.made.into_values() {
            decision = decision.put_all(file_uses(&desk, &revision));
            decision.add(evidence);
            decision.add(revision);
        }
        for link in carrying.links {
            decision.add(link);
        }
        for criterion in carrying.touched {
            desk.rescore(&criterion, context.now)?;
        }
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// Documents on their way.
struct Carrying<'a> {
    from: &'a str,
    context: &'a Context<'a>,
    /// This year's documents that came forward before, by last year's ids.
    known: BTreeMap<String, (Evidence, Revision)>,
    /// New ones by last year's ids.
    made: BTreeMap<String, (Evidence, Revision)>,
    links: Vec<Link>,
    touched: BTreeSet<String>,
    writes: usize,
    bytes: usize,
}

impl<'a> Carrying<'a> {
    fn new(from: &'a str, carried: Vec<(Evidence, Revision)>, context: &'a Context<'a>) -> Self {
        let of_before = |(evidence, revision): (Evidence, Revision)| {
            let carried = evidence.carried_from.clone()?;
            (carried.round == from).then_some((carried.evidence, (evidence, revision)))
        };
        Self {
            from,
            context,
            known: carried.into_iter().filter_map(of_before).collect(),
            made: BTreeMap::new(),
            links: Vec::new(),
            touched: BTreeSet::new(),
            writes: 0,
            bytes: 0,
        }
    }

    /// Uses a document of last year for a leaf.
    fn carry(&mut self, desk: &mut Desk, criterion: &str, before: &LinkFacts) -> Result<Fate, Error> {
        if let Some(fate) = stays(before) {
            return Ok(fate);
        }
        let known = self.known.get(&before.evidence.id).cloned();
        let place = self.made.len();
        let context = self.context;
        let made = self.made.get(&before.evidence.id).cloned();
        let is_new = known.is_none() && made.is_none();
        let (evidence, revision) = known
            .or(made)
            .unwrap_or_else(|| again(self.from, before, context.new_id("evidence", place), context));
        let named = before.link.requirement.as_deref();
        let serves = |code: &&str| check_serves(desk, (criterion, code), &evidence, &revision, "requirement").is_ok();
        let input = LinkInput {
            criterion: criterion.to_owned(),
            requirement: named.filter(serves).map(str::to_owned),
            pages: before.link.pages.clone(),
            note: before.link.note.clone(),
        };
        // Whatever became of it since, the unit decided that: a link that it took away does not come again.
        let links = &desk.leaf(criterion)?.links;
        let is_same =
            |facts: &LinkFacts| facts.link.evidence == evidence.id && natural_key(&facts.link) == key_of(&input);
        if evidence.state == EvidenceState::Withdrawn || links.iter().any(is_same) {
            return Ok(Fate::Already);
        }
        let (mut writes, mut bytes) = (1, length(&before.link));
        if is_new {
            writes += 2 + revision.blobs().len();
            bytes += length(&evidence) + length(&revision);
        }
        if !self.touched.contains(criterion) {
            writes += 2;
            bytes += length(&desk.leaf(criterion)?.assessment.value);
        }
        if self.writes + writes > MAX_WRITES || self.bytes + bytes > MAX_BYTES {
            return Ok(Fate::Left);
        }
        self.writes += writes;
        self.bytes += bytes;
        if is_new {
            let made = (evidence.clone(), revision.clone());
            self.made.insert(before.evidence.id.clone(), made);
        }
        let link = make_link(
            desk,
            &evidence,
            &revision,
            &input,
            context.new_id("link", self.links.len()),
        )?;
        self.links.push(link.clone());
        self.touched.insert(criterion.to_owned());
        let facts = LinkFacts {
            link,
            evidence,
            revision,
            rows: None,
        };
        desk.leaf_mut(criterion)?.links.push(facts);
        Ok(Fate::Carried)
    }
}

/// Why a document is of no use this year, whatever the leaf.
fn stays(before: &LinkFacts) -> Option<Fate> {
    let verdict = before.standing_in(Ledger::Final);
    if before.evidence.kind.row_kind().is_some() {
        Some(Fate::Statistics)
    } else if before.revision.content.nothing_to_do {
        Some(Fate::NothingToDo)
    } else if verdict.is_some_and(|verdict| verdict.kind == VerdictKind::Rejected) {
        Some(Fate::Rejected)
    } else {
        None
    }
}

/// Bytes that a document takes in the store, near enough.
fn length(document: &impl Serialize) -> usize {
    serde_json::to_vec(document).map_or(MAX_BYTES, |bytes| bytes.len())
}

/// The document as one of this year's.
fn again(from: &str, before: &LinkFacts, id: String, context: &Context<'_>) -> (Evidence, Revision) {
    let evidence = Evidence {
        id: id.clone(),
        external_id: None,
        kind: before.evidence.kind,
        title: before.evidence.title.clone(),
        revision: 1,
        state: EvidenceState::Active,
        supplementary: false,
        carried_from: Some(CarriedFrom {
            round: from.to_owned(),
            evidence: before.evidence.id.clone(),
            revision: before.revision.number,
        }),
        created_at: context.now,
        created_by: context.login.to_owned(),
        changed_at: context.now,
    };
    let revision = Revision {
        evidence: id,
        number: 1,
        created_at: context.now,
        created_by: context.login.to_owned(),
        reason: None,
        ..before.revision.clone()
    };
    (evidence, revision)
}
