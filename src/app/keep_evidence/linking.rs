//! Which leaves a document is used for.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::{LinkInput, MAX_LINKS, RevisionInput};
use crate::app::desk::{Desk, check_criteria, evidence_with_revision};
use crate::app::documents::{link_fields, streams};
use crate::app::error::Error;
use crate::app::gate::{Command, Context, Decision, Loaded};
use crate::app::reader::Reader;
use crate::app::row_sets::rows_of_input;
use crate::app::text::{MAX_PAGES_CHARS, MAX_TEXT_CHARS, check_optional};
use crate::domain::evidence::{Evidence, EvidenceState, Link, Revision};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::rows::Row;
use crate::domain::score::LinkFacts;
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// A link of a document to a leaf; errors name the field within the link.
pub fn make_link(
    desk: &Desk,
    evidence: &Evidence,
    revision: &Revision,
    input: &LinkInput,
    id: String,
) -> Result<Link, Error> {
    desk.node(&input.criterion).map_err(|error| error.about("criterion"))?;
    if let Some(code) = &input.requirement {
        check_serves(desk, (&input.criterion, code), evidence, revision, "requirement")?;
    }
    check_optional("pages", input.pages.as_deref(), MAX_PAGES_CHARS)?;
    check_optional("note", input.note.as_deref(), MAX_TEXT_CHARS)?;
    Ok(Link {
        id,
        evidence: evidence.id.clone(),
        criterion: input.criterion.clone(),
        requirement: input.requirement.clone(),
        pages: input.pages.clone(),
        note: input.note.clone(),
        unlinked: false,
        supplementary: desk.dossier.is_submitted(),
        after_first: desk.dossier.phase.is_behind_first(),
        verdict: None,
        second: None,
    })
}

/// Whether a document can be the required evidence that a link names. A link that names none says nothing of it.
pub fn check_serves(
    desk: &Desk,
    (criterion, code): (&str, &str),
    evidence: &Evidence,
    revision: &Revision,
    field: &str,
) -> Result<(), Error> {
    let (_, leaf) = desk.node(criterion)?;
    let Some(required) = leaf.required_evidence.iter().find(|required| required.code == code) else {
        return Err(Error::invalid(
            field,
            format!("Tiêu chí {criterion} không yêu cầu tài liệu {code}."),
            format!("Criterion {criterion} requires no evidence {code}."),
        ));
    };
    if required.serves(evidence.kind, revision.header.as_ref()) {
        return Ok(());
    }
    let kinds = required.kinds.join(", ");
    let document_type = revision.header.as_ref().map(|header| header.document_type.as_str());
    let found = match document_type {
        Some(document_type) => format!("{} ({document_type})", evidence.kind.name()),
        None => evidence.kind.name().to_owned(),
    };
    let types = required.document_types.join(", ");
    let (types_vi, types_en) = match types.is_empty() {
        true => (String::new(), String::new()),
        false => (
            format!(", văn bản thuộc loại {types}"),
            format!(", official documents of type {types}"),
        ),
    };
    Err(Error::invalid(
        field,
        format!(
            "Tài liệu {found} không dùng cho {code} của tiêu chí {criterion} được; cần: {kinds}{types_vi}. Hãy sửa tài liệu, hoặc liên kết mà không nêu requirement."
        ),
        format!(
            "{found} cannot be {code} of criterion {criterion}; what serves: {kinds}{types_en}. Mend the document, or link it without a requirement."
        ),
    ))
}

/// Whether a new revision can still be the required evidence that the document's links name. The kind stays, so that
/// it is the header's type that no longer fits.
pub fn check_still_serves<'a>(
    desk: &Desk,
    links: impl Iterator<Item = &'a Link>,
    evidence: &Evidence,
    revision: &Revision,
) -> Result<(), Error> {
    for link in links {
        if let Some(code) = &link.requirement {
            check_serves(
                desk,
                (&link.criterion, code),
                evidence,
                revision,
                "content.header.documentType",
            )?;
        }
    }
    Ok(())
}

/// Leaf and requirement: with the document, what a link is known by.
pub fn natural_key(link: &Link) -> (&str, Option<&str>) {
    (&link.criterion, link.requirement.as_deref())
}

/// The same of a link to be made.
pub fn key_of(input: &LinkInput) -> (&str, Option<&str>) {
    (&input.criterion, input.requirement.as_deref())
}

/// Where links to be made name a leaf.
pub fn place_of_link(links: &[LinkInput], criterion: &str) -> Option<String> {
    let place = links.iter().position(|link| link.criterion == criterion)?;
    Some(format!("links.{place}.criterion"))
}

/// Links of one document in one call: not too many, and none twice.
pub fn check_links(links: &[LinkInput]) -> Result<(), Error> {
    if links.len() > MAX_LINKS {
        return Err(Error::invalid(
            "links",
            format!("Tối đa {MAX_LINKS} liên kết; hãy chia nhỏ."),
            format!("At most {MAX_LINKS} links; split it."),
        ));
    }
    let mut seen = BTreeSet::new();
    for (place, link) in links.iter().enumerate() {
        if !seen.insert(key_of(link)) {
            return Err(Error::invalid(
                format!("links.{place}"),
                format!(
                    "Liên kết tới {} được nêu hai lần; gộp các trang vào một.",
                    link.criterion
                ),
                format!(
                    "The link to {} is stated twice; put all pages into one.",
                    link.criterion
                ),
            ));
        }
    }
    Ok(())
}

/// Puts a new revision in the place of the old one wherever a leaf uses the document.
pub fn replace_revision(
    desk: &mut Desk,
    criterion: &str,
    evidence: &Evidence,
    revision: &Revision,
    input: &RevisionInput,
) -> Result<(), Error> {
    for facts in &mut desk.leaf_mut(criterion)?.links {
        if facts.link.evidence == evidence.id {
            facts.rows = rows_of_input(input);
            facts.revision = revision.clone();
            facts.evidence = evidence.clone();
        }
    }
    Ok(())
}

/// What changing a document reads: the document, its newest revision, and every leaf that it is linked to.
pub struct EvidenceInUse {
    pub(super) desk: Desk,
    pub(super) evidence: Versioned<Evidence>,
    revision: Revision,
    rows: Option<Arc<Vec<Row>>>,
}

impl EvidenceInUse {
    async fn load(read: &Reader<'_>, stream: &StreamId, id: &str, more: &[String]) -> Result<Self, Error> {
        let evidence = read.require::<Evidence>(stream, id, "evidence").await;
        let evidence = evidence.map_err(|error| error.about("evidenceId"))?;
        let mut found = evidence_with_revision(read, stream, &[id.to_owned()]).await?;
        let (_, revision, rows) = found.remove(id).ok_or(Error::NotFound { what: "revision" })?;
        let query = Link::query().in_stream(stream).filter(link_fields::EVIDENCE.equal(id));
        let links = read.every(query).await?;
        let codes: BTreeSet<String> = links
            .iter()
            .filter(|link| !link.unlinked)
            .map(|link| link.criterion.clone())
            .chain(more.iter().cloned())
            .collect();
        let codes: Vec<String> = codes.into_iter().collect();
        let desk = Desk::load(read, stream, Some(&codes)).await?;
        Ok(Self {
            desk,
            evidence,
            revision,
            rows,
        })
    }

    /// A document with the leaves where it is used, each of which has to allow what is done with it.
    pub(super) async fn to_change(read: &Reader<'_>, stream: &StreamId, id: &str) -> Result<Loaded<Self>, Error> {
        let state = Self::load(read, stream, id, &[]).await?;
        let owners = state.desk.owners_of(&state.linked());
        Ok(Loaded { state, owners })
    }

    pub(super) fn linked(&self) -> Vec<String> {
        let codes: BTreeSet<String> = self.links().map(|link| link.criterion.clone()).collect();
        codes.into_iter().collect()
    }

    /// The document's links, as they are in use.
    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        let links = self.desk.leaves.values().flat_map(|leaf| &leaf.links);
        let of_document = |facts: &&LinkFacts| facts.link.evidence == self.evidence.id && !facts.link.unlinked;
        links.filter(of_document).map(|facts| &facts.link)
    }

    /// A second link of the same document would count its rows twice.
    fn check_unused(&self, input: &LinkInput) -> Result<(), Error> {
        let links = &self.desk.leaf(&input.criterion)?.links;
        let is_same = |facts: &&LinkFacts| {
            facts.link.evidence == self.evidence.id && !facts.link.unlinked && natural_key(&facts.link) == key_of(input)
        };
        match links.iter().find(is_same) {
            Some(_) => Err(Rejection::AlreadyLinked {
                criterion: input.criterion.clone(),
            }
            .into()),
            None => Ok(()),
        }
    }

    /// What people call the document.
    pub(super) fn label(&self) -> String {
        self.revision.label(&self.evidence).to_owned()
    }

    pub(super) fn check_active(&self) -> Result<(), Error> {
        if self.evidence.state == EvidenceState::Withdrawn {
            let document = self.label();
            return Err(Rejection::Withdrawn { document }.into());
        }
        Ok(())
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
        let codes: Vec<String> = self.links.iter().map(|link| link.criterion.clone()).collect();
        // Before the document is looked for: what is said of a criterion must not tell whether there is one.
        let place = |code: &str| place_of_link(&self.links, code);
        check_criteria(read, &self.stream(), &codes, &place).await?;
        let state = EvidenceInUse::load(read, &self.stream(), &self.evidence, &codes).await?;
        // Who uses a document for one more leaf has to be at home where it is used already.
        let owners = state.desk.owners_of(state.desk.leaves.keys());
        Ok(Loaded { state, owners })
    }

    fn decide(&self, mut state: Self::State, context: &Context<'_>) -> Result<Decision<Vec<String>>, Error> {
        state.check_active()?;
        if self.links.is_empty() {
            return Err(Error::invalid(
                "links",
                "Chưa nêu liên kết nào.",
                "Name at least one leaf to link to.",
            ));
        }
        check_links(&self.links)?;
        let mut decision = Decision::new(Vec::new());
        for (index, input) in self.links.iter().enumerate() {
            let place = || format!("links.{index}.criterion");
            let usable = state.desk.check_evidence_open(&input.criterion, context.now);
            let usable = usable.and_then(|()| state.check_unused(input));
            usable.map_err(|error| error.about(place()))?;
            let id = context.new_id("link", index);
            let link = make_link(&state.desk, &state.evidence, &state.revision, input, id)
                .map_err(|error| error.within(&format!("links.{index}")))?;
            decision.output.push(link.id.clone());
            decision.add(link.clone());
            let facts = LinkFacts {
                link,
                evidence: state.evidence.value.clone(),
                revision: state.revision.clone(),
                rows: state.rows.clone(),
            };
            state.desk.leaf_mut(&input.criterion)?.links.push(facts);
            state.desk.note_explained(&input.criterion)?;
            state.desk.rescore(&input.criterion, context.now)?;
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
        let link = read.require::<Link>(&stream, &self.link, "link").await;
        let link = link.map_err(|error| error.about("linkId"))?.value;
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
        desk.check_link_open(&link, context.now)?;
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
