//! What the demonstration prints: who can sign in, and commands that work.

use crate::app::App;
use crate::cli::{Problem, TOKEN_LIFETIME};
use crate::config::Config;
use crate::http::tokens::Tokens;

/// Prints who can sign in, and commands that work.
pub fn print_introduction(app: &App, tokens: &Tokens, config: &Config) -> Result<(), Problem> {
    let now = app.clock.now();
    let address = format!("http://{}", config.listen);
    println!(
        "Minh Chứng: the demonstration is ready; its clock says {}.",
        crate::app::gate::instant_text(now)
    );
    println!("Explorer: {address}/graphiql\n");
    for (login, what) in [
        ("sgtvt.officer", "officer of the department of transport"),
        ("sgtvt.head", "its head"),
        ("snv.appraiser", "appraiser of the department of home affairs"),
        ("snv.manager", "manager of the round"),
        ("stttt.integrator", "integrator"),
    ] {
        println!("{login} ({what})\n  {}", tokens.issue(login, now, TOKEN_LIFETIME)?);
    }
    let post = |login: Option<&str>, query: &str| -> Result<String, Problem> {
        let token = match login {
            Some(login) => format!(
                " -H 'Authorization: Bearer {}'",
                tokens.issue(login, now, TOKEN_LIFETIME)?
            ),
            None => String::new(),
        };
        let body = serde_json::json!({ "query": query });
        Ok(format!(
            "curl -s {address}/graphql -H 'Content-Type: application/json'{token} -d '{body}'"
        ))
    };
    let ranking = r#"{ round(code: "QNM-2018") { publication { decisionNumber ranking(group: "SO") { edges { node { rank unitCode percent class } } } } } }"#;
    println!("\nThe ranking of 2018, for anybody:\n{}", post(None, ranking)?);
    let queue =
        r#"{ reviewQueue(round: "QNM-2019", first: 3) { totalCount edges { node { unitCode criterion stake } } } }"#;
    println!("\nThe queue of an appraiser:\n{}", post(Some("snv.appraiser"), queue)?);
    let claim = r#"mutation { claim(input: {round: "QNM-2019", first: 1}) { assessments { criterion version rule { en } links { id evidence { title number } } } } }"#;
    let upload = serde_json::json!({
        "query": "mutation($i: AddEvidenceInput!) { addEvidence(input: $i) { evidenceId } }",
        "variables": {"i": {
            "dossier": {"key": {"round": "QNM-2019", "unit": "BACTRAMY"}}, "kind": "LIST", "title": "Danh mục bổ sung",
            "content": {"files": [{"upload": null}]}, "links": [{"criterion": "7.1.2"}]}},
    });
    println!(
        "\nUploading a supplement, with a PDF of yours in FILE:\ncurl -s {address}/graphql -H 'Authorization: Bearer {}' \\\n  \
         -H 'GraphQL-Require-Preflight: 1' -F operations='{upload}' \\\n  \
         -F map='{{\"0\":[\"variables.i.content.files.0.upload\"]}}' -F 0=@FILE",
        tokens.issue("bactramy.officer", now, TOKEN_LIFETIME)?
    );
    println!("\nClaiming the next leaf:\n{}\n", post(Some("snv.appraiser"), claim)?);
    Ok(())
}
