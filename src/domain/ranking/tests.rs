//! Every figure is worked out by hand beside it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::framework::TieBreak;
use crate::domain::round::{TieValue, Unranked};
use crate::domain::tally::tests::{Points, framework, points, vetoing, with};

fn ranks(values: &[i32]) -> Vec<u32> {
    standings(values).iter().map(|place| place.rank).collect()
}

#[test]
fn equal_values_share_a_rank_and_leave_a_gap() {
    assert_eq!(ranks(&[633, 700, 633, 624]), [2, 1, 2, 4]);
    let tied: Vec<bool> = standings(&[633, 700, 633, 624])
        .iter()
        .map(|place| place.tied)
        .collect();
    assert_eq!(tied, [true, false, true, false]);
    assert_eq!(standings::<i32>(&[]), Vec::<Standing>::new());
}

/// The ICT Index of 2017 at places 17, 17 and 19.
#[test]
fn the_ict_table_of_2017() {
    let mut scores: Vec<i32> = (0..16).map(|place| 900 - place).collect();
    scores.extend([633, 633, 624]);
    assert_eq!(ranks(&scores)[16..], [17, 17, 19]);
}

/// The round that the units of these tests are in; LISTED is not ranked.
fn round() -> Round {
    let round = json!({"code": "R", "name": {"vi": "R", "en": "R"}, "year": 2019, "owner": "SNV", "timeZone": "UTC",
        "phase": "CLOSING", "frameworks": {}, "units": [], "unranked": {"LISTED": "cơ quan đặc thù"}});
    serde_json::from_value(round).expect("a round")
}

/// A sealed dossier in the group SO.
fn unit(code: &str, framework: &Value, digest: &str, points: &Points) -> SealedUnit {
    let framework = Framework::parse(framework).expect("a framework");
    let dossier = json!({"round": "R", "year": 2019, "timeZone": "UTC", "unit": code, "unitPath": [], "unitType": "SO",
        "group": "SO", "framework": {"code": "T", "version": "1", "digest": digest}, "phase": "SEALED",
        "applicable": "100", "openedAt": "2020-01-01T00:00:00Z"});
    let dossier = serde_json::from_value(dossier).expect("a dossier");
    SealedUnit::of(&round(), dossier, (9, "hash".to_owned()), Arc::new(framework), points)
}

/// Unit, rank, whether it is shared, and by what it was told apart.
type Line = (String, Option<u32>, bool, Option<TieBreak>);

fn lines(rows: &[RankingRow]) -> Vec<Line> {
    let mut lines: Vec<Line> = rows
        .iter()
        .map(|row| {
            let broken_by = row.tie.as_ref().and_then(|tie| tie.broken_by.clone());
            (row.unit.clone(), row.rank, row.tied, broken_by)
        })
        .collect();
    lines.sort_by_key(|(unit, rank, ..)| (rank.is_none(), *rank, unit.clone()));
    lines
}

fn line(unit: &str, rank: u32, tied: bool, broken_by: Option<TieBreak>) -> Line {
    (unit.to_owned(), Some(rank), tied, broken_by)
}

/// The framework with a survey in field 2 and everything that may break a tie.
fn breaking() -> Value {
    let mut framework = framework("RATIO");
    framework["nodes"][6]["leaf"]["method"] = json!("SURVEY");
    framework["tieOrder"] = json!(["INDEX", "APPRAISED_PART", {"node": "1"}, "SMALLER_GAP"]);
    framework
}

/// B, D and E: 40 of 60 in field 1 = 66.67 %, 20 of 20 in fields 2 and 3. Appraised: 60 of 80 = 75 %.
const LIKE_B: [(&str, &str); 6] = [
    ("1.1", "30"),
    ("1.2.1", "10"),
    ("1.2.2", "0"),
    ("2.1", "20"),
    ("3.1", "5"),
    ("3.2", "15"),
];
/// 60 of 60, 20 of 20, nothing. Appraised: 60 of 80 = 75 %.
const LIKE_C: [(&str, &str); 6] = [
    ("1.1", "30"),
    ("1.2.1", "10"),
    ("1.2.2", "20"),
    ("2.1", "20"),
    ("3.1", "0"),
    ("3.2", "0"),
];

/// Seven units, five of them with 80 points.
fn seven(framework: &Value) -> Vec<SealedUnit> {
    let read = Framework::parse(framework).expect("a framework");
    let of = |code: &str, given: &[(&str, &str)], claimed: i64| {
        let mut points = points(&read, given, &[]);
        points.claim(claimed);
        unit(code, framework, "d", &points)
    };
    vec![
        // 60, nothing, 20. Appraised: 80 of 80 = 100 %.
        of("A", &with(&[]), 80),
        of("B", &LIKE_B, 85),
        of("C", &LIKE_C, 80),
        of("D", &LIKE_B, 90),
        // It claimed less than it got: 5 as well.
        of("E", &LIKE_B, 75),
        of("F", &with(&[("3.2", "14")]), 79),
        of("G", &with(&[("2.1", "1")]), 81),
    ]
}

#[test]
fn ties_are_broken_in_the_order_of_the_framework_and_say_by_what() {
    let rows = rank_totals(1, &seven(&breaking()), &Before::default());
    let (part, node) = (Some(TieBreak::AppraisedPart), Some(TieBreak::Node("1".to_owned())));
    let gap = Some(TieBreak::SmallerGap);
    let expected = [
        line("G", 1, false, None),
        line("A", 2, false, part),
        line("C", 3, false, node),
        line("B", 4, true, gap.clone()),
        line("E", 4, true, gap.clone()),
        line("D", 6, false, gap),
        line("F", 7, false, None),
    ];
    assert_eq!(lines(&rows), expected);
    let values = |unit: &str| {
        let row = rows.iter().find(|row| row.unit == unit).expect("a row");
        let values = row.tie.iter().flat_map(|tie| &tie.values);
        values
            .map(|one: &TieValue| one.value.clone().unwrap_or_default())
            .collect::<Vec<_>>()
    };
    assert_eq!(values("A"), ["100.00"]);
    assert_eq!(values("C"), ["75.00", "100.00"]);
    assert_eq!(values("B"), ["75.00", "66.67", "5.00"]);
    assert_eq!(values("D"), ["75.00", "66.67", "10.00"]);
    assert_eq!(values("G"), Vec::<String>::new());
}

#[test]
fn ties_are_shared_without_an_order_and_between_frameworks() {
    let expected = ["A", "B", "C", "D", "E"].map(|unit| line(unit, 2, true, None));
    let plain = rank_totals(1, &seven(&framework("RATIO")), &Before::default());
    assert_eq!(lines(&plain)[1..6], expected);

    let mut mixed = seven(&breaking());
    let read = Framework::parse(&breaking()).expect("a framework");
    mixed.push(unit("H", &breaking(), "another", &points(&read, &LIKE_C, &[])));
    let rows = rank_totals(1, &mixed, &Before::default());
    assert_eq!(lines(&rows)[1..6], expected);
    assert_eq!(lines(&rows)[6], line("H", 2, true, None));
    assert_eq!(lines(&rows)[7], line("F", 8, false, None));
}

#[test]
fn who_is_listed_or_vetoed_has_points_and_class_but_no_rank_anywhere() {
    let vetoing = vetoing(json!({"kind": "NOT_RANKED"}));
    let read = Framework::parse(&vetoing).expect("a framework");
    let of = |code: &str, found: &[&str]| unit(code, &vetoing, "d", &points(&read, &with(&[]), found));
    let units = [of("LISTED", &[]), of("VETOED", &["3.2"]), of("PLAIN", &[])];
    let rows = rank_totals(1, &units, &Before::default());
    let why: Vec<_> = rows.iter().map(RankingRow::unranked).collect();
    assert_eq!(why, [Some(Unranked::Listed), Some(Unranked::Veto), None]);
    let reason = "cơ quan đặc thù".to_owned();
    assert_eq!(rows[0].kept_from_rank, Some(KeptFromRank::Listed { reason }));
    assert_eq!(rows[1].vetoes[0].leaf, "3.2");
    // Nobody takes a place from others either: 80 each.
    assert_eq!((rows[2].rank, rows[2].tied), (Some(1), false));
    for row in &rows {
        assert_eq!(
            (row.points.as_str(), row.class.as_deref()),
            ("80.00", Some("TOT")),
            "{}",
            row.unit
        );
    }
    let nodes = rank_nodes(1, &units, &Before::default());
    let field = nodes.iter().find(|ranking| ranking.node == "3").expect("field 3");
    let places: Vec<_> = field.lines.iter().map(|line| (line.unit.as_str(), line.rank)).collect();
    assert_eq!(places, [("PLAIN", Some(1)), ("LISTED", None), ("VETOED", None)]);
}

#[test]
fn the_best_of_a_penalty_is_the_smallest() {
    let framework = framework("RATIO");
    let read = Framework::parse(&framework).expect("a framework");
    let of = |code: &str, penalty: &'static str, bonus: &'static str| {
        let given = with(&[("P.1", penalty), ("B.1", bonus)]);
        unit(code, &framework, "d", &points(&read, &given, &[]))
    };
    // Penalties of 0, 2, and 4 of the 8 found; bonuses of 0, 2 and 1.
    let units = [of("X", "8", "0"), of("Y", "0", "2"), of("Z", "2", "1")];
    let rankings = rank_nodes(1, &units, &Before::default());
    let places = |node: &str| -> Vec<(String, String, Option<u32>)> {
        let found = rankings.iter().find(|ranking| ranking.node == node).expect("a node");
        let lines = found.lines.iter();
        lines
            .map(|line| (line.unit.clone(), line.points.clone(), line.rank))
            .collect()
    };
    let place = |unit: &str, points: &str, rank| (unit.to_owned(), points.to_owned(), Some(rank));
    assert_eq!(
        places("P"),
        [place("Y", "0.00", 1), place("Z", "2.00", 2), place("X", "4.00", 3)]
    );
    assert_eq!(
        places("B"),
        [place("Y", "2.00", 1), place("Z", "1.00", 2), place("X", "0.00", 3)]
    );
    // 80 − 4, 80 + 2, 80 + 1 − 2.
    let totals = rank_totals(1, &units, &Before::default());
    let totals: Vec<_> = totals.iter().map(|row| (row.points.as_str(), row.rank)).collect();
    assert_eq!(totals, [("76.00", Some(3)), ("82.00", Some(1)), ("79.00", Some(2))]);
}

/// 17, 17 and 19 stay so where the framework has no order of ties, and every other field of a row is absent.
#[test]
fn a_plain_row_has_nothing_new_in_it() {
    let mut framework = framework("RATIO");
    let nodes = framework["nodes"].as_array_mut().expect("nodes");
    nodes.truncate(10);
    let read = Framework::parse(&framework).expect("a framework");
    let units = [unit("A", &framework, "d", &points(&read, &with(&[]), &[]))];
    let rows = rank_totals(1, &units, &Before::default());
    let row = serde_json::to_value(&rows[0]).expect("json");
    for name in ["tie", "keptFromRank", "classLowered", "vetoes", "breakdown"] {
        assert!(row.get(name).is_none(), "{name}");
    }
    assert_eq!(row["nodes"]["total"], json!({"points": "80", "applicable": "100"}));
}
