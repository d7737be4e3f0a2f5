//! The portal's way: files first, then the whole dossier in one call, over HTTP with real tokens and 100,000 rows.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::program::{PDF, Server, program, token};

const UPLOAD: &str =
    "mutation($i: UploadFilesInput!) { uploadFiles(input: $i) { files { reference sha256 size name contentType } } }";
const FILE: &str = "mutation($i: FileDossierInput!) { fileDossier(input: $i) { commits items { outcome problem { code field } rows { goodRows badRows } } } }";
const ROWS: u32 = 100_000;

impl Server {
    async fn upload_files(&self, token: &str, files: Vec<(&str, Vec<u8>)>) -> Vec<String> {
        let count = files.len();
        let inputs = vec![json!({"upload": null}); count];
        let map = (0..count).map(|index| (index.to_string(), json!([format!("variables.i.files.{index}.upload")])));
        let operations = json!({"query": UPLOAD, "variables": {"i": {"files": inputs}}});
        let mut form = Form::new()
            .text("operations", operations.to_string())
            .text("map", Value::Object(map.collect()).to_string());
        for (index, (name, bytes)) in files.into_iter().enumerate() {
            form = form.part(index.to_string(), Part::bytes(bytes).file_name(name.to_owned()));
        }
        let answer = self.multipart(token, form).await;
        let kept = answer["data"]["uploadFiles"]["files"].as_array();
        let kept = kept.unwrap_or_else(|| panic!("{answer}"));
        kept.iter()
            .map(|file| file["reference"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Online usage of 2019: so many services and months, 30 of 100 online in each row.
fn usage(rows: u32) -> Vec<u8> {
    let mut csv = "month,service,level,total,online,fee_cases,online_payments\n".to_owned();
    for row in 0..rows {
        csv.push_str(&format!("2019-{:02},1.{:06},4,100,30,0,0\n", row % 12 + 1, row / 12));
    }
    csv.into_bytes()
}

fn dossier(plan: &str, rows: &str, title: &str) -> Value {
    json!({"i": {"dossier": {"key": {"round": "R", "unit": "SGTVT"}}, "evidence": [
        {"externalId": "KH", "kind": "OFFICIAL_DOCUMENT", "title": title,
            "content": {"header": {"documentType": "KH", "number": "1/KH-SGTVT", "issuer": "Sở GTVT", "issuedOn": "2019-01-10",
                "subject": "CCHC"}, "files": [{"reference": plan}]},
            "links": [{"criterion": "1.1.1"}, {"criterion": "1.1.2", "pages": "trang 2"}]},
        {"externalId": "DVC", "kind": "ONLINE_SERVICE_USAGE", "title": "Số liệu",
            "content": {"rows": {"csvReference": rows}}, "links": [{"criterion": "7.2.3"}]}]}})
}

#[tokio::test]
async fn files_first_then_a_dossier_with_a_hundred_thousand_rows() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(program(data).arg("seed").status().unwrap().success());
    let (manager, officer, other) = (
        token(data, "snv.manager"),
        token(data, "sgtvt.officer"),
        token(data, "sct.officer"),
    );
    let server = Server::start(data).await;
    server.open_round(&manager).await;

    let many = usage(ROWS);
    let files = vec![
        ("ke-hoach.pdf", PDF.to_vec()),
        ("dvc.csv", many),
        ("nhieu.csv", usage(ROWS + 1)),
    ];
    let references = server.upload_files(&officer, files).await;
    let send = async |token: &str, variables: Value| server.send(token, FILE, variables).await;

    // One row too many, and files of somebody else, are refused whole.
    let refused = send(&officer, dossier(&references[0], &references[2], "Kế hoạch")).await;
    let error = &refused["errors"][0];
    assert_eq!(error["extensions"]["field"], "evidence.1.content.rows", "{refused}");
    assert!(error["message"].as_str().unwrap().contains("100000"), "{refused}");
    let theirs = server.upload_files(&other, vec![("a.pdf", PDF.to_vec())]).await;
    let refused = send(&officer, dossier(&theirs[0], &references[1], "Kế hoạch")).await;
    let field = &refused["errors"][0]["extensions"]["field"];
    assert_eq!(field, "evidence.0.content.files.0.reference", "{refused}");

    // Bad rows are all told, with their lines.
    let bad = b"month,service,level,total,online,fee_cases,online_payments\n2019-01,1,4,5,9,0,0\n2019-02,1,4,x,9,0,0\n"
        .to_vec();
    let bad = server.upload_files(&officer, vec![("sai.csv", bad)]).await;
    let refused = send(&officer, dossier(&references[0], &bad[0], "Kế hoạch")).await;
    let rows = &refused["errors"][0]["extensions"]["rows"];
    assert_eq!(rows["problemCount"], 2, "{refused}");
    assert_eq!(
        (&rows["problems"][1]["line"], &rows["problems"][1]["column"]),
        (&json!(3), &json!("total"))
    );

    let filed = send(&officer, dossier(&references[0], &references[1], "Kế hoạch")).await;
    let items = &filed["data"]["fileDossier"]["items"];
    assert_eq!(items[1]["rows"], json!({"goodRows": ROWS, "badRows": 0}), "{filed}");
    let changed = send(&officer, dossier(&references[0], &references[1], "Kế hoạch CCHC")).await;
    let changed = &changed["data"]["fileDossier"];
    let outcome = |index: usize| changed["items"][index]["outcome"].as_str();
    assert_eq!(
        (outcome(0), outcome(1)),
        (Some("CHANGED"), Some("UNCHANGED")),
        "{changed}"
    );

    // A new process reads the rows back and computes with them: 30 of 100 online in every month.
    drop(server);
    let server = Server::start(data).await;
    let declare = r#"mutation { declare(input: {dossier: {key: {round: "R", unit: "SGTVT"}}, items: [{criterion: "7.2.3"}]}) { items { problem { code } } } }"#;
    let declared = server.send(&officer, declare, json!({})).await;
    assert!(declared["errors"].is_null(), "{declared}");
    let read = r#"{ assessment(ref: {key: {round: "R", unit: "SGTVT", criterion: "7.2.3"}}) {
        explain(ledger: DECLARED) { outcome tree } links { evidence { newest { id rowCount rowOrigin } files { name path } } } } }"#;
    let seen = server.send(&officer, read, json!({})).await["data"]["assessment"].clone();
    assert_eq!(seen["explain"]["outcome"], "POINTS", "{seen}");
    let tree = seen["explain"]["tree"].to_string();
    assert!(tree.contains("3000000") && tree.contains("10000000"), "{tree}");
    let evidence = &seen["links"][0]["evidence"];
    assert_eq!(
        (&evidence["newest"]["rowCount"], &evidence["newest"]["rowOrigin"]),
        (&json!(ROWS), &json!("FILE"))
    );
    let path = evidence["files"][0]["path"].as_str().unwrap();
    let bytes = server
        .client
        .get(format!("{}{path}", server.address))
        .send()
        .await
        .unwrap();
    assert_eq!(bytes.bytes().await.unwrap(), usage(ROWS));
    // The last page of the rows, asked for by a cursor that a client can only have got by paging.
    let page = r#"query($id: ID!, $first: Int, $after: String) { node(id: $id) { ... on Revision {
        rows(first: $first, after: $after) { nodes { line ... on OnlineServiceUsageRow { month online } } pageInfo { hasNextPage endCursor } } } } }"#;
    let mut after = Value::Null;
    for number in 0..3_u32 {
        let variables = json!({"id": evidence["newest"]["id"], "first": 500, "after": after});
        let rows = server.send(&officer, page, variables).await["data"]["node"]["rows"].clone();
        let last = &rows["nodes"][499];
        assert_eq!(
            (&last["line"], &last["online"]),
            (&json!((number + 1) * 500 + 1), &json!("30"))
        );
        assert_eq!(rows["pageInfo"]["hasNextPage"], true);
        after = rows["pageInfo"]["endCursor"].clone();
    }
    drop(server);

    let verified = program(data).arg("verify").output().unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    // Rows that are gone or changed are a difference, not a crash.
    let sets = row_sets(data);
    assert_eq!(sets.len(), 1, "{sets:?}");
    let whole = std::fs::read(&sets[0]).unwrap();
    let mut changed = whole.clone();
    let place = changed.len() / 2;
    changed[place] ^= 1;
    for (bytes, expected) in [(Some(changed), "is damaged"), (None, "is not there")] {
        match bytes {
            Some(bytes) => std::fs::write(&sets[0], bytes).unwrap(),
            None => std::fs::remove_file(&sets[0]).unwrap(),
        }
        let verified = program(data).arg("verify").output().unwrap();
        let printed = String::from_utf8(verified.stdout).unwrap();
        assert!(!verified.status.success(), "{printed}");
        let name = sets[0].file_name().unwrap().to_str().unwrap();
        assert!(
            printed.contains(&format!("revision 1: the row set {name} {expected}")),
            "{printed}"
        );
    }
    std::fs::write(&sets[0], whole).unwrap();
    assert!(program(data).arg("verify").status().unwrap().success());
}

/// Row sets among the blobs: they begin with the version of their form.
fn row_sets(data: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![data.join("blobs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).unwrap().starts_with(b"{\"v\":1,") {
                found.push(path);
            }
        }
    }
    found
}
