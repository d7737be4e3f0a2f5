use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::link_check::LinkState;
use crate::domain::rows::Row;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn some(text: &str) -> Option<Date> {
    (!text.is_empty()).then(|| day(text))
}

/// In force from, until, to be published by; empty for none.
pub(super) fn listed(code: &str, from: &str, until: &str, by: &str) -> ListedProcedure {
    ListedProcedure {
        code: code.to_owned(),
        name: format!("Thủ tục {code}"),
        decision: "234/QĐ-UBND".to_owned(),
        in_force_from: day(from),
        in_force_until: some(until),
        publish_by: some(by),
    }
}

/// A row without fault, and what is different in it.
fn row(line: u32, code: &str, different: &[(&str, &str)]) -> Row {
    let mut values: BTreeMap<String, String> = [
        ("code", code),
        ("name", "Thủ tục"),
        ("decision", "Quyết định số 234/QĐ-UBND ngày 01/02/2019"),
        ("url", "https://so.example/alive"),
        ("checked_on", "2019-12-15"),
        ("at_desk", "yes"),
        ("on_portal", "yes"),
        ("in_force", "yes"),
    ]
    .map(|(column, value)| (column.to_owned(), value.to_owned()))
    .into();
    values.extend(
        different
            .iter()
            .map(|(column, value)| ((*column).to_owned(), (*value).to_owned())),
    );
    Row { line, values }
}

fn links() -> BTreeMap<String, LinkState> {
    [
        ("alive", LinkState::Alive),
        ("denied", LinkState::Denied),
        ("failing", LinkState::Failing),
        ("dead", LinkState::Dead),
    ]
    .map(|(name, state)| (format!("https://so.example/{name}"), state))
    .into()
}

fn of(rows: &[Row]) -> Vec<&Row> {
    rows.iter().collect()
}

/// What one entry and perhaps one row of it are found to be at the end of 2019.
fn found(entry: Option<ListedProcedure>, row: Option<Row>) -> Vec<ProcedureFinding> {
    let (list, rows): (Vec<_>, Vec<_>) = (entry.into_iter().collect(), row.into_iter().collect());
    let compared = compare(&list, &of(&rows), &links(), day("2019-12-31"));
    compared.items.iter().map(|item| item.finding).collect()
}

#[test]
fn dates_at_their_bounds() {
    use ProcedureFinding::{Expired, Late, Missing, Undated};
    // From, until, to be published by; looked at, published; what is found.
    for (entry, seen, expected) in [
        (("2019-06-01", "", ""), None, vec![Missing]),
        (("2019-12-31", "", ""), None, vec![Missing]),
        (("2020-01-01", "", ""), None, vec![]),
        (("2019-06-01", "2019-12-31", ""), None, vec![Missing]),
        (("2019-06-01", "2019-12-30", ""), None, vec![]),
        // The time to publish it is not over within the year.
        (("2019-12-20", "", "2019-12-31"), None, vec![Missing]),
        (("2019-12-20", "", "2020-01-04"), None, vec![]),
        // What ended after somebody looked is no fault, nor what ended after the year.
        (("2019-01-01", "2019-12-15", ""), Some(("2019-12-15", "")), vec![]),
        (
            ("2019-01-01", "2019-12-14", ""),
            Some(("2019-12-15", "")),
            vec![Expired],
        ),
        (("2019-01-01", "2019-12-31", ""), Some(("2020-01-15", "")), vec![]),
        (
            ("2019-01-01", "2019-12-30", ""),
            Some(("2020-01-15", "")),
            vec![Expired],
        ),
        // Published before it is in force, as it should be.
        (
            ("2020-01-01", "", "2019-12-20"),
            Some(("2019-12-15", "2019-12-10")),
            vec![],
        ),
        (
            ("2019-06-01", "", "2019-06-05"),
            Some(("2019-12-15", "2019-06-05")),
            vec![],
        ),
        (
            ("2019-06-01", "", "2019-06-05"),
            Some(("2019-12-15", "2019-06-06")),
            vec![Late],
        ),
        (
            ("2019-06-01", "", "2019-06-05"),
            Some(("2019-12-15", "")),
            vec![Undated],
        ),
        // What had to be published in the next year is that year's business.
        (
            ("2020-02-01", "", "2020-02-15"),
            Some(("2020-03-01", "2020-02-20")),
            vec![],
        ),
        (("2020-02-01", "", "2020-02-15"), Some(("2020-03-01", "")), vec![]),
        // Whoever saw it in time saw it published in time.
        (("2019-06-01", "", "2019-06-05"), Some(("2019-06-05", "")), vec![]),
        (
            ("2019-06-01", "", "2019-06-05"),
            Some(("2019-06-06", "")),
            vec![Undated],
        ),
        (("2019-06-01", "", ""), Some(("2019-12-15", "")), vec![]),
    ] {
        let (from, until, by) = entry;
        let row = seen.map(|(looked, published)| row(2, "1.1", &[("checked_on", looked), ("published_on", published)]));
        assert_eq!(
            found(Some(listed("1.1", from, until, by)), row),
            expected,
            "{entry:?} {seen:?}"
        );
    }
}

#[test]
fn what_a_row_says_of_itself_is_held_against_the_list() {
    use ProcedureFinding::{
        DeadLink, DecisionDiffers, DeniedLink, FailingLink, NoLink, NotAtDesk, NotOnPortal, StatedNotInForce,
        UncheckedLink, Unknown,
    };
    let entry = || Some(listed("1.1", "2019-06-01", "", ""));
    for (different, expected) in [
        (&[][..], vec![]),
        (&[("in_force", "no")], vec![StatedNotInForce]),
        (&[("at_desk", "no"), ("on_portal", "no")], vec![NotAtDesk, NotOnPortal]),
        (&[("decision", "235/QĐ-UBND")], vec![DecisionDiffers]),
        (&[("decision", "")], vec![DecisionDiffers]),
        (&[("url", "https://so.example/dead")], vec![DeadLink]),
        (&[("url", "https://so.example/failing")], vec![FailingLink]),
        (&[("url", "https://so.example/denied")], vec![DeniedLink]),
        (&[("url", "https://so.example/never")], vec![UncheckedLink]),
        (&[("url", "")], vec![NoLink]),
    ] {
        assert_eq!(
            found(entry(), Some(row(2, "1.1", different))),
            expected,
            "{different:?}"
        );
    }
    assert_eq!(found(None, Some(row(2, "9.9", &[("in_force", "no")]))), [Unknown]);
    // Before it is in force it need not be posted anywhere.
    let later = Some(listed("1.1", "2020-01-01", "", ""));
    assert_eq!(
        found(later, Some(row(2, "1.1", &[("at_desk", "no"), ("in_force", "no")]))),
        []
    );
}

#[test]
fn a_decision_is_named_however_it_is_typed() {
    let differs = |text: &str, decision: &str| {
        let entry = ListedProcedure {
            decision: decision.to_owned(),
            ..listed("1.1", "2019-06-01", "", "")
        };
        found(Some(entry), Some(row(2, "1.1", &[("decision", text)]))) == [ProcedureFinding::DecisionDiffers]
    };
    for text in [
        "234/QĐ-UBND",
        "0234/qđ-ubnd",
        "QĐ số 234 /QĐ - UBND, ngày 01/02/2019",
        "Quyết định 234/QĐ-UBND - ngày 1/2/2019.",
        "(234/QD-UBND)",
    ] {
        assert!(!differs(text, "234/QĐ-UBND"), "{text}");
        assert!(!differs(text, "Quyết định số 234/QĐ-UBND ngày 1/2/2019"), "{text}");
    }
    for text in [
        "1234/QĐ-UBND",
        "234/QĐ-UBND-VX",
        "234/QĐ-BTP",
        "23/QĐ-UBND",
        "234",
        "Quyết định",
    ] {
        assert!(differs(text, "234/QĐ-UBND"), "{text}");
    }
}

#[test]
fn items_are_sorted_and_name_where_they_are() {
    let list = [
        listed("1.1", "2019-01-01", "", ""),
        listed("1.2", "2019-01-01", "", ""),
        listed("1.3", "2019-01-01", "2019-03-01", ""),
    ];
    let rows = [
        row(2, "1.3", &[]),
        row(3, "1.1", &[]),
        row(4, "0.9", &[]),
        row(2, "1.1", &[]),
    ];
    let compared = compare(&list, &of(&rows), &links(), day("2019-12-31"));
    let place = |item: &ComparedProcedure| (item.finding, item.code.clone(), item.listed, item.published);
    let told: Vec<_> = compared.items.iter().map(place).collect();
    assert_eq!(
        told,
        [
            (ProcedureFinding::Missing, "1.2".to_owned(), Some(1), None),
            (ProcedureFinding::Expired, "1.3".to_owned(), Some(2), Some(0)),
            (ProcedureFinding::Unknown, "0.9".to_owned(), None, Some(2)),
            (ProcedureFinding::Doubled, "1.1".to_owned(), Some(0), Some(3)),
        ]
    );
    assert_eq!((compared.required, compared.published), (2, 4));
}

#[test]
fn a_list_holds_for_the_units_it_names_before_their_types() {
    let list = |code: &str, unit_types: &[&str], units: &[&str]| {
        let set = |some: &[&str]| some.iter().map(|one| (*one).to_owned()).collect::<BTreeSet<_>>();
        ProcedureList {
            round: "R".to_owned(),
            code: code.to_owned(),
            newest: ListEdition {
                version: 1,
                name: Text::same(code),
                source: "s".to_owned(),
                holds_for: HoldsFor {
                    unit_types: set(unit_types),
                    units: set(units),
                },
                count: 1,
                saved_at: Timestamp::UNIX_EPOCH,
                saved_by: "manager".to_owned(),
            },
        }
    };
    let lists = [
        list("A", &["SO"], &["H2"]),
        list("B", &["HUYEN"], &["S1"]),
        list("C", &[], &[]),
    ];
    let holds = |unit: &str, unit_type: &str| list_for(&lists, unit, unit_type).map(|list| list.code.as_str());
    assert_eq!(holds("S1", "SO"), Some("B"));
    assert_eq!(holds("S2", "SO"), Some("A"));
    assert_eq!(holds("H1", "HUYEN"), Some("B"));
    assert_eq!(holds("H2", "HUYEN"), Some("A"));
    assert_eq!(holds("X1", "XA"), None);
    let shared = |one: usize, other: usize| lists[one].newest.holds_for.shared(&lists[other].newest.holds_for);
    assert_eq!((shared(0, 1), shared(0, 0)), (None, Some("H2")));
}

/// Days around the end of a year, by their distance from 20 December.
fn any_day() -> impl Strategy<Value = Date> {
    (0..24_i64).prop_map(|days| day("2019-12-20").checked_add(jiff::Span::new().days(days)).unwrap())
}

prop_compose! {
    fn any_entry()(code in 0..6_u8, from in any_day(), until in prop::option::of(any_day()), by in prop::option::of(any_day()))
        -> ListedProcedure {
        ListedProcedure { code: format!("1.{code}"), in_force_from: from, in_force_until: until, publish_by: by,
            ..listed("", "2019-01-01", "", "") }
    }
}

prop_compose! {
    fn any_row()(code in 0..8_u8, looked in any_day(), published in prop::option::of(any_day()), yes in any::<[bool; 4]>(),
        url in prop::sample::select(vec!["", "alive", "denied", "failing", "dead", "never"])) -> Row {
        let word = |yes| if yes { "yes" } else { "no" };
        row(0, &format!("1.{code}"), &[
            ("checked_on", &looked.to_string()),
            ("published_on", &published.map(|day| day.to_string()).unwrap_or_default()),
            ("in_force", word(yes[0])), ("at_desk", word(yes[1])), ("on_portal", word(yes[2])),
            ("decision", if yes[3] { "234/QĐ-UBND" } else { "9/QĐ-UBND" }),
            ("url", &if url.is_empty() { String::new() } else { format!("https://so.example/{url}") }),
        ])
    }
}

/// Whether a finding applies, said of each by itself.
fn applies(finding: ProcedureFinding, row: &Row, first: bool, entry: Option<&ListedProcedure>, until: Date) -> bool {
    use ProcedureFinding as F;
    let looked = day(row.value("checked_on"));
    let shown = if looked < until { looked } else { until };
    let ends = entry.and_then(|one| one.in_force_until);
    let over = ends.is_some_and(|last| shown > last);
    let in_force = entry.is_some_and(|one| shown >= one.in_force_from) && !over;
    let by = entry.and_then(|one| one.publish_by).filter(|by| *by <= until);
    let published = some(row.value("published_on"));
    let link = |name: &str| row.value("url").ends_with(name);
    match finding {
        F::Missing => false,
        F::Expired => over,
        F::Late => by.zip(published).is_some_and(|(by, published)| by < published),
        F::Undated => published.is_none() && by.is_some_and(|by| looked > by),
        F::Unknown => entry.is_none(),
        F::StatedNotInForce => in_force && row.value("in_force") == "no",
        F::DecisionDiffers => entry.is_some() && row.value("decision").starts_with('9'),
        F::NotAtDesk => in_force && row.value("at_desk") == "no",
        F::NotOnPortal => in_force && row.value("on_portal") == "no",
        F::Doubled => !first,
        F::DeadLink => link("/dead"),
        F::FailingLink => link("/failing"),
        F::DeniedLink => link("/denied"),
        F::UncheckedLink => link("/never"),
        F::NoLink => row.value("url").is_empty(),
    }
}

proptest! {
    #[test]
    fn every_procedure_comes_under_exactly_what_applies_and_each_is_counted(
        list in prop::collection::vec(any_entry(), 0..6), rows in prop::collection::vec(any_row(), 0..8), until in any_day(),
    ) {
        let list: Vec<ListedProcedure> =
            list.into_iter().map(|one| (one.code.clone(), one)).collect::<BTreeMap<_, _>>().into_values().collect();
        let rows: Vec<Row> = (2..).zip(rows).map(|(line, row)| Row { line, ..row }).collect();
        let compared = compare(&list, &of(&rows), &links(), until);
        let mut expected = BTreeSet::new();
        for (place, row) in rows.iter().enumerate() {
            let entry = list.iter().find(|one| one.code == row.value("code"));
            let first = rows[..place].iter().all(|before| before.value("code") != row.value("code"));
            for finding in ProcedureFinding::ALL {
                if applies(finding, row, first, entry, until) {
                    expected.insert((finding, row.value("code"), Some(place)));
                }
            }
        }
        for entry in &list {
            let required = entry.in_force_from <= until && entry.in_force_until.is_none_or(|last| last >= until)
                && entry.publish_by.is_none_or(|by| by <= until);
            if required && rows.iter().all(|row| row.value("code") != entry.code) {
                expected.insert((ProcedureFinding::Missing, entry.code.as_str(), None));
            }
        }
        let told: Vec<_> = compared.items.iter()
            .map(|item| (item.finding, item.code.as_str(), item.published)).collect();
        prop_assert!(told.is_sorted(), "{told:?}");
        prop_assert_eq!(told.iter().copied().collect::<BTreeSet<_>>(), expected);
        prop_assert_eq!(compared.counts.values().sum::<u32>() as usize, told.len());
        for (finding, count) in &compared.counts {
            prop_assert_eq!(*count as usize, told.iter().filter(|(one, _, _)| one == finding).count());
        }
    }
}
