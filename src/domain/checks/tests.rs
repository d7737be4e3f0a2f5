//! One table per rule: what is looked at, and what is found.

mod letters;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::assessment::{Assessment, AssessmentState, Contribution, Declaration, Ledgers};
use crate::domain::evidence::{Content, Evidence, EvidenceKind, EvidenceState, FileRef, Link, RowOrigin, RowSet};
use crate::domain::exact::Exact;
use crate::domain::framework::{Method, Node, RoundLeaf};
use crate::domain::input::InputValue;
use crate::domain::registry::Unit;
use crate::domain::rows::Row;

const YEAR: i16 = 2019;

/// A document that is in order: a report of the unit.
struct Paper(LinkFacts);

impl Paper {
    fn new(id: &str) -> Self {
        let header = OfficialHeader {
            document_type: "BC".to_owned(),
            number: format!("{}/BC-SYT", id.len() + 10),
            issuer: "Sở Y tế".to_owned(),
            issued_on: "2019-12-20".parse().unwrap(),
            signer: None,
            subject: "CCHC".to_owned(),
        };
        let at = "2020-01-10T00:00:00Z".parse().unwrap();
        Self(LinkFacts {
            link: Link {
                id: format!("{id}-link"),
                evidence: id.to_owned(),
                criterion: String::new(),
                requirement: None,
                pages: Some("trang 3".to_owned()),
                note: None,
                unlinked: false,
                supplementary: false,
                after_first: false,
                second: None,
                verdict: None,
            },
            evidence: Evidence {
                id: id.to_owned(),
                external_id: None,
                kind: EvidenceKind::OfficialDocument,
                title: id.to_owned(),
                revision: 1,
                state: EvidenceState::Active,
                supplementary: false,
                carried_from: None,
                created_at: at,
                created_by: "officer".to_owned(),
                changed_at: at,
            },
            revision: Revision {
                evidence: id.to_owned(),
                number: 1,
                header: Some(header),
                content: Content::default(),
                files: Vec::new(),
                created_at: at,
                created_by: "officer".to_owned(),
                reason: None,
            },
            rows: None,
        })
    }

    fn header(mut self, change: impl FnOnce(&mut OfficialHeader)) -> Self {
        change(self.0.revision.header.as_mut().unwrap());
        self
    }

    fn file(mut self, sha256: &str) -> Self {
        self.0.revision.files.push(FileRef {
            name: "a.pdf".to_owned(),
            sha256: sha256.to_owned(),
            size: 1,
            content_type: "application/pdf".to_owned(),
        });
        self
    }

    /// Statistics or a list, without a header.
    fn rows(mut self, kind: EvidenceKind, rows: &[&[(&str, &str)]], stated_total: Option<u32>) -> Self {
        self.0.evidence.kind = kind;
        self.0.revision.header = None;
        self.0.revision.content.rows = Some(Box::new(RowSet {
            origin: RowOrigin::Entered,
            file: None,
            count: u32::try_from(rows.len()).unwrap(),
            stated_total,
            inline: None,
            blob: None,
            read_by: None,
            remark_count: 0,
            remarks: Vec::new(),
        }));
        let row = |(place, values): (usize, &&[(&str, &str)])| Row {
            line: u32::try_from(place).unwrap() + 1,
            values: values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        self.0.rows = Some(Arc::new(rows.iter().enumerate().map(row).collect()));
        self
    }

    fn with(mut self, change: impl FnOnce(&mut LinkFacts)) -> Self {
        change(&mut self.0);
        self
    }
}

/// A leaf with its documents.
struct TestLeaf {
    node: Node,
    assessment: Assessment,
    links: Vec<LinkFacts>,
}

impl TestLeaf {
    fn of(code: &str, rule: Value, inputs: Value, required: Value) -> Self {
        let text = json!({"vi": code, "en": code});
        let node = json!({"code": code, "name": text, "points": "2", "leaf": {"method": "APPRAISED", "appraiser": "SNV",
            "rule": rule, "inputs": inputs, "requiredEvidence": required}});
        let nothing = Contribution {
            points: Exact::zero(),
            applicable: Exact::zero(),
            open: Exact::zero(),
        };
        Self {
            node: serde_json::from_value(node).unwrap(),
            assessment: Assessment {
                round: "R".to_owned(),
                unit: "SYT".to_owned(),
                criterion: code.to_owned(),
                field: "1".to_owned(),
                method: Method::Appraised,
                department: "SNV".to_owned(),
                max: Exact::one(),
                state: AssessmentState::Declared,
                excluded: None,
                declaration: None,
                after_first: None,
                explained: None,
                decided: None,
                proposal: None,
                twice: None,
                section: None,
                established: None,
                supplement: None,
                previous: BTreeMap::new(),
                imported: BTreeMap::new(),
                brought: BTreeMap::new(),
                group: BTreeMap::new(),
                system: BTreeMap::new(),
                ledgers: Ledgers {
                    declared: nothing.clone(),
                    verified: nothing.clone(),
                    last: nothing,
                },
            },
            links: Vec::new(),
        }
    }

    /// A leaf without figures, on a report.
    fn plain(code: &str) -> Self {
        let required = json!([{"code": "R", "name": {"vi": "R", "en": "R"}, "kinds": ["OFFICIAL_DOCUMENT"],
            "documentTypes": ["BC"], "atLeast": 1}]);
        let input = json!([{"code": "done", "name": {"vi": "x", "en": "x"}, "type": {"kind": "YES_NO"},
            "source": {"kind": "DECLARED"}}]);
        Self::of(
            code,
            json!({"kind": "YES_NO", "input": "done", "yes": "1", "no": "0"}),
            input,
            required,
        )
    }

    fn on(mut self, papers: impl IntoIterator<Item = Paper>) -> Self {
        let mut links = papers.into_iter().map(|paper| paper.0).collect::<Vec<_>>();
        for facts in &mut links {
            facts.link.criterion.clone_from(&self.node.code);
            facts.link.id = format!("{}-{}", facts.link.id, self.node.code);
        }
        self.links.extend(links);
        self
    }

    fn declaring(mut self, counts: &[(&str, &str)]) -> Self {
        let value = |number: &str| InputValue::Count(number.parse().unwrap());
        self.assessment.declaration = Some(Declaration {
            inputs: counts
                .iter()
                .map(|(code, number)| ((*code).to_owned(), value(number)))
                .collect(),
            explanation: None,
            evidence_missing: None,
            at: "2020-01-10T00:00:00Z".parse().unwrap(),
            by: "officer".to_owned(),
        });
        self
    }

    fn facts(&self) -> LeafFacts<'_> {
        LeafFacts {
            node: &self.node,
            leaf: self.node.leaf.as_ref().unwrap(),
            assessment: &self.assessment,
            links: &self.links,
            survey: None,
            year: YEAR,
            round_leaf: RoundLeaf::None,
        }
    }
}

fn units() -> Vec<Unit> {
    [
        ("UBND-QNM", "Ủy ban nhân dân tỉnh Quảng Nam", None),
        ("SYT", "Sở Y tế", Some("UBND-QNM")),
        ("SNV", "Sở Nội vụ", Some("UBND-QNM")),
        ("CCATTP", "Chi cục An toàn thực phẩm", Some("SYT")),
    ]
    .into_iter()
    .map(|(code, name, parent)| Unit {
        code: code.to_owned(),
        name: Text::same(name),
        unit_type: "SO".to_owned(),
        group: None,
        parent: parent.map(str::to_owned),
        valid_from: "2018-01-01".parse().unwrap(),
        valid_to: None,
        agency_code: None,
    })
    .collect()
}

/// What is found in a dossier of Sở Y tế whose self-assessment ended on 31 January 2020, on 15 February.
fn findings(leaves: &[TestLeaf], elsewhere: &[Elsewhere]) -> Vec<CheckFinding> {
    let units = units();
    let issuers = Issuers::of(&units);
    let facts: Vec<LeafFacts<'_>> = leaves.iter().map(TestLeaf::facts).collect();
    check(&Checked {
        round: "R-2019",
        unit: "SYT",
        unit_path: &["UBND-QNM".to_owned()],
        year: YEAR,
        deadline: Some("2020-01-31".parse().unwrap()),
        today: "2020-02-15".parse().unwrap(),
        issuers: &issuers,
        leaves: &facts,
        elsewhere,
    })
}

/// The rules that one document of one leaf breaks.
#[track_caller]
fn expect(paper: Paper, rules: &[CheckRule]) {
    let found = findings(&[TestLeaf::plain("1.1").on([paper])], &[]);
    let broken: Vec<CheckRule> = found.iter().map(|finding| finding.rule).collect();
    assert_eq!(broken, rules, "{found:#?}");
    for finding in found {
        assert!(finding.message.is_complete() && finding.remedy.is_complete());
        assert_eq!(
            (finding.criteria, finding.severity),
            (vec!["1.1".to_owned()], CheckSeverity::Warning)
        );
        assert_eq!(finding.evidence.as_deref(), Some("a"));
    }
}

fn dated(document_type: &str, day: &str) -> Paper {
    Paper::new("a").header(|header| {
        header.document_type = document_type.to_owned();
        header.issued_on = day.parse().unwrap();
    })
}

use CheckRule::{
    DatedAfterDeadline, FileReused, MalformedNumber, MissingPageReference, NumberUsedTwice, WrongIssuer, WrongPeriod,
};

#[test]
fn a_document_is_of_the_assessed_year() {
    for (document_type, day, rules) in [
        ("BC", "2019-01-01", &[][..]),
        ("BC", "2019-12-31", &[]),
        ("BC", "2018-12-31", &[WrongPeriod]),
        ("BC", "2020-01-05", &[WrongPeriod]),
        // A plan for the year is made before it begins, but not two years before, nor in the year after.
        ("KH", "2018-12-20", &[]),
        ("CTr", "2018-11-01", &[]),
        ("KH", "2017-12-20", &[WrongPeriod]),
        ("KH", "2020-01-02", &[WrongPeriod]),
    ] {
        expect(dated(document_type, day), rules);
    }
}

#[test]
fn a_document_was_there_in_time() {
    for (day, rules) in [
        ("2020-01-31", &[WrongPeriod][..]),
        ("2020-02-01", &[WrongPeriod, DatedAfterDeadline]),
        ("2020-03-01", &[WrongPeriod, DatedAfterDeadline]),
    ] {
        expect(dated("BC", day), rules);
    }
    let captured = |day: &str| {
        let day = day.parse().unwrap();
        Paper::new("a").with(|facts| facts.revision.content.captured_on = Some(day))
    };
    expect(captured("2018-12-31"), &[WrongPeriod]);
    // Pages are captured while the dossier is prepared.
    expect(captured("2020-01-20"), &[]);
    expect(captured("2020-02-03"), &[DatedAfterDeadline]);
}

#[test]
fn without_a_deadline_only_what_is_to_come_is_late() {
    let leaf = TestLeaf::plain("1.1").on([dated("BC", "2020-02-20")]);
    let (units, facts) = (units(), [leaf.facts()]);
    let issuers = Issuers::of(&units);
    let late = |today: &str| {
        let found = check(&Checked {
            round: "R-2019",
            unit: "SYT",
            unit_path: &[],
            year: YEAR,
            deadline: None,
            today: today.parse().unwrap(),
            issuers: &issuers,
            leaves: &facts,
            elsewhere: &[],
        });
        found.iter().any(|finding| finding.rule == DatedAfterDeadline)
    };
    assert_eq!([late("2020-02-19"), late("2020-02-20")], [true, false]);
}

#[test]
fn rows_are_of_the_assessed_year() {
    let usage = |months: &[&str]| {
        let rows: Vec<Vec<(&str, &str)>> = months.iter().map(|month| vec![("month", *month)]).collect();
        let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
        Paper::new("a").rows(EvidenceKind::OnlineServiceUsage, &rows, None)
    };
    expect(usage(&["2019-01", "2019-12"]), &[]);
    expect(usage(&["2019-01", "2018-12", "2020-01"]), &[WrongPeriod]);
    let procedures = |days: &[&str]| {
        let rows: Vec<Vec<(&str, &str)>> = days.iter().map(|day| vec![("checked_on", *day)]).collect();
        let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
        Paper::new("a").rows(EvidenceKind::PublishedProcedures, &rows, None)
    };
    expect(procedures(&["2019-06-30", "2020-01-15"]), &[]);
    expect(procedures(&["2018-06-30"]), &[WrongPeriod]);
    expect(procedures(&["2020-02-10"]), &[DatedAfterDeadline]);
}

#[test]
fn an_issuer_is_known_and_the_unit_where_its_own_document_is_expected() {
    for (issuer, number, document_type, rules) in [
        ("SỞ Y TẾ", "15/BC-X1", "BC", &[][..]),
        ("Sở Y tế tỉnh Quảng Nam", "15/BC-X1", "BC", &[]),
        ("SYT", "15/BC-X1", "BC", &[]),
        // The symbol tells whose it is where the text does not.
        ("Văn phòng", "15/BC-SYT", "BC", &[]),
        ("UBND tỉnh", "15/BC-X1", "BC", &[]),
        ("Uỷ ban nhân dân tỉnh Quảng Nam", "15/BC-X1", "BC", &[]),
        ("Chi cục An toàn thực phẩm", "15/BC-X1", "BC", &[]),
        // A report is the unit's own: not another department's, nor a ministry's.
        ("Sở Nội vụ", "15/BC-X1", "BC", &[WrongIssuer]),
        ("Bộ Nội vụ", "15/BC-X1", "BC", &[WrongIssuer]),
        // A decision may be anybody's who is known; nothing says that it serves the requirement of a report.
        ("Sở Nội vụ", "15/QĐ-X1", "QĐ", &[]),
        ("Bộ Nội vụ", "15/QĐ-X1", "QĐ", &[]),
        ("Thủ tướng Chính phủ", "15/QĐ-TTg", "QĐ", &[]),
        ("Công ty TNHH An Phát", "15/QĐ-AP", "QĐ", &[WrongIssuer]),
        ("Sở", "15/QĐ-X1", "QĐ", &[WrongIssuer]),
    ] {
        let paper = Paper::new("a").header(|header| {
            header.issuer = issuer.to_owned();
            header.number = number.to_owned();
            header.document_type = document_type.to_owned();
        });
        expect(paper, rules);
    }
}

#[test]
fn a_unit_that_is_somebodys_parent_has_units_below() {
    let units = units();
    let issuers = Issuers::of(&units);
    let below = ["UBND-QNM", "SYT", "SNV", "CCATTP", "NOBODY"].map(|unit| issuers.has_below(unit));
    assert_eq!(below, [true, true, false, false, false]);
}

#[test]
fn number_and_symbol_are_written_as_on_official_documents() {
    for good in [
        "232/TB-UBND",
        "15a/BC-SYT",
        "20/2020/QĐ-TTg",
        "1593/SNV-CCHC",
        "61/2018/NĐ-CP",
        "80/2015/QH13",
        "05-NQ/TU",
        "12/QĐ-BQL-VP",
        " 232/TB-UBND ",
    ] {
        assert!(is_number_and_symbol(good), "{good}");
    }
    for bad in [
        "",
        "232",
        "TB-UBND",
        "232/UBND",
        "232-TB-UBND",
        "1234567/TB-UBND",
        "232/20/TB-UBND",
        "232/TB-",
        "232/T-UBND",
        "232/TB UBND",
        "Số 232/TB-UBND",
        "232//TB-UBND",
    ] {
        assert!(!is_number_and_symbol(bad), "{bad}");
        expect(
            Paper::new("a").header(|header| header.number = bad.to_owned()),
            &[MalformedNumber],
        );
    }
}

#[test]
fn where_a_document_serves_several_uses_each_says_its_pages() {
    let paper = |pages: Option<&str>| {
        let pages = pages.map(str::to_owned);
        Paper::new("a").with(|facts| facts.link.pages = pages)
    };
    let found = |first: Option<&str>, second: Option<&str>| {
        let leaves = [
            TestLeaf::plain("1.1").on([paper(first)]),
            TestLeaf::plain("1.2").on([paper(second)]),
        ];
        let found = findings(&leaves, &[]);
        assert!(
            found
                .iter()
                .all(|finding| finding.rule == MissingPageReference && finding.link.is_some())
        );
        found
            .into_iter()
            .flat_map(|finding| finding.criteria)
            .collect::<Vec<_>>()
    };
    assert_eq!(found(Some("Mục II"), Some("trang 4")), [""; 0]);
    assert_eq!(found(None, Some("trang 4")), ["1.1"]);
    assert_eq!(found(None, Some("  ")), ["1.1", "1.2"]);
    // Used once, it counts as a whole; so do statistics.
    expect(paper(None), &[]);
    let usage = || {
        Paper::new("a")
            .rows(EvidenceKind::OnlineServiceUsage, &[], None)
            .with(|facts| facts.link.pages = None)
    };
    let leaves = [
        TestLeaf::plain("1.1").on([usage()]),
        TestLeaf::plain("1.2").on([usage()]),
    ];
    assert_eq!(findings(&leaves, &[]), []);
    // Two requirements of one leaf are two uses.
    let two = ["R", "S"].map(|code| paper(None).with(|facts| facts.link.requirement = Some(code.to_owned())));
    assert_eq!(findings(&[TestLeaf::plain("1.1").on(two)], &[]).len(), 2);
}

fn elsewhere(round: &str, unit: &str, paper: Paper) -> Elsewhere {
    let document = OtherDocument {
        round: round.to_owned(),
        unit: unit.to_owned(),
        evidence: format!("{round}-{unit}"),
        label: paper.0.label().to_owned(),
    };
    Elsewhere::of(document, &paper.0.revision)
}

fn told(leaves: &[TestLeaf], elsewhere: &[Elsewhere]) -> Vec<(CheckRule, Vec<String>)> {
    let other = |one: OtherDocument| format!("{}/{}/{}", one.round, one.unit, one.evidence);
    let told = |finding: CheckFinding| (finding.rule, finding.others.into_iter().map(other).collect());
    findings(leaves, elsewhere).into_iter().map(told).collect()
}

#[test]
fn a_number_is_one_documents_of_an_issuer_and_year() {
    let numbered = |id: &str, number: &str, issuer: &str, day: &str| {
        Paper::new(id).header(|header| {
            header.number = number.to_owned();
            header.issuer = issuer.to_owned();
            header.issued_on = day.parse().unwrap();
        })
    };
    let same = |number: &str, issuer: &str, day: &str| {
        let first = numbered("a", "15/BC-SYT", "Sở Y tế", "2019-06-30");
        told(
            &[TestLeaf::plain("1.1").on([first, numbered("b", number, issuer, day)])],
            &[],
        )
    };
    let both = vec![
        (NumberUsedTwice, vec!["R-2019/SYT/b".to_owned()]),
        (NumberUsedTwice, vec!["R-2019/SYT/a".to_owned()]),
    ];
    assert_eq!(same("15/BC-SYT", "Sở Y tế", "2019-07-01"), both);
    assert_eq!(
        same("015 / bc-syt", "SỞ Y TẾ", "2019-07-01").len(),
        3,
        "and one is not written as it should be"
    );
    assert_eq!(same("16/BC-SYT", "Sở Y tế", "2019-07-01"), []);
    assert_eq!(same("15/BC-SYT", "Chi cục An toàn thực phẩm", "2019-07-01"), []);
    assert_eq!(same("15/KH-SYT", "Sở Y tế", "2019-07-01"), []);

    let mine = [TestLeaf::plain("1.1").on([numbered("a", "15/BC-SYT", "Sở Y tế", "2019-06-30")])];
    let theirs =
        |round: &str, unit: &str, day: &str| elsewhere(round, unit, numbered("x", "15/BC-SYT", "Sở Y tế", day));
    assert_eq!(
        told(
            &mine,
            &[
                theirs("R-2019", "SNV", "2019-06-30"),
                theirs("R-2018", "SYT", "2019-06-30")
            ]
        ),
        [(
            NumberUsedTwice,
            vec!["R-2018/SYT/R-2018-SYT".to_owned(), "R-2019/SNV/R-2019-SNV".to_owned()]
        )]
    );
    assert_eq!(told(&mine, &[theirs("R-2018", "SYT", "2018-06-30")]), []);
}

#[test]
fn a_file_is_one_documents() {
    let with = |id: &str, file: &str| {
        Paper::new(id)
            .header(|header| header.number = format!("{}/BC-SYT", file.len()))
            .file(file)
    };
    let different = |id: &str, number: u32, file: &str| {
        Paper::new(id)
            .header(|header| header.number = format!("{number}/BC-SYT"))
            .file(file)
    };
    assert_eq!(
        told(
            &[TestLeaf::plain("1.1").on([different("a", 1, "f"), different("b", 2, "g")])],
            &[]
        ),
        []
    );
    let both = [
        (FileReused, vec!["R-2019/SYT/b".to_owned()]),
        (FileReused, vec!["R-2019/SYT/a".to_owned()]),
    ];
    assert_eq!(
        told(
            &[TestLeaf::plain("1.1").on([different("a", 1, "f"), different("b", 2, "f")])],
            &[]
        ),
        both
    );
    // With the same number too it is told once.
    assert_eq!(
        told(&[TestLeaf::plain("1.1").on([with("a", "f"), with("b", "f")])], &[]),
        both
    );

    let mine = [TestLeaf::plain("1.1").on([different("a", 1, "f")])];
    let last_year = [elsewhere("R-2018", "SYT", different("x", 9, "f"))];
    let found = findings(&mine, &last_year);
    assert_eq!(found[0].rule, FileReused);
    assert!(found[0].remedy.en.contains("another round"), "{found:?}");
    let many: Vec<Elsewhere> = (0..30)
        .map(|unit| elsewhere("R-2019", &format!("U{unit:02}"), different("x", 9, "f")))
        .collect();
    let found = findings(&mine, &many);
    assert_eq!((found.len(), found[0].others.len()), (1, MAX_OTHERS));
    assert!(found[0].message.en.contains("and 27 more"), "{found:?}");
    // Unlinked or withdrawn, a document is not in use.
    let gone = different("b", 2, "f").with(|facts| facts.link.unlinked = true);
    assert_eq!(
        told(&[TestLeaf::plain("1.1").on([different("a", 1, "f"), gone])], &[]),
        []
    );
}

#[test]
fn a_document_from_above_is_meant_for_several_units() {
    let from = |issuer: &str| {
        let issued = |header: &mut OfficialHeader| {
            header.issuer = issuer.to_owned();
            header.number = "7/QĐ-X1".to_owned();
            header.document_type = "QĐ".to_owned();
        };
        let paper = |id: &str| Paper::new(id).header(issued);
        let others = [
            elsewhere("R-2019", "SNV", paper("x").file("f")),
            elsewhere("R-2018", "SNV", paper("x")),
        ];
        told(&[TestLeaf::plain("1.1").on([paper("a").file("f")])], &others)
    };
    assert_eq!(from("UBND tỉnh Quảng Nam"), []);
    assert_eq!(from("Thủ tướng Chính phủ"), []);
    assert_eq!(from("Sở Y tế").len(), 2);
    assert_eq!(from("Sở Nội vụ").len(), 2);
    // Twice in one dossier, or in another year, it is told wherever it comes from.
    let paper = |id: &str| {
        Paper::new(id)
            .header(|header| header.issuer = "UBND tỉnh".to_owned())
            .file("f")
    };
    assert_eq!(
        told(&[TestLeaf::plain("1.1").on([paper("a"), paper("b")])], &[]).len(),
        2
    );
    let last_year = [elsewhere("R-2018", "SYT", paper("x"))];
    assert_eq!(told(&[TestLeaf::plain("1.1").on([paper("a")])], &last_year).len(), 1);
}

fn counts(leaf: (Value, &[(&str, Option<&str>)]), values: &[(&str, &str)]) -> Vec<String> {
    let (rule, inputs) = leaf;
    let input = |(code, at_most): &(&str, Option<&str>)| {
        let mut input = json!({"code": code, "name": {"vi": code, "en": code}, "type": {"kind": "COUNT"},
            "source": {"kind": "DECLARED"}});
        if let Some(other) = at_most {
            input["atMost"] = json!(other);
        }
        input
    };
    let inputs: Vec<Value> = inputs.iter().map(input).collect();
    let leaf = TestLeaf::of("1.1", rule, json!(inputs), json!([])).declaring(values);
    let found = findings(&[leaf], &[]);
    assert!(
        found
            .iter()
            .all(|one| one.rule == CheckRule::Arithmetic && one.evidence.is_none())
    );
    found.into_iter().map(|finding| finding.message.en).collect()
}

#[test]
fn a_part_is_not_more_than_its_whole() {
    let ratio = json!({"ratio": {"numerator": "done", "denominator": "planned"}});
    let gated = |full: &str| json!({"kind": "GATED_PROPORTIONAL", "measure": ratio, "full": full, "threshold": "0.8", "over": "1"});
    let free: &[(&str, Option<&str>)] = &[("done", None), ("planned", None)];
    let bound: &[(&str, Option<&str>)] = &[("done", Some("planned")), ("planned", None)];
    assert_eq!(
        counts((gated("1"), free), &[("done", "32"), ("planned", "32")]),
        [""; 0]
    );
    assert_eq!(
        counts((gated("1"), free), &[("done", "33"), ("planned", "32")]),
        ["done = 33, more than planned = 32."]
    );
    // Told once where the framework bounds it, too.
    assert_eq!(
        counts((gated("1"), bound), &[("done", "33"), ("planned", "32")]).len(),
        1
    );
    // What the rule rewards is possible.
    assert_eq!(
        counts((gated("1.2"), free), &[("done", "33"), ("planned", "32")]),
        [""; 0]
    );
    assert_eq!(counts((gated("1"), free), &[("done", "33")]), [""; 0]);
}

#[test]
fn parts_together_are_not_more_than_their_whole() {
    let formula = |text: &str| json!({"kind": "FORMULA", "expression": text});
    let inputs: &[(&str, Option<&str>)] = &[("on_time", None), ("late", None), ("total", None)];
    let of = |text: &str, values: &[(&str, &str)]| counts((formula(text), inputs), values);
    let tasks = "if(late >= 1, min(0.5, (on_time + 0.5 * late) / total), (on_time + 0.5 * late) / total)";
    assert_eq!(of(tasks, &[("on_time", "6"), ("late", "4"), ("total", "10")]), [""; 0]);
    assert_eq!(
        of(tasks, &[("on_time", "7"), ("late", "4"), ("total", "10")]),
        ["on_time + late = 11, more than total = 10."]
    );
    // The halves of a mean may be the same cases.
    assert_eq!(
        of(
            "(0.5 * on_time + late * 0.5) / total",
            &[("on_time", "9"), ("late", "9"), ("total", "10")]
        ),
        [""; 0]
    );
}

#[test]
fn a_stated_total_is_that_of_the_rows() {
    let list = |id: &str, codes: &[&str], total: Option<u32>| {
        let rows: Vec<Vec<(&str, &str)>> = codes.iter().map(|code| vec![("code", *code)]).collect();
        let rows: Vec<&[(&str, &str)]> = rows.iter().map(Vec::as_slice).collect();
        Paper::new(id).rows(EvidenceKind::PublishedProcedures, &rows, total)
    };
    let found = |papers: Vec<Paper>| {
        let found = findings(&[TestLeaf::plain("1.1").on(papers)], &[]);
        found.into_iter().map(|one| one.message.en).collect::<Vec<_>>()
    };
    assert_eq!(found(vec![list("a", &["1", "2"], Some(2))]), [""; 0]);
    assert_eq!(found(vec![list("a", &["1", "2"], None)]), [""; 0]);
    assert_eq!(
        found(vec![list("a", &["1"], Some(2)), list("b", &["2"], Some(2))]),
        [""; 0]
    );
    assert_eq!(
        found(vec![list("a", &["1", "2"], Some(3))]),
        ["The stated total is 3, but the rows have 2 different procedures."]
    );
    assert_eq!(
        found(vec![list("a", &["1"], Some(1)), list("b", &["2"], Some(2))]),
        ["The documents state different totals: 1, 2."]
    );
}

#[test]
fn what_does_not_apply_is_not_checked() {
    let mut leaf = TestLeaf::plain("1.1").on([dated("BC", "2017-01-01")]);
    assert_eq!(findings(std::slice::from_ref(&leaf), &[]).len(), 1);
    leaf.assessment.excluded = Some("1".to_owned());
    assert_eq!(findings(&[leaf], &[]), []);
}
