//! Reading the monthly evaluation of cases. Its results are public (Decree 61/2018/NĐ-CP has them published on the portal), so that
//! everybody may ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Session;
use super::browse_frameworks::FrameworkKey;
use super::documents::{case_fields, streams};
use super::error::Error;
use super::reader::TypedPage;
use crate::domain::case_evaluation::{CaseImport, CaseYear, EvaluationClass};
use crate::domain::input::InputSource;
use crate::store::{Direction, Document, Window};

/// What is recorded of a unit in a year, with the imports that its months come from.
#[derive(Clone)]
pub struct EvaluatedYear {
    pub year: CaseYear,
    pub imports: Arc<BTreeMap<u32, CaseImport>>,
}

impl Session {
    /// What is recorded of a unit in a year.
    ///
    /// # Errors
    /// [`Error::NotFound`] where nobody imported a month of it.
    pub async fn case_evaluation(&self, unit: &str, year: i16) -> Result<EvaluatedYear, Error> {
        let stream = streams::cases(year);
        let found = self
            .reader()
            .require::<CaseYear>(&stream, unit, "case evaluation")
            .await?;
        Ok(EvaluatedYear {
            year: found.value,
            imports: Arc::new(self.case_imports(year).await?),
        })
    }

    /// The imports of a year by number, a thousand at most.
    pub async fn case_imports(&self, year: i16) -> Result<BTreeMap<u32, CaseImport>, Error> {
        let imports = self.reader().all::<CaseImport>(&streams::cases(year)).await?;
        Ok(imports.into_iter().map(|one| (one.number, one.value)).collect())
    }

    /// A page of the units of a year, by code.
    pub async fn case_evaluations(
        &self,
        year: i16,
        unit_type: Option<&str>,
        window: &Window,
    ) -> Result<TypedPage<CaseYear>, Error> {
        let mut query = CaseYear::query()
            .filter(case_fields::YEAR.equal(i64::from(year)))
            .order(&case_fields::UNIT, Direction::Ascending)
            .window(window);
        if let Some(unit_type) = unit_type {
            query = query.filter(case_fields::UNIT_TYPE.equal(unit_type));
        }
        self.reader().page(&query).await
    }

    /// The classes by which a framework takes the class of a year, none where it does not.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a framework that is not there.
    pub async fn case_classes(&self, framework: &FrameworkKey) -> Result<Vec<EvaluationClass>, Error> {
        let found = self.framework(&framework.code, &framework.version).await;
        let framework = found.map_err(|error| error.about("classesOf"))?;
        let mut inputs = framework.leaves().flat_map(|(_, leaf)| &leaf.inputs);
        let classes = inputs.find_map(|spec| match &spec.source {
            InputSource::CaseEvaluation(source) if !source.classes.is_empty() => Some(source.classes.clone()),
            _ => None,
        });
        Ok(classes.unwrap_or_default())
    }
}
