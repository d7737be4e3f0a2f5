//! Reading the file: piece by piece from the blob store, counted off the async threads.

use std::sync::Arc;

use super::super::Session;
use super::super::documents::streams;
use super::super::error::Error;
use super::super::read_once::feed;
use super::{Counted, ImportSurvey, MAX_DROPPED, MAX_UNITS, checks};
use crate::blob::ByteStream;
use crate::blob::upload::StagedFile;
use crate::domain::questionnaire::Questionnaire;
use crate::domain::round::Round;
use crate::domain::rows::RowsProblem;
use crate::domain::survey::{SurveyRead, SurveyReader};
use crate::domain::text::Text;

impl Session {
    /// Counts a file, and finds what is to be said of it; nothing when its bytes are gone.
    ///
    /// # Errors
    /// What is wrong in any state: questionnaire, file, populations.
    pub(super) async fn counted(&self, call: &ImportSurvey, file: &StagedFile) -> Result<Option<Counted>, Error> {
        let read = self.reader();
        let round = read
            .require::<Round>(&streams::round(&call.round), &call.round, "round")
            .await;
        let round = round.map_err(|error| error.about("round"))?;
        let questionnaire = read.questionnaire(&call.questionnaire).await;
        let questionnaire = Arc::new(questionnaire.map_err(|error| error.about("questionnaire"))?);
        check_lists(call, &round)?;
        if !file.content_type.starts_with("text/") {
            return Err(Error::invalid(
                "file",
                "Tệp khảo sát phải là CSV (UTF-8); hãy lưu bảng tính thành CSV.",
                "A survey comes as a CSV file (UTF-8); save the table as CSV.",
            ));
        }
        let Some(bytes) = self.passing_bytes(file).await? else {
            return Ok(None);
        };
        let counted = count(bytes, call, &round, &questionnaire).await?;
        let counted = counted.map_err(|problem| Error::Invalid {
            field: "file".to_owned(),
            message: problem.message,
        })?;
        if counted.units.len() > MAX_UNITS {
            return Err(Error::TooLarge {
                field: "file".to_owned(),
                message: Text::new(
                    format!("Một tệp có tối đa {MAX_UNITS} đơn vị; hãy chia theo phiếu khảo sát."),
                    format!("A file is about at most {MAX_UNITS} units; split it by questionnaires."),
                ),
            });
        }
        let standing = checks::against_dossiers(&read, call, &questionnaire, &counted).await?;
        let small = checks::small_samples(call, &counted)?;
        Ok(Some(Counted {
            questionnaire,
            read: counted,
            small,
            standing,
        }))
    }
}

fn check_lists(call: &ImportSurvey, round: &Round) -> Result<(), Error> {
    if call.drop_columns.len() > MAX_DROPPED {
        return Err(Error::invalid(
            "dropColumns",
            format!("Tối đa {MAX_DROPPED} cột."),
            format!("At most {MAX_DROPPED} columns."),
        ));
    }
    match call.populations.keys().find(|unit| !round.units.contains(unit)) {
        Some(unit) => Err(Error::invalid(
            "populations",
            format!("Đơn vị {unit} không tham gia kỳ này."),
            format!("Unit {unit} takes no part in this round."),
        )),
        None => Ok(()),
    }
}

async fn count(
    bytes: ByteStream,
    call: &ImportSurvey,
    round: &Round,
    questionnaire: &Arc<Questionnaire>,
) -> Result<Result<SurveyRead, RowsProblem>, Error> {
    let (questionnaire, units, drop_columns) = (
        Arc::clone(questionnaire),
        round.units.clone(),
        call.drop_columns.clone(),
    );
    feed(bytes, move |pieces| {
        let mut reader = SurveyReader::new(&questionnaire, units.iter().map(String::as_str), &drop_columns);
        while let Some(piece) = pieces.blocking_recv() {
            reader.push(&piece)?;
        }
        reader.finish()
    })
    .await
}
