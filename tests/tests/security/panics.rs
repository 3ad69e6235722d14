//! A policy that fails on one event: that event waits, whole, and nothing else does.

use rental_model::logistics::LogisticsPolicy;
use rental_model::totalview::Status;
use rental_model::{
    Context, Decider, Decision, Endpoint, Event, QueryOutcome, RecordedEvent, Refusal, Repository, RepositoryMut,
    Request,
};
use rental_runtime::Policy;
use rental_runtime::redb_store::RedbStore;
use rental_tests::{Shop, assert_sound, eventually};
use serde_json::{Value, json};
use std::time::Duration;

/// Logistics with a mistake in it.
#[derive(Debug)]
struct Unlucky(LogisticsPolicy);

impl Decider for Unlucky {
    fn context(&self) -> Context {
        self.0.context()
    }

    fn subscriptions(&self) -> &'static [Context] {
        self.0.subscriptions()
    }

    fn apply(&self, rows: &mut dyn RepositoryMut, own: &RecordedEvent) {
        self.0.apply(rows, own);
    }

    fn react(&self, rows: &mut dyn RepositoryMut, recorded: &RecordedEvent) -> Vec<Event> {
        let decided = self.0.react(rows, recorded);
        let is_unlucky = matches!(recorded.event, Event::FeeReceived { order, .. } if order.get() == 13);
        // After its rows are written: they must not be kept.
        assert!(!is_unlucky, "order 13 brings bad luck");
        decided
    }

    fn commands(&self) -> &'static [Endpoint] {
        self.0.commands()
    }

    fn decide(
        &self,
        rows: &dyn Repository,
        request: Request<'_>,
        said: Option<&QueryOutcome>,
    ) -> Result<Decision, Refusal> {
        self.0.decide(rows, request, said)
    }

    fn queries(&self) -> &'static [Endpoint] {
        self.0.queries()
    }

    fn query(&self, rows: &dyn Repository, request: Request<'_>) -> Result<Value, Refusal> {
        self.0.query(rows, request)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_breaks_a_policy_is_parked_whole_and_handled_once_that_is_mended() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Logistics).stop(Duration::from_secs(10)).await?;
    let (running, ended) = tokio::sync::oneshot::channel::<()>();
    let settings = rental_runtime::WorkerSettings {
        bus: rental_bus::ConnectionSettings {
            url: shop.stack.url().to_owned(),
            user: "logistics".to_owned(),
            key: rental_bus::keys::path(&shop.home(), "logistics"),
            name: "rental-logistics".to_owned(),
            is_patient: true,
            tls: rental_bus::Tls::default(),
        },
        data: shop.stack.home().data(Context::Logistics),
        replicas: 1,
        watched: rental_runtime::observe::ObserverSettings::default(),
    };
    let policy = Policy::deciding(Unlucky(LogisticsPolicy));
    let worker = tokio::spawn(rental_runtime::run(policy, settings, async move { drop(ended.await) }));
    for order in 12..=14 {
        shop.request(order, 1, 1, 10).await?;
    }
    // The others are unaffected, those before and those behind.
    shop.until_status(12, Status::Active).await?;
    shop.until_status(14, Status::Active).await?;
    let parked = eventually("the fee of order 13 is parked", async || {
        let list = shop.call(Context::Logistics, "parked.list", &json!({})).await.ok()?;
        list["parked"].as_array()?.first().cloned()
    })
    .await?;
    assert_eq!((&parked["source"], &parked["attempts"]), (&json!("billing"), &json!(1)));
    assert!(parked["reason"].as_str().unwrap().contains("order 13 brings bad luck"), "{parked}");
    let original = shop.desk.message(Context::Billing, parked["number"].as_u64().unwrap()).await?;
    assert_eq!(parked["payload"], data_encoding::BASE64.encode(&original.payload), "the bytes are kept");
    assert_eq!(parked["headers"].as_array().unwrap().len(), original.headers.len(), "and the headers");
    assert_eq!(shop.rental(13).await.unwrap().rental.status(), Status::Paid);

    let id = parked["id"].to_string();
    let (code, answer) = shop.command_json(&["parked", "retry", "logistics", &id])?;
    assert_eq!((code, &answer["error"]["attempts"]), (1, &json!(2)), "it is still broken: {answer}");
    let (code, report) = shop.command_json(&["audit"])?;
    assert_eq!((code, &report["findings"][0]["finding"]), (1, &json!("parked")), "{report}");

    drop(running);
    worker.await??;
    // A process would be gone with its last thread; here the file is closed a moment later.
    let data = shop.stack.home().data(Context::Logistics);
    eventually("the data file is closed", async || RedbStore::open(&data, Context::Logistics).ok().map(drop)).await?;
    shop.worker(Context::Logistics).restart().await?;
    shop.settle().await?;
    let (code, answer) = shop.command_json(&["parked", "retry", "logistics", &id])?;
    assert_eq!((code, &answer["outcome"]), (0, &json!("handled")), "{answer}");
    shop.until_status(13, Status::Active).await?;
    assert_eq!(shop.call(Context::Logistics, "status", &json!({})).await?["parked"], 0);
    assert_sound(&shop).await?;
    Ok(())
}
