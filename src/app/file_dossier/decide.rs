//! What a filing changes: each item against what is there.

use std::collections::{BTreeMap, BTreeSet};

use super::{FileDossier, FiledDocument, FiledItem, FilingOutcome, FilingState, Known};
use crate::app::desk::Desk;
use crate::app::error::Error;
use crate::app::gate::{Context, Decision};
use crate::app::keep_evidence::{
    LinkInput, NewRevision, check_dossier_open, check_links, check_serves, check_still_serves, file_uses, key_of,
    make_link, natural_key, replace_revision,
};
use crate::app::prepare_dossier::{DeclareItem, ItemProblem, check_declared_once, declare_leaf};
use crate::app::row_sets::{ReadRows, rows_of_input};
use crate::app::text::{MAX_EXTERNAL_ID_CHARS, check_given, check_name, check_text};
use crate::domain::evidence::{Evidence, EvidenceState, Link, Revision};
use crate::domain::rejection::Rejection;
use crate::domain::score::LinkFacts;

/// A filing under way.
pub struct Filing<'a> {
    command: &'a FileDossier,
    context: &'a Context<'a>,
    desk: Desk,
    known: BTreeMap<String, Known>,
    decision: Decision<Vec<FiledItem>>,
    /// Leaves whose points have to be computed again; once each, however many documents concern them.
    touched: BTreeSet<String>,
    seen: BTreeSet<&'a str>,
    links_made: usize,
}

impl<'a> Filing<'a> {
    pub fn new(command: &'a FileDossier, state: FilingState, context: &'a Context<'a>) -> Result<Self, Error> {
        if let Some(reason) = &command.reason {
            check_text("reason", reason)?;
        }
        Ok(Self {
            command,
            context,
            desk: state.desk,
            known: state.known,
            decision: Decision::new(Vec::new()),
            touched: BTreeSet::new(),
            seen: BTreeSet::new(),
            links_made: 0,
        })
    }

    /// Decides every item; those that are refused refuse the whole, except in a dry run.
    pub fn decide(mut self) -> Result<Decision<Vec<FiledItem>>, Error> {
        let command = self.command;
        let mut items = Vec::with_capacity(command.documents.len() + command.declarations.len());
        let mut wrong = Vec::new();
        for (index, document) in command.documents.iter().enumerate() {
            let filed = self.document(index, document);
            let filed = filed.map_err(|error| error.within(&format!("evidence.{index}")));
            let item = FiledItem {
                external_id: Some(document.external_id.clone()),
                evidence: filed.as_ref().ok().map(|(id, _)| id.clone()),
                rows: document.revision.rows.as_ref().map(ReadRows::report),
                ..outcome(filed.as_ref().map(|(_, outcome)| *outcome))
            };
            wrong.extend(filed.err().map(|error| (items.len(), error)));
            items.push(item);
        }
        for (index, declaration) in command.declarations.iter().enumerate() {
            let declared = self.declaration(index, declaration);
            let declared = declared.map_err(|error| error.about("criterion").within(&format!("declarations.{index}")));
            let item = FiledItem {
                criterion: Some(declaration.criterion.clone()),
                ..outcome(declared.as_ref().map(|changed| match changed {
                    true => FilingOutcome::Declared,
                    false => FilingOutcome::Unchanged,
                }))
            };
            if matches!(declared, Ok(true)) {
                self.touched.insert(declaration.criterion.clone());
            }
            wrong.extend(declared.err().map(|error| (items.len(), error)));
            items.push(item);
        }
        if command.dry_run {
            return Ok(Decision::new(items));
        }
        if let Some(error) = Error::of_items(wrong) {
            return Err(error);
        }
        if command.check_only {
            return Ok(Decision::new(items));
        }
        for criterion in &self.touched {
            self.desk.note_explained(criterion)?;
            self.desk.rescore(criterion, self.context.now)?;
        }
        let mut decision = self.decision;
        decision.output = items;
        self.desk.write(&mut decision);
        Ok(match &command.reason {
            Some(reason) => decision.because(reason.clone()),
            None => decision,
        })
    }

    fn declaration(&mut self, index: usize, declaration: &DeclareItem) -> Result<bool, Error> {
        let before = &self.command.declarations[..index];
        check_declared_once(before, &declaration.criterion)?;
        declare_leaf(&mut self.desk, declaration, self.context)
    }

    fn document(&mut self, index: usize, document: &'a FiledDocument) -> Result<(String, FilingOutcome), Error> {
        check_name("title", &document.title)?;
        check_given("externalId", &document.external_id, MAX_EXTERNAL_ID_CHARS)?;
        if !self.seen.insert(&document.external_id) {
            return Err(Error::invalid(
                "externalId",
                format!("externalId {} được nêu hai lần.", document.external_id),
                format!("externalId {} is stated twice.", document.external_id),
            ));
        }
        check_links(document.links.as_deref().unwrap_or_default())?;
        match self.known.remove(&document.external_id) {
            None => self.create(index, document).map(|id| (id, FilingOutcome::Created)),
            Some(known) => {
                let id = known.evidence.id.clone();
                self.update(document, known).map(|outcome| (id, outcome))
            }
        }
    }

    fn create(&mut self, index: usize, document: &FiledDocument) -> Result<String, Error> {
        let links = document.links.as_deref().unwrap_or_default();
        check_dossier_open(&self.desk, links.is_empty(), self.context.now)?;
        let id = self.context.new_id("evidence", index);
        let revision = self.revision(document, &id, 1)?;
        let evidence = Evidence {
            id: id.clone(),
            external_id: Some(document.external_id.clone()),
            kind: document.kind,
            title: document.title.clone(),
            revision: 1,
            state: EvidenceState::Active,
            supplementary: self.desk.dossier.is_submitted(),
            carried_from: None,
            created_at: self.context.now,
            created_by: self.context.login.to_owned(),
            changed_at: self.context.now,
        };
        for (place, input) in links.iter().enumerate() {
            let facts = LinkFacts {
                link: self.new_link(&evidence, &revision, input, place)?,
                evidence: evidence.clone(),
                revision: revision.clone(),
                rows: rows_of_input(&document.revision),
            };
            self.attach(facts, place)?;
        }
        self.write_revision(revision);
        self.decision.add(evidence);
        Ok(id)
    }

    fn update(&mut self, document: &FiledDocument, known: Known) -> Result<FilingOutcome, Error> {
        if known.evidence.state == EvidenceState::Withdrawn {
            let document = known.revision.label(&known.evidence).to_owned();
            return Err(Rejection::Withdrawn { document }.into());
        }
        if known.evidence.kind != document.kind {
            let fixed = Rejection::KindFixed {
                external_id: document.external_id.clone(),
                kind: known.evidence.kind.name(),
            };
            return Err(Error::from(fixed).about("kind"));
        }
        let links = self.current_links(&known.evidence.id);
        let next = self.revision(document, &known.evidence.id, known.evidence.revision + 1)?;
        let is_revised = !same_content(&next, &known.revision);
        let is_changed = is_revised || known.evidence.title != document.title;
        let standing = if is_changed {
            self.change_head(document, known, &links, is_revised.then_some(next))?
        } else {
            known
        };
        let is_relinked = match &document.links {
            Some(wanted) => {
                if is_revised {
                    self.check_kept(wanted, &links, &standing)?;
                }
                self.relink(wanted, &links, &standing)?
            }
            None if is_revised => {
                check_still_serves(&self.desk, links.iter(), &standing.evidence, &standing.revision)?;
                false
            }
            None => false,
        };
        Ok(match (is_revised, is_changed || is_relinked) {
            (true, _) => FilingOutcome::Revised,
            (false, true) => FilingOutcome::Changed,
            (false, false) => FilingOutcome::Unchanged,
        })
    }

    /// A new title, and a new revision if there is one; every leaf that uses the document must be open.
    fn change_head(
        &mut self,
        document: &FiledDocument,
        known: Known,
        links: &[Link],
        revised: Option<Revision>,
    ) -> Result<Known, Error> {
        check_dossier_open(&self.desk, links.is_empty(), self.context.now)?;
        for link in links {
            self.desk.check_link_open(link, self.context.now)?;
        }
        let evidence = Evidence {
            title: document.title.clone(),
            revision: revised.as_ref().map_or(known.evidence.revision, |next| next.number),
            changed_at: self.context.now,
            ..known.evidence
        };
        self.decision.add(evidence.clone());
        let Some(next) = revised else {
            return Ok(Known { evidence, ..known });
        };
        for link in links {
            replace_revision(&mut self.desk, &link.criterion, &evidence, &next, &document.revision)?;
            self.touched.insert(link.criterion.clone());
        }
        self.write_revision(next.clone());
        Ok(Known {
            evidence,
            revision: next,
            rows: rows_of_input(&document.revision),
        })
    }

    /// Whether the links that stay fit what the document has become.
    fn check_kept(&self, wanted: &[LinkInput], links: &[Link], standing: &Known) -> Result<(), Error> {
        for (place, input) in wanted.iter().enumerate() {
            let is_kept = links.iter().any(|link| natural_key(link) == key_of(input));
            if let (true, Some(code)) = (is_kept, &input.requirement) {
                let named = (input.criterion.as_str(), code.as_str());
                let field = format!("links.{place}.requirement");
                check_serves(&self.desk, named, &standing.evidence, &standing.revision, &field)?;
            }
        }
        Ok(())
    }

    /// Makes the links of a document what they are to be; `true` if any changed.
    fn relink(&mut self, wanted: &[LinkInput], links: &[Link], standing: &Known) -> Result<bool, Error> {
        let mut is_changed = false;
        for (place, input) in wanted.iter().enumerate() {
            match links.iter().find(|link| natural_key(link) == key_of(input)) {
                Some(link) if link.pages == input.pages && link.note == input.note => continue,
                Some(link) => self.replace_link(Link {
                    pages: input.pages.clone(),
                    note: input.note.clone(),
                    // What was judged is not what stands there now.
                    verdict: None,
                    second: None,
                    ..link.clone()
                })?,
                None => {
                    let facts = LinkFacts {
                        link: self.new_link(&standing.evidence, &standing.revision, input, place)?,
                        evidence: standing.evidence.clone(),
                        revision: standing.revision.clone(),
                        rows: standing.rows.clone(),
                    };
                    self.attach(facts, place)?;
                }
            }
            is_changed = true;
        }
        for link in links {
            if !wanted.iter().any(|input| natural_key(link) == key_of(input)) {
                self.replace_link(Link {
                    unlinked: true,
                    ..link.clone()
                })?;
                is_changed = true;
            }
        }
        Ok(is_changed)
    }

    fn revision(&self, document: &FiledDocument, evidence: &str, number: u32) -> Result<Revision, Error> {
        NewRevision {
            evidence,
            number,
            kind: document.kind,
            input: &document.revision,
            reason: self.command.reason.clone().filter(|_| number > 1),
        }
        .make(self.context, &self.desk.dossier.time_zone)
    }

    fn write_revision(&mut self, revision: Revision) {
        for usage in file_uses(&self.desk, &revision) {
            self.decision.add(usage);
        }
        self.decision.add(revision);
    }

    fn new_link(
        &mut self,
        evidence: &Evidence,
        revision: &Revision,
        input: &LinkInput,
        place: usize,
    ) -> Result<Link, Error> {
        let id = self.context.new_id("link", self.links_made);
        self.links_made += 1;
        make_link(&self.desk, evidence, revision, input, id).map_err(|error| error.within(&format!("links.{place}")))
    }

    fn attach(&mut self, facts: LinkFacts, place: usize) -> Result<(), Error> {
        let criterion = facts.link.criterion.clone();
        let open = self.desk.check_evidence_open(&criterion, self.context.now);
        open.map_err(|error| error.about(format!("links.{place}.criterion")))?;
        self.decision.add(facts.link.clone());
        self.desk.leaf_mut(&criterion)?.links.push(facts);
        self.touched.insert(criterion);
        Ok(())
    }

    fn replace_link(&mut self, link: Link) -> Result<(), Error> {
        self.desk.check_link_open(&link, self.context.now)?;
        for facts in &mut self.desk.leaf_mut(&link.criterion)?.links {
            if facts.link.id == link.id {
                facts.link = link.clone();
            }
        }
        self.touched.insert(link.criterion.clone());
        self.decision.add(link);
        Ok(())
    }

    fn current_links(&self, evidence: &str) -> Vec<Link> {
        let links = self.desk.leaves.values().flat_map(|leaf| &leaf.links);
        links
            .filter(|facts| facts.link.evidence == evidence && !facts.link.unlinked)
            .map(|facts| facts.link.clone())
            .collect()
    }
}

fn outcome(result: Result<FilingOutcome, &Error>) -> FiledItem {
    FiledItem {
        external_id: None,
        evidence: None,
        criterion: None,
        outcome: result.unwrap_or(FilingOutcome::Refused),
        problem: result.err().map(ItemProblem::of),
        rows: None,
    }
}

fn same_content(one: &Revision, other: &Revision) -> bool {
    one.header == other.header && one.content.states_the_same(&other.content) && one.files == other.files
}
