//! Who may do what. One match without a wildcard: a new role or permission does not compile until it is decided.

use jiff::civil::Date;

use super::conflict::{Assessed, Conflict, Recusal, UnitPlace};
use super::registry::{Grant, Role, User, is_within};

/// What a command or query needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Keep units, accounts and grants.
    KeepRegister,
    /// See accounts and grants.
    ViewRegister,
    /// Import and issue frameworks.
    KeepFrameworks,
    /// Open and advance rounds, extend deadlines, return dossiers, exclude criteria.
    RunRound,
    /// Record survey results.
    RecordSurvey,
    /// Record figures of other indices.
    RecordFigures,
    /// Seal and publish results, correct a publication, record what its council decides.
    Publish,
    /// Issue conclusions, follow up what they ask: accept or send back what units report, put off deadlines.
    FollowUp,
    /// Upload, revise, link and withdraw evidence; declare.
    PrepareDossier,
    /// Sign off and submit a dossier.
    SubmitDossier,
    /// See a dossier before publication: declarations, evidence, files.
    ViewDossier,
    /// See points and progress before publication, without files or comments.
    ViewScores,
    /// Work the queue: claim and review criteria.
    Review,
    /// Decide where two independent reviews differ.
    Reconcile,
    /// See the history of a dossier.
    ViewHistory,
}

impl Permission {
    pub const ALL: [Self; 15] = [
        Self::KeepRegister,
        Self::ViewRegister,
        Self::KeepFrameworks,
        Self::RunRound,
        Self::RecordSurvey,
        Self::RecordFigures,
        Self::Publish,
        Self::FollowUp,
        Self::PrepareDossier,
        Self::SubmitDossier,
        Self::ViewDossier,
        Self::ViewScores,
        Self::Review,
        Self::Reconcile,
        Self::ViewHistory,
    ];
}

/// Whether a role carries a permission, whatever its scope.
pub fn permits(role: Role, permission: Permission) -> bool {
    use Role::{Admin, Appraiser, Head, Integrator, LeadAppraiser, Manager, Officer, SurveyOperator};
    match permission {
        Permission::KeepRegister => match role {
            Admin => true,
            // The manager runs the round with the people the admin names; whoever judges never grants.
            Officer | Head | Appraiser | LeadAppraiser | Manager | SurveyOperator | Integrator => false,
        },
        Permission::ViewRegister => match role {
            Admin | Manager => true,
            Officer | Head | Appraiser | LeadAppraiser | SurveyOperator | Integrator => false,
        },
        Permission::KeepFrameworks | Permission::RunRound | Permission::Publish => match role {
            Manager => true,
            Officer | Head | Appraiser | LeadAppraiser | SurveyOperator | Integrator | Admin => false,
        },
        Permission::FollowUp => match role {
            // Who runs the round writes the notice on its results and looks after what it asks; of the own unit somebody else does.
            Manager => true,
            Officer | Head | Appraiser | LeadAppraiser | SurveyOperator | Integrator | Admin => false,
        },
        Permission::RecordSurvey => match role {
            // Survey points are never typed by those who run or judge (guidance of the ministry: never self-scored).
            SurveyOperator => true,
            Officer | Head | Appraiser | LeadAppraiser | Manager | Integrator | Admin => false,
        },
        Permission::RecordFigures => match role {
            // Published elsewhere, each with its place: those who run the round collect them, and surveys such as SIPAS are
            // the operator's.
            Manager | SurveyOperator => true,
            Officer | Head | Appraiser | LeadAppraiser | Integrator | Admin => false,
        },
        Permission::PrepareDossier => match role {
            Officer | Head => true,
            Appraiser | LeadAppraiser | Manager | SurveyOperator | Integrator | Admin => false,
        },
        Permission::SubmitDossier => match role {
            // Approved by the leadership (guidance 383/BNV-CCHC): an officer prepares, the head signs.
            Head => true,
            Officer | Appraiser | LeadAppraiser | Manager | SurveyOperator | Integrator | Admin => false,
        },
        Permission::ViewDossier | Permission::ViewHistory => match role {
            Officer | Head | Appraiser | LeadAppraiser | Manager => true,
            SurveyOperator | Integrator | Admin => false,
        },
        Permission::ViewScores => match role {
            Officer | Head | Appraiser | LeadAppraiser | Manager | Integrator => true,
            SurveyOperator | Admin => false,
        },
        Permission::Review => match role {
            Appraiser | LeadAppraiser => true,
            // Not even an admin: whoever can grant must not judge.
            Officer | Head | Manager | SurveyOperator | Integrator | Admin => false,
        },
        Permission::Reconcile => match role {
            LeadAppraiser => true,
            Officer | Head | Appraiser | Manager | SurveyOperator | Integrator | Admin => false,
        },
    }
}

/// The roles that carry a permission, whatever their scope.
pub fn roles_with(permission: Permission) -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(move |role| permits(*role, permission))
}

/// What an act is about, as facts fixed for the round.
#[derive(Clone, Copy, Debug)]
pub enum Resource<'a> {
    /// Units, accounts, frameworks, rounds: nothing narrower than the system.
    System,
    /// What an account keeps of its own acts.
    Account { login: &'a str },
    /// A dossier as a whole, with all its leaves.
    Dossier {
        round: &'a str,
        unit: &'a str,
        unit_path: &'a [String],
        unit_type: &'a str,
    },
    /// One leaf of a dossier.
    Leaf {
        round: &'a str,
        unit: &'a str,
        unit_path: &'a [String],
        unit_type: &'a str,
        criterion: &'a str,
        department: &'a str,
    },
}

impl<'a> Resource<'a> {
    /// What a judgement of it would be about.
    fn assessed(self) -> Option<Assessed<'a>> {
        let (round, unit, unit_path, unit_type, criterion) = match self {
            Self::System | Self::Account { .. } => return None,
            Self::Dossier {
                round,
                unit,
                unit_path,
                unit_type,
            } => (round, unit, unit_path, unit_type, None),
            Self::Leaf {
                round,
                unit,
                unit_path,
                unit_type,
                criterion,
                ..
            } => (round, unit, unit_path, unit_type, Some(criterion)),
        };
        Some(Assessed {
            round,
            unit,
            unit_path,
            unit_type,
            criterion,
        })
    }
}

/// What lets somebody see that a dossier or leaf is there.
const SEEING: &[Permission] = &[
    Permission::ViewDossier,
    Permission::ViewScores,
    Permission::RecordSurvey,
];

/// An account with its grants and recusals as they stood when the attempt loaded them.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub user: User,
    /// All grants ever held, revoked ones too: whoever once worked for a unit stays its own.
    pub grants: Vec<Grant>,
    /// All recusals ever declared, lifted ones too.
    pub recusals: Vec<Recusal>,
    /// Where the account's unit stands in the tree of units; of those alone who hold or held a grant to review.
    pub place: Option<UnitPlace>,
}

/// Why an act is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// May not even see it: the same answer as if it were not there.
    NotFound,
    /// May see it but not do this.
    Forbidden,
    /// An appraiser never judges what there is a tie to.
    Conflict(Conflict),
}

impl Viewer {
    /// Grants of a permission in force that day.
    pub fn grants_of(&self, permission: Permission, day: Date) -> impl Iterator<Item = &Grant> {
        self.grants
            .iter()
            .filter(move |grant| self.user.active && grant.in_force(day) && permits(grant.role, permission))
    }

    /// Whether a permission is held for anything at all that day.
    pub fn holds_any(&self, permission: Permission, day: Date) -> bool {
        self.grants_of(permission, day).next().is_some()
    }

    /// Roots of the subtrees of units that are one's own by an officer or head grant, revoked ones too.
    pub fn own_roots(&self) -> std::collections::BTreeSet<String> {
        let grants = self.grants.iter().filter(|grant| grant.role.is_for_the_unit());
        grants.filter_map(|grant| grant.unit.clone()).collect()
    }

    /// Whether the unit is one's own: the account's unit, or one where an officer or head grant is or was held.
    pub fn is_own_unit(&self, unit: &str, unit_path: &[String]) -> bool {
        self.user.unit == unit
            || self
                .own_roots()
                .iter()
                .any(|root| root == unit || unit_path.contains(root))
    }

    /// The role in which the act is allowed.
    ///
    /// # Errors
    /// [`Denied::NotFound`] when the resource is invisible, [`Denied::Forbidden`] when it is visible but the act is
    /// not allowed, [`Denied::Conflict`] when only a conflict of interest stands in the way.
    pub fn authorize(&self, permission: Permission, resource: Resource<'_>, day: Date) -> Result<Role, Denied> {
        let Some(grant) = self.grants_of(permission, day).find(|grant| covers(grant, resource)) else {
            return Err(if self.sees(resource, day) {
                Denied::Forbidden
            } else {
                Denied::NotFound
            });
        };
        let judged = resource.assessed().filter(|_| {
            matches!(
                permission,
                Permission::Review | Permission::Reconcile | Permission::FollowUp
            )
        });
        match judged.and_then(|assessed| self.ties().conflict(assessed)) {
            Some(conflict) => Err(Denied::Conflict(conflict)),
            None => Ok(grant.role),
        }
    }

    /// Whether the resource's existence is no secret for the viewer.
    pub fn sees(&self, resource: Resource<'_>, day: Date) -> bool {
        match resource {
            // That the system exists is known to everybody who can sign in.
            Resource::System => true,
            Resource::Account { login } => self.user.login == login,
            // A dossier is no secret for those who may work on any leaf of it.
            Resource::Dossier { .. } => self.holds(SEEING, day, |grant| reaches(grant, resource)),
            Resource::Leaf { .. } => self.holds(SEEING, day, |grant| covers(grant, resource)),
        }
    }

    /// Whether a grant of one of the permissions in force that day is as wanted.
    fn holds(&self, permissions: &[Permission], day: Date, wanted: impl Fn(&Grant) -> bool) -> bool {
        permissions
            .iter()
            .any(|permission| self.grants_of(*permission, day).any(&wanted))
    }
}

/// Whether a grant's scope covers a resource: a leaf, a dossier with all its leaves, or the system with everything.
pub fn covers(grant: &Grant, resource: Resource<'_>) -> bool {
    let every_leaf = grant.criteria.is_empty() && grant.department.is_none();
    match resource {
        Resource::Account { login } => grant.login == login,
        Resource::System => grant.unit.is_none() && grant.unit_types.is_empty() && every_leaf,
        Resource::Dossier { .. } => every_leaf && reaches(grant, resource),
        Resource::Leaf {
            unit,
            criterion,
            department,
            ..
        } => {
            let in_subtree = grant.criteria.is_empty() || grant.criteria.iter().any(|root| is_within(criterion, root));
            let appraised = grant.department.as_ref().is_none_or(|one| {
                // What a department would appraise in its own dossier is the named substitute's.
                one == department && (one != unit || grant.unit.as_deref() == Some(unit))
            });
            in_subtree && appraised && reaches(grant, resource)
        }
    }
}

/// Whether a grant's scope has to do with the resource's dossier, be it for one leaf alone.
pub fn reaches(grant: &Grant, resource: Resource<'_>) -> bool {
    match resource {
        Resource::System | Resource::Account { .. } => true,
        Resource::Dossier {
            unit,
            unit_path,
            unit_type,
            ..
        }
        | Resource::Leaf {
            unit,
            unit_path,
            unit_type,
            ..
        } => {
            let in_subtree = grant
                .unit
                .as_ref()
                .is_none_or(|root| root == unit || unit_path.contains(root));
            in_subtree && (grant.unit_types.is_empty() || grant.unit_types.iter().any(|one| one == unit_type))
        }
    }
}
