//! Reading the file: for the units of the register, piece by piece.

use std::collections::BTreeMap;

use super::AddedUp;
use crate::app::Session;
use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::read_once::feed;
use crate::blob::upload::StagedFile;
use crate::domain::case_evaluation::CaseReader;
use crate::domain::registry::Unit;

impl Session {
    /// Adds up a file; nothing when its bytes are gone.
    ///
    /// # Errors
    /// What is wrong with the file as a whole.
    pub(super) async fn added_up(&self, year: i16, file: &StagedFile) -> Result<Option<AddedUp>, Error> {
        if !file.content_type.starts_with("text/") {
            return Err(Error::invalid(
                "file",
                "Tệp phải là CSV (UTF-8); hãy xuất hoặc lưu bảng thành CSV.",
                "The file has to be CSV (UTF-8); export or save the table as CSV.",
            ));
        }
        let Some(bytes) = self.passing_bytes(file).await? else {
            return Ok(None);
        };
        let units = self.reader().all::<Unit>(&streams::units()).await?;
        let mut unit_types: BTreeMap<String, String> = units
            .into_iter()
            .map(|unit| (unit.value.code, unit.value.unit_type))
            .collect();
        let codes: Vec<String> = unit_types.keys().cloned().collect();
        let added = feed(bytes, move |pieces| {
            let mut reader = CaseReader::new(year, codes);
            while let Some(piece) = pieces.blocking_recv() {
                reader.push(&piece)?;
            }
            reader.finish()
        });
        let read = added
            .await?
            .map_err(|problem: crate::domain::rows::RowsProblem| Error::Invalid {
                field: "file".to_owned(),
                message: problem.message,
            })?;
        unit_types.retain(|unit, _| read.units.contains_key(unit));
        Ok(Some(AddedUp { read, unit_types }))
    }
}
