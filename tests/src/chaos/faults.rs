//! What can befall a shop, and the way back.

use super::dice::Dice;
use super::wire::Wire;
use crate::{Shop, eventually_within};
use anyhow::Context as _;
use rental_bus::status::{ContextStatus, Phase};
use rental_model::Context;
use rental_stack::Process;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    WorkerKilled,
    WorkerFrozen,
    BrokerKilled,
    BrokerFrozen,
    StreamsRolledBack,
    StreamsDeleted,
    LedgerDeleted,
    WorkerCutOff,
    PowerCut,
    LeaderKilled,
    FollowerKilled,
    QuorumKilled,
    AllBrokersKilled,
    BrokerEmptied,
}

impl Fault {
    /// What befalls a shop with one broker.
    pub const OF_ONE: [Self; 9] = [
        Self::WorkerKilled,
        Self::WorkerFrozen,
        Self::BrokerKilled,
        Self::BrokerFrozen,
        Self::StreamsRolledBack,
        Self::StreamsDeleted,
        Self::LedgerDeleted,
        Self::WorkerCutOff,
        Self::PowerCut,
    ];
    /// What befalls a shop with a cluster of three brokers.
    pub const OF_CLUSTER: [Self; 9] = [
        Self::LeaderKilled,
        Self::FollowerKilled,
        Self::QuorumKilled,
        Self::AllBrokersKilled,
        Self::BrokerEmptied,
        Self::BrokerFrozen,
        Self::WorkerKilled,
        Self::WorkerFrozen,
        Self::LedgerDeleted,
    ];

    pub const fn words(self) -> &'static str {
        match self {
            Self::WorkerKilled => "worker killed",
            Self::WorkerFrozen => "worker frozen",
            Self::BrokerKilled => "broker killed",
            Self::BrokerFrozen => "broker frozen",
            Self::StreamsRolledBack => "streams rolled back",
            Self::StreamsDeleted => "streams deleted",
            Self::LedgerDeleted => "ledger deleted",
            Self::WorkerCutOff => "worker cut off",
            Self::PowerCut => "everything killed at once",
            Self::LeaderKilled => "a leader killed",
            Self::FollowerKilled => "a follower killed",
            Self::QuorumKilled => "two of three killed",
            Self::AllBrokersKilled => "all three killed",
            Self::BrokerEmptied => "a broker's disk lost",
        }
    }
}

/// Who makes faults.
#[derive(Debug)]
pub(super) struct Mischief {
    pub(super) dice: Dice,
    /// An older copy of the streams' folder, if one was taken.
    copy: Option<PathBuf>,
    /// Each worker's way to the only broker.
    wires: BTreeMap<Context, Wire>,
    /// What is still to come of a cluster's faults before they are thrown together again.
    deck: Vec<Fault>,
    decks: u64,
}

impl Mischief {
    pub(super) const fn new(dice: Dice) -> Self {
        Self { dice, copy: None, wires: BTreeMap::new(), deck: Vec::new(), decks: 0 }
    }

    /// Leads every worker to the only broker by a wire that can be cut.
    pub(super) async fn lay_wires(&mut self, shop: &mut Shop) -> anyhow::Result<()> {
        let broker = shop.stack.url().rsplit(':').next().unwrap_or_default().parse()?;
        for context in Context::ALL {
            let wire = Wire::to(broker).await?;
            lead(shop, context, &wire.url()).await?;
            self.wires.insert(context, wire);
        }
        shop.settle().await
    }

    /// Leads every worker to the broker itself again.
    pub(super) async fn take_wires(&mut self, shop: &mut Shop) -> anyhow::Result<()> {
        let url = shop.stack.url().to_owned();
        for (context, _wire) in std::mem::take(&mut self.wires) {
            lead(shop, context, &url).await?;
        }
        Ok(())
    }

    /// Of a cluster's faults each is dealt once, in an order thrown, before any comes again.
    pub(super) fn deal(&mut self) -> Fault {
        if self.deck.is_empty() {
            self.deck = Fault::OF_CLUSTER.to_vec();
            self.dice.shuffle(&mut self.deck);
            self.decks += 1;
        }
        self.deck.pop().unwrap_or(Fault::WorkerKilled)
    }

    /// Whether every fault of a cluster was dealt.
    pub(super) const fn has_dealt_all(&self) -> bool {
        self.decks > 1 || (self.decks == 1 && self.deck.is_empty())
    }

    /// Makes a fault and heals it again. Answers with what really happened.
    pub(super) async fn strike(&mut self, shop: &mut Shop) -> anyhow::Result<Fault> {
        if shop.stack.brokers() > 1 {
            return self.strike_cluster(shop).await;
        }
        let context = self.dice.pick(&Context::ALL);
        let lasts = self.dice.ms(0..1500);
        match self.dice.within(0..100) {
            0..20 => {
                shop.worker(context).kill()?;
                last(lasts / 3).await;
                shop.worker(context).restart().await?;
                Ok(Fault::WorkerKilled)
            }
            20..33 => {
                freeze(shop.worker(context), lasts).await?;
                Ok(Fault::WorkerFrozen)
            }
            33..45 => self.cut_off(context, lasts * 4).await,
            45..50 => self.without_power(shop).await,
            50..60 => self.without_broker(shop, Fault::BrokerKilled).await,
            60..75 => {
                freeze(shop.stack.broker(), lasts * 2).await?;
                Ok(Fault::BrokerFrozen)
            }
            75..83 if self.copy.is_some() => self.without_broker(shop, Fault::StreamsRolledBack).await,
            75..90 => self.without_broker(shop, Fault::StreamsDeleted).await,
            _ => lose_ledger(shop, context).await,
        }
    }

    /// Longer than anyone waits for a sign of life, or shorter.
    async fn cut_off(&self, context: Context, lasts: Duration) -> anyhow::Result<Fault> {
        let wire = self.wires.get(&context).context("every worker has a wire")?;
        wire.cut();
        last(lasts).await;
        wire.mend();
        Ok(Fault::WorkerCutOff)
    }

    /// Everything dies in the same moment, and comes back in whatever order it does.
    async fn without_power(&mut self, shop: &mut Shop) -> anyhow::Result<Fault> {
        let mut back = Context::ALL;
        self.dice.shuffle(&mut back);
        // Halted first, so that nobody sees another die.
        for context in back {
            shop.worker(context).pause()?;
        }
        shop.stack.broker().kill()?;
        for context in back {
            shop.worker(context).kill()?;
        }
        let (early, late) = back.split_at(usize::try_from(self.dice.within(0..6)).unwrap_or(0));
        for context in early {
            shop.worker(*context).restart().await?;
        }
        last(self.dice.ms(0..300)).await;
        shop.stack.broker().restart().await?;
        for context in late {
            shop.worker(*context).restart().await?;
        }
        Ok(Fault::PowerCut)
    }

    /// Kills the broker, does the fault to its folder, and starts it again. Sometimes a worker dies with it.
    async fn without_broker(&mut self, shop: &mut Shop, fault: Fault) -> anyhow::Result<Fault> {
        let too = self.dice.chance(30).then(|| self.dice.pick(&Context::ALL));
        shop.stack.broker().kill()?;
        if let Some(context) = too {
            shop.worker(context).kill()?;
        }
        let streams = shop.stack.home().jetstream();
        match fault {
            Fault::StreamsDeleted => std::fs::remove_dir_all(&streams)?,
            Fault::StreamsRolledBack => {
                std::fs::remove_dir_all(&streams)?;
                copy_folder(self.copy.as_deref().context("a copy was taken")?, &streams)?;
            }
            _ => {
                if self.copy.is_none() || self.dice.chance(50) {
                    let copy = shop.home().join("older-streams");
                    let _ = std::fs::remove_dir_all(&copy);
                    copy_folder(&streams, &copy)?;
                    self.copy = Some(copy);
                }
            }
        }
        last(self.dice.ms(0..500)).await;
        shop.stack.broker().restart().await?;
        if let Some(context) = too {
            shop.worker(context).restart().await?;
        }
        Ok(fault)
    }
}

/// Starts a worker anew, with the broker at this URL.
async fn lead(shop: &mut Shop, context: Context, url: &str) -> anyhow::Result<()> {
    let worker = shop.worker(context);
    let arguments = &mut worker.launch_mut().arguments;
    let named = arguments.iter().position(|argument| argument == "--nats-url").context("a worker has a broker")?;
    *arguments.get_mut(named + 1).context("a worker's broker has a URL")? = url.into();
    Ok(worker.restart().await?)
}

/// Leaves everything as it is. Nothing is awaited here: how long it lasts is a part of the fault.
pub(super) async fn last(lasts: Duration) {
    tokio::time::sleep(lasts).await;
}

pub(super) async fn freeze(process: &Process, lasts: Duration) -> anyhow::Result<()> {
    process.pause()?;
    last(lasts).await;
    Ok(process.resume()?)
}

/// Deletes a context's ledger, if its stream is known to hold all of it.
///
/// Both gone at once is not promised. A worker that says it has published
/// everything may not know yet that the streams were rolled back a moment ago:
/// so the stream is first seen to be whole, and the worker then let finish.
pub(super) async fn lose_ledger(shop: &mut Shop, context: Context) -> anyhow::Result<Fault> {
    let whole =
        eventually_within(Duration::from_secs(10), "the stream is whole", async || is_whole(shop, context).await);
    let is_whole = whole.await.is_ok();
    shop.worker(context).stop(Duration::from_secs(10)).await?;
    let is_safe = is_whole && shop.worker(context).log_end(5).contains("everything is published; bye");
    if is_safe {
        std::fs::remove_file(shop.stack.home().data(context))?;
    }
    shop.worker(context).restart().await?;
    Ok(if is_safe { Fault::LedgerDeleted } else { Fault::WorkerKilled })
}

pub(super) async fn is_whole(shop: &Shop, context: Context) -> Option<()> {
    let status: ContextStatus = shop.desk.call(context, "status", &json!({}), Duration::from_secs(1)).await.ok()?;
    let is_whole = context.stream().is_none() || shop.desk.tip(context).await.ok()?.last >= status.journal;
    (is_whole && status.phase == Phase::Serving).then_some(())
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
