//! Reading the file: piece by piece from the blob store, counted off the async threads.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;

use super::super::Session;
use super::super::documents::streams;
use super::super::error::Error;
use super::{Counted, ImportSurvey, MAX_DROPPED, MAX_UNITS, checks};
use crate::blob::upload::StagedFile;
use crate::blob::{BlobError, ByteStream, held_to_hash};
use crate::domain::questionnaire::Questionnaire;
use crate::domain::round::Round;
use crate::domain::rows::RowsProblem;
use crate::domain::survey::{SurveyRead, SurveyReader};
use crate::domain::text::Text;
/// Pieces of a file (of at most 1 MiB) that wait between disk and counting.
const PIECES_WAITING: usize = 2;

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
        let bytes = match self.app.blobs.open(&file.sha256, None).await {
            Ok(bytes) => held_to_hash(bytes, file.sha256.clone()),
            Err(BlobError::NotFound) => return Ok(None),
            Err(error) => return Err(Error::unavailable(error)),
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

/// Reading waits for counting and counting for reading, so that a few pieces are all that is held.
async fn count(
    mut bytes: ByteStream,
    call: &ImportSurvey,
    round: &Round,
    questionnaire: &Arc<Questionnaire>,
) -> Result<Result<SurveyRead, RowsProblem>, Error> {
    let (send, mut receive) = tokio::sync::mpsc::channel::<Bytes>(PIECES_WAITING);
    let (questionnaire, units, drop_columns) = (
        Arc::clone(questionnaire),
        round.units.clone(),
        call.drop_columns.clone(),
    );
    let counting = tokio::task::spawn_blocking(move || {
        let mut reader = SurveyReader::new(&questionnaire, units.iter().map(String::as_str), &drop_columns);
        while let Some(piece) = receive.blocking_recv() {
            reader.push(&piece)?;
        }
        reader.finish()
    });
    let mut broken = None;
    loop {
        match bytes.try_next().await {
            Ok(Some(piece)) => {
                // A file that cannot be a survey is read no further.
                if send.send(piece).await.is_err() {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    drop(send);
    let counted = counting.await.map_err(|error| Error::Internal(Box::new(error)))?;
    match broken {
        Some(error) => Err(Error::unavailable(error)),
        None => Ok(counted),
    }
}
