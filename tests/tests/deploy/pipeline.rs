//! The pipeline: every step is a script of ours that anyone can run.

use super::{root, succeeded};
use serde_json::Value;
use std::process::Command;

/// Every value under this name, anywhere.
fn all<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get(name));
            fields.values().for_each(|value| all(value, name, found));
        }
        Value::Array(items) => items.iter().for_each(|value| all(value, name, found)),
        _ => {}
    }
}

#[test]
fn every_step_of_the_pipeline_is_a_script_that_is_there() -> anyhow::Result<()> {
    let pipeline: Value = serde_saphyr::from_str(&std::fs::read_to_string(root().join("azure-pipelines.yml"))?)?;
    let branches = pipeline["trigger"]["branches"]["include"].as_array().unwrap();
    assert!(branches.contains(&"main".into()) && branches.contains(&"master".into()));
    let mut steps = Vec::new();
    all(&pipeline, "script", &mut steps);
    let mut called: Vec<&str> = Vec::new();
    for step in steps {
        let line = step.as_str().unwrap();
        let script = line.split(['"', ' ', '(']).find_map(|word| word.strip_prefix("./scripts/"));
        let script = script.unwrap_or_else(|| panic!("no script of ours: {line}"));
        assert!(root().join("scripts").join(script).exists(), "{line}");
        called.push(script);
    }
    assert_eq!(called, ["cargo-deny", "test", "image", "image", "push", "deploy"]);
    let text = pipeline.to_string();
    assert!(text.contains("$(Build.BuildId)"), "images are named after the build");
    for part in ["config", "broker", "order", "inventory", "billing", "logistics", "totalview"] {
        assert!(text.contains(part), "{part} is not deployed");
    }
    Ok(())
}

#[test]
fn every_script_is_valid() -> anyhow::Result<()> {
    for entry in std::fs::read_dir(root().join("scripts"))? {
        succeeded(&Command::new("bash").arg("-n").arg(entry?.path()).output()?)?;
    }
    Ok(())
}
