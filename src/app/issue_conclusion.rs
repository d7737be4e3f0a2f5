//! Issuing a conclusion: what it says, what it cites with the values of that moment, and what it asks of each unit, in one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::cite::{stream_of, value_of};
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::text::{MAX_PAGES_CHARS, MAX_URL_CHARS, check_code, check_name, check_optional, check_text};
use crate::domain::conclusion::{
    Citation, Cited, Conclusion, ConclusionContent, EscalationStep, Finding, Measure, Section, TakenFrom, Task,
};
use crate::domain::follow_up::FollowUp;
use crate::domain::framework::Framework;
use crate::domain::policy::Permission;
use crate::domain::registry::Unit;
use crate::domain::rejection::Rejection;
use crate::domain::round::Round;
use crate::domain::series::Source;
use crate::domain::text::Text;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// A figure that is to be cited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCitation {
    pub code: String,
    pub cited: Cited,
    pub measure: Measure,
}

/// A task with those who are to do it as they are named: unit by unit, or all of a type.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTask {
    pub code: String,
    pub text: Text,
    #[serde(default)]
    pub units: Vec<String>,
    #[serde(default)]
    pub unit_types: Vec<String>,
    pub due: Option<Date>,
    #[serde(default)]
    pub findings: Vec<String>,
    pub counts_as: Option<String>,
    pub note: Option<Text>,
}

/// Issues a conclusion. What it asks is asked of units as they stand that day.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssueConclusion {
    pub code: String,
    pub number: String,
    pub dated: Date,
    pub issuer: String,
    pub concluded_by: Option<String>,
    pub title: Text,
    pub replaces: Option<String>,
    pub source: Source,
    pub time_zone: String,
    pub citations: Vec<NewCitation>,
    pub sections: Vec<Section>,
    pub findings: Vec<Finding>,
    pub tasks: Vec<NewTask>,
    #[serde(default)]
    pub escalation: Vec<EscalationStep>,
}

/// What issuing looks at.
pub struct ToIssue {
    issued: Option<Versioned<Conclusion>>,
    /// What it cites, if it is issued.
    cited: Vec<Citation>,
    replaced: Option<Versioned<Conclusion>>,
    /// All units, by code.
    units: BTreeMap<String, Unit>,
    /// The values of the citations, in their order.
    values: Vec<Option<(String, TakenFrom)>>,
    /// Of the rounds whose results are cited.
    frameworks: Vec<Arc<Framework>>,
}

#[async_trait]
impl Command for IssueConclusion {
    const NAME: &'static str = "IssueConclusion";
    const PERMISSION: Permission = Permission::FollowUp;
    type State = ToIssue;
    /// Code of the conclusion.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::conclusion(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<ToIssue>, Error> {
        check_code("code", &self.code)?;
        let issued = read.get::<Conclusion>(&self.stream(), &self.code).await?;
        let cited = read.all::<Citation>(&self.stream()).await?;
        let replaced = match &self.replaces {
            Some(code) => {
                check_code("replaces", code)?;
                let stream = streams::conclusion(code);
                read.head(&stream).await?;
                read.get::<Conclusion>(&stream, code).await?
            }
            None => None,
        };
        read.head(&streams::units()).await?;
        let units = read.all::<Unit>(&streams::units()).await?;
        let mut values = Vec::with_capacity(self.citations.len());
        let mut rounds = BTreeSet::new();
        for citation in &self.citations {
            // What a value is taken from is what the conclusion rests on.
            read.head(&stream_of(&citation.cited)).await?;
            values.push(value_of(read, &citation.cited, citation.measure).await?);
            match &citation.cited {
                Cited::Result { round, .. } | Cited::Group { round, .. } => {
                    rounds.insert(round);
                }
                Cited::Figure { .. } => {}
            }
        }
        let mut frameworks = Vec::new();
        for round in rounds {
            let round = read.get::<Round>(&streams::round(round), round).await?;
            for reference in round.iter().flat_map(|round| round.frameworks.values()) {
                frameworks.push(read.framework_of(reference).await?);
            }
        }
        Ok(Loaded::of_system(ToIssue {
            issued,
            cited: cited.into_iter().map(|one| one.value).collect(),
            replaced,
            units: units.into_iter().map(|unit| (unit.code.clone(), unit.value)).collect(),
            values,
            frameworks,
        }))
    }

    fn decide(&self, state: ToIssue, context: &Context<'_>) -> Result<Decision<String>, Error> {
        self.check_texts()?;
        TimeZone::get(&self.time_zone).map_err(|_| {
            Error::invalid(
                "timeZone",
                "Không có múi giờ này; ví dụ Asia/Ho_Chi_Minh.",
                "There is no such time zone; an example is Asia/Ho_Chi_Minh.",
            )
        })?;
        let today = context.today(&self.time_zone)?;
        if self.dated > today {
            return Err(Error::invalid(
                "dated",
                "Ngày của văn bản ở tương lai; hãy kiểm tra lại.",
                "The conclusion is dated in the future; check the date.",
            ));
        }
        let content = self.content(&state, today)?;
        let codes: Vec<&str> = self.citations.iter().map(|one| one.code.as_str()).collect();
        content.check(&codes)?;
        self.check_names(&content, &state, today)?;
        if let Some(issued) = state.issued {
            // Sent again, nothing is issued twice; a signed conclusion never changes.
            let same = issued.value.content == content
                && issued.value.time_zone == self.time_zone
                && self.cites_the_same(&state.cited);
            return match same {
                true => Ok(Decision::new(self.code.clone())),
                false => Err(Rejection::ConclusionIssued {
                    number: issued.value.content.number,
                }
                .into()),
            };
        }
        let citations = self.citations_of(&state)?;
        let asked = self.asked(&content, &state.units)?;
        let conclusion = Conclusion {
            code: self.code.clone(),
            content,
            time_zone: self.time_zone.clone(),
            issued_at: context.now,
            issued_by: context.login.to_owned(),
        };
        Ok(Decision::new(self.code.clone())
            .put(conclusion)
            .put_all(citations)
            .put_all(asked))
    }
}

impl IssueConclusion {
    fn check_texts(&self) -> Result<(), Error> {
        let both = |field: &str, text: &Text| {
            check_text(&format!("{field}.vi"), &text.vi)?;
            check_text(&format!("{field}.en"), &text.en)
        };
        check_name("number", &self.number)?;
        both("title", &self.title)?;
        if let Some(name) = &self.concluded_by {
            check_name("concludedBy", name)?;
        }
        check_name("source.document", &self.source.document)?;
        check_optional("source.url", self.source.url.as_deref(), MAX_URL_CHARS)?;
        check_optional("source.place", self.source.place.as_deref(), MAX_PAGES_CHARS)?;
        for one in &self.citations {
            check_code("citations.code", &one.code)?;
        }
        for one in &self.sections {
            check_code("sections.code", &one.code)?;
            both(&format!("sections.{}.heading", one.code), &one.heading)?;
            if let Some(text) = &one.text {
                both(&format!("sections.{}.text", one.code), text)?;
            }
        }
        for one in &self.findings {
            check_code("findings.code", &one.code)?;
            both(&format!("findings.{}.text", one.code), &one.text)?;
        }
        for one in &self.tasks {
            check_code("tasks.code", &one.code)?;
            both(&format!("tasks.{}.text", one.code), &one.text)?;
            if let Some(counts_as) = &one.counts_as {
                check_code(&format!("tasks.{}.countsAs", one.code), counts_as)?;
            }
            if let Some(note) = &one.note {
                both(&format!("tasks.{}.note", one.code), note)?;
            }
        }
        Ok(())
    }

    fn content(&self, state: &ToIssue, today: Date) -> Result<ConclusionContent, Error> {
        let tasks = self.tasks.iter().map(|task| {
            Ok(Task {
                code: task.code.clone(),
                text: task.text.clone(),
                units: doing(task, &state.units, today)?,
                due: task.due,
                findings: task.findings.clone(),
                counts_as: task.counts_as.clone(),
                note: task.note.clone(),
            })
        });
        Ok(ConclusionContent {
            number: self.number.clone(),
            dated: self.dated,
            issuer: self.issuer.clone(),
            concluded_by: self.concluded_by.clone(),
            title: self.title.clone(),
            replaces: self.replaces.clone(),
            source: self.source.clone(),
            sections: self.sections.clone(),
            findings: self.findings.clone(),
            tasks: tasks.collect::<Result<_, Error>>()?,
            escalation: self.escalation.clone(),
        })
    }

    /// That the units, criteria and conclusions that are named are there.
    fn check_names(&self, content: &ConclusionContent, state: &ToIssue, today: Date) -> Result<(), Error> {
        let unit = |field: String, code: &str| match state.units.get(code).filter(|unit| unit.exists_on(today)) {
            Some(_) => Ok(()),
            None => Err(Error::invalid(
                field,
                format!("Không có đơn vị {code} đang hoạt động; xem units."),
                format!("There is no unit {code} today; see units."),
            )),
        };
        unit("issuer".to_owned(), &self.issuer)?;
        for step in &self.escalation {
            unit("escalation.to".to_owned(), &step.to)?;
        }
        for task in &content.tasks {
            for code in &task.units {
                unit(format!("tasks.{}.units", task.code), code)?;
            }
        }
        for finding in &self.findings {
            for code in &finding.units {
                unit(format!("findings.{}.units", finding.code), code)?;
            }
            for code in &finding.criteria {
                let is_there = |framework: &Arc<Framework>| framework.nodes.iter().any(|node| node.code == *code);
                if !state.frameworks.iter().any(is_there) {
                    return Err(Error::invalid(
                        format!("findings.{}.criteria", finding.code),
                        format!("Không có tiêu chí {code} trong bộ chỉ số của các kỳ có kết quả được dẫn."),
                        format!(
                            "No framework of the rounds whose results are cited has a node {code}; cite a result of its round."
                        ),
                    ));
                }
            }
        }
        match &self.replaces {
            Some(_) if state.replaced.is_none() => Err(Error::NotFound { what: "conclusion" }.about("replaces")),
            Some(code) if *code == self.code => Err(Error::invalid(
                "replaces",
                "Văn bản không thay thế chính nó.",
                "A conclusion does not take its own place; name the earlier one.",
            )),
            _ => Ok(()),
        }
    }

    fn cites_the_same(&self, cited: &[Citation]) -> bool {
        let new = self.citations.iter().map(|one| (&one.code, &one.cited, one.measure));
        let new: BTreeMap<_, _> = new.map(|(code, cited, measure)| (code, (cited, measure))).collect();
        let old: BTreeMap<_, _> = cited.iter().map(|one| (&one.code, (&one.cited, one.measure))).collect();
        new == old
    }

    /// What is asked of each unit.
    fn asked(&self, content: &ConclusionContent, units: &BTreeMap<String, Unit>) -> Result<Vec<FollowUp>, Error> {
        let of_unit = |(task, unit): (&Task, &String)| {
            let unit = units.get(unit).ok_or(Error::NotFound { what: "unit" })?;
            Ok(FollowUp {
                conclusion: self.code.clone(),
                task: task.code.clone(),
                unit: unit.code.clone(),
                unit_type: unit.unit_type.clone(),
                unit_path: above(unit, units),
                time_zone: self.time_zone.clone(),
                due: task.due,
                counts_as: task.counts_as.clone(),
                reports: Vec::new(),
                extensions: Vec::new(),
                lifted: None,
            })
        };
        let each = content.tasks.iter();
        let each = each.flat_map(|task| task.units.iter().map(move |unit| (task, unit)));
        each.map(of_unit).collect()
    }

    fn citations_of(&self, state: &ToIssue) -> Result<Vec<Citation>, Error> {
        let citation = |(one, value): (&NewCitation, &Option<(String, TakenFrom)>)| {
            let place = format!("citations.{}", one.code);
            if !one.cited.has(one.measure) {
                return Err(Error::invalid(
                    format!("{place}.measure"),
                    "Nguồn được dẫn không có loại giá trị này.",
                    "What is cited has no such value; see the descriptions of measure.",
                ));
            }
            let Some((value, taken_from)) = value.clone() else {
                return Err(Error::invalid(
                    place,
                    "Chưa công bố hoặc chưa ghi nhận giá trị này; hãy công bố kỳ, hoặc ghi số liệu (recordIndexFigures) trước.",
                    "Nothing is published or recorded there; publish the round, or record the figure (recordIndexFigures) first.",
                ));
            };
            Ok(Citation {
                conclusion: self.code.clone(),
                code: one.code.clone(),
                cited: one.cited.clone(),
                measure: one.measure,
                value,
                taken_from,
            })
        };
        self.citations.iter().zip(&state.values).map(citation).collect()
    }
}

/// The units that are to do a task: those that are named, then those of the types, each once.
fn doing(task: &NewTask, units: &BTreeMap<String, Unit>, today: Date) -> Result<Vec<String>, Error> {
    let mut doing = task.units.clone();
    for unit_type in &task.unit_types {
        let of_type = |unit: &&Unit| unit.unit_type == *unit_type && unit.exists_on(today);
        let found: Vec<&Unit> = units.values().filter(of_type).collect();
        if found.is_empty() {
            return Err(Error::invalid(
                format!("tasks.{}.unitTypes", task.code),
                format!("Không có đơn vị nào thuộc loại {unit_type}; xem units."),
                format!("There is no unit of type {unit_type} today; see units."),
            ));
        }
        let others = found.into_iter().filter(|unit| !task.units.contains(&unit.code));
        doing.extend(others.map(|unit| unit.code.clone()));
    }
    Ok(doing)
}

/// Codes of the units above one, nearest first.
fn above(unit: &Unit, units: &BTreeMap<String, Unit>) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    let mut next = unit.parent.as_ref();
    // The register holds no circles; should it ever, the path ends where it would begin again.
    while let Some(code) = next.filter(|code| !path.contains(code)) {
        path.push(code.clone());
        next = units.get(code).and_then(|unit| unit.parent.as_ref());
    }
    path
}
