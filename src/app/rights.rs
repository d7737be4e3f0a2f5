//! Who may do what, asked of the policy; and what those are told who may not.

use jiff::civil::Date;

use super::command::Owner;
use super::desk::dossier_owner;
use super::documents::streams;
use super::error::Error;
use super::reader::Reader;
use crate::domain::dossier::Dossier;
use crate::domain::policy::{Denied, Permission, Viewer};
use crate::domain::registry::Role;
use crate::domain::rejection::Rejection;
use crate::store::StreamId;

/// The answer about what is not there or must not be seen: it names nothing.
pub const NOT_DISCLOSED: Error = Error::NotFound { what: "object" };

fn is_not_found(error: &Error) -> bool {
    matches!(error.kind(), Error::NotFound { .. })
}

/// What an account is told when a command found nothing to load. Only those who may do the act throughout the stream
/// learn what is missing; to all others it looks the same whether what they name is there or not.
pub async fn disclosed(
    error: Error,
    read: &Reader<'_>,
    viewer: &Viewer,
    permission: Permission,
    stream: &StreamId,
    today: Date,
) -> Result<Error, Error> {
    if matches!(error.kind(), Error::Unavailable { .. } | Error::Internal(_)) {
        return Ok(error);
    }
    let owner = match streams::is_dossier(stream) {
        false => Some(Owner::System),
        true => {
            let dossier = read.get::<Dossier>(stream, stream.key()).await?;
            dossier.map(|dossier| dossier_owner(&dossier))
        }
    };
    let allowed = match owner {
        Some(owner) => authorize(viewer, permission, &[owner], today).map(drop),
        None => Err(NOT_DISCLOSED),
    };
    Ok(match (allowed, error) {
        (Ok(()), error) => error,
        // Who sees the dossier may learn what is wrong with the input itself.
        (Err(Error::Forbidden { .. }), error @ Error::Invalid { .. }) if streams::is_dossier(stream) => error,
        // Frameworks are public: which criteria there are is no secret. Which documents there are is one.
        (Err(Error::Forbidden { .. }), error) if streams::is_dossier(stream) && is_not_found(&error) => {
            match error.kind() {
                Error::NotFound { what: "criterion" } => error,
                _ => NOT_DISCLOSED,
            }
        }
        (Err(denied), _) => denied,
    })
}

/// The role in which every owner allows the act.
pub fn authorize(viewer: &Viewer, permission: Permission, owners: &[Owner], today: Date) -> Result<Role, Error> {
    authorize_each(viewer, permission, owners, today, &|_| None)
}

/// The same for a command that names leaves: who sees the dossier is told which of them is in the way.
pub fn authorize_each(
    viewer: &Viewer,
    permission: Permission,
    owners: &[Owner],
    today: Date,
    place: &dyn Fn(&str) -> Option<String>,
) -> Result<Role, Error> {
    let needs = permission;
    let mut role = None;
    for owner in owners {
        let error = match viewer.authorize(permission, owner.resource(), today) {
            Ok(found) => {
                role = Some(found);
                continue;
            }
            Err(Denied::Forbidden) => Error::Forbidden { needs },
            Err(Denied::NotFound) => NOT_DISCLOSED,
            Err(Denied::Conflict(conflict)) => Rejection::Conflict(conflict).into(),
        };
        let sees_dossier = || owner.dossier().is_some_and(|dossier| sees(viewer, &dossier, today));
        let place = owner.criterion().and_then(place).filter(|_| sees_dossier());
        return Err(match place {
            Some(place) => error.about(place),
            None => error,
        });
    }
    role.ok_or(Error::Forbidden { needs })
}

/// Whether the owner's existence is no secret for the viewer.
pub fn sees(viewer: &Viewer, owner: &Owner, today: Date) -> bool {
    viewer.sees(owner.resource(), today)
}
