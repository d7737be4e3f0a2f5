//! Conflicts of interest: each message names the tie.

use crate::domain::conflict::{Conflict, RecusalLimit};
use crate::domain::text::Text;

pub fn message(conflict: Conflict) -> Text {
    match conflict {
        Conflict::OwnUnit => Text::new(
            "Không được thẩm định hồ sơ của chính đơn vị mình; việc này do đơn vị thay thế thực hiện.",
            "Nobody reviews the own unit's dossier; the named substitute does.",
        ),
        Conflict::HeldGrant => Text::new(
            "Bạn đang hoặc đã là cán bộ hay thủ trưởng của đơn vị này (hoặc của đơn vị cấp trên nó), nên không thẩm định hồ sơ này; hãy để người khác thẩm định.",
            "You are or were an officer or head of this unit, or of one above it, and do not review its dossier; leave it to somebody else.",
        ),
        Conflict::ParentOrChildUnit => Text::new(
            "Đơn vị của bạn thuộc đơn vị được đánh giá, hoặc là cấp trên của nó và được đánh giá theo cùng bộ chỉ số, nên bạn không thẩm định hồ sơ này; hãy để người khác thẩm định.",
            "Your unit belongs to the assessed one, or is above it and assessed by the same framework: you do not review this dossier; leave it to somebody else.",
        ),
        Conflict::Recused => Text::new(
            "Bạn đã từ chối thẩm định (hoặc được miễn thẩm định) phần này; hãy để người khác thẩm định, hoặc đề nghị quản lý kỳ đánh giá gỡ bỏ (liftRecusal).",
            "You are recused from this; leave it to somebody else, or ask the round's manager to lift the recusal (liftRecusal).",
        ),
    }
}

pub fn too_many_recusals(most: usize, of: RecusalLimit) -> Text {
    match of {
        RecusalLimit::All => Text::new(
            format!(
                "Tài khoản đã có {most} lần từ chối thẩm định, mức tối đa; hãy thu hồi quyền thẩm định (revokeGrant) thay vì thêm."
            ),
            format!(
                "The account has {most} recusals, the most there can be; revoke its grant to review (revokeGrant) instead."
            ),
        ),
        RecusalLimit::Parts => Text::new(
            format!(
                "Đã từ chối thẩm định từng phần của {most} hồ sơ trong kỳ, mức tối đa; hãy từ chối cả hồ sơ (bỏ criterion)."
            ),
            format!(
                "There are recusals from parts of {most} dossiers of the round, the most there can be; recuse from the whole dossier (leave criterion out)."
            ),
        ),
    }
}
