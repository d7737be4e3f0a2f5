//! Importing the monthly evaluation of cases: what a file of the system that keeps them delivers is added up as its bytes come, and sums
//! by unit and month are kept in the stream of the year.
//!
//! Neither the file nor a row of it is kept. A file about more units than one commit takes is recorded in several; cut off in between,
//! the same file goes on where it was.

mod adding;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::Session;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::read_once::{PassingFile, gone};
use super::reader::Reader;
use super::receipt::Done;
use super::row_sets::bad_rows;
use super::text::{check_name, check_text};
use crate::domain::case_evaluation::{
    CaseImport, CaseSums, CaseYear, CasesRead, EvaluatedMonth, EvaluatedMonths, month_text,
};
use crate::domain::policy::Permission;
use crate::domain::rejection::{FiguresRejection, Rejection};
use crate::domain::text::Text;
use crate::store::StreamId;

/// Units of one commit (400): twelve months of each are some 1 MiB of the 8 that a commit takes.
const UNITS_PER_COMMIT: usize = 400;
/// Most imports of a year (1,000): a file for each month of eighty systems.
const MAX_IMPORTS: u32 = 1000;
/// The years that may be imported: the decree is of 2018.
const YEARS: std::ops::RangeInclusive<i16> = 2018..=2100;

/// A file of the system that keeps the cases, as it is sent.
#[derive(Clone, Debug, Serialize)]
pub struct ImportCaseEvaluation {
    pub year: i16,
    /// The system and the report or notice.
    pub source: String,
    /// Why it takes the place of months that are there.
    pub reason: Option<String>,
    /// Only say what would come of it.
    pub dry_run: bool,
    /// SHA-256 of the file's bytes.
    pub sha256: String,
    pub size: u64,
    /// What was added up; nothing when the file is gone, so that only a call that was answered before is answered.
    #[serde(skip)]
    pub added: Option<Arc<AddedUp>>,
}

/// What a file delivered.
#[derive(Debug)]
pub struct AddedUp {
    pub read: CasesRead,
    /// Type of each unit that it is about.
    unit_types: BTreeMap<String, String>,
}

impl AddedUp {
    /// The units that go into one commit.
    fn batch(&self, number: usize) -> Vec<String> {
        let units = self.read.units.keys().skip(number * UNITS_PER_COMMIT);
        units.take(UNITS_PER_COMMIT).cloned().collect()
    }

    fn batches(&self) -> usize {
        self.read.units.len().div_ceil(UNITS_PER_COMMIT)
    }
}

/// What became of an import.
pub struct CasesImported {
    /// Number of the import in its year; after a dry run that which it would have.
    pub done: Done<u32>,
    /// What was added up; none when the call had been answered before and its file is gone.
    pub added: Option<Arc<AddedUp>>,
}

/// The imports of a year, and what is recorded of some units.
pub struct Cases {
    imports: Vec<CaseImport>,
    recorded: BTreeMap<String, CaseYear>,
}

async fn load(read: &Reader<'_>, stream: &StreamId, units: &[String]) -> Result<Loaded<Cases>, Error> {
    let imports = read.all::<CaseImport>(stream).await?;
    let recorded = read.get_all::<CaseYear>(stream, units).await?;
    let recorded = recorded
        .into_iter()
        .flatten()
        .map(|one| (one.value.unit.clone(), one.value));
    Ok(Loaded::of_system(Cases {
        imports: imports.into_iter().map(|one| one.value).collect(),
        recorded: recorded.collect(),
    }))
}

#[async_trait]
impl Command for ImportCaseEvaluation {
    const NAME: &'static str = "ImportCaseEvaluation";
    const PERMISSION: Permission = Permission::RecordFigures;
    type State = Cases;
    /// Number of the import in its year.
    type Output = u32;

    fn stream(&self) -> StreamId {
        streams::cases(self.year)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Cases>, Error> {
        // All units: that none of them needs a reason is decided before the first is recorded.
        let units: Vec<String> = match &self.added {
            Some(added) => added.read.units.keys().cloned().collect(),
            None => Vec::new(),
        };
        // That they are units rests on the register's entry.
        read.head(&streams::units()).await?;
        load(read, &self.stream(), &units).await
    }

    fn decide(&self, state: Cases, context: &Context<'_>) -> Result<Decision<u32>, Error> {
        let Some(added) = &self.added else {
            return Err(gone());
        };
        check_name("source", &self.source)?;
        if let Some(reason) = &self.reason {
            check_text("reason", reason)?;
        }
        if !added.read.report.problems.is_empty() {
            return match self.dry_run {
                true => Ok(Decision::new(next_number(&state.imports)?)),
                false => Err(bad_rows("file", added.read.report.clone())),
            };
        }
        // The same file is one import, be it recorded as a whole or cut off.
        if let Some(same) = self.standing(&state, added) {
            return Ok(Decision::new(same.number));
        }
        // One after the other: what is recorded by halves is not built upon.
        if let Some(open) = state.imports.iter().find(|import| import.completed_at.is_none()) {
            let rejection = FiguresRejection::Incomplete {
                import: open.number,
                year: self.year,
            };
            return Err(Rejection::Figures(rejection).into());
        }
        let number = next_number(&state.imports)?;
        let recording = Recording {
            import: number,
            has_reason: self.reason.is_some(),
            year: self.year,
        };
        for (unit, months) in &added.read.units {
            recording.check_reason(unit, months, &state)?;
        }
        let decision = Decision::new(number);
        if self.dry_run {
            return Ok(decision);
        }
        let import = self.import(number, added, context);
        let first = added.batch(0);
        let decision = decision.put_all(recording.put(&first, added, state)?).put(import);
        Ok(match &self.reason {
            Some(reason) => decision.because(reason.clone()),
            None => decision,
        })
    }
}

impl ImportCaseEvaluation {
    /// The import of the same file that is still to go on, or of which every month stands as it is.
    fn standing<'a>(&self, state: &'a Cases, added: &AddedUp) -> Option<&'a CaseImport> {
        let same = state.imports.iter().filter(|import| import.sha256 == self.sha256);
        let newest = same.max_by_key(|import| import.number)?;
        let stands = |(unit, months): (&String, &BTreeMap<u8, CaseSums>)| {
            let recorded = state.recorded.get(unit);
            let says = |month: &u8, sums: &CaseSums| recorded?.months.get(*month).map(|one| one.sums == *sums);
            months.iter().all(|(month, sums)| says(month, sums) == Some(true))
        };
        let all_stand = || added.read.units.iter().all(stands);
        (newest.completed_at.is_none() || all_stand()).then_some(newest)
    }

    fn import(&self, number: u32, added: &AddedUp, context: &Context<'_>) -> CaseImport {
        CaseImport {
            year: self.year,
            number,
            source: self.source.clone(),
            sha256: self.sha256.clone(),
            size: self.size,
            rows_are: added.read.rows_are,
            rows: added.read.report.good_rows,
            cases: added.read.cases(),
            units: u32::try_from(added.read.units.len()).unwrap_or(u32::MAX),
            months: added.read.months(),
            imported_at: context.now,
            imported_by: context.login.to_owned(),
            reason: self.reason.clone(),
            completed_at: (added.batches() <= 1).then_some(context.now),
        }
    }
}

fn next_number(imports: &[CaseImport]) -> Result<u32, Error> {
    let number = imports.iter().map(|import| import.number).max().unwrap_or(0) + 1;
    if number > MAX_IMPORTS {
        return Err(Error::TooLarge {
            field: "year".to_owned(),
            message: Text::new(
                format!("Một năm có tối đa {MAX_IMPORTS} lần nhập; hãy gộp các tệp."),
                format!("A year has at most {MAX_IMPORTS} imports; put files together."),
            ),
        });
    }
    Ok(number)
}

/// An import on its way into the documents of units.
struct Recording {
    import: u32,
    has_reason: bool,
    year: i16,
}

impl Recording {
    /// What one month of a unit becomes: itself where it says the same already, or where a later import has spoken since.
    fn is_new(&self, standing: Option<&EvaluatedMonth>, sums: &CaseSums) -> bool {
        standing.is_none_or(|standing| standing.import < self.import && standing.sums != *sums)
    }

    fn check_reason(&self, unit: &str, months: &BTreeMap<u8, CaseSums>, state: &Cases) -> Result<(), Error> {
        let Some(recorded) = state.recorded.get(unit).filter(|_| !self.has_reason) else {
            return Ok(());
        };
        for (month, sums) in months {
            let standing = recorded.months.get(*month);
            if let Some(standing) = standing.filter(|standing| self.is_new(Some(standing), sums)) {
                let rejection = FiguresRejection::MonthRecorded {
                    unit: unit.to_owned(),
                    month: month_text(self.year, *month),
                    import: standing.import,
                };
                return Err(Error::from(Rejection::Figures(rejection)).about("reason"));
            }
        }
        Ok(())
    }

    /// The documents of some units that change.
    fn put(&self, units: &[String], added: &AddedUp, mut state: Cases) -> Result<Vec<CaseYear>, Error> {
        let mut changed = Vec::new();
        for unit in units {
            let (Some(months), Some(unit_type)) = (added.read.units.get(unit), added.unit_types.get(unit)) else {
                continue;
            };
            self.check_reason(unit, months, &state)?;
            let mut year = state.recorded.remove(unit).unwrap_or_else(|| CaseYear {
                year: self.year,
                unit: unit.clone(),
                unit_type: unit_type.clone(),
                months: EvaluatedMonths::default(),
            });
            let before = year.clone();
            for (month, sums) in months {
                if self.is_new(year.months.get(*month), sums) {
                    year.months.put(EvaluatedMonth {
                        month: *month,
                        sums: *sums,
                        import: self.import,
                    });
                }
            }
            year.unit_type.clone_from(unit_type);
            if year != before {
                changed.push(year);
            }
        }
        Ok(changed)
    }
}

/// Records the next units of a file that one commit does not take, the last with the import's end.
#[derive(Debug, Serialize)]
struct RecordCases {
    year: i16,
    import: u32,
    /// From 1: the first units were recorded with the import.
    batch: usize,
    #[serde(skip)]
    added: Arc<AddedUp>,
}

#[async_trait]
impl Command for RecordCases {
    const NAME: &'static str = "RecordCases";
    const PERMISSION: Permission = Permission::RecordFigures;
    type State = Cases;
    type Output = u32;

    fn stream(&self) -> StreamId {
        streams::cases(self.year)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Cases>, Error> {
        load(read, &self.stream(), &self.added.batch(self.batch)).await
    }

    fn decide(&self, state: Cases, context: &Context<'_>) -> Result<Decision<u32>, Error> {
        let import = state
            .imports
            .iter()
            .find(|import| import.number == self.import)
            .cloned();
        let Some(mut import) = import.filter(|import| import.completed_at.is_none()) else {
            return Ok(Decision::new(self.import));
        };
        let recording = Recording {
            import: self.import,
            has_reason: import.reason.is_some(),
            year: self.year,
        };
        let units = self.added.batch(self.batch);
        let changed = recording.put(&units, &self.added, state)?;
        let decision = Decision::new(self.import).put_all(changed);
        if self.batch + 1 < self.added.batches() {
            return Ok(decision);
        }
        import.completed_at = Some(context.now);
        Ok(decision.put(import))
    }
}

impl Session {
    /// Imports a file about a year. It is deleted once it is of no more use: after a dry run and a refusal it waits for the next call as
    /// long as its reference holds.
    pub async fn import_case_evaluation(
        &self,
        mut command: ImportCaseEvaluation,
        upload: PassingFile,
        key: Option<String>,
    ) -> Result<CasesImported, Error> {
        self.check(Permission::RecordFigures).await?;
        if !YEARS.contains(&command.year) {
            let (first, last) = (YEARS.start(), YEARS.end());
            return Err(Error::invalid(
                "year",
                format!("Năm phải từ {first} đến {last}."),
                format!("The year must be {first} to {last}."),
            ));
        }
        command.added = self.added_up(command.year, &upload.file).await?.map(Arc::new);
        let (added, dry_run, year) = (command.added.clone(), command.dry_run, command.year);
        let done = self.run(command, key).await?;
        if !dry_run {
            if let Some(added) = &added {
                for batch in 1..added.batches() {
                    let rest = RecordCases {
                        year,
                        import: done.output,
                        batch,
                        added: Arc::clone(added),
                    };
                    self.run(rest, None).await?;
                }
            }
            self.discard(&upload).await;
        }
        Ok(CasesImported { done, added })
    }
}
