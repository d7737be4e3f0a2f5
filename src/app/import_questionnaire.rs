//! Importing a questionnaire: linted as a whole, issued at once, immutable from then on, as a framework is.

use async_trait::async_trait;
use serde::Serialize;

use super::documents::streams;
use super::error::Error;
use super::findings::{Named, check_errors, placed};
use super::gate::{Command, Context, Decision, Loaded, Owner};
use super::reader::Reader;
use super::text::check_code;
use crate::domain::framework::Finding;
use crate::domain::policy::Permission;
use crate::domain::questionnaire::Questionnaire;
use crate::domain::rejection::{Rejection, SurveyRejection};
use crate::store::StreamId;
use crate::store::typed::Versioned;

const QUESTIONNAIRE: Named = Named {
    field: "questionnaire",
    vi: "Phiếu khảo sát",
    en: "questionnaire",
};

/// Reads and lints a questionnaire without issuing it.
///
/// # Errors
/// The findings when the JSON is not a questionnaire at all.
pub fn check(json: &serde_json::Value) -> Result<(Questionnaire, Vec<Finding>), Vec<Finding>> {
    let questionnaire = Questionnaire::parse(json)?;
    let findings = questionnaire.lint();
    Ok((questionnaire, findings))
}

/// Issues a questionnaire that has been read and linted.
#[derive(Debug, Serialize)]
pub struct ImportQuestionnaire {
    pub questionnaire: Questionnaire,
    /// Issue in spite of warnings.
    pub accept_warnings: bool,
}

#[async_trait]
impl Command for ImportQuestionnaire {
    const NAME: &'static str = "ImportQuestionnaire";
    const PERMISSION: Permission = Permission::KeepFrameworks;
    type State = Option<Versioned<Questionnaire>>;
    /// `code@version`.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::questionnaire(&self.questionnaire.code, &self.questionnaire.version)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        check_code("questionnaire.code", &self.questionnaire.code)?;
        check_code("questionnaire.version", &self.questionnaire.version)?;
        let stream = self.stream();
        Ok(Loaded {
            state: read.get(&stream, stream.key()).await?,
            owners: vec![Owner::System],
        })
    }

    fn decide(&self, issued: Self::State, _: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        let id = self.questionnaire.id();
        if let Some(issued) = issued {
            if issued.value == self.questionnaire {
                return Ok(Decision::new(id));
            }
            return Err(Rejection::Survey(SurveyRejection::QuestionnaireIssued { id }).into());
        }
        let findings = self.questionnaire.lint();
        check_errors(&QUESTIONNAIRE, &findings)?;
        if let Some(first) = findings.first()
            && !self.accept_warnings
        {
            let (count, first) = (findings.len(), placed(first));
            return Err(Rejection::Survey(SurveyRejection::QuestionnaireWarnings { count, first }).into());
        }
        Ok(Decision::new(id).put(self.questionnaire.clone()))
    }
}
