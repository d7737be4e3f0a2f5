//! Reading surveys: who imports them sees all of them; everybody else what belongs to leaves that they see.

use std::collections::BTreeSet;

use super::Session;
use super::browse::is_published;
use super::desk::leaf_owner;
use super::documents::streams;
use super::error::Error;
use super::gate::authorize;
use super::jobs::Job;
use super::reader::Reader;
use crate::domain::dossier::Dossier;
use crate::domain::policy::Permission;
use crate::domain::questionnaire::Questionnaire;
use crate::domain::round::Round;
use crate::domain::survey::{SurveyImport, SurveyedUnit};

const WHAT: &str = "survey";

/// Most units whose counts are asked for at once: a page.
pub const MAX_SURVEYED_UNITS: usize = 100;

/// What was counted of one unit, as far as the viewer sees it.
pub struct SeenUnit {
    pub counts: SurveyedUnit,
    /// Codes of the leaves that the viewer sees.
    pub criteria: BTreeSet<String>,
}

/// How much somebody is told of a survey.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Nothing,
    /// What was counted and where it comes from, without anybody's reasons.
    Counts,
    Everything,
}

impl Told {
    fn of(self, import: SurveyImport) -> SurveyImport {
        match self {
            Self::Everything => import,
            Self::Nothing | Self::Counts => SurveyImport {
                reason: None,
                small_samples: None,
                ..import
            },
        }
    }
}

impl Session {
    /// A questionnaire by `CODE@VERSION`; issued ones are public, as frameworks are.
    pub async fn questionnaire(&self, id: &str) -> Result<Questionnaire, Error> {
        self.reader().questionnaire(id).await
    }

    /// How much the viewer is told of the surveys of a round: everything who imports them, who runs rounds, who sees any
    /// scores; what is counted everybody once results are published.
    async fn told_of_surveys(&self, read: &Reader<'_>, round: &str) -> Result<Told, Error> {
        let found = read.require::<Round>(&streams::round(round), round, "round").await?;
        let today = self.today()?;
        let viewer = self.viewer().await?;
        let any = [Permission::RecordSurvey, Permission::RunRound, Permission::ViewScores];
        let holds = |permission| {
            viewer
                .as_ref()
                .is_some_and(|viewer| viewer.holds_any(permission, today))
        };
        Ok(match found.published_version {
            _ if any.into_iter().any(holds) => Told::Everything,
            Some(_) => Told::Counts,
            None => Told::Nothing,
        })
    }

    /// The newest edition of each survey of a round, by code of its questionnaire; at most twenty.
    pub async fn surveys(&self, round: &str) -> Result<Vec<SurveyImport>, Error> {
        let read = self.reader();
        let told = self.told_of_surveys(&read, round).await?;
        if told == Told::Nothing {
            return Ok(Vec::new());
        }
        let imports: Vec<SurveyImport> = self.imports(&read, round).await?;
        let newest = SurveyImport::newest(&imports).into_values();
        Ok(newest.map(|import| told.of(import.clone())).collect())
    }

    async fn imports(&self, read: &Reader<'_>, round: &str) -> Result<Vec<SurveyImport>, Error> {
        let imports = read.all::<SurveyImport>(&streams::round(round)).await?;
        Ok(imports.into_iter().map(|one| one.value).collect())
    }

    /// An edition of a survey: the newest, or that one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not there, and for what the viewer is not told of.
    pub async fn survey(&self, round: &str, questionnaire: &str, edition: Option<u32>) -> Result<SurveyImport, Error> {
        const MISSING: Error = Error::NotFound { what: WHAT };
        let read = self.reader();
        let told = self.told_of_surveys(&read, round).await?;
        if told == Told::Nothing {
            return Err(MISSING);
        }
        if let Some(edition) = edition {
            let key = SurveyImport::key_of(questionnaire, edition);
            let stream = streams::round(round);
            let found = read.require::<SurveyImport>(&stream, &key, WHAT).await?;
            return Ok(told.of(found.value));
        }
        let imports = self.imports(&read, round).await?;
        let newest = SurveyImport::newest(&imports);
        let found = newest.get(questionnaire).ok_or(MISSING)?;
        Ok(told.of((*found).clone()))
    }

    /// What an edition counted of some units, in the order asked; of units that it does not have, and of those of which the
    /// viewer sees no leaf of it, nothing. How answers are distributed in an edition that has been superseded is for those who
    /// import surveys alone: two editions that differ by one person tell that person's answers.
    pub async fn surveyed_units(&self, import: &SurveyImport, units: &[String]) -> Result<Vec<SeenUnit>, Error> {
        if units.len() > MAX_SURVEYED_UNITS {
            return Err(Error::invalid(
                "units",
                format!("Tối đa {MAX_SURVEYED_UNITS} đơn vị; hãy chia nhỏ."),
                format!("At most {MAX_SURVEYED_UNITS} units; split it."),
            ));
        }
        let (read, key) = (self.reader(), import.key());
        let all = self.may(Permission::RecordSurvey).await?;
        let keys: Vec<String> = units.iter().map(|unit| SurveyedUnit::key_of(&key, unit)).collect();
        let found = read
            .get_all::<SurveyedUnit>(&streams::round(&import.round), &keys)
            .await?;
        let superseded = match all {
            true => None,
            false => self.asked_if_superseded(&read, import).await?,
        };
        let mut seen = Vec::new();
        for counts in found.into_iter().flatten().map(|one| one.value) {
            let criteria = import.units.get(&counts.unit).cloned().unwrap_or_default();
            let criteria = match all {
                true => criteria.into_iter().collect(),
                false => self.seen_leaves(&read, &import.round, &counts.unit, criteria).await?,
            };
            let counts = match &superseded {
                Some(questionnaire) => counts.without_distributions(questionnaire),
                None => counts,
            };
            if !criteria.is_empty() {
                seen.push(SeenUnit { counts, criteria });
            }
        }
        Ok(seen)
    }

    /// What an edition asked, if a later one has taken its place.
    async fn asked_if_superseded(
        &self,
        read: &Reader<'_>,
        import: &SurveyImport,
    ) -> Result<Option<Questionnaire>, Error> {
        let imports = self.imports(read, &import.round).await?;
        let newest = SurveyImport::newest(&imports)
            .get(import.questionnaire.as_str())
            .copied();
        if newest.is_none_or(|newest| newest.edition <= import.edition) {
            return Ok(None);
        }
        read.questionnaire(&import.questionnaire_id()).await.map(Some)
    }

    /// Those leaves of a dossier that the viewer sees.
    async fn seen_leaves(
        &self,
        read: &Reader<'_>,
        round: &str,
        unit: &str,
        criteria: Vec<String>,
    ) -> Result<BTreeSet<String>, Error> {
        let stream = streams::dossier(round, unit);
        let Some(dossier) = read.get::<Dossier>(&stream, stream.key()).await? else {
            return Ok(BTreeSet::new());
        };
        if is_published(read, round, unit, &stream).await? {
            return Ok(criteria.into_iter().collect());
        }
        let Some(viewer) = self.viewer().await? else {
            return Ok(BTreeSet::new());
        };
        let framework = read.framework_of(&dossier.framework).await?;
        let today = self.today()?;
        let sees = |criterion: &String| {
            framework.leaf(criterion).is_some_and(|(_, leaf)| {
                let owner = [leaf_owner(&dossier, criterion, &leaf.appraiser)];
                [Permission::ViewDossier, Permission::ViewScores]
                    .into_iter()
                    .any(|permission| authorize(&viewer, permission, &owner, today).is_ok())
            })
        };
        Ok(criteria.into_iter().filter(sees).collect())
    }

    /// The job that brings the results of an edition into the dossiers, for who imports surveys or runs rounds; nothing while
    /// it is not there yet.
    pub async fn survey_job(&self, import: &SurveyImport) -> Result<Option<Job>, Error> {
        if !self.may(Permission::RecordSurvey).await? && !self.may(Permission::RunRound).await? {
            return Ok(None);
        }
        let job = self
            .reader()
            .get::<Job>(&streams::job(&import.job), &import.job)
            .await?;
        Ok(job.map(|job| job.value))
    }
}
