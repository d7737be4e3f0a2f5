//! A longer time for one unit.

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::calendar::deadline;
use super::desk::dossier_owner;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::prepare_dossier::check_with_unit;
use super::reader::Reader;
use super::text::check_text;
use crate::domain::calendar::Extension;
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// What a unit can be given longer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Extended {
    SelfAssessment,
    Explanation,
}

/// Gives one unit longer for a stage than the round gives all, before or after its time.
#[derive(Clone, Debug, Serialize)]
pub struct ExtendDeadline {
    pub round: String,
    pub unit: String,
    pub stage: Extended,
    /// The new last day, in the round's time zone.
    pub until: Date,
    pub reason: String,
}

#[async_trait]
impl Command for ExtendDeadline {
    const NAME: &'static str = "ExtendDeadline";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Versioned<Dossier>;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let stream = self.stream();
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?;
        let owners = vec![dossier_owner(&dossier)];
        Ok(Loaded { state: dossier, owners })
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let mut dossier = state.value;
        let time_zone = dossier.time_zone.clone();
        let standing = match self.stage {
            Extended::SelfAssessment => {
                check_with_unit(&dossier)?;
                &mut dossier.deadline
            }
            Extended::Explanation => {
                check_before_second(&dossier)?;
                &mut dossier.windows.get_or_insert_default().explanation
            }
        };
        let Some(standing) = standing else {
            return Err(Rejection::NoDeadline.into());
        };
        let extension = standing.extension.as_ref();
        let of_all = extension.map_or(standing.day, |before| before.instead_of);
        let mut longer = deadline(self.until, &time_zone, standing.late, "until")?;
        if longer.day <= of_all || longer.is_over(context.now) {
            return Err(Error::invalid(
                "until",
                format!("Gia hạn phải sau ngày {} và chưa qua.", of_all.strftime("%d/%m/%Y")),
                format!("An extension ends after {of_all} and not in the past."),
            ));
        }
        let output = Dossier::key(&self.round, &self.unit);
        // Giving the same twice is giving it once.
        if longer.day == standing.day && extension.is_some_and(|before| before.reason == self.reason) {
            return Ok(Decision::new(output));
        }
        longer.late_points.clone_from(&standing.late_points);
        longer.extension = Some(Extension {
            instead_of: of_all,
            reason: self.reason.clone(),
            at: context.now,
            by: context.login.to_owned(),
        });
        *standing = longer;
        let decision = Decision::new(output).put(dossier);
        Ok(decision.because(self.reason.clone()))
    }
}

/// Whether the unit may still explain, or will.
fn check_before_second(dossier: &Dossier) -> Result<(), Rejection> {
    match dossier.phase {
        _ if dossier.second_round.is_none() => Err(Rejection::OneRound),
        DossierPhase::SelfAssessment | DossierPhase::Appraisal | DossierPhase::Explanation => Ok(()),
        DossierPhase::SecondAppraisal | DossierPhase::Sealed => Err(Rejection::WrongPhase {
            phase: dossier.phase.name(),
        }),
    }
}
