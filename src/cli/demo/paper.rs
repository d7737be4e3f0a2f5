//! The demonstration's documents: one per required evidence, with real PDF and CSV files.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::{Filing, WITHOUT_DECEMBER, enters_rows, filing};
use super::pick;
use crate::app::App;
use crate::app::file_dossier::FiledDocument;
use crate::app::keep_evidence::{LinkInput, RevisionInput};
use crate::app::row_sets::{RowsInput, RowsSource};
use crate::blob;
use crate::cli::Problem;
use crate::domain::evidence::{EvidenceKind, FileRef, OfficialHeader};
use crate::domain::framework::{Framework, Leaf, Node, RequiredEvidence};
use crate::domain::input::InputSource;
use crate::domain::rows::RowKind;

/// Whose documents, and of which year.
pub struct Author<'a> {
    pub app: &'a App,
    pub unit: &'a str,
    pub year: i16,
}

/// A document with the rows that are still to be read.
pub type Paper = (FiledDocument, Option<RowsInput>);

/// One document per required evidence, and one file of statistics per kind, used for every leaf that needs it.
pub async fn papers(
    author: &Author<'_>,
    framework: &Framework,
    open: &impl Fn(&str) -> bool,
) -> Result<Vec<Paper>, Problem> {
    let report = author.pdf_file().await?;
    let mut found = Vec::new();
    let mut statistics: BTreeMap<RowKind, BTreeSet<&str>> = BTreeMap::new();
    for (number, (node, leaf)) in framework.leaves().enumerate().filter(|(_, (node, _))| open(&node.code)) {
        for rows in row_kinds(leaf) {
            statistics.entry(rows).or_default().insert(&node.code);
        }
        let filing = filing(author.year, author.unit, node, leaf);
        let papers = leaf
            .required_evidence
            .iter()
            .filter(|required| filing != Filing::WithoutEvidence && kind_of(required).row_kind().is_none());
        found.extend(papers.map(|required| {
            let mut paper = author.paper(number, node, required, &report);
            paper.revision.nothing_to_do = filing == Filing::NothingToDo;
            (paper, None)
        }));
    }
    if open(REGULATED) && framework.leaf(REGULATED).is_some() {
        found.push((author.regulation().await?, None));
    }
    for (rows, leaves) in statistics {
        found.push(author.statistics(rows, &leaves).await?);
    }
    Ok(found)
}

/// The leaf for which every unit files the province's regulation, the same file each.
const REGULATED: &str = "1.7";

fn kind_named(name: &str) -> Option<EvidenceKind> {
    serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
}

fn kind_of(required: &RequiredEvidence) -> EvidenceKind {
    let mut kinds = required.kinds.iter().filter_map(|name| kind_named(name));
    kinds.next().unwrap_or(EvidenceKind::OfficialDocument)
}

/// The kinds of rows that a leaf computes with or asks for.
fn row_kinds(leaf: &Leaf) -> impl Iterator<Item = RowKind> {
    let derived = leaf.inputs.iter().filter_map(|spec| match &spec.source {
        InputSource::Derived(derivation) => Some(derivation.rows),
        _ => None,
    });
    derived.chain(
        leaf.required_evidence
            .iter()
            .filter_map(|required| kind_of(required).row_kind()),
    )
}

impl Author<'_> {
    fn paper(&self, number: usize, node: &Node, required: &RequiredEvidence, report: &FileRef) -> FiledDocument {
        let kind = kind_of(required);
        let document_type = required.document_types.first().map_or("BC", String::as_str);
        let header = (kind == EvidenceKind::OfficialDocument).then(|| OfficialHeader {
            number: format!("{}/{document_type}-{}", number + 1, self.unit),
            document_type: document_type.to_owned(),
            issuer: self.unit.to_owned(),
            issued_on: jiff::civil::date(self.year, 1 + (number % 12) as i8, 15),
            signer: Some("Thủ trưởng đơn vị".to_owned()),
            subject: node.name.vi.clone(),
        });
        let link = LinkInput {
            criterion: node.code.clone(),
            requirement: Some(required.code.clone()),
            pages: Some("trang 1".to_owned()),
            note: None,
        };
        FiledDocument {
            external_id: format!("{}/{}", node.code, required.code),
            kind,
            title: required.name.vi.clone(),
            revision: RevisionInput {
                header,
                rows: None,
                url: (kind == EvidenceKind::Link).then(|| format!("https://{}.example/cchc", self.unit.to_lowercase())),
                captured_on: None,
                nothing_to_do: false,
                other: None,
                files: vec![report.clone()],
            },
            links: Some(vec![link]),
        }
    }

    async fn statistics(&self, rows: RowKind, leaves: &BTreeSet<&str>) -> Result<Paper, Problem> {
        let text = csv(rows, self.unit, self.year);
        let (file, source) = if rows == RowKind::OnlineServiceUsage && enters_rows(self.year, self.unit) {
            let screen = self.file("man-hinh-thong-ke.pdf", "man hinh thong ke").await?;
            (screen, RowsSource::Entered(entered(&text)))
        } else {
            let file = self.stored("so-lieu.csv", "text/csv", text.as_bytes()).await?;
            let source = RowsSource::Csv {
                file: file.name.clone(),
                bytes: text.into_bytes(),
            };
            (file, source)
        };
        let read = RowsInput {
            source,
            stated_total: (rows == RowKind::PublishedProcedures).then_some(PROCEDURES),
        };
        let link = |criterion: &&str| LinkInput {
            criterion: (*criterion).to_owned(),
            requirement: None,
            pages: None,
            note: None,
        };
        let document = FiledDocument {
            external_id: rows.name().to_owned(),
            kind: kind_named(rows.name()).unwrap_or(EvidenceKind::Other),
            title: format!("Số liệu {}", self.year),
            revision: RevisionInput {
                header: None,
                rows: None,
                url: None,
                captured_on: None,
                nothing_to_do: false,
                other: None,
                files: vec![file],
            },
            links: Some(leaves.iter().map(link).collect()),
        };
        Ok((document, Some(read)))
    }

    /// A real, one-page PDF of the unit.
    async fn pdf_file(&self) -> Result<FileRef, Problem> {
        let name = format!("{}-{}.pdf", self.unit, self.year);
        let line = format!("{} {}", self.unit, self.year);
        self.stored(&name, "application/pdf", &pdf(&line)).await
    }

    /// The province's regulation on emulation: one file, in the dossiers of all units.
    async fn regulation(&self) -> Result<FiledDocument, Problem> {
        let file = self
            .stored("quy-che.pdf", "application/pdf", &pdf("Quy che thi dua cua tinh"))
            .await?;
        Ok(FiledDocument {
            external_id: "quy-che-tinh".to_owned(),
            kind: EvidenceKind::OfficialDocument,
            title: "Quy chế thi đua, khen thưởng của tỉnh".to_owned(),
            revision: RevisionInput {
                header: Some(OfficialHeader {
                    document_type: "QC".to_owned(),
                    number: "07/QC-UBND".to_owned(),
                    issuer: "UBND tỉnh Quảng Nam".to_owned(),
                    issued_on: jiff::civil::date(self.year, 2, 1),
                    signer: None,
                    subject: "Gắn kết quả cải cách hành chính với thi đua".to_owned(),
                }),
                rows: None,
                url: None,
                captured_on: None,
                nothing_to_do: false,
                other: None,
                files: vec![file],
            },
            links: Some(vec![LinkInput {
                criterion: REGULATED.to_owned(),
                requirement: None,
                pages: Some("Điều 5".to_owned()),
                note: None,
            }]),
        })
    }

    /// A PDF of the unit about something.
    pub async fn file(&self, name: &str, subject: &str) -> Result<FileRef, Problem> {
        let line = format!("{} {}: {subject}", self.unit, self.year);
        self.stored(name, "application/pdf", &pdf(&line)).await
    }

    async fn stored(&self, name: &str, content_type: &str, bytes: &[u8]) -> Result<FileRef, Problem> {
        let blob = blob::put(&*self.app.blobs, bytes, self.app.clock.now()).await?.blob;
        Ok(FileRef {
            name: name.to_owned(),
            sha256: blob.sha256,
            size: blob.size,
            content_type: content_type.to_owned(),
        })
    }
}

/// Procedures of a unit.
const PROCEDURES: u32 = 20;

/// A year of rows in the documented header of a kind.
fn csv(kind: RowKind, unit: &str, year: i16) -> String {
    let mut text = kind.header() + "\n";
    for index in 1..=match kind {
        RowKind::PublishedProcedures => PROCEDURES,
        RowKind::OneStopCases if unit == WITHOUT_DECEMBER => 11,
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

/// The rows of a CSV text without quotes, as they are given directly.
fn entered(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = csv.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| {
        let values = line.split(',').map(str::to_owned);
        columns.iter().map(|name| (*name).to_owned()).zip(values).collect()
    };
    lines.map(row).collect()
}

/// A PDF with one line of text; offsets of the cross-reference table are counted as it is written.
pub fn pdf(line: &str) -> Vec<u8> {
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
