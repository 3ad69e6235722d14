//! What systemd is told (`Type=notify`, `WatchdogSec=`). Nothing without `NOTIFY_SOCKET`.

use super::Observer;
use rental_bus::health::{BEHIND_FOR, Verdict};
use sd_notify::NotifyState;
use std::time::Duration;

/// How often the state is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A start may take as long as it shows every few seconds that it goes on: a large file is
/// checked, a broker is waited for, a journal is read back.
const START_GOES_ON_FOR: Duration = Duration::from_secs(30);

pub(super) fn is_wanted() -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some()
}

/// Tells when the worker serves, how it is, and that its engine turns.
pub(super) async fn keep_telling(observer: Observer) {
    // Twice in the time that may pass, as its manual advises.
    let watchdog = sd_notify::watchdog_enabled().map(|allowed| allowed / 2);
    let every = watchdog.map_or(LOOK_EVERY, |watchdog| watchdog.min(LOOK_EVERY)).max(Duration::from_millis(10));
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut is_ready, mut told) = (false, String::new());
    loop {
        ticks.tick().await;
        if watchdog.is_some() && observer.live().verdict == Verdict::Well {
            tell(&[NotifyState::Watchdog]);
        }
        if !is_ready && observer.is_serving() {
            is_ready = true;
            tell(&[NotifyState::Ready]);
        }
        if !is_ready {
            let on = u32::try_from(START_GOES_ON_FOR.as_micros()).unwrap_or(u32::MAX);
            tell(&[NotifyState::ExtendTimeoutUsec(on)]);
        }
        let health = observer.health(BEHIND_FOR).words.replace(|c: char| c.is_control(), " ");
        if health != told {
            tell(&[NotifyState::Status(&health)]);
            told = health;
        }
    }
}

/// The worker has begun to stop.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping: finishing what was begun")]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "the supervisor cannot be told");
    }
}
