//! Seeding: the units, people and frameworks in the `seed` folder, through the same commands as everybody's.
//!
//! Twice changes nothing: what is there stays as people have changed it since, deactivated accounts and revoked grants too.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::App;
use super::documents::streams;
use super::error::Error;
use super::gate::{Authority, run_as};
use super::import_framework::{ImportFramework, check};
use super::keep_register::{GrantRole, PutUnits, PutUser};
use super::keep_series::{NewFigure, RecordIndexFigures, SaveIndex};
use super::reader::Reader;
use crate::domain::registry::{AccountKind, Grant, Role, Unit, User};
use crate::domain::series::IndexContent;
use crate::domain::text::Text;

/// The units of the seed file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeedUnit {
    code: String,
    name: Text,
    #[serde(rename = "type")]
    unit_type: String,
    group: Option<String>,
    parent: Option<String>,
    valid_from: Date,
    valid_to: Option<Date>,
    #[serde(default)]
    identifiers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct SeedUnits {
    units: Vec<SeedUnit>,
}

#[derive(Deserialize)]
struct SeedUser {
    login: String,
    name: String,
    kind: AccountKind,
    unit: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeedGrant {
    login: String,
    role: Role,
    unit: Option<String>,
    #[serde(default)]
    appraising_department: bool,
    valid_from: Date,
    valid_to: Option<Date>,
    document: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Substitute {
    department: String,
    dossier_unit: String,
    substitute: String,
}

#[derive(Deserialize)]
struct SeedUsers {
    users: Vec<SeedUser>,
    grants: Vec<SeedGrant>,
    substitutes: Vec<Substitute>,
}

#[derive(Deserialize)]
struct SeedIndex {
    code: String,
    content: IndexContent,
    figures: Vec<NewFigure>,
}

#[derive(Deserialize)]
struct SeedSeries {
    indices: Vec<SeedIndex>,
}

/// The files of the `seed` folder, built into the program.
const UNITS: &str = include_str!("../../seed/units.json");
const USERS: &str = include_str!("../../seed/users.json");
const SERIES: &str = include_str!("../../seed/series.json");
const FRAMEWORKS: [&str; 8] = [
    include_str!("../../seed/frameworks/SO.2018.json"),
    include_str!("../../seed/frameworks/HU.2018.json"),
    include_str!("../../seed/frameworks/ND.2018.json"),
    include_str!("../../seed/frameworks/XA.2018.json"),
    include_str!("../../seed/frameworks/SO.2019.json"),
    include_str!("../../seed/frameworks/HU.2019.json"),
    include_str!("../../seed/frameworks/ND.2019.json"),
    include_str!("../../seed/frameworks/XA.2019.json"),
];

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| Error::Internal(Box::new(error)))
}

/// Loads units, accounts with their grants, frameworks, and indices that others publish.
pub async fn seed(app: &App) -> Result<(), Error> {
    let system = Authority::System;
    let units = read::<SeedUnits>(UNITS)?.units.into_iter().map(unit).collect();
    run_as(app, &system, &PutUnits { units }, None).await?;
    let people: SeedUsers = read(USERS)?;
    let home: BTreeMap<String, String> = people
        .users
        .iter()
        .map(|user| (user.login.clone(), user.unit.clone()))
        .collect();
    let read_now = Reader::new(app, &*app.store);
    for user in people.users {
        let stream = streams::user(&user.login);
        if read_now.get::<User>(&stream, &user.login).await?.is_some() {
            continue;
        }
        let SeedUser {
            login,
            name,
            kind,
            unit,
        } = user;
        run_as(
            app,
            &system,
            &PutUser {
                login,
                name,
                kind,
                unit,
                active: true,
            },
            None,
        )
        .await?;
    }
    let mut grants: Vec<GrantRole> = people.grants.into_iter().map(|one| grant(one, &home)).collect();
    for substitute in &people.substitutes {
        grants.extend(substitution(substitute, &grants));
    }
    for one in grants {
        let held = read_now.all::<Grant>(&streams::user(&one.login)).await?;
        if !held.iter().any(|grant| one.is_given_by(grant)) {
            run_as(app, &system, &one, None).await?;
        }
    }
    for text in FRAMEWORKS {
        let (framework, _) = check(&read(text)?).map_err(|findings| {
            let first = findings
                .first()
                .map_or_else(String::new, |finding| finding.message.en.clone());
            Error::Internal(first.into())
        })?;
        run_as(
            app,
            &system,
            &ImportFramework {
                framework,
                accept_warnings: false,
            },
            None,
        )
        .await?;
    }
    seed_series(app).await
}

/// Loads the indices that others publish, with what is known of the province; an index that is there stays as people have it.
async fn seed_series(app: &App) -> Result<(), Error> {
    let read_now = Reader::new(app, &*app.store);
    for SeedIndex { code, content, figures } in read::<SeedSeries>(SERIES)?.indices {
        if read_now.head(&streams::index(&code)).await?.is_some() {
            continue;
        }
        let index = code.clone();
        run_as(app, &Authority::System, &SaveIndex { code, content }, None).await?;
        if !figures.is_empty() {
            let command = RecordIndexFigures {
                index,
                figures,
                reason: None,
            };
            run_as(app, &Authority::System, &command, None).await?;
        }
    }
    Ok(())
}

fn unit(seed: SeedUnit) -> Unit {
    Unit {
        agency_code: seed.identifiers.get("agencyCode").cloned(),
        code: seed.code,
        name: seed.name,
        unit_type: seed.unit_type,
        group: seed.group,
        parent: seed.parent,
        valid_from: seed.valid_from,
        valid_to: seed.valid_to,
    }
}

fn grant(seed: SeedGrant, home: &BTreeMap<String, String>) -> GrantRole {
    // The province's root unit is above all: a grant for its subtree is a grant for every unit.
    let unit = seed.unit.filter(|unit| unit != "UBND-QNM");
    GrantRole {
        // Whoever leads appraisers leads those of the own department.
        department: (seed.appraising_department || seed.role == Role::LeadAppraiser)
            .then(|| home.get(&seed.login).cloned())
            .flatten(),
        login: seed.login,
        role: seed.role,
        unit,
        unit_types: Vec::new(),
        criteria: Vec::new(),
        valid_from: seed.valid_from,
        valid_to: seed.valid_to,
        document: seed.document,
    }
}

/// The substitute's appraisers review the leaves that a department would otherwise appraise in its own dossier.
fn substitution(substitute: &Substitute, grants: &[GrantRole]) -> Vec<GrantRole> {
    grants
        .iter()
        .filter(|grant| grant.role == Role::Appraiser && grant.unit.is_none())
        .filter(|grant| grant.department.as_ref() == Some(&substitute.substitute))
        .map(|grant| GrantRole {
            unit: Some(substitute.dossier_unit.clone()),
            department: Some(substitute.department.clone()),
            ..grant.clone()
        })
        .collect()
}
