//! Recusals: an appraiser, or the round's manager for the person, declares that the person does not judge a dossier or a
//! part of it, and why; the manager lifts it.
//!
//! A recusal lies in the account's stream, like a grant: every attempt reads it there when it loads, so that a review whose
//! load begins after the answer is refused. The dossier knows nothing of it, and what was judged before stands. A leaf that the
//! person holds is freed by a commit of its own behind the recusal, when the person can claim nothing more; were it lost, or a claim
//! under way just then, the claim would run out, and sending the recusal again makes up for it.

mod freeing;

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::Serialize;

use self::freeing::{FreeOfAppraiser, FreeOwn, Freed};
use super::Session;
use super::documents::{recusal_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, Owner, derived_id};
use super::reader::{Reader, TypedPage};
use super::receipt::Done;
use super::text::check_text;
use crate::domain::conflict::{Recusal, RecusalLimit};
use crate::domain::dossier::Dossier;
use crate::domain::policy::Permission;
use crate::domain::registry::{Revocation, User};
use crate::domain::rejection::Rejection;
use crate::store::typed::Versioned;
use crate::store::{Direction, Document, StreamId, Window};

/// Most recusals of one account, lifted ones too (500): who is tied to more dossiers appraises nothing. Each request of the
/// account looks through them.
pub const MAX_RECUSALS: usize = 500;
/// Most dossiers of a round from parts of which one person is recused (16): the queue asks for the rest of each by a
/// question of its own, once per region of the grants.
const MAX_IN_PART: usize = 16;

/// What somebody is recused from, and why.
#[derive(Clone, Debug, Serialize)]
pub struct NewRecusal {
    pub login: String,
    pub round: String,
    pub unit: String,
    /// Root of the criterion subtree; none for the whole dossier.
    pub criterion: Option<String>,
    pub reason: String,
}

/// What a recusal is decided by.
pub struct RecusalState {
    old: Vec<Versioned<Recusal>>,
    /// Whether the dossier is there, and then whether its framework has the criterion.
    dossier: Option<bool>,
}

impl NewRecusal {
    fn stream(&self) -> StreamId {
        streams::user(&self.login)
    }

    async fn state(&self, read: &Reader<'_>) -> Result<RecusalState, Error> {
        let stream = streams::dossier(&self.round, &self.unit);
        let dossier = match read.get::<Dossier>(&stream, stream.key()).await? {
            Some(dossier) => {
                let framework = read.framework_of(&dossier.framework).await?;
                let is_known = |code: &String| framework.node(code).is_some();
                Some(self.criterion.as_ref().is_none_or(is_known))
            }
            None => None,
        };
        Ok(RecusalState {
            old: read.all::<Recusal>(&self.stream()).await?,
            dossier,
        })
    }

    fn decide(&self, state: RecusalState, context: &Context<'_>) -> Result<Decision<Recusal>, Error> {
        check_text("reason", &self.reason)?;
        match state.dossier {
            None => return Err(Error::NotFound { what: "dossier" }.about("dossier")),
            Some(false) => return Err(Error::NotFound { what: "criterion" }.about("criterion")),
            Some(true) => {}
        }
        // Who is recused already stays so, for the reason that was given first.
        if let Some(same) = standing(&state.old, &self.round, &self.unit, self.criterion.as_deref()) {
            return Ok(Decision::new(same.value.clone()));
        }
        let too_many = |most, of| Err(Rejection::TooManyRecusals { most, of }.into());
        if state.old.len() >= MAX_RECUSALS {
            return too_many(MAX_RECUSALS, RecusalLimit::All);
        }
        if self.criterion.is_some() {
            let old = state.old.iter().filter(|one| one.stands() && one.round == self.round);
            let in_part: BTreeSet<&str> = old
                .filter(|one| one.criterion.is_some())
                .map(|one| one.unit.as_str())
                .collect();
            if in_part.len() >= MAX_IN_PART && !in_part.contains(self.unit.as_str()) {
                return too_many(MAX_IN_PART, RecusalLimit::Parts);
            }
        }
        let recusal = Recusal {
            id: derived_id(&[&self.login, &context.entry.to_string()]),
            login: self.login.clone(),
            round: self.round.clone(),
            unit: self.unit.clone(),
            criterion: self.criterion.clone(),
            reason: self.reason.clone(),
            declared_at: context.now,
            declared_by: context.login.to_owned(),
            lifted: None,
        };
        Ok(Decision::new(recusal.clone()).put(recusal).because(self.reason.clone()))
    }
}

/// The recusal from exactly this that stands.
fn standing<'a>(
    recusals: &'a [Versioned<Recusal>],
    round: &str,
    unit: &str,
    criterion: Option<&str>,
) -> Option<&'a Versioned<Recusal>> {
    let mut standing = recusals.iter().filter(|one| one.stands());
    standing.find(|one| one.round == round && one.unit == unit && one.criterion.as_deref() == criterion)
}

/// An appraiser declares the own recusal.
#[derive(Debug, Serialize)]
struct Recuse(NewRecusal);

#[async_trait]
impl Command for Recuse {
    const NAME: &'static str = "Recuse";
    const PERMISSION: Permission = Permission::Review;
    type State = RecusalState;
    type Output = Recusal;

    fn stream(&self) -> StreamId {
        self.0.stream()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<RecusalState>, Error> {
        let login = self.0.login.clone();
        Ok(Loaded {
            state: self.0.state(read).await?,
            owners: vec![Owner::Account { login }],
        })
    }

    fn decide(&self, state: RecusalState, context: &Context<'_>) -> Result<Decision<Recusal>, Error> {
        self.0.decide(state, context)
    }
}

/// The round's manager declares it for an appraiser.
#[derive(Debug, Serialize)]
struct RecuseAppraiser(NewRecusal);

#[async_trait]
impl Command for RecuseAppraiser {
    const NAME: &'static str = "RecuseAppraiser";
    const PERMISSION: Permission = Permission::RunRound;
    type State = RecusalState;
    type Output = Recusal;

    fn stream(&self) -> StreamId {
        self.0.stream()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<RecusalState>, Error> {
        require_user(read, &self.0.login).await?;
        Ok(Loaded::of_system(self.0.state(read).await?))
    }

    fn decide(&self, state: RecusalState, context: &Context<'_>) -> Result<Decision<Recusal>, Error> {
        self.0.decide(state, context)
    }
}

async fn require_user(read: &Reader<'_>, login: &str) -> Result<(), Error> {
    let user = read.require::<User>(&streams::user(login), login, "user").await;
    user.map(drop).map_err(|error| error.about("login"))
}

/// The round's manager lifts a recusal; it stays readable with the reason.
#[derive(Debug, Serialize)]
pub struct LiftRecusal {
    pub login: String,
    pub round: String,
    pub unit: String,
    /// As it was declared.
    pub criterion: Option<String>,
    pub reason: String,
}

#[async_trait]
impl Command for LiftRecusal {
    const NAME: &'static str = "LiftRecusal";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Vec<Versioned<Recusal>>;
    type Output = Recusal;

    fn stream(&self) -> StreamId {
        streams::user(&self.login)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        require_user(read, &self.login).await?;
        Ok(Loaded::of_system(read.all::<Recusal>(&self.stream()).await?))
    }

    fn decide(&self, recusals: Self::State, context: &Context<'_>) -> Result<Decision<Recusal>, Error> {
        check_text("reason", &self.reason)?;
        let criterion = self.criterion.as_deref();
        let Some(standing) = standing(&recusals, &self.round, &self.unit, criterion) else {
            // What is lifted already stays lifted, for the reason that was given first.
            let same = |one: &&Versioned<Recusal>| {
                one.round == self.round && one.unit == self.unit && one.criterion.as_deref() == criterion
            };
            let lifted = recusals.iter().filter(same).max_by_key(|one| one.declared_at);
            let missing = || Error::NotFound { what: "recusal" }.about("dossier");
            return Ok(Decision::new(lifted.ok_or_else(missing)?.value.clone()));
        };
        let lifted = Recusal {
            lifted: Some(Revocation {
                at: context.now,
                by: context.login.to_owned(),
                reason: self.reason.clone(),
            }),
            ..standing.value.clone()
        };
        Ok(Decision::new(lifted.clone()).put(lifted).because(self.reason.clone()))
    }
}

impl Session {
    /// Recuses the account itself, or, if it runs rounds, the account that is named.
    pub async fn recuse(&self, recusal: NewRecusal, key: Option<String>) -> Result<Done<Recusal>, Error> {
        let freed = Freed {
            login: recusal.login.clone(),
            round: recusal.round.clone(),
            unit: recusal.unit.clone(),
            criterion: recusal.criterion.clone(),
        };
        let done = match recusal.login == self.signed_in()? {
            true => self.run(Recuse(recusal), key).await?,
            false => self.run(RecuseAppraiser(recusal), key).await?,
        };
        match freed.login == self.signed_in()? {
            true => self.run(FreeOwn(freed), None).await.map(drop)?,
            false => self.run(FreeOfAppraiser(freed), None).await.map(drop)?,
        }
        Ok(done)
    }

    /// Recusals of a round by unit, lifted ones too, for those who run rounds.
    pub async fn recusals(&self, round: &str, window: &Window) -> Result<TypedPage<Recusal>, Error> {
        self.check(Permission::RunRound).await?;
        self.round(round).await.map_err(|error| error.about("round"))?;
        let query = Recusal::query()
            .filter(recusal_fields::ROUND.equal(round))
            .order(&recusal_fields::UNIT, Direction::Ascending);
        self.reader().page(&query.window(window)).await
    }

    /// A recusal by its key, for the person and for those who run rounds.
    pub async fn recusal(&self, login: &str, id: &str) -> Result<Recusal, Error> {
        if self.signed_in()? != login {
            self.check(Permission::RunRound).await?;
        }
        let (read, stream) = (self.reader(), streams::user(login));
        Ok(read.require::<Recusal>(&stream, id, "recusal").await?.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recusal(unit: &str, lifted: bool) -> Versioned<Recusal> {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let (by, reason) = ("m".to_owned(), "r".to_owned());
        Versioned {
            stream: streams::user("a"),
            version: 1,
            value: Recusal {
                id: unit.to_owned(),
                login: "a".to_owned(),
                round: "T".to_owned(),
                unit: unit.to_owned(),
                criterion: None,
                reason: reason.clone(),
                declared_at: at,
                declared_by: by.clone(),
                lifted: lifted.then_some(Revocation { at, by, reason }),
            },
        }
    }

    #[test]
    fn an_account_has_so_many_recusals_and_no_more_lifted_ones_too() {
        let wanted = |unit: &str| NewRecusal {
            login: "a".to_owned(),
            round: "T".to_owned(),
            unit: unit.to_owned(),
            criterion: None,
            reason: "r".to_owned(),
        };
        let stream = streams::user("a");
        let decide = |count: usize, unit: &str| {
            let old = (0..count).map(|number| recusal(&format!("U{number}"), number > 0));
            let state = RecusalState {
                old: old.collect(),
                dossier: Some(true),
            };
            let context = Context {
                now: jiff::Timestamp::UNIX_EPOCH,
                login: "a",
                entry: 9,
                stream: &stream,
            };
            wanted(unit)
                .decide(state, &context)
                .map(|decision| decision.output.unit)
        };
        assert_eq!(decide(MAX_RECUSALS - 1, "NEW").unwrap(), "NEW");
        let refused = decide(MAX_RECUSALS, "NEW").unwrap_err();
        assert_eq!(refused.rule(), Some("TOO_MANY_RECUSALS"));
        assert!(refused.message().en.contains("500 recusals"));
        // What is recused already is no new one.
        assert_eq!(decide(MAX_RECUSALS, "U0").unwrap(), "U0");
    }
}
