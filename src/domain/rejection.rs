//! What a rule or a phase forbids. Each has a stable name that clients branch on and a message that says what to do.

use super::text::Text;

/// A business rule said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// An appraiser never judges the own unit.
    OwnUnit,
    /// The dossier or round is in another phase.
    WrongPhase { phase: &'static str },
    /// The leaf is in another state.
    WrongState { criterion: String, state: &'static str },
    /// The dossier has been submitted; only a supplement request opens single leaves.
    AlreadySubmitted,
    /// The dossier has not been submitted yet.
    NotSubmitted,
    /// Leaves still lack a declaration or evidence.
    Incomplete { criteria: Vec<String> },
    /// Somebody else holds the leaf.
    Claimed { criterion: String },
    /// The judgement was made on an older version.
    StaleVersion {
        criterion: String,
        expected: u64,
        actual: u64,
    },
    /// Every link needs a verdict on the revision that stands now.
    LinkNotJudged { link: String },
    /// The verdict names a revision that is no longer the newest.
    RevisionChanged { link: String, revision: u32 },
    /// Required evidence is neither accepted nor waived with a reason (383/BNV-CCHC: no evidence, no points).
    EvidenceNotAccepted { requirement: String },
    /// Survey leaves are fed by the survey, not declared or reviewed.
    SurveyLeaf { criterion: String },
    /// The leaf does not apply to the unit.
    NotApplicable { criterion: String },
    /// Only the reviewer may replace the own review.
    NotYourReview,
    /// The document is linked to a leaf that has been submitted or verified.
    EvidenceInUse { evidence: String },
    /// The document was withdrawn.
    Withdrawn { evidence: String },
    /// Leaves are unverified and not listed with a reason.
    Unverified { count: usize, first: String },
    /// The framework has errors.
    FrameworkErrors { count: usize, first: Text },
    /// The framework has warnings that nobody accepted.
    FrameworkWarnings { count: usize, first: Text },
    /// Issued frameworks never change.
    FrameworkIssued { code: String, version: String },
    /// A round with that code exists with other settings.
    RoundExists { code: String },
    /// The portal's own id is taken in this dossier by another document.
    ExternalIdTaken { external_id: String },
    /// The supplement's due date is over.
    SupplementOverdue { criterion: String },
}

impl Rejection {
    /// The stable name of the rule.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::OwnUnit => "OWN_UNIT",
            Self::WrongPhase { .. } => "WRONG_PHASE",
            Self::WrongState { .. } => "WRONG_STATE",
            Self::AlreadySubmitted => "ALREADY_SUBMITTED",
            Self::NotSubmitted => "NOT_SUBMITTED",
            Self::Incomplete { .. } => "INCOMPLETE",
            Self::Claimed { .. } => "CLAIMED",
            Self::StaleVersion { .. } => "STALE_VERSION",
            Self::LinkNotJudged { .. } => "LINK_NOT_JUDGED",
            Self::RevisionChanged { .. } => "REVISION_CHANGED",
            Self::EvidenceNotAccepted { .. } => "EVIDENCE_NOT_ACCEPTED",
            Self::SurveyLeaf { .. } => "SURVEY_LEAF",
            Self::NotApplicable { .. } => "NOT_APPLICABLE",
            Self::NotYourReview => "NOT_YOUR_REVIEW",
            Self::EvidenceInUse { .. } => "EVIDENCE_IN_USE",
            Self::Withdrawn { .. } => "WITHDRAWN",
            Self::Unverified { .. } => "UNVERIFIED",
            Self::FrameworkErrors { .. } => "FRAMEWORK_ERRORS",
            Self::FrameworkWarnings { .. } => "FRAMEWORK_WARNINGS",
            Self::FrameworkIssued { .. } => "FRAMEWORK_ISSUED",
            Self::RoundExists { .. } => "ROUND_EXISTS",
            Self::ExternalIdTaken { .. } => "EXTERNAL_ID_TAKEN",
            Self::SupplementOverdue { .. } => "SUPPLEMENT_OVERDUE",
        }
    }

    /// What happened and what to do next, in both languages.
    pub fn message(&self) -> Text {
        match self {
            Self::OwnUnit => Text::new(
                "Không được thẩm định hồ sơ của chính đơn vị mình; việc này do đơn vị thay thế thực hiện.",
                "Nobody reviews the own unit's dossier; the named substitute does.",
            ),
            Self::WrongPhase { phase } => Text::new(
                format!("Không thực hiện được ở giai đoạn {phase}; hãy xem phase của hồ sơ và của kỳ đánh giá."),
                format!("Not possible in phase {phase}; look at the phase of dossier and round."),
            ),
            Self::WrongState { criterion, state } => Text::new(
                format!("Tiêu chí {criterion} đang ở trạng thái {state}; hãy tải lại rồi thử lại."),
                format!("Criterion {criterion} is in state {state}; read it again before you go on."),
            ),
            Self::AlreadySubmitted => Text::new(
                "Hồ sơ đã nộp; chỉ sửa được tiêu chí có yêu cầu bổ sung, hoặc đề nghị trả lại hồ sơ.",
                "The dossier has been submitted; only leaves with a supplement request are open, or ask for its return.",
            ),
            Self::NotSubmitted => Text::new(
                "Hồ sơ chưa nộp; hãy đợi thủ trưởng đơn vị nộp.",
                "The dossier has not been submitted yet; wait until the unit's head submits it.",
            ),
            Self::Incomplete { criteria } => {
                let list = criteria.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
                Text::new(
                    format!("Còn {} tiêu chí chưa đủ: {list}. Xem dossier.missing.", criteria.len()),
                    format!(
                        "{} criteria are incomplete: {list}. See dossier.missing.",
                        criteria.len()
                    ),
                )
            }
            Self::Claimed { criterion } => Text::new(
                format!("Tiêu chí {criterion} đang do người khác thẩm định; hãy chọn tiêu chí khác."),
                format!("Somebody else holds criterion {criterion}; take another one."),
            ),
            Self::StaleVersion {
                criterion,
                expected,
                actual,
            } => Text::new(
                format!("Tiêu chí {criterion} đã thay đổi (bản {actual}, không phải {expected}); hãy xem lại."),
                format!("Criterion {criterion} has changed (version {actual}, not {expected}); look at it again."),
            ),
            Self::LinkNotJudged { link } => Text::new(
                format!("Chưa đánh giá tài liệu {link}; mỗi tài liệu cần một kết luận."),
                format!("Link {link} is not judged; every link needs a verdict."),
            ),
            Self::RevisionChanged { link, revision } => Text::new(
                format!("Tài liệu {link} đã có bản {revision}; hãy xem bản mới."),
                format!("Link {link} now has revision {revision}; look at the new one."),
            ),
            Self::EvidenceNotAccepted { requirement } => Text::new(
                format!("Tài liệu bắt buộc {requirement} chưa được chấp nhận; hãy chấp nhận hoặc nêu lý do miễn."),
                format!("Required evidence {requirement} is not accepted; accept it or waive it with a reason."),
            ),
            Self::SurveyLeaf { criterion } => Text::new(
                format!("Tiêu chí {criterion} lấy từ điều tra xã hội học; hãy bỏ khỏi yêu cầu."),
                format!("Criterion {criterion} comes from the survey; leave it out."),
            ),
            Self::NotApplicable { criterion } => Text::new(
                format!("Tiêu chí {criterion} không áp dụng cho đơn vị; hãy bỏ khỏi yêu cầu."),
                format!("Criterion {criterion} does not apply to the unit; leave it out."),
            ),
            Self::NotYourReview => Text::new(
                "Chỉ người thẩm định mới được sửa kết quả của mình; hãy trao đổi với người đó.",
                "Only the reviewer may replace the own review; talk to the reviewer.",
            ),
            Self::EvidenceInUse { evidence } => Text::new(
                format!("Tài liệu {evidence} đã nộp, không rút được; hãy đề nghị trả lại hồ sơ."),
                format!(
                    "Evidence {evidence} has been submitted; it can no longer be withdrawn; ask for the return of the dossier."
                ),
            ),
            Self::Withdrawn { evidence } => Text::new(
                format!("Tài liệu {evidence} đã rút; hãy thêm tài liệu mới."),
                format!("Evidence {evidence} was withdrawn; add a new document."),
            ),
            Self::Unverified { count, first } => Text::new(
                format!(
                    "{count} tiêu chí chưa thẩm định và không nêu lý do, đầu tiên là {first}; hãy thẩm định hoặc nêu trong unverified."
                ),
                format!(
                    "{count} leaves are unverified and not listed with a reason, the first is {first}; verify them or list them in unverified."
                ),
            ),
            Self::FrameworkErrors { count, first } => Text::new(
                format!(
                    "Bộ chỉ số có {count} lỗi, đầu tiên là {}; gửi với dryRun để xem tất cả.",
                    first.vi
                ),
                format!(
                    "The framework has {count} errors, the first is {}; send it with dryRun to see all.",
                    first.en
                ),
            ),
            Self::FrameworkWarnings { count, first } => Text::new(
                format!(
                    "Bộ chỉ số có {count} cảnh báo, đầu tiên là {}; hãy sửa hoặc gửi lại với acceptWarnings.",
                    first.vi
                ),
                format!(
                    "The framework has {count} warnings, the first is {}; mend them or send acceptWarnings.",
                    first.en
                ),
            ),
            Self::FrameworkIssued { code, version } => Text::new(
                format!("Bộ chỉ số {code} bản {version} đã ban hành với nội dung khác; dùng bản mới."),
                format!("Framework {code} version {version} is issued with other content; use a new version."),
            ),
            Self::RoundExists { code } => Text::new(
                format!("Kỳ đánh giá {code} đã có với thiết lập khác; hãy dùng mã khác."),
                format!("Round {code} exists with other settings; use another code."),
            ),
            Self::ExternalIdTaken { external_id } => Text::new(
                format!(
                    "externalId {external_id} đã dùng cho tài liệu khác trong hồ sơ; hãy sửa tài liệu đó hoặc dùng mã khác."
                ),
                format!(
                    "externalId {external_id} names another document of this dossier; revise that one, or use another id."
                ),
            ),
            Self::SupplementOverdue { criterion } => Text::new(
                format!("Đã hết hạn bổ sung tiêu chí {criterion}; hãy liên hệ người thẩm định."),
                format!("The supplement for criterion {criterion} is overdue; ask the appraiser for a new one."),
            ),
        }
    }
}
