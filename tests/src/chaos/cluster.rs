//! What can befall a shop with a cluster of brokers, and the way back.

use super::faults::{Fault, Mischief, freeze, is_whole, last, lose_ledger};
use crate::{Shop, eventually_within};
use rental_model::Context;
use rental_stack::member_name;
use std::time::{Duration, Instant};

/// How long the cluster may take until every stream has taken everything in again.
const WHOLE_WITHIN: Duration = Duration::from_mins(1);

impl Mischief {
    /// Makes a fault and heals it again. Answers with what really happened.
    pub(super) async fn strike_cluster(&mut self, shop: &mut Shop) -> anyhow::Result<Fault> {
        let context = self.dice.pick(&Context::ALL);
        match self.deal() {
            Fault::LeaderKilled => {
                let stream = self.dice.pick(&Context::DECIDERS);
                let Some(leader) = leader(shop, stream).await else {
                    // Nobody leads: then whoever comes first is as good.
                    self.fell(shop, 1).await?;
                    return Ok(Fault::FollowerKilled);
                };
                self.fell_those(shop, &[leader]).await?;
                Ok(Fault::LeaderKilled)
            }
            Fault::QuorumKilled => self.fell(shop, 2).await.map(|()| Fault::QuorumKilled),
            Fault::AllBrokersKilled => self.fell(shop, shop.stack.brokers()).await.map(|()| Fault::AllBrokersKilled),
            Fault::BrokerEmptied => self.empty(shop).await,
            Fault::BrokerFrozen => {
                let broker = self.order_of(shop).first().copied().unwrap_or_default();
                freeze(shop.stack.member(broker), self.dice.ms(0..6000)).await?;
                Ok(Fault::BrokerFrozen)
            }
            Fault::FollowerKilled => {
                let stream = self.dice.pick(&Context::DECIDERS);
                let leader = leader(shop, stream).await;
                let follower = self.order_of(shop).into_iter().find(|broker| Some(*broker) != leader);
                self.fell_those(shop, &[follower.unwrap_or_default()]).await?;
                Ok(Fault::FollowerKilled)
            }
            Fault::WorkerFrozen => {
                freeze(shop.worker(context), self.dice.ms(0..1500)).await?;
                Ok(Fault::WorkerFrozen)
            }
            Fault::LedgerDeleted => lose_ledger(shop, context).await,
            _ => {
                shop.worker(context).kill()?;
                last(self.dice.ms(0..500)).await;
                shop.worker(context).restart().await?;
                Ok(Fault::WorkerKilled)
            }
        }
    }

    /// In half of the cases lets the cluster come to itself; answers how long that took. In the
    /// other half the next fault meets a cluster that has not.
    pub(super) async fn let_recover(&mut self, shop: &Shop) -> anyhow::Result<Option<Duration>> {
        if !self.dice.chance(50) {
            return Ok(None);
        }
        let begun = Instant::now();
        until_copies(shop, "every stream has taken everything in", |_| true).await?;
        Ok(Some(begun.elapsed()))
    }

    /// Kills so many brokers at once, and starts them again one after the other.
    async fn fell(&mut self, shop: &mut Shop, count: usize) -> anyhow::Result<()> {
        let mut brokers = self.order_of(shop);
        brokers.truncate(count);
        self.fell_those(shop, &brokers).await
    }

    async fn fell_those(&mut self, shop: &mut Shop, brokers: &[usize]) -> anyhow::Result<()> {
        for &broker in brokers {
            shop.stack.member(broker).kill()?;
        }
        last(self.dice.ms(0..4000)).await;
        for &broker in brokers {
            last(self.dice.ms(0..500)).await;
            shop.stack.member(broker).restart().await?;
        }
        Ok(())
    }

    /// Kills a broker, deletes its streams, starts it again, and waits until it has them again from
    /// the others: two empty ones could outvote the third, and what only streams have would be gone.
    async fn empty(&mut self, shop: &mut Shop) -> anyhow::Result<Fault> {
        let (all, broker) = (shop.stack.brokers(), self.order_of(shop).first().copied().unwrap_or_default());
        shop.stack.member(broker).kill()?;
        std::fs::remove_dir_all(shop.stack.home().jetstream_of(broker))?;
        // Before the others miss it, they would say that it has everything.
        until_copies(shop, "the others miss the broker", |copies| copies < all).await?;
        shop.stack.member(broker).restart().await?;
        until_copies(shop, "every broker has every stream", |copies| copies == all).await?;
        Ok(Fault::BrokerEmptied)
    }

    fn order_of(&mut self, shop: &Shop) -> Vec<usize> {
        let mut brokers: Vec<usize> = (0..shop.stack.brokers()).collect();
        self.dice.shuffle(&mut brokers);
        brokers
    }
}

/// Waits until every stream is whole, and on as many brokers as wished.
async fn until_copies(shop: &Shop, what: &str, is_enough: impl Fn(usize) -> bool) -> anyhow::Result<()> {
    eventually_within(WHOLE_WITHIN, what, async || {
        for context in Context::DECIDERS {
            is_whole(shop, context).await?;
            is_enough(shop.desk.tip(context).await.ok()?.copies).then_some(())?;
        }
        Some(())
    })
    .await
}

/// Which broker leads a context's stream.
async fn leader(shop: &Shop, context: Context) -> Option<usize> {
    let leader = tokio::time::timeout(Duration::from_secs(2), shop.desk.tip(context)).await.ok()?.ok()?.leader?;
    (0..shop.stack.brokers()).find(|broker| member_name(*broker) == leader)
}
