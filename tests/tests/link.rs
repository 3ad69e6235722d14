//! The link between a worker and the broker, and the worker's own end: nothing
//! that is said on either, or cannot be said, stops the shop or goes unnoticed.

use rental_bus::status::{ContextStatus, Phase, alert};
use rental_model::Context;
use rental_stack::Ending;
use rental_tests::{PATIENCE, Shop, assert_sound, eventually, eventually_within};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

async fn status(shop: &Shop, context: Context) -> Option<ContextStatus> {
    shop.desk.call(context, "status", &json!({}), Duration::from_secs(3)).await.ok()
}

/// Waits until all serve, whoever started them.
async fn all_serve(shop: &Shop) -> anyhow::Result<()> {
    for context in Context::ALL {
        eventually(&format!("{context} serves"), async || {
            status(shop, context).await.filter(|status| status.phase == Phase::Serving)
        })
        .await?;
    }
    Ok(())
}

/// A worker beside those of the stack.
fn worker(shop: &Shop, context: Context, program: &[&str]) -> anyhow::Result<Command> {
    let worker = rental_tests::program("rental-worker")?.to_string_lossy().into_owned();
    let mut command = Command::new(program.first().map_or(&*worker, |first| *first));
    if let Some((_, more)) = program.split_first() {
        command.args(more).arg(&worker);
    }
    command.arg(context.name()).args(["--nats-url", shop.stack.url(), "--home"]).arg(shop.home());
    Ok(command)
}

/// Whether opening a copy of the file has to go through it first.
fn needs_repair(shop: &Shop, context: Context) -> anyhow::Result<bool> {
    static REPAIRS: AtomicU64 = AtomicU64::new(0);
    let copy = shop.home().join("copy.redb");
    std::fs::copy(shop.stack.home().data(context), &copy)?;
    REPAIRS.store(0, Ordering::SeqCst);
    let count = |_: &mut redb::RepairSession| {
        REPAIRS.fetch_add(1, Ordering::SeqCst);
    };
    drop(redb::Builder::new().set_repair_callback(count).open(&copy)?);
    Ok(REPAIRS.load(Ordering::SeqCst) > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graceful_stop_under_load_leaves_every_data_file_closed() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for round in 0..6_u64 {
        let desk = shop.desk.clone();
        let is_over = std::sync::Arc::new(AtomicBool::new(false));
        let load = tokio::spawn({
            let is_over = is_over.clone();
            async move {
                let mut order = 1000 * (round + 1);
                while !is_over.load(Ordering::Relaxed) {
                    order += 1;
                    let body =
                        json!({ "orderId": order, "productId": 1, "qty": 1, "amount": 1, "onShortage": "refuse" });
                    let _ = desk.call::<serde_json::Value>(Context::Order, "request", &body, PATIENCE).await;
                    let _ = desk.call::<serde_json::Value>(Context::Totalview, "list", &json!({}), PATIENCE).await;
                }
            }
        });
        let before = status(&shop, Context::Order).await.map_or(0, |status| status.commands);
        eventually("the load has begun", async || {
            status(&shop, Context::Order).await.filter(|status| status.commands > before + 20).map(drop)
        })
        .await?;
        for context in Context::ALL {
            let ending = shop.worker(context).stop(PATIENCE).await?;
            assert_eq!(ending, Ending::Graceful, "{context}");
        }
        is_over.store(true, Ordering::Relaxed);
        load.abort();
        for context in Context::ALL {
            assert!(!needs_repair(&shop, context)?, "round {round}: {context} left its file unclosed");
        }
        for context in Context::ALL {
            shop.worker(context).restart().await?;
        }
        shop.settle().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_ends_nothing() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Order).stop(Duration::from_secs(20)).await?;
    let full = std::fs::File::options().write(true).open("/dev/full")?;
    let mut on_full = worker(&shop, Context::Order, &[])?.stderr(full).spawn()?;
    all_serve(&shop).await?;
    shop.request(1, 1, 1, 10).await?;
    reconnects(&mut shop, &mut on_full, 2).await?;
    ended(&mut on_full).await?;

    // A reader that goes away, and one that stays and does not read.
    for is_read in [false, true] {
        let mut piped = worker(&shop, Context::Order, &[])?.env("RUST_LOG", "trace").stderr(Stdio::piped()).spawn()?;
        let reader = piped.stderr.take();
        let kept = reader.filter(|_| is_read);
        all_serve(&shop).await?;
        for order in 0..200 {
            shop.request(1000 + 1000 * u64::from(is_read) + order, 1, 1, 10).await.ok();
        }
        reconnects(&mut shop, &mut piped, 5000 + u64::from(is_read)).await?;
        ended(&mut piped).await?;
        drop(kept);
    }
    Ok(())
}

async fn reconnects(shop: &mut Shop, worker: &mut Child, order: u64) -> anyhow::Result<()> {
    shop.stack.broker().kill()?;
    shop.stack.broker().restart().await?;
    all_serve(shop).await?;
    shop.request(order, 3, 1, 10).await?;
    assert_eq!(worker.try_wait()?, None, "the worker has ended");
    Ok(())
}

/// Stops a worker gracefully.
async fn ended(worker: &mut Child) -> anyhow::Result<()> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(worker.id())?).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
    let status = eventually("the worker has ended", async || worker.try_wait().unwrap()).await?;
    assert_eq!(status.code(), Some(0));
    Ok(())
}

/// Lines of the order worker's log that have this in them.
fn logged(shop: &Shop, words: &str) -> usize {
    let log = std::fs::read_to_string(shop.stack.home().log("order")).unwrap_or_default();
    log.lines().filter(|line| line.contains(words)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_cannot_store_is_said_once_and_goes_on_by_itself() -> anyhow::Result<()> {
    let mut shop = Shop::open_with_broker(|conf| conf.replace("max_file_store: 32GB", "max_file_store: 48KB")).await?;
    let mut order = 0;
    let told = eventually("the broker's words are an alert", async || {
        order += 1;
        shop.request(order, 1 + order % 3, 1, 10).await.ok();
        status(&shop, Context::Order).await.filter(|status| status.has_alert(alert::BROKER_CANNOT_STORE))
    })
    .await?;
    assert!(told.alert_messages[0].contains("insufficient resources"), "{:?}", told.alert_messages);
    assert!(told.unpublished() > 0, "{told:?}");
    let (code, shown) = shop.command_json(&["status"])?;
    assert_eq!(code, 3, "{shown}");
    let text = String::from_utf8(shop.command(&["status"])?.stdout)?;
    assert!(text.contains("insufficient resources") && text.contains("not at the broker"), "{text}");
    let begun = Instant::now();
    eventually("some attempts were in vain", async || (begun.elapsed() > Duration::from_secs(4)).then_some(())).await?;
    assert_eq!(logged(&shop, "cannot store"), 1, "said once");
    let lines = std::fs::read_to_string(shop.stack.home().log("order"))?.lines().count();
    assert!(lines < 60, "{lines} lines");

    shop.reload_broker(|conf| conf.replace("max_file_store: 48KB", "max_file_store: 32GB"))?;
    eventually("all is published, and the alert is over", async || {
        status(&shop, Context::Order).await.filter(|status| status.alerts.is_empty() && status.unpublished() == 0)
    })
    .await?;
    shop.until_quiet().await?;
    assert_sound(&shop).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_streams_is_named() -> anyhow::Result<()> {
    let mut shop = Shop::open_with_broker(str::to_owned).await?;
    shop.request(1, 1, 1, 10).await?;
    shop.until_quiet().await?;
    shop.stack.broker().stop(Duration::from_secs(10)).await?;
    shop.rewrite_broker(without_jetstream)?;
    shop.stack.broker().restart().await?;
    let told = eventually("that JetStream is off is an alert", async || {
        status(&shop, Context::Order).await.filter(|status| status.has_alert(alert::BROKER_HAS_NO_STREAMS))
    })
    .await?;
    assert!(
        told.alert_messages.iter().any(|trouble| trouble.contains("switch JetStream on")),
        "{:?}",
        told.alert_messages
    );
    Ok(())
}

fn without_jetstream(conf: &str) -> String {
    let (before, block) = conf.split_once("\njetstream {").unwrap();
    let (_, after) = block.split_once("\n}").unwrap();
    format!("{before}{after}").replace("    jetstream: enabled\n", "")
}

/// A client with a key of this shop that sends whatever bytes it likes.
fn rude(shop: &Shop, user: &str) -> anyhow::Result<TcpStream> {
    let address = shop.stack.url().trim_start_matches("nats://");
    let mut stream = TcpStream::connect(address)?;
    let mut info = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut info)?;
    let info: serde_json::Value = serde_json::from_str(info.trim_start_matches("INFO "))?;
    let seed = std::fs::read_to_string(rental_bus::keys::path(&shop.home(), user))?;
    let key = nkeys::KeyPair::from_seed(seed.trim())?;
    let signed = key.sign(info["nonce"].as_str().unwrap().as_bytes())?;
    let connect = json!({
        "nkey": key.public_key(), "sig": data_encoding::BASE64URL_NOPAD.encode(&signed),
        "verbose": false, "pedantic": false, "headers": true, "no_responders": true, "lang": "rude", "version": "1",
    });
    write!(stream, "CONNECT {connect}\r\nPING\r\n")?;
    Ok(stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_who_send_headers_that_are_none_disturb_nobody() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    // A worker serves before its second connection, the onlookers', stands.
    let before = eventually("each worker has both connections", async || {
        connections(&shop).ok().filter(|counts| counts.iter().all(|&count| count == 2))
    })
    .await?;
    let headers = ["NATS/1.0\r\nA: b\rC\r\n\r\n", "NATS/1.0\r\nnone\r\n\r\n", "NATS/9\r\n\r\n", "NATS/1.0 x\r\n\r\n"];
    let mut stream = rude(&shop, "staff")?;
    for round in 0..50_u64 {
        for context in Context::ALL {
            let header = headers[usize::try_from(round)? % headers.len()];
            let line = format!("HPUB rental.{context}.status _INBOX_staff.x {} {}", header.len(), header.len() + 2);
            write!(stream, "{line}\r\n{header}{{}}\r\n")?;
        }
        shop.call(Context::Totalview, "stats", &json!({})).await?;
        shop.request(round + 1, 1 + round % 3, 1, 10).await?;
    }
    assert_eq!(connections(&shop)?, before, "somebody was disconnected");
    Ok(())
}

/// How often each worker has connected, by its own log.
fn connections(shop: &Shop) -> anyhow::Result<Vec<usize>> {
    let logs = Context::ALL.map(|context| std::fs::read_to_string(shop.stack.home().log(context.name())));
    let count = |log: std::io::Result<String>| Ok(log?.matches("connected to the broker").count());
    logs.into_iter().map(count).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_waits_until_the_first_is_gone() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    for order in 1..=5 {
        shop.request(order, 1, 1, 10).await?;
    }
    shop.until_quiet().await?;
    let copy = shop.home().join("second.redb");
    std::fs::copy(shop.stack.home().data(Context::Order), &copy)?;
    let mut second = worker(&shop, Context::Order, &[])?;
    let mut second = second.arg("--data").arg(&copy).stderr(Stdio::null()).spawn()?;
    for order in 6..=60 {
        shop.request(order, 1 + order % 3, 1, 10).await?;
    }
    assert_eq!(second.try_wait()?, None, "the second one waits");
    shop.until_quiet().await?;
    assert_eq!(assert_sound(&shop).await?.orders.len(), 60, "answers that stand in the second one's file alone");

    shop.worker(Context::Order).kill()?;
    eventually("the second one serves", async || shop.request(61, 1, 1, 10).await.ok()).await?;
    shop.until_quiet().await?;
    assert_eq!(assert_sound(&shop).await?.orders.len(), 61);
    ended(&mut second).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_worker_is_replaced_within_the_half_open_time_and_stops_when_it_wakes() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.request(1, 1, 1, 10).await?;
    shop.until_quiet().await?;
    let copy = shop.home().join("second.redb");
    std::fs::copy(shop.stack.home().data(Context::Order), &copy)?;
    shop.worker(Context::Order).pause()?;
    let mut second = worker(&shop, Context::Order, &[])?;
    let mut second = second.arg("--data").arg(&copy).stderr(Stdio::null()).spawn()?;
    let mut order = 1;
    eventually_within(2 * PATIENCE, "the second one serves", async || {
        order += 1;
        shop.request(order, 1, 1, 10).await.ok()
    })
    .await?;
    shop.worker(Context::Order).resume()?;
    eventually("the first one has stopped", async || (!shop.worker(Context::Order).is_running()).then_some(())).await?;
    let said = shop.worker(Context::Order).log_end(3);
    assert!(said.contains("taken over") || said.contains("has written event"), "{said}");
    ended(&mut second).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_start_at_the_same_moment_exactly_one_serves() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.until_quiet().await?;
    shop.worker(Context::Order).stop(Duration::from_secs(20)).await?;
    let mut workers = Vec::new();
    for name in ["one", "two"] {
        let copy = shop.home().join(name).with_extension("redb");
        std::fs::copy(shop.stack.home().data(Context::Order), &copy)?;
        let mut one = worker(&shop, Context::Order, &[])?;
        workers.push(one.arg("--data").arg(&copy).stderr(Stdio::null()).spawn()?);
    }
    all_serve(&shop).await?;
    for order in 1..=100 {
        shop.request(order, 1 + order % 3, 1, 10).await?;
    }
    shop.until_quiet().await?;
    assert_eq!(assert_sound(&shop).await?.orders.len(), 100);
    for one in &mut workers {
        assert_eq!(one.try_wait()?, None, "one of them has stopped");
        ended(one).await?;
    }
    Ok(())
}
