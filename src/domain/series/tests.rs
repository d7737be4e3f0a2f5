use super::*;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("a number")
}

fn edition(code: &str, from: &str, places: u32, total: TotalRule, parts: &[&str]) -> IndexEdition {
    let part = |code: &&str| {
        let (code, beside) = match code.strip_prefix('~') {
            Some(code) => (code, true),
            None => (*code, false),
        };
        IndexPart {
            code: code.to_owned(),
            name: Text::same(code),
            maximum: None,
            beside,
        }
    };
    IndexEdition {
        code: code.to_owned(),
        edition: 1,
        content: IndexContent {
            name: Text::same(code),
            publisher: Text::same(code),
            from: from.parse().expect("a period"),
            maximum: None,
            places,
            total,
            parts: parts.iter().map(part).collect(),
            groups: Vec::new(),
            sources: vec!["made for the tests".to_owned()],
        },
        saved_at: Timestamp::UNIX_EPOCH,
        saved_by: "manager".to_owned(),
    }
}

fn figure(period: &str, statement: u32, stated: Stated) -> IndexFigure {
    IndexFigure {
        index: "X".to_owned(),
        subject: "QNM".to_owned(),
        period: period.parse().expect("a period"),
        statement,
        edition: 1,
        stated,
        source: Source {
            document: format!("source {statement}"),
            url: None,
            place: None,
        },
        recorded_at: Timestamp::UNIX_EPOCH,
        recorded_by: "manager".to_owned(),
        reason: None,
    }
}

fn points(points: &str, parts: &[(&str, &str)]) -> Stated {
    Stated {
        points: Some(decimal(points)),
        parts: parts
            .iter()
            .map(|(code, points)| ((*code).to_owned(), decimal(points)))
            .collect(),
        ..Stated::default()
    }
}

/// `period/statement kind` and the sentence of each.
fn told(editions: &[IndexEdition], figures: &[IndexFigure]) -> Vec<String> {
    let line = |one: &Contradiction| {
        let other = one
            .other
            .as_ref()
            .map(|(period, statement)| format!(" {period}/{statement}"));
        let place = format!("{}/{}{}", one.period, one.statement, other.unwrap_or_default());
        format!("{place} {:?}: {}", one.kind, one.message.en)
    };
    contradictions(editions, figures).iter().map(line).collect()
}

/// Quảng Nam's eight dimensions of 2018 (Báo Quảng Nam); Đà Nẵng's three sub-indices of the ICT Index 2019 and 2023; the six groups of
/// QĐ 766 on two days of 2024.
#[test]
fn published_totals_follow_from_published_parts() {
    const PAPI: [&str; 8] = ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8"];
    const ICT: [&str; 4] = ["INFRASTRUCTURE", "HUMAN", "APPLICATION", "~ONLINE"];
    const QD766: [&str; 6] = [
        "PUBLICITY",
        "PROGRESS",
        "ONLINE",
        "PAYMENT",
        "DIGITISING",
        "SATISFACTION",
    ];
    /// Codes of the parts, how they make the total, its places, what is published, and the parts' points.
    type Published<'a> = (&'a [&'a str], TotalRule, u32, &'a str, &'a [&'a str]);
    let cases: [Published<'_>; 5] = [
        (
            &PAPI,
            TotalRule::Sum,
            2,
            "43.14",
            &["5.27", "5.05", "4.99", "6.64", "7.02", "7.02", "4.68", "2.47"],
        ),
        (
            &ICT,
            TotalRule::Mean,
            4,
            "0.8654",
            &["0.7925", "0.9538", "0.85", "0.70"],
        ),
        (
            &ICT,
            TotalRule::Mean,
            4,
            "0.8485",
            &["0.7908", "0.7892", "0.9655", "0.9474"],
        ),
        (
            &QD766,
            TotalRule::Sum,
            1,
            "80.1",
            &["13.2", "18.4", "7.7", "7.6", "15.6", "17.6"],
        ),
        (
            &QD766,
            TotalRule::Sum,
            1,
            "82.8",
            &["13.6", "18.5", "7.7", "9.6", "15.8", "17.6"],
        ),
    ];
    for (codes, total, places, published, values) in cases {
        let edition = edition("X", "2018", places, total, codes);
        let codes = codes.iter().map(|code| code.trim_start_matches('~'));
        let parts: Vec<(&str, &str)> = codes.zip(values.iter().copied()).collect();
        let stated = points(published, &parts);
        let found = edition.content.total_of(&stated.parts).expect("a total");
        assert_eq!(found.rounded(places), published);
        assert_eq!(
            told(std::slice::from_ref(&edition), &[figure("2024", 1, stated)]),
            [""; 0]
        );
        // A part that is not stated gives no total, and another one a contradiction.
        let fewer = points(published, &parts[1..]);
        assert_eq!(edition.content.total_of(&fewer.parts), None);
        let mut other = points(published, &parts);
        other.parts.insert(parts[0].0.to_owned(), decimal("1"));
        assert_eq!(told(&[edition], &[figure("2024", 1, other)]).len(), 1);
    }
}

/// The newspaper has rank 33 for 2018; the notice of 2020 says 22 with 22 places gained, which implies 44. Points agree: 44.33 − 1.19 is
/// 43.14.
#[test]
fn the_papi_rank_of_2018_is_contradicted_and_its_points_are_not() {
    let papi = [edition("PAPI", "2018", 2, TotalRule::Stated, &[])];
    let rank = |rank: u32, change: Option<i32>| Stated {
        rank: Some(rank),
        of: Some(63),
        rank_change: change,
        ..Stated::default()
    };
    let newspaper = Stated {
        points: Some(decimal("43.14")),
        ..rank(33, None)
    };
    let portal = Stated {
        points_change: Some(decimal("1.19")),
        ..points("44.33", &[])
    };
    let figures = [
        figure("2018", 1, newspaper),
        figure("2019", 1, rank(22, Some(22))),
        figure("2019", 2, portal),
    ];
    assert_eq!(
        told(&papi, &figures),
        ["2019/1 2018/1 RankBefore: this source gives the rank before as 44, a source of that period states 33"]
    );
}

/// 17.19 after 16.71 is 0.48 more; the source says 0.41.
#[test]
fn a_source_that_contradicts_itself_is_told() {
    let surveyed = [edition("X", "2018", 2, TotalRule::Stated, &[])];
    let mut stated = points("17.19", &[]);
    stated.points_before = Some(decimal("16.71"));
    stated.points_change = Some(decimal("0.41"));
    assert_eq!(
        told(&surveyed, &[figure("2019", 1, stated.clone())]),
        ["2019/1 PointsChange: points and change give the points before as 16.78, the source states 16.71"]
    );
    stated.points_change = Some(decimal("0.48"));
    stated.rank = Some(35);
    stated.rank_change = Some(9);
    stated.rank_before = Some(44);
    assert_eq!(told(&surveyed, &[figure("2019", 1, stated.clone())]), [""; 0]);
    stated.rank_before = Some(43);
    assert_eq!(
        told(&surveyed, &[figure("2019", 1, stated)]),
        ["2019/1 RankChange: rank and change give the rank before as 44, the source states 43"]
    );
}

#[test]
fn sources_of_one_period_are_held_to_each_other_and_points_to_their_group() {
    let mut scored = edition("X", "2022", 1, TotalRule::Stated, &[]);
    for (code, least) in [("GOOD", "80"), ("FAIR", "70")] {
        scored.content.groups.push(IndexGroup {
            code: code.to_owned(),
            name: Text::same(code),
            at_least: Some(decimal(least)),
        });
    }
    let stated = |total: &str, rank: u32, group: &str| Stated {
        rank: Some(rank),
        group: Some(group.to_owned()),
        ..points(total, &[])
    };
    let figures = [
        figure("2024-08-19", 1, stated("80.1", 21, "GOOD")),
        figure("2024-08-19", 2, stated("79.9", 22, "GOOD")),
        figure("2024-10-28", 1, stated("80", 13, "GOOD")),
    ];
    assert_eq!(
        told(&[scored], &figures),
        [
            "2024-08-19/2 Group: 79.9 points are in group FAIR, the source states GOOD",
            "2024-08-19/2 2024-08-19/1 Points: points 79.9, another source states 80.1",
            "2024-08-19/2 2024-08-19/1 Rank: rank 22, another source states 21",
        ]
    );
}

#[test]
fn a_period_is_measured_by_the_edition_that_has_begun() {
    let first = edition("X", "2009", 2, TotalRule::Sum, &["A"]);
    let mut second = edition("X", "2018", 2, TotalRule::Sum, &["A", "B"]);
    second.edition = 2;
    let editions = [first, second];
    let of = |period: &str| {
        let period = period.parse().expect("a period");
        IndexEdition::of_period(&editions, &period).map(|one| one.edition)
    };
    for (period, expected) in [
        ("2008", None),
        ("2009", Some(1)),
        ("2017", Some(1)),
        ("2018", Some(2)),
        ("2018-01", Some(2)),
    ] {
        assert_eq!(of(period), expected, "{period}");
    }
}

#[test]
fn what_an_index_does_not_have_is_refused() {
    let mut content = edition("X", "2018", 2, TotalRule::Sum, &["A", "B"]).content;
    content.maximum = Some(decimal("80"));
    let rank = |rank: u32| Stated {
        rank: Some(rank),
        of: Some(63),
        ..Stated::default()
    };
    for (stated, field) in [
        (Stated::default(), "stated"),
        (points("1", &[("C", "1")]), "parts.C"),
        (points("80.01", &[]), "points"),
        (points("-1", &[]), "points"),
        (rank(0), "rank"),
        (rank(64), "rank"),
        (
            Stated {
                group: Some("GOOD".to_owned()),
                ..Stated::default()
            },
            "group",
        ),
    ] {
        let fault = content.check_stated(&stated).expect_err("a fault");
        assert_eq!(fault.field, field);
    }
    for stated in [points("80", &[("A", "0")]), rank(63), rank(1)] {
        assert_eq!(content.check_stated(&stated), Ok(()));
    }
    content.parts.clear();
    assert_eq!(content.check().expect_err("nothing to add up").field, "total");
    content.total = TotalRule::Stated;
    content.places = 7;
    assert_eq!(content.check().expect_err("too many places").field, "places");
}
