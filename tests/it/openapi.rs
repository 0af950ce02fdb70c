//! The committed description of the API is the one that the code gives.

use std::{fs, path::Path};

#[test]
fn the_committed_description_is_fresh() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let committed = fs::read_to_string(file).unwrap_or_default();
    let now = api::openapi().to_pretty_json().unwrap();
    assert!(
        committed.trim_end() == now.trim_end(),
        "docs/openapi.json is not what the code says. Run ./dev openapi and commit what it wrote."
    );
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let document = serde_json::to_value(api::openapi()).unwrap();
    let mut names = Vec::new();
    for path in document["paths"].as_object().unwrap().values() {
        for operation in path.as_object().unwrap().values() {
            if let Some(name) = operation["operationId"].as_str() {
                names.push(name.to_owned());
            }
        }
    }
    let count = names.len();
    assert!(count > 0);
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "two operations have one operationId");
}
