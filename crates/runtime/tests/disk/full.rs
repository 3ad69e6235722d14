//! A disk that is full from some write on.

use redb::StorageBackend;
use rental_bus::record::{GENESIS, Origin};
use rental_bus::{Message, Record};
use rental_model::logistics::LogisticsPolicy;
use rental_model::{Context, Event, OrderId, ProductId, UnixMs};
use rental_runtime::redb_store::RedbStore;
use rental_runtime::{Engine, Fatal, Input, Policy};
use std::io;
use std::sync::{Arc, Mutex};

/// A disk in memory with room for `writes` more writes. Clones are the same disk.
#[derive(Debug, Clone)]
struct Disk(Arc<Mutex<(Vec<u8>, u64)>>);

impl Disk {
    fn new(bytes: Vec<u8>, writes: u64) -> Self {
        Self(Arc::new(Mutex::new((bytes, writes))))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().0.clone()
    }

    fn change(&self, change: impl FnOnce(&mut Vec<u8>)) -> Result<(), io::Error> {
        let mut disk = self.0.lock().unwrap();
        if disk.1 == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        disk.1 -= 1;
        change(&mut disk.0);
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.0.lock().unwrap().0.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let offset = usize::try_from(offset).unwrap();
        out.copy_from_slice(&self.0.lock().unwrap().0[offset..offset + out.len()]);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), io::Error> {
        self.change(|bytes| bytes.resize(usize::try_from(length).unwrap(), 0))
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.change(|_| ())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        let offset = usize::try_from(offset).unwrap();
        self.change(|bytes| bytes[offset..offset + data.len()].copy_from_slice(data))
    }
}

/// The ends of this many rentals, as order's stream has them.
fn ends(count: u64) -> Vec<Message> {
    let mut before = GENESIS;
    let end = |number| {
        let (order, product) = (OrderId::new(number).unwrap(), ProductId::new(1).unwrap());
        let event = Event::RentalEnded { order, product };
        let record = Record::new(number, &event, UnixMs(1_587_605_794_000), Origin::default(), before);
        before = record.hash;
        Message {
            number,
            subject: record.subject(),
            headers: record.headers().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            payload: record.body,
        }
    };
    (1..=count).map(end).collect()
}

/// Logistics at work on `disk`: receives one end after the other. Answers how many
/// events its journal holds, and why it ended before it had received all.
fn receive_all(disk: Disk, ends: &[Message]) -> (u64, Option<Fatal>) {
    let Ok(store) = RedbStore::on(disk, Context::Logistics) else { return (0, None) };
    let mut engine = Engine::open(Policy::deciding(LogisticsPolicy), Box::new(store)).unwrap();
    engine.start();
    let now = UnixMs(1_587_605_794_000);
    engine.step(now, vec![Input::Tip { epoch: 1, last: 0, hash: None }]).unwrap();
    let received = engine.progress().positions[&Context::Order];
    for message in ends.iter().filter(|message| message.number > received) {
        let input = Input::Received { source: Context::Order, reading: 1, message: message.clone() };
        if let Err(fatal) = engine.step(now, vec![input]) {
            return (message.number - 1, Some(fatal));
        }
    }
    (engine.progress().journal, None)
}

#[test]
fn a_full_disk_ends_the_worker_and_loses_nothing_that_was_committed() {
    let messages = ends(12);
    let empty = Disk::new(Vec::new(), u64::MAX);
    drop(RedbStore::on(empty.clone(), Context::Logistics).unwrap());
    let mut ends = 0;
    for room in 0.. {
        let disk = Disk::new(empty.bytes(), room);
        let (committed, end) = receive_all(disk.clone(), &messages);
        if committed == 12 {
            break;
        }
        if let Some(end) = end {
            ends += 1;
            assert!(matches!(end, Fatal::Store(_)), "room for {room} writes: {end}");
            assert!(end.to_string().contains("nothing that was answered is lost"), "{end}");
        }
        let store = RedbStore::on(Disk::new(disk.bytes(), u64::MAX), Context::Logistics).unwrap();
        let reopened = Engine::open(Policy::deciding(LogisticsPolicy), Box::new(store)).unwrap();
        let journal = reopened.progress().journal;
        assert!(journal == committed || journal == committed + 1, "room for {room}: {journal}, not {committed}");
        drop(reopened);
        let (journal, end) = receive_all(Disk::new(disk.bytes(), u64::MAX), &messages);
        assert!(end.is_none() && journal == 12, "room for {room} writes: {journal}, {end:?}");
    }
    assert!(ends > 20, "the disk was full {ends} times");
}
