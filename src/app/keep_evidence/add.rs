//! Adding one document.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use super::{LinkInput, MAX_DOCUMENTS, NewRevision, RevisionInput, check_links, file_uses, make_link, place_of_link};
use crate::app::desk::Desk;
use crate::app::documents::{evidence_fields, streams};
use crate::app::error::Error;
use crate::app::gate::{Command, Context, Decision, Loaded};
use crate::app::reader::Reader;
use crate::app::row_sets::rows_of_input;
use crate::app::text::{MAX_EXTERNAL_ID_CHARS, check_given, check_name};
use crate::domain::dossier::DossierPhase;
use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceState};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::score::LinkFacts;
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// Most portal's identifiers asked for in one query.
const IDS_AT_ONCE: usize = 200;

/// Adds a document to a dossier and links it to criteria.
#[derive(Clone, Debug, Serialize)]
pub struct AddEvidence {
    pub round: String,
    pub unit: String,
    pub external_id: Option<String>,
    pub kind: EvidenceKind,
    pub title: String,
    pub revision: RevisionInput,
    pub links: Vec<LinkInput>,
}

/// What adding evidence reads: the linked leaves, and the document that has the portal's id already.
pub struct AddState {
    desk: Desk,
    same_external_id: Option<Versioned<Evidence>>,
    /// How many documents the dossier has.
    documents: usize,
}

#[async_trait]
impl Command for AddEvidence {
    const NAME: &'static str = "AddEvidence";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = AddState;
    /// Id of the document.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, criterion: &str) -> Option<String> {
        place_of_link(&self.links, criterion)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<AddState>, Error> {
        let stream = self.stream();
        let codes: Vec<String> = self.links.iter().map(|link| link.criterion.clone()).collect();
        let desk = Desk::load_named(read, &stream, Some(&codes), &|code| self.place_of(code)).await?;
        let ids: Vec<&str> = self.external_id.as_deref().into_iter().collect();
        let same_external_id = find_external_ids(read, &stream, &ids).await?.pop();
        let owners = desk.owners_of(&codes);
        Ok(Loaded {
            state: AddState {
                desk,
                same_external_id,
                documents: count_documents(read, &stream).await?,
            },
            owners,
        })
    }

    fn decide(&self, state: AddState, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut desk = state.desk;
        check_name("title", &self.title)?;
        if let Some(external_id) = &self.external_id {
            check_given("externalId", external_id, MAX_EXTERNAL_ID_CHARS)?;
        }
        check_links(&self.links)?;
        if let (Some(external_id), Some(_)) = (&self.external_id, &state.same_external_id) {
            let taken = Rejection::ExternalIdTaken {
                external_id: external_id.clone(),
            };
            return Err(Error::from(taken).about("externalId"));
        }
        check_dossier_open(&desk, self.links.is_empty(), context.now)?;
        check_room(state.documents, 1)?;
        let id = context.new_id("evidence", 0);
        let revision = NewRevision {
            evidence: &id,
            number: 1,
            kind: self.kind,
            input: &self.revision,
            reason: None,
        }
        .make(context, &desk.dossier.time_zone)?;
        let evidence = Evidence {
            id: id.clone(),
            external_id: self.external_id.clone(),
            kind: self.kind,
            title: self.title.clone(),
            revision: 1,
            state: EvidenceState::Active,
            supplementary: desk.dossier.is_submitted(),
            carried_from: None,
            created_at: context.now,
            created_by: context.login.to_owned(),
            changed_at: context.now,
        };
        let mut decision = Decision::new(id).put_all(file_uses(&desk, &revision));
        for (index, input) in self.links.iter().enumerate() {
            let open = desk.check_evidence_open(&input.criterion, context.now);
            open.map_err(|error| error.about(format!("links.{index}.criterion")))?;
            let link = make_link(&desk, &evidence, &revision, input, context.new_id("link", index))
                .map_err(|error| error.within(&format!("links.{index}")))?;
            decision.add(link.clone());
            desk.leaf_mut(&input.criterion)?.links.push(LinkFacts {
                link,
                evidence: evidence.clone(),
                revision: revision.clone(),
                rows: rows_of_input(&self.revision),
            });
            desk.note_explained(&input.criterion)?;
            desk.rescore(&input.criterion, context.now)?;
        }
        decision.add(evidence);
        decision.add(revision);
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// Without a link to a leaf that is open, a document can only be added before submission, in time.
pub fn check_dossier_open(desk: &Desk, without_links: bool, now: Timestamp) -> Result<(), Error> {
    match desk.dossier.phase {
        DossierPhase::SelfAssessment if !desk.dossier.is_submitted() => desk.check_in_time(now),
        DossierPhase::SelfAssessment if !without_links => Ok(()),
        DossierPhase::SelfAssessment => Err(Rejection::AlreadySubmitted.into()),
        DossierPhase::Appraisal | DossierPhase::Explanation | DossierPhase::SecondAppraisal if !without_links => Ok(()),
        DossierPhase::Appraisal | DossierPhase::Explanation | DossierPhase::SecondAppraisal | DossierPhase::Sealed => {
            Err(Rejection::WrongPhase {
                phase: desk.dossier.phase.name(),
            }
            .into())
        }
    }
}

/// How many documents a dossier has, withdrawn ones too.
pub async fn count_documents(read: &Reader<'_>, dossier: &StreamId) -> Result<usize, Error> {
    let count = read.count(&Evidence::query().in_stream(dossier)).await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Whether a dossier has room for so many documents more.
pub fn check_room(documents: usize, more: usize) -> Result<(), Error> {
    if more > 0 && documents + more > MAX_DOCUMENTS {
        return Err(Error::TooLarge {
            field: "dossier".to_owned(),
            message: Text::new(
                format!(
                    "Một hồ sơ có tối đa {MAX_DOCUMENTS} tài liệu, đã có {documents}; hãy sửa tài liệu cũ hoặc gộp tệp."
                ),
                format!(
                    "A dossier has at most {MAX_DOCUMENTS} documents, this one {documents}; revise those, or put files together."
                ),
            ),
        });
    }
    Ok(())
}

/// The documents of a dossier that carry these identifiers of the portal's.
pub async fn find_external_ids(
    read: &Reader<'_>,
    dossier: &StreamId,
    ids: &[&str],
) -> Result<Vec<Versioned<Evidence>>, Error> {
    let mut found = Vec::new();
    for some in ids.chunks(IDS_AT_ONCE) {
        let filter = evidence_fields::EXTERNAL_ID.one_of(some.iter().copied());
        found.extend(read.every(Evidence::query().in_stream(dossier).filter(filter)).await?);
    }
    Ok(found)
}
