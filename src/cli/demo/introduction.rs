//! What the demonstration prints: who can sign in, and commands that work as they are printed. What they are about is
//! looked up in the store, so that they work on a demonstration that has been used too.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cases::SUBMITTED;
use super::pdf::pdf;
use super::second_look::is_filed_in_full;
use super::{ROUND_2020 as ROUND, officer, place};
use crate::app::browse_queue::{ClaimFilter, QueueFilter, QueueOrder};
use crate::app::{App, Session};
use crate::cli::{Problem, TOKEN_LIFETIME};
use crate::config::Config;
use crate::domain::assessment::{AssessmentState, Supplement};
use crate::domain::dossier::Dossier;
use crate::graphql::ids;
use crate::http::tokens::Tokens;
use crate::store::Window;

const APPRAISER: &str = "snv.appraiser";
/// How far down the queue a leaf that can be verified is looked for: a page.
const LOOKED_AT: usize = 50;

/// Who can sign in, and commands that work.
///
/// # Errors
/// When the store cannot be read or the file for the upload cannot be written.
pub async fn introduction(app: &Arc<App>, tokens: &Tokens, config: &Config) -> Result<String, Problem> {
    let now = app.clock.now();
    let address = format!("http://{}", config.listen);
    let printer = Printer { tokens, now, address };
    let request = open_request(app).await?;
    let unit = request.as_ref().map_or(SUBMITTED[0], |request| request.unit);
    let login = |role: &str| format!("{}.{role}", unit.to_lowercase());
    let mut text = format!(
        "Minh Chứng: the demonstration is ready; its clock says {}.\nExplorer: {}/graphiql\n\n",
        crate::app::gate::instant_text(now),
        printer.address
    );
    let supplement = match &request {
        Some(request) => format!(
            ", which is asked for a supplement to {} until {}",
            request.criterion, request.supplement.due
        ),
        None => String::new(),
    };
    for (login, who) in [
        (login("officer"), format!("officer of {unit}{supplement}")),
        (login("head"), format!("head of {unit}")),
        (
            APPRAISER.to_owned(),
            "appraiser of the department of home affairs".to_owned(),
        ),
        (
            "vpub.appraiser".to_owned(),
            "appraiser of the province's office, also of SNV's own dossier".to_owned(),
        ),
        ("snv.manager".to_owned(), "manager of the round".to_owned()),
        ("stttt.integrator".to_owned(), "integrator".to_owned()),
    ] {
        writeln!(text, "{login} ({who})\n  {}", printer.token(&login)?)?;
    }
    let ranking = r#"{ round(code: "QNM-2019") { publication { decisionNumber
  departments: ranking(group: "SO", first: 3) { edges { node { rank unitCode percent class } } }
  districts: ranking(group: "HU", first: 3) { edges { node { rank unitCode percent class } } }
  vertical: ranking(group: "ND", first: 3) { edges { node { rank unitCode percent class } } } } } }"#;
    writeln!(
        text,
        "\nThe first three of each list of 2019, for anybody:\n{}",
        printer.post(None, ranking, None)?
    )?;
    if let Some(request) = &request {
        text.push_str(&supplementing(
            &printer,
            request,
            &login("officer"),
            &example_file(config)?,
        )?);
    }
    let queue =
        r#"{ reviewQueue(round: "QNM-2020", first: 3) { totalCount edges { node { unitCode criterion stake } } } }"#;
    writeln!(
        text,
        "\nThe queue of an appraiser:\n{}",
        printer.post(Some(APPRAISER), queue, None)?
    )?;
    if let Some(leaf) = waiting_leaf(app).await? {
        text.push_str(&reviewing(&printer, leaf)?);
    }
    Ok(text)
}

struct Printer<'a> {
    tokens: &'a Tokens,
    now: Timestamp,
    address: String,
}

impl Printer<'_> {
    fn token(&self, login: &str) -> Result<String, Problem> {
        Ok(self.tokens.issue(login, self.now, TOKEN_LIFETIME)?)
    }

    fn command(&self, login: Option<&str>) -> Result<String, Problem> {
        let token = match login {
            Some(login) => format!(" -H 'Authorization: Bearer {}'", self.token(login)?),
            None => String::new(),
        };
        Ok(format!("curl -s {}/graphql{token}", self.address))
    }

    /// A command that posts a query.
    fn post(&self, login: Option<&str>, query: &str, variables: Option<Value>) -> Result<String, Problem> {
        let body = match variables {
            Some(variables) => json!({"query": query, "variables": variables}),
            None => json!({ "query": query }),
        };
        let command = self.command(login)?;
        Ok(format!(
            "{command} -H 'Content-Type: application/json' -d {}",
            quoted(&body.to_string())
        ))
    }
}

/// A word of the shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A supplement that a unit has been asked for and may still file.
struct Request {
    unit: &'static str,
    criterion: String,
    supplement: Supplement,
}

async fn open_request(app: &Arc<App>) -> Result<Option<Request>, Problem> {
    for unit in SUBMITTED {
        let officer = Session::of(app, officer(unit));
        let view = officer.dossier(ROUND, unit).await?;
        for (criterion, leaf) in view.desk.leaves {
            if let (AssessmentState::SupplementRequested, Some(supplement)) =
                (leaf.assessment.state, &leaf.assessment.supplement)
            {
                let supplement = supplement.clone();
                return Ok(Some(Request {
                    unit,
                    criterion,
                    supplement,
                }));
            }
        }
    }
    Ok(None)
}

/// The file that the printed upload sends, made if it is not there.
fn example_file(config: &Config) -> Result<PathBuf, Problem> {
    let folder = config.data.join(place::EXAMPLES);
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("bao-cao.pdf");
    std::fs::write(&file, pdf(&["Bao cao bo sung".to_owned()]))?;
    Ok(file)
}

/// The commands of the unit that is asked for a supplement.
fn supplementing(
    printer: &Printer<'_>,
    request: &Request,
    officer: &str,
    file: &std::path::Path,
) -> Result<String, Problem> {
    let Request { unit, criterion, .. } = request;
    let upload = json!({
        "query": "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { evidenceId } }",
        "variables": {"i": {
            "dossier": {"key": {"round": ROUND, "unit": unit}}, "kind": "LIST", "title": "Danh mục bổ sung",
            "content": {"files": [{"upload": null}]}, "links": [{"criterion": criterion}]}},
    });
    // In double quotes of curl's own, so that a comma or semicolon in the path is one of the path.
    let part = format!("0=@\"{}\"", file.display());
    let upload = format!(
        "{} -H 'GraphQL-Require-Preflight: 1' \\\n  -F operations={} \\\n  -F map={} -F {}",
        printer.command(Some(officer))?,
        quoted(&upload.to_string()),
        quoted(r#"{"0":["variables.i.content.files.0.upload"]}"#),
        quoted(&part)
    );
    let answer = json!({"i": {
        "assessment": {"key": {"round": ROUND, "unit": unit, "criterion": criterion}},
        "answer": "Đã bổ sung danh mục"}});
    let answer = printer.post(
        Some(officer),
        "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { criterion state } } }",
        Some(answer),
    )?;
    Ok(format!(
        "\nUploading the supplement that {unit} is asked for, to {criterion}:\n{upload}\n\nSaying that it is there:\n{answer}\n"
    ))
}

/// A leaf that an appraiser can verify, with a verdict for each link.
struct Waiting {
    unit: String,
    criterion: String,
    version: u64,
    verdicts: Vec<Value>,
}

async fn waiting_leaf(app: &Arc<App>) -> Result<Option<Waiting>, Problem> {
    let appraiser = Session::of(app, APPRAISER);
    let filter = QueueFilter {
        claim: Some(ClaimFilter::Nobody),
        ..QueueFilter::default()
    };
    let page = appraiser
        .review_queue(ROUND, &filter, QueueOrder::Stake, &Window::behind(None, LOOKED_AT))
        .await?;
    for (item, _) in page.items {
        let view = appraiser.view(ROUND, &item.unit).await?;
        if !is_filed_in_full(&view.desk, &item.criterion) {
            continue;
        }
        let leaf = view.desk.leaf(&item.criterion)?;
        let dossier = Dossier::key(ROUND, &item.unit);
        let links = leaf.links.iter().filter(|facts| facts.is_active());
        return Ok(Some(Waiting {
            unit: item.unit.clone(),
            criterion: item.criterion.clone(),
            version: leaf.assessment.version,
            verdicts: links
                .map(|facts| {
                    let link = ids::encode_part("Link", &dossier, &facts.link.id).0;
                    json!({"link": link, "revision": facts.revision.number, "kind": "ACCEPTED"})
                })
                .collect(),
        }));
    }
    Ok(None)
}

/// The commands of an appraiser who takes a leaf and verifies it.
fn reviewing(printer: &Printer<'_>, leaf: Waiting) -> Result<String, Problem> {
    let Waiting {
        unit,
        criterion,
        version,
        verdicts,
    } = leaf;
    let key = json!({"key": {"round": ROUND, "unit": unit, "criterion": criterion}});
    let claim = printer.post(
        Some(APPRAISER),
        "mutation($i: ClaimInput!) { claim(input: $i) { assessments { criterion version rule { en } \
         declaredInputs { text } links { id pages evidence { title number revision } } } } }",
        Some(json!({"i": {"round": ROUND, "assessments": [key.clone()]}})),
    )?;
    let item = json!({
        "assessment": key, "expectedVersion": version.to_string(), "verdicts": verdicts, "outcome": "VERIFY"});
    let review = printer.post(
        Some(APPRAISER),
        "mutation($i: ReviewInput!) { review(input: $i) { items { unit criterion made problem { code message { en } } } } }",
        Some(json!({"i": {"items": [item]}})),
    )?;
    Ok(format!(
        "\nTaking {criterion} of {unit}, with everything needed to judge it:\n{claim}\n\nVerifying it, every document accepted:\n{review}\n"
    ))
}
