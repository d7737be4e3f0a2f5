//! Checks of links: what fetching the addresses of a round's documents gave, and when a link counts as dead.
//!
//! Knows nothing of networks: what was found comes in.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Failed runs after which a link is dead whose server may only have been away (2): one night of maintenance is no dead link.
pub const FAILED_RUNS: u32 = 2;
/// How far the first and the last of these runs lie apart at least (12 h): two runs within one outage say as much as one.
pub const FAILED_FOR: SignedDuration = SignedDuration::from_hours(12);

/// Why there was no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkFailure {
    /// The text is no http(s) address.
    NotAnAddress,
    /// The server says that there is no such page (404, 410).
    Gone,
    /// The server answers, but not to programs or not to everybody (401, 403, 407, 429, 451): whether there is a page only a
    /// person can tell.
    Denied,
    /// Another status than 200 to 299.
    BadStatus,
    /// The name has no address.
    Unresolved,
    /// The address belongs to a private network, or carries a password: it is not fetched.
    NotAllowed,
    /// Nobody accepts the connection.
    Refused,
    /// The certificate does not hold, or there is no agreement on encryption.
    Insecure,
    TimedOut,
    TooManyRedirects,
    /// The connection ended before the answer did.
    Broken,
}

impl LinkFailure {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAnAddress => "NOT_AN_ADDRESS",
            Self::Gone => "GONE",
            Self::Denied => "DENIED",
            Self::BadStatus => "BAD_STATUS",
            Self::Unresolved => "UNRESOLVED",
            Self::NotAllowed => "NOT_ALLOWED",
            Self::Refused => "REFUSED",
            Self::Insecure => "INSECURE",
            Self::TimedOut => "TIMED_OUT",
            Self::TooManyRedirects => "TOO_MANY_REDIRECTS",
            Self::Broken => "BROKEN",
        }
    }

    /// What a status says, if it is no success.
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            200..=299 => None,
            404 | 410 => Some(Self::Gone),
            401 | 403 | 407 | 429 | 451 => Some(Self::Denied),
            _ => Some(Self::BadStatus),
        }
    }

    /// Whether another try would come to the same.
    fn is_definite(self) -> bool {
        matches!(self, Self::NotAnAddress | Self::Gone)
    }

    /// Whether a machine answered, be it by refusing. A network that is down answers nothing at all.
    pub fn is_answered(self) -> bool {
        match self {
            Self::Gone
            | Self::Denied
            | Self::BadStatus
            | Self::TooManyRedirects
            | Self::Refused
            | Self::Insecure
            | Self::Broken => true,
            Self::NotAnAddress | Self::Unresolved | Self::NotAllowed | Self::TimedOut => false,
        }
    }

    /// Whether the address itself says so, whatever the network is like.
    fn is_of_the_address(self) -> bool {
        matches!(self, Self::NotAnAddress | Self::NotAllowed)
    }
}

/// What fetching an address gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fetched {
    /// HTTP status of the last answer; absent where nothing answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The address that answered, where redirects led to another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub final_url: Option<String>,
    /// Bytes of the page that were read.
    #[serde(with = "crate::domain::number_text")]
    pub bytes: u64,
    /// Whether the page goes on behind them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// SHA-256 of these bytes, hexadecimal; absent where there was no page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Why there was no page; absent where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<LinkFailure>,
}

impl Fetched {
    /// No page, and no answer.
    pub fn failed(failure: LinkFailure) -> Self {
        Self {
            failure: Some(failure),
            ..Self::default()
        }
    }

    /// Whether any server answered.
    pub fn is_answered(&self) -> bool {
        self.failure.is_none_or(LinkFailure::is_answered)
    }

    /// Whether the failure follows from the address itself.
    pub fn says_the_address(&self) -> bool {
        self.failure.is_some_and(LinkFailure::is_of_the_address)
    }
}

/// The newest check of an address, with what is to be known of those before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkCheck {
    /// Code of the round.
    pub round: String,
    /// The address as the documents have it.
    pub url: String,
    pub checked_at: Timestamp,
    pub found: Fetched,
    /// The first of the failures that have not been interrupted since; absent where the newest check is no failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// How many runs in a row these are.
    #[serde(default, skip_serializing_if = "crate::domain::rows::is_zero")]
    pub failed_runs: u32,
    /// The newest failure ever; it stays when the link is well again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failed_at: Option<Timestamp>,
    /// The newest page ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_succeeded_at: Option<Timestamp>,
}

/// Where a link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkState {
    /// There is a page.
    Alive,
    /// The server does not show it to programs.
    Denied,
    /// It failed, and may be well again with the next run.
    Failing,
    Dead,
}

impl LinkCheck {
    /// The id of an address among those of its round: its SHA-256, because addresses are long.
    pub fn key_of(url: &str) -> String {
        hex::encode(Sha256::digest(url))
    }

    /// A new check of an address. Whoever refuses programs answers: that interrupts failures.
    pub fn after(before: Option<&Self>, round: &str, url: &str, at: Timestamp, found: Fetched) -> Self {
        let fails = !matches!(found.failure, None | Some(LinkFailure::Denied));
        let is_page = found.failure.is_none();
        let failing = before.filter(|before| fails && before.failing_since.is_some());
        Self {
            round: round.to_owned(),
            url: url.to_owned(),
            checked_at: at,
            found,
            failing_since: failing.and_then(|before| before.failing_since).or(fails.then_some(at)),
            failed_runs: match fails {
                true => failing.map_or(0, |before| before.failed_runs).saturating_add(1),
                false => 0,
            },
            last_failed_at: match fails {
                true => Some(at),
                false => before.and_then(|before| before.last_failed_at),
            },
            last_succeeded_at: match is_page {
                true => Some(at),
                false => before.and_then(|before| before.last_succeeded_at),
            },
        }
    }

    /// What is to be told to those who filed the address at that instant: nothing of what was found before, because it would tell
    /// that somebody else had filed it.
    pub fn since(mut self, filed: Timestamp) -> Option<Self> {
        if self.checked_at < filed {
            return None;
        }
        let later = |at: &Timestamp| *at >= filed;
        self.failing_since = self.failing_since.map(|at| at.max(filed));
        self.last_failed_at = self.last_failed_at.filter(later);
        self.last_succeeded_at = self.last_succeeded_at.filter(later);
        Some(self)
    }

    /// Where the link stands. What the server itself says is gone is dead at once; everything else after [`FAILED_RUNS`] runs
    /// over [`FAILED_FOR`], because it may be a fault of the network, of a name server, or of a night.
    pub fn state(&self) -> LinkState {
        let long = self
            .failing_since
            .is_some_and(|since| self.checked_at.duration_since(since) >= FAILED_FOR);
        match self.found.failure {
            None => LinkState::Alive,
            Some(LinkFailure::Denied) => LinkState::Denied,
            Some(failure) if failure.is_definite() => LinkState::Dead,
            Some(_) if self.failed_runs >= FAILED_RUNS && long => LinkState::Dead,
            Some(_) => LinkState::Failing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_580_000_000 + hour * 3600).unwrap()
    }

    /// Where a link stands after each of these checks, an hour and what was found.
    fn states(checks: &[(i64, Option<LinkFailure>)]) -> (Vec<LinkState>, LinkCheck) {
        let (mut states, mut newest) = (Vec::new(), None);
        for (hour, failure) in checks {
            let found = Fetched {
                failure: *failure,
                ..Fetched::default()
            };
            let check = LinkCheck::after(newest.as_ref(), "R", "https://so.example", at(*hour), found);
            states.push(check.state());
            newest = Some(check);
        }
        (states, newest.unwrap())
    }

    #[test]
    fn what_the_server_says_is_gone_is_dead_at_once_and_the_rest_after_two_runs_half_a_day_apart() {
        use LinkFailure::{Gone, NotAllowed, NotAnAddress, TimedOut, Unresolved};
        use LinkState::{Alive, Dead, Failing};
        assert_eq!(states(&[(0, Some(Gone))]).0, [Dead]);
        assert_eq!(states(&[(0, Some(NotAnAddress))]).0, [Dead]);
        for failure in [Unresolved, TimedOut, NotAllowed] {
            assert_eq!(states(&[(0, Some(failure))]).0, [Failing]);
            assert_eq!(states(&[(0, Some(failure)), (11, Some(failure))]).0, [Failing, Failing]);
            assert_eq!(states(&[(0, Some(failure)), (12, Some(failure))]).0, [Failing, Dead]);
        }
        // Other failures in a row are one row.
        assert_eq!(
            states(&[(0, Some(TimedOut)), (24, Some(Unresolved))]).0,
            [Failing, Dead]
        );
        assert_eq!(
            states(&[(0, Some(TimedOut)), (24, None), (48, Some(TimedOut))]).0,
            [Failing, Alive, Failing]
        );
    }

    #[test]
    fn who_refuses_programs_is_never_dead_and_interrupts_failures() {
        use LinkFailure::{Denied, Refused};
        let (found, newest) = states(&[(0, Some(Refused)), (24, Some(Denied)), (48, Some(Refused))]);
        assert_eq!(found, [LinkState::Failing, LinkState::Denied, LinkState::Failing]);
        assert_eq!((newest.failing_since, newest.failed_runs), (Some(at(48)), 1));
        assert_eq!(
            states(&[(0, Some(Denied)), (99, Some(Denied))]).0,
            [LinkState::Denied; 2]
        );
    }

    #[test]
    fn the_first_and_the_last_failure_are_kept() {
        let failed = Some(LinkFailure::BadStatus);
        let newest = states(&[(0, None), (10, failed), (20, failed), (40, failed)]).1;
        assert_eq!(
            (newest.failing_since, newest.last_failed_at),
            (Some(at(10)), Some(at(40)))
        );
        assert_eq!((newest.last_succeeded_at, newest.failed_runs), (Some(at(0)), 3));
        let well = states(&[(0, failed), (10, None)]).1;
        assert_eq!((well.failing_since, well.last_failed_at), (None, Some(at(0))));
        assert_eq!((well.last_succeeded_at, well.failed_runs), (Some(at(10)), 0));
    }

    #[test]
    fn a_status_says_what_became_of_the_page() {
        for (status, failure) in [
            (200, None),
            (204, None),
            (299, None),
            (304, Some(LinkFailure::BadStatus)),
            (403, Some(LinkFailure::Denied)),
            (404, Some(LinkFailure::Gone)),
            (410, Some(LinkFailure::Gone)),
            (429, Some(LinkFailure::Denied)),
            (500, Some(LinkFailure::BadStatus)),
        ] {
            assert_eq!(LinkFailure::of_status(status), failure, "{status}");
        }
    }
}
