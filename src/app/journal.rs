//! Reading the journal: a dossier's history, and any one entry as its receipt names it.

use super::Session;
use super::browse::DossierView;
use super::error::Error;
use super::gate::{Owner, authorize};
use crate::domain::policy::{Permission, Viewer};
use crate::store::entry::{Header, Private};
use crate::store::{Cursor, Digest, EntryRecord, FieldValue, StreamId, Window};

/// An entry as those see it who may see the history that it belongs to: everything but the bodies of its documents.
#[derive(Clone, Debug)]
pub struct JournalEntry {
    pub header: Header,
    /// The canonical bytes of the header, from which the hash is computed.
    pub header_text: String,
    pub hash: Digest,
    /// Absent when none was given, and when it was redacted.
    pub reason: Option<String>,
}

impl JournalEntry {
    fn read(entry: &EntryRecord) -> Result<Self, Error> {
        let header = entry.header().map_err(|error| Error::Internal(Box::new(error)))?;
        let header_text = String::from_utf8(entry.header.to_vec()).map_err(|error| Error::Internal(Box::new(error)))?;
        let private: Private = entry
            .private
            .as_ref()
            .and_then(|part| serde_json::from_slice(&part.body).ok())
            .unwrap_or_default();
        Ok(Self {
            header,
            header_text,
            hash: entry.hash,
            reason: private.reason,
        })
    }
}

impl Session {
    /// Entries of a dossier's journal, oldest first; the place of one is its number. `true` if there are more in the
    /// direction of paging.
    pub async fn history(
        &self,
        view: &DossierView,
        window: &Window,
    ) -> Result<(Vec<(JournalEntry, Cursor)>, bool), Error> {
        if !view.allows(Permission::ViewHistory) {
            let needs = Permission::ViewHistory;
            return Err(Error::Forbidden { needs });
        }
        let (read, stream) = (self.reader_of(view), &view.desk.dossier.stream);
        let last = read.head(stream).await?.map_or(0, |head| head.number);
        let (numbers, more) = window.of_numbers(1..last + 1);
        let limit = usize::try_from(numbers.end - numbers.start).unwrap_or(usize::MAX);
        let entries = match limit {
            0 => Vec::new(),
            some => read.entries(stream, numbers.start, some).await?,
        };
        let shown = |entry: &EntryRecord| {
            let place = Cursor {
                value: FieldValue::Integer(entry.number.cast_signed()),
                stream: stream.clone(),
                id: String::new(),
            };
            Ok((JournalEntry::read(entry)?, place))
        };
        Ok((entries.iter().map(shown).collect::<Result<_, Error>>()?, more))
    }

    /// One entry of any stream: for those who see the history of what it is about, and for who made it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not there or not visible, which look the same.
    pub async fn journal_entry(&self, stream: &str, number: u64) -> Result<JournalEntry, Error> {
        const MISSING: Error = Error::NotFound { what: "journal entry" };
        let viewer = self.account().await?;
        let stream = StreamId::parse(stream).ok_or(MISSING)?;
        let found = self.reader().entries(&stream, number, 1).await?;
        let entry = found.first().filter(|entry| entry.number == number).ok_or(MISSING)?;
        let entry = JournalEntry::read(entry)?;
        let visible = entry.header.actor == viewer.user.login || self.sees_history(&viewer, &stream).await?;
        visible.then_some(entry).ok_or(MISSING)
    }

    /// Whether the account sees what became of a stream.
    async fn sees_history(&self, viewer: &Viewer, stream: &StreamId) -> Result<bool, Error> {
        let permission = match stream.kind() {
            "dossier" => {
                let Some((round, unit)) = stream.key().split_once('/') else {
                    return Ok(false);
                };
                return match self.view(round, unit).await {
                    Ok(view) => Ok(view.allows(Permission::ViewHistory)),
                    Err(Error::NotFound { .. }) => Ok(false),
                    Err(error) => Err(error),
                };
            }
            "user" if stream.key() == viewer.user.login => return Ok(true),
            "user" | "register" => Permission::ViewRegister,
            "framework" => Permission::KeepFrameworks,
            "round" | "job" | "fixity" => Permission::RunRound,
            _ => return Ok(false),
        };
        Ok(authorize(viewer, permission, &[Owner::System], self.today()?).is_ok())
    }
}
