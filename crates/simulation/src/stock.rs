//! Whoever asked to be refused rather than be short is neither short nor refused for nothing.

use crate::checks::Journals;
use crate::disk::Image;
use crate::world::World;
use rental_model::inventory::{InventoryPolicy, Product};
use rental_model::repository::load;
use rental_model::repository::memory::MemoryRepository;
use rental_model::{Context, Decider, Event, Refusal, RepositoryMut};
use rental_runtime::journal;
use rental_runtime::store::Table;
use serde_json::Value;

/// A context's rows on a disk.
fn rows(image: &Image) -> MemoryRepository {
    let mut rows = MemoryRepository::default();
    for (key, row) in image.rows(Table::Rows) {
        if let Some((kind, id)) = key.split_first()
            && let Ok(id) = id.try_into()
        {
            rows.write(*kind, u64::from_be_bytes(id), row.to_vec());
        }
    }
    rows
}

/// How many events of order were read.
fn orders_read(image: &Image) -> u64 {
    let received = image.rows(Table::Positions).find(|(key, _)| *key == Context::Order.name().as_bytes());
    received.and_then(|(_, row)| row.first_chunk::<8>()).map_or(0, |number| u64::from_be_bytes(*number))
}

impl World {
    /// Two workers of a context, or a policy that panics: then what is promised here cannot be had.
    fn is_counting_exactly(&self) -> bool {
        !self.outside_fault_model && self.plan.panic_one_in == 0 && self.coverage.count("a second worker began") == 0
    }

    /// A stock check was answered: what inventory was like is kept for whoever asks.
    pub(crate) fn note_check(&mut self, asking: usize, token: u64, asked: usize) {
        let image = self.workers[asked].disk.image();
        if let Some(process) = &mut self.workers[asking].process {
            process.checked.insert(token, image);
        }
    }

    /// A refusal leaves. If it is for want of units, inventory as it was when it answered, reading all
    /// orders taken since, has too few.
    pub(crate) fn check_refusal(&mut self, worker: usize, checked: &Image, refusal: &Refusal) {
        if !self.is_counting_exactly() {
            return;
        }
        let recorded = |name: &str| refusal.facts.get(name).and_then(Value::as_u64);
        let (Some(product), Some(asked), Some(_)) = (recorded("productId"), recorded("asked"), recorded("available"))
        else {
            return;
        };
        let inventory = InventoryPolicy { check_in: self.plan.check_in };
        let (mut rows, read) = (rows(checked), orders_read(checked));
        let image = self.workers[worker].disk.image();
        for (key, row) in image.rows(Table::Journal) {
            let number = key.try_into().map_or(0, u64::from_be_bytes);
            let Some(recorded) = journal::decode(number, row).and_then(|record| record.recorded().ok()) else {
                continue;
            };
            if number <= read {
                continue;
            }
            for event in inventory.react(&mut rows, &recorded) {
                inventory.apply(
                    &mut rows,
                    &rental_model::RecordedEvent { event, source: Context::Inventory, ..recorded.clone() },
                );
            }
        }
        self.coverage.hit("refused for want of units", "");
        let free = load::<Product>(&rows, product).map_or(0, |product| product.available);
        if free >= asked {
            self.fail(format!("{asked} of product {product} were refused, and {free} were free"));
        }
    }

    /// What was taken for somebody who would rather have been refused is not short.
    pub(crate) fn check_shortages(&mut self, journals: &Journals, findings: &mut Vec<String>) {
        if !self.is_counting_exactly() {
            return;
        }
        let recorded_events = |context: Context| {
            journals.get(&context).map(|journal| journal.recorded_events.as_slice()).unwrap_or_default()
        };
        let is_corrected = recorded_events(Context::Inventory)
            .iter()
            .any(|recorded| matches!(recorded.event, Event::StockAdjusted { .. }));
        if is_corrected {
            return;
        }
        let mut met = 0;
        for recorded in recorded_events(Context::Order) {
            let Event::RentalRequested { order, .. } = recorded.event else { continue };
            let is_of =
                |action: &&crate::people::PersonAction| Some(action.actor.as_str()) == recorded.actor.as_deref();
            if !self.actions.iter().find(is_of).is_some_and(|action| action.refuses) {
                continue;
            }
            met += 1;
            let is_short = |own: &rental_model::RecordedEvent| matches!(own.event, Event::StockShort { order: of, .. } if of == order);
            if recorded_events(Context::Inventory).iter().any(is_short) {
                findings.push(format!("order {order} was to be refused rather than be short, and is short"));
            }
        }
        if met > 0 {
            self.coverage.hit("taken, to be refused rather than be short", "");
        }
    }
}
