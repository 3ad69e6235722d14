//! A whole shop for a test: a real nats-server, five real worker processes, a
//! folder of its own, and everything ended and removed when it is dropped.

mod audit;
pub mod chaos;
pub mod fill;
pub mod large;
mod raw;
pub mod terminal;
pub mod usage;

pub use audit::{Ledger, assert_sound};
pub use raw::{Raw, read_all};

use anyhow::{Context as _, bail};
use rental_bus::{Bus, CallError};
use rental_model::totalview::{Rental, Status};
use rental_model::{Context, RecordedEvent};
use rental_stack::{Member, Options, Process, Stack, port};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test calls it stuck. Long, for a busy machine: it is a
/// deadline, and says nothing about how long things take.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// How long a caller waits for an answer, likewise.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A running shop.
#[derive(Debug)]
pub struct Shop {
    pub stack: Stack,
    /// A connection as staff.
    pub desk: Bus,
    port: u16,
    // Last: the folder goes when the processes are gone.
    folder: TempDir,
}

impl Shop {
    /// Opens a shop whose workers run with their defaults.
    pub async fn open() -> anyhow::Result<Self> {
        Self::open_with(&[]).await
    }

    /// Opens a shop whose workers all get these further arguments.
    pub async fn open_with(arguments: &[&str]) -> anyhow::Result<Self> {
        Self::open_at(port::free()?, arguments, |_| {}).await
    }

    /// Opens a shop on a data folder of an earlier version: `data.tar.gz` of a folder in `tests/fixtures`.
    pub async fn open_fixture(name: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let archive = fixture(name).join("data.tar.gz");
        let folder = tempfile::Builder::new().prefix("rental-test-").tempdir()?;
        let unpacked = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder.path()).status()?;
        anyhow::ensure!(unpacked.success(), "{} cannot be unpacked", archive.display());
        Self::open_in(folder, port::free()?, arguments, |_| {}).await
    }

    /// Opens a shop with a cluster of three brokers, each of which keeps all streams.
    pub async fn open_cluster() -> anyhow::Result<Self> {
        let [a, b, c, routes @ ..] = port::several::<6>()?;
        Self::open_at(a, &["--replicas", "3"], |options| {
            let members = [a, b, c].into_iter().zip(routes);
            options.cluster = members.map(|(port, route_port)| Member { port, route_port }).collect();
            // An election takes seconds.
            options.patience = Duration::from_mins(2);
        })
        .await
    }

    /// Opens a shop whose broker is configured otherwise than usual.
    pub async fn open_with_broker(change: impl FnOnce(&str) -> String) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("rental-conf-").tempdir()?;
        let config = folder.path().join("nats.conf");
        std::fs::write(&config, change(rental_stack::BROKER_CONFIG))?;
        // It is copied to where the broker reads it.
        Self::open_at(port::free()?, &[], |options| options.broker_config = Some(config)).await
    }

    /// Changes the configuration the broker was opened with, for its next start.
    pub fn rewrite_broker(&self, change: impl FnOnce(&str) -> String) -> anyhow::Result<()> {
        // Where it was put, beside the keys it takes in.
        let config = self.home().join("nats.conf");
        Ok(std::fs::write(&config, change(&std::fs::read_to_string(&config)?))?)
    }

    /// Changes it, and has it read at once.
    pub fn reload_broker(&mut self, change: impl FnOnce(&str) -> String) -> anyhow::Result<()> {
        self.rewrite_broker(change)?;
        let pid = i32::try_from(self.stack.broker().pid())?;
        let pid = rustix::process::Pid::from_raw(pid).context("a process has a number")?;
        Ok(rustix::process::kill_process(pid, rustix::process::Signal::HUP)?)
    }

    async fn open_at(port: u16, arguments: &[&str], adapt: impl FnOnce(&mut Options)) -> anyhow::Result<Self> {
        Self::open_in(tempfile::Builder::new().prefix("rental-test-").tempdir()?, port, arguments, adapt).await
    }

    async fn open_in(
        folder: TempDir,
        port: u16,
        arguments: &[&str],
        adapt: impl FnOnce(&mut Options),
    ) -> anyhow::Result<Self> {
        let mut options = Options::new(folder.path(), port);
        options.worker_arguments = arguments.iter().map(Into::into).collect();
        options.patience = PATIENCE;
        adapt(&mut options);
        let stack = Stack::start(&options, |_| {}).await?;
        let desk = stack.bus().context("a started stack has a connection")?.clone();
        Ok(Self { stack, desk, port, folder })
    }

    pub fn worker(&mut self, context: Context) -> &mut Process {
        self.stack.worker(context)
    }

    /// Waits until all five serve again.
    pub async fn settle(&mut self) -> anyhow::Result<()> {
        Ok(self.stack.wait_until_serving(PATIENCE).await?)
    }

    /// Calls a service as the desk does.
    pub async fn call(&self, context: Context, endpoint: &str, body: &Value) -> Result<Value, CallError> {
        self.desk.call(context, endpoint, body, ANSWER_WITHIN).await
    }

    pub async fn request(&self, order: u64, product: u64, qty: u64, amount: u64) -> Result<Value, CallError> {
        let body = json!({ "orderId": order, "productId": product, "qty": qty, "amount": amount });
        self.call(Context::Order, "request", &body).await
    }

    pub async fn cancel(&self, order: u64) -> Result<Value, CallError> {
        self.call(Context::Order, "cancel", &json!({ "orderId": order })).await
    }

    pub async fn rental(&self, order: u64) -> Option<Rental> {
        let body = json!({ "orderId": order });
        self.desk.call(Context::Totalview, "get", &body, ANSWER_WITHIN).await.ok()
    }

    /// The stock of one product.
    pub async fn stock(&self, product: u64) -> anyhow::Result<Value> {
        Ok(self.call(Context::Inventory, "get", &json!({ "productId": product })).await?)
    }

    /// Waits until the view shows the order at `status`.
    pub async fn until_status(&self, order: u64, status: Status) -> anyhow::Result<Rental> {
        eventually(&format!("order {order} is {}", status.word()), async || {
            self.rental(order).await.filter(|rental| rental.rental.status() == status)
        })
        .await
    }

    /// Waits until `available` units of the product are on the shelf.
    pub async fn until_available(&self, product: u64, available: u64) -> anyhow::Result<Value> {
        eventually(&format!("{available} of product {product} are available"), async || {
            self.stock(product).await.ok().filter(|stock| stock["qty"] == available)
        })
        .await
    }

    /// Every event of one order, oldest first.
    pub async fn events_of(&self, order: u64) -> anyhow::Result<Vec<RecordedEvent>> {
        Ok(rental_bus::tail::history(&self.desk, Some(order)).await?)
    }

    /// Every event of every context.
    pub async fn events(&self) -> anyhow::Result<Vec<RecordedEvent>> {
        Ok(rental_bus::tail::history(&self.desk, None).await?)
    }

    /// Waits until nobody lags and nothing is left to publish, and all orders are at rest.
    pub async fn until_quiet(&self) -> anyhow::Result<()> {
        let mut before = None;
        eventually("every context has received and published everything", async || {
            let mut journals = Vec::new();
            for context in Context::ALL {
                let status: rental_bus::status::ContextStatus =
                    self.desk.call(context, "status", &json!({}), ANSWER_WITHIN).await.ok()?;
                let is_quiet =
                    status.journal == status.published && status.positions.values().all(|h| h.lag == Some(0));
                if !is_quiet {
                    before = None;
                    return None;
                }
                journals.push(status.journal);
            }
            // Quiet twice with the same journals: nobody decided anything in between.
            let is_same = before.as_ref() == Some(&journals);
            before = Some(journals);
            is_same.then_some(())
        })
        .await
    }

    /// Runs the `rental` command against this shop.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(program("rental")?);
        command.args(arguments).envs(self.surroundings()).env_remove("RENTAL_READ_ONLY");
        match self.stack.brokers() {
            1 => command.env_remove("RENTAL_NATS_URL"),
            _ => command.env("RENTAL_NATS_URL", self.stack.url()),
        };
        Ok(command.output()?)
    }

    /// The environment in which programs find this shop, and who acts.
    pub fn surroundings(&self) -> Surroundings {
        surroundings(self.folder.path(), self.port)
    }

    /// Runs the `rental` command with `--json`; its exit code and what it printed.
    pub fn command_json(&self, arguments: &[&str]) -> anyhow::Result<(i32, Value)> {
        let output = self.command(&[arguments, &["--json"]].concat())?;
        let code = output.status.code().context("the command was killed")?;
        let text = String::from_utf8_lossy(&output.stdout);
        let value = serde_json::from_str(&text)
            .with_context(|| format!("{text:?} {}", String::from_utf8_lossy(&output.stderr)))?;
        Ok((code, value))
    }

    /// Leaves the shop's folder where it is when the shop closes, for a look into it.
    pub fn keep(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.home()
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// Variables of the environment.
pub type Surroundings = [(&'static str, String); 4];

/// The environment in which programs find an installation, and who acts.
fn surroundings(home: &Path, port: u16) -> Surroundings {
    [
        ("RENTAL_HOME", home.to_string_lossy().into_owned()),
        ("RENTAL_NATS_PORT", port.to_string()),
        ("RENTAL_ACTOR", "kim".to_owned()),
        // What the person at this machine has decided is not what is tested.
        ("RENTAL_CONFIG", "/dev/null".to_owned()),
    ]
}

/// The folder of what an earlier version left.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A program of ours, as `cargo build` made it.
pub fn program(name: &str) -> anyhow::Result<PathBuf> {
    let folder = if let Some(folder) = std::env::var_os("RENTAL_BIN_DIR") {
        PathBuf::from(folder)
    } else {
        let test = std::env::current_exe()?;
        test.ancestors().nth(2).context("a test has a folder")?.to_owned()
    };
    let program = folder.join(name);
    if !program.exists() {
        bail!("there is no {}; run: cargo build --workspace --bins", program.display());
    }
    Ok(program)
}

/// Waits until `look` sees it, and answers with what it saw.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> anyhow::Result<T> {
    eventually_within(PATIENCE, what, look).await
}

/// The same for what may take longer.
pub async fn eventually_within<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(seen) = look().await {
            return Ok(seen);
        }
        if Instant::now() > deadline {
            bail!("not within {} s: {what}", patience.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The wire names of some events, in order.
pub fn names(recorded_events: &[RecordedEvent]) -> Vec<&'static str> {
    recorded_events.iter().map(|recorded| recorded.event.kind().wire_name()).collect()
}

/// A refusal's code; none if it was no refusal.
pub fn code(outcome: &Result<Value, CallError>) -> Option<u16> {
    match outcome {
        Err(CallError::Refused(refusal)) => Some(refusal.code.into()),
        _ => None,
    }
}
