//! The store in one redb file.
//!
//! A commit is fsynced before it returns. redb itself recovers after a crash;
//! only *creating* the file is not atomic there, so a new file is made under
//! another name, synced, and renamed.

use crate::store::{Direction, Reader, Snapshot, Store, StoreError, Table, Visit, Write};
use redb::backends::FileBackend;
use redb::{Database, Durability, ReadOnlyTable, ReadableDatabase, StorageBackend, TableDefinition};
use std::fs::File;
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

const fn definition(table: Table) -> Definition {
    TableDefinition::new(match table {
        Table::Rows => "rows",
        Table::Journal => "journal",
        Table::Answers => "answers",
        Table::Heard => "heard",
        Table::Parked => "parked",
        Table::Meta => "meta",
        Table::Commands => "commands",
    })
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is a symbolic link; put the data file itself there", .0.display())]
    Link(PathBuf),
    #[error("others can read {path} (mode {mode:o}); run: chmod 600 {path}", path = path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("another process has {} open: is this worker running already?", .0.display())]
    InUse(PathBuf),
    #[error("{} cannot be opened", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be opened; move it away to have it rebuilt from the stream", path.display())]
    Database { path: PathBuf, source: redb::Error },
}

/// How much of the file redb may keep in memory.
const CACHE_BYTES: usize = 256 * 1024 * 1024;

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
    /// Opens the file, making it if it is not there. Only one process can have it open.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(path)?,
            Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
            Ok(metadata) if metadata.is_symlink() => return Err(OpenError::Link(path.to_owned())),
            Ok(metadata) if metadata.mode() & 0o077 != 0 => {
                return Err(OpenError::Exposed { path: path.to_owned(), mode: metadata.mode() & 0o777 });
            }
            Ok(_) => {}
        }
        let database = redb::Builder::new().set_cache_size(CACHE_BYTES).open(path).map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(path.to_owned()),
            other => OpenError::Database { path: path.to_owned(), source: other.into() },
        })?;
        make_tables(&database).map_err(|source| OpenError::Database { path: path.to_owned(), source })?;
        Ok(Self { database: Arc::new(database), waiting: 0 })
    }

    /// Opens a store on any storage, making it if that is empty.
    pub fn on(storage: impl StorageBackend) -> Result<Self, redb::Error> {
        let database = redb::Builder::new().set_cache_size(CACHE_BYTES).create_with_backend(storage)?;
        make_tables(&database)?;
        Ok(Self { database: Arc::new(database), waiting: 0 })
    }
}

/// Makes the tables that are not there yet: all of a new store's, or those an older version did not have.
fn make_tables(database: &Database) -> Result<(), redb::Error> {
    let is_missing = {
        let transaction = database.begin_read()?;
        Table::ALL.into_iter().any(|table| transaction.open_table(definition(table)).is_err())
    };
    if is_missing {
        let transaction = database.begin_write()?;
        for table in Table::ALL {
            transaction.open_table(definition(table))?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// Makes a whole, empty store at `path`, or nothing.
fn create(path: &Path) -> Result<(), OpenError> {
    let io = |source| OpenError::Io { path: path.to_owned(), source };
    let database = |source: redb::Error| OpenError::Database { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io)?;
    let draft = path.with_extension("new");
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&draft).map_err(io)?;
    let backend = FileBackend::new(file).map_err(|error| database(error.into()))?;
    drop(RedbStore::on(backend).map_err(database)?);
    File::open(&draft).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&draft, path).map_err(io)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)
}

fn failed<E: Into<redb::Error>>(what: &'static str) -> impl FnOnce(E) -> StoreError {
    move |source| StoreError::new(what, source.into())
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
        let transaction = self.0.begin_read().map_err(failed("the store cannot be read"))?;
        let open = |table| transaction.open_table(definition(table)).map_err(failed("a table cannot be read"));
        let [rows, journal, answers, heard, parked, meta, commands] = Table::ALL.map(open);
        Ok(Arc::new(RedbSnapshot { tables: [rows?, journal?, answers?, heard?, parked?, meta?, commands?] }))
    }
}

impl Snapshot for RedbSnapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.table(table).get(key).map_err(failed("a value cannot be read"))?;
        Ok(found.map(|value| value.value().to_vec()))
    }

    fn walk(
        &self,
        table: Table,
        low: &[u8],
        high: &[u8],
        direction: Direction,
        each: Visit<'_>,
    ) -> Result<(), StoreError> {
        let mut range = self.table(table).range::<&[u8]>(low..=high).map_err(failed("values cannot be read"))?;
        loop {
            let next = match direction {
                Direction::Up => range.next(),
                Direction::Down => range.next_back(),
            };
            let Some(found) = next else { return Ok(()) };
            let (key, value) = found.map_err(failed("values cannot be read"))?;
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
        self.write(writes, Durability::Immediate)?;
        self.waiting = 0;
        Ok(())
    }

    fn commit_later(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        if self.waiting == MOST_WAITING {
            return self.commit(writes);
        }
        self.write(writes, Durability::None)?;
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
mod tests {
    use super::*;

    fn write(table: Table, key: &[u8], value: Option<&[u8]>) -> Write {
        Write { table, key: key.to_vec(), value: value.map(<[u8]>::to_vec) }
    }

    #[test]
    fn what_was_committed_is_there_after_reopening() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let mut store = RedbStore::open(&path).unwrap();
        store.commit(&[write(Table::Rows, b"a", Some(b"1")), write(Table::Rows, b"b", Some(b"2"))]).unwrap();
        store.commit(&[write(Table::Rows, b"a", None), write(Table::Meta, b"a", Some(b"3"))]).unwrap();
        drop(store);
        let snapshot = RedbStore::open(&path).unwrap().reader().snapshot().unwrap();
        assert_eq!(snapshot.get(Table::Rows, b"a").unwrap(), None);
        assert_eq!(snapshot.get(Table::Rows, b"b").unwrap().as_deref(), Some(&b"2"[..]));
        assert_eq!(snapshot.get(Table::Meta, b"a").unwrap().as_deref(), Some(&b"3"[..]));
    }

    /// The file as a crash would leave it: what the process had in memory is gone.
    fn crashed(path: &Path) -> RedbStore {
        let copy = path.with_extension("crashed");
        std::fs::copy(path, &copy).unwrap();
        RedbStore::open(&copy).unwrap()
    }

    #[test]
    fn what_may_wait_is_seen_at_once_and_lasts_with_the_next_durable_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let mut store = RedbStore::open(&path).unwrap();
        let get = |store: &RedbStore, key: &[u8]| store.reader().snapshot().unwrap().get(Table::Rows, key).unwrap();
        store.commit_later(&[write(Table::Rows, b"a", Some(b"1"))]).unwrap();
        assert_eq!(get(&store, b"a").as_deref(), Some(&b"1"[..]));
        assert_eq!(get(&crashed(&path), b"a"), None);
        store.commit(&[write(Table::Rows, b"b", Some(b"2"))]).unwrap();
        let after = crashed(&path);
        assert_eq!((get(&after, b"a").as_deref(), get(&after, b"b").as_deref()), (Some(&b"1"[..]), Some(&b"2"[..])));
    }

    #[test]
    fn nothing_waits_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let mut store = RedbStore::open(&path).unwrap();
        for _ in 0..=MOST_WAITING {
            store.commit_later(&[write(Table::Rows, b"a", Some(b"1"))]).unwrap();
        }
        let after = crashed(&path).reader().snapshot().unwrap();
        assert_eq!(after.get(Table::Rows, b"a").unwrap().as_deref(), Some(&b"1"[..]));
    }

    #[test]
    fn a_store_of_an_older_version_gets_the_tables_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        drop(RedbStore::open(&path).unwrap());
        let database = Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        assert!(transaction.delete_table(definition(Table::Commands)).unwrap());
        transaction.commit().unwrap();
        drop(database);
        let store = RedbStore::open(&path).unwrap();
        assert_eq!(store.reader().snapshot().unwrap().get(Table::Commands, b"a").unwrap(), None);
    }

    #[test]
    fn a_snapshot_does_not_see_later_commits() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = RedbStore::open(&folder.path().join("store.redb")).unwrap();
        let before = store.reader().snapshot().unwrap();
        store.commit(&[write(Table::Rows, b"a", Some(b"1"))]).unwrap();
        assert_eq!(before.get(Table::Rows, b"a").unwrap(), None);
    }

    #[test]
    fn a_second_opener_is_told_that_the_worker_runs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let _first = RedbStore::open(&path).unwrap();
        assert!(matches!(RedbStore::open(&path), Err(OpenError::InUse(_))));
    }

    #[test]
    fn a_half_made_file_is_no_store() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        std::fs::write(path.with_extension("new"), b"half").unwrap();
        RedbStore::open(&path).unwrap();
        assert!(!path.with_extension("new").exists());
    }

    #[test]
    fn a_file_that_others_can_read_or_a_link_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        drop(RedbStore::open(&path).unwrap());
        let link = folder.path().join("link.redb");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(RedbStore::open(&link), Err(OpenError::Link(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(RedbStore::open(&path), Err(OpenError::Exposed { mode: 0o644, .. })));
    }
}
