//! The registers that figures are brought from: what each says for a unit of a round. Everything else about bringing is the same for
//! all of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::reader::Reader;
use crate::domain::brought::BroughtFacts;
use crate::domain::case_evaluation::{CaseImport, CaseYear};
use crate::domain::conclusion::Conclusion;
use crate::domain::follow_up::{FollowUp, FollowUpSource};
use crate::domain::framework::{Framework, Leaf, Node};
use crate::domain::input::{InputSource, InputSpec};
use crate::domain::rejection::FiguresRejection;
use crate::domain::round::Round;
use crate::store::typed::Versioned;
use crate::store::{Document, EntryRecord, StreamId};

/// What the registers say of one unit, as far as a framework takes anything from them.
pub struct Recorded {
    cases: Option<Versioned<CaseYear>>,
    /// What conclusions asked of it, by what takes it.
    asked: BTreeMap<FollowUpSource, Versioned<FollowUp>>,
}

/// What a register says, and where it stands.
pub struct RecordedFigure {
    pub found: BroughtFacts,
    pub stream: StreamId,
    pub document: String,
    /// The entry that wrote it.
    pub entry: u64,
}

/// The leaves that take anything from a register.
pub fn leaves(framework: &Framework) -> impl Iterator<Item = (&Node, &Leaf)> {
    let takes = |leaf: &Leaf| leaf.inputs.iter().any(|spec| spec.source.is_brought());
    framework.leaves().filter(move |(_, leaf)| takes(leaf))
}

/// The inputs of a leaf that take anything from a register.
pub fn inputs(leaf: &Leaf) -> impl Iterator<Item = &InputSpec> {
    leaf.inputs.iter().filter(|spec| spec.source.is_brought())
}

impl Recorded {
    /// What the registers say of a unit for a round. The heads of their streams become the basis of what is decided on it.
    pub async fn load(read: &Reader<'_>, framework: &Framework, round: &Round, unit: &str) -> Result<Self, Error> {
        let takes = |kind: fn(&InputSource) -> bool| {
            leaves(framework).any(|(_, leaf)| leaf.inputs.iter().any(|spec| kind(&spec.source)))
        };
        let cases = match takes(|source| matches!(source, InputSource::CaseEvaluation(_))) {
            true => {
                let stream = streams::cases(round.year);
                read.head(&stream).await?;
                read.get::<CaseYear>(&stream, unit).await?
            }
            false => None,
        };
        let mut asked = BTreeMap::new();
        for source in follow_ups(framework) {
            let stream = streams::conclusion(&source.conclusion);
            read.head(&stream).await?;
            let conclusion = read.get::<Conclusion>(&stream, &source.conclusion).await?;
            let Some(task) = conclusion.and_then(|one| Some(one.counting(&source.counts_as)?.code.clone())) else {
                continue;
            };
            if let Some(found) = read.get::<FollowUp>(&stream, &FollowUp::key_of(&task, unit)).await? {
                asked.insert(source.clone(), found);
            }
        }
        Ok(Self { cases, asked })
    }

    /// What there is for an input; none where nothing is recorded, or the input is brought from nowhere.
    pub fn figure(&self, source: &InputSource) -> Option<RecordedFigure> {
        match source {
            InputSource::CaseEvaluation(_) => self.cases.as_ref().map(|cases| RecordedFigure {
                found: of_cases(&cases.value),
                stream: cases.stream.clone(),
                document: cases.value.unit.clone(),
                entry: cases.version,
            }),
            InputSource::FollowUp(source) => self.asked.get(source).map(|asked| RecordedFigure {
                found: of_asked(&asked.value),
                stream: asked.stream.clone(),
                document: asked.value.id(),
                entry: asked.version,
            }),
            InputSource::Declared
            | InputSource::Derived(_)
            | InputSource::Survey
            | InputSource::Imported { .. }
            | InputSource::Group { .. }
            | InputSource::PreviousYear { .. } => None,
        }
    }
}

fn of_cases(cases: &CaseYear) -> BroughtFacts {
    BroughtFacts::CaseEvaluation {
        year: cases.year,
        months: cases.months.clone(),
    }
}

/// What takes anything from the follow-up of a conclusion.
fn follow_ups(framework: &Framework) -> BTreeSet<&FollowUpSource> {
    let specs = leaves(framework).flat_map(|(_, leaf)| inputs(leaf));
    specs.filter_map(|spec| spec.source.follow_up()).collect()
}

fn of_asked(asked: &FollowUp) -> BroughtFacts {
    BroughtFacts::FollowUp {
        asked: asked.followed_up(),
    }
}

/// What keeps figures of a round's year from being brought: a register in which something is half recorded.
pub async fn in_the_way(read: &Reader<'_>, round: &Round) -> Result<Option<FiguresRejection>, Error> {
    let stream = streams::cases(round.year);
    read.head(&stream).await?;
    let imports = read.all::<CaseImport>(&stream).await?;
    let open = imports.into_iter().find(|import| import.completed_at.is_none());
    Ok(open.map(|import| FiguresRejection::Incomplete {
        import: import.number,
        year: import.year,
    }))
}

/// What a document said when an entry wrote it, by the kind of what was brought; none where the journal does not hold it any more.
pub fn said_by(entry: &EntryRecord, found: &BroughtFacts, document: &str) -> Result<Option<BroughtFacts>, Error> {
    match found {
        BroughtFacts::CaseEvaluation { .. } => {
            let written = written_by::<CaseYear>(entry, document)?;
            Ok(written.map(|cases| of_cases(&cases)))
        }
        BroughtFacts::FollowUp { .. } => {
            let written = written_by::<FollowUp>(entry, document)?;
            Ok(written.map(|asked| of_asked(&asked)))
        }
    }
}

fn written_by<D: Document>(entry: &EntryRecord, document: &str) -> Result<Option<D>, Error> {
    let mut carried = entry.documents.iter();
    let body = carried.find(|one| one.collection == D::COLLECTION.name && one.id == document);
    let body = body.and_then(|one| one.body.as_ref());
    body.map(|body| D::from_body(body).map_err(Error::from)).transpose()
}
