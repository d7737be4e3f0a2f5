//! The council: its meetings, appeals to it and its answers.

use async_graphql::{ID, InputObject, SimpleObject};

use crate::graphql::appeals::{Appeal, AppealFindingInput, AppealGroundInput, LetterInput};
use crate::graphql::council::{CouncilMeeting, CouncilMinutesInput};
use crate::graphql::inputs::Idempotency;
use crate::graphql::journal::Receipt;
use crate::graphql::query::DossierRef;

/// Input of recordCouncilMeeting.
#[derive(InputObject)]
pub struct RecordCouncilMeetingInput {
    /// Code of the round.
    pub round: String,
    /// What the minutes say, with the signed minutes as files.
    pub minutes: CouncilMinutesInput,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of reviseCouncilMeeting.
#[derive(InputObject)]
pub struct ReviseCouncilMeetingInput {
    /// Code of the round.
    pub round: String,
    /// Which meeting.
    pub meeting_id: ID,
    /// Version of the minutes that is corrected (minutes.version): if they have a newer one, nothing is done.
    pub expected_version: u32,
    /// All that the minutes say now.
    pub minutes: CouncilMinutesInput,
    /// Why they are corrected.
    pub reason: String,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What recordCouncilMeeting or reviseCouncilMeeting did.
#[derive(SimpleObject)]
pub struct CouncilMeetingPayload {
    /// The meeting with its newest minutes.
    pub meeting: CouncilMeeting,
    /// Proof that it was taken.
    pub receipt: Option<Receipt>,
}

/// Input of fileAppeal.
#[derive(InputObject)]
pub struct FileAppealInput {
    /// The dossier whose published results are appealed against.
    pub dossier: DossierRef,
    /// The unit's signed letter, dated on the day of the decision or later.
    pub letter: LetterInput,
    /// What is appealed against, 1 to 390 criteria, with at most 256 KiB of reasons.
    pub grounds: Vec<AppealGroundInput>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// Input of answerAppeal.
#[derive(InputObject)]
pub struct AnswerAppealInput {
    /// Code of the round.
    pub round: String,
    /// Which appeal.
    pub appeal_id: ID,
    /// The council's signed answer, dated on the day of the unit's letter or later.
    pub letter: LetterInput,
    /// What the council found, one for each criterion that is appealed against, with at most 256 KiB of reasons.
    pub findings: Vec<AppealFindingInput>,
    /// The minutes that the answer rests on, in their newest version (minutes.id of the meeting): of a meeting held between the
    /// day of the unit's letter and that of the answer.
    pub council_minutes_id: Option<ID>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What fileAppeal or answerAppeal did.
#[derive(SimpleObject)]
pub struct AppealPayload {
    /// The appeal as it stands.
    pub appeal: Appeal,
    /// Proof that it was taken.
    pub receipt: Option<Receipt>,
}
