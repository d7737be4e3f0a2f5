//! Inputs of mutations, and how they become commands' inputs. Text is NFC-normalised here and nowhere else.

use std::collections::BTreeMap;

use async_graphql::{Enum, ID, InputObject, OneofObject};
use unicode_normalization::UnicodeNormalization as _;

use super::content::{EvidenceKind, LinkInput, RevisionInput};
use super::ids;
use super::query::DossierRef;
use super::scalars::{Date, Decimal, Long};
use crate::app::error::Error;
use crate::domain::{assessment, evidence, input};

/// Text as it is stored: composed characters.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// Text that may be absent.
pub fn nfc_option(text: Option<String>) -> Option<String> {
    text.map(|text| nfc(&text))
}

/// A value of an input: exactly one member.
#[derive(OneofObject)]
pub enum InputValueInput {
    /// A whole number from zero.
    Count(Decimal),
    /// A decimal from zero, in the input's unit.
    Amount(Decimal),
    /// A decimal between the input's bounds.
    Decimal(Decimal),
    /// A calendar date.
    Date(Date),
    /// One of the input's options.
    Option(String),
    /// Yes or no.
    YesNo(bool),
    /// Some of the input's items.
    Items(Vec<String>),
}

impl From<InputValueInput> for input::InputValue {
    fn from(value: InputValueInput) -> Self {
        match value {
            InputValueInput::Count(number) => Self::Count(number.0),
            InputValueInput::Amount(number) => Self::Amount(number.0),
            InputValueInput::Decimal(number) => Self::Decimal(number.0),
            InputValueInput::Date(date) => Self::Date(date.0),
            InputValueInput::Option(code) => Self::Option(nfc(&code)),
            InputValueInput::YesNo(yes) => Self::YesNo(yes),
            InputValueInput::Items(codes) => Self::Items(codes.iter().map(|code| nfc(code)).collect()),
        }
    }
}

/// A named value.
#[derive(InputObject)]
pub struct NamedValueInput {
    /// Code of the input.
    pub input: String,
    /// Its value.
    pub value: InputValueInput,
}

/// Named values as a map; a name given twice is an error.
pub fn values(field: &str, items: Vec<NamedValueInput>) -> Result<BTreeMap<String, input::InputValue>, Error> {
    by_name(field, items.into_iter().map(|item| (item.input, item.value.into())))
}

/// Things by their names; a name given twice is an error at its second place.
pub fn by_name<T>(field: &str, items: impl IntoIterator<Item = (String, T)>) -> Result<BTreeMap<String, T>, Error> {
    let mut found = BTreeMap::new();
    for (index, (name, item)) in items.into_iter().enumerate() {
        if found.contains_key(&name) {
            return Err(Error::invalid(
                format!("{field}.{index}"),
                format!("{name} được nêu hai lần; chỉ gửi một lần."),
                format!("{name} is stated twice; send it once."),
            ));
        }
        found.insert(name, item);
    }
    Ok(found)
}

/// The key of a mutation, a part of its input.
#[derive(InputObject)]
pub struct Idempotency {
    /// A text of your own that names this change, at most 200 bytes. When an answer is lost, send the same input with
    /// the same key again: it is done once and answered with the first outcome. The same key with other input is INVALID.
    /// Keys are your account's own, for each dossier, round, framework, mapping or account that is changed; a call that
    /// changed nothing leaves its key unused.
    #[graphql(name = "idempotencyKey")]
    pub key: Option<String>,
}

/// Input of addEvidence.
#[derive(InputObject)]
pub struct AddEvidenceInput {
    /// Which dossier.
    pub dossier: DossierRef,
    /// The portal's own identifier, unique in the dossier.
    pub external_id: Option<String>,
    /// What kind of document.
    pub kind: EvidenceKind,
    /// Title.
    pub title: String,
    /// Header, rows and other content.
    pub content: RevisionInput,
    /// Leaves that it is used for.
    #[graphql(default)]
    pub links: Vec<LinkInput>,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What the unit declares of one leaf.
#[derive(InputObject)]
pub struct DeclareItemInput {
    /// Code of the leaf.
    pub criterion: String,
    /// Declared inputs; derived ones are computed.
    #[graphql(default)]
    pub inputs: Vec<NamedValueInput>,
    /// Explanation.
    pub explanation: Option<String>,
    /// Why required evidence is missing.
    pub evidence_missing: Option<String>,
}

/// Verdict on a link.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "evidence::VerdictKind")]
pub enum VerdictKind {
    /// It shows what it should.
    Accepted,
    /// It does not; needs reason and text.
    Rejected,
    /// More is needed.
    Supplement,
}

/// Why a link was rejected.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "evidence::RejectReason")]
pub enum RejectReason {
    /// Not of the assessed period.
    WrongPeriod,
    /// Not issued by the competent body.
    WrongIssuer,
    /// Not signed.
    NotSigned,
    /// Cannot be read.
    Unreadable,
    /// Does not concern the criterion.
    NotRelevant,
    /// The stated page does not show it.
    PageMissing,
    /// Contradicts other data.
    ContradictsData,
}

/// Verdict on one link, naming the revision judged.
#[derive(InputObject)]
pub struct VerdictInput {
    /// Id of the link.
    pub link: ID,
    /// Number of the revision that was looked at.
    pub revision: u32,
    /// The verdict.
    pub kind: VerdictKind,
    /// Reason code; needed for REJECTED.
    pub reason: Option<RejectReason>,
    /// Text; needed for REJECTED.
    pub text: Option<String>,
}

/// On what a correction rests.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::CorrectionBasis")]
pub enum CorrectionBasis {
    /// On what the accepted evidence shows.
    Evidence,
    /// On the appraiser's own data.
    OwnData,
}

/// A corrected input.
#[derive(InputObject)]
pub struct CorrectionInput {
    /// Code of the input.
    pub input: String,
    /// The right value.
    pub value: InputValueInput,
    /// Why.
    pub reason: String,
    /// On what it rests.
    pub basis: CorrectionBasis,
}

/// Required evidence that need not be there.
#[derive(InputObject)]
pub struct WaiverInput {
    /// Code of the required evidence.
    pub requirement: String,
    /// Why.
    pub reason: String,
}

/// Outcome of a review.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::ReviewOutcome")]
pub enum ReviewOutcome {
    /// The leaf is verified.
    Verify,
    /// The unit is asked for more.
    RequestSupplement,
}

/// What the unit is asked for.
#[derive(InputObject)]
pub struct SupplementInput {
    /// What is needed.
    pub text: String,
    /// Last day, in the round's time zone.
    pub due: Date,
}

/// A declared figure that stands although a system says otherwise.
#[derive(InputObject)]
pub struct StandsInput {
    /// Code of the input.
    pub input: String,
    /// Why.
    pub reason: String,
}

/// A review of one leaf.
#[derive(InputObject)]
pub struct ReviewItemInput {
    /// Which leaf.
    pub assessment: super::query::AssessmentRef,
    /// Version of the leaf that was judged.
    pub expected_version: Long,
    /// A verdict for every link.
    #[graphql(default)]
    pub verdicts: Vec<VerdictInput>,
    /// Corrected inputs; the others are confirmed.
    #[graphql(default)]
    pub corrections: Vec<CorrectionInput>,
    /// Required evidence that need not be there.
    #[graphql(default)]
    pub waivers: Vec<WaiverInput>,
    /// Declared figures that stand although a system says otherwise, each with the reason.
    #[graphql(default)]
    pub stands: Vec<StandsInput>,
    /// What the review decides.
    pub outcome: ReviewOutcome,
    /// Comment to the unit.
    pub comment: Option<String>,
    /// Needed for REQUEST_SUPPLEMENT.
    pub supplement: Option<SupplementInput>,
    /// What the unit is to explain before the second round; with VERIFY, in the first of two rounds.
    pub explain: Option<String>,
    /// In the second round: codes of inputs that the first one corrected and whose own value holds again. Each of those
    /// corrections is taken back here or stated in corrections again.
    #[graphql(default)]
    pub drop_corrections: Vec<String>,
}

impl ReviewItemInput {
    /// The leaf and the review as the application takes them; errors name the field within the item.
    pub fn resolve(
        self,
        replaces_because: Option<String>,
    ) -> Result<(crate::app::review_many::LeafKey, crate::app::review::ReviewItem), Error> {
        use crate::app::review::{ReviewItem, SupplementRequest};
        use crate::app::review_many::LeafKey;
        let key = self.assessment.resolve("assessment")?;
        let verdict = |one: VerdictInput| evidence::LinkVerdict {
            link: ids::part_of("Link", &key.round, &key.unit, &one.link),
            revision: one.revision,
            kind: one.kind.into(),
            reason: one.reason.map(Into::into),
            text: nfc_option(one.text),
        };
        let correction = |one: CorrectionInput| {
            let value = one.value.into();
            (
                one.input,
                assessment::Correction {
                    value,
                    reason: nfc(&one.reason),
                    basis: one.basis.into(),
                },
            )
        };
        let waiver = |one: WaiverInput| (one.requirement, nfc(&one.reason));
        let stands = |one: StandsInput| (one.input, nfc(&one.reason));
        let item = ReviewItem {
            stands: by_name("stands", self.stands.into_iter().map(stands))?,
            criterion: key.criterion.clone(),
            expected_version: self.expected_version.0,
            verdicts: self.verdicts.into_iter().map(verdict).collect(),
            corrections: by_name("corrections", self.corrections.into_iter().map(correction))?,
            waivers: by_name("waivers", self.waivers.into_iter().map(waiver))?,
            outcome: self.outcome.into(),
            comment: nfc_option(self.comment),
            supplement: self.supplement.map(|one| SupplementRequest {
                text: nfc(&one.text),
                due: one.due.0,
            }),
            asks: nfc_option(self.explain),
            dropped: self.drop_corrections.into_iter().collect(),
            replaces_because,
            alone: false,
            place: 0,
        };
        Ok((
            LeafKey {
                round: key.round,
                unit: key.unit,
                criterion: key.criterion,
            },
            item,
        ))
    }
}
