use super::*;
use crate::domain::text::Text;

fn task(code: &str, units: &[&str], due: Option<&str>) -> Task {
    Task {
        code: code.to_owned(),
        text: Text::same("Họp"),
        units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        due: due.map(|due| due.parse().unwrap()),
        findings: Vec::new(),
        counts_as: None,
        note: None,
    }
}

fn content() -> ConclusionContent {
    ConclusionContent {
        number: "232/TB-UBND".to_owned(),
        dated: "2020-06-23".parse().unwrap(),
        issuer: "UBND-QNM".to_owned(),
        concluded_by: None,
        title: Text::same("Kết luận"),
        replaces: None,
        source: Source {
            document: "232/TB-UBND".to_owned(),
            url: None,
            place: None,
        },
        sections: vec![Section {
            code: "I".to_owned(),
            heading: Text::same("Kết quả"),
            text: None,
            cites: vec!["PAR".to_owned()],
        }],
        findings: vec![Finding {
            code: "F1".to_owned(),
            kind: FindingKind::Weakness,
            text: Text::same("Trễ hạn"),
            units: Vec::new(),
            criteria: vec!["3.4".to_owned()],
            rests_on: vec!["PAR".to_owned()],
        }],
        tasks: vec![task("1", &["SGTVT"], Some("2020-07-31"))],
        escalation: Vec::new(),
    }
}

#[test]
fn what_does_not_fit_together_is_refused_with_its_place() {
    type Change = fn(&mut ConclusionContent);
    let table: [(Change, Option<&str>); 16] = [
        (|_| {}, None),
        (
            |one| one.sections[0].cites.push("NONE".to_owned()),
            Some("sections.I.cites"),
        ),
        (
            |one| one.sections[0].cites.push("PAR".to_owned()),
            Some("sections.I.cites"),
        ),
        (|one| one.sections.push(one.sections[0].clone()), Some("sections")),
        (|one| one.findings[0].rests_on.clear(), Some("findings.F1.restsOn")),
        (
            |one| one.findings[0].rests_on = vec!["X".to_owned()],
            Some("findings.F1.restsOn"),
        ),
        (|one| one.findings.push(one.findings[0].clone()), Some("findings")),
        (
            |one| one.tasks[0].findings = vec!["F2".to_owned()],
            Some("tasks.1.findings"),
        ),
        (|one| one.tasks[0].units.clear(), Some("tasks.1.units")),
        (|one| one.tasks[0].units.push("SGTVT".to_owned()), Some("tasks.1.units")),
        (
            |one| one.tasks[0].due = Some("2020-06-22".parse().unwrap()),
            Some("tasks.1.due"),
        ),
        (|one| one.tasks.push(one.tasks[0].clone()), Some("tasks")),
        (
            |one| {
                let many: Vec<String> = (0..=MAX_ASKED).map(|number| format!("U{number}")).collect();
                one.tasks[0].units = many;
            },
            Some("tasks"),
        ),
        (
            |one| {
                let step = |after_days| EscalationStep {
                    after_days,
                    to: "SNV".to_owned(),
                };
                one.escalation = vec![step(7), step(7)];
                one.escalation[1].to = "UBND".to_owned();
            },
            Some("escalation"),
        ),
        (
            |one| {
                let step = |after_days| EscalationStep {
                    after_days,
                    to: "SNV".to_owned(),
                };
                one.escalation = vec![step(7), step(30)];
            },
            Some("escalation.to"),
        ),
        (
            |one| {
                one.escalation = vec![EscalationStep {
                    after_days: MAX_DAYS + 1,
                    to: "SNV".to_owned(),
                }];
            },
            Some("escalation.afterDays"),
        ),
    ];
    for (number, (change, field)) in table.into_iter().enumerate() {
        let mut changed = content();
        change(&mut changed);
        let found = changed.check(&["PAR"]).err().map(|fault| fault.field);
        assert_eq!(found.as_deref(), field, "line {number}");
    }
}

#[test]
fn what_is_overdue_goes_to_the_furthest_step_that_is_reached() {
    let step = |after_days, to: &str| EscalationStep {
        after_days,
        to: to.to_owned(),
    };
    let mut conclusion = Conclusion {
        code: "N".to_owned(),
        content: content(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        issued_at: Timestamp::UNIX_EPOCH,
        issued_by: "snv.manager".to_owned(),
    };
    assert_eq!(conclusion.escalated(100), None);
    conclusion.content.escalation = vec![step(7, "SNV"), step(30, "UBND-QNM")];
    for (days, to) in [
        (0, None),
        (6, None),
        (7, Some("SNV")),
        (29, Some("SNV")),
        (30, Some("UBND-QNM")),
    ] {
        let found = conclusion.escalated(days).map(|step| step.to.as_str());
        assert_eq!(found, to, "{days} days");
    }
}

#[test]
fn what_has_no_such_value_cannot_be_cited_for_it() {
    let result = |node: Option<&str>| Cited::Result {
        round: "QNM-2019".to_owned(),
        unit: "SGTVT".to_owned(),
        node: node.map(str::to_owned),
    };
    let figure = |part: Option<&str>| Cited::Figure {
        index: "PAPI".to_owned(),
        unit: "UBND-QNM".to_owned(),
        period: Period::year(2019),
        statement: 1,
        part: part.map(str::to_owned),
    };
    use Measure::{Change, Class, Median, Percent, Points, Rank, RankChange, RankedUnits};
    let all = [Points, Percent, Rank, RankedUnits, RankChange, Change, Class, Median];
    let having = |cited: &Cited| all.into_iter().filter(|one| cited.has(*one)).collect::<Vec<_>>();
    assert_eq!(
        having(&result(None)),
        [Points, Percent, Rank, RankChange, Change, Class]
    );
    assert_eq!(
        having(&result(Some("3.4"))),
        [Points, Percent, Rank, RankChange, Change]
    );
    assert_eq!(
        having(&figure(None)),
        [Points, Rank, RankedUnits, RankChange, Change, Class]
    );
    assert_eq!(having(&figure(Some("1"))), [Points]);
    let group = Cited::Group {
        round: "QNM-2019".to_owned(),
        group: "SO".to_owned(),
        node: "3.4".to_owned(),
    };
    assert_eq!(having(&group), [Median]);
}
