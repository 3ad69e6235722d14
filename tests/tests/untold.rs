//! Commands that do something and cannot say so, or never learn whether they did; guards and times.

use rental_model::Context;
use rental_tests::{Shop, eventually, program};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// Runs a line of shell in which `$RENTAL` is our program.
fn shell(shop: &Shop, line: &str) -> anyhow::Result<Output> {
    Ok(shell_to(shop, line)?.output()?)
}

fn shell_to(shop: &Shop, line: &str) -> anyhow::Result<Command> {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).envs(shop.surroundings()).env("RENTAL", program("rental")?);
    shell.env_remove("RENTAL_READ_ONLY").stdin(Stdio::piped()).stderr(Stdio::piped());
    Ok(shell)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_and_could_not_be_told_on_stdout_is_told_on_stderr_with_a_code_of_its_own() -> anyhow::Result<()>
{
    let shop = Shop::open().await?;
    // The answer goes to a full disk, to a reader that is gone, and to a stdout that was closed.
    let ways = ["$RENTAL ORDER >/dev/full", "$RENTAL ORDER --json >/dev/full", "$RENTAL ORDER", "$RENTAL ORDER >&-"];
    for (order, way) in (1..).zip(ways) {
        let command = format!("request --order {order} --product 1 --qty 1 --amount 10 --request-id r-{order}");
        let (reader, writer) = std::io::pipe()?;
        drop(reader);
        let line = way.replace("ORDER", &command);
        let output = shell_to(&shop, &line)?.stdout(writer).output()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{line}: {told}");
        assert!(told.contains(&format!("order {order} taken")) && told.contains(&format!("r-{order}")), "{told}");
        let known = shop.call(Context::Order, "get", &json!({ "orderId": order })).await?;
        assert_eq!(known["status"], "active", "{line}");
    }
    let again = shop.command(&[
        "request",
        "--order",
        "1",
        "--product",
        "1",
        "--qty",
        "1",
        "--amount",
        "10",
        "--request-id",
        "r-1",
    ])?;
    assert_eq!(again.status.code(), Some(0), "the same request answers again: {again:?}");
    // Who throws the answer away on purpose is not told.
    let away = shell(&shop, "$RENTAL cancel --order 1 >/dev/null")?;
    assert_eq!((away.status.code(), away.stderr.is_empty()), (Some(0), true), "{away:?}");
    // And who reads only the beginning of a list has got what they wanted.
    assert_eq!(shell(&shop, "$RENTAL orders | head -1")?.status.code(), Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_said_to_be_not_known() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.worker(Context::Order).pause()?;
    let words =
        ["request", "--product", "1", "--qty", "1", "--amount", "10", "--timeout", "0.3", "--request-id", "r-1"];
    let late = shop.command(&words)?;
    let told = String::from_utf8_lossy(&late.stderr).into_owned();
    assert_eq!(late.status.code(), Some(5), "{told}");
    assert!(told.contains("it is not known whether order has done it") && told.contains("--request-id r-1"), "{told}");

    let mut command = Command::new(program("rental")?);
    command.args([
        "request",
        "--product",
        "1",
        "--qty",
        "1",
        "--amount",
        "10",
        "--timeout",
        "60",
        "--request-id",
        "r-2",
    ]);
    command.envs(shop.surroundings()).env_remove("RENTAL_READ_ONLY").env("RUST_LOG", "trace");
    let mut waiting = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let process = Pid::from_child(&waiting);
    // It waits for the answer when it has taken Ctrl-C into its own hands.
    eventually("it waits for the answer", async || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.as_raw_pid())).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim().to_owned();
        (u64::from_str_radix(&caught, 16).ok()? & 2 != 0).then_some(())
    })
    .await?;
    kill_process(process, Signal::INT)?;
    let begun = Instant::now();
    let ended = eventually("it is over", async || waiting.try_wait().ok().flatten()).await?;
    assert_eq!(ended.code(), Some(5), "after {:?}", begun.elapsed());
    let told = std::io::read_to_string(waiting.stderr.take().unwrap())?;
    assert!(told.contains("Ctrl-C") && told.contains("--request-id r-2"), "{told}");
    shop.worker(Context::Order).resume()?;
    let again = shop.command(&words)?;
    assert_eq!(again.status.code(), Some(0), "the same request finds out: {again:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guard_that_cannot_be_understood_holds_back_every_command() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.request(9, 1, 1, 10).await?;
    let config = shop.home().join("config.toml");
    let file = |text: &str| std::fs::write(&config, text);
    let named = format!("--config {}", config.display());
    for (variable, text) in [
        ("RENTAL_READ_ONLY=1", ""),
        ("RENTAL_READ_ONLY=yes", ""),
        ("RENTAL_READ_ONLY=TRUE", ""),
        ("RENTAL_READ_ONLY=oui", ""),
        ("RENTAL_READONLY=true", ""),
        ("", "read_only = 1"),
        ("", "readonly = true"),
        ("", "read_only = true\ntheme = dark"),
        ("", "[filters]\nread_only = true"),
    ] {
        file(text)?;
        for command in
            ["cancel --order 9", "adjust --product 1 --delta 5 --reason x", "parked drop billing 1 --reason x"]
        {
            let refused = shell(&shop, &format!("{variable} $RENTAL {command} {named}"))?;
            let told = String::from_utf8_lossy(&refused.stderr).into_owned();
            assert_eq!(refused.status.code(), Some(1), "{variable} {text:?}: {told}");
            assert!(told.contains("nothing was sent"), "{variable} {text:?}: {told}");
        }
    }
    std::fs::remove_file(&config)?;
    std::fs::create_dir(&config)?;
    assert_eq!(shell(&shop, &format!("$RENTAL cancel --order 9 {named}"))?.status.code(), Some(1), "a folder");
    assert_eq!(shop.events_of(9).await?.iter().filter(|recorded| recorded.source == Context::Order).count(), 1);
    let plainly = shell(&shop, &format!("$RENTAL cancel --order 9 --read-only=false {named}"))?;
    assert_eq!(plainly.status.code(), Some(0), "who says it plainly is believed: {plainly:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_shown_in_the_zone_that_is_named_whatever_the_machine_knows() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.request(1, 1, 1, 10).await?;
    let shown = |surroundings: &str| -> anyhow::Result<(String, String)> {
        let output = shell(&shop, &format!("{surroundings} $RENTAL events --order 1"))?;
        let first = String::from_utf8(output.stdout)?.lines().next().unwrap_or_default().to_owned();
        Ok((first, String::from_utf8(output.stderr)?))
    };
    let (utc, _) = shown("TZ=UTC0")?;
    let (seoul, warned) = shown("TZ=Asia/Seoul")?;
    assert_ne!(seoul, utc);
    assert_eq!((shown("TZ=Asia/Seoul TZDIR=/nonexistent")?.0, warned.as_str()), (seoul.clone(), ""));
    assert_eq!(shown("TZ=KST-9")?.0, seoul);
    let (unknown, warned) = shown("TZ=Asia/Seol")?;
    assert!(warned.contains("no time zone is called Asia/Seol") && unknown.contains(" UTC "), "{unknown} {warned}");
    Ok(())
}
