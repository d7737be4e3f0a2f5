//! The real system behind the edge: sessions for callers, the right to upload, the file behind a link.

use std::sync::Arc;

use async_graphql::{Request, Response};
use async_trait::async_trait;
use jiff::Timestamp;

use super::{Api, Caller};
use crate::app::browse::Sight;
use crate::app::documents::{file_use_fields, streams};
use crate::app::error::Error;
use crate::app::gate::{GRANT_TIME_ZONE, date_in};
use crate::app::{App, Session};
use crate::blob::link::{FileLink, LinkSigner};
use crate::blob::upload::StagedFile;
use crate::blob::{BoxError, References};
use crate::domain::evidence::{FileUse, Revision};
use crate::domain::policy::Permission;
use crate::graphql::ApiSchema;
use crate::store::Document;

/// The application and its schema.
pub struct Service {
    app: Arc<App>,
    schema: ApiSchema,
    links: LinkSigner,
}

impl Service {
    /// A service; resolvers find its [`Session`] and its [`LinkSigner`] in the data of each request.
    pub fn new(app: Arc<App>, schema: ApiSchema, links: LinkSigner) -> Self {
        Self { app, schema, links }
    }

    fn session(&self, login: Option<&str>) -> Session {
        match login {
            Some(login) => Session::of(&self.app, login),
            None => Session::anonymous(&self.app),
        }
    }
}

#[async_trait]
impl References for Service {
    async fn referenced(&self, sha256: &str) -> Result<bool, BoxError> {
        let session = Session::anonymous(&self.app);
        let uses = FileUse::query().filter(file_use_fields::SHA256.equal(sha256));
        Ok(session.reader().count(&uses).await? > 0)
    }
}

#[async_trait]
impl Api for Service {
    async fn execute(&self, request: Request, caller: Caller) -> Response {
        let session = self.session(caller.claims.as_ref().map(|claims| claims.login.as_str()));
        self.schema
            .execute(request.data(session).data(self.links.clone()))
            .await
    }

    async fn may_upload(&self, caller: &Caller) -> Result<(), Error> {
        let claims = caller.claims.as_ref().ok_or(Error::Unauthenticated)?;
        let viewer = Session::of(&self.app, &claims.login)
            .viewer()
            .await?
            .ok_or(Error::Unauthenticated)?;
        let today = date_in(self.now(), GRANT_TIME_ZONE)?;
        match viewer.grants_of(Permission::PrepareDossier, today).next() {
            Some(_) => Ok(()),
            None => Err(Error::Forbidden),
        }
    }

    /// The evidence of a link is named `ROUND/UNIT/EVIDENCE`. Its file is for those who see one of its leaves fully.
    async fn open_file(&self, link: &FileLink) -> Result<StagedFile, Error> {
        let missing = || Error::NotFound { what: "file" };
        let mut names = link.evidence.splitn(3, '/');
        let (Some(round), Some(unit), Some(evidence)) = (names.next(), names.next(), names.next()) else {
            return Err(missing());
        };
        let session = Session::of(&self.app, &link.viewer);
        let view = session.dossier(round, unit).await?;
        let seen = view.desk.leaves.iter().any(|(criterion, leaf)| {
            let linked = leaf.links.iter().any(|facts| facts.link.evidence == evidence);
            linked && view.sight(criterion) == Sight::Full
        });
        if !seen && !view.allows(Permission::ViewDossier) {
            return Err(missing());
        }
        let id = format!("{evidence}~{}", link.revision);
        let revision = session
            .reader()
            .get::<Revision>(&streams::dossier(round, unit), &id)
            .await?
            .ok_or_else(missing)?;
        let file = revision.value.files.get(link.file as usize).ok_or_else(missing)?;
        Ok(StagedFile {
            sha256: file.sha256.clone(),
            size: file.size,
            name: file.name.clone(),
            content_type: file.content_type.clone(),
        })
    }

    async fn ready(&self) -> Result<(), Error> {
        Ok(self.app.store.ready().await?)
    }

    fn sdl(&self) -> String {
        crate::graphql::sdl()
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }
}
