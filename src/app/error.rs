//! One error for everything the system can be asked to do, and the closed list of codes that clients branch on.

use super::prepare_dossier::ItemProblem;
use crate::domain::fault::Fault;
use crate::domain::policy::{Permission, roles_with};
use crate::domain::registry::Role;
use crate::domain::rejection::Rejection;
use crate::domain::rows::RowReport;
use crate::domain::text::Text;
use crate::store::{BoxError, CommitError, StoreError};

/// `extensions.code` of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    Unauthenticated,
    Forbidden,
    NotFound,
    Invalid,
    Rejected,
    Conflict,
    TooLarge,
    RateLimited,
    Unavailable,
    Internal,
}

impl Code {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Invalid => "INVALID",
            Self::Rejected => "REJECTED",
            Self::Conflict => "CONFLICT",
            Self::TooLarge => "TOO_LARGE",
            Self::RateLimited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, or the token does not hold.
    #[error("not signed in")]
    Unauthenticated,
    /// Visible, but not allowed: it needs a role with this permission, over what it is about.
    #[error("not allowed: needs {needs:?}")]
    Forbidden { needs: Permission },
    /// Not there, or not visible: the same answer.
    #[error("{what} not found")]
    NotFound { what: &'static str },
    /// Wrong in any state.
    #[error("{field}: {}", message.en)]
    Invalid { field: String, message: Text },
    /// Some rows of a document are wrong; the report names them.
    #[error("{field}: {}", message.en)]
    Rows {
        field: String,
        message: Text,
        report: Box<RowReport>,
    },
    /// Some items of a call that is applied as a whole are wrong: the error of the first, and the problems of all, each
    /// with the item's place in the call.
    #[error("{first}")]
    Items {
        first: Box<Error>,
        problems: Vec<(usize, ItemProblem)>,
    },
    /// An error that has no place of its own, with the input that it is about.
    #[error("{field}: {error}")]
    About { field: String, error: Box<Error> },
    /// A rule or phase forbids it.
    #[error("{}", .0.message().en)]
    Rejected(Rejection),
    /// Others kept changing the same stream.
    #[error("too many concurrent changes")]
    Conflict,
    /// Another worker has taken the job over: whatever this one had begun is the other's now.
    #[error("another worker has taken the job over")]
    LeaseLost,
    /// Over a limit.
    #[error("{field}: {}", message.en)]
    TooLarge { field: String, message: Text },
    /// Too much of what takes a processor for a while.
    #[error("{}", message.en)]
    RateLimited { message: Text },
    /// The store does not answer, or nobody knows whether the change was applied.
    #[error("unavailable: {cause}")]
    Unavailable { cause: BoxError, unknown: bool },
    /// A mistake in the program or damage in the store.
    #[error("internal: {0}")]
    Internal(#[source] BoxError),
}

impl Error {
    /// The code that clients branch on.
    pub fn code(&self) -> Code {
        match self {
            Self::Unauthenticated => Code::Unauthenticated,
            Self::Forbidden { .. } => Code::Forbidden,
            Self::NotFound { .. } => Code::NotFound,
            Self::Invalid { .. } | Self::Rows { .. } => Code::Invalid,
            Self::Items { first: error, .. } | Self::About { error, .. } => error.code(),
            Self::Rejected(_) => Code::Rejected,
            Self::Conflict | Self::LeaseLost => Code::Conflict,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::Unavailable { .. } => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// The input that is wrong, as a path in the mutation's input.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid { field, .. }
            | Self::Rows { field, .. }
            | Self::TooLarge { field, .. }
            | Self::About { field, .. } => Some(field),
            Self::Items { first, .. } => first.field(),
            _ => None,
        }
    }

    /// The rule that forbids it.
    pub fn rule(&self) -> Option<&'static str> {
        match self {
            Self::Rejected(rejection) => Some(rejection.rule()),
            Self::Items { first: error, .. } | Self::About { error, .. } => error.rule(),
            _ => None,
        }
    }

    /// The problems of the items that are wrong, each with the item's place in the call.
    pub fn items(&self) -> &[(usize, ItemProblem)] {
        match self {
            Self::Items { problems, .. } => problems,
            _ => &[],
        }
    }

    /// What is wrong with the rows of a document.
    pub fn rows(&self) -> Option<&RowReport> {
        match self {
            Self::Rows { report, .. } => Some(report),
            Self::Items { first: error, .. } | Self::About { error, .. } => error.rows(),
            _ => None,
        }
    }

    /// The same error of a part of a larger input: its field begins with the part's place.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        if let Self::Invalid { field, .. }
        | Self::Rows { field, .. }
        | Self::TooLarge { field, .. }
        | Self::About { field, .. } = &mut self
        {
            *field = format!("{place}.{field}");
        }
        self
    }

    /// The same error with the input that it is about, unless it names one already. What is wrong with no input, such as
    /// a store that does not answer, stays as it is.
    #[must_use]
    pub fn about(self, field: impl Into<String>) -> Self {
        match self {
            Self::NotFound { .. } | Self::Forbidden { .. } | Self::Rejected(_) => Self::About {
                field: field.into(),
                error: Box::new(self),
            },
            other => other,
        }
    }

    /// The error itself, whatever input it is about.
    pub fn kind(&self) -> &Self {
        match self {
            Self::About { error, .. } => error.kind(),
            other => other,
        }
    }

    /// Whether it is unknown if the change was applied; re-sending with the same idempotency key is safe.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self.kind(), Self::Unavailable { unknown: true, .. })
    }

    /// Whether the same question would be answered the same: then it may be the outcome of one item of many. Otherwise
    /// nobody knows, or trying again may help, and the whole call says so.
    pub fn is_final(&self) -> bool {
        !matches!(
            self.kind(),
            Self::Unauthenticated
                | Self::Unavailable { .. }
                | Self::Conflict
                | Self::RateLimited { .. }
                | Self::Internal(_)
        )
    }

    /// What to tell the client, in both languages; causes stay inside.
    pub fn message(&self) -> Text {
        match self {
            Self::Unauthenticated => Text::new(
                "Cần đăng nhập: gửi token hợp lệ trong tiêu đề Authorization.",
                "Sign in: send a valid token in the Authorization header.",
            ),
            Self::Forbidden { needs } => forbidden(*needs),
            Self::NotFound { what } => Text::new(
                format!(
                    "Không tìm thấy {}, hoặc bạn không được xem; hãy kiểm tra mã hoặc đề nghị cấp quyền.",
                    in_vietnamese(what)
                ),
                format!("No such {what}, or not visible to you; check its id or code, or ask for a grant."),
            ),
            Self::Invalid { message, .. }
            | Self::Rows { message, .. }
            | Self::TooLarge { message, .. }
            | Self::RateLimited { message } => message.clone(),
            Self::Items { first: error, .. } | Self::About { error, .. } => error.message(),
            Self::Rejected(rejection) => rejection.message(),
            Self::Conflict => Text::new(
                "Nhiều người đang sửa cùng hồ sơ; hãy gửi lại.",
                "Others are changing the same dossier; send it again.",
            ),
            Self::LeaseLost => Text::new(
                "Tiến trình khác đã tiếp nhận tác vụ này; hãy xem báo cáo của tác vụ.",
                "Another worker has taken this job over; look at the job's report.",
            ),
            Self::Unavailable { unknown: true, .. } => Text::new(
                "Chưa rõ thay đổi đã lưu hay chưa; gửi lại với cùng idempotencyKey.",
                "It is unknown whether the change was applied; send it again with the same idempotencyKey.",
            ),
            Self::Unavailable { .. } => Text::new(
                "Hệ thống tạm thời không phục vụ được; hãy thử lại sau.",
                "Temporarily unavailable; try again later.",
            ),
            Self::Internal(_) => Text::new(
                "Lỗi hệ thống; hãy báo mã yêu cầu cho quản trị.",
                "Internal error; report the request id to the operator.",
            ),
        }
    }

    /// The error of a call that is applied as a whole, from those of its items; none if all are fine.
    pub fn of_items(wrong: Vec<(usize, Self)>) -> Option<Self> {
        let problem = |(place, error): &(usize, Self)| (*place, ItemProblem::of(error));
        let problems = wrong.iter().map(problem).collect();
        let (_, first) = wrong.into_iter().next()?;
        Some(Self::Items {
            first: Box::new(first),
            problems,
        })
    }

    /// Something outside does not answer; certainly nothing was changed.
    pub fn unavailable(cause: impl Into<BoxError>) -> Self {
        Self::Unavailable {
            cause: cause.into(),
            unknown: false,
        }
    }

    /// Input that is wrong in any state.
    pub fn invalid(field: impl Into<String>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: Text::new(vi, en),
        }
    }
}

/// Which roles may, by the policy itself, so that the reader knows what to ask for.
fn forbidden(needs: Permission) -> Text {
    let roles: Vec<&str> = roles_with(needs).map(Role::name).collect();
    let roles = roles.join(", ");
    Text::new(
        format!(
            "Tài khoản không có quyền này: cần một trong các vai trò {roles}, với phạm vi bao gồm đối tượng này; hãy đề nghị quản trị cấp."
        ),
        format!(
            "The account may not do this: it needs one of: {roles}, with a scope that covers this; ask an administrator for a grant."
        ),
    )
}

/// What was not found, as a Vietnamese reader calls it.
fn in_vietnamese(what: &str) -> &str {
    match what {
        "account" | "user" => "tài khoản",
        "appeal" => "kiến nghị",
        "assessment" | "criterion" => "tiêu chí",
        "citation" => "số liệu được dẫn",
        "conclusion" => "văn bản kết luận",
        "follow-up" => "nhiệm vụ được giao",
        "council meeting" => "cuộc họp hội đồng",
        "council minutes" => "biên bản họp hội đồng",
        "column mapping" => "ánh xạ cột",
        "dossier" => "hồ sơ",
        "evidence" => "tài liệu",
        "file" => "tệp",
        "framework" => "bộ chỉ số",
        "grant" => "quyền được cấp",
        "job" => "tác vụ",
        "link" => "liên kết tài liệu",
        "object" => "đối tượng",
        "procedure list" => "danh mục thủ tục",
        "review" => "kết quả thẩm định",
        "revision" => "bản tài liệu",
        "questionnaire" => "phiếu khảo sát",
        "survey" => "cuộc khảo sát",
        "publication" => "kết quả công bố",
        "ranking" | "ranking row" => "bảng xếp hạng",
        "round" => "kỳ đánh giá",
        "journal entry" => "mục nhật ký",
        "row" => "dòng số liệu",
        "unit" => "đơn vị",
        other => other,
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Invalid {
            field: fault.field,
            message: fault.message,
        }
    }
}

impl From<Rejection> for Error {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => Self::unavailable(cause),
            StoreError::Corrupt(_) => Self::Internal(Box::new(error)),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Taken { .. } => Self::Conflict,
            CommitError::TooLarge { .. } => Self::TooLarge {
                field: "input".to_owned(),
                message: Text::new(
                    format!("Quá lớn cho một lần lưu ({error}); hãy chia nhỏ."),
                    format!("Too large for one commit ({error}); split it."),
                ),
            },
            CommitError::NotApplied(cause) => Self::unavailable(cause),
            CommitError::Unknown(cause) => Self::Unavailable { cause, unknown: true },
        }
    }
}
