//! The manifests, against Kubernetes' own schema.

use super::script;
use anyhow::{Context as _, ensure};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use rental_model::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Every document in a text of several.
fn documents(yaml: &str) -> anyhow::Result<Vec<Value>> {
    Ok(serde_saphyr::from_multiple::<Value>(yaml)?.into_iter().filter(|document| !document.is_null()).collect())
}

/// Reads a document as Kubernetes does, and requires that nothing of it is lost on the way: what
/// the schema does not know would be.
fn conforms<T: DeserializeOwned + Serialize>(document: &Value) -> anyhow::Result<()> {
    let typed: T = serde_json::from_value(document.clone())?;
    let known = serde_json::to_value(typed)?;
    missing(document, &known, "").map_or(Ok(()), |path| Err(anyhow::anyhow!("the schema does not know {path}")))
}

/// The first place of `document` that is not the same in `known`.
fn missing(document: &Value, known: &Value, path: &str) -> Option<String> {
    match (document, known) {
        (Value::Object(fields), Value::Object(known)) => fields.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match known.get(name) {
                Some(known) => missing(value, known, &path),
                None => Some(path),
            }
        }),
        (Value::Array(items), Value::Array(known)) if items.len() == known.len() => items
            .iter()
            .zip(known)
            .enumerate()
            .find_map(|(n, (item, known))| missing(item, known, &format!("{path}[{n}]"))),
        _ => (document != known).then(|| format!("{path} as {document}")),
    }
}

fn conforms_to_its_kind(document: &Value) -> anyhow::Result<()> {
    let kind = document["kind"].as_str().context("a document has a kind")?;
    let outcome = match kind {
        "ConfigMap" => conforms::<ConfigMap>(document),
        "NetworkPolicy" => conforms::<NetworkPolicy>(document),
        "Secret" => conforms::<Secret>(document),
        "Service" => conforms::<Service>(document),
        "StatefulSet" => conforms::<StatefulSet>(document),
        _ => Err(anyhow::anyhow!("nobody expects this kind")),
    };
    outcome.with_context(|| format!("{kind} {}", document["metadata"]["name"]))
}

#[test]
fn every_manifest_conforms_and_every_service_has_the_originals_probes() -> anyhow::Result<()> {
    let manifests = documents(&script("manifests", &["registry/rental:77"])?)?;
    for document in &manifests {
        conforms_to_its_kind(document)?;
    }
    let named = |kind: &str, name: &str| {
        let found = manifests.iter().find(|document| document["kind"] == kind && document["metadata"]["name"] == name);
        found.with_context(|| format!("there is no {kind} {name}"))
    };
    for service in ["broker"].into_iter().chain(Context::ALL.map(Context::name)) {
        let name = format!("rental-{service}");
        named("Service", &name)?;
        let pod = &named("StatefulSet", &name)?["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        let timing = |probe: &str| {
            ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "failureThreshold"]
                .map(|field| container[probe][field].as_u64().unwrap_or_default())
        };
        assert_eq!(timing("readinessProbe"), [10, 2, 5, 10], "{name}");
        assert_eq!(timing("livenessProbe"), [120, 2, 5, 5], "{name}");
        assert_eq!(container["image"], "registry/rental:77");
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    }
    Ok(())
}

#[test]
fn a_field_that_kubernetes_does_not_know_is_found() {
    let misspelt =
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "x" }, "spec": { "port": [] } });
    let refused = conforms_to_its_kind(&misspelt).unwrap_err();
    assert!(format!("{refused:#}").contains(".spec.port"), "{refused:#}");
}

#[test]
fn one_service_is_deployed_by_itself_and_an_unknown_one_is_refused() -> anyhow::Result<()> {
    let billing = script("manifests", &["rental:1", "billing"])?;
    assert_eq!(documents(&billing)?.len(), 2);
    assert!(!billing.contains('@'), "something was not filled in: {billing}");
    assert!(script("manifests", &["rental:1", "payroll"]).is_err());
    assert!(script("manifests", &["rental:1|x"]).is_err());
    Ok(())
}

#[test]
fn keys_and_the_brokers_configuration_arrive_whole() -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    let printed = script("kubernetes-keys", &[&home.path().to_string_lossy()])?;
    let [secret, config] = &documents(&printed)?[..] else { anyhow::bail!("two were expected: {printed}") };
    conforms_to_its_kind(secret)?;
    conforms_to_its_kind(config)?;
    for context in Context::ALL {
        let seed = std::fs::read(home.path().join(format!("keys/{context}.nk")))?;
        let kept = secret["data"][format!("{context}.nk")].as_str().unwrap_or_default();
        ensure!(data_encoding::BASE64.decode(kept.as_bytes())? == seed, "{context}");
    }
    for file in ["nats.conf", "keys.conf"] {
        assert_eq!(config["data"][file].as_str(), Some(&*std::fs::read_to_string(home.path().join(file))?), "{file}");
    }
    let public = ["staff", "inspect"].map(|user| std::fs::read_to_string(home.path().join(format!("keys/{user}.nk"))));
    for seed in public {
        assert!(!printed.contains(seed?.trim()), "a person's key went to the cluster");
    }
    Ok(())
}
