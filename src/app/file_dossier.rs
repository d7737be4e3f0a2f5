//! Filing a whole dossier in one call: documents with their links, and declarations.
//!
//! Filing says how things are to be. A document is known by the portal's own identifier, a link by document, leaf and
//! requirement, a declaration by its leaf: what already is as stated is left alone, so that sending the same dossier
//! again changes nothing, and sending it with a change applies the change alone.

mod batches;
mod decide;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Session;
use super::desk::{Desk, evidence_with_revision};
use super::documents::{link_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, derived_id};
use super::keep_evidence::{LinkInput, RevisionInput, check_room, count_documents, find_external_ids, place_of_link};
use super::prepare_dossier::{DeclareItem, ItemProblem, MAX_DECLARED};
use super::reader::Reader;
use super::receipt::Receipt;
use super::row_sets::{NewRowSets, RowsInput};
use crate::domain::dossier::Dossier;
use crate::domain::evidence::{Evidence, EvidenceKind, Link, Revision};
use crate::domain::policy::Permission;
use crate::domain::rows::{Row, RowReport};
use crate::store::{Document, StreamId};

use decide::Filing;

/// Most documents filed by one call: ten for each leaf of a framework.
pub const MAX_FILED: usize = 1000;

/// A document as it is to be.
#[derive(Clone, Debug, Serialize)]
pub struct FiledDocument {
    /// The portal's own identifier: the same one is the same document.
    pub external_id: String,
    pub kind: EvidenceKind,
    pub title: String,
    pub revision: RevisionInput,
    /// All leaves that it is to be used for; `None` leaves its links as they are.
    pub links: Option<Vec<LinkInput>>,
}

/// Files documents and declarations of one dossier: all of them, or none.
#[derive(Clone, Debug, Serialize)]
pub struct FileDossier {
    pub round: String,
    pub unit: String,
    pub documents: Vec<FiledDocument>,
    pub declarations: Vec<DeclareItem>,
    /// Why documents that are there already change.
    pub reason: Option<String>,
    /// Only say what would become of each item.
    pub dry_run: bool,
    /// Only find what is wrong: the whole of a filing that is committed in batches is checked before the first.
    #[serde(skip)]
    pub check_only: bool,
}

/// What became of a document or declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilingOutcome {
    /// A new document.
    Created,
    /// A document with a new revision.
    Revised,
    /// A document whose title or links changed.
    Changed,
    /// A leaf declared, or declared otherwise than before.
    Declared,
    /// It was as stated already.
    Unchanged,
    /// It cannot be filed; a dry run says why.
    Refused,
}

/// One item of a filing: a document or a declaration, in the order given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FiledItem {
    /// The portal's identifier of a document.
    pub external_id: Option<String>,
    /// Our id of a document; absent when it is not there.
    pub evidence: Option<String>,
    /// Code of a declared leaf.
    pub criterion: Option<String>,
    pub outcome: FilingOutcome,
    pub problem: Option<ItemProblem>,
    /// What became of the document's rows.
    pub rows: Option<RowReport>,
}

/// What became of a whole filing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    pub items: Vec<FiledItem>,
    /// One for each commit that it took: none when nothing changed or in a dry run, several for a very large dossier.
    pub receipts: Vec<Receipt>,
}

/// A document that is there already: its newest revision, rows and links.
pub(super) struct Known {
    pub evidence: Evidence,
    pub revision: Revision,
    pub rows: Option<Arc<Vec<Row>>>,
}

/// What filing reads: every leaf that is named or used, and the documents that are there already.
pub struct FilingState {
    pub(super) desk: Desk,
    pub(super) known: BTreeMap<String, Known>,
    /// How many documents the dossier has.
    pub(super) documents: usize,
}

impl FileDossier {
    fn criteria(&self) -> BTreeSet<&str> {
        let links = self
            .documents
            .iter()
            .flat_map(|document| document.links.iter().flatten());
        links
            .map(|link| link.criterion.as_str())
            .chain(self.declarations.iter().map(|item| item.criterion.as_str()))
            .collect()
    }

    fn check_size(&self) -> Result<(), Error> {
        for (field, count, most) in [
            ("evidence", self.documents.len(), MAX_FILED),
            ("declarations", self.declarations.len(), MAX_DECLARED),
        ] {
            if count > most {
                return Err(Error::invalid(
                    field,
                    format!("Tối đa {most} mục một lần gọi; hãy chia nhỏ."),
                    format!("At most {most} items a call; split it."),
                ));
            }
        }
        if self.documents.is_empty() && self.declarations.is_empty() {
            return Err(Error::invalid(
                "evidence",
                "Không có tài liệu hay tự chấm nào để nộp.",
                "There is neither a document nor a declaration to file.",
            ));
        }
        Ok(())
    }
}

#[async_trait]
impl Command for FileDossier {
    const NAME: &'static str = "FileDossier";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = FilingState;
    type Output = Vec<FiledItem>;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, criterion: &str) -> Option<String> {
        let of_document = |(index, document): (usize, &FiledDocument)| {
            let place = place_of_link(document.links.as_deref()?, criterion)?;
            Some(format!("evidence.{index}.{place}"))
        };
        let linked = self.documents.iter().enumerate().find_map(of_document);
        let declared = || {
            let index = self.declarations.iter().position(|item| item.criterion == criterion)?;
            Some(format!("declarations.{index}.criterion"))
        };
        linked.or_else(declared)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<FilingState>, Error> {
        let stream = self.stream();
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        let framework = read.framework_of(&dossier.framework).await?;
        let external: Vec<&str> = self.documents.iter().map(|one| one.external_id.as_str()).collect();
        let heads = find_external_ids(read, &stream, &external).await?;
        let ids: Vec<String> = heads.iter().map(|head| head.id.clone()).collect();
        let mut known = BTreeMap::new();
        for (_, (evidence, revision, rows)) in evidence_with_revision(read, &stream, &ids).await? {
            if let Some(external_id) = evidence.external_id.clone() {
                let one = Known {
                    evidence,
                    revision,
                    rows,
                };
                known.insert(external_id, one);
            }
        }
        let mut criteria: BTreeSet<String> = self.criteria().into_iter().map(str::to_owned).collect();
        // A code that the framework does not have is the problem of its item, not of the whole.
        criteria.retain(|code| framework.leaf(code).is_some());
        if !ids.is_empty() {
            let query = Link::query()
                .in_stream(&stream)
                .filter(link_fields::EVIDENCE.one_of(ids));
            let links = read.every(query).await?;
            criteria.extend(links.into_iter().map(|link| link.value.criterion));
        }
        let criteria: Vec<String> = criteria.into_iter().collect();
        let desk = Desk::load(read, &stream, Some(&criteria)).await?;
        // Every leaf that is named, and every leaf where a named document is used already.
        let owners = desk.owners_of(desk.leaves.keys());
        Ok(Loaded {
            state: FilingState {
                desk,
                known,
                documents: count_documents(read, &stream).await?,
            },
            owners,
        })
    }

    fn decide(&self, state: FilingState, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        self.check_size()?;
        let is_new = |document: &&FiledDocument| !state.known.contains_key(&document.external_id);
        check_room(state.documents, self.documents.iter().filter(is_new).count())?;
        Filing::new(self, state, context)?.decide()
    }
}

impl Session {
    /// Files a dossier. `rows` are those of the documents, in their order, as they came.
    ///
    /// What exceeds one commit (8 MiB or 1,000 documents of the store) is checked as a whole and then committed in as
    /// few batches as it takes. If a later batch fails, sending the same dossier again files the rest.
    pub async fn file_dossier(
        &self,
        mut filing: FileDossier,
        rows: Vec<Option<RowsInput>>,
        key: Option<String>,
    ) -> Result<Filed, Error> {
        self.may_prepare(&filing.round, &filing.unit).await?;
        filing.check_size()?;
        let mut unreadable = self.read_all_rows(&mut filing, rows).await;
        if let Some(place) = unreadable.iter().position(|(_, error)| !error.is_final()) {
            return Err(unreadable.swap_remove(place).1);
        }
        if filing.dry_run {
            let mut items = self.run(filing, None).await?.output;
            for (index, error) in unreadable {
                items[index].outcome = FilingOutcome::Refused;
                items[index].problem = Some(ItemProblem::of(&error));
                items[index].rows = error.rows().cloned();
            }
            return Ok(Filed {
                items,
                receipts: Vec::new(),
            });
        }
        if !unreadable.is_empty() {
            return Err(self.all_wrong(filing, unreadable).await);
        }
        let mut kept = NewRowSets::default();
        for document in &filing.documents {
            if let Some(read) = &document.revision.rows {
                kept.keep(&self.app, read).await?;
            }
        }
        let filed = self.commit_filing(filing, key).await;
        kept.settle(&self.app, &filed).await;
        filed
    }

    /// Every wrong item of a filing in which the rows of some documents cannot be read.
    async fn all_wrong(&self, filing: FileDossier, unreadable: Vec<(usize, Error)>) -> Error {
        let whole = FileDossier {
            check_only: true,
            ..filing
        };
        let (mut first, mut problems) = match self.run(whole, None).await {
            Ok(_) => (None, BTreeMap::new()),
            Err(Error::Items { first, problems }) => (Some(first), problems.into_iter().collect()),
            Err(other) => return other,
        };
        for (index, error) in unreadable.into_iter().rev() {
            problems.insert(index, ItemProblem::of(&error));
            if first.is_none() || problems.keys().next() == Some(&index) {
                first = Some(Box::new(error));
            }
        }
        let problems = problems.into_iter().collect();
        match first {
            Some(first) => Error::Items { first, problems },
            None => Error::Internal("nothing is wrong with the filing".into()),
        }
    }

    async fn commit_filing(&self, filing: FileDossier, key: Option<String>) -> Result<Filed, Error> {
        let batches = batches::split(&filing);
        let several = batches.len() > 1;
        if several {
            let whole = FileDossier {
                check_only: true,
                ..filing
            };
            self.run(whole, None).await?;
        }
        let mut filed = Filed {
            items: Vec::new(),
            receipts: Vec::new(),
        };
        let mut declared = Vec::new();
        for (number, batch) in batches.into_iter().enumerate() {
            let key = match (&key, several) {
                (Some(key), true) => Some(derived_id(&[key, &number.to_string()])),
                (key, _) => key.clone(),
            };
            let done = self.run(batch, key).await?;
            filed.receipts.extend(done.receipt);
            let (documents, leaves): (Vec<_>, Vec<_>) =
                done.output.into_iter().partition(|item| item.criterion.is_none());
            filed.items.extend(documents);
            declared.extend(leaves);
        }
        filed.items.extend(declared);
        Ok(filed)
    }

    /// Reads the rows of every document; what cannot be read is told per document.
    async fn read_all_rows(&self, filing: &mut FileDossier, rows: Vec<Option<RowsInput>>) -> Vec<(usize, Error)> {
        let mut unreadable = Vec::new();
        for (index, (document, rows)) in filing.documents.iter_mut().zip(rows).enumerate() {
            let Some(rows) = rows else { continue };
            match self.read_rows(document.kind, rows).await {
                Ok(read) => document.revision.rows = Some(read),
                Err(error) => unreadable.push((index, error.within(&format!("evidence.{index}")))),
            }
        }
        unreadable
    }
}
