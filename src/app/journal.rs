//! Reading the journal: a dossier's history, and any one entry as its receipt names it.

use super::Session;
use super::browse::DossierView;
use super::error::Error;
use super::gate::{Owner, authorize};
use crate::domain::policy::{Permission, Viewer};
use crate::domain::registry::Role;
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
    /// Whether what it wrote is hidden from the viewer, with the bytes that tell it.
    pub withheld: bool,
}

impl JournalEntry {
    /// The header as far as it tells nothing that is hidden: that a review had to be confirmed or reconciled, by what act, by
    /// whom and why, is part of what was found.
    pub fn told(&self) -> Option<&Header> {
        let of_appraiser = [Role::Appraiser, Role::LeadAppraiser].map(Role::name);
        let told = !self.withheld || !of_appraiser.contains(&self.header.role.as_str());
        told.then_some(&self.header)
    }

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
            withheld: false,
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
            let entry = JournalEntry::read(entry)?;
            let withheld = view.withholds(&entry.header);
            Ok((JournalEntry { withheld, ..entry }, place))
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
        if entry.header.actor == viewer.user.login {
            return Ok(entry);
        }
        let withheld = self.withholds(&viewer, &stream, &entry.header).await?.ok_or(MISSING)?;
        Ok(JournalEntry { withheld, ..entry })
    }

    /// Whether what an entry of a stream wrote is kept from the account; none where it does not see what became of it.
    async fn withholds(&self, viewer: &Viewer, stream: &StreamId, header: &Header) -> Result<Option<bool>, Error> {
        let permission = match stream.kind() {
            "dossier" => {
                let Some((round, unit)) = stream.key().split_once('/') else {
                    return Ok(None);
                };
                return match self.view(round, unit).await {
                    Ok(view) if view.allows(Permission::ViewHistory) => Ok(Some(view.withholds(header))),
                    Ok(_) | Err(Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(error),
                };
            }
            "user" if stream.key() == viewer.user.login => return Ok(Some(false)),
            "user" | "register" => Permission::ViewRegister,
            "framework" | "mapping" | "questionnaire" => Permission::KeepFrameworks,
            "round" | "job" | "fixity" => Permission::RunRound,
            "index" | "case_evaluation" => Permission::RecordFigures,
            "conclusion" => Permission::FollowUp,
            _ => return Ok(None),
        };
        let sees = authorize(viewer, permission, &[Owner::System], self.today()?).is_ok();
        Ok(sees.then_some(false))
    }
}
