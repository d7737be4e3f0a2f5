//! The journal in the API: receipts and entries.

use async_graphql::{ID, Object, SimpleObject};

use super::ids;
use super::scalars::{DateTime, Long};
use crate::app::{journal, receipt};
use crate::store::entry;

/// Proof that the server took a change: it names the journal entry that holds the change. Keep it; `journalEntry` gives
/// the bytes from which the hash can be computed again.
#[derive(SimpleObject, Clone)]
pub struct Receipt {
    /// The stream of the journal, such as dossier:QNM-2019/SGTVT.
    pub stream: String,
    /// Number of the entry in that stream, from 1.
    pub entry: Long,
    /// Hash of the entry (SHA-256, hexadecimal). It covers the hash of the entry before, and so all that came before.
    pub hash: String,
    /// When the change was recorded: the time that deadlines are held to.
    pub recorded_at: DateTime,
}

impl From<receipt::Receipt> for Receipt {
    fn from(receipt: receipt::Receipt) -> Self {
        Self {
            stream: receipt.stream.as_str().to_owned(),
            entry: Long(receipt.entry),
            hash: receipt.hash.to_string(),
            recorded_at: DateTime(receipt.at),
        }
    }
}

/// A document as a journal entry lists it: its body is proved by the digest.
#[derive(SimpleObject)]
pub struct ListedDocument {
    /// What kind of document, such as assessment, evidence, revision, link or review.
    pub collection: String,
    /// Its key in the stream: the code of a leaf, the id of a document.
    pub key: String,
    /// SHA-256 over domain tag, salt and canonical body, hexadecimal.
    pub digest: String,
}

impl From<&entry::ListedDocument> for ListedDocument {
    fn from(listed: &entry::ListedDocument) -> Self {
        Self {
            collection: listed.collection.clone(),
            key: listed.id.clone(),
            digest: listed.digest.to_string(),
        }
    }
}

/// An entry of the journal: who did what when, and the bytes that prove it. To check it without trusting the server,
/// compute SHA-256 over the text `minhchung/entry/1`, one zero byte, and the UTF-8 bytes of `header`: it has to be the
/// `hash` of the entry, and of the receipt that names it. The header names the hash of the entry before.
pub struct JournalEntry(pub journal::JournalEntry);

impl From<journal::JournalEntry> for JournalEntry {
    fn from(shown: journal::JournalEntry) -> Self {
        Self(shown)
    }
}

/// An entry of the journal: who did what when, and the bytes that prove it. To check it without trusting the server,
/// compute SHA-256 over the text `minhchung/entry/1`, one zero byte, and the UTF-8 bytes of `header`: it has to be the
/// `hash` of the entry, and of the receipt that names it. The header names the hash of the entry before.
#[Object]
impl JournalEntry {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let header = &self.0.header;
        ids::encode("JournalEntry", &format!("{}#{}", header.stream, header.number))
    }

    /// The stream, such as dossier:QNM-2019/SGTVT.
    async fn stream(&self) -> &str {
        self.0.header.stream.as_str()
    }

    /// Number in the stream, from 1.
    async fn number(&self) -> Long {
        Long(self.0.header.number)
    }

    /// When, RFC 3339.
    async fn at(&self) -> &str {
        &self.0.header.at
    }

    /// Login of who acted; null for an appraiser's act that is withheld.
    async fn actor(&self) -> Option<&str> {
        self.0.told().map(|header| header.actor.as_str())
    }

    /// In which role; null for an appraiser's act that is withheld.
    async fn role(&self) -> Option<&str> {
        self.0.told().map(|header| header.role.as_str())
    }

    /// What was done; null for an appraiser's act that is withheld.
    async fn command(&self) -> Option<&str> {
        self.0.told().map(|header| header.command.as_str())
    }

    /// Whether what the entry wrote is kept from the viewer: from a unit, for as long as the round hides from it what
    /// appraisers find, and of what it did not do itself. Afterwards everything is there, and proves the same hash.
    async fn withheld(&self) -> bool {
        self.0.withheld
    }

    /// Why, where a reason was given; null for an appraiser's act that is withheld.
    async fn reason(&self) -> Option<&str> {
        self.0.told().and(self.0.reason.as_deref())
    }

    /// Documents that it wrote, by collection and key; none of an entry that is withheld.
    async fn documents(&self) -> Vec<ListedDocument> {
        let listed = self.0.header.documents.iter().filter(|_| !self.0.withheld);
        listed.map(Into::into).collect()
    }

    /// Hash of the entry (SHA-256, hexadecimal).
    async fn hash(&self) -> String {
        self.0.hash.to_string()
    }

    /// Hash of the entry before, as the header names it; null for the first entry of a stream.
    async fn previous_hash(&self) -> Option<String> {
        self.0.header.previous.map(|hash| hash.to_string())
    }

    /// What the hash covers, to the byte: canonical JSON (RFC 8785). Null for an entry that is withheld: it lists the documents.
    async fn header(&self) -> Option<&str> {
        (!self.0.withheld).then_some(self.0.header_text.as_str())
    }
}
