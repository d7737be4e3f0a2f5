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
        [(&cases, &complete), (&months, &complete), (&months, &complete)]
    );
    let units = list(&found["caseEvaluations"]["nodes"]);
    assert_eq!(units.len(), 48);
    let of = |unit: &str| units.iter().find(|one| one["unitCode"] == unit).unwrap();
    assert_eq!(of("SGTVT")["class"]["code"], "EXCELLENT");
    assert_eq!(of("PHUOCSON")["missingMonths"], json!(["2020-10"]));
    assert_eq!((&of("TTT")["cases"], &of("TTT")["class"]), (&json!(0), &Value::Null));
    let classes: BTreeSet<String> = units.iter().map(|one| one["class"]["code"].to_string()).collect();
    assert!(classes.len() >= 3, "{classes:?}");
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
    check_cases(world).await;
    assert!(seen.by_the_clock_of_now);
    assert_eq!(seen.submitted, 20);
    assert!(seen.documents >= 1_500, "{} documents", seen.documents);
    assert!(seen.files.len() >= 1_500, "{} files", seen.files.len());
    assert!(seen.verified >= 500, "{} leaves verified", seen.verified);
}
