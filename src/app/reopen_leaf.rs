//! Giving one leaf back to its unit while appraisal goes on.

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::desk::Desk;
use super::documents::streams;
use super::error::Error;
use super::explain_leaf::statement;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::text::check_text;
use crate::domain::assessment::{AssessmentState, StatementKind, Supplement};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::second_person::ReviewedTwice;
use crate::store::StreamId;

/// Opens a leaf for its unit again, in whatever state it is, with a reason and until a day: the unit declares and adds
/// evidence as for a supplement.
#[derive(Clone, Debug, Serialize)]
pub struct ReopenLeaf {
    pub round: String,
    pub unit: String,
    pub criterion: String,
    pub reason: String,
    /// Last day, in the round's time zone.
    pub due: Date,
}

#[async_trait]
impl Command for ReopenLeaf {
    const NAME: &'static str = "ReopenLeaf";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Desk;
    /// Code of the leaf.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    fn place_of(&self, _: &str) -> Option<String> {
        Some("assessment".to_owned())
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Desk>, Error> {
        // Of the dossier as a whole, as everything that its manager does.
        let found = Desk::of_leaf(self, &self.criterion, read).await?;
        let owners = vec![found.state.owner()];
        Ok(Loaded { owners, ..found })
    }

    fn decide(&self, mut desk: Desk, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let back = GivenBack {
            reason: &self.reason,
            due: self.due,
        };
        back.check(&desk, context)?;
        desk.check_appraised(&self.criterion)?;
        back.open(&mut desk, &self.criterion, context)?;
        let said = (StatementKind::Reopening, self.reason.as_str());
        let statement = statement(&self.criterion, said, context);
        let mut decision = Decision::new(self.criterion.clone()).put(statement);
        desk.write(&mut decision);
        Ok(decision.because(self.reason.clone()))
    }
}

/// Why leaves are given back to their unit, and until when.
pub(super) struct GivenBack<'a> {
    pub reason: &'a str,
    /// Last day, in the round's time zone.
    pub due: Date,
}

impl GivenBack<'_> {
    /// Whether leaves of the dossier can be given back now.
    ///
    /// # Errors
    /// [`Error::Invalid`] for reason and day, and [`Rejection::WrongPhase`].
    pub(super) fn check(&self, desk: &Desk, context: &Context<'_>) -> Result<(), Error> {
        check_text("reason", self.reason)?;
        if self.due < context.today(&desk.dossier.time_zone)? {
            return Err(Error::invalid(
                "due",
                "Hạn đã qua; nêu một ngày từ hôm nay trở đi.",
                "The due date lies in the past; give one from today on.",
            ));
        }
        let phase = desk.dossier.phase;
        if !phase.is_appraisal() {
            return Err(Rejection::WrongPhase { phase: phase.name() }.into());
        }
        // Behind it nobody could judge what the unit has done until then.
        if let Some(last) = desk.dossier.appraised_until().filter(|last| self.due > *last) {
            return Err(Error::invalid(
                "due",
                format!(
                    "Vòng thẩm định kết thúc ngày {last}; nêu một ngày không muộn hơn, hoặc đổi lịch trước (setCalendar)."
                ),
                format!(
                    "This round of appraisal ends on {last}; give a day that is not later, or change the calendar first (setCalendar)."
                ),
            ));
        }
        Ok(())
    }

    /// Opens one leaf for the unit, in whatever state it is.
    pub(super) fn open(&self, desk: &mut Desk, criterion: &str, context: &Context<'_>) -> Result<(), Error> {
        let leaf = desk.leaf_mut(criterion)?;
        // Whoever is at it comes too late with the version that was looked at.
        leaf.item.release();
        let assessment = &mut leaf.assessment.value;
        assessment.state = AssessmentState::SupplementRequested;
        assessment.proposal = None;
        // Two reviews that differ and that nobody reconciled are none: the leaf may be drawn again.
        if assessment.twice == Some(ReviewedTwice::Disputed) {
            assessment.twice = None;
        }
        assessment.supplement = Some(Supplement {
            text: self.reason.to_owned(),
            due: self.due,
            requested_at: context.now,
            requested_by: context.login.to_owned(),
            answer: None,
        });
        desk.rescore_appraised(criterion, context.now)
    }
}
