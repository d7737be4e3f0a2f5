//! What the edge asks of the system: executes weighed requests for known people.

use std::sync::Arc;

use async_graphql::{Request, Response};
use async_trait::async_trait;
use jiff::Timestamp;

use crate::app::error::Error;
use crate::app::follow_up::FOLLOW_UP_FILES;
use crate::app::{App, Session};
use crate::blob::link::{FileLink, LinkSigner};
use crate::blob::upload::StagedFile;
use crate::blob::{BoxError, References};
use crate::graphql::{ApiSchema, schema, sdl};
use crate::http::tokens::Tokens;
use crate::http::{Api, Caller};

/// The application behind the edge.
pub struct ServedApi {
    app: Arc<App>,
    schema: ApiSchema,
    links: LinkSigner,
}

impl ServedApi {
    /// The schema over an application; links are signed with the server's secret.
    pub fn new(app: &Arc<App>, tokens: &Tokens) -> Self {
        Self {
            app: Arc::clone(app),
            schema: schema(),
            links: LinkSigner::new(tokens.link_secret()),
        }
    }

    fn session(&self, caller: &Caller) -> Session {
        match &caller.claims {
            Some(claims) => Session::of(&self.app, &claims.login),
            None => Session::anonymous(&self.app),
        }
    }
}

#[async_trait]
impl References for ServedApi {
    async fn referenced(&self, sha256: &str) -> Result<bool, BoxError> {
        self.app.referenced(sha256).await
    }
}

#[async_trait]
impl Api for ServedApi {
    async fn execute(&self, request: Request, caller: Caller) -> Response {
        let request = request.data(self.session(&caller)).data(self.links.clone());
        self.schema.execute(request).await
    }

    async fn may_upload(&self, caller: &Caller) -> Result<(), Error> {
        self.session(caller).may_upload().await
    }

    async fn open_file(&self, link: &FileLink) -> Result<StagedFile, Error> {
        let missing = || Error::NotFound { what: "file" };
        let session = Session::of(&self.app, &link.viewer);
        // A document of a dossier, or a paper of the round itself.
        let file = match link.evidence.split('/').collect::<Vec<_>>()[..] {
            [round, unit, evidence] => session.file(round, unit, evidence, link.revision, link.file).await?,
            [FOLLOW_UP_FILES, conclusion, task, unit] => {
                let asked = (conclusion, task, unit);
                session.follow_up_file(asked, link.revision, link.file).await?
            }
            [round, paper] => session.paper_file(round, paper, link.revision, link.file).await?,
            _ => return Err(missing()),
        };
        Ok(StagedFile {
            sha256: file.sha256,
            size: file.size,
            name: file.name,
            content_type: file.content_type,
        })
    }

    async fn ready(&self) -> Result<(), Error> {
        Ok(self.app.store.ready().await?)
    }

    fn sdl(&self) -> String {
        sdl()
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }
}
