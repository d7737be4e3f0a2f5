//! Evidence: added with its files and links, revised, linked, unlinked, withdrawn.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::desk::Desk;
use super::documents::{evidence_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::keep_register::check_text;
use super::reader::Reader;
use crate::domain::assessment::AssessmentState;
use crate::domain::evidence::{
    Content, Evidence, EvidenceKind, EvidenceState, FileRef, FileUse, Link, OfficialHeader, Revision, RowOrigin, RowSet,
};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::rows::{RowKind, read_csv, read_entered};
use crate::domain::score::LinkFacts;
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// Most files of one revision: a decision with its annexes.
pub const MAX_FILES: usize = 20;
/// Most links made by one call: one document for every leaf of a framework.
pub const MAX_LINKS: usize = 200;
/// Most rows kept in the revision itself, in bytes of JSON (900 KiB): a body holds 1 MiB.
const MAX_INLINE_ROWS_BYTES: usize = 900 * 1024;
/// Longest title or name, in characters.
const MAX_TITLE_CHARS: usize = 500;

/// Rows as they come with a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum RowsInput {
    /// The text of a CSV file among the document's files.
    Csv { file: String, bytes: Vec<u8> },
    /// Given directly.
    Entered(Vec<std::collections::BTreeMap<String, String>>),
}

/// What a revision consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevisionInput {
    pub header: Option<OfficialHeader>,
    pub rows: Option<RowsInput>,
    pub stated_total: Option<u32>,
    pub url: Option<String>,
    pub captured_on: Option<Date>,
    pub nothing_to_do: bool,
    /// JSON text of the kind OTHER.
    pub other: Option<String>,
    pub files: Vec<FileRef>,
}

/// A link to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkInput {
    pub criterion: String,
    pub requirement: Option<String>,
    pub pages: Option<String>,
    pub note: Option<String>,
}

/// What an official document's date and rows look like, checked before anything is written.
fn revision(
    kind: EvidenceKind,
    input: &RevisionInput,
    evidence: &str,
    number: u32,
    reason: Option<String>,
    context: &Context<'_>,
    time_zone: &str,
) -> Result<Revision, Error> {
    if let Some(header) = &input.header {
        check_header(header, context.today(time_zone)?)?;
    } else if kind == EvidenceKind::OfficialDocument {
        return Err(Error::invalid(
            "content.header",
            "Văn bản phải có tiêu đề: loại, số ký hiệu, cơ quan, ngày, trích yếu (Nghị định 30/2020).",
            "An official document needs its header: type, number, issuer, date, subject (Decree 30/2020).",
        ));
    }
    if kind == EvidenceKind::Link && input.url.is_none() {
        return Err(Error::invalid(
            "content.url",
            "Thiếu địa chỉ trang.",
            "The address of the page is missing.",
        ));
    }
    if let Some(url) = &input.url
        && !(url.starts_with("https://") || url.starts_with("http://"))
    {
        return Err(Error::invalid(
            "content.url",
            "Cần địa chỉ http(s).",
            "An http(s) address is needed.",
        ));
    }
    if input.files.len() > MAX_FILES {
        return Err(Error::invalid(
            "content.files",
            format!("Tối đa {MAX_FILES} tệp."),
            format!("At most {MAX_FILES} files."),
        ));
    }
    let rows = match (kind.row_kind(), &input.rows) {
        (None, None) => None,
        (None, Some(_)) => {
            return Err(Error::invalid(
                "content.rows",
                "Loại tài liệu này không có dòng số liệu.",
                "This kind has no rows.",
            ));
        }
        (Some(_), None) => {
            return Err(Error::invalid(
                "content.rows",
                "Loại tài liệu này cần dòng số liệu: tệp CSV hoặc nhập trực tiếp.",
                "This kind needs rows: a CSV file, or rows given directly.",
            ));
        }
        (Some(row_kind), Some(rows)) => Some(row_set(row_kind, rows, input.stated_total)?),
    };
    Ok(Revision {
        evidence: evidence.to_owned(),
        number,
        header: input.header.clone(),
        content: Content {
            rows,
            url: input.url.clone(),
            captured_on: input.captured_on,
            nothing_to_do: input.nothing_to_do,
            other: input.other.clone(),
        },
        files: input.files.clone(),
        created_at: context.now,
        created_by: context.login.to_owned(),
        reason,
    })
}

fn check_header(header: &OfficialHeader, today: Date) -> Result<(), Error> {
    check_text("content.header.documentType", &header.document_type)?;
    check_text("content.header.number", &header.number)?;
    check_text("content.header.issuer", &header.issuer)?;
    check_text("content.header.subject", &header.subject)?;
    if header.issued_on > today {
        return Err(Error::invalid(
            "content.header.issuedOn",
            "Ngày ban hành ở tương lai; hãy kiểm tra lại.",
            "The document is dated in the future; check the date.",
        ));
    }
    Ok(())
}

fn row_set(kind: RowKind, input: &RowsInput, stated_total: Option<u32>) -> Result<RowSet, Error> {
    let (origin, file, read) = match input {
        RowsInput::Csv { file, bytes } => (RowOrigin::File, Some(file.clone()), read_csv(kind, bytes)),
        RowsInput::Entered(rows) => (RowOrigin::Entered, None, read_entered(kind, rows.clone())),
    };
    let read = read.map_err(|problem| Error::Invalid {
        field: "content.rows".to_owned(),
        message: problem.message,
    })?;
    if let Some(first) = read.report.first() {
        let count = read.report.len();
        let column = first
            .column
            .as_ref()
            .map_or_else(String::new, |column| format!(".{column}"));
        return Err(Error::Invalid {
            field: format!("content.rows.{}{column}", first.line),
            message: Text::new(
                format!("{count} lỗi; dòng {}: {}", first.line, first.message.vi),
                format!("{count} problems; line {}: {}", first.line, first.message.en),
            ),
        });
    }
    let size = serde_json::to_vec(&read.rows).map_or(usize::MAX, |json| json.len());
    if size > MAX_INLINE_ROWS_BYTES {
        return Err(Error::TooLarge {
            field: "content.rows".to_owned(),
            message: Text::new(
                "Quá nhiều dòng cho một tài liệu; hãy chia theo quý hoặc nhóm dịch vụ.",
                "Too many rows for one document; split it by quarter or by group of services.",
            ),
        });
    }
    Ok(RowSet {
        origin,
        file,
        count: u32::try_from(read.rows.len()).unwrap_or(u32::MAX),
        stated_total,
        inline: Some(read.rows),
        blob: None,
    })
}

fn check_title(title: &str) -> Result<(), Error> {
    if title.trim().is_empty() || title.chars().count() > MAX_TITLE_CHARS {
        return Err(Error::invalid(
            "title",
            format!("Cần tên từ 1 đến {MAX_TITLE_CHARS} ký tự."),
            format!("A title has 1 to {MAX_TITLE_CHARS} characters."),
        ));
    }
    Ok(())
}

fn file_uses(desk: &Desk, revision: &Revision) -> Vec<FileUse> {
    revision
        .files
        .iter()
        .map(|file| FileUse {
            sha256: file.sha256.clone(),
            round: desk.dossier.round.clone(),
            unit: desk.dossier.unit.clone(),
            evidence: revision.evidence.clone(),
            revision: revision.number,
        })
        .collect()
}

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

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<AddState>, Error> {
        let stream = self.stream();
        let codes: Vec<String> = self.links.iter().map(|link| link.criterion.clone()).collect();
        let desk = Desk::load(read, &stream, Some(&codes)).await?;
        let same_external_id = match &self.external_id {
            Some(id) => {
                let filter = evidence_fields::EXTERNAL_ID.equal(id.as_str());
                let query = Evidence::query().in_stream(&stream).filter(filter).limit(1);
                read.page(&query)
                    .await?
                    .items
                    .into_iter()
                    .next()
                    .map(|(found, _)| found)
            }
            None => None,
        };
        let owners = desk.owners_of(&codes);
        Ok(Loaded {
            state: AddState { desk, same_external_id },
            owners,
        })
    }

    fn decide(&self, state: AddState, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut desk = state.desk;
        check_title(&self.title)?;
        if self.links.len() > MAX_LINKS {
            return Err(Error::invalid(
                "links",
                format!("Tối đa {MAX_LINKS} liên kết."),
                format!("At most {MAX_LINKS} links."),
            ));
        }
        if let (Some(external_id), Some(_)) = (&self.external_id, &state.same_external_id) {
            return Err(Rejection::ExternalIdTaken {
                external_id: external_id.clone(),
            }
            .into());
        }
        check_dossier_open(&desk, self.links.is_empty())?;
        let today = context.today(&desk.dossier.time_zone)?;
        let id = context.new_id("evidence", 0);
        let revision = revision(
            self.kind,
            &self.revision,
            &id,
            1,
            None,
            context,
            &desk.dossier.time_zone,
        )?;
        let supplementary = desk.dossier.is_submitted();
        let evidence = Evidence {
            id: id.clone(),
            external_id: self.external_id.clone(),
            kind: self.kind,
            title: self.title.clone(),
            revision: 1,
            state: EvidenceState::Active,
            supplementary,
            created_at: context.now,
            created_by: context.login.to_owned(),
            changed_at: context.now,
        };
        let mut decision = Decision::new(id).put_all(file_uses(&desk, &revision));
        for (index, link) in self.links.iter().enumerate() {
            desk.check_open(&link.criterion, today)?;
            let link = make_link(&desk, &evidence, link, index, context)?;
            decision.add(link.clone());
            attach(&mut desk, link, &evidence, &revision, context)?;
        }
        decision.add(evidence);
        decision.add(revision);
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// Without a link to a leaf that is open, a document can only be added before submission.
fn check_dossier_open(desk: &Desk, without_links: bool) -> Result<(), Error> {
    use crate::domain::dossier::DossierPhase;
    match desk.dossier.phase {
        DossierPhase::SelfAssessment if !without_links || !desk.dossier.is_submitted() => Ok(()),
        DossierPhase::SelfAssessment => Err(Rejection::AlreadySubmitted.into()),
        DossierPhase::Appraisal if !without_links => Ok(()),
        DossierPhase::Appraisal | DossierPhase::Sealed => Err(Rejection::WrongPhase {
            phase: desk.dossier.phase.name(),
        }
        .into()),
    }
}

fn make_link(
    desk: &Desk,
    evidence: &Evidence,
    input: &LinkInput,
    index: usize,
    context: &Context<'_>,
) -> Result<Link, Error> {
    let (_, leaf) = desk.node(&input.criterion)?;
    if let Some(code) = &input.requirement
        && !leaf.required_evidence.iter().any(|required| required.code == *code)
    {
        return Err(Error::invalid(
            format!("links.{index}.requirement"),
            format!("Tiêu chí {} không yêu cầu tài liệu {code}.", input.criterion),
            format!("Criterion {} requires no evidence {code}.", input.criterion),
        ));
    }
    Ok(Link {
        id: context.new_id("link", index),
        evidence: evidence.id.clone(),
        criterion: input.criterion.clone(),
        requirement: input.requirement.clone(),
        pages: input.pages.clone(),
        note: input.note.clone(),
        unlinked: false,
        supplementary: desk.dossier.is_submitted(),
        verdict: None,
    })
}

fn attach(
    desk: &mut Desk,
    link: Link,
    evidence: &Evidence,
    revision: &Revision,
    context: &Context<'_>,
) -> Result<(), Error> {
    let rows = revision
        .content
        .rows
        .as_ref()
        .and_then(|rows| rows.inline.clone())
        .map(std::sync::Arc::new);
    let criterion = link.criterion.clone();
    let facts = LinkFacts {
        link,
        evidence: evidence.clone(),
        revision: revision.clone(),
        rows,
    };
    desk.leaf_mut(&criterion)?.links.push(facts);
    desk.rescore(&criterion, context.now)
}

/// What changing a document reads: the document, its newest revision, and every leaf that it is linked to.
pub struct EvidenceInUse {
    desk: Desk,
    evidence: Versioned<Evidence>,
    revision: Revision,
}

impl EvidenceInUse {
    async fn load(read: &Reader<'_>, stream: &StreamId, id: &str, more: &[LinkInput]) -> Result<Self, Error> {
        let evidence = read.require::<Evidence>(stream, id, "evidence").await?;
        let key = Revision::key_of(id, evidence.revision);
        let revision = read.require::<Revision>(stream, &key, "revision").await?.value;
        let query = Link::query()
            .in_stream(stream)
            .filter(super::documents::link_fields::EVIDENCE.equal(id));
        let links = read.every(query).await?;
        let codes: BTreeSet<String> = links
            .iter()
            .filter(|link| !link.unlinked)
            .map(|link| link.criterion.clone())
            .chain(more.iter().map(|link| link.criterion.clone()))
            .collect();
        let codes: Vec<String> = codes.into_iter().collect();
        let desk = Desk::load(read, stream, Some(&codes)).await?;
        Ok(Self {
            desk,
            evidence,
            revision,
        })
    }

    fn linked(&self) -> Vec<String> {
        let uses = |links: &[LinkFacts]| {
            links
                .iter()
                .any(|facts| facts.link.evidence == self.evidence.id && !facts.link.unlinked)
        };
        self.desk
            .leaves
            .iter()
            .filter(|(_, leaf)| uses(&leaf.links))
            .map(|(code, _)| code.clone())
            .collect()
    }

    fn check_active(&self) -> Result<(), Error> {
        if self.evidence.state == EvidenceState::Withdrawn {
            return Err(Rejection::Withdrawn {
                evidence: self.evidence.id.clone(),
            }
            .into());
        }
        Ok(())
    }
}

/// Replaces a document's content by a new revision; the old one stays readable.
#[derive(Clone, Debug, Serialize)]
pub struct ReviseEvidence {
    pub round: String,
    pub unit: String,
    pub evidence: String,
    pub revision: RevisionInput,
    pub reason: String,
}

#[async_trait]
impl Command for ReviseEvidence {
    const NAME: &'static str = "ReviseEvidence";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = EvidenceInUse;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let state = EvidenceInUse::load(read, &self.stream(), &self.evidence, &[]).await?;
        let owners = state.desk.owners_of(&state.linked());
        Ok(Loaded { state, owners })
    }

    fn decide(&self, mut state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        state.check_active()?;
        let linked = state.linked();
        check_dossier_open(&state.desk, linked.is_empty())?;
        let zone = state.desk.dossier.time_zone.clone();
        let today = context.today(&zone)?;
        for criterion in &linked {
            state.desk.check_open(criterion, today)?;
        }
        let number = state.evidence.revision + 1;
        let reason = Some(self.reason.clone());
        let kind = state.evidence.kind;
        let next = revision(kind, &self.revision, &self.evidence, number, reason, context, &zone)?;
        let evidence = Evidence {
            revision: number,
            changed_at: context.now,
            ..state.evidence.value.clone()
        };
        let mut decision = Decision::new(self.evidence.clone()).put_all(file_uses(&state.desk, &next));
        for criterion in &linked {
            for facts in &mut state.desk.leaf_mut(criterion)?.links {
                if facts.link.evidence == self.evidence {
                    facts.rows = next
                        .content
                        .rows
                        .as_ref()
                        .and_then(|rows| rows.inline.clone())
                        .map(std::sync::Arc::new);
                    facts.revision = next.clone();
                    facts.evidence = evidence.clone();
                }
            }
            state.desk.rescore(criterion, context.now)?;
        }
        decision.add(evidence);
        decision.add(next);
        state.desk.write(&mut decision);
        Ok(decision.because(self.reason.clone()))
    }
}

/// Uses a document for more leaves, without a new upload.
#[derive(Clone, Debug, Serialize)]
pub struct LinkEvidence {
    pub round: String,
    pub unit: String,
    pub evidence: String,
    pub links: Vec<LinkInput>,
}

#[async_trait]
impl Command for LinkEvidence {
    const NAME: &'static str = "LinkEvidence";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = EvidenceInUse;
    /// Ids of the links.
    type Output = Vec<String>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let state = EvidenceInUse::load(read, &self.stream(), &self.evidence, &self.links).await?;
        // Who uses a document for one more leaf has to be at home where it is used already.
        let owners = state.desk.owners_of(state.desk.leaves.keys());
        Ok(Loaded { state, owners })
    }

    fn decide(&self, mut state: Self::State, context: &Context<'_>) -> Result<Decision<Vec<String>>, Error> {
        state.check_active()?;
        if self.links.is_empty() || self.links.len() > MAX_LINKS {
            return Err(Error::invalid(
                "links",
                format!("Cần từ 1 đến {MAX_LINKS} liên kết."),
                format!("1 to {MAX_LINKS} links are needed."),
            ));
        }
        let today = context.today(&state.desk.dossier.time_zone)?;
        let mut decision = Decision::new(Vec::new());
        for (index, input) in self.links.iter().enumerate() {
            state.desk.check_open(&input.criterion, today)?;
            let link = make_link(&state.desk, &state.evidence, input, index, context)?;
            decision.output.push(link.id.clone());
            decision.add(link.clone());
            let (evidence, revision) = (state.evidence.value.clone(), state.revision.clone());
            attach(&mut state.desk, link, &evidence, &revision, context)?;
        }
        state.desk.write(&mut decision);
        Ok(decision)
    }
}

/// No longer uses a document for a leaf.
#[derive(Clone, Debug, Serialize)]
pub struct UnlinkEvidence {
    pub round: String,
    pub unit: String,
    pub link: String,
}

#[async_trait]
impl Command for UnlinkEvidence {
    const NAME: &'static str = "UnlinkEvidence";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = (Desk, Link);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let stream = self.stream();
        let link = read.require::<Link>(&stream, &self.link, "link").await?.value;
        let desk = Desk::load(read, &stream, Some(std::slice::from_ref(&link.criterion))).await?;
        let owners = desk.owners_of([&link.criterion]);
        Ok(Loaded {
            state: (desk, link),
            owners,
        })
    }

    fn decide(&self, (mut desk, link): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut decision = Decision::new(self.link.clone());
        if link.unlinked {
            return Ok(decision);
        }
        desk.check_open(&link.criterion, context.today(&desk.dossier.time_zone)?)?;
        let link = Link { unlinked: true, ..link };
        for facts in &mut desk.leaf_mut(&link.criterion)?.links {
            if facts.link.id == link.id {
                facts.link = link.clone();
            }
        }
        desk.rescore(&link.criterion, context.now)?;
        decision.add(link);
        desk.write(&mut decision);
        Ok(decision)
    }
}

/// Withdraws a document before submission; it stays readable in the history.
#[derive(Clone, Debug, Serialize)]
pub struct WithdrawEvidence {
    pub round: String,
    pub unit: String,
    pub evidence: String,
    pub reason: String,
}

#[async_trait]
impl Command for WithdrawEvidence {
    const NAME: &'static str = "WithdrawEvidence";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = EvidenceInUse;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let state = EvidenceInUse::load(read, &self.stream(), &self.evidence, &[]).await?;
        let owners = state.desk.owners_of(&state.linked());
        Ok(Loaded { state, owners })
    }

    fn decide(&self, mut state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let mut decision = Decision::new(self.evidence.clone()).because(self.reason.clone());
        if state.evidence.state == EvidenceState::Withdrawn {
            return Ok(decision);
        }
        if state.desk.dossier.is_submitted() {
            return Err(Rejection::EvidenceInUse {
                evidence: self.evidence.clone(),
            }
            .into());
        }
        check_dossier_open(&state.desk, true)?;
        let withdrawn = Evidence {
            state: EvidenceState::Withdrawn,
            changed_at: context.now,
            ..state.evidence.value.clone()
        };
        for criterion in state.linked() {
            debug_assert!(state.desk.leaf(&criterion)?.assessment.state <= AssessmentState::Declared);
            for facts in &mut state.desk.leaf_mut(&criterion)?.links {
                if facts.evidence.id == withdrawn.id {
                    facts.evidence = withdrawn.clone();
                }
            }
            state.desk.rescore(&criterion, context.now)?;
        }
        decision.add(withdrawn);
        state.desk.write(&mut decision);
        Ok(decision)
    }
}
