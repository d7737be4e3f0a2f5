//! What an import leaves behind: counts, and where they come from. No row of it, and no file.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{LeafFound, RowsAre, SMALLEST_SHOWN, UnitTally, shown};
use crate::domain::number_text;
use crate::domain::questionnaire::Questionnaire;
use crate::domain::rows::is_zero;

/// An edition of a survey of a round. Nothing of it changes but what became of it; a later edition takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyImport {
    pub round: String,
    /// Code and version of the questionnaire; the code names the survey.
    pub questionnaire: String,
    pub version: String,
    /// From 1.
    pub edition: u32,
    /// Survey report or decision.
    pub source: String,
    pub imported_at: Timestamp,
    pub imported_by: String,
    /// Why it takes the place of what was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub file: SurveyFile,
    /// People whom the survey stands for, where that is stated for all units together.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_number")]
    pub population: Option<u64>,
    /// Respondents of all units: each code of the respondents' column once, and without one the sum over units.
    #[serde(with = "number_text")]
    pub respondents: u64,
    /// Why samples below what their populations ask for are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub small_samples: Option<String>,
    /// The leaves for which each unit has a result.
    pub units: BTreeMap<String, Vec<String>>,
    /// Id of the job that brings the results into the dossiers.
    pub job: String,
    /// When it had looked at every dossier; the job says what it could not do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fed_at: Option<Timestamp>,
    /// How many dossiers did not take what it has for them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u32,
}

/// The file of an import, which is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyFile {
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// Bytes.
    #[serde(with = "number_text")]
    pub size: u64,
    pub rows_are: RowsAre,
    /// Rows that count.
    pub good_rows: u32,
    /// Rows that were left out.
    pub bad_rows: u32,
    /// Columns that were passed over unread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped_columns: Vec<String>,
}

/// What an import counted of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyedUnit {
    /// Id of the import.
    pub import: String,
    pub unit: String,
    pub respondents: u32,
    /// People whom the sample stands for.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "optional_number")]
    pub population: Option<u64>,
    /// As in [`UnitTally`]; none of fewer than [`SMALLEST_SHOWN`] respondents, whose answers would be told by them.
    pub questions: Vec<Vec<u32>>,
    /// Where there are no distributions: what was found of each leaf, as far as its figure takes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<LeafFound>,
    /// For each grouping the counts that may be kept, by code; those of whom it is not stated under an empty one.
    pub strata: Vec<BTreeMap<String, u32>>,
}

impl SurveyImport {
    /// The id of an edition in its round.
    pub fn key_of(questionnaire: &str, edition: u32) -> String {
        format!("{questionnaire}~{edition:04}")
    }

    pub fn key(&self) -> String {
        Self::key_of(&self.questionnaire, self.edition)
    }

    /// Code and version of the questionnaire.
    pub fn questionnaire_id(&self) -> String {
        format!("{}@{}", self.questionnaire, self.version)
    }

    /// Whether its results are still on their way into the dossiers.
    pub fn is_feeding(&self) -> bool {
        self.fed_at.is_none()
    }

    /// The newest edition of each survey.
    pub fn newest<'a>(imports: impl IntoIterator<Item = &'a Self>) -> BTreeMap<&'a str, &'a Self> {
        let mut newest: BTreeMap<&str, &Self> = BTreeMap::new();
        for one in imports {
            let known = newest.entry(&one.questionnaire).or_insert(one);
            if known.edition < one.edition {
                *known = one;
            }
        }
        newest
    }
}

impl SurveyedUnit {
    /// The id of a unit's counts in its round.
    pub fn key_of(import: &str, unit: &str) -> String {
        format!("{import}~{unit}")
    }

    /// What may be kept of the counts of a unit.
    pub fn of(
        import: &str,
        unit: &str,
        tally: &UnitTally,
        questionnaire: &Questionnaire,
        population: Option<u64>,
    ) -> Self {
        let strata = questionnaire.strata.iter().zip(&tally.strata).map(|(stratum, counts)| {
            let codes = stratum.values.iter().map(|value| value.code.as_str()).chain([""]);
            let kept = codes.zip(shown(counts));
            kept.filter_map(|(code, count)| Some((code.to_owned(), count?)))
                .collect()
        });
        let whole = Self {
            import: import.to_owned(),
            unit: unit.to_owned(),
            respondents: tally.respondents,
            population,
            questions: tally.questions.clone(),
            leaves: Vec::new(),
            strata: strata.collect(),
        };
        if tally.respondents < SMALLEST_SHOWN {
            return whole.without_distributions(questionnaire);
        }
        whole
    }

    /// The same without how answers and groups are distributed: only what figures of leaves take.
    pub fn without_distributions(self, questionnaire: &Questionnaire) -> Self {
        let leaves = self.found(questionnaire).into_iter().map(LeafFound::bare).collect();
        Self {
            leaves,
            questions: Vec::new(),
            strata: vec![BTreeMap::new(); self.strata.len()],
            ..self
        }
    }

    /// What was found of each leaf to which anybody gave a valid answer.
    pub fn found(&self, questionnaire: &Questionnaire) -> Vec<LeafFound> {
        if self.questions.is_empty() {
            return self.leaves.clone();
        }
        self.tally().found(questionnaire)
    }

    /// The counts of answers, where they are kept.
    pub fn tally(&self) -> UnitTally {
        UnitTally {
            respondents: self.respondents,
            questions: self.questions.clone(),
            strata: Vec::new(),
        }
    }
}

/// A 64-bit number as text, where it may be absent.
mod optional_number {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "what serde hands over")]
    pub fn serialize<S: Serializer>(number: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => serializer.collect_str(number),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Some).map_err(serde::de::Error::custom)
    }
}
