//! What a worker shows to supervisors, probes and monitoring.

use rental_model::Context;
use rental_tests::{PATIENCE, Shop, code, eventually, program};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The exit code and the line of a check.
fn check(shop: &Shop, arguments: &[&str]) -> anyhow::Result<(i32, String)> {
    let output =
        Command::new(program("rental-worker")?).args(["health"]).args(arguments).envs(shop.surroundings()).output()?;
    Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn status_check(shop: &Shop) -> anyhow::Result<(i32, String)> {
    let output = shop.command(&["status", "--check"])?;
    Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_makes_a_worker_unready_and_not_dead() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let ready = |shop: &Shop| check(shop, &["order", "--ready"]).ok().filter(|(code, _)| *code == 0);
    eventually("order is ready", async || ready(&shop)).await?;
    assert_eq!(check(&shop, &["order"])?, (0, "well: order serves\n".to_owned()));
    eventually("all are well", async || (status_check(&shop).ok()?.0 == 0).then_some(())).await?;
    shop.stack.broker().kill()?;
    let (_, line) = eventually("order is not ready", async || {
        check(&shop, &["order", "--ready"]).ok().filter(|(code, _)| *code == 3)
    })
    .await?;
    assert!(line.starts_with("down: order has no broker: "), "{line}");
    assert_eq!(check(&shop, &["order", "--live"])?, (0, "well: order is alive\n".to_owned()));
    let (down, line) = status_check(&shop)?;
    assert!(down == 3 && line.starts_with("down: no broker answers at"), "{down} {line}");
    shop.stack.broker().restart().await?;
    shop.settle().await?;
    eventually("order is ready again", async || ready(&shop)).await?;
    // Of one that is frozen nobody knows anything, and it is not waited for.
    shop.worker(Context::Order).pause()?;
    let begun = Instant::now();
    let (frozen, line) = check(&shop, &["order", "--live"])?;
    assert!(frozen == 3 && line.contains("does not answer within"), "{frozen} {line}");
    assert!(begun.elapsed() < PATIENCE / 3, "{:?}", begun.elapsed());
    let (down, line) = status_check(&shop)?;
    assert!(down == 3 && line.starts_with("down: order does not answer"), "{down} {line}");
    shop.worker(Context::Order).resume()?;
    eventually("order is ready once more", async || ready(&shop)).await?;
    shop.worker(Context::Order).stop(Duration::from_secs(10)).await?;
    let (stopped, line) = check(&shop, &["order", "--live"])?;
    assert!(stopped == 3 && line.starts_with("down: no worker runs here"), "{line}");
    Ok(())
}

fn get(port: u16, path: &str) -> anyhow::Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    Ok((head.split(' ').nth(1).unwrap_or_default().parse()?, body.to_owned()))
}

/// Reads the text format, and holds it to its rules: every sample's family has its type and help
/// before it, names and labels are well formed, no sample is there twice, histograms add up.
fn parsed(text: &str) -> anyhow::Result<BTreeMap<String, f64>> {
    let (mut types, mut samples) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# TYPE ") {
            let (name, kind) = comment.split_once(' ').unwrap_or_default();
            anyhow::ensure!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            anyhow::ensure!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap_or_default();
            let name = series.split('{').next().unwrap_or_default();
            anyhow::ensure!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            let family = family.filter(|family| types.get(*family).is_some_and(|kind| kind == "histogram"));
            anyhow::ensure!(types.contains_key(family.unwrap_or(name)), "no type before {line}");
            anyhow::ensure!(samples.insert(series.to_owned(), value.parse()?).is_none(), "twice: {line}");
        }
    }
    for (name, _) in types.iter().filter(|(_, kind)| *kind == "histogram") {
        let total = |part: &str| -> f64 { samples.iter().filter(|(s, _)| s.starts_with(part)).map(|(_, v)| v).sum() };
        let everything: f64 =
            samples.iter().filter(|(s, _)| s.starts_with(name) && s.contains("le=\"+Inf\"")).map(|(_, v)| v).sum();
        anyhow::ensure!((total(&format!("{name}_count")) - everything).abs() < 0.5, "{name} does not add up");
    }
    Ok(samples)
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happened_and_are_off_unless_they_are_asked_for() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let port = rental_stack::port::free()?;
    anyhow::ensure!(TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens yet");
    for context in [Context::Order, Context::Billing] {
        let number = if context == Context::Order { port } else { rental_stack::port::free()? };
        shop.worker(context).stop(Duration::from_secs(10)).await?;
        shop.worker(context).launch_mut().arguments.extend(["--http".into(), number.to_string().into()]);
        shop.worker(context).restart().await?;
    }
    shop.settle().await?;
    for order in 1..=3 {
        shop.request(order, 1, 1, 10).await?;
    }
    shop.request(3, 1, 1, 10).await?;
    assert_eq!(code(&shop.cancel(99).await), Some(404));
    shop.until_quiet().await?;
    let value = |samples: &BTreeMap<String, f64>, series: &str| samples.get(series).copied();
    let samples = eventually("everything is counted", async || {
        let samples = parsed(&get(port, "/metrics").ok()?.1).unwrap();
        let recorded = value(&samples, "rental_events_recorded_total{context=\"order\"}");
        (recorded == Some(3.0)).then_some(samples)
    })
    .await?;
    for (series, expected) in [
        (r#"rental_commands_total{context="order",endpoint="request",outcome="ok"}"#, 4.0),
        (r#"rental_commands_total{context="order",endpoint="cancel",outcome="unknown"}"#, 1.0),
        (r#"rental_events_published_total{context="order",outcome="stored"}"#, 3.0),
        (r#"rental_publish_duration_seconds_count{context="order"}"#, 3.0),
        (r#"rental_journal_events{context="order"}"#, 3.0),
        (r#"rental_unpublished_events{context="order"}"#, 0.0),
        (r#"rental_parked_messages{context="order"}"#, 0.0),
        (r#"rental_alerts{context="order"}"#, 0.0),
        (r#"rental_serving{context="order"}"#, 1.0),
        (r#"rental_connected{context="order"}"#, 1.0),
        (r#"rental_live{context="order"}"#, 1.0),
    ] {
        assert_eq!(value(&samples, series), Some(expected), "{series}\n{samples:#?}");
    }
    let commits = value(&samples, r#"rental_commit_duration_seconds_count{context="order",durable="true"}"#);
    assert!(commits >= Some(3.0), "{commits:?}");
    assert_eq!(get(port, "/livez")?, (200, "well: order is alive\n".to_owned()));
    assert_eq!(get(port, "/readyz")?.0, 200);
    assert_eq!((get(port, "/x")?.0, get(port, "/readyz?behind-for=soon")?.0), (404, 400));
    shop.stack.broker().kill()?;
    eventually("not ready without a broker", async || (get(port, "/readyz").ok()?.0 == 503).then_some(())).await?;
    assert_eq!(get(port, "/livez")?.0, 200);
    let samples = parsed(&get(port, "/metrics")?.1)?;
    assert_eq!(value(&samples, r#"rental_connected{context="order"}"#), Some(0.0));
    Ok(())
}

/// The order worker as a child of ours, in place of the stack's.
async fn worker(shop: &mut Shop, url: &str, adapt: impl FnOnce(&mut Command)) -> anyhow::Result<Child> {
    shop.worker(Context::Order).stop(Duration::from_secs(10)).await?;
    let mut command = Command::new(program("rental-worker")?);
    command.args(["order", "--nats-url", url, "--home"]).arg(shop.home()).stderr(Stdio::piped());
    adapt(&mut command);
    Ok(command.spawn()?)
}

fn signal(child: &Child, signal: Signal) -> anyhow::Result<()> {
    Ok(kill_process(Pid::from_child(child), signal)?)
}

/// What the supervisor is told, until `wanted` is.
fn told(supervisor: &UnixDatagram, wanted: &str) -> anyhow::Result<Vec<String>> {
    let (deadline, mut all) = (Instant::now() + PATIENCE, Vec::new());
    let mut bytes = [0; 4096];
    while Instant::now() < deadline {
        if let Ok(length) = supervisor.recv(&mut bytes) {
            all.extend(String::from_utf8_lossy(&bytes[..length]).lines().map(str::to_owned));
            if all.iter().any(|line| line == wanted) {
                return Ok(all);
            }
        }
    }
    anyhow::bail!("{wanted} was not told, only {all:#?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_is_told_when_it_serves_that_it_turns_and_that_it_stops_and_hanging_up_is_a_way_to_stop_it()
-> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let address = shop.home().join("notify");
    let supervisor = UnixDatagram::bind(&address)?;
    supervisor.set_read_timeout(Some(Duration::from_millis(500)))?;
    let url = shop.stack.url().to_owned();
    let mut child = worker(&mut shop, &url, |command| {
        command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", "200000");
    })
    .await?;
    let before = told(&supervisor, "READY=1")?;
    assert!(before.iter().any(|line| line.starts_with("EXTEND_TIMEOUT_USEC=")), "{before:?}");
    told(&supervisor, "STATUS=order serves")?;
    told(&supervisor, "WATCHDOG=1")?;
    signal(&child, Signal::STOP)?;
    // What it had sent before may still lie there; then half a second of silence, which is two and a half watchdogs.
    let mut bytes = [0; 4096];
    let deadline = Instant::now() + PATIENCE;
    while supervisor.recv(&mut bytes).is_ok() {
        assert!(Instant::now() < deadline, "a frozen worker goes on saying that it turns");
    }
    signal(&child, Signal::CONT)?;
    told(&supervisor, "WATCHDOG=1")?;
    signal(&child, Signal::HUP)?;
    told(&supervisor, "STOPPING=1")?;
    let ended = eventually("it ends", async || child.try_wait().unwrap()).await?;
    assert_eq!(ended.code(), Some(0), "a graceful end");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn under_nohup_hanging_up_changes_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Order).stop(Duration::from_secs(10)).await?;
    let mut command = Command::new("nohup");
    command.arg(program("rental-worker")?).args(["order", "--nats-url", shop.stack.url(), "--home"]).arg(shop.home());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let serves = async || check(&shop, &["order"]).ok().filter(|(code, _)| *code == 0);
    eventually("it serves", serves).await?;
    signal(&child, Signal::HUP)?;
    shop.request(1, 1, 1, 10).await?;
    signal(&child, Signal::TERM)?;
    let ended = eventually("it ends", async || child.try_wait().unwrap()).await?;
    assert_eq!(ended.code(), Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_one_line_with_its_cause_and_every_line_names_its_context() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    // Takes every connection, and says nothing that a broker would.
    let other = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("nats://{}", other.local_addr()?);
    let mut child = worker(&mut shop, &url, |command| {
        command.args(["--log-format", "json"]).env_remove("RUST_LOG");
    })
    .await?;
    std::thread::spawn(move || other.incoming().for_each(drop));
    let (read, said) = mpsc::channel();
    let log = BufReader::new(child.stderr.take().unwrap()).lines();
    std::thread::spawn(move || log.map_while(Result::ok).try_for_each(|line| read.send(line)));
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.contains("trying again and again")) {
        lines.push(said.recv_timeout(PATIENCE)?);
    }
    signal(&child, Signal::TERM)?;
    lines.extend(said);
    for line in &lines {
        let json: serde_json::Value = serde_json::from_str(line)?;
        assert_eq!(json["context"], "order", "{line}");
    }
    let outages: Vec<_> = lines.iter().filter(|line| line.contains("trying again and again")).collect();
    assert_eq!(outages.len(), 1, "{lines:#?}");
    assert!(outages[0].contains(&url), "{outages:?}");
    assert_eq!(child.wait()?.code(), Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_what_is_wrong_and_says_how_to_mend_it() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    // How much room this machine's disk has is not the shop's doing.
    let wrong = |found: &serde_json::Value| -> Vec<serde_json::Value> {
        let is_wrong = |finding: &&serde_json::Value| {
            ["problem", "silent"].map(Into::into).contains(&finding["level"]) && finding["area"] != "disk"
        };
        found["findings"].as_array().unwrap().iter().filter(is_wrong).cloned().collect()
    };
    eventually("nothing is wrong", async || wrong(&shop.command_json(&["doctor"]).ok()?.1).is_empty().then_some(()))
        .await?;
    let key = shop.home().join("keys/inspect.nk");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    let (exit, found) = shop.command_json(&["doctor"])?;
    let mend = wrong(&found)[0]["mend"].clone();
    assert_eq!((exit, mend), (1, format!("chmod 600 {}", key.display()).into()), "{found}");
    shop.worker(Context::Billing).stop(Duration::from_secs(10)).await?;
    let (exit, found) = shop.command_json(&["doctor"])?;
    let silent = found["findings"].as_array().unwrap().iter().find(|finding| finding["level"] == "silent").unwrap();
    assert!(exit == 3 && silent["says"].as_str().unwrap().starts_with("billing does not answer"), "{found}");
    shop.stack.broker().kill()?;
    let (exit, found) = shop.command_json(&["doctor"])?;
    assert_eq!((exit, &found["level"]), (3, &"silent".into()), "{found}");
    Ok(())
}
