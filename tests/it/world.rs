//! The one harness: the real server on a real socket, over a SQLite file in a temporary folder or a database of a real
//! `mongod`, with a clock that tests set, and people. What a test sends goes over HTTP with a real token.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use minhchung::app::documents::streams;
use minhchung::app::gate::{Authority, run_as};
use minhchung::app::keep_register::{GrantRole, PutUnits, PutUser};
use minhchung::app::{App, Clock, Entropy, jobs};
use minhchung::blob::FileBlobStore;
use minhchung::domain::registry::{AccountKind, Role, Unit};
use minhchung::domain::text::Text;
use minhchung::store::{Salt, Store};
use serde_json::{Value, json};

use crate::kept::Kept;
use crate::served::{Served, Upload};
use crate::support::stores;

/// A clock that stands still until it is moved.
pub struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Counts instead of being random, so that every run makes the same ids.
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn salt(&self) -> Salt {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        Salt(bytes)
    }
}

/// Everything, with nobody in it yet.
pub struct World {
    pub app: Arc<App>,
    pub clock: Arc<TestClock>,
    pub server: Served,
    /// Removed with the last world that stands on it.
    pub folder: Arc<tempfile::TempDir>,
}

/// What a request answered.
#[derive(Debug)]
pub struct Answer {
    /// `data`, null if it is absent.
    pub data: Value,
    /// Code, rule and field of each error.
    pub errors: Vec<(String, Option<String>, Option<String>)>,
    /// Message of each error.
    pub messages: Vec<String>,
}

impl Answer {
    /// Sends a request and reads what came back.
    pub async fn to(request: reqwest::RequestBuilder) -> Self {
        let body: Value = request.send().await.unwrap().json().await.unwrap();
        let errors = body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let extensions = |error: &Value| {
            let found = &error["extensions"];
            (
                text(&found["code"]).expect("every error has a code"),
                text(&found["rule"]),
                text(&found["field"]),
            )
        };
        Self {
            errors: errors.iter().map(extensions).collect(),
            messages: errors.iter().filter_map(|error| text(&error["message"])).collect(),
            data: body["data"].clone(),
        }
    }

    /// The data of an answer without errors.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.errors.is_empty(), "{:?}: {:?}", self.errors, self.messages);
        self.data
    }

    /// The data of an answer without errors, in which every item was done.
    #[track_caller]
    pub fn done(self) -> Value {
        assert!(self.problems().is_empty(), "{}", self.data);
        self.ok()
    }

    /// The problems that the items of a mutation tell.
    fn problems(&self) -> Vec<&Value> {
        let fields = self.data.as_object().into_iter().flat_map(|data| data.values());
        let items = fields.filter_map(|field| field["items"].as_array()).flatten();
        items
            .map(|item| &item["problem"])
            .filter(|one| !one.is_null())
            .collect()
    }

    /// The code of the first error, or else of the first item's problem, and its rule or field.
    #[track_caller]
    pub fn refused(self) -> (String, String) {
        let (code, what, _) = self
            .refusal("en")
            .unwrap_or_else(|| panic!("no error in {}", self.data));
        (code, what)
    }

    /// The same with the message; an item's problem has one in each language.
    pub fn refusal(&self, language: &str) -> Option<(String, String, String)> {
        if let Some((code, rule, field)) = self.errors.first().cloned() {
            let what = rule.or(field).unwrap_or_default();
            return Some((code, what, self.messages[0].clone()));
        }
        let problem = *self.problems().first()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let what = text(&problem["rule"]).or_else(|| text(&problem["field"]));
        let message = text(&problem["message"][language]);
        Some((
            text(&problem["code"])?,
            what.unwrap_or_default(),
            message.unwrap_or_default(),
        ))
    }
}

impl World {
    /// An empty world on 1 March 2020, 09:00 in Việt Nam.
    pub async fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap()).await
    }

    /// What lies in a data folder, on 1 March 2020.
    pub async fn open(folder: tempfile::TempDir) -> Self {
        let store = stores::open(folder.path()).await;
        let clock = Arc::new(TestClock(Mutex::new("2020-03-01T02:00:00Z".parse().unwrap())));
        let entropy = Arc::new(Counting(AtomicU64::new(1)));
        let blobs = Arc::new(FileBlobStore::open(folder.path()).await.unwrap());
        let app = App::new(store, blobs, Arc::clone(&clock) as Arc<dyn Clock>, entropy);
        Self::around(app, clock, Arc::new(folder)).await
    }

    /// A server before an application.
    async fn around(app: Arc<App>, clock: Arc<TestClock>, folder: Arc<tempfile::TempDir>) -> Self {
        let server = Served::start(&app, folder.path()).await;
        Self {
            app,
            clock,
            server,
            folder,
        }
    }

    /// Gives the data folder back, for somebody else to open.
    pub fn close(self) -> tempfile::TempDir {
        let Self { folder, .. } = self;
        Arc::into_inner(folder).expect("no other world stands on it")
    }

    /// Every chain, document and point holds.
    #[track_caller]
    pub fn verified(&self) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let report = minhchung::app::verify::verify(&self.app).await.unwrap();
            assert_eq!(report.difference, None, "{place}");
        }
    }

    /// Another server on the same data, whose application reads and writes through what `wrap` makes of the store.
    pub async fn over(&self, wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        let app = App::new(
            wrap(Arc::clone(&self.app.store)),
            Arc::clone(&self.app.blobs),
            Arc::clone(&self.app.clock),
            Arc::clone(&self.app.entropy),
        );
        Self::around(app, Arc::clone(&self.clock), Arc::clone(&self.folder)).await
    }

    /// Moves the clock.
    pub fn set_time(&self, instant: &str) {
        *self.clock.0.lock().unwrap() = instant.parse().unwrap();
    }

    /// Sends a document as somebody; the empty login is nobody.
    pub async fn send(&self, login: &str, document: &str, variables: Value) -> Answer {
        let body = json!({"query": document, "variables": variables});
        Answer::to(self.server.post(login).json(&body)).await
    }

    /// Sends a document with files.
    pub async fn upload(&self, login: &str, document: &str, variables: &Value, files: Vec<Upload<'_>>) -> Answer {
        Answer::to(self.server.upload(login, document, variables, files)).await
    }

    /// Everything that lasts, as it is now.
    pub fn kept(&self) -> Kept {
        Kept::of(self.folder.path())
    }

    /// Uploads files ahead as somebody; answers their references.
    pub async fn upload_ahead(&self, login: &str, files: Vec<(&str, Vec<u8>)>) -> Vec<String> {
        let paths: Vec<String> = (0..files.len()).map(|index| format!("f.{index}.upload")).collect();
        let variables = json!({"f": vec![json!({"upload": null}); files.len()]});
        let parts = paths
            .iter()
            .zip(files)
            .map(|(path, (name, bytes))| (path.as_str(), name, bytes));
        let document = "mutation($f: [UploadInput!]!) { uploadFiles(input: {files: $f}) { files { reference } } }";
        let kept = self.upload(login, document, &variables, parts.collect()).await.ok();
        let files = kept["uploadFiles"]["files"].as_array().unwrap();
        let reference = |file: &Value| file["reference"].as_str().unwrap().to_owned();
        files.iter().map(reference).collect()
    }

    /// Number of the newest entry of a dossier's journal.
    pub async fn entries(&self, unit: &str) -> u64 {
        let stream = streams::dossier("T-2019", unit);
        self.app
            .store
            .head(&stream)
            .await
            .unwrap()
            .map_or(0, |head| head.number)
    }

    /// Runs every job to its end.
    pub async fn run_jobs(&self) {
        jobs::run_pending(&self.app, "test").await.unwrap();
    }

    /// Adds units of a type; the group is the type, `OTHER` is in none.
    pub async fn units(&self, unit_type: &str, codes: &[&str]) {
        let units = codes
            .iter()
            .map(|code| Unit {
                code: (*code).to_owned(),
                name: Text::same(*code),
                unit_type: unit_type.to_owned(),
                group: (unit_type != "OTHER").then(|| unit_type.to_owned()),
                parent: None,
                valid_from: "2018-01-01".parse().unwrap(),
                valid_to: None,
                agency_code: None,
            })
            .collect();
        run_as(&self.app, &Authority::System, &PutUnits { units }, None)
            .await
            .unwrap();
    }

    /// Adds a person with a role; officers, heads are of their unit, appraisers of their department.
    pub async fn person(&self, login: &str, role: Role, unit: &str) -> String {
        let user = PutUser {
            login: login.to_owned(),
            name: login.to_owned(),
            kind: AccountKind::Person,
            unit: unit.to_owned(),
            active: true,
        };
        run_as(&self.app, &Authority::System, &user, None).await.unwrap();
        let grant = GrantRole {
            login: login.to_owned(),
            role,
            unit: role.is_for_the_unit().then(|| unit.to_owned()),
            unit_types: Vec::new(),
            criteria: Vec::new(),
            department: matches!(role, Role::Appraiser | Role::LeadAppraiser).then(|| unit.to_owned()),
            valid_from: "2018-01-01".parse().unwrap(),
            valid_to: None,
            document: None,
        };
        let granted = run_as(&self.app, &Authority::System, &grant, None).await.unwrap();
        granted.output
    }

    /// Everybody that a round needs, and a round of 2019 with two units in self-assessment.
    pub async fn with_round() -> Self {
        let world = Self::with_framework().await;
        world.open_round(OPEN_ROUND).await;
        world
    }

    /// Issues a framework as the manager, whatever it is warned of.
    pub async fn import(&self, framework: Value) {
        let document = "mutation($f: JSON!) { importFramework(input: {framework: $f, acceptWarnings: true}) { findings { code } } }";
        self.send("manager", document, json!({ "f": framework })).await.ok();
    }

    /// Opens a round as the manager, to the end.
    pub async fn open_round(&self, document: &str) {
        self.send("manager", document, json!({})).await.ok();
        self.run_jobs().await;
    }

    /// Everybody that a round needs, two units and the framework.
    pub async fn with_framework() -> Self {
        let world = Self::new().await;
        world.units("OTHER", &["SNV", "STTTT"]).await;
        world.units("SO", &["ALPHA", "BETA"]).await;
        for (login, role, unit) in [
            ("manager", Role::Manager, "SNV"),
            ("admin", Role::Admin, "SNV"),
            ("survey", Role::SurveyOperator, "SNV"),
            ("integrator", Role::Integrator, "STTTT"),
            ("alpha.officer", Role::Officer, "ALPHA"),
            ("alpha.head", Role::Head, "ALPHA"),
            ("beta.officer", Role::Officer, "BETA"),
            ("beta.head", Role::Head, "BETA"),
            ("snv.appraiser", Role::Appraiser, "SNV"),
            ("snv.second", Role::Appraiser, "SNV"),
            ("sttt.appraiser", Role::Appraiser, "STTTT"),
        ] {
            world.person(login, role, unit).await;
        }
        world.import(framework()).await;
        world
    }
}

pub const OPEN_ROUND: &str = r#"mutation { openRound(input: {
    code: "T-2019", name: {vi: "Kỳ thử", en: "Trial"}, year: 2019, owner: "SNV",
    frameworks: [{unitType: "SO", framework: "T@1"}] }) { round { phase jobId } } }"#;

/// A framework of ten points: a gated plan (4), a linear online rate from rows (2), a survey (4).
pub fn framework() -> Value {
    let text = |text: &str| json!({"vi": text, "en": text});
    let count = |code: &str, at_most: Option<&str>| {
        let mut input =
            json!({"code": code, "name": text(code), "type": {"kind": "COUNT"}, "source": {"kind": "DECLARED"}});
        if let Some(other) = at_most {
            input["atMost"] = json!(other);
        }
        input
    };
    let derived = |code: &str, column: &str| {
        json!({"code": code, "name": text(code), "type": {"kind": "COUNT"},
            "source": {"kind": "DERIVED", "rows": "ONLINE_SERVICE_USAGE", "sum": column, "coverage": "EVERY_MONTH"}})
    };
    json!({
        "format": 1, "code": "T", "version": "1", "unitType": "SO", "name": text("T"), "scale": "10",
        "scoring": {"roundLeaf": "NONE", "roundTotal": 2, "totalOf": "EXACT", "rebase": "RATIO"},
        "classes": [
            {"code": "TOT", "name": text("Tốt"), "atLeast": "75"},
            {"code": "KHA", "name": text("Khá"), "atLeast": "50"},
            {"code": "YEU", "name": text("Yếu"), "atLeast": "0"}],
        "stated": {"fields": 2, "leaves": 3}, "sources": ["made for the tests"],
        "nodes": [
            {"code": "1", "name": text("Điều hành"), "points": "6"},
            {"code": "1.1", "parent": "1", "name": text("Kế hoạch"), "points": "4", "leaf": {
                "method": "APPRAISED", "appraiser": "SNV",
                "rule": {"kind": "GATED_PROPORTIONAL", "measure": {"ratio": {"numerator": "completed", "denominator": "planned"}},
                    "full": "1", "threshold": "0.8", "over": "1"},
                "inputs": [count("completed", Some("planned")), count("planned", None)],
                "requiredEvidence": [{"code": "REPORT", "name": text("Báo cáo"), "kinds": ["OFFICIAL_DOCUMENT"],
                    "documentTypes": ["BC"], "atLeast": 1}]}},
            {"code": "1.2", "parent": "1", "name": text("Trực tuyến"), "points": "2", "leaf": {
                "method": "APPRAISED", "appraiser": "STTTT",
                "rule": {"kind": "LINEAR", "measure": {"ratio": {"numerator": "online", "denominator": "total"}},
                    "zeroAt": "0", "fullAt": "0.5"},
                "inputs": [derived("online", "online"), derived("total", "total")],
                "requiredEvidence": [{"code": "EXPORT", "name": text("Số liệu"), "kinds": ["ONLINE_SERVICE_USAGE"],
                    "documentTypes": [], "atLeast": 1}]}},
            {"code": "2", "name": text("Tác động"), "points": "4"},
            {"code": "2.1", "parent": "2", "name": text("Khảo sát"), "points": "4", "leaf": {
                "method": "SURVEY", "appraiser": "SNV",
                "rule": {"kind": "SURVEY_MEAN", "input": "mean", "lowest": "1", "highest": "5"},
                "inputs": [{"code": "mean", "name": text("mean"), "type": {"kind": "DECIMAL", "minimum": "1", "maximum": "5"},
                    "source": {"kind": "SURVEY"}}],
                "requiredEvidence": []}}
        ]
    })
}

/// Online usage of so many months of 2019, `online` of `total` dossiers each.
pub fn usage(months: u32, online: u32, total: u32) -> String {
    let mut csv = "month,service,level,total,online,fee_cases,online_payments\n".to_owned();
    for month in 1..=months {
        csv.push_str(&format!("2019-{month:02},1.004227,4,{total},{online},0,0\n"));
    }
    csv
}
