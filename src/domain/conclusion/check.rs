//! Whether a conclusion makes sense by itself: codes once each, references to what it has, and no more than fits.

use std::collections::BTreeSet;

use super::{Cited, ConclusionContent, MAX_ASKED, MAX_CITATIONS, MAX_DAYS, MAX_PARTS, MAX_STEPS, Measure};
use crate::domain::fault::Fault;

impl Cited {
    /// Whether what is cited has such a value at all.
    pub fn has(&self, measure: Measure) -> bool {
        match self {
            Self::Result { node, .. } => match measure {
                Measure::Points | Measure::Percent | Measure::Rank | Measure::RankChange | Measure::Change => true,
                Measure::Class => node.is_none(),
                Measure::RankedUnits | Measure::Median => false,
            },
            Self::Group { .. } => measure == Measure::Median,
            Self::Figure { part, .. } => match measure {
                Measure::Points => true,
                Measure::Rank | Measure::RankedUnits | Measure::RankChange | Measure::Change | Measure::Class => {
                    part.is_none()
                }
                Measure::Percent | Measure::Median => false,
            },
        }
    }
}

impl ConclusionContent {
    /// Codes once each, references to what is there, and no more than fits; `citations` are the codes of what it cites.
    pub fn check(&self, citations: &[&str]) -> Result<(), Fault> {
        for (field, count, most) in [
            ("sections", self.sections.len(), MAX_PARTS),
            ("findings", self.findings.len(), MAX_PARTS),
            ("tasks", self.tasks.len(), MAX_PARTS),
            ("citations", citations.len(), MAX_CITATIONS),
            ("escalation", self.escalation.len(), MAX_STEPS),
        ] {
            if count > most {
                return Err(Fault::new(field, format!("Tối đa {most}."), format!("At most {most}.")));
            }
        }
        let cited = unique("citations", citations.iter().copied())?;
        unique("sections", self.sections.iter().map(|one| one.code.as_str()))?;
        let found = unique("findings", self.findings.iter().map(|one| one.code.as_str()))?;
        unique("tasks", self.tasks.iter().map(|one| one.code.as_str()))?;
        for section in &self.sections {
            known(&format!("sections.{}.cites", section.code), &section.cites, &cited)?;
        }
        self.check_findings(&cited)?;
        self.check_tasks(&found)?;
        self.check_escalation()
    }

    fn check_findings(&self, cited: &BTreeSet<&str>) -> Result<(), Fault> {
        for finding in &self.findings {
            let place = format!("findings.{}", finding.code);
            known(&format!("{place}.restsOn"), &finding.rests_on, cited)?;
            unique(&format!("{place}.units"), finding.units.iter().map(String::as_str))?;
            unique(
                &format!("{place}.criteria"),
                finding.criteria.iter().map(String::as_str),
            )?;
            if finding.rests_on.is_empty() {
                return Err(Fault::new(
                    format!("{place}.restsOn"),
                    "Nhận định cần dựa trên ít nhất một số liệu được dẫn.",
                    "A finding rests on at least one citation; name it.",
                ));
            }
        }
        Ok(())
    }

    fn check_tasks(&self, found: &BTreeSet<&str>) -> Result<(), Fault> {
        for task in &self.tasks {
            let place = format!("tasks.{}", task.code);
            known(&format!("{place}.findings"), &task.findings, found)?;
            unique(&format!("{place}.units"), task.units.iter().map(String::as_str))?;
            if task.units.is_empty() {
                return Err(Fault::new(
                    format!("{place}.units"),
                    "Nêu đơn vị thực hiện.",
                    "Name the units that are to do it.",
                ));
            }
            if task.due.is_some_and(|due| due < self.dated) {
                return Err(Fault::new(
                    format!("{place}.due"),
                    "Hạn trước ngày của văn bản.",
                    "It is due before the day of the document.",
                ));
            }
        }
        unique(
            "tasks.countsAs",
            self.tasks.iter().filter_map(|task| task.counts_as.as_deref()),
        )?;
        let asked: usize = self.tasks.iter().map(|task| task.units.len()).sum();
        if asked > MAX_ASKED {
            return Err(Fault::new(
                "tasks",
                format!(
                    "Tối đa {MAX_ASKED} lượt giao (nhiệm vụ × đơn vị) trong một văn bản; hãy tách thành nhiều phần."
                ),
                format!(
                    "At most {MAX_ASKED} tasks times units in one conclusion; enter the others as a further part of it."
                ),
            ));
        }
        Ok(())
    }

    fn check_escalation(&self) -> Result<(), Fault> {
        unique("escalation.to", self.escalation.iter().map(|step| step.to.as_str()))?;
        if self.escalation.iter().any(|step| step.after_days > MAX_DAYS) {
            return Err(Fault::new(
                "escalation.afterDays",
                format!("Tối đa {MAX_DAYS} ngày."),
                format!("At most {MAX_DAYS} days."),
            ));
        }
        let rising = |pair: &[super::EscalationStep]| pair[0].after_days < pair[1].after_days;
        if !self.escalation.windows(2).all(rising) {
            return Err(Fault::new(
                "escalation",
                "Các bước xếp theo số ngày tăng dần.",
                "Steps stand in the order of their days, each later than the one before.",
            ));
        }
        Ok(())
    }
}

fn unique<'a>(field: &str, codes: impl Iterator<Item = &'a str>) -> Result<BTreeSet<&'a str>, Fault> {
    let mut seen = BTreeSet::new();
    for code in codes {
        if !seen.insert(code) {
            return Err(Fault::new(
                field,
                format!("{code} nêu hai lần."),
                format!("{code} is given twice."),
            ));
        }
    }
    Ok(seen)
}

/// That codes are among those that there are, each once.
fn known(field: &str, codes: &[String], there: &BTreeSet<&str>) -> Result<(), Fault> {
    let codes = unique(field, codes.iter().map(String::as_str))?;
    match codes.iter().find(|code| !there.contains(**code)) {
        None => Ok(()),
        Some(code) => Err(Fault::new(
            field,
            format!("Văn bản không có mã {code}."),
            format!("The conclusion has no {code}."),
        )),
    }
}
