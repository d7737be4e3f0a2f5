//! What the register keeps: frameworks, column mappings, units, accounts and grants.

use async_graphql::{Context, Object, Result};

use crate::app::findings::unreadable;
use crate::app::receipt::Done;
use crate::app::{import_framework, keep_recusals, keep_register};

use crate::domain::policy::Permission;
use crate::domain::{conflict, registry};
use crate::graphql::frameworks::{Finding, Framework};
use crate::graphql::inputs::{nfc, nfc_option};
use crate::graphql::mappings::{SaveColumnMappingInput, SaveColumnMappingPayload, save};
use crate::graphql::messages::*;
use crate::graphql::register::{Recusal, Unit};
use crate::graphql::{ids, session};

fn grant_payload(login: &str, done: Done<String>) -> GrantPayload {
    GrantPayload {
        grant_id: ids::encode("Grant", &format!("{login}/{}", done.output)),
        receipt: done.receipt.map(Into::into),
    }
}

fn recusal_payload(done: Done<conflict::Recusal>) -> RecusalPayload {
    RecusalPayload {
        recusal: Recusal(done.output),
        receipt: done.receipt.map(Into::into),
    }
}

/// What the register keeps: frameworks, column mappings, units, accounts and grants.
#[derive(Default)]
pub struct RegisterMutation;

/// What the register keeps: frameworks, column mappings, units, accounts and grants.
#[Object]
impl RegisterMutation {
    /// Lints a framework and issues it; issued frameworks never change.
    async fn import_framework(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The framework.")] input: ImportFrameworkInput,
    ) -> Result<ImportFrameworkPayload> {
        session(context).check(Permission::KeepFrameworks).await?;
        let found = import_framework::check(&input.framework.0);
        let (framework, findings) = found.map_err(|findings| unreadable("framework", findings))?;
        let findings: Vec<Finding> = findings.into_iter().map(Into::into).collect();
        if input.dry_run {
            return Ok(ImportFrameworkPayload {
                framework: None,
                findings,
                receipt: None,
            });
        }
        let (code, version) = (framework.code.clone(), framework.version.clone());
        let command = import_framework::ImportFramework {
            framework,
            accept_warnings: input.accept_warnings,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        let framework = session(context).framework(&code, &version).await?;
        Ok(ImportFrameworkPayload {
            framework: Some(Framework(framework)),
            findings,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Saves how the exports of another system are read as rows: as the first version of a code, or as its next one. Saved
    /// versions never change; what the newest says already is not saved again.
    async fn save_column_mapping(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The mapping.")] input: SaveColumnMappingInput,
    ) -> Result<SaveColumnMappingPayload> {
        save(context, input).await
    }

    /// Adds units or changes their data.
    async fn put_units(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The units.")] input: PutUnitsInput,
    ) -> Result<PutUnitsPayload> {
        let unit = |one: UnitInput| registry::Unit {
            code: one.code,
            name: one.name.into(),
            unit_type: one.unit_type,
            group: one.group,
            parent: one.parent,
            valid_from: one.valid_from.0,
            valid_to: one.valid_to.map(|date| date.0),
            agency_code: one.agency_code,
        };
        let command = keep_register::PutUnits {
            units: input.units.into_iter().map(unit).collect(),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        let mut units = Vec::with_capacity(done.output.len());
        for code in done.output {
            units.extend(session(context).unit(&code).await?.map(Unit));
        }
        Ok(PutUnitsPayload {
            units,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Creates an account or changes it.
    async fn put_user(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The account.")] input: PutUserInput,
    ) -> Result<PutUserPayload> {
        let kind = if input.service {
            registry::AccountKind::Service
        } else {
            registry::AccountKind::Person
        };
        let (login, name) = (input.login, nfc(&input.name));
        let command = keep_register::PutUser {
            login,
            name,
            kind,
            unit: input.unit,
            active: input.active,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(PutUserPayload {
            login: done.output,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Grants a role within a scope.
    async fn grant_role(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The grant.")] input: GrantRoleInput,
    ) -> Result<GrantPayload> {
        let command = keep_register::GrantRole {
            login: input.login.clone(),
            role: input.role.into(),
            unit: input.unit,
            unit_types: input.unit_types,
            criteria: input.criteria,
            department: input.department,
            valid_from: input.valid_from.0,
            valid_to: input.valid_to.map(|date| date.0),
            document: nfc_option(input.document),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(grant_payload(&input.login, done))
    }

    /// Revokes a grant at once.
    async fn revoke_grant(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The grant and why.")] input: RevokeGrantInput,
    ) -> Result<GrantPayload> {
        // An id of something else names no grant: the gate says so after it has looked at the rights.
        let grant = ids::decode(&input.grant_id)
            .filter(|(kind, _)| kind == "Grant")
            .and_then(|(_, key)| Some(key.strip_prefix(&format!("{}/", input.login))?.to_owned()))
            .unwrap_or_default();
        let command = keep_register::RevokeGrant {
            login: input.login.clone(),
            grant,
            reason: nfc(&input.reason),
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        Ok(grant_payload(&input.login, done))
    }

    /// Declares that an appraiser does not judge a dossier or a part of it: the own recusal by an appraiser, somebody
    /// else's by those who run rounds. It holds at once: the leaves leave the person's queue, a claim of one no longer lets
    /// the person review and runs out after its 20 minutes, and reviews that were made stand. What is declared already
    /// stays as it is.
    async fn recuse(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "From what, and why.")] input: RecuseInput,
    ) -> Result<RecusalPayload> {
        let session = session(context);
        let (round, unit) = input.dossier.resolve("dossier")?;
        let login = match input.login {
            Some(login) => login,
            None => session.signed_in()?.to_owned(),
        };
        let recusal = keep_recusals::NewRecusal {
            login,
            round,
            unit,
            criterion: input.criterion,
            reason: nfc(&input.reason),
        };
        Ok(recusal_payload(session.recuse(recusal, input.idempotency.key).await?))
    }

    /// Lifts a recusal, for those who run rounds: the person judges there again. It stays readable, with the reason.
    async fn lift_recusal(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which recusal, and why.")] input: LiftRecusalInput,
    ) -> Result<RecusalPayload> {
        let (round, unit) = input.dossier.resolve("dossier")?;
        let command = keep_recusals::LiftRecusal {
            login: input.login,
            round,
            unit,
            criterion: input.criterion,
            reason: nfc(&input.reason),
        };
        Ok(recusal_payload(
            session(context).run(command, input.idempotency.key).await?,
        ))
    }
}
