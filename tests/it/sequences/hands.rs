//! A dossier in the hands of the test: acts become commands, and their answers are counted.

use std::collections::BTreeMap;

use minhchung::app::Session;
use minhchung::app::claim::{Claim, ReleaseClaim};
use minhchung::app::desk::Desk;
use minhchung::app::documents::streams;
use minhchung::app::error::Code;
use minhchung::app::feed_dossier::SetNotApplicable;
use minhchung::app::gate::{Authority, Command, run_as};
use minhchung::app::keep_evidence::{
    AddEvidence, LinkEvidence, LinkInput, ReviseEvidence, UnlinkEvidence, WithdrawEvidence,
};
use minhchung::app::prepare_dossier::{AnswerSupplement, Declare, DeclareItem, ReturnDossier, SubmitDossier};
use minhchung::app::record_survey::{SurveyResult, SurveyResults};
use minhchung::app::review::{ReviewItem, ReviewLeaves, SupplementRequest};
use minhchung::domain::assessment::{AssessmentState, Correction, CorrectionBasis, ReviewOutcome};
use minhchung::domain::evidence::{Evidence, EvidenceKind, Link, LinkVerdict, RejectReason, VerdictKind};
use minhchung::domain::exact::Decimal;
use minhchung::domain::survey::SurveyFigure;
use minhchung::store::StreamId;

use super::acts::{Act, LEAVES, ROOTS, document, inputs};
use crate::world::World;

/// The round in which everything happens.
pub const ROUND: &str = "P-2019";

/// A dossier in the hands of the test.
pub struct Hands<'a> {
    pub world: &'a World,
    pub unit: String,
    /// How many commands were accepted, and refused, by name.
    pub done: BTreeMap<&'static str, (u32, u32)>,
}

impl Hands<'_> {
    pub fn stream(&self) -> StreamId {
        streams::dossier(ROUND, &self.unit)
    }

    pub async fn desk(&self) -> Desk {
        let session = Session::anonymous(&self.world.app);
        Desk::load(&session.reader(), &self.stream(), None).await.unwrap()
    }

    pub async fn all<D: minhchung::store::Document>(&self) -> Vec<D> {
        let session = Session::anonymous(&self.world.app);
        let found = session.reader().all::<D>(&self.stream()).await.unwrap();
        found.into_iter().map(|one| one.value).collect()
    }

    /// A leaf for which more was asked: where the unit may act in appraisal.
    async fn asked(&self) -> Option<String> {
        let requested = AssessmentState::SupplementRequested;
        let leaves = self.desk().await.leaves;
        let mut asked = leaves
            .into_iter()
            .filter(|(_, leaf)| leaf.assessment.state == requested);
        asked.next().map(|(code, _)| code)
    }

    /// Runs a command; what is refused is counted, and anything but a refusal is a failure.
    async fn run<C: Command>(&mut self, command: C) -> Option<C::Output> {
        let answer = run_as(&self.world.app, &Authority::System, &command, None).await;
        let (accepted, refused) = self.done.entry(C::NAME).or_default();
        match answer {
            Ok(done) => {
                *accepted += 1;
                Some(done.output)
            }
            Err(error) if matches!(error.code(), Code::Rejected | Code::Invalid) => {
                *refused += 1;
                None
            }
            Err(error) => panic!("{} of {}: {error}", C::NAME, self.unit),
        }
    }

    pub async fn act(&mut self, act: &Act) {
        let (round, unit) = (ROUND.to_owned(), self.unit.clone());
        let link = |leaf: &str| LinkInput {
            criterion: leaf.to_owned(),
            requirement: None,
            pages: None,
            note: None,
        };
        match act.clone() {
            Act::Add {
                what,
                months,
                part,
                leaves,
            } => {
                let (kind, revision) = document(what, months, part).await;
                let links = match self.asked().await {
                    Some(criterion) => vec![link(&criterion)],
                    None => leaves.into_iter().map(|leaf| link(LEAVES[leaf])).collect(),
                };
                let title = format!("{kind:?}");
                self.run(AddEvidence {
                    round,
                    unit,
                    external_id: None,
                    kind,
                    title,
                    revision,
                    links,
                })
                .await;
            }
            Act::Revise { which, months, part } => {
                let Some(evidence) = pick(self.all::<Evidence>().await, which) else {
                    return;
                };
                let what = match evidence.kind {
                    EvidenceKind::OnlineServiceUsage => 3,
                    EvidenceKind::OneStopCases => 4,
                    _ => 0,
                };
                let (_, revision) = document(what, months, part).await;
                let reason = "Bản mới".to_owned();
                self.run(ReviseEvidence {
                    round,
                    unit,
                    evidence: evidence.id,
                    revision,
                    reason,
                })
                .await;
            }
            Act::Link { which, leaf } => {
                let Some(evidence) = pick(self.all::<Evidence>().await, which) else {
                    return;
                };
                self.run(LinkEvidence {
                    round,
                    unit,
                    evidence: evidence.id,
                    links: vec![link(LEAVES[leaf])],
                })
                .await;
            }
            Act::Unlink { which } => {
                let Some(link) = pick(self.all::<Link>().await, which) else {
                    return;
                };
                self.run(UnlinkEvidence {
                    round,
                    unit,
                    link: link.id,
                })
                .await;
            }
            Act::Withdraw { which } => {
                let Some(evidence) = pick(self.all::<Evidence>().await, which) else {
                    return;
                };
                let reason = "Nhầm".to_owned();
                self.run(WithdrawEvidence {
                    round,
                    unit,
                    evidence: evidence.id,
                    reason,
                })
                .await;
            }
            Act::Declare { leaf, part } => {
                let items = vec![declared(LEAVES[leaf], part)];
                self.run(Declare {
                    round,
                    unit,
                    items,
                    dry_run: false,
                })
                .await;
            }
            Act::DeclareAll { part } => {
                let desk = self.desk().await;
                let open = |code: &&&str| desk.leaves[**code].assessment.excluded.is_none();
                let items = LEAVES.iter().filter(open).map(|code| declared(code, part)).collect();
                self.run(Declare {
                    round,
                    unit,
                    items,
                    dry_run: false,
                })
                .await;
            }
            Act::Submit => {
                self.run(SubmitDossier { round, unit }).await;
            }
            Act::Return => {
                self.run(ReturnDossier {
                    round,
                    unit,
                    reason: "Thiếu".to_owned(),
                })
                .await;
            }
            Act::Exclude { root, lift } => {
                let (reason, document) = ("Không có".to_owned(), "CV 1".to_owned());
                let due = lift.then(|| "2020-03-10".parse().unwrap());
                self.run(SetNotApplicable {
                    round,
                    unit,
                    criterion: ROOTS[root].to_owned(),
                    reason,
                    document,
                    lift,
                    due,
                })
                .await;
            }
            Act::Survey { tenths } => {
                let result = SurveyResult {
                    unit,
                    criterion: "2.1".to_owned(),
                    found: SurveyFigure::Mean {
                        mean: Decimal::parse(&format!("{}.{}", tenths / 10, tenths % 10)).unwrap(),
                        lowest: Decimal::from_integer(1),
                        highest: Decimal::from_integer(5),
                    },
                    sample: 100,
                    source: "BC".to_owned(),
                };
                let operator = Session::of(&self.world.app, "survey");
                let call = SurveyResults {
                    round: ROUND.to_owned(),
                    results: vec![result],
                    reason: Some("Sửa số liệu".to_owned()),
                };
                let outcomes = operator.record_survey_results(call, None).await.unwrap();
                self.done.entry("RecordSurvey").or_default().0 += u32::from(outcomes[0].1.is_ok());
            }
            Act::Claim { leaf, keep } => {
                let criteria = BTreeMap::from([(LEAVES[leaf].to_owned(), 0)]);
                let claim = Claim {
                    round: round.clone(),
                    unit: unit.clone(),
                    criteria: criteria.clone(),
                };
                self.run(claim).await;
                if !keep {
                    self.run(ReleaseClaim { round, unit, criteria }).await;
                }
            }
            Act::Review { .. } => self.review(act).await,
            Act::Answer { leaf } => {
                let criterion = self.asked().await.unwrap_or_else(|| LEAVES[leaf].to_owned());
                let answer = "Đã bổ sung".to_owned();
                self.run(AnswerSupplement {
                    round,
                    unit,
                    criterion,
                    answer,
                })
                .await;
            }
        }
    }

    async fn review(&mut self, act: &Act) {
        let Act::Review {
            leaf,
            verdicts,
            correct,
            waive,
            supplement,
        } = act
        else {
            return;
        };
        let desk = self.desk().await;
        let criterion = LEAVES[*leaf];
        let found = &desk.leaves[criterion];
        let judged = matches!(
            found.assessment.state,
            AssessmentState::Verified | AssessmentState::SupplementRequested
        );
        let active = found.links.iter().filter(|facts| facts.is_active());
        let verdicts = active
            .zip(verdicts.iter().cycle())
            .map(|(facts, verdict)| {
                let rejected = *verdict == 0;
                LinkVerdict {
                    link: facts.link.id.clone(),
                    revision: facts.revision.number,
                    kind: if rejected {
                        VerdictKind::Rejected
                    } else {
                        VerdictKind::Accepted
                    },
                    reason: rejected.then_some(RejectReason::NotSigned),
                    text: rejected.then(|| "Chưa ký".to_owned()),
                }
            })
            .collect();
        let corrected = correct.map(|part| inputs(criterion, part)).unwrap_or_default();
        let correction = |value| Correction {
            value,
            reason: "Đếm lại".to_owned(),
            basis: CorrectionBasis::OwnData,
        };
        let (_, rule) = desk.node(criterion).unwrap();
        let required = rule.required_evidence.iter().filter(|_| *waive);
        let outcome = if *supplement {
            ReviewOutcome::RequestSupplement
        } else {
            ReviewOutcome::Verify
        };
        let item = ReviewItem {
            stands: std::collections::BTreeMap::new(),
            alone: false,
            place: 0,
            criterion: criterion.to_owned(),
            expected_version: found.assessment.version,
            verdicts,
            corrections: corrected
                .into_iter()
                .map(|(code, value)| (code, correction(value)))
                .collect(),
            waivers: required
                .map(|one| (one.code.clone(), "Có trên hệ thống".to_owned()))
                .collect(),
            outcome,
            comment: None,
            supplement: supplement.then(|| SupplementRequest {
                text: "Gửi thêm".to_owned(),
                due: "2020-03-10".parse().unwrap(),
            }),
            asks: None,
            dropped: std::collections::BTreeSet::new(),
            replaces_because: judged.then(|| "Xem lại".to_owned()),
        };
        let (round, unit) = (ROUND.to_owned(), self.unit.clone());
        self.run(ReviewLeaves {
            round,
            unit,
            items: vec![item],
        })
        .await;
    }
}

fn pick<T>(mut from: Vec<T>, which: usize) -> Option<T> {
    (!from.is_empty()).then(|| from.remove(which % from.len()))
}

fn declared(criterion: &str, part: u32) -> DeclareItem {
    DeclareItem {
        criterion: criterion.to_owned(),
        inputs: inputs(criterion, part),
        explanation: None,
        // So that every dossier can be submitted, whatever its documents.
        evidence_missing: Some("Đang bổ sung".to_owned()),
    }
}
