//! What there is in the demonstration, read over the API: all of it, and as much as is said of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::world::World;

/// Everything that must occur in the running round of 2020.
const EVERYTHING: [&str; 53] = [
    "leaf OPEN",
    "leaf DECLARED",
    "leaf SUBMITTED",
    "leaf SUPPLEMENT_REQUESTED",
    "leaf SUPPLEMENTED",
    "leaf VERIFIED",
    "declared POINTS",
    "declared MISSING",
    "declared NOT_APPLICABLE",
    "declared nothing to do, in full",
    "verified POINTS",
    "verified MISSING",
    "verified NOT_APPLICABLE",
    "verified nothing to do, in full",
    "verified from a register",
    "verified from a survey",
    "verified from rows",
    "verified from last year's value",
    "evidence missing, with the reason",
    "an explanation",
    "an exclusion",
    "link ACCEPTED",
    "link REJECTED",
    "link SUPPLEMENT",
    "link not judged",
    "rejected for NOT_SIGNED",
    "rejected for WRONG_PERIOD",
    "rejected for WRONG_ISSUER",
    "rejected for UNREADABLE",
    "rejected for NOT_RELEVANT",
    "rejected for PAGE_MISSING",
    "rejected for CONTRADICTS_DATA",
    "corrected by EVIDENCE",
    "corrected by OWN_DATA",
    "waived",
    "a review replaced",
    "a review by a substitute",
    "a supplement asked for",
    "a supplement answered",
    "a supplement verified",
    "a supplementary document",
    "rows FILE",
    "rows ENTERED",
    "a document that says there was nothing to do",
    "document ACTIVE",
    "document WITHDRAWN",
    "a document revised",
    "a file used elsewhere",
    "did ReturnDossier",
    "did UnlinkEvidence",
    "did ReviseEvidence",
    "did SetNotApplicable",
    "did AnswerSupplement",
];

const DOSSIER: &str = r#"query($u: String!) { dossier(ref: {key: {round: "QNM-2020", unit: $u}}) {
    submittedAt
    assessments { criterion state departmentCode evidenceMissing explanation exclusion { reason } supplement { answer }
        corrections { basis } waivers { requirement } reviews { author outcome replaces }
        declared: explain(ledger: DECLARED) { outcome points tree } verified: explain(ledger: VERIFIED) { outcome points tree }
        links { supplementary verdict rejectReason evidence { supplementary newest { rowOrigin nothingToDo } } } }
    evidence(first: 500) { nodes { state revision supplementary number files { name sha256 size } } pageInfo { hasNextPage } }
    history(first: 500) { nodes { command header } } } }"#;
const REUSED: &str = r#"{ assessment(ref: {key: {round: "QNM-2020", unit: "SGTVT", criterion: "1.7"}}) {
    links { evidence { reusedIn { unit } } } } }"#;

/// What was seen, and how much of it.
#[derive(Default)]
struct Seen {
    things: BTreeSet<String>,
    documents: usize,
    submitted: usize,
    /// Leaves that an appraiser verified.
    verified: usize,
    /// Where files lie, and the digest of each that was seen.
    blobs: PathBuf,
    files: BTreeSet<String>,
    by_the_clock_of_now: bool,
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl Seen {
    fn note(&mut self, thing: impl Into<String>) {
        self.things.insert(thing.into());
    }

    fn note_if(&mut self, condition: bool, thing: &str) {
        if condition {
            self.note(thing);
        }
    }

    fn dossier(&mut self, unit: &str, dossier: &Value, clock: i64) {
        self.submitted += usize::from(dossier["submittedAt"].is_string());
        for leaf in list(&dossier["assessments"]) {
            self.leaf(unit, leaf);
        }
        assert_eq!(dossier["evidence"]["pageInfo"]["hasNextPage"], false);
        for document in list(&dossier["evidence"]["nodes"]) {
            self.documents += 1;
            self.note(format!("document {}", document["state"].as_str().unwrap()));
            self.note_if(document["supplementary"] == true, "a supplementary document");
            self.note_if(document["revision"].as_u64() > Some(1), "a document revised");
            for file in list(&document["files"]) {
                self.file(unit, document, file);
            }
        }
        for entry in list(&dossier["history"]["nodes"]) {
            self.note(format!("did {}", entry["command"].as_str().unwrap()));
            // Nobody can take a shifted time for the machine's: what the hash covers says by how much. Filling is done at
            // earlier dates, and by the clock that goes on afterwards.
            let header: Value = serde_json::from_str(entry["header"].as_str().unwrap()).unwrap();
            let shift: i64 = header["clock"].as_str().unwrap().parse().unwrap();
            assert!(shift <= clock, "{header}");
            self.by_the_clock_of_now |= shift == clock;
        }
    }

    /// Every document has a file of its own, which says what the document says of itself; one is meant to be in all dossiers.
    fn file(&mut self, unit: &str, document: &Value, file: &Value) {
        if file["name"] == "quy-che.pdf" {
            return;
        }
        let sha256 = file["sha256"].as_str().unwrap();
        let bytes = std::fs::read(self.blobs.join(&sha256[..2]).join(sha256)).unwrap();
        assert_eq!(bytes.len().to_string(), file["size"]);
        let text = String::from_utf8(bytes).unwrap();
        if text.starts_with("%PDF") {
            assert!(text.contains(unit), "{unit}: {text}");
            // The font has no Đ. What was revised names its subject alone.
            let number = document["number"].as_str().filter(|_| document["revision"] == 1);
            let number = number.map(|number| number.replace('Đ', "D"));
            assert!(number.is_none_or(|number| text.contains(&number)), "{document}: {text}");
        }
        assert!(
            self.files.insert(sha256.to_owned()),
            "{unit}: {document} has the file of another"
        );
    }

    fn leaf(&mut self, unit: &str, leaf: &Value) {
        let state = leaf["state"].as_str().unwrap();
        let reviews = list(&leaf["reviews"]);
        self.note(format!("leaf {state}"));
        self.verified += usize::from(state == "VERIFIED" && !reviews.is_empty());
        self.note_if(leaf["evidenceMissing"].is_string(), "evidence missing, with the reason");
        self.note_if(leaf["explanation"].is_string(), "an explanation");
        self.note_if(leaf["exclusion"].is_object(), "an exclusion");
        self.note_if(!list(&leaf["waivers"]).is_empty(), "waived");
        for correction in list(&leaf["corrections"]) {
            self.note(format!("corrected by {}", correction["basis"].as_str().unwrap()));
        }
        for ledger in ["declared", "verified"] {
            self.explained(ledger, &leaf[ledger]);
        }
        for link in list(&leaf["links"]) {
            match link["verdict"].as_str() {
                Some(verdict) => self.note(format!("link {verdict}")),
                None => self.note("link not judged"),
            }
            if let Some(reason) = link["rejectReason"].as_str() {
                self.note(format!("rejected for {reason}"));
            }
            let newest = &link["evidence"]["newest"];
            if let Some(origin) = newest["rowOrigin"].as_str() {
                self.note(format!("rows {origin}"));
            }
            self.note_if(
                newest["nothingToDo"] == true,
                "a document that says there was nothing to do",
            );
        }
        let asked = leaf["supplement"].is_object();
        let answered = leaf["supplement"]["answer"].is_string();
        self.note_if(asked, "a supplement asked for");
        self.note_if(answered, "a supplement answered");
        self.note_if(answered && state == "VERIFIED", "a supplement verified");
        self.note_if(
            reviews.iter().any(|review| review["replaces"].is_string()),
            "a review replaced",
        );
        // Nobody judges the own unit, and its department's leaves have to be judged all the same.
        let own = format!("{}.", unit.to_lowercase());
        for review in reviews {
            let author = review["author"].as_str().unwrap();
            assert!(!author.starts_with(&own), "{author} judged {unit}");
            self.note_if(leaf["departmentCode"] == unit, "a review by a substitute");
        }
    }

    fn explained(&mut self, ledger: &str, explained: &Value) {
        let Some(outcome) = explained["outcome"].as_str() else {
            return;
        };
        self.note(format!("{ledger} {outcome}"));
        let tree = explained["tree"].to_string();
        if tree.contains("\"WHEN_EMPTY\"") && explained["points"] != "0" {
            self.note(format!("{ledger} nothing to do, in full"));
        }
        if outcome == "POINTS" && ledger == "verified" {
            for (origin, thing) in [
                ("BROUGHT", "verified from a register"),
                ("SURVEY", "verified from a survey"),
                ("DERIVED", "verified from rows"),
                ("PREVIOUS_YEAR", "verified from last year's value"),
            ] {
                self.note_if(tree.contains(&format!("\"{origin}\"")), thing);
            }
        }
    }
}

/// The months of 2020 are there, for every unit with a dossier, and their classes differ.
async fn check_cases(world: &World) {
    let document = r#"{ caseImports(year: 2020) { number rowsAre complete months } caseEvaluations(year: 2020, first: 100,
        classesOf: {code: "QNM-SO", version: "2020"}) { nodes { unitCode cases missingMonths class { code } } } }"#;
    let found = world.send("", document, json!({})).await.ok();
    let imports: Vec<(&Value, &Value)> = list(&found["caseImports"])
        .iter()
        .map(|one| (&one["rowsAre"], &one["complete"]))
        .collect();
    let (cases, months, complete) = (json!("CASES"), json!("MONTHS"), json!(true));
    assert_eq!(
        imports,
        [
            (&months, &complete),
            (&cases, &complete),
            (&months, &complete),
            (&months, &complete)
        ]
    );
    let units = list(&found["caseEvaluations"]["nodes"]);
    assert_eq!(units.len(), 48);
    let of = |unit: &str| units.iter().find(|one| one["unitCode"] == unit).unwrap();
    assert_eq!(of("SGTVT")["class"]["code"], "EXCELLENT");
    for one in units {
        assert_eq!(one["missingMonths"], json!([]), "{one}");
    }
    assert_eq!((&of("TTT")["cases"], &of("TTT")["class"]), (&json!(0), &Value::Null));
    let classes: BTreeSet<String> = units.iter().map(|one| one["class"]["code"].to_string()).collect();
    assert!(classes.len() >= 3, "{classes:?}");
}

/// What the notice of 2020 asked is done, late, or still owed; the running round takes it over, and the province's series begin where they
/// are known.
async fn check_follow_up(world: &World) {
    let document = r#"{ conclusion(code: "232-TB-UBND-2020") { followUpCounts { overdue byState { state count } } }
        overdue: followUps(filter: {overdue: true}, first: 100) { totalCount nodes { taskCode unitCode due inTime escalatedTo } }
        papi: indexSeries(index: "PAPI", unit: "UBND-QNM") { figures { period } }
        par: indexSeries(index: "PAR-INDEX", unit: "UBND-QNM") { figures { period } }
        ict: indexSeries(index: "ICT-INDEX", unit: "UBND-QNM") { figures { period } } }"#;
    let found = world.send("snv.manager", document, json!({})).await.ok();
    let counts: Vec<u64> = list(&found["conclusion"]["followUpCounts"]["byState"])
        .iter()
        .map(|one| one["count"].as_str().unwrap().parse().unwrap())
        .collect();
    // 48 units twice, and four tasks of one unit each; all that was reported has been looked at.
    assert_eq!(
        (counts.iter().sum::<u64>(), counts[1], counts[4]),
        (100, 0, 0),
        "{counts:?}"
    );
    assert!(counts[0] > 0 && counts[2] > 0 && counts[3] > 50, "{counts:?}");
    let late = list(&found["overdue"]["nodes"]);
    assert!(!late.is_empty());
    for one in late {
        // Since July: with the province by now.
        assert_eq!(
            (&one["taskCode"], &one["inTime"], &one["escalatedTo"]),
            (&json!("1"), &json!(false), &json!("UBND-QNM")),
            "{one}"
        );
    }
    let years = |series: &str| -> Vec<String> {
        let figures = list(&found[series]["figures"]).iter();
        let mut years: Vec<String> = figures.map(|one| one["period"].as_str().unwrap().to_owned()).collect();
        years.dedup();
        years
    };
    // What nobody states is absent, and not zero.
    assert_eq!(years("papi"), ["2018", "2019"]);
    assert_eq!(years("par"), ["2019"]);
    assert_eq!(years("ict"), ["2019", "2020"]);

    // Criterion 1.8 of the year after is what became of it, and nobody declares it.
    let mut points = BTreeSet::new();
    let units = r#"{ dossiers(round: "QNM-2020", first: 100) { nodes { unit { code } assessments { criterion state points { final { points } }
        broughtInputs { input value { text } } } } } }"#;
    let dossiers = world.send("snv.manager", units, json!({})).await.ok();
    for dossier in list(&dossiers["dossiers"]["nodes"]) {
        let leaf = list(&dossier["assessments"])
            .iter()
            .find(|leaf| leaf["criterion"] == "1.8")
            .unwrap();
        assert_eq!(leaf["state"], "VERIFIED", "{}", dossier["unit"]);
        let inputs = list(&leaf["broughtInputs"]).iter();
        let done = inputs.filter(|input| input["value"]["text"] == "1").count();
        points.insert((done, leaf["points"]["final"]["points"].as_str().unwrap().to_owned()));
    }
    // Of the point for departments and districts, and of the half for vertical agencies.
    for one in &points {
        let expected: &[&str] = match one.0 {
            0 => &["0"],
            1 => &["1/2", "1/4"],
            _ => &["1", "1/2"],
        };
        assert!(expected.contains(&one.1.as_str()), "{points:?}");
    }
    assert!(points.len() >= 2, "{points:?}");
}

/// Everything is there, in the stated numbers.
pub async fn check(world: &World) {
    let manager = "snv.manager";
    let rounds = r#"{ first: round(code: "QNM-2018") { phase unitCodes publication { version } }
        whole: round(code: "QNM-2019") { unitCodes } running: round(code: "QNM-2020") { phase unitCodes } }"#;
    let rounds = world.send(manager, rounds, json!({})).await.ok();
    assert_eq!(rounds["first"]["phase"], "PUBLISHED");
    assert_eq!(rounds["first"]["publication"]["version"], 1);
    assert_eq!(list(&rounds["first"]["unitCodes"]).len(), 6);
    // 21 departments, 18 districts and 9 vertical agencies.
    assert_eq!(list(&rounds["whole"]["unitCodes"]).len(), 48);
    assert_eq!(rounds["running"]["phase"], "APPRAISAL");
    let units = list(&rounds["running"]["unitCodes"]);
    assert_eq!(units.len(), 24);

    let clock = std::fs::read_to_string(world.folder.path().join("clock-offset-seconds")).unwrap();
    let clock: i64 = clock.trim().parse().unwrap();
    let mut seen = Seen {
        blobs: world.folder.path().join("blobs"),
        ..Seen::default()
    };
    for unit in units {
        let unit = unit.as_str().unwrap();
        let answer = world.send(manager, DOSSIER, json!({"u": unit})).await.ok();
        seen.dossier(unit, &answer["dossier"], clock);
    }
    let reused = world.send(manager, REUSED, json!({})).await.ok();
    for link in list(&reused["assessment"]["links"]) {
        seen.note_if(!list(&link["evidence"]["reusedIn"]).is_empty(), "a file used elsewhere");
    }

    let promised: BTreeSet<String> = EVERYTHING.map(str::to_owned).into();
    let lacking: Vec<&String> = promised.difference(&seen.things).collect();
    assert!(lacking.is_empty(), "{lacking:?} is not in {:?}", seen.things);
    // On the demonstration's first day: what is owed depends on it.
    world.set_time("2021-03-01T02:00:00Z");
    check_follow_up(world).await;
    check_cases(world).await;
    assert!(seen.by_the_clock_of_now);
    assert_eq!(seen.submitted, 20);
    assert!(seen.documents >= 1_500, "{} documents", seen.documents);
    assert!(seen.files.len() >= 1_500, "{} files", seen.files.len());
    assert!(seen.verified >= 500, "{} leaves verified", seen.verified);
}
