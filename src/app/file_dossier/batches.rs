//! A filing in as few commits as the store takes.
//!
//! A dossier of 90 leaves with a document each is one commit of some 600 documents of the store. Several documents for
//! each leaf would exceed the limit of a commit: then documents go in batches, and the declarations with the last.

use std::collections::BTreeSet;

use super::{FileDossier, FiledDocument};
use crate::store::{MAX_COMMIT_BYTES, MAX_COMMIT_DOCUMENTS};

/// Share of a commit's limits that a batch fills, in percent: leaves of documents that are there already, and the
/// entry's own header, are not counted here.
const FILLED_PERCENT: usize = 75;
/// What a leaf adds to a commit: the leaf, its place in the queue, and the totals above it.
const DOCUMENTS_PER_LEAF: usize = 3;
/// Bytes of a leaf's documents: some 1.5 KiB with declared inputs.
const BYTES_PER_LEAF: usize = 4 * 1024;

/// What a batch weighs so far.
#[derive(Default)]
struct Weight<'a> {
    documents: usize,
    bytes: usize,
    leaves: BTreeSet<&'a str>,
}

impl<'a> Weight<'a> {
    fn add(&mut self, document: &'a FiledDocument) {
        let links = document.links.as_deref().unwrap_or_default();
        // Head and revision; a use of each file and of a row set; the links.
        self.documents += 2 + document.revision.files.len() + 1 + links.len();
        self.bytes += serde_json::to_vec(document).map_or(0, |json| json.len());
        self.leaves.extend(links.iter().map(|link| link.criterion.as_str()));
    }

    fn is_full(&self) -> bool {
        let leaves = self.leaves.len();
        (self.documents + leaves * DOCUMENTS_PER_LEAF) * 100 > MAX_COMMIT_DOCUMENTS * FILLED_PERCENT
            || (self.bytes + leaves * BYTES_PER_LEAF) * 100 > MAX_COMMIT_BYTES * FILLED_PERCENT
    }
}

/// The filing as one batch, or as several that each fit into a commit. The same filing is always split the same way, so
/// that sending it again with its idempotency key finds each batch's first outcome.
pub fn split(filing: &FileDossier) -> Vec<FileDossier> {
    let mut groups: Vec<Vec<FiledDocument>> = Vec::new();
    let mut group: Vec<FiledDocument> = Vec::new();
    let mut weight = Weight::default();
    for document in &filing.documents {
        let mut next = std::mem::take(&mut weight);
        next.add(document);
        if next.is_full() && !group.is_empty() {
            groups.push(std::mem::take(&mut group));
            next = Weight::default();
            next.add(document);
        }
        group.push(document.clone());
        weight = next;
    }
    // Declarations weigh as their leaves do.
    weight
        .leaves
        .extend(filing.declarations.iter().map(|item| item.criterion.as_str()));
    let declarations_fit = !weight.is_full();
    if !group.is_empty() {
        groups.push(group);
    }
    if groups.is_empty() || !declarations_fit {
        groups.push(Vec::new());
    }
    let last = groups.len() - 1;
    let batch = |(number, documents)| FileDossier {
        documents,
        declarations: if number == last {
            filing.declarations.clone()
        } else {
            Vec::new()
        },
        round: filing.round.clone(),
        unit: filing.unit.clone(),
        reason: filing.reason.clone(),
        dry_run: false,
        check_only: false,
    };
    groups.into_iter().enumerate().map(batch).collect()
}
