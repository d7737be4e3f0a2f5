//! The demonstration: a published round of 2018 and a running round of 2019, made through the same commands as
//! everybody's, with generated documents. It runs on a clock that is set back to March 2020 and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};

use super::{Problem, TOKEN_LIFETIME};
use crate::app::browse_queue::QueueFilter;
use crate::app::feed_dossier::{SetNotApplicable, SurveyResult};
use crate::app::keep_evidence::{AddEvidence, LinkInput, RevisionInput, RowsInput};
use crate::app::prepare_dossier::{Declare, DeclareItem, SubmitDossier};
use crate::app::publish_results::PublishResults;
use crate::app::review::{LeafKey, ReviewItem, SupplementRequest};
use crate::app::run_round::OpenRound;
use crate::app::{App, Session, jobs, seed};
use crate::blob;
use crate::config::Config;
use crate::domain::assessment::{Correction, CorrectionBasis, ReviewOutcome};
use crate::domain::evidence::{EvidenceKind, FileRef, LinkVerdict, OfficialHeader, VerdictKind};
use crate::domain::exact::Decimal;
use crate::domain::framework::{Framework, Leaf, Method};
use crate::domain::input::{InputSource, InputSpec, InputType, InputValue};
use crate::domain::round::Baseline;
use crate::domain::rows::RowKind;
use crate::domain::text::Text;
use crate::http::tokens::Tokens;

/// The demonstration's first moment: the Monday on which appraisal of the round of 2019 begins.
const STARTS_AT: &str = "2020-03-02T02:00:00Z";
/// Where the offset of the clock is kept in the data folder, in seconds.
const OFFSET_FILE: &str = "clock-offset-seconds";
/// How many dossiers of 2019 are submitted.
const SUBMITTED: usize = 20;
/// Units that are worked on at once: their commits share an fsync.
const AT_ONCE: usize = 16;
/// Units of the small round of 2018, two of each type.
const UNITS_2018: [&str; 6] = ["SGTVT", "SCT", "DIENBAN", "DUYXUYEN", "CUCTHUE", "KBNN"];

/// The offset that makes now the demonstration's first moment.
pub fn clock_offset() -> SignedDuration {
    let start: Timestamp = STARTS_AT.parse().unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = start.as_second() - Timestamp::now().as_second();
    SignedDuration::from_secs(offset)
}

/// The offset that the data folder was made with; zero outside the demonstration.
pub fn recorded_offset(data: &Path) -> SignedDuration {
    let text = std::fs::read_to_string(data.join(OFFSET_FILE)).unwrap_or_default();
    SignedDuration::from_secs(text.trim().parse().unwrap_or(0))
}

/// Keeps the offset of a new data folder; an old one keeps its own, because time never decreases in a stream.
pub(super) fn record_offset(data: &Path, offset: SignedDuration) -> Result<SignedDuration, Problem> {
    let file = data.join(OFFSET_FILE);
    if !file.exists() {
        std::fs::write(file, offset.as_secs().to_string())?;
    }
    Ok(recorded_offset(data))
}

/// Fills an empty store; a filled one stays as it is.
pub async fn fill(app: &Arc<App>) -> Result<(), Problem> {
    let manager = Session::of(app, "snv.manager");
    if manager.round("QNM-2019").await.is_ok() {
        return Ok(());
    }
    seed::seed(app).await?;
    round_2018(app, &manager).await?;
    round_2019(app, &manager).await?;
    Ok(())
}

fn frameworks(version: &str) -> BTreeMap<String, String> {
    ["SO", "HU", "ND"]
        .map(|kind| (kind.to_owned(), format!("QNM-{kind}@{version}")))
        .into()
}

async fn round_2018(app: &Arc<App>, manager: &Session) -> Result<(), Problem> {
    let open = OpenRound {
        code: "QNM-2018".to_owned(),
        name: Text::new("Chỉ số CCHC năm 2018", "PAR Index 2018"),
        year: 2018,
        owner: "SNV".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        frameworks: frameworks("2018"),
        units: UNITS_2018.map(str::to_owned).into(),
        previous: None,
        baselines: Vec::new(),
    };
    manager.open_round(open, None).await?;
    jobs::run_pending(app, "demo").await?;
    prepare(app, "QNM-2018", UNITS_2018.map(str::to_owned).into(), UNITS_2018.len()).await?;
    manager.advance_round("QNM-2018".to_owned(), None).await?;
    jobs::run_pending(app, "demo").await?;
    review(app, "QNM-2018", false).await?;
    let publish = PublishResults {
        round: "QNM-2018".to_owned(),
        decision_number: "1234/QĐ-UBND".to_owned(),
        decision_date: "2019-05-20".parse()?,
        correction: None,
        unverified: Vec::new(),
    };
    manager.publish_results(publish, None).await?;
    jobs::run_pending(app, "demo").await?;
    Ok(())
}

async fn round_2019(app: &Arc<App>, manager: &Session) -> Result<(), Problem> {
    let open = OpenRound {
        code: "QNM-2019".to_owned(),
        name: Text::new("Chỉ số CCHC năm 2019", "PAR Index 2019"),
        year: 2019,
        owner: "SNV".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        frameworks: frameworks("2019"),
        units: Vec::new(),
        previous: Some("QNM-2018".to_owned()),
        baselines: baselines(manager).await?,
    };
    manager.open_round(open, None).await?;
    jobs::run_pending(app, "demo").await?;
    let units = manager.round("QNM-2019").await?.units.clone();
    // The province's office has no procedures of its own: the register of what does not apply says so.
    let excluded = SetNotApplicable {
        round: "QNM-2019".to_owned(),
        unit: "TTT".to_owned(),
        criterion: "3".to_owned(),
        reason: "Đơn vị không có thủ tục hành chính".to_owned(),
        document: "CV 1593/SNV-CCHC".to_owned(),
        lift: false,
        due: None,
    };
    manager.run(excluded, None).await?;
    prepare(app, "QNM-2019", units, SUBMITTED).await?;
    manager.advance_round("QNM-2019".to_owned(), None).await?;
    jobs::run_pending(app, "demo").await?;
    review(app, "QNM-2019", true).await
}

/// Last year's values of the units that the round of 2018 did not assess.
async fn baselines(manager: &Session) -> Result<Vec<Baseline>, Problem> {
    let mut found = Vec::new();
    let units = manager.units(None, crate::store::MAX_PAGE).await?.items;
    for (unit_type, name) in frameworks("2019") {
        let Some((code, version)) = name.split_once('@') else {
            continue;
        };
        let framework = manager.framework(code, version).await?;
        for (unit, _) in units.iter().filter(|(unit, _)| unit.unit_type == unit_type) {
            for (node, leaf) in framework.leaves() {
                for spec in &leaf.inputs {
                    if let InputSource::PreviousYear { input } = &spec.source {
                        found.push(Baseline {
                            unit: unit.code.clone(),
                            criterion: node.code.clone(),
                            input: input.clone(),
                            value: InputValue::Count(Decimal::from_integer(pick(&unit.code, &node.code, 9) + 1)),
                            source: format!("Báo cáo năm 2018 của {}", unit.code),
                        });
                    }
                }
            }
        }
    }
    Ok(found)
}

/// A number below `below` that depends on the texts alone, so that every demonstration is the same.
fn pick(unit: &str, place: &str, below: i64) -> i64 {
    let digest = crate::store::Digest::of(&[unit.as_bytes(), b"/", place.as_bytes()]);
    i64::from(u16::from_be_bytes([digest.0[0], digest.0[1]])) % below
}

/// Evidence, declarations and survey results of all units; the first ones submit.
async fn prepare(app: &Arc<App>, round: &str, units: Vec<String>, submitted: usize) -> Result<(), Problem> {
    futures::stream::iter(units.into_iter().enumerate())
        .map(|(index, unit)| prepare_unit(Arc::clone(app), round.to_owned(), unit, index < submitted))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

async fn prepare_unit(app: Arc<App>, round: String, unit: String, submit: bool) -> Result<(), Problem> {
    let officer = Session::of(&app, format!("{}.officer", unit.to_lowercase()));
    let view = officer.dossier(&round, &unit).await?;
    let (framework, year) = (Arc::clone(&view.desk.framework), view.desk.dossier.year);
    let open = |code: &str| {
        view.desk
            .leaves
            .get(code)
            .is_some_and(|leaf| leaf.assessment.excluded.is_none())
    };
    let pdf = pdf_file(&app, &unit, year).await?;
    for document in documents(&framework, &unit, year, &open) {
        let (csv, files) = match document.rows {
            Some(kind) => {
                let text = csv(kind, &unit, year);
                let file = stored(&app, "so-lieu.csv", "text/csv", text.as_bytes()).await?;
                (
                    Some(RowsInput::Csv {
                        file: file.name.clone(),
                        bytes: text.into_bytes(),
                    }),
                    vec![file],
                )
            }
            None => (None, vec![pdf.clone()]),
        };
        let revision = RevisionInput {
            header: document.header,
            stated_total: (document.rows == Some(RowKind::PublishedProcedures)).then_some(20),
            rows: csv,
            url: (document.kind == EvidenceKind::Link).then(|| format!("https://{}.example/cchc", unit.to_lowercase())),
            captured_on: None,
            nothing_to_do: false,
            other: None,
            files,
        };
        let add = AddEvidence {
            round: round.clone(),
            unit: unit.clone(),
            external_id: None,
            kind: document.kind,
            title: document.title,
            revision,
            links: document.links,
        };
        officer.run(add, None).await?;
    }
    let items = declarations(&framework, &unit, &open);
    officer
        .run(
            Declare {
                round: round.clone(),
                unit: unit.clone(),
                items,
                dry_run: false,
            },
            None,
        )
        .await?;
    Session::of(&app, "snv.survey")
        .record_survey_results(&round, survey(&framework, &unit, &open))
        .await?;
    if submit {
        let head = Session::of(&app, format!("{}.head", unit.to_lowercase()));
        head.run(SubmitDossier { round, unit }, None).await?;
    }
    Ok(())
}

/// A document to be made.
struct Document {
    kind: EvidenceKind,
    title: String,
    header: Option<OfficialHeader>,
    rows: Option<RowKind>,
    links: Vec<LinkInput>,
}

/// One document per required evidence, and one file of statistics per kind, used for every leaf that needs it.
fn documents(framework: &Framework, unit: &str, year: i16, open: &impl Fn(&str) -> bool) -> Vec<Document> {
    let mut found = Vec::new();
    let mut statistics: BTreeMap<RowKind, BTreeSet<String>> = BTreeMap::new();
    for (number, (node, leaf)) in framework.leaves().enumerate().filter(|(_, (node, _))| open(&node.code)) {
        for spec in &leaf.inputs {
            if let InputSource::Derived(derivation) = &spec.source {
                statistics.entry(derivation.rows).or_default().insert(node.code.clone());
            }
        }
        for required in &leaf.required_evidence {
            let kind = required
                .kinds
                .iter()
                .find_map(|name| kind_named(name))
                .unwrap_or(EvidenceKind::OfficialDocument);
            if let Some(rows) = kind.row_kind() {
                statistics.entry(rows).or_default().insert(node.code.clone());
                continue;
            }
            let document_type = required
                .document_types
                .first()
                .cloned()
                .unwrap_or_else(|| "BC".to_owned());
            let header = (kind == EvidenceKind::OfficialDocument).then(|| OfficialHeader {
                number: format!("{}/{document_type}-{unit}", number + 1),
                document_type,
                issuer: unit.to_owned(),
                issued_on: jiff::civil::date(year, 1 + (number % 12) as i8, 15),
                signer: Some("Thủ trưởng đơn vị".to_owned()),
                subject: node.name.vi.clone(),
            });
            let link = LinkInput {
                criterion: node.code.clone(),
                requirement: Some(required.code.clone()),
                pages: Some("trang 1".to_owned()),
                note: None,
            };
            found.push(Document {
                kind,
                title: required.name.vi.clone(),
                header,
                rows: None,
                links: vec![link],
            });
        }
    }
    for (rows, leaves) in statistics {
        let link = |criterion| LinkInput {
            criterion,
            requirement: None,
            pages: None,
            note: None,
        };
        let kind = kind_named(rows.name()).unwrap_or(EvidenceKind::Other);
        let links = leaves.into_iter().map(link).collect();
        found.push(Document {
            kind,
            title: format!("Số liệu {year}"),
            header: None,
            rows: Some(rows),
            links,
        });
    }
    found
}

fn kind_named(name: &str) -> Option<EvidenceKind> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

/// A year of rows in the documented header of a kind.
fn csv(kind: RowKind, unit: &str, year: i16) -> String {
    let mut text = kind.header() + "\n";
    for index in 1..=match kind {
        RowKind::PublishedProcedures => 20,
        RowKind::OneStopCases | RowKind::OnlineServiceUsage => 12,
    } {
        let total = 60 + pick(unit, &format!("total{index}"), 60);
        let late = pick(unit, &format!("late{index}"), 3);
        let early = total * 2 / 5;
        let on_time = total - early - late;
        let month = format!("{year}-{index:02}");
        let line = match kind {
            RowKind::OneStopCases => {
                format!(
                    "{month},1.004227,{total},{early},{on_time},{late},0,0,{},{}",
                    late.min(1),
                    late / 2
                )
            }
            RowKind::OnlineServiceUsage => {
                let online = total * (10 + pick(unit, "online", 50)) / 100;
                format!("{month},1.004227,4,{total},{online},{online},{}", online / 4)
            }
            RowKind::PublishedProcedures => {
                let posted = if pick(unit, &format!("posted{index}"), 12) == 0 {
                    "no"
                } else {
                    "yes"
                };
                format!(
                    "1.00{index:04},Thủ tục số {index},QĐ 12/QĐ-UBND,https://dvc.example/{index},{year}-12-01,{posted},{posted},yes,{},yes,yes,{}",
                    1 + index % 4,
                    index % 3
                )
            }
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A real, one-page PDF of a unit.
async fn pdf_file(app: &App, unit: &str, year: i16) -> Result<FileRef, Problem> {
    stored(
        app,
        &format!("{unit}-{year}.pdf"),
        "application/pdf",
        &pdf(&format!("{unit} {year}")),
    )
    .await
}

/// A PDF with one line of text; offsets of the cross-reference table are counted as it is written.
fn pdf(line: &str) -> Vec<u8> {
    let content = format!("BT /F1 24 Tf 72 720 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut text = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(text.len());
        text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table = text.len();
    text.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        text.push_str(&format!("{offset:010} 00000 n \n"));
    }
    text.push_str(&format!(
        "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    ));
    text.into_bytes()
}

async fn stored(app: &App, name: &str, content_type: &str, bytes: &[u8]) -> Result<FileRef, Problem> {
    let blob = blob::put(&*app.blobs, bytes, app.clock.now()).await?.blob;
    Ok(FileRef {
        name: name.to_owned(),
        sha256: blob.sha256,
        size: blob.size,
        content_type: content_type.to_owned(),
    })
}

fn declarations(framework: &Framework, unit: &str, open: &impl Fn(&str) -> bool) -> Vec<DeclareItem> {
    framework
        .leaves()
        .filter(|(node, leaf)| leaf.method == Method::Appraised && open(&node.code))
        .map(|(node, leaf)| DeclareItem {
            criterion: node.code.clone(),
            inputs: inputs(leaf, unit, &node.code),
            explanation: None,
            evidence_missing: None,
        })
        .collect()
}

/// Plausible declared inputs: most of what was planned is done.
fn inputs(leaf: &Leaf, unit: &str, place: &str) -> BTreeMap<String, InputValue> {
    let mut values: BTreeMap<String, InputValue> = BTreeMap::new();
    let declared = |spec: &&InputSpec| spec.source == InputSource::Declared;
    // Wholes before their parts: a part is at most its whole.
    for spec in leaf
        .inputs
        .iter()
        .filter(declared)
        .filter(|spec| spec.at_most.is_none())
    {
        values.insert(spec.code.clone(), value(spec, unit, place, None));
    }
    for spec in leaf
        .inputs
        .iter()
        .filter(declared)
        .filter(|spec| spec.at_most.is_some())
    {
        let whole = spec
            .at_most
            .as_ref()
            .and_then(|other| values.get(other))
            .and_then(InputValue::number);
        let whole = whole.map(|number| number.scaled_i64(0));
        values.insert(spec.code.clone(), value(spec, unit, place, whole));
    }
    values
}

fn value(spec: &InputSpec, unit: &str, place: &str, whole: Option<i64>) -> InputValue {
    let seed = format!("{place}/{}", spec.code);
    let number = match whole {
        Some(whole) => whole - whole * pick(unit, &seed, 25) / 100,
        None if bound(spec).is_some_and(|most| most < 20) => bound(spec).unwrap_or(0) - pick(unit, &seed, 2),
        None if seed.contains("late") || seed.contains("missing") || seed.contains("case") => pick(unit, &seed, 2),
        None => 20 + pick(unit, &seed, 20),
    };
    match &spec.kind {
        InputType::Count { .. } => InputValue::Count(Decimal::from_integer(number)),
        InputType::Amount { .. } => InputValue::Amount(Decimal::from_integer(number)),
        InputType::Decimal { maximum, .. } => InputValue::Decimal(maximum.clone()),
        InputType::Date => InputValue::Date(jiff::civil::date(2019, 6, 30)),
        InputType::Option { codes } => {
            let index = usize::try_from(pick(unit, &seed, 4) / 2)
                .unwrap_or(0)
                .min(codes.len() - 1);
            InputValue::Option(codes[index].clone())
        }
        InputType::YesNo => InputValue::YesNo(pick(unit, &seed, 6) > 0),
        InputType::Items { codes } => {
            let kept = codes.len() - usize::try_from(pick(unit, &seed, 2)).unwrap_or(0);
            InputValue::Items(codes[..kept].to_vec())
        }
    }
}

fn bound(spec: &InputSpec) -> Option<i64> {
    match &spec.kind {
        InputType::Count { maximum, .. } | InputType::Amount { maximum, .. } => {
            maximum.as_ref().map(|maximum| maximum.exact().scaled_i64(0))
        }
        InputType::Decimal { .. }
        | InputType::Date
        | InputType::Option { .. }
        | InputType::YesNo
        | InputType::Items { .. } => None,
    }
}

fn survey(framework: &Framework, unit: &str, open: &impl Fn(&str) -> bool) -> Vec<SurveyResult> {
    framework
        .leaves()
        .filter(|(node, leaf)| leaf.method == Method::Survey && open(&node.code))
        .filter_map(|(node, _)| {
            Some(SurveyResult {
                unit: unit.to_owned(),
                criterion: node.code.clone(),
                mean: Decimal::parse(&format!("3.{}", 50 + pick(unit, &node.code, 50))).ok()?,
                lowest: Decimal::from_integer(1),
                highest: Decimal::from_integer(5),
                sample: 323,
                source: "Báo cáo điều tra xã hội học".to_owned(),
            })
        })
        .collect()
}

/// Works the queue of every appraiser once: accepts, and now and then corrects, waives or asks for more.
async fn review(app: &Arc<App>, round: &str, with_exceptions: bool) -> Result<(), Problem> {
    for department in ["snv", "vpub", "stp", "stc", "stttt", "skhcn", "skhdt"] {
        let appraiser = Session::of(app, format!("{department}.appraiser"));
        let mut dossiers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut after = None;
        loop {
            let order = crate::app::browse_queue::QueueOrder::Unit;
            let page = appraiser
                .review_queue(round, &QueueFilter::default(), order, after, crate::store::MAX_PAGE)
                .await?;
            after = page.items.last().map(|(_, cursor)| cursor.clone());
            for (item, _) in &page.items {
                dossiers
                    .entry(item.unit.clone())
                    .or_default()
                    .push(item.criterion.clone());
            }
            if !page.more {
                break;
            }
        }
        futures::stream::iter(dossiers)
            .map(|(unit, criteria)| review_unit(appraiser.clone(), round.to_owned(), unit, criteria, with_exceptions))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
    }
    Ok(())
}

async fn review_unit(
    appraiser: Session,
    round: String,
    unit: String,
    criteria: Vec<String>,
    with_exceptions: bool,
) -> Result<(), Problem> {
    let view = appraiser.dossier(&round, &unit).await?;
    let mut items = Vec::new();
    for criterion in criteria {
        let chance = if with_exceptions {
            pick(&unit, &criterion, 20)
        } else {
            19
        };
        // Some leaves stay in the queue, so that there is something to do.
        if chance < 6 {
            continue;
        }
        let leaf = view.desk.leaf(&criterion)?;
        let item = judged(&view.desk, leaf, &criterion, chance)?;
        items.push((
            LeafKey {
                round: round.clone(),
                unit: unit.clone(),
                criterion,
            },
            item,
        ));
    }
    if !items.is_empty() {
        appraiser.review(items, None).await?;
    }
    Ok(())
}

fn judged(
    desk: &crate::app::desk::Desk,
    leaf: &crate::app::desk::DeskLeaf,
    criterion: &str,
    chance: i64,
) -> Result<ReviewItem, Problem> {
    let outcome = if chance == 6 {
        ReviewOutcome::RequestSupplement
    } else {
        ReviewOutcome::Verify
    };
    let verdicts = leaf
        .links
        .iter()
        .filter(|facts| facts.is_active())
        .map(|facts| LinkVerdict {
            link: facts.link.id.clone(),
            revision: facts.revision.number,
            kind: if chance == 6 {
                VerdictKind::Supplement
            } else {
                VerdictKind::Accepted
            },
            reason: None,
            text: None,
        })
        .collect();
    let declared = leaf
        .assessment
        .declaration
        .as_ref()
        .map(|one| one.inputs.clone())
        .unwrap_or_default();
    let corrections = declared
        .into_iter()
        .filter(|_| chance == 7)
        .filter_map(|(code, value)| match value {
            InputValue::Count(number) if number.exact().scaled_i64(0) > 1 && is_part(desk, criterion, &code) => {
                let less = InputValue::Count(Decimal::from_integer(number.exact().scaled_i64(0) - 1));
                let reason = "Một nhiệm vụ chưa hoàn thành".to_owned();
                Some((
                    code,
                    Correction {
                        value: less,
                        reason,
                        basis: CorrectionBasis::OwnData,
                    },
                ))
            }
            _ => None,
        })
        .collect();
    Ok(ReviewItem {
        criterion: criterion.to_owned(),
        expected_version: leaf.assessment.version,
        verdicts,
        corrections,
        waivers: BTreeMap::new(),
        outcome,
        comment: None,
        supplement: match outcome {
            ReviewOutcome::Verify => None,
            ReviewOutcome::RequestSupplement => Some(SupplementRequest {
                text: "Đề nghị bổ sung danh mục".to_owned(),
                due: "2020-12-31".parse()?,
            }),
        },
        replaces_because: None,
    })
}

/// Whether an input is a part of another one, so that less of it is still a possible figure.
fn is_part(desk: &crate::app::desk::Desk, criterion: &str, input: &str) -> bool {
    desk.node(criterion)
        .ok()
        .and_then(|(_, leaf)| leaf.input(input))
        .is_some_and(|spec| spec.at_most.is_some())
}

/// Prints who can sign in, and commands that work.
pub fn print_introduction(app: &App, tokens: &Tokens, config: &Config) -> Result<(), Problem> {
    let now = app.clock.now();
    let address = format!("http://{}", config.listen);
    println!(
        "Minh Chứng: the demonstration is ready; its clock says {}.",
        crate::app::gate::instant_text(now)
    );
    println!("Explorer: {address}/graphiql\n");
    for (login, what) in [
        ("sgtvt.officer", "officer of the department of transport"),
        ("sgtvt.head", "its head"),
        ("snv.appraiser", "appraiser of the department of home affairs"),
        ("snv.manager", "manager of the round"),
        ("stttt.integrator", "integrator"),
    ] {
        println!("{login} ({what})\n  {}", tokens.issue(login, now, TOKEN_LIFETIME)?);
    }
    let post = |login: Option<&str>, query: &str| -> Result<String, Problem> {
        let token = match login {
            Some(login) => format!(
                " -H 'Authorization: Bearer {}'",
                tokens.issue(login, now, TOKEN_LIFETIME)?
            ),
            None => String::new(),
        };
        let body = serde_json::json!({ "query": query });
        Ok(format!(
            "curl -s {address}/graphql -H 'Content-Type: application/json'{token} -d '{body}'"
        ))
    };
    let ranking = r#"{ round(code: "QNM-2018") { publication { decisionNumber ranking(group: "SO") { edges { node { rank unitCode percent class } } } } } }"#;
    println!("\nThe ranking of 2018, for anybody:\n{}", post(None, ranking)?);
    let queue =
        r#"{ reviewQueue(round: "QNM-2019", first: 3) { totalCount edges { node { unitCode criterion stake } } } }"#;
    println!("\nThe queue of an appraiser:\n{}", post(Some("snv.appraiser"), queue)?);
    let claim = r#"mutation { claim(input: {round: "QNM-2019", first: 1}) { assessments { criterion version rule { en } links { id evidence { title number } } } } }"#;
    let upload = serde_json::json!({
        "query": "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { evidenceId } }",
        "variables": {"i": {
            "dossier": {"key": {"round": "QNM-2019", "unit": "BACTRAMY"}}, "kind": "LIST", "title": "Danh mục bổ sung",
            "content": {"files": [{"upload": null}]}, "links": [{"criterion": "7.1.2"}]}},
    });
    println!(
        "\nUploading a supplement, with a PDF of yours in FILE:\ncurl -s {address}/graphql -H 'Authorization: Bearer {}' \\\n  \
         -H 'GraphQL-Require-Preflight: 1' -F operations='{upload}' \\\n  \
         -F map='{{\"0\":[\"variables.i.content.files.0.upload\"]}}' -F 0=@FILE",
        tokens.issue("bactramy.officer", now, TOKEN_LIFETIME)?
    );
    println!("\nClaiming the next leaf:\n{}\n", post(Some("snv.appraiser"), claim)?);
    Ok(())
}
