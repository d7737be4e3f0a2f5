//! Units, accounts and grants: put by an administrator, never deleted, revoked at once.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, Owner, derived_id};
use super::reader::Reader;
use super::text::{MAX_NAME_CHARS, check_code, check_name, check_optional, check_text};
use crate::domain::policy::Permission;
use crate::domain::registry::{AccountKind, Grant, Revocation, Role, Unit, User};
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Most units of one call: a province with all its communes (about 300) fits.
pub const MAX_UNITS: usize = 900;
/// Most unit types or criteria of one grant (64): what every page of a queue has to look through stays small.
const MAX_SCOPE_CODES: usize = 64;

/// Adds units or changes their data; units that are not named stay as they are.
#[derive(Debug, Serialize)]
pub struct PutUnits {
    pub units: Vec<Unit>,
}

#[async_trait]
impl Command for PutUnits {
    const NAME: &'static str = "PutUnits";
    const PERMISSION: Permission = Permission::KeepRegister;
    type State = Vec<Versioned<Unit>>;
    /// Codes of the units, in the order given.
    type Output = Vec<String>;

    fn stream(&self) -> StreamId {
        streams::units()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        Ok(Loaded::of_system(read.all::<Unit>(&streams::units()).await?))
    }

    fn decide(&self, state: Self::State, _: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        if self.units.len() > MAX_UNITS {
            return Err(Error::invalid(
                "units",
                format!("Tối đa {MAX_UNITS} đơn vị một lần."),
                format!("At most {MAX_UNITS} units per call."),
            ));
        }
        let mut decision = Decision::new(self.units.iter().map(|unit| unit.code.clone()).collect());
        for (index, unit) in self.units.iter().enumerate() {
            check_code(&format!("units.{index}.code"), &unit.code)?;
            check_code(&format!("units.{index}.type"), &unit.unit_type)?;
            check_name(&format!("units.{index}.name.vi"), &unit.name.vi)?;
            check_name(&format!("units.{index}.name.en"), &unit.name.en)?;
            for (name, text) in [("group", &unit.group), ("agencyCode", &unit.agency_code)] {
                check_optional(&format!("units.{index}.{name}"), text.as_deref(), MAX_NAME_CHARS)?;
            }
            if self.units[..index].iter().any(|other| other.code == unit.code) {
                return Err(Error::invalid(
                    format!("units.{index}.code"),
                    format!("Đơn vị {} nêu hai lần; chỉ gửi một lần.", unit.code),
                    format!("Unit {} is given twice; send it once.", unit.code),
                ));
            }
            let known = |code: &str| {
                self.units.iter().any(|other| other.code == code) || state.iter().any(|other| other.code == code)
            };
            if let Some(parent) = &unit.parent
                && (parent == &unit.code || !known(parent))
            {
                return Err(Error::invalid(
                    format!("units.{index}.parent"),
                    format!("Không có đơn vị cấp trên {parent}."),
                    format!("There is no parent unit {parent}."),
                ));
            }
            if state.iter().any(|old| old.value == *unit) {
                continue;
            }
            decision.add(unit.clone());
        }
        self.check_no_circle(&state)?;
        Ok(decision)
    }
}

impl PutUnits {
    /// No unit may lie above itself, once these units are what they will be.
    fn check_no_circle(&self, state: &[Versioned<Unit>]) -> Result<(), Error> {
        let old = state.iter().map(|unit| (unit.code.as_str(), unit.parent.as_deref()));
        let new = self
            .units
            .iter()
            .map(|unit| (unit.code.as_str(), unit.parent.as_deref()));
        let parents: BTreeMap<&str, Option<&str>> = old.chain(new).collect();
        for (index, unit) in self.units.iter().enumerate() {
            let mut above = unit.parent.as_deref();
            let mut steps = 0;
            while let Some(code) = above {
                steps += 1;
                if code == unit.code || steps > parents.len() {
                    return Err(Error::invalid(
                        format!("units.{index}.parent"),
                        format!("Đơn vị {} sẽ nằm trên chính nó.", unit.code),
                        format!("Unit {} would lie above itself.", unit.code),
                    ));
                }
                above = parents.get(code).copied().flatten();
            }
        }
        Ok(())
    }
}

/// Creates an account or changes its name, unit or activity.
#[derive(Debug, Serialize)]
pub struct PutUser {
    pub login: String,
    pub name: String,
    pub kind: AccountKind,
    pub unit: String,
    pub active: bool,
}

#[async_trait]
impl Command for PutUser {
    const NAME: &'static str = "PutUser";
    const PERMISSION: Permission = Permission::KeepRegister;
    /// The account as it is, and whether the unit exists.
    type State = (Option<Versioned<User>>, bool);
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::user(&self.login)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        check_code("login", &self.login)?;
        let user = read.get::<User>(&self.stream(), &self.login).await?;
        read.head(&streams::units()).await?;
        let unit = read.get::<Unit>(&streams::units(), &self.unit).await?;
        Ok(Loaded {
            state: (user, unit.is_some()),
            owners: vec![Owner::System],
        })
    }

    fn decide(&self, (old, unit_exists): Self::State, _: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        check_name("name", &self.name)?;
        if !unit_exists {
            return Err(no_unit("unit", &self.unit));
        }
        let user = User {
            login: self.login.clone(),
            name: self.name.clone(),
            kind: self.kind,
            unit: self.unit.clone(),
            active: self.active,
        };
        let decision = Decision::new(self.login.clone());
        Ok(if old.is_some_and(|old| old.value == user) {
            decision
        } else {
            decision.put(user)
        })
    }
}

fn no_unit(field: &str, code: &str) -> Error {
    Error::invalid(
        field,
        format!("Không có đơn vị {code}."),
        format!("There is no unit {code}."),
    )
}

/// Codes of a scope, each once and in order, so that the same scope is the same grant.
fn scope_codes(field: &str, codes: &[String]) -> Result<Vec<String>, Error> {
    if codes.len() > MAX_SCOPE_CODES {
        return Err(Error::invalid(
            field,
            format!("Tối đa {MAX_SCOPE_CODES} mã."),
            format!("At most {MAX_SCOPE_CODES} codes."),
        ));
    }
    for (index, code) in codes.iter().enumerate() {
        check_code(&format!("{field}.{index}"), code)?;
    }
    Ok(codes.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect())
}

/// Grants a role within a scope.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantRole {
    pub login: String,
    pub role: Role,
    #[serde(default)]
    pub unit: Option<String>,
    #[serde(default)]
    pub unit_types: Vec<String>,
    #[serde(default)]
    pub criteria: Vec<String>,
    #[serde(default)]
    pub department: Option<String>,
    pub valid_from: Date,
    #[serde(default)]
    pub valid_to: Option<Date>,
    #[serde(default)]
    pub document: Option<String>,
}

impl GrantRole {
    /// Whether a grant gives what is asked for, or gave it until it was revoked.
    pub fn is_given_by(&self, grant: &Grant) -> bool {
        let asked = (
            &self.login,
            self.role,
            &self.unit,
            &self.department,
            self.valid_from,
            self.valid_to,
        );
        let given = (
            &grant.login,
            grant.role,
            &grant.unit,
            &grant.department,
            grant.valid_from,
            grant.valid_to,
        );
        asked == given && self.unit_types == grant.unit_types && self.criteria == grant.criteria
    }
}

#[async_trait]
impl Command for GrantRole {
    const NAME: &'static str = "GrantRole";
    const PERMISSION: Permission = Permission::KeepRegister;
    /// The grants that the account has, and whether the named units exist.
    type State = (Vec<Versioned<Grant>>, Vec<(String, bool)>);
    /// Id of the grant.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::user(&self.login)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        check_code("login", &self.login)?;
        let user = read.require::<User>(&self.stream(), &self.login, "user").await;
        user.map_err(|error| error.about("login"))?;
        let codes: Vec<String> = self.unit.iter().chain(&self.department).cloned().collect();
        let units = read.get_all::<Unit>(&streams::units(), &codes).await?;
        let known = codes.into_iter().zip(units.iter().map(Option::is_some)).collect();
        Ok(Loaded {
            state: (read.all::<Grant>(&self.stream()).await?, known),
            owners: vec![Owner::System],
        })
    }

    fn decide(&self, (old, known): Self::State, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        if let Some((code, _)) = known.iter().find(|(_, exists)| !exists) {
            return Err(no_unit("unit", code));
        }
        if self.role.is_for_the_unit() && self.unit.is_none() {
            return Err(Error::invalid(
                "unit",
                "Quyền cán bộ hoặc thủ trưởng phải nêu đơn vị.",
                "An officer or head grant names its unit.",
            ));
        }
        if crate::domain::policy::permits(self.role, Permission::Review)
            && self.department.is_none()
            && self.criteria.is_empty()
        {
            return Err(Error::invalid(
                "department",
                "Quyền thẩm định phải nêu cơ quan thẩm định hoặc tiêu chí.",
                "An appraiser's grant names the appraising department or criteria.",
            ));
        }
        if self.valid_to.is_some_and(|last| last < self.valid_from) {
            return Err(Error::invalid(
                "validTo",
                "Ngày cuối không được trước ngày đầu.",
                "The last day is not before the first.",
            ));
        }
        check_optional("document", self.document.as_deref(), MAX_NAME_CHARS)?;
        let unit_types = scope_codes("unitTypes", &self.unit_types)?;
        let criteria = scope_codes("criteria", &self.criteria)?;
        let grant = Grant {
            id: derived_id(&[&self.login, &context.entry.to_string()]),
            login: self.login.clone(),
            role: self.role,
            unit: self.unit.clone(),
            unit_types,
            criteria,
            department: self.department.clone(),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
            document: self.document.clone(),
            revoked: None,
        };
        // The same grant again is the grant that is there.
        if let Some(same) = old.iter().find(|one| {
            Grant {
                id: grant.id.clone(),
                ..one.value.clone()
            } == grant
        }) {
            return Ok(Decision::new(same.id.clone()));
        }
        Ok(Decision::new(grant.id.clone()).put(grant))
    }
}

/// Revokes a grant; every attempt whose load begins after the answer sees it.
#[derive(Debug, Serialize)]
pub struct RevokeGrant {
    pub login: String,
    pub grant: String,
    pub reason: String,
}

#[async_trait]
impl Command for RevokeGrant {
    const NAME: &'static str = "RevokeGrant";
    const PERMISSION: Permission = Permission::KeepRegister;
    type State = Versioned<Grant>;
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::user(&self.login)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let grant = read.require::<Grant>(&self.stream(), &self.grant, "grant").await;
        let grant = grant.map_err(|error| error.about("grantId"))?;
        Ok(Loaded::of_system(grant))
    }

    fn decide(&self, grant: Self::State, context: &Context<'_>) -> Result<Decision<Self::Output>, Error> {
        check_text("reason", &self.reason)?;
        let decision = Decision::new(grant.id.clone());
        if grant.revoked.is_some() {
            return Ok(decision);
        }
        let revoked = Some(Revocation {
            at: context.now,
            by: context.login.to_owned(),
            reason: self.reason.clone(),
        });
        Ok(decision
            .put(Grant { revoked, ..grant.value })
            .because(self.reason.clone()))
    }
}
