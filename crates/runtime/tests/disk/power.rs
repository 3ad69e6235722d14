//! A disk that remembers every write until it is synced. When the power fails,
//! any part of what was not synced is there, in any order, and some of it torn.

use redb::StorageBackend;
use rental_model::Context;
use rental_runtime::redb_store::RedbStore;
use rental_runtime::store::{Snapshot, Store, Table, Write};
use std::io;
use std::sync::{Arc, Mutex};

/// What a disk was told, in order.
#[derive(Debug, Clone)]
enum Order {
    Write {
        offset: usize,
        data: Vec<u8>,
    },
    Length(usize),
    Sync,
    /// Not for the disk: by now so many commits had returned.
    Committed(u64),
}

fn place(number: u64) -> usize {
    usize::try_from(number).expect("a test's disk fits into memory")
}

fn carry_out(bytes: &mut Vec<u8>, order: &Order) {
    match order {
        Order::Write { offset, data } => {
            if bytes.len() < offset + data.len() {
                bytes.resize(offset + data.len(), 0);
            }
            bytes[*offset..offset + data.len()].copy_from_slice(data);
        }
        Order::Length(length) => bytes.resize(*length, 0),
        Order::Sync | Order::Committed(_) => {}
    }
}

#[derive(Debug, Default)]
struct Remembered {
    bytes: Vec<u8>,
    orders: Vec<Order>,
}

/// A disk in memory. Clones are the same disk.
#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<Remembered>>);

impl Disk {
    fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Remembered { bytes, orders: Vec::new() })))
    }

    fn tell(&self, order: Order) {
        let mut disk = self.0.lock().unwrap();
        carry_out(&mut disk.bytes, &order);
        disk.orders.push(order);
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.0.lock().unwrap().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let offset = place(offset);
        out.copy_from_slice(&self.0.lock().unwrap().bytes[offset..offset + out.len()]);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), io::Error> {
        self.tell(Order::Length(place(length)));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.tell(Order::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.tell(Order::Write { offset: place(offset), data: data.to_vec() });
        Ok(())
    }
}

/// Chance, from a seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % count as u64).unwrap()
    }
}

/// What the power leaves of orders that were not synced.
#[derive(Debug, Clone, Copy)]
enum Left {
    Nothing,
    All,
    /// Any of them, in any order.
    Some,
    /// The same, and some end in the middle.
    Torn,
}

fn after_power_cut(synced: &[u8], unsynced: &[Order], left: Left, chance: &mut Chance) -> Vec<u8> {
    let mut bytes = synced.to_vec();
    let mut orders: Vec<Order> = match left {
        Left::Nothing => Vec::new(),
        Left::All => unsynced.to_vec(),
        Left::Some | Left::Torn => unsynced.iter().filter(|_| chance.below(2) == 0).cloned().collect(),
    };
    if matches!(left, Left::Some | Left::Torn) {
        for place in (1..orders.len()).rev() {
            orders.swap(place, chance.below(place + 1));
        }
    }
    for order in &mut orders {
        if let (Order::Write { data, .. }, Left::Torn) = (&mut *order, left)
            && chance.below(2) == 0
        {
            let whole = data.len();
            // Disks write sectors whole.
            data.truncate(chance.below(whole / 512 + 1) * 512);
        }
        carry_out(&mut bytes, order);
    }
    bytes
}

/// The `number`th commit: some rows that all say so, some of them over those of commits before.
fn commit(number: u64) -> Vec<Write> {
    let value = number.to_be_bytes().repeat(1 + place(number) * 37 % 200);
    let write = |table, key: Vec<u8>| Write { table, key, value: Some(value.clone()) };
    let old = (number > 5).then(|| (number - 5).to_be_bytes().to_vec());
    let mut writes = vec![
        write(Table::Journal, number.to_be_bytes().to_vec()),
        write(Table::Rows, vec![u8::try_from(number % 3).unwrap()]),
        write(Table::Meta, b"last".to_vec()),
        write(Table::Answers, number.to_be_bytes().to_vec()),
    ];
    writes.extend(old.map(|key| Write { table: Table::Answers, key, value: None }));
    writes
}

/// How many commits a store holds; each must be there whole.
fn commits(snapshot: &dyn Snapshot) -> u64 {
    let get = |table, key: &[u8]| snapshot.get(table, key).unwrap();
    let first_word = |value: Vec<u8>| u64::from_be_bytes(*value.first_chunk().unwrap());
    let last = get(Table::Meta, b"last").map_or(0, first_word);
    for number in 1..=last + 1 {
        let journaled = get(Table::Journal, &number.to_be_bytes());
        assert_eq!(journaled.map(first_word), (number <= last).then_some(number), "of {last}");
        let answered = get(Table::Answers, &number.to_be_bytes()).is_some();
        assert_eq!(answered, number <= last && number + 5 > last, "answer {number} of {last}");
    }
    for remainder in 0..3_u64 {
        let newest = (1..=last).rev().find(|number| number % 3 == remainder);
        assert_eq!(get(Table::Rows, &[u8::try_from(remainder).unwrap()]).map(first_word), newest, "of {last}");
    }
    last
}

/// What power cuts at every sync led to.
#[derive(Debug, Default)]
struct Cuts {
    count: u64,
    /// How often a commit that had returned was not there.
    losses: u64,
    /// How often the commit that was under way was there.
    with_next: u64,
}

/// What a worker's disk was told in the course of 40 commits.
fn forty_commits() -> Vec<Order> {
    let disk = Disk::default();
    let mut store = RedbStore::on(disk.clone(), Context::Order).unwrap();
    for number in 1..=40 {
        store.commit(&commit(number)).unwrap();
        disk.tell(Order::Committed(number));
    }
    let orders = disk.0.lock().unwrap().orders.clone();
    drop(store);
    orders
}

/// Cuts the power at every sync. A disk that is not honest says that it has synced, and has not.
fn cut(orders: Vec<Order>, is_honest: bool) -> Cuts {
    let (mut synced, mut unsynced, mut returned) = (Vec::new(), Vec::new(), 0);
    let (mut cuts, mut chance) = (Cuts::default(), Chance(7));
    for order in orders {
        match order {
            Order::Committed(number) => returned = number,
            Order::Sync => {
                // The store as such is made under another name: before the first commit there is none to lose.
                let lefts = [Left::Nothing, Left::All, Left::Some, Left::Some, Left::Torn, Left::Torn];
                let count = if is_honest { lefts.len() } else { 1 };
                for left in lefts.into_iter().take(count).filter(|_| returned > 0) {
                    let bytes = after_power_cut(&synced, &unsynced, left, &mut chance);
                    let store = RedbStore::on(Disk::holding(bytes), Context::Order).unwrap();
                    let found = commits(&*store.reader().snapshot().unwrap());
                    assert!(found <= returned + 1, "{found} of {returned} commits, {left:?}");
                    cuts.count += 1;
                    cuts.losses += u64::from(found < returned);
                    cuts.with_next += u64::from(found > returned);
                }
                if is_honest || returned == 0 {
                    for order in &unsynced {
                        carry_out(&mut synced, order);
                    }
                    unsynced.clear();
                }
            }
            order => unsynced.push(order),
        }
    }
    cuts
}

#[test]
fn a_power_cut_at_any_sync_loses_no_commit_that_had_returned() {
    let cuts = cut(forty_commits(), true);
    assert_eq!(cuts.losses, 0, "{cuts:?}");
    assert!(cuts.count >= 200 && cuts.with_next > 0, "{cuts:?}");
}

/// The same cuts find out a disk that lies: what is promised does rest on its syncs.
#[test]
fn a_disk_that_only_says_it_has_synced_loses_commits() {
    let cuts = cut(forty_commits(), false);
    assert!(cuts.losses > 0, "{cuts:?}");
}
