//! How the demonstration's units handle cases in 2020, month by month: files of the e-one-stop system, imported through the same command as
//! everybody's. The figures are made up, from the same table of how each unit works.

use std::sync::Arc;

use serde_json::json;

use super::clock::FillingClock;
use super::practice::Practices;
use super::{ROUND_2019, ROUND_2020, pick};
use crate::app::browse_frameworks::FrameworkKey;
use crate::app::import_cases::ImportCaseEvaluation;
use crate::app::import_framework::{self, ImportFramework};
use crate::app::read_once::PassingFile;
use crate::app::{App, Session, jobs};
use crate::blob::{self, upload::StagedFile};
use crate::cli::Problem;
use crate::domain::case_evaluation::{INDICATORS, Indicator, month_text};
use crate::domain::framework::Edit;

/// The conclusion whose follow-up counts in the year after.
const NOTICE: &str = "232-TB-UBND-2020";
/// The year that is evaluated.
const YEAR: i16 = 2020;
/// Cases of a unit in a month: few, so that the last file can name each.
const CASES: i64 = 12;
/// The unit that has no procedures, and so no cases; a file case by case cannot say so, and its months are missing there.
const WITHOUT_CASES: &str = "TTT";
/// How long the file of an import is protected while it is read.
const PINNED: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// An import: when it is made, of which months, and whether case by case.
struct File {
    at: &'static str,
    months: std::ops::RangeInclusive<u8>,
    by_case: bool,
    /// Of the unit without cases alone: case by case there is nothing to say of it.
    of_none: bool,
}

/// The months come in once the system can evaluate, which was a task of the notice of June, and with the reports of the third quarter and of
/// the year.
const FILES: [File; 4] = [
    File {
        at: "2020-08-24T02:00:00Z",
        months: 1..=6,
        by_case: false,
        of_none: false,
    },
    File {
        at: "2020-10-12T02:00:00Z",
        months: 7..=9,
        by_case: false,
        of_none: false,
    },
    File {
        at: "2021-01-11T02:00:00Z",
        months: 10..=12,
        by_case: true,
        of_none: false,
    },
    File {
        at: "2021-01-11T03:00:00Z",
        months: 10..=12,
        by_case: false,
        of_none: true,
    },
];

/// Imports the year of every unit that has a dossier.
pub async fn import(
    app: &Arc<App>,
    clock: &FillingClock,
    practices: &Practices,
    manager: &Session,
) -> Result<(), Problem> {
    let units = manager.round(ROUND_2019).await?.units.clone();
    for file in &FILES {
        clock.put_to(file.at)?;
        let upload = keep(app, written(practices, &units, file)).await?;
        let command = ImportCaseEvaluation {
            year: YEAR,
            source: "Hệ thống một cửa điện tử tỉnh, kết quả đánh giá hằng tháng".to_owned(),
            reason: None,
            dry_run: false,
            sha256: upload.file.sha256.clone(),
            size: upload.file.size,
            added: None,
        };
        manager.import_case_evaluation(command, upload, None).await?;
    }
    Ok(())
}

/// Brings what was imported into the dossiers of the round.
pub async fn bring(app: &Arc<App>, manager: &Session) -> Result<(), Problem> {
    manager.bring_figures(ROUND_2020.to_owned()).await?;
    jobs::run_pending(app, "demo").await?;
    Ok(())
}

/// The bytes of a file, protected until they are read.
async fn keep(app: &App, text: String) -> Result<PassingFile, Problem> {
    let now = app.clock.now();
    let file = StagedFile {
        sha256: crate::store::Digest::of(&[text.as_bytes()]).to_string(),
        size: text.len() as u64,
        name: "danh-gia-hang-thang.csv".to_owned(),
        content_type: "text/csv".to_owned(),
    };
    let pin = app.blobs.pin(&file.sha256, now.checked_add(PINNED)?).await?;
    blob::put_all(&*app.blobs, vec![text.into_bytes()], now).await?;
    Ok(PassingFile { file, pin: Some(pin) })
}

fn written(practices: &Practices, units: &[String], file: &File) -> String {
    let columns: Vec<String> = Indicator::ALL
        .iter()
        .map(|one| one.name().to_ascii_lowercase())
        .collect();
    let first = if file.by_case { "case" } else { "cases" };
    let mut text = format!("unit,month,{first},{}\n", columns.join(","));
    for unit in units.iter().filter(|unit| !file.of_none || *unit == WITHOUT_CASES) {
        for month in file.months.clone() {
            let cases = if unit == WITHOUT_CASES { 0 } else { CASES };
            let points = (1..=cases).map(|case| (case, points(practices, unit, month, case)));
            let name = month_text(YEAR, month);
            if file.by_case {
                for (case, points) in points {
                    text.push_str(&format!("{unit},{name},{name}-{case:03},{}\n", listed(points)));
                }
                continue;
            }
            let mut sums = [0; INDICATORS];
            for (_, points) in points {
                sums.iter_mut().zip(points).for_each(|(sum, points)| *sum += points);
            }
            text.push_str(&format!("{unit},{name},{cases},{}\n", listed(sums)));
        }
    }
    text
}

fn listed(numbers: [u32; INDICATORS]) -> String {
    numbers.map(|number| number.to_string()).join(",")
}

/// The points of a case: who works carefully has 2 of nearly every indicator, and who is never late 2 of the first of all.
fn points(practices: &Practices, unit: &str, month: u8, case: i64) -> [u32; INDICATORS] {
    let practice = practices.of(unit, YEAR - 1);
    let month = month_text(YEAR, month);
    let of = |indicator: Indicator| {
        let place = format!("{month}/{case}/{}", indicator.name());
        let late = indicator == Indicator::TotalTime && practice.is_never_late();
        match late || practice.is_careful(unit, &place) {
            true => 2,
            false => u32::from(pick(&place, unit, 3) > 0),
        }
    };
    Indicator::ALL.map(of)
}

/// The frameworks of 2020: those of 2019 in which the figures of the system stand for what units declared.
pub async fn issue_frameworks(manager: &Session) -> Result<(), Problem> {
    for unit_type in ["SO", "HU", "ND"] {
        let key = |version: &str| FrameworkKey {
            code: format!("QNM-{unit_type}"),
            version: version.to_owned(),
        };
        let copied = manager.copy_framework(&key("2019"), &key("2020"), &edits()).await?;
        let (framework, _) = import_framework::check(&copied.json).map_err(|findings| format!("{findings:?}"))?;
        let command = ImportFramework {
            framework,
            accept_warnings: false,
        };
        manager.run(command, None).await?;
    }
    Ok(())
}

/// What the version of 2020 changes.
fn edits() -> Vec<Edit> {
    vec![
        followed_up(),
        taken_over(
            "3.6.1",
            json!([{
                "code": "months",
                "name": {"vi": "Số tháng đã đánh giá", "en": "Months evaluated"},
                "type": {"kind": "COUNT", "maximum": "12"},
                "source": {"kind": "CASE_EVALUATION", "of": "MONTHS"},
            }]),
        ),
        taken_over(
            "3.6.2",
            json!([{
                "code": "class",
                "name": {"vi": "Xếp loại theo NĐ 61/2018/NĐ-CP", "en": "Class under Decree 61/2018"},
                "type": {"kind": "OPTION", "codes": ["EXCELLENT", "GOOD", "FAIR", "AVERAGE", "WEAK"]},
                "source": {"kind": "CASE_EVALUATION", "of": "CLASS", "classes": [
                    {"code": "EXCELLENT", "name": {"vi": "Xuất sắc", "en": "Excellent"}, "atLeast": "15", "firstAtLeast": "2"},
                    {"code": "GOOD", "name": {"vi": "Tốt", "en": "Good"}, "atLeast": "12", "firstAtLeast": "1"},
                    {"code": "FAIR", "name": {"vi": "Khá", "en": "Fair"}, "atLeast": "9"},
                    {"code": "AVERAGE", "name": {"vi": "Trung bình", "en": "Average"}, "atLeast": "6"},
                    {"code": "WEAK", "name": {"vi": "Yếu", "en": "Weak"}, "atLeast": "0"},
                ]},
            }]),
        ),
    ]
}

/// A leaf whose figures a register gives: nobody declares them, and no document has to show them.
fn taken_over(node: &str, inputs: serde_json::Value) -> Edit {
    Edit::Change {
        node: Some(node.to_owned()),
        patch: json!({"leaf": {"method": "IMPORTED", "inputs": inputs, "requiredEvidence": []}}),
    }
}

/// What became of the notice on the results of the year before: half for the meeting, half for mending what was weak.
fn followed_up() -> Edit {
    let input = |code: &str, vi: &str, en: &str, counts_as: &str| {
        json!({
            "code": code,
            "name": {"vi": vi, "en": en},
            "type": {"kind": "COUNT", "maximum": "1"},
            "source": {"kind": "FOLLOW_UP", "conclusion": NOTICE, "countsAs": counts_as},
        })
    };
    let inputs = json!([
        input(
            "meeting",
            "Họp đúng thời hạn (1: có)",
            "Meeting by its day (1: yes)",
            "MEETING"
        ),
        input(
            "remedy",
            "Khắc phục hạn chế (1: có)",
            "Weaknesses mended (1: yes)",
            "REMEDY"
        ),
    ]);
    // The checklist goes, with what it looked at.
    let rule = json!({"kind": "FORMULA", "expression": "0.5 * meeting + 0.5 * remedy", "input": null, "items": null});
    Edit::Change {
        node: Some("1.8".to_owned()),
        patch: json!({"leaf": {"method": "IMPORTED", "rule": rule, "inputs": inputs, "requiredEvidence": []}}),
    }
}
