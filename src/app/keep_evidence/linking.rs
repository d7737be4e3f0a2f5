//! Which leaves a document is used for.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::{LinkInput, MAX_LINKS, RevisionInput};
use crate::app::desk::{Desk, evidence_with_revision};
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
pub fn make_link(desk: &Desk, evidence: &Evidence, input: &LinkInput, id: String) -> Result<Link, Error> {
    let (_, leaf) = desk.node(&input.criterion)?;
    if let Some(code) = &input.requirement
        && !leaf.required_evidence.iter().any(|required| required.code == *code)
    {
        return Err(Error::invalid(
            "requirement",
            format!("Tiêu chí {} không yêu cầu tài liệu {code}.", input.criterion),
            format!("Criterion {} requires no evidence {code}.", input.criterion),
        ));
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
        verdict: None,
    })
}

/// Leaf and requirement: with the document, what a link is known by.
pub fn natural_key(link: &Link) -> (&str, Option<&str>) {
    (&link.criterion, link.requirement.as_deref())
}

/// The same of a link to be made.
pub fn key_of(input: &LinkInput) -> (&str, Option<&str>) {
    (&input.criterion, input.requirement.as_deref())
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
    async fn load(read: &Reader<'_>, stream: &StreamId, id: &str, more: &[LinkInput]) -> Result<Self, Error> {
        let evidence = read.require::<Evidence>(stream, id, "evidence").await?;
        let mut found = evidence_with_revision(read, stream, &[id.to_owned()]).await?;
        let (_, revision, rows) = found.remove(id).ok_or(Error::NotFound { what: "revision" })?;
        let query = Link::query().in_stream(stream).filter(link_fields::EVIDENCE.equal(id));
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

    pub(super) fn check_active(&self) -> Result<(), Error> {
        if self.evidence.state == EvidenceState::Withdrawn {
            return Err(Rejection::Withdrawn {
                evidence: self.evidence.id.clone(),
            }
            .into());
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
        let state = EvidenceInUse::load(read, &self.stream(), &self.evidence, &self.links).await?;
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
        let today = context.today(&state.desk.dossier.time_zone)?;
        let mut decision = Decision::new(Vec::new());
        for (index, input) in self.links.iter().enumerate() {
            state.desk.check_open(&input.criterion, today)?;
            state.check_unused(input)?;
            let link = make_link(&state.desk, &state.evidence, input, context.new_id("link", index))
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
