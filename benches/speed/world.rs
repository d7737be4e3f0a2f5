//! Data to measure on: made through the same commands as everybody's, in a folder that is thrown away.

use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;
use minhchung::app::documents::COLLECTIONS;
use minhchung::app::gate::{Authority, Command, run_as};
use minhchung::app::import_framework::{ImportFramework, check};
use minhchung::app::import_questionnaire::ImportQuestionnaire;
use minhchung::app::keep_evidence::{AddEvidence, LinkInput, RevisionInput};
use minhchung::app::keep_register::{GrantRole, PutUnits, PutUser};
use minhchung::app::open_round::OpenRound;
use minhchung::app::prepare_dossier::{Declare, DeclareItem, SubmitDossier};
use minhchung::app::{App, Session, SystemClock, SystemEntropy, jobs};
use minhchung::blob::{self, FileBlobStore};
use minhchung::cli::demo;
use minhchung::domain::evidence::{EvidenceKind, FileRef, OfficialHeader};
use minhchung::domain::exact::Decimal;
use minhchung::domain::input::InputValue;
use minhchung::domain::questionnaire::Questionnaire;
use minhchung::domain::registry::{AccountKind, Role, Unit};
use minhchung::domain::round::RoundPhase;
use minhchung::domain::text::Text;
use minhchung::store::Store;
use minhchung::store::sqlite::SqliteStore;
use serde_json::{Value, json};

use crate::Problem;

/// Code of the round.
pub const ROUND: &str = "B-2019";
/// Code of a round whose one leaf takes a survey.
pub const SURVEYED_ROUND: &str = "S-2019";
/// Type of the assessed units.
const UNIT_TYPE: &str = "SO";
/// Dossiers that are prepared at once: their commits share an fsync.
const AT_ONCE: usize = 16;
/// Units of one call.
const UNITS_A_CALL: usize = 500;

/// Appraising departments, and how many leaves of every dossier each of them appraises.
pub type Departments<'a> = &'a [(&'a str, usize)];

/// An application over a folder of its own.
pub struct World {
    pub app: Arc<App>,
    pub units: Vec<String>,
    pub leaves: Vec<String>,
    folder: tempfile::TempDir,
}

/// An application over a folder, on a clock that is so far ahead.
async fn open(folder: &Path, offset: SignedDuration) -> Result<Arc<App>, Problem> {
    let store = SqliteStore::open(&folder.join("store.db"), COLLECTIONS)?;
    open_on(Arc::new(store), folder, offset).await
}

/// An application over a store, with its files in a folder.
pub async fn open_on(store: Arc<dyn Store>, folder: &Path, offset: SignedDuration) -> Result<Arc<App>, Problem> {
    let blobs = FileBlobStore::open(folder).await?;
    let clock = SystemClock { offset };
    Ok(App::new(
        store,
        Arc::new(blobs),
        Arc::new(clock),
        Arc::new(SystemEntropy),
    ))
}

/// A folder on the disk that holds the build, not in memory.
pub fn folder() -> Result<tempfile::TempDir, Problem> {
    Ok(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?)
}

/// The demonstration, filled, in a folder that lasts as long as it is held.
pub async fn demonstration() -> Result<(Arc<App>, tempfile::TempDir), Problem> {
    let folder = folder()?;
    let app = open(folder.path(), demo::clock_offset()).await?;
    demo::fill(&app).await?;
    Ok((app, folder))
}

impl World {
    /// Departments, appraisers, so many units, and a round in self-assessment. Each appraiser also holds the place of
    /// a department in its own dossier, as in the seed.
    pub async fn open(departments: Departments<'_>, units: usize, evidence: bool) -> Result<Self, Problem> {
        let folder = folder()?;
        let app = open(folder.path(), SignedDuration::ZERO).await?;
        Self::over(app, folder, departments, units, evidence).await
    }

    /// The same over an application with nothing in it.
    pub async fn over(
        app: Arc<App>,
        folder: tempfile::TempDir,
        departments: Departments<'_>,
        units: usize,
        evidence: bool,
    ) -> Result<Self, Problem> {
        let units: Vec<String> = (1..=units).map(|number| format!("U{number:04}")).collect();
        let system = System(&app);
        let offices: Vec<Unit> = ["SNV", "STP"].map(|code| unit(code, "OTHER")).into();
        system.run(PutUnits { units: offices }).await?;
        for codes in units.chunks(UNITS_A_CALL) {
            let units = codes.iter().map(|code| unit(code, UNIT_TYPE)).collect();
            system.run(PutUnits { units }).await?;
        }
        system
            .person("manager", "SNV", &[grant("manager", Role::Manager)])
            .await?;
        for (department, other) in [("SNV", "STP"), ("STP", "SNV")] {
            let login = format!("{}.appraiser", department.to_lowercase());
            let appraises = GrantRole {
                department: Some(department.to_owned()),
                ..grant(&login, Role::Appraiser)
            };
            let stands_in = GrantRole {
                department: Some(other.to_owned()),
                unit: Some(other.to_owned()),
                ..appraises.clone()
            };
            system.person(&login, department, &[appraises, stands_in]).await?;
        }
        let officer = GrantRole {
            unit: Some(units[0].clone()),
            ..grant("officer", Role::Officer)
        };
        system.person("officer", &units[0], &[officer]).await?;
        let (framework, leaves) = framework(departments, evidence);
        let (framework, _) = check(&framework).map_err(|findings| format!("{findings:?}"))?;
        system
            .run(ImportFramework {
                framework,
                accept_warnings: true,
            })
            .await?;
        open_round(&app, ROUND, "B@1").await?;
        Ok(Self {
            app,
            units,
            leaves,
            folder,
        })
    }

    /// Another round of the same units, whose one leaf takes a survey of so many questions, and who imports that.
    pub async fn open_surveyed_round(&self, questions: usize) -> Result<(), Problem> {
        let system = System(&self.app);
        let operator = [grant("survey", Role::SurveyOperator)];
        system.person("survey", "SNV", &operator).await?;
        let (framework, questionnaire) = surveyed(questions);
        let (framework, _) = check(&framework).map_err(|findings| format!("{findings:?}"))?;
        let accept_warnings = true;
        system
            .run(ImportFramework {
                framework,
                accept_warnings,
            })
            .await?;
        let questionnaire = Questionnaire::parse(&questionnaire).map_err(|findings| format!("{findings:?}"))?;
        system
            .run(ImportQuestionnaire {
                questionnaire,
                accept_warnings,
            })
            .await?;
        open_round(&self.app, SURVEYED_ROUND, "S@1").await
    }

    /// Every unit declares every leaf, and submits.
    pub async fn declare_and_submit(&self) -> Result<(), Problem> {
        self.every_unit(async |system, unit| {
            let (round, unit) = (ROUND.to_owned(), unit.to_owned());
            let declare = Declare {
                round: round.clone(),
                unit: unit.clone(),
                items: self.leaves.iter().map(|leaf| declaration(leaf)).collect(),
                dry_run: false,
            };
            system.run(declare).await?;
            system.run(SubmitDossier { round, unit }).await.map(drop)
        })
        .await
    }

    /// A report for every leaf of every unit.
    pub async fn add_evidence(&self) -> Result<(), Problem> {
        let bytes = b"%PDF-1.4\n";
        let blob = blob::put(&*self.app.blobs, bytes, self.app.clock.now()).await?.blob;
        let file = FileRef {
            name: "bao-cao.pdf".to_owned(),
            sha256: blob.sha256,
            size: blob.size,
            content_type: "application/pdf".to_owned(),
        };
        self.every_unit(async |system, unit| {
            for leaf in &self.leaves {
                system.run(report(unit, leaf, &file)).await?;
            }
            Ok(())
        })
        .await
    }

    /// The round moves to appraisal.
    pub async fn advance(&self) -> Result<(), Problem> {
        Session::of(&self.app, "manager")
            .advance_round(ROUND.to_owned(), RoundPhase::Appraisal, None)
            .await?;
        jobs::run_pending(&self.app, "bench").await?;
        Ok(())
    }

    async fn every_unit(&self, work: impl AsyncFn(System<'_>, &str) -> Result<(), Problem>) -> Result<(), Problem> {
        let work = &work;
        futures::stream::iter(&self.units)
            .map(|unit| work(System(&self.app), unit))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await
            .map(drop)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Closes the store, keeps the folder.
    pub fn close(self) -> tempfile::TempDir {
        self.folder
    }
}

/// Opens a round of all units, to the end.
async fn open_round(app: &Arc<App>, code: &str, framework: &str) -> Result<(), Problem> {
    let open = OpenRound {
        code: code.to_owned(),
        name: Text::same("Speed"),
        year: 2019,
        owner: "SNV".to_owned(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        calendar: None,
        second_round: None,
        appraisal: None,
        frameworks: [(UNIT_TYPE.to_owned(), framework.to_owned())].into(),
        units: Vec::new(),
        unranked: Vec::new(),
        previous: None,
        baselines: Vec::new(),
    };
    Session::of(app, "manager").open_round(open, None).await?;
    jobs::run_pending(app, "bench").await?;
    Ok(())
}

/// A framework of one leaf that takes a mean from 1 to 5, and a questionnaire of so many questions about it.
fn surveyed(questions: usize) -> (Value, Value) {
    let text = |text: &str| json!({"vi": text, "en": text});
    let leaf = json!({"method": "SURVEY", "appraiser": "SNV", "requiredEvidence": [],
        "rule": {"kind": "SURVEY_MEAN", "input": "mean", "lowest": "1", "highest": "5"},
        "inputs": [{"code": "mean", "name": text("mean"), "type": {"kind": "DECIMAL", "minimum": "1", "maximum": "5"},
            "source": {"kind": "SURVEY"}}]});
    let framework = json!({
        "format": 1, "code": "S", "version": "1", "unitType": UNIT_TYPE, "name": text("Survey"), "scale": "4",
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
        "classes": [{"code": "YEU", "name": text("Yếu"), "atLeast": "0"}],
        "stated": {"fields": 1, "leaves": 1}, "sources": ["made to be measured"],
        "nodes": [
            {"code": "1", "name": text("Tác động"), "points": "4"},
            {"code": "1.1", "parent": "1", "name": text("Khảo sát"), "points": "4", "leaf": leaf}],
    });
    let answer = |value: u32| {
        let code = value.to_string();
        json!({"code": code, "name": text(&code), "value": code, "satisfied": value > 3})
    };
    let question = |number: usize| {
        let code = format!("q{number}");
        json!({"code": code, "name": text(&code), "scale": "S5", "criterion": "1.1"})
    };
    let questionnaire = json!({
        "format": 1, "code": "Q", "version": "1", "name": text("Hài lòng"),
        "criteria": [{"criterion": "1.1", "figure": "MEAN"}],
        "scales": [{"code": "S5", "answers": (1..=5).map(answer).collect::<Vec<_>>()}],
        "questions": (1..=questions).map(question).collect::<Vec<_>>(),
    });
    (framework, questionnaire)
}

/// The program itself, as on the command line of the machine that holds the data.
struct System<'a>(&'a App);

impl System<'_> {
    async fn run<C: Command>(&self, command: C) -> Result<C::Output, Problem> {
        Ok(run_as(self.0, &Authority::System, &command, None).await?.output)
    }

    async fn person(&self, login: &str, unit: &str, grants: &[GrantRole]) -> Result<(), Problem> {
        let user = PutUser {
            login: login.to_owned(),
            name: login.to_owned(),
            kind: AccountKind::Person,
            unit: unit.to_owned(),
            active: true,
        };
        self.run(user).await?;
        for grant in grants {
            self.run(grant.clone()).await?;
        }
        Ok(())
    }
}

fn unit(code: &str, unit_type: &str) -> Unit {
    Unit {
        code: code.to_owned(),
        name: Text::same(code),
        unit_type: unit_type.to_owned(),
        group: (unit_type == UNIT_TYPE).then(|| unit_type.to_owned()),
        parent: None,
        valid_from: jiff::civil::date(2018, 1, 1),
        valid_to: None,
        agency_code: None,
    }
}

fn grant(login: &str, role: Role) -> GrantRole {
    GrantRole {
        login: login.to_owned(),
        role,
        unit: None,
        unit_types: Vec::new(),
        criteria: Vec::new(),
        department: None,
        valid_from: jiff::civil::date(2018, 1, 1),
        valid_to: None,
        document: None,
    }
}

/// A framework in which every leaf is a share of completed tasks; points differ, so that the queue has an order. With
/// the codes of its leaves.
pub fn framework(departments: Departments<'_>, evidence: bool) -> (Value, Vec<String>) {
    let text = |text: String| json!({"vi": text, "en": text});
    let count = |code: &str, at_most: Option<&str>| {
        let mut input = json!({"code": code, "name": text(code.to_owned()), "type": {"kind": "COUNT"},
            "source": {"kind": "DECLARED"}});
        if let Some(other) = at_most {
            input["atMost"] = json!(other);
        }
        input
    };
    let report = json!({"code": "REPORT", "name": text("Báo cáo".to_owned()), "kinds": ["OFFICIAL_DOCUMENT"],
        "documentTypes": ["BC"], "atLeast": 1});
    let required = if evidence { json!([report]) } else { json!([]) };
    let (mut nodes, mut codes, mut scale) = (Vec::new(), Vec::new(), 0);
    for (field, (department, leaves)) in (1..).zip(departments) {
        let points: Vec<usize> = (1..=*leaves).map(|number| 1 + number % 4).collect();
        let sum: usize = points.iter().sum();
        nodes.push(
            json!({"code": field.to_string(), "name": text(format!("Lĩnh vực {field}")), "points": sum.to_string()}),
        );
        scale += sum;
        for (number, points) in (1..).zip(points) {
            let code = format!("{field}.{number}");
            nodes.push(json!({"code": code, "parent": field.to_string(),
                "name": text(format!("Mức độ hoàn thành kế hoạch {code}")), "points": points.to_string(), "leaf": {
                "method": "APPRAISED", "appraiser": department,
                "rule": {"kind": "GATED_PROPORTIONAL", "full": "1", "threshold": "0.8", "over": "1",
                    "measure": {"ratio": {"numerator": "completed", "denominator": "planned"}}},
                "inputs": [count("completed", Some("planned")), count("planned", None)],
                "requiredEvidence": required}}));
            codes.push(code);
        }
    }
    let framework = json!({
        "format": 1, "code": "B", "version": "1", "unitType": UNIT_TYPE, "name": text("Speed".to_owned()),
        "scale": scale.to_string(),
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
        "classes": [{"code": "YEU", "name": text("Yếu".to_owned()), "atLeast": "0"}],
        "stated": {"fields": departments.len(), "leaves": codes.len()}, "sources": ["made to be measured"],
        "nodes": nodes,
    });
    (framework, codes)
}

fn declaration(leaf: &str) -> DeclareItem {
    let count = |value| InputValue::Count(Decimal::from_integer(value));
    DeclareItem {
        criterion: leaf.to_owned(),
        inputs: [("completed".to_owned(), count(28)), ("planned".to_owned(), count(32))].into(),
        explanation: Some(
            "Hoàn thành 28 trên 32 nhiệm vụ trong kế hoạch năm; 4 nhiệm vụ chuyển sang năm sau.".to_owned(),
        ),
        evidence_missing: None,
    }
}

fn report(unit: &str, leaf: &str, file: &FileRef) -> AddEvidence {
    AddEvidence {
        round: ROUND.to_owned(),
        unit: unit.to_owned(),
        external_id: None,
        kind: EvidenceKind::OfficialDocument,
        title: format!("Báo cáo kết quả thực hiện {leaf}"),
        revision: RevisionInput {
            header: Some(OfficialHeader {
                document_type: "BC".to_owned(),
                number: "15/BC-SNV".to_owned(),
                issuer: unit.to_owned(),
                issued_on: jiff::civil::date(2019, 12, 20),
                signer: Some("Thủ trưởng đơn vị".to_owned()),
                subject: format!("Kết quả thực hiện tiêu chí {leaf} năm 2019"),
            }),
            rows: None,
            url: None,
            captured_on: None,
            nothing_to_do: false,
            other: None,
            files: vec![file.clone()],
        },
        links: vec![LinkInput {
            criterion: leaf.to_owned(),
            requirement: Some("REPORT".to_owned()),
            pages: Some("trang 3-4".to_owned()),
            note: None,
        }],
    }
}
