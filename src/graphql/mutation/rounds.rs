//! Opening and moving rounds, and what comes into their dossiers from outside the units.

use async_graphql::{Context, Object, Result};

use super::{dossier_payload, round_payload};
use crate::app::allocate_reviews::{self, MAX_APPRAISERS};
use crate::app::by_unit::UnitOutcomes;
use crate::app::error::Error;
use crate::app::prepare_dossier::ItemProblem;
use crate::app::receipt::Receipt;
use crate::app::{
    extend_deadline, feed_dossier, open_round, record_figures, record_survey, reopen_leaf, reopen_unit,
    reschedule_round,
};
use crate::domain::round;
use crate::graphql::allocation::AllocationPlan;
use crate::graphql::inputs::{by_name, nfc, nfc_option};
use crate::graphql::messages::{
    AdvanceRoundInput, AllocateReviewsInput, AllocateReviewsPayload, AppraiserLimitInput, AssessmentPayload,
    BaselineInput, DossierPayload, ExtendDeadlineInput, FigureInput, ItemResult, ItemsPayload, MeasureGroupsInput,
    OpenRoundInput, RecordFiguresInput, RecordSurveyResultsInput, ReopenLeafInput, ReopenUnitInput, ReopenUnitPayload,
    RoundFrameworkInput, RoundPayload, SetCalendarInput, SetNotApplicableInput, UnrankedUnitInput,
};
use crate::graphql::procedures::{SaveProcedureListInput, SaveProcedureListPayload, save};
use crate::graphql::query::{assessment, dossier};
use crate::graphql::session;

/// Opening and moving rounds, and what comes into their dossiers from outside the units.
#[derive(Default)]
pub struct RoundMutation;

/// Opening and moving rounds, and what comes into their dossiers from outside the units.
#[Object]
impl RoundMutation {
    /// Plans who appraises what of a round, and with dryRun false puts the plan in force: reviewQueue and claim with the
    /// filter assignedTo: ME then show each appraiser the own part. A plan gives no right and takes none: what grants allow
    /// may be judged by others too, and nobody is given what a conflict of interest forbids. What one person judges of a
    /// dossier is a share, the leaves of one department there; shares are given so that loads are as even as grants,
    /// conflicts and limits allow, with what each person has verified of the round already. What does not apply and what is
    /// verified is in no share. It needs no idempotencyKey: while nothing else changes, the same call makes the same
    /// plan, and putting it in force again writes nothing.
    async fn allocate_reviews(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of which round, to whom, and how much at most.")] input: AllocateReviewsInput,
    ) -> Result<AllocateReviewsPayload> {
        for (field, named) in [("appraisers", input.appraisers.len()), ("limits", input.limits.len())] {
            if named > MAX_APPRAISERS {
                return Err(Error::invalid(
                    field,
                    format!("Tối đa {MAX_APPRAISERS} người."),
                    format!("At most {MAX_APPRAISERS} people."),
                )
                .into());
            }
        }
        let limit = |limit: AppraiserLimitInput| (limit.login, u64::from(limit.max_leaves));
        let wanted = allocate_reviews::Wanted {
            round: input.round,
            appraisers: input.appraisers,
            most: input.max_leaves.map(u64::from),
            limits: by_name("limits", input.limits.into_iter().map(limit))?,
        };
        let done = session(context).allocate_reviews(wanted, input.dry_run).await?;
        Ok(AllocateReviewsPayload {
            plan: AllocationPlan(done.plan),
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Opens a round; a job creates one dossier per participating unit.
    async fn open_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The round.")] input: OpenRoundInput,
    ) -> Result<RoundPayload> {
        let baseline = |one: BaselineInput| round::Baseline {
            unit: one.unit,
            criterion: one.criterion,
            input: one.value.input,
            years: one.years,
            value: one.value.value.into(),
            source: nfc(&one.source),
        };
        let framework = |one: RoundFrameworkInput| (one.unit_type, one.framework);
        let unranked = |one: UnrankedUnitInput| open_round::UnrankedUnit {
            unit: one.unit,
            reason: nfc(&one.reason),
        };
        let command = open_round::OpenRound {
            code: input.code,
            name: input.name.into(),
            year: i16::try_from(input.year).map_err(|_| Error::invalid("year", "Năm không hợp lệ.", "Not a year."))?,
            owner: input.owner,
            time_zone: input.time_zone,
            calendar: input.calendar.map(Into::into),
            second_round: input.second_round.map(Into::into),
            appraisal: input.appraisal.map(Into::into),
            frameworks: by_name("frameworks", input.frameworks.into_iter().map(framework))?,
            units: input.units,
            unranked: input.unranked.into_iter().map(unranked).collect(),
            previous: input.previous,
            baselines: input.baselines.into_iter().map(baseline).collect(),
        };
        let done = session(context).open_round(command, input.idempotency.key).await?;
        round_payload(context, done).await
    }

    /// Moves a round to its next phase, by a job: to appraisal, and where two rounds of it were agreed, from there to
    /// explanation, and to the second round. A unit that has not submitted loses the time that it still has when appraisal
    /// begins: look at submittedAt and deadline of the dossiers before. A leaf that the first round leaves undecided is
    /// decided in the second.
    async fn advance_round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which round.")] input: AdvanceRoundInput,
    ) -> Result<RoundPayload> {
        let done = session(context)
            .advance_round(input.round, input.to.into(), input.idempotency.key)
            .await?;
        round_payload(context, done).await
    }

    /// Saves a list of procedures in force as a version, which never changes: for unit types or units of a round. What units
    /// publish is compared with the newest version (Assessment.procedures); no points follow from it.
    async fn save_procedure_list(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The list and for whom it holds.")] input: SaveProcedureListInput,
    ) -> Result<SaveProcedureListPayload> {
        save(context, input).await
    }

    /// Gives a round under way other dates, by a job. A unit that was given longer than the new date keeps that. While the
    /// job runs the round is RESCHEDULING and nothing else is asked of it.
    async fn set_calendar(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which round, its dates and why.")] input: SetCalendarInput,
    ) -> Result<RoundPayload> {
        let command = reschedule_round::RescheduleRound {
            code: input.round,
            calendar: input.calendar.into(),
            reason: nfc(&input.reason),
        };
        let done = session(context)
            .reschedule_round(command, input.idempotency.key)
            .await?;
        round_payload(context, done).await
    }

    /// Measures what all ranked units of a round that are under the same framework have in the inputs with the source GROUP (the lowest and the highest value, the
    /// mean, the deviation) over what is verified now, and brings it into every dossier, by a job. Points that rest on it stand
    /// until it is measured again: nothing is published while it differs from what is verified then. In a correction the job reopens
    /// the dossiers that it changes. While the job runs the round is MEASURING. Units see it when results are published. In a round of
    /// appraisal, not while units explain.
    async fn measure_groups(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which round.")] input: MeasureGroupsInput,
    ) -> Result<RoundPayload> {
        let done = session(context).measure_groups(input.round).await?;
        round_payload(context, done).await
    }

    /// Gives one leaf back to its unit while appraisal goes on, in whatever state it is: the unit declares and adds evidence
    /// as for a supplement, until the day that is given. What was found of it does not count until it is reviewed again.
    async fn reopen_leaf(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which leaf, why, until when.")] input: ReopenLeafInput,
    ) -> Result<AssessmentPayload> {
        let key = input.assessment.resolve("assessment")?;
        let command = reopen_leaf::ReopenLeaf {
            round: key.round.clone(),
            unit: key.unit.clone(),
            criterion: key.criterion.clone(),
            reason: nfc(&input.reason),
            due: input.due.0,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(AssessmentPayload {
            assessment: assessment(context, key).await?,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Gives a whole dossier back to its unit while appraisal goes on, or some fields of it: each leaf as reopenLeaf does, with
    /// one reason and all of them in one commit. Survey leaves and those that do not apply stay as they are; where there are no
    /// others, the call is refused with the rule of the first.
    async fn reopen_unit(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which dossier, which fields, why, until when.")] input: ReopenUnitInput,
    ) -> Result<ReopenUnitPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = reopen_unit::ReopenUnit {
            round: round.clone(),
            unit: unit.clone(),
            fields: input.fields,
            reason: nfc(&input.reason),
            due: input.due.0,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(ReopenUnitPayload {
            dossier: dossier(context, &round, &unit).await?,
            criteria: done.output,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Gives one unit longer than the round gives all, before or after its time: for its self-assessment, when evidence,
    /// declarations and the submission are taken again until the round is advanced, or for its explanations.
    async fn extend_deadline(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which dossier, until when and why.")] input: ExtendDeadlineInput,
    ) -> Result<DossierPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = extend_deadline::ExtendDeadline {
            stage: input.stage.into(),
            round: round.clone(),
            unit: unit.clone(),
            until: input.until.0,
            reason: nfc(&input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        dossier_payload(context, &round, &unit, done).await
    }

    /// Decides that a criterion subtree does not apply to a unit.
    async fn set_not_applicable(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Unit, subtree, reason, document.")] input: SetNotApplicableInput,
    ) -> Result<DossierPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = feed_dossier::SetNotApplicable {
            round: round.clone(),
            unit: unit.clone(),
            criterion: input.criterion,
            reason: nfc(&input.reason),
            document: nfc(&input.document),
            lift: input.lift,
            due: input.due.map(|date| date.0),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        dossier_payload(context, &round, &unit, done).await
    }

    /// Records survey results of many units: atomic per unit. The same result again changes nothing; another one in its
    /// place needs a reason.
    async fn record_survey_results(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The results.")] input: RecordSurveyResultsInput,
    ) -> Result<ItemsPayload> {
        let places = input.results.into_iter().enumerate();
        let results = places.map(|(index, one)| one.resolve(&format!("results.{index}")));
        let call = record_survey::SurveyResults {
            round: input.round,
            results: results.collect::<Result<_, Error>>()?,
            reason: nfc_option(input.reason),
        };
        let recorded = session(context).record_survey_results(call, input.idempotency.key);
        Ok(by_unit(recorded.await?))
    }

    /// Records figures of other indices (a Decree-61 class, a QĐ-766 score) in the leaves that take them over, whose method is
    /// IMPORTED; atomic per dossier. Nobody declares or reviews them.
    async fn record_figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The figures.")] input: RecordFiguresInput,
    ) -> Result<ItemsPayload> {
        let figure = |one: FigureInput| record_figures::Figure {
            unit: one.unit,
            criterion: one.criterion,
            input: one.value.input,
            value: one.value.value.into(),
            source: nfc(&one.source),
            tolerance: one.tolerance.map(|tolerance| tolerance.0),
        };
        let call = record_figures::Figures {
            round: input.round,
            figures: input.figures.into_iter().map(figure).collect(),
            reason: nfc_option(input.reason),
        };
        let recorded = session(context).record_figures(call, input.idempotency.key);
        Ok(by_unit(recorded.await?))
    }
}

/// What became of each unit's part of a call.
fn by_unit(outcomes: UnitOutcomes) -> ItemsPayload {
    let item = |(unit, outcome): (String, Result<Option<Receipt>, ItemProblem>)| {
        let (receipt, problem) = match outcome {
            Ok(receipt) => (receipt, None),
            Err(problem) => (None, Some(problem)),
        };
        ItemResult {
            unit: Some(unit),
            criterion: None,
            made: None,
            problem: problem.map(Into::into),
            receipt: receipt.map(Into::into),
        }
    };
    ItemsPayload {
        items: outcomes.into_iter().map(item).collect(),
    }
}
