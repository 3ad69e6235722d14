//! The console in a real terminal, as staff use it: keys in, a screen out, and
//! a terminal that is as it was when the console is gone.

use rental_model::Context;
use rental_model::totalview::Status;
use rental_tests::terminal::Terminal;
use rental_tests::{Shop, assert_sound, eventually, program};
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// Leaves the console by its own door, and looks at what it leaves behind.
fn leave(terminal: &mut Terminal) -> anyhow::Result<()> {
    terminal.press("q")?;
    terminal.until_shows("Leave the console?")?;
    terminal.press("y")?;
    assert_eq!(terminal.until_over()?, 0);
    terminal.until_sane()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rental_is_requested_and_cancelled_by_keys() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let mut terminal = Terminal::console(&shop, 80, 24, &[])?;
    terminal.until_shows("LIVE")?;
    terminal.press("n")?;
    terminal.until_shows("New rental")?;
    terminal.press("mac\t10\t12000")?;
    terminal.until_shows("100 available")?;
    terminal.press("\r")?;
    terminal.until_shows("active 1")?;
    shop.until_status(1, Status::Active).await?;
    shop.until_available(2, 90).await?;

    terminal.press("x")?;
    let asked = terminal.until_shows("Cancel order 1?")?;
    assert!(asked.contains("refund of 12,000 won") && asked.contains("+10"), "{asked}");
    // Neither the key that asked nor Enter cancels anything.
    terminal.press("x\r")?;
    terminal.until("the dialog is gone", |text| !text.contains("Cancel order 1?"))?;
    terminal.press("x")?;
    terminal.until_shows("Cancel order 1?")?;
    assert_eq!(shop.rental(1).await.map(|rental| rental.rental.status()), Some(Status::Active));
    terminal.press("y")?;
    terminal.until_shows("cancelled 1")?;
    // What was done here is in the journal of everyone.
    terminal.press("5")?;
    let journal = terminal.until("the journal tells of both", |text| {
        text.contains("[5 Journal]") && text.contains("accepted #1") && text.contains("accepted #2")
    })?;
    assert!(
        journal.contains("rental of order 1") && journal.contains("cancel order 1") && journal.contains("kim"),
        "{journal}"
    );
    terminal.press("1")?;
    shop.until_status(1, Status::Cancelled).await?;
    shop.until_available(2, 100).await?;
    leave(&mut terminal)?;
    let books = assert_sound(&shop).await?;
    assert_eq!((books.charged, books.refunded), (12_000, 12_000));
    Ok(())
}

/// A press and a release of the left button, as terminals report them; columns and rows from 1.
fn click(column: u16, row: u16) -> String {
    format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mouse_selects_and_is_given_back() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    for order in 1..=3 {
        shop.request(order, 2, 1, 5).await?;
    }
    let mut terminal = Terminal::console(&shop, 80, 24, &[])?;
    terminal.until_shows("active 3")?;
    // The list begins in the fifth row, the newest order first.
    terminal.press(&click(10, 6))?;
    terminal.until_shows("2 of 3")?;
    terminal.press("x")?;
    terminal.until_shows("Cancel order 2?")?;
    // A click beside the question confirms nothing.
    terminal.press(&click(2, 22))?;
    terminal.press("\x1b")?;
    terminal.until("the question is gone", |text| !text.contains("Cancel order 2?"))?;
    terminal.press(&click(15, 2))?;
    terminal.until_shows("[2 Stock]")?;
    assert_eq!(shop.rental(2).await.map(|rental| rental.rental.status()), Some(Status::Active));
    leave(&mut terminal)
}

/// LIVE and nothing else was all that once was said with half the shop dead.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_dies_or_hangs_is_shown_within_five_seconds_and_so_is_its_return() -> anyhow::Result<()> {
    const SOON: Duration = Duration::from_secs(5);
    let mut shop = Shop::open().await?;
    let mut terminal = Terminal::console(&shop, 80, 24, &[])?;
    terminal.until_shows("◉ LIVE")?;
    let header = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let timed = |terminal: &Terminal, what: &str, is_so: &dyn Fn(&str) -> bool| {
        let begun = Instant::now();
        let text = terminal.until(what, |text| is_so(&header(text)))?;
        anyhow::ensure!(begun.elapsed() < SOON, "{what} after {:?}", begun.elapsed());
        anyhow::Ok(text)
    };
    shop.worker(Context::Order).kill()?;
    let text = timed(&terminal, "order is down", &|header| header.contains("✗ order down │ ◌ PARTLY LIVE"))?;
    assert!(text.contains("Renting and cancelling wait for order."), "{text}");
    shop.worker(Context::Totalview).pause()?;
    let text = timed(&terminal, "totalview is down", &|header| header.contains("✗ order, totalview down"))?;
    assert!(!text.contains("Renting and cancelling work"), "{text}");
    // A key that does nothing says so, and hides nothing.
    terminal.press("z")?;
    let text = terminal.until_shows("No command on z")?;
    assert!(header(&text).contains("✗ order, totalview down"), "{text}");
    shop.worker(Context::Totalview).resume()?;
    shop.worker(Context::Order).restart().await?;
    timed(&terminal, "all are back", &|header| header.contains("◉ LIVE") && !header.contains("down"))?;
    leave(&mut terminal)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_size_is_drawn_whole() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    shop.request(7, 2, 1, 5).await?;
    let mut terminal = Terminal::console(&shop, 120, 40, &[])?;
    terminal.until_shows("MACBOOK")?;
    for (width, height) in [(300, 90), (20, 5), (1, 1), (80, 24), (2, 60), (200, 3), (80, 24)] {
        terminal.resize(width, height)?;
        // The hints are the last line: where they are, all is drawn.
        terminal.until(&format!("{width} by {height} is drawn"), |text| match (width, height) {
            (40.., 5..) => {
                let last = text.lines().nth(usize::from(height) - 1).unwrap_or_default();
                last.contains("new rental") && text.contains("MACBOOK") && text.contains("LIVE")
            }
            (20.., 3..) => text.contains("Rental"),
            _ => true,
        })?;
    }
    leave(&mut terminal)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_broker_is_said_and_its_return_too() -> anyhow::Result<()> {
    let mut shop = Shop::open().await?;
    shop.request(7, 2, 1, 5).await?;
    let mut terminal = Terminal::console(&shop, 80, 24, &[])?;
    terminal.until_shows("active 1")?;
    shop.stack.broker().kill()?;
    let stale = terminal.until_shows("STALE")?;
    assert!(stale.contains("MACBOOK"), "the last picture stays: {stale}");
    // What would act on an old picture is refused, and says why.
    terminal.press("jx")?;
    terminal.until("cancelling is denied", |text| text.contains("old") && !text.contains("Cancel order"))?;
    shop.stack.broker().restart().await?;
    terminal.until_shows("LIVE")?;
    shop.worker(Context::Totalview).kill()?;
    terminal.until_shows("✗ totalview down")?;
    terminal.until_shows("Renting and cancelling work. No answer from totalview")?;
    leave(&mut terminal)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_gets_its_terminal_back_while_the_console_is_suspended() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let mut terminal = Terminal::shell(&shop, 80, 24)?;
    let rental = program("rental")?;
    terminal.until_shows("shell>")?;
    // Through a script, as `scripts/run` starts it: that has to stop, too.
    terminal.press(&format!("sh -c '{} --lang en; true'\r", rental.display()))?;
    terminal.until_shows("LIVE")?;
    terminal.press("\x1a")?;
    terminal.until_shows("Stopped")?;
    terminal.press("echo \"the shell is\" back\r")?;
    terminal.until_shows("the shell is back")?;
    terminal.until_at_a_prompt()?;
    terminal.press("fg\r")?;
    terminal.until("the console is drawn again", |text| text.contains("LIVE") && !text.contains("Stopped"))?;
    terminal.press("?")?;
    terminal.until_shows("Keys")?;
    terminal.press("\x1b")?;
    terminal.until("help is closed", |text| !text.contains("Keys"))?;
    terminal.press("q")?;
    terminal.until_shows("Leave the console?")?;
    terminal.press("y")?;
    terminal.until("the prompt is back", |text| text.trim_end().ends_with("shell>"))?;
    terminal.until_at_a_prompt()?;
    terminal.press("exit\r")?;
    terminal.until_over()?;
    terminal.until_sane()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_or_suspends_the_console_and_restores_the_terminal() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    for signal in [Signal::TERM, Signal::HUP] {
        let mut terminal = Terminal::console(&shop, 80, 24, &[])?;
        terminal.until_shows("LIVE")?;
        terminal.signal(signal)?;
        terminal.until_over()?;
        terminal.until_sane()?;
    }
    let mut terminal = Terminal::console(&shop, 80, 24, &[])?;
    terminal.until_shows("LIVE")?;
    terminal.signal(Signal::TSTP)?;
    terminal.until_suspended()?;
    terminal.until_sane()?;
    terminal.signal(Signal::CONT)?;
    terminal.until_shows("LIVE")?;
    // Twice Ctrl-c leaves from anywhere.
    terminal.press("n")?;
    terminal.until_shows("New rental")?;
    terminal.press("\x03\x03")?;
    assert_eq!(terminal.until_over()?, 0);
    terminal.until_sane()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_whose_terminal_is_gone_ends() -> anyhow::Result<()> {
    let shop = Shop::open().await?;
    let terminal = Terminal::console(&shop, 80, 24, &[])?;
    terminal.until_shows("LIVE")?;
    let mut program = terminal.close()?;
    eventually("the console has ended", async || program.exit_code().ok().flatten()).await?;
    Ok(())
}
