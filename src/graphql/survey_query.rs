//! What can be asked of questionnaires and surveys.

use async_graphql::{Context, Object, Result};

use super::query::found;
use super::session;
use super::surveys::{Questionnaire, SurveyImport};

/// What can be asked of questionnaires and surveys.
#[derive(Default)]
pub struct SurveyQuery;

/// What can be asked of questionnaires and surveys.
#[Object]
impl SurveyQuery {
    /// A questionnaire by code and version; null if there is none.
    async fn questionnaire(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code, such as SIPAS.")] code: String,
        #[graphql(desc = "Version, such as 2019.")] version: String,
    ) -> Option<Result<Questionnaire>> {
        let issued = session(context).questionnaire(&format!("{code}@{version}")).await;
        found(issued.map(|issued| Questionnaire(issued.into())))
    }

    /// The newest edition of each survey of a round, for who imports surveys, runs rounds or sees scores, and for everybody
    /// once results are published.
    async fn surveys(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
    ) -> Result<Vec<SurveyImport>> {
        Ok(session(context)
            .surveys(&round)
            .await?
            .into_iter()
            .map(SurveyImport)
            .collect())
    }

    /// An edition of a survey of a round; null if it is not there or not visible.
    async fn survey(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
        #[graphql(desc = "Code of the questionnaire.")] questionnaire: String,
        #[graphql(desc = "Number of the edition; the newest if not stated.")] edition: Option<u32>,
    ) -> Option<Result<SurveyImport>> {
        found(
            session(context)
                .survey(&round, &questionnaire, edition)
                .await
                .map(SurveyImport),
        )
    }
}
