//! Why a cluster cannot be opened, in words that say what to do. None repeats what a connection string holds.

use mongodb::error::{Error, ErrorKind};

use crate::store::StoreError;

/// Code for an account without the right, and for nobody where there are accounts.
const UNAUTHORIZED: i32 = 13;

/// What is wrong and what to do, with the driver's own words behind it.
#[derive(Debug, thiserror::Error)]
#[error("{what} ({})", .cause.kind)]
struct Problem {
    what: &'static str,
    #[source]
    cause: Box<Error>,
}

/// Says of which form a connection string is, and nothing of the one that was given.
pub fn unreadable_uri() -> StoreError {
    StoreError::Unavailable(
        "the connection string is not one that the driver reads (it is not repeated here, because it may hold a \
         password): mongodb://USER:PASSWORD@HOST:PORT,…/DATABASE?replicaSet=NAME&tls=true, and the characters : / ? # [ ] @ % of \
         a password written as %3A, %2F and so on"
            .into(),
    )
}

/// An error of opening, explained where the reason is known.
pub fn explained(error: StoreError) -> StoreError {
    let StoreError::Unavailable(cause) = error else {
        return error;
    };
    match cause.downcast::<Error>() {
        Ok(cause) => match reason(&cause) {
            Some(what) => StoreError::Unavailable(Box::new(Problem { what, cause })),
            None => StoreError::Unavailable(cause),
        },
        Err(cause) => StoreError::Unavailable(cause),
    }
}

fn reason(error: &Error) -> Option<&'static str> {
    let text = error.kind.to_string();
    match *error.kind {
        ErrorKind::Authentication { .. } => Some(
            "the cluster does not take this user with this password; authSource in the URL names the database that keeps the \
             account, if it is not the one in the path",
        ),
        ErrorKind::Command(ref command) if command.code == UNAUTHORIZED => {
            Some("the account lacks a right; README, \"In production\", lists those that it needs")
        }
        ErrorKind::ServerSelection { .. } if text.contains("certificate") => Some(
            "the servers' certificate is from nobody who is trusted here; tlsCAFile in the URL names the file with the authority's",
        ),
        ErrorKind::ServerSelection { .. } => {
            Some("no primary answers; servers that want TLS answer nobody without tls=true in the URL")
        }
        _ => None,
    }
}
