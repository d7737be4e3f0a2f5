//! Counting answers, and what follows: worked out by hand, and whatever the order, the form and the gaps.
//!
//! A survey of satisfaction of five factors, two questions in the first and one in the others, four people asked about ALPHA:
//!
//! | | F1a | F1b | F2 | F3 | F4 | F5 |
//! |---|---|---|---|---|---|---|
//! | 1 | 5 | 4 | 3 | 4 | 99 | |
//! | 2 | 4 | 2 | 5 | 4 | 1 | |
//! | 3 | 3 | | 4 | 5 | 2 | 99 |
//! | 4 | 4 | 4 | 4 | 5 | | |
//!
//! F1 has seven answers of eight, five of them 4 or 5: 5/7, mean 26/7. F2: 3/4, 16/4 = 4. F3: 4/4, 18/4 = 9/2. F4: two answers,
//! none satisfied, mean 3/2. F5 nobody answered: it is missing and not zero.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::exact::Exact;
use crate::domain::questionnaire::Questionnaire;
use crate::domain::rows::{RowProblemCode, RowsProblem, RowsProblemCode};

const UNITS: [&str; 3] = ["ALPHA", "BETA", "GAMMA"];

fn text(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

/// Questions with their leaves, weights and all of one scale from 1 to 5.
pub fn questionnaire(figure: &str, questions: &[(&str, &str, u32)]) -> Questionnaire {
    let answers: Vec<Value> = (1..=5)
        .map(|value| {
            let code = value.to_string();
            json!({"code": code, "name": text(&code), "value": code, "satisfied": value > 3})
        })
        .collect();
    let criteria: BTreeSet<&str> = questions.iter().map(|(_, criterion, _)| *criterion).collect();
    let criteria: Vec<Value> = criteria
        .into_iter()
        .map(|criterion| json!({"criterion": criterion, "figure": figure}))
        .collect();
    let questions: Vec<Value> = questions
        .iter()
        .map(|(code, criterion, weight)| {
            json!({"code": code, "name": text(code), "scale": "S5", "criterion": criterion, "weight": weight})
        })
        .collect();
    let sex = json!({"code": "sex", "name": text("Giới tính"), "values": [
        {"code": "F", "name": text("Nữ")}, {"code": "M", "name": text("Nam")}]});
    let json = json!({"format": 1, "code": "SIPAS", "version": "1", "name": text("SIPAS"), "criteria": criteria,
        "scales": [{"code": "S5", "answers": answers, "missing": ["99"]}], "questions": questions, "strata": [sex]});
    let read = Questionnaire::parse(&json).expect("a questionnaire");
    assert_eq!(read.lint(), []);
    read
}

fn five_factors(figure: &str) -> Questionnaire {
    let questions = [
        ("F1a", "8.1.1", 1),
        ("F1b", "8.1.1", 1),
        ("F2", "8.1.2", 1),
        ("F3", "8.1.3", 1),
        ("F4", "8.1.4", 1),
        ("F5", "8.1.5", 1),
    ];
    questionnaire(figure, &questions)
}

fn read_dropping(questionnaire: &Questionnaire, file: &[u8], drop: &[&str]) -> Result<SurveyRead, RowsProblem> {
    let drop: BTreeSet<String> = drop.iter().map(|name| (*name).to_owned()).collect();
    let mut reader = SurveyReader::new(questionnaire, UNITS, &drop);
    for piece in file.chunks(7) {
        reader.push(piece)?;
    }
    reader.finish()
}

fn read(questionnaire: &Questionnaire, file: &str) -> SurveyRead {
    let found = read_dropping(questionnaire, file.as_bytes(), &[]).expect("a file");
    assert_eq!(found.report.problems, []);
    found
}

const FACTORS: &str =
    "unit,F1a,F1b,F2,F3,F4,F5\nALPHA,5,4,3,4,99,\nALPHA,4,2,5,4,1,\nALPHA,3,,4,5,2,99\nALPHA,4,4,4,5,,\n";

#[test]
fn five_factors_give_the_fractions_worked_out_by_hand() {
    let questionnaire = five_factors("SHARE");
    let found = read(&questionnaire, FACTORS);
    assert_eq!((found.rows_are, found.report.good_rows), (RowsAre::Respondents, 4));
    let alpha = &found.units["ALPHA"];
    assert_eq!(alpha.respondents, 4);
    let leaves: Vec<_> = alpha
        .found(&questionnaire)
        .into_iter()
        .map(|leaf| {
            let (share, mean) = (leaf.share().expect("a share"), leaf.mean.expect("a mean"));
            (
                leaf.criterion,
                share.to_string(),
                mean.to_string(),
                leaf.valid,
                leaf.missing,
            )
        })
        .collect();
    let expected = [
        ("8.1.1", "5/7", "26/7", 7, 1),
        ("8.1.2", "3/4", "4", 4, 0),
        ("8.1.3", "1", "9/2", 4, 0),
        ("8.1.4", "0", "3/2", 2, 2),
    ];
    let expected = expected.map(|(code, share, mean, valid, missing)| {
        (code.to_owned(), share.to_owned(), mean.to_owned(), valid, missing)
    });
    assert_eq!(leaves, expected);
}

#[test]
fn what_goes_into_a_dossier_is_two_counts_or_a_decimal_of_twelve_places() {
    let figures = |figure: &str| -> Vec<Value> {
        let questionnaire = five_factors(figure);
        let found = read(&questionnaire, FACTORS).units["ALPHA"].found(&questionnaire);
        let figures = found.iter().map(|leaf| leaf.figure(&questionnaire).expect("a figure"));
        figures
            .map(|figure| serde_json::to_value(figure).expect("json"))
            .collect()
    };
    assert_eq!(figures("SHARE")[0], json!({"satisfied": 5, "valid": 7}));
    assert_eq!(
        figures("MEAN")[0],
        json!({"mean": "3.714285714286", "lowest": "1", "highest": "5"})
    );
}

/// Weights 4 and 6 are 2 and 3: (2 × 5 + 3 × 2) ÷ (2 + 3) = 16/5. One more answer of 2 to the second: (10 + 12) ÷ 8 = 11/4.
#[test]
fn an_answer_counts_as_much_as_its_question_weighs() {
    let questionnaire = questionnaire("MEAN", &[("a", "2.1", 4), ("b", "2.1", 6)]);
    for (file, mean, satisfied, weighted) in [
        ("unit,a,b\nBETA,5,2\n", "16/5", 2, 5),
        ("unit,a,b\nBETA,5,2\nBETA,,2\n", "11/4", 2, 8),
        ("unit,a,b\nBETA,,2\n", "2", 0, 3),
    ] {
        let found = read(&questionnaire, file).units["BETA"].found(&questionnaire);
        assert_eq!(found.len(), 1, "{file}");
        assert_eq!(
            found[0].mean.as_ref().map(Exact::to_string).as_deref(),
            Some(mean),
            "{file}"
        );
        assert_eq!((found[0].satisfied, found[0].weighted), (satisfied, weighted), "{file}");
    }
}

/// Eight dimensions from 1 to 10, a hundred people asked of each: 5.27 are 73 times 5 and 27 times 6. The published figures of
/// 2018 come to 43.14 as a plain sum.
#[test]
fn eight_dimensions_add_up_to_the_published_sum() {
    let published = [527, 505, 499, 664, 702, 702, 468, 247];
    let answers: Vec<Value> = (1..=10)
        .map(|value: u32| json!({"code": value.to_string(), "name": text("a"), "value": value.to_string()}))
        .collect();
    let codes: Vec<String> = (1..=published.len()).map(|number| format!("D{number}")).collect();
    let criteria: Vec<Value> = codes
        .iter()
        .map(|code| json!({"criterion": code, "figure": "MEAN"}))
        .collect();
    let questions: Vec<Value> = codes
        .iter()
        .map(|code| json!({"code": code, "name": text(code), "scale": "S10", "criterion": code}))
        .collect();
    let json = json!({"format": 1, "code": "PAPI", "version": "2018", "name": text("PAPI"), "criteria": criteria,
        "scales": [{"code": "S10", "answers": answers}], "questions": questions});
    let questionnaire = Questionnaire::parse(&json).expect("a questionnaire");
    let mut file = "unit,question,answer,count\n".to_owned();
    for (code, hundredths) in codes.iter().zip(published) {
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        file += &format!(
            "ALPHA,{code},{whole},{}\nALPHA,{code},{},{rest}\n",
            100 - rest,
            whole + 1
        );
    }
    let found = read(&questionnaire, &file).units["ALPHA"].found(&questionnaire);
    let means: Vec<Exact> = found.into_iter().map(|leaf| leaf.mean.expect("a mean")).collect();
    assert_eq!(means[0], Exact::ratio(527, 100));
    assert_eq!(means.iter().sum::<Exact>(), Exact::ratio(4314, 100));
}

#[test]
fn a_bad_row_is_told_by_its_line_and_never_by_what_stands_in_it() {
    let questionnaire = questionnaire("MEAN", &[("a", "2.1", 1), ("b", "2.1", 1)]);
    let file = "unit,respondent,a,b,sex\n\
        ALPHA,1,5,4,F\n\
        OMEGA,2,5,4,F\n\
        ALPHA,3,Nguyen Thi B,6,X\n\
        ALPHA,4,5,4\n\
        ALPHA,1,3,3,M\n\
        BETA,1,3,3,M\n\
        ALPHA,,3,3,M\n\
        ALPHA,5,,,\n";
    let found = read_dropping(&questionnaire, file.as_bytes(), &[]).expect("a file");
    let problems: Vec<_> = found
        .report
        .problems
        .iter()
        .map(|one| (one.line, one.column.as_deref(), one.code))
        .collect();
    use RowProblemCode::{DoubledKey, Empty, UnknownCode, WrongLength};
    assert_eq!(
        problems,
        [
            (3, Some("unit"), UnknownCode),
            (4, Some("a"), UnknownCode),
            (4, Some("b"), UnknownCode),
            (4, Some("sex"), UnknownCode),
            (5, None, WrongLength),
            (6, Some("respondent"), DoubledKey),
            (8, Some("respondent"), Empty),
        ]
    );
    assert_eq!((found.report.good_rows, found.report.bad_rows), (3, 5));
    assert_eq!(found.report.problem_count, 7);
    assert!(!format!("{found:?}").contains("Nguyen"));
    // The others are counted.
    assert_eq!(found.units["ALPHA"].respondents, 1);
    assert_eq!(found.units["ALPHA"].strata, [vec![1, 0, 0]]);
    // Person 1 answered about both units.
    assert_eq!(found.respondents, 1);
    assert_eq!(found.units["BETA"].questions[0], [0, 0, 1, 0, 0, 0, 0]);
}

#[test]
fn who_answers_nothing_is_no_respondent_and_who_answers_twice_is_one_person() {
    let questionnaire = questionnaire("MEAN", &[("a", "2.1", 1), ("b", "2.1", 1)]);
    let found = read(
        &questionnaire,
        "unit,respondent,a,b\nALPHA,1,5,\nALPHA,2,,99\nBETA,1,4,4\nBETA,3,4,4\nGAMMA,2,,\n",
    );
    let asked: Vec<_> = found
        .units
        .iter()
        .map(|(unit, tally)| (unit.as_str(), tally.respondents))
        .collect();
    assert_eq!(asked, [("ALPHA", 1), ("BETA", 2)]);
    assert_eq!(found.respondents, 2);
    // Without codes nobody is known again.
    assert_eq!(
        read(&questionnaire, "unit,a,b\nALPHA,5,\nALPHA,,99\nBETA,4,4\nBETA,4,4\n").respondents,
        3
    );
}

#[test]
fn of_fewer_than_five_nothing_is_kept_but_what_the_figure_takes() {
    for (figure, mean, satisfied) in [("MEAN", Some("3.5"), 0), ("SHARE", None, 1)] {
        let questionnaire = questionnaire(figure, &[("a", "2.1", 1)]);
        let kept = |respondents: usize| {
            let file = "unit,a,sex\n".to_owned() + &"ALPHA,5,F\nALPHA,2,M\n".repeat(respondents)[..10 * respondents];
            let tally = read(&questionnaire, &file).units["ALPHA"].clone();
            (SurveyedUnit::of("Q~0001", "ALPHA", &tally, &questionnaire, None), tally)
        };
        let (few, tally) = kept(2);
        assert_eq!((&few.questions, &few.strata), (&vec![], &vec![BTreeMap::new()]));
        assert_eq!((few.respondents, few.leaves[0].satisfied), (2, satisfied));
        assert_eq!(few.leaves[0].mean, mean.map(|_| Exact::ratio(7, 2)));
        let figure_of = |found: Vec<LeafFound>| found[0].figure(&questionnaire);
        assert_eq!(
            figure_of(few.found(&questionnaire)),
            figure_of(tally.found(&questionnaire))
        );
        assert_eq!(kept(4).0.questions, Vec::<Vec<u32>>::new());
        let (enough, tally) = kept(5);
        assert_eq!((enough.questions, enough.leaves), (tally.questions, vec![]));
        let again: SurveyedUnit = serde_json::from_value(serde_json::to_value(&few).expect("json")).expect("a unit");
        assert_eq!(again, few);
    }
}

#[test]
fn a_column_that_nobody_knows_refuses_the_file_until_it_is_dropped_by_name() {
    let questionnaire = questionnaire("MEAN", &[("a", "2.1", 1)]);
    let refused = |file: &[u8], drop: &[&str]| {
        let problem = read_dropping(&questionnaire, file, drop).expect_err("a problem");
        (problem.code, problem.message.en)
    };
    let file = "unit,ho_ten,a\nALPHA,Trần Văn C,5\n".as_bytes();
    let (code, message) = refused(file, &[]);
    assert_eq!(code, RowsProblemCode::UnknownColumn);
    assert!(message.contains("no column ho_ten"), "{message}");
    let found = read_dropping(&questionnaire, file, &["ho_ten"]).expect("a file");
    assert_eq!(found.units["ALPHA"].questions[0], [0, 0, 0, 0, 1, 0, 0]);
    for (file, drop, code, says) in [
        (
            &b"unit,a\nALPHA,5\n"[..],
            vec!["ho_ten"],
            RowsProblemCode::MissingColumn,
            "names ho_ten",
        ),
        (
            b"unit,a\nALPHA,5\n",
            vec!["a"],
            RowsProblemCode::MissingColumn,
            "a is needed",
        ),
        (
            b"unit,a,a\nALPHA,5,5\n",
            vec![],
            RowsProblemCode::DoubledColumn,
            "a is there twice",
        ),
        (
            b"unit,sex\nALPHA,F\n",
            vec![],
            RowsProblemCode::MissingColumn,
            "Column a is missing",
        ),
        (b"unit,a\n\n", vec![], RowsProblemCode::Empty, "no rows"),
        (b"", vec![], RowsProblemCode::Empty, "no rows"),
        // Windows-1258 for "đơn vị".
        (
            b"\xf0\xf5n v\xec,unit,a\n",
            vec![],
            RowsProblemCode::NotUtf8,
            "not UTF-8",
        ),
        (b"unit,a\nALPHA,\"5\n", vec![], RowsProblemCode::Unreadable, "line 2"),
    ] {
        let (found, message) = refused(file, &drop);
        assert_eq!(found, code, "{message}");
        assert!(message.contains(says), "{message}");
    }
    // A file without a header: its first row is somebody's answers.
    let (code, message) = refused("Trần Văn C,5\n".as_bytes(), &[]);
    assert_eq!(code, RowsProblemCode::MissingColumn);
    assert!(!message.contains("Trần"), "{message}");
}

#[test]
fn counts_are_read_with_their_own_problems() {
    let questionnaire = questionnaire("MEAN", &[("a", "2.1", 1), ("b", "2.1", 1)]);
    let file = "unit;question;answer;count\r\nALPHA;a;5;3\r\nALPHA;a;99;1\r\nALPHA;b;4;2\r\nALPHA;a;5;1\r\n\
        ALPHA;c;5;1\r\nALPHA;a;6;1\r\nALPHA;a;4;-1\r\nALPHA;a;4;1.5\r\nBETA;a;1;0\r\n";
    let found = read_dropping(&questionnaire, file.as_bytes(), &[]).expect("a file");
    assert_eq!(found.rows_are, RowsAre::Counts);
    let problems: Vec<_> = found.report.problems.iter().map(|one| (one.line, one.code)).collect();
    use RowProblemCode::{DoubledKey, NotANumber, UnknownCode};
    assert_eq!(
        problems,
        [
            (5, DoubledKey),
            (6, UnknownCode),
            (7, UnknownCode),
            (8, NotANumber),
            (9, NotANumber)
        ]
    );
    // Four were asked: of b nothing is known of two.
    let alpha = &found.units["ALPHA"];
    assert_eq!(alpha.respondents, 4);
    assert_eq!(alpha.questions, [vec![0, 0, 0, 0, 3, 1, 0], vec![0, 0, 0, 2, 0, 0, 2]]);
    // Nobody was asked about BETA.
    assert_eq!(found.units.len(), 1);
}

/// A thousand rows a thousand times: what is held stays what one row and the counts take.
#[test]
fn a_million_rows_are_counted_as_they_come() {
    let questionnaire = questionnaire("MEAN", &[("a", "2.1", 1), ("b", "2.1", 1)]);
    let drop = BTreeSet::from(["ho_ten".to_owned()]);
    let mut reader = SurveyReader::new(&questionnaire, UNITS, &drop);
    reader.push(b"unit;ho_ten;a;b\r\n").expect("a header");
    let thousand = "ALPHA;Ho va ten;5;2\r\nBETA;Ho va ten;;3\r\n".repeat(500);
    for _ in 0..1_000 {
        reader.push(thousand.as_bytes()).expect("rows");
    }
    let read = reader.finish().expect("a file");
    assert_eq!((read.report.good_rows, read.report.bad_rows), (1_000_000, 0));
    assert_eq!(
        read.units["ALPHA"].questions,
        [[0, 0, 0, 0, 500_000, 0, 0], [0, 500_000, 0, 0, 0, 0, 0]]
    );
    assert_eq!(
        read.units["BETA"].questions,
        [[0, 0, 0, 0, 0, 0, 500_000], [0, 0, 500_000, 0, 0, 0, 0]]
    );
}

/// Rows of respondents: the unit, and an answer to each of three questions; 0 for none, 6 for 99.
fn respondents() -> impl Strategy<Value = Vec<(usize, [u8; 3])>> {
    prop::collection::vec((0..UNITS.len(), prop::array::uniform3(0..=6_u8)), 1..40)
}

fn three() -> Questionnaire {
    questionnaire("MEAN", &[("a", "2.1", 2), ("b", "2.1", 3), ("c", "2.2", 1)])
}

fn cell(answer: u8) -> String {
    match answer {
        0 => String::new(),
        6 => "99".to_owned(),
        answer => answer.to_string(),
    }
}

fn as_rows(rows: &[(usize, [u8; 3])]) -> String {
    let mut file = "unit,a,b,c\n".to_owned();
    for (unit, answers) in rows {
        file += &format!("{},{}\n", UNITS[*unit], answers.map(cell).join(","));
    }
    file
}

fn as_counts(rows: &[(usize, [u8; 3])]) -> String {
    let mut counts: BTreeMap<(usize, usize, u8), u32> = BTreeMap::new();
    for (unit, answers) in rows {
        for (question, answer) in answers.iter().enumerate() {
            *counts.entry((*unit, question, *answer)).or_default() += 1;
        }
    }
    let mut file = "count,answer,question,unit\n".to_owned();
    for ((unit, question, answer), count) in counts {
        file += &format!(
            "{count},{},{},{}\n",
            cell(answer),
            ["a", "b", "c"][question],
            UNITS[unit]
        );
    }
    file
}

proptest! {
    #[test]
    fn the_order_of_rows_changes_nothing(rows in respondents(), turn in 0..40_usize) {
        let mut turned = rows.clone();
        turned.rotate_left(turn % rows.len());
        turned.reverse();
        let questionnaire = three();
        prop_assert_eq!(read(&questionnaire, &as_rows(&rows)), read(&questionnaire, &as_rows(&turned)));
    }

    #[test]
    fn respondents_and_their_counts_are_the_same_survey(rows in respondents()) {
        let questionnaire = three();
        // Counts do not tell who answered nothing at all.
        let silent = |answers: &[u8; 3]| answers.iter().all(|answer| matches!(answer, 0 | 6));
        let rows: Vec<_> = rows.into_iter().filter(|(_, answers)| !silent(answers)).collect();
        prop_assume!(!rows.is_empty());
        let mut counted = read(&questionnaire, &as_counts(&rows)).units;
        let one_by_one = read(&questionnaire, &as_rows(&rows)).units;
        // Counts say nothing of groups: whoever was asked is in none, as there.
        for (unit, tally) in &mut counted {
            prop_assert_eq!(&tally.questions, &one_by_one[unit].questions);
        }
        prop_assert_eq!(counted, one_by_one);
    }

    #[test]
    fn who_does_not_answer_changes_no_mean_and_no_share(rows in respondents(), silent in prop::collection::vec((0..UNITS.len(), prop::bool::ANY), 0..20)) {
        let questionnaire = three();
        let before = read(&questionnaire, &as_rows(&rows)).units;
        let none = silent.iter().map(|(unit, stated)| (*unit, [if *stated { 6 } else { 0 }; 3]));
        let more: Vec<_> = rows.iter().copied().chain(none).collect();
        let after = read(&questionnaire, &as_rows(&more)).units;
        for (unit, tally) in &after {
            let figures = |tally: &UnitTally| -> Vec<_> {
                let found = tally.found(&questionnaire).into_iter();
                found.map(|leaf| (leaf.share(), leaf.criterion, leaf.mean, leaf.valid)).collect()
            };
            let known = before.get(unit).map(figures).unwrap_or_default();
            prop_assert_eq!(figures(tally), known);
            prop_assert_eq!(Some(tally.respondents), before.get(unit).map(|tally| tally.respondents));
        }
    }

    #[test]
    fn a_mean_lies_on_its_scale_and_a_share_between_none_and_all(rows in respondents()) {
        let questionnaire = three();
        for tally in read(&questionnaire, &as_rows(&rows)).units.values() {
            for leaf in tally.found(&questionnaire) {
                let (mean, share) = (leaf.mean.clone().expect("a mean"), leaf.share().expect("a share"));
                let (one, five) = (Exact::one(), Exact::from_integer(5));
                prop_assert_eq!(mean.clamped(&one, &five), mean);
                prop_assert_eq!(share.clamped(&Exact::zero(), &one), share);
                prop_assert!(leaf.figure(&questionnaire).is_some());
            }
        }
    }
}
