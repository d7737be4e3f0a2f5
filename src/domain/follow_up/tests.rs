use super::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn report(on: &str, accepted: Option<bool>) -> Report {
    let outcome = accepted.map(|accepted| Outcome {
        accepted,
        reason: "Đủ".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        by: "snv.manager".to_owned(),
    });
    Report {
        text: "Đã họp".to_owned(),
        letter: Letter {
            number: "12/BC".to_owned(),
            dated: day(on),
            files: Vec::new(),
        },
        on: day(on),
        at: Timestamp::UNIX_EPOCH,
        by: "officer".to_owned(),
        outcome,
    }
}

fn asked(due: Option<&str>, reports: &[Sent<'_>]) -> FollowUp {
    FollowUp {
        conclusion: "N".to_owned(),
        task: "1".to_owned(),
        unit: "SGTVT".to_owned(),
        unit_type: "SO".to_owned(),
        unit_path: Vec::new(),
        time_zone: "Asia/Ho_Chi_Minh".to_owned(),
        due: due.map(day),
        counts_as: None,
        reports: reports.iter().map(|(on, accepted)| report(on, *accepted)).collect(),
        extensions: Vec::new(),
        lifted: None,
    }
}

/// Where it stands on 10 August, whether it was in time, and for how many days it has been overdue.
type Standing = (FollowUpState, Option<bool>, u32);
/// The day of a report, and what became of it.
type Sent<'a> = (&'a str, Option<bool>);
/// What was due and sent, when it is brought, and what it gives.
type Taken<'a> = (Option<&'a str>, &'a [Sent<'a>], &'a str, Option<InputValue>);

#[test]
fn a_deadline_is_kept_by_the_day_of_the_report_that_was_accepted() {
    use FollowUpState::{Accepted, Open, Reported, Returned};
    const DUE: Option<&str> = Some("2020-07-31");
    let table: [(Option<&str>, &[Sent<'_>], Standing); 9] = [
        (DUE, &[], (Open, Some(false), 10)),
        (Some("2020-08-10"), &[], (Open, None, 0)),
        (None, &[], (Open, None, 0)),
        // Who looked when does not count; that nobody has looked yet is not the unit's fault.
        (DUE, &[("2020-07-31", None)], (Reported, None, 0)),
        (DUE, &[("2020-07-31", Some(true))], (Accepted, Some(true), 0)),
        (DUE, &[("2020-08-01", Some(true))], (Accepted, Some(false), 0)),
        // Sent back: the day of the one that was accepted counts.
        (DUE, &[("2020-07-20", Some(false))], (Returned, Some(false), 10)),
        (
            DUE,
            &[("2020-07-20", Some(false)), ("2020-08-03", Some(true))],
            (Accepted, Some(false), 0),
        ),
        (None, &[("2020-12-31", Some(true))], (Accepted, Some(true), 0)),
    ];
    for (due, reports, expected) in table {
        let one = asked(due, reports);
        let today = day("2020-08-10");
        let found = (one.state(), one.in_time(today), one.days_overdue(today));
        assert_eq!(found, expected, "{due:?} {reports:?}");
    }
}

#[test]
fn what_is_asked_no_more_is_not_owed() {
    let mut one = asked(Some("2020-07-31"), &[]);
    one.lifted = Some(Lifted {
        reason: "Sáp nhập".to_owned(),
        at: Timestamp::UNIX_EPOCH,
        by: "snv.manager".to_owned(),
    });
    let today = day("2021-01-01");
    assert_eq!((one.state(), one.days_overdue(today)), (FollowUpState::Lifted, 0));
    assert_eq!(one.in_time(today), None);
}

#[test]
fn a_leaf_takes_one_for_what_was_done_in_time_and_nothing_for_what_is_open() {
    let number = |number: i64| Some(InputValue::Count(Decimal::from_integer(number)));
    const DUE: Option<&str> = Some("2020-07-31");
    // The last second of the day there, and the first of the next.
    let (on_it, over) = ("2020-07-31T16:59:59Z", "2020-07-31T17:00:00Z");
    let table: [Taken<'_>; 11] = [
        (DUE, &[("2020-07-31", Some(true))], on_it, number(1)),
        (DUE, &[("2020-07-31", Some(true))], over, number(1)),
        (DUE, &[("2020-08-01", Some(true))], over, number(0)),
        (None, &[("2021-01-01", Some(true))], over, number(1)),
        (None, &[], over, number(0)),
        // What can still be done is not undone.
        (DUE, &[], on_it, None),
        (DUE, &[], over, number(0)),
        (DUE, &[("2020-07-01", Some(false))], on_it, None),
        (DUE, &[("2020-07-01", Some(false))], over, number(0)),
        // A report in time waits for somebody; one that is late cannot change anything.
        (DUE, &[("2020-07-01", None)], over, None),
        (DUE, &[("2020-08-01", None)], over, number(0)),
    ];
    for (due, reports, at, expected) in table {
        let found = asked(due, reports).followed_up().value(at.parse().unwrap());
        assert_eq!(found, expected, "{due:?} {reports:?} {at}");
    }
}
