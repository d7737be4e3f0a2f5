//! What an error of the HTTP client says of the link.

use std::error::Error;
use std::io;

use super::allowed::NotPublic;
use crate::domain::link_check::LinkFailure;

/// The failure that an error stands for.
pub(super) fn failure_of(error: &reqwest::Error) -> LinkFailure {
    if causes(error).any(|cause| cause.is::<NotPublic>()) {
        LinkFailure::NotAllowed
    } else if error.is_timeout() {
        LinkFailure::TimedOut
    } else if error.is_dns() {
        LinkFailure::Unresolved
    } else if let Some(failure) = causes(error).find_map(|cause| of_io(cause.downcast_ref()?)) {
        failure
    } else if error.is_connect() {
        LinkFailure::Refused
    } else {
        LinkFailure::Broken
    }
}

/// An error and what it came from.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// What an error of a connection tells; none where it tells no more than that there was one.
fn of_io(error: &io::Error) -> Option<LinkFailure> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Some(LinkFailure::Refused)
        }
        io::ErrorKind::TimedOut => Some(LinkFailure::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(LinkFailure::Broken),
        // What encryption complains of comes as data that are not valid.
        io::ErrorKind::InvalidData => Some(LinkFailure::Insecure),
        // An error within an error, which is not among its sources.
        _ => error.get_ref().and_then(|inner| of_io(inner.downcast_ref()?)),
    }
}
