//! The demonstration's documents: one per required evidence, each with a real PDF or CSV file of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::{Filing, WITHOUT_DECEMBER, enters_rows, filing};
use super::pdf::pdf;
use super::pick;
use super::practice::{Practice, Practices};
use crate::app::App;
use crate::app::file_dossier::FiledDocument;
use crate::app::keep_evidence::{AddEvidence, LinkInput, RevisionInput};
use crate::app::row_sets::{RowsInput, RowsSource};
use crate::blob;
use crate::cli::Problem;
use crate::domain::evidence::{EvidenceKind, FileRef, OfficialHeader};
use crate::domain::framework::{Framework, Leaf, Node, RequiredEvidence};
use crate::domain::input::InputSource;
use crate::domain::rows::RowKind;
use crate::store::Digest;

/// Whose documents, and of which year.
pub struct Author<'a> {
    pub app: &'a App,
    pub unit: &'a str,
    pub year: i16,
    practice: Practice,
}

/// A document with the rows that are still to be read.
pub type Paper = (FiledDocument, Option<RowsInput>);

/// Files that documents name and that are still to be kept, all at once.
#[derive(Default)]
pub struct Drawer(Vec<Vec<u8>>);

impl Drawer {
    fn put(&mut self, name: String, content_type: &str, bytes: Vec<u8>) -> FileRef {
        let file = FileRef {
            name,
            sha256: Digest::of(&[&bytes]).to_string(),
            size: bytes.len() as u64,
            content_type: content_type.to_owned(),
        };
        self.0.push(bytes);
        file
    }

    pub fn pdf(&mut self, name: String, lines: &[String]) -> FileRef {
        self.put(name, "application/pdf", pdf(lines))
    }

    /// Bytes come before words: nothing refers to a file before it is kept.
    pub async fn keep(self, app: &App) -> Result<(), Problem> {
        blob::put_all(&*app.blobs, self.0, app.clock.now()).await?;
        Ok(())
    }
}

/// One document per required evidence, and one file of statistics per kind, used for every leaf that needs it.
pub fn papers(
    author: &Author<'_>,
    framework: &Framework,
    open: &impl Fn(&str) -> bool,
    drawer: &mut Drawer,
) -> Vec<Paper> {
    let mut found = Vec::new();
    let mut statistics: BTreeMap<RowKind, BTreeSet<&str>> = BTreeMap::new();
    for (number, (node, leaf)) in framework.leaves().enumerate().filter(|(_, (node, _))| open(&node.code)) {
        for rows in row_kinds(leaf) {
            statistics.entry(rows).or_default().insert(&node.code);
        }
        let filing = filing(author.year, author.unit, &author.practice, node, leaf);
        let papers = leaf
            .required_evidence
            .iter()
            .filter(|required| filing != Filing::WithoutEvidence && kind_of(required).row_kind().is_none());
        found.extend(papers.map(|required| {
            let mut paper = author.paper(number, node, required, drawer);
            paper.revision.nothing_to_do = filing == Filing::NothingToDo;
            (paper, None)
        }));
    }
    if open(REGULATED) && framework.leaf(REGULATED).is_some() {
        found.push((author.regulation(drawer), None));
    }
    for (rows, leaves) in statistics {
        found.push(author.statistics(rows, &leaves, drawer));
    }
    found
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

impl<'a> Author<'a> {
    pub fn of(app: &'a App, practices: &Practices, unit: &'a str, year: i16) -> Self {
        Self {
            app,
            unit,
            year,
            practice: practices.of(unit, year),
        }
    }

    fn paper(&self, number: usize, node: &Node, required: &RequiredEvidence, drawer: &mut Drawer) -> FiledDocument {
        let kind = kind_of(required);
        let document_type = required.document_types.first().map_or("BC", String::as_str);
        let symbol = format!("{}/{document_type}-{}", number + 1, self.unit);
        let issued_on = jiff::civil::date(self.year, 1 + (number % 12) as i8, 15);
        let lines = [
            format!("{}   So: {symbol}", self.unit),
            format!("Ngay {}", issued_on.strftime("%d/%m/%Y")),
            required.name.vi.clone(),
            format!("Tieu chi {} ({}): {}", node.code, required.code, node.name.vi),
        ];
        // A criterion may ask for several documents of one number: its code tells them apart.
        let name = format!("{}-{}.pdf", symbol.replace('/', "-"), required.code.to_lowercase());
        let file = drawer.pdf(name, &lines);
        let header = (kind == EvidenceKind::OfficialDocument).then(|| OfficialHeader {
            number: symbol,
            document_type: document_type.to_owned(),
            issuer: self.unit.to_owned(),
            issued_on,
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
                files: vec![file],
            },
            links: Some(vec![link]),
        }
    }

    fn statistics(&self, rows: RowKind, leaves: &BTreeSet<&str>, drawer: &mut Drawer) -> Paper {
        let text = self.csv(rows);
        let (file, source) = if rows == RowKind::OnlineServiceUsage && enters_rows(self.year, self.unit) {
            let screen = drawer.pdf("man-hinh-thong-ke.pdf".to_owned(), &[self.about("man hinh thong ke")]);
            (screen, RowsSource::Entered(entered(&text)))
        } else {
            let name = format!("so-lieu-{}-{}.csv", rows.name().to_lowercase(), self.year);
            let file = drawer.put(name, "text/csv", text.clone().into_bytes());
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
            revision: plain(file),
            links: Some(leaves.iter().map(link).collect()),
        };
        (document, Some(read))
    }

    /// The province's regulation on emulation: one file, in the dossiers of all units.
    fn regulation(&self, drawer: &mut Drawer) -> FiledDocument {
        let file = drawer.pdf("quy-che.pdf".to_owned(), &["Quy che thi dua cua tinh".to_owned()]);
        FiledDocument {
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
        }
    }

    /// A list that the unit adds to a leaf later, with a file of its own that is still to be kept.
    pub fn supplement(&self, round: &str, criterion: &str, drawer: &mut Drawer) -> AddEvidence {
        let subject = format!("bo sung cho tieu chi {criterion}");
        AddEvidence {
            round: round.to_owned(),
            unit: self.unit.to_owned(),
            external_id: Some(format!("{criterion}/bo-sung")),
            kind: EvidenceKind::List,
            title: "Danh mục bổ sung".to_owned(),
            revision: plain(drawer.pdf("bo-sung.pdf".to_owned(), &[self.about(&subject)])),
            links: vec![LinkInput {
                criterion: criterion.to_owned(),
                requirement: None,
                pages: Some("trang 1".to_owned()),
                note: Some("Bổ sung".to_owned()),
            }],
        }
    }

    /// The document that a leaf requires and lacks, added later, with a file that is still to be kept.
    pub fn required(
        &self,
        round: &str,
        framework: &Framework,
        criterion: &str,
        required: &RequiredEvidence,
        drawer: &mut Drawer,
    ) -> Result<AddEvidence, Problem> {
        let mut leaves = framework.leaves().enumerate();
        let (number, (node, _)) = leaves
            .find(|(_, (node, _))| node.code == criterion)
            .ok_or_else(|| format!("there is no leaf {criterion}"))?;
        let paper = self.paper(number, node, required, drawer);
        Ok(AddEvidence {
            round: round.to_owned(),
            unit: self.unit.to_owned(),
            external_id: Some(paper.external_id),
            kind: paper.kind,
            title: paper.title,
            revision: paper.revision,
            links: paper.links.unwrap_or_default(),
        })
    }

    /// A PDF of the unit about something, kept.
    pub async fn file(&self, name: &str, subject: &str) -> Result<FileRef, Problem> {
        let mut drawer = Drawer::default();
        let file = drawer.pdf(name.to_owned(), &[self.about(subject)]);
        drawer.keep(self.app).await?;
        Ok(file)
    }

    fn about(&self, subject: &str) -> String {
        format!("{} {}: {subject}", self.unit, self.year)
    }

    /// A year of rows in the documented header of a kind.
    fn csv(&self, kind: RowKind) -> String {
        let (unit, year, practice) = (self.unit, self.year, &self.practice);
        let mut text = kind.header() + "\n";
        for index in 1..=match kind {
            RowKind::PublishedProcedures => PROCEDURES,
            RowKind::OneStopCases if unit == WITHOUT_DECEMBER => 11,
            RowKind::OneStopCases | RowKind::OnlineServiceUsage => 12,
            // No framework of the seed asks for them.
            RowKind::LateCases | RowKind::ApologyLetters | RowKind::ElectronicDocuments => 0,
        } {
            let total = 60 + pick(unit, &format!("total{index}"), 60);
            let late = practice.late(unit, &format!("late{index}"));
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
                    let online = practice.online(total);
                    format!("{month},1.004227,4,{total},{online},{online},{}", online / 4)
                }
                RowKind::PublishedProcedures => {
                    let posted = match practice.posts(unit, &format!("posted{index}")) {
                        true => "yes",
                        false => "no",
                    };
                    format!(
                        "1.00{index:04},Thủ tục số {index},QĐ 12/QĐ-UBND,https://dvc.example/{unit}/{index},{year}-12-01,{posted},{posted},yes,{},yes,yes,{}",
                        1 + index % 4,
                        index % 3
                    )
                }
                RowKind::LateCases | RowKind::ApologyLetters | RowKind::ElectronicDocuments => continue,
            };
            text.push_str(&line);
            text.push('\n');
        }
        text
    }
}

/// A document that says nothing but what its file says.
pub fn plain(file: FileRef) -> RevisionInput {
    RevisionInput {
        header: None,
        rows: None,
        url: None,
        captured_on: None,
        nothing_to_do: false,
        other: None,
        files: vec![file],
    }
}

/// Procedures of a unit.
const PROCEDURES: u32 = 20;

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
