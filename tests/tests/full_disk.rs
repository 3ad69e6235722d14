//! A disk that is full: the worker ends with a clear word, and loses nothing.

use rental_model::Context;
use rental_tests::{Shop, assert_sound};
use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Runs a worker that can make no file larger than `kib`: what it writes beyond fails, as on a full disk.
fn cramped(shop: &Shop, context: Context, kib: u64) -> anyhow::Result<std::process::Child> {
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\"");
    let mut command = Command::new("bash");
    command.args(["-c", &script, "bash"]).arg(rental_tests::program("rental-worker")?).arg(context.name());
    command.args(["--nats-url", shop.stack.url(), "--home"]).arg(shop.home());
    Ok(command.stderr(Stdio::piped()).spawn()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_on_a_full_disk_says_so_and_goes_on_where_it_was_once_there_is_room() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    let mut answered: Vec<(u64, Value)> = Vec::new();
    for order in 1..=5 {
        answered.push((order, shop.request(order, 1 + order % 3, 1, 10).await?));
    }
    shop.worker(Context::Order).stop(Duration::from_secs(10)).await?;
    let data = shop.stack.home().data(Context::Order);
    let room = std::fs::metadata(&data)?.len() / 1024 + 64;
    let mut worker = cramped(&shop, Context::Order, room)?;
    let mut order = 5;
    rental_tests::eventually("the disk is full", async || {
        order += 1;
        if let Ok(answer) = shop.request(order, 1 + order % 3, 1, 10).await {
            answered.push((order, answer));
        }
        worker.try_wait().unwrap().map(drop)
    })
    .await?;
    let output = worker.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("free the disk"), "{said}");

    shop.worker(Context::Order).restart().await?;
    shop.settle().await?;
    let books = assert_sound(&shop).await?;
    for (order, answer) in answered {
        assert!(books.orders.contains_key(&order), "order {order} was answered and is lost");
        let body = json!({ "orderId": order, "productId": 1 + order % 3, "qty": 1, "amount": 10 });
        assert_eq!(shop.call(Context::Order, "request", &body).await?, answer);
    }
    Ok(())
}
