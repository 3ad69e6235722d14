//! The store in one redb file.
//!
//! A commit is fsynced before it returns. redb itself recovers after a crash;
//! only *creating* the file is not atomic there, so a new file is made under
//! another name, synced, and renamed.

mod error;
mod format;
mod provisional;

pub use error::OpenError;

use crate::store::{Direction, Reader, Snapshot, Store, StoreError, Table, Visit, Write};
use format::Found;
use provisional::Provisional;
use redb::backends::FileBackend;
use redb::{Database, Durability, ReadOnlyTable, ReadableDatabase, StorageBackend, TableDefinition};
use rental_model::Context;
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

const fn definition(table: Table) -> Definition {
    TableDefinition::new(match table {
        Table::Rows => "rows",
        Table::Journal => "journal",
        Table::Answers => "answers",
        Table::Positions => "heard",
        Table::Parked => "parked",
        Table::Meta => "meta",
        Table::Commands => "commands",
    })
}

/// How much of the file redb may keep in memory.
const CACHE_BYTES: usize = 256 * 1024 * 1024;

/// As much of a file as tells the version of redb's layout.
const HEADER_BYTES: u64 = 320;

/// How many commits may wait for a durable one.
const MOST_WAITING: u32 = 64;

/// A store in a redb file.
#[derive(Debug)]
pub struct RedbStore {
    database: Arc<Database>,
    /// Commits since the last durable one.
    waiting: u32,
}

impl RedbStore {
    /// Opens the file of `context`, making it if it is not there. Only one process can have it open.
    ///
    /// A file that is refused stays as it is, to the last byte.
    pub fn open(path: &Path, context: Context) -> Result<Self, OpenError> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(path, context)?,
            Err(source) => return Err(error::io(path.to_owned(), context, source)),
            Ok(metadata) if metadata.is_symlink() => return Err(OpenError::Link(path.to_owned())),
            Ok(metadata) if metadata.mode() & 0o077 != 0 => {
                return Err(OpenError::Exposed { path: path.to_owned(), mode: metadata.mode() & 0o777 });
            }
            Ok(_) => {}
        }
        // redb takes some damages for defects of its own, and panics.
        let opened = catch_unwind(AssertUnwindSafe(|| open_existing(path, context)));
        let database = opened.unwrap_or_else(|panic| {
            let said = crate::subscription::panic_text(&*panic).to_owned();
            Err(error::classify(path, context, redb::Error::Corrupted(said)))
        })?;
        Ok(Self { database: Arc::new(database), waiting: 0 })
    }

    /// Opens a store of `context` on any storage, making it if that is empty.
    pub fn on(storage: impl StorageBackend, context: Context) -> Result<Self, redb::Error> {
        let database = builder().create_with_backend(storage)?;
        if format::examine(&database, context)? != Found::Current {
            format::bring_up_to_date(&database, context)?;
        }
        Ok(Self { database: Arc::new(database), waiting: 0 })
    }
}

fn builder() -> redb::Builder {
    let mut builder = redb::Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// Opens a file that is there, once it is known to be one of `context` that this version reads.
fn open_existing(path: &Path, context: Context) -> Result<Database, OpenError> {
    let io = |source| error::io(path.to_owned(), context, source);
    let failed = |source: redb::Error| error::classify(path, context, source);
    let path = path.to_owned();
    let mut file = File::options().read(true).write(true).open(&path).map_err(io)?;
    let mut header = Vec::new();
    Read::by_ref(&mut file).take(HEADER_BYTES).read_to_end(&mut header).map_err(io)?;
    if header.is_empty() {
        return Err(failed(redb::Error::Corrupted("it is empty".to_owned())));
    }
    if let Some(layout) = format::newer_layout(&header) {
        let (format, program) = (format!("of redb {layout}"), "a newer version of redb".to_owned());
        return Err(OpenError::Newer { path, format, program });
    }
    let backend = FileBackend::new(file).map_err(|error| failed(error.into()))?;
    let storage = Provisional::new(backend);
    let database = builder().create_with_backend(storage.clone()).map_err(|error| failed(error.into()))?;
    let found = format::examine(&database, context).map_err(failed)?;
    match found {
        Found::Current | Found::Older => storage.settle().map_err(io)?,
        Found::Newer { format, program } => return Err(OpenError::Newer { path, format, program }),
        Found::Foreign(owner) => return Err(OpenError::NotOurs { path, context, owner }),
        Found::Unreadable => return Err(failed(redb::Error::Corrupted("its stamp cannot be read".to_owned()))),
    }
    if found == Found::Older {
        format::bring_up_to_date(&database, context).map_err(failed)?;
    }
    Ok(database)
}

/// Makes a whole, empty store at `path`, or nothing.
fn create(path: &Path, context: Context) -> Result<(), OpenError> {
    let io = |source| error::io(path.to_owned(), context, source);
    let database = |source: redb::Error| error::classify(path, context, source);
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io)?;
    let draft = path.with_extension("new");
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&draft).map_err(io)?;
    let backend = FileBackend::new(file).map_err(|error| database(error.into()))?;
    drop(RedbStore::on(backend, context).map_err(database)?);
    File::open(&draft).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&draft, path).map_err(io)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
}

fn failed<E: Into<redb::Error>>(what: &'static str) -> impl FnOnce(E) -> StoreError {
    move |source| StoreError::new(what, source.into())
}

/// Does what needs redb. It takes some damages for defects of its own, and panics: they are what they are.
fn guarded<T>(what: &'static str, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = crate::subscription::panic_text(&*panic).to_owned();
        Err(StoreError::new(what, redb::Error::Corrupted(said)))
    })
}

struct RedbReader(Arc<Database>);

struct RedbSnapshot {
    tables: [ReadOnlyTable<&'static [u8], &'static [u8]>; Table::ALL.len()],
}

impl RedbSnapshot {
    fn table(&self, table: Table) -> &ReadOnlyTable<&'static [u8], &'static [u8]> {
        &self.tables[table as usize]
    }
}

impl Reader for RedbReader {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, StoreError> {
        guarded("the store cannot be read", || {
            let transaction = self.0.begin_read().map_err(failed("the store cannot be read"))?;
            let open = |table| transaction.open_table(definition(table)).map_err(failed("a table cannot be read"));
            let [rows, journal, answers, received, parked, meta, commands] = Table::ALL.map(open);
            let tables = [rows?, journal?, answers?, received?, parked?, meta?, commands?];
            let snapshot: Arc<dyn Snapshot> = Arc::new(RedbSnapshot { tables });
            Ok(snapshot)
        })
    }
}

impl Snapshot for RedbSnapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        guarded("a value cannot be read", || {
            let found = self.table(table).get(key).map_err(failed("a value cannot be read"))?;
            Ok(found.map(|value| value.value().to_vec()))
        })
    }

    fn walk(
        &self,
        table: Table,
        low: &[u8],
        high: &[u8],
        direction: Direction,
        each: Visit<'_>,
    ) -> Result<(), StoreError> {
        let what = "values cannot be read";
        let mut range = guarded(what, || self.table(table).range::<&[u8]>(low..=high).map_err(failed(what)))?;
        loop {
            // The visitor's own panics are none of redb's.
            let next = guarded(what, || {
                let next = match direction {
                    Direction::Up => range.next(),
                    Direction::Down => range.next_back(),
                };
                next.transpose().map_err(failed(what))
            })?;
            let Some((key, value)) = next else { return Ok(()) };
            if let ControlFlow::Break(()) = each(key.value(), value.value()) {
                return Ok(());
            }
        }
    }
}

impl Store for RedbStore {
    fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(RedbReader(self.database.clone()))
    }

    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        guarded("the commit failed", || self.write(writes, Durability::Immediate))?;
        self.waiting = 0;
        Ok(())
    }

    fn commit_later(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        if self.waiting == MOST_WAITING {
            return self.commit(writes);
        }
        guarded("the commit failed", || self.write(writes, Durability::None))?;
        self.waiting += 1;
        Ok(())
    }
}

impl RedbStore {
    fn write(&self, writes: &[Write], durability: Durability) -> Result<(), StoreError> {
        let mut transaction = self.database.begin_write().map_err(failed("a commit cannot begin"))?;
        transaction.set_durability(durability).map_err(|source| StoreError::new("a commit cannot begin", source))?;
        for table in Table::ALL {
            let mut writes = writes.iter().filter(|write| write.table == table).peekable();
            if writes.peek().is_none() {
                continue;
            }
            let mut open = transaction.open_table(definition(table)).map_err(failed("a table cannot be written"))?;
            for write in writes {
                let key = write.key.as_slice();
                match &write.value {
                    Some(value) => open.insert(key, value.as_slice()).map(drop),
                    None => open.remove(key).map(drop),
                }
                .map_err(failed("a value cannot be written"))?;
            }
        }
        transaction.commit().map_err(failed("the commit failed"))
    }
}

#[cfg(test)]
mod tests;
