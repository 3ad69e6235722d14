use super::*;

fn write(table: Table, key: &[u8], value: Option<&[u8]>) -> Write {
    Write { table, key: key.to_vec(), value: value.map(<[u8]>::to_vec) }
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mut store = RedbStore::open(&path, Context::Order).unwrap();
    store.commit(&[write(Table::Rows, b"a", Some(b"1")), write(Table::Rows, b"b", Some(b"2"))]).unwrap();
    store.commit(&[write(Table::Rows, b"a", None), write(Table::Meta, b"a", Some(b"3"))]).unwrap();
    drop(store);
    let snapshot = RedbStore::open(&path, Context::Order).unwrap().reader().snapshot().unwrap();
    assert_eq!(snapshot.get(Table::Rows, b"a").unwrap(), None);
    assert_eq!(snapshot.get(Table::Rows, b"b").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(snapshot.get(Table::Meta, b"a").unwrap().as_deref(), Some(&b"3"[..]));
}

/// The file as a crash would leave it: what the process had in memory is gone.
fn crashed(path: &Path) -> RedbStore {
    let copy = path.with_extension("crashed");
    std::fs::copy(path, &copy).unwrap();
    RedbStore::open(&copy, Context::Order).unwrap()
}

#[test]
fn what_may_wait_is_seen_at_once_and_lasts_with_the_next_durable_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mut store = RedbStore::open(&path, Context::Order).unwrap();
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
    let mut store = RedbStore::open(&path, Context::Order).unwrap();
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
    drop(RedbStore::open(&path, Context::Order).unwrap());
    let database = Database::open(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    assert!(transaction.delete_table(definition(Table::Commands)).unwrap());
    transaction.commit().unwrap();
    drop(database);
    let store = RedbStore::open(&path, Context::Order).unwrap();
    assert_eq!(store.reader().snapshot().unwrap().get(Table::Commands, b"a").unwrap(), None);
}

#[test]
fn a_snapshot_does_not_see_later_commits() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = RedbStore::open(&folder.path().join("store.redb"), Context::Order).unwrap();
    let before = store.reader().snapshot().unwrap();
    store.commit(&[write(Table::Rows, b"a", Some(b"1"))]).unwrap();
    assert_eq!(before.get(Table::Rows, b"a").unwrap(), None);
}

#[test]
fn a_second_opener_is_told_that_the_worker_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let _first = RedbStore::open(&path, Context::Order).unwrap();
    assert!(matches!(RedbStore::open(&path, Context::Order), Err(OpenError::InUse(_))));
}

#[test]
fn a_half_made_file_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    std::fs::write(path.with_extension("new"), b"half").unwrap();
    RedbStore::open(&path, Context::Order).unwrap();
    assert!(!path.with_extension("new").exists());
}

#[test]
fn a_file_that_others_can_read_or_a_link_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    drop(RedbStore::open(&path, Context::Order).unwrap());
    let link = folder.path().join("link.redb");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(RedbStore::open(&link, Context::Order), Err(OpenError::Link(_))));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(RedbStore::open(&path, Context::Order), Err(OpenError::Exposed { mode: 0o644, .. })));
}

/// Everything a file holds, and nothing of what its opening added.
fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// Puts `value` under a key of the meta table, in a file nobody has open.
fn put_meta(path: &Path, key: &[u8], value: Option<&[u8]>) {
    let database = Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut meta = transaction.open_table(definition(Table::Meta)).unwrap();
        match value {
            Some(value) => drop(meta.insert(key, value).unwrap()),
            None => drop(meta.remove(key).unwrap()),
        }
    }
    transaction.commit().unwrap();
}

fn stamp(path: &Path) -> Option<serde_json::Value> {
    let store = RedbStore::open(path, Context::Order).unwrap();
    let stamp = store.reader().snapshot().unwrap().get(Table::Meta, b"format").unwrap()?;
    Some(serde_json::from_slice(&stamp).unwrap())
}

/// A store of order, in a folder that lives as long as the first value.
fn store_of_order() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("order.redb");
    drop(RedbStore::open(&path, Context::Order).unwrap());
    (folder, path)
}

/// The sentence with which the file is refused; it must be left as it is, to the last byte.
fn refusal(path: &Path, context: Context) -> (OpenError, String) {
    let before = bytes(path);
    let error = RedbStore::open(path, context).unwrap_err();
    assert!(bytes(path) == before, "a refused file was changed: {error}");
    let said = error.to_string();
    (error, said)
}

#[test]
fn a_file_says_its_version_and_whose_it_is() {
    let (_folder, path) = store_of_order();
    let program = env!("CARGO_PKG_VERSION");
    assert_eq!(stamp(&path), Some(serde_json::json!({ "format": 2, "context": "order", "program": program })));
}

const NEWER: &[u8] = br#"{"format":7,"program":"9.1.0","context":["another","shape"]}"#;

#[test]
fn a_file_of_a_newer_version_is_refused_and_stays_as_it_is() {
    let (_folder, path) = store_of_order();
    put_meta(&path, b"format", Some(NEWER));
    let (error, said) = refusal(&path, Context::Order);
    assert!(matches!(error, OpenError::Newer { .. }), "{said}");
    for words in ["newer version (format 7, by 9.1.0", "install that version", "leave it where it is", "nothing was"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!said.contains("move it"), "{said}");
}

/// After a crash redb would repair the file as soon as it is opened.
#[test]
fn a_newer_file_that_was_not_closed_stays_as_it_is_too() {
    let (folder, path) = store_of_order();
    put_meta(&path, b"format", Some(NEWER));
    let dirty = folder.path().join("dirty.redb");
    {
        let database = Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction.open_table(definition(Table::Rows)).unwrap().insert(&b"k"[..], &b"v"[..]).unwrap();
        transaction.commit().unwrap();
        std::fs::copy(&path, &dirty).unwrap();
        std::fs::set_permissions(&dirty, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    let needs_repair = redb::ReadOnlyDatabase::open(&dirty).map(drop);
    assert!(matches!(needs_repair, Err(redb::DatabaseError::RepairAborted)), "{needs_repair:?}");
    let (error, said) = refusal(&dirty, Context::Order);
    assert!(matches!(error, OpenError::Newer { .. }), "{said}");
}

#[test]
fn a_file_of_a_newer_redb_is_refused_as_newer() {
    let (_folder, path) = store_of_order();
    let mut newer = bytes(&path);
    (newer[64], newer[192]) = (4, 4);
    std::fs::write(&path, newer).unwrap();
    let (error, said) = refusal(&path, Context::Order);
    assert!(matches!(error, OpenError::Newer { .. }) && said.contains("format of redb 4"), "{said}");
}

#[test]
fn a_file_without_a_stamp_is_stamped_and_keeps_what_it_holds() {
    let (_folder, path) = store_of_order();
    put_meta(&path, b"format", None);
    put_meta(&path, b"rebuilding", Some(b""));
    assert_eq!(stamp(&path).unwrap()["format"], 2);
    let store = RedbStore::open(&path, Context::Order).unwrap();
    assert_eq!(store.reader().snapshot().unwrap().get(Table::Meta, b"rebuilding").unwrap(), Some(Vec::new()));
}

#[test]
fn another_contexts_file_is_refused_with_and_without_a_stamp() {
    let (_folder, path) = store_of_order();
    let (_, said) = refusal(&path, Context::Billing);
    assert!(said.contains("is the data file of order, and this is the billing worker"), "{said}");
    put_meta(&path, b"format", None);
    let mut store = RedbStore::open(&path, Context::Order).unwrap();
    let event = rental_model::Event::FeeReceived {
        order: rental_model::OrderId::new(1).unwrap(),
        amount: rental_model::Won::new(10).unwrap(),
        by_hand: None,
    };
    let (at, origin) = (rental_model::UnixMs(1), rental_bus::record::Origin::default());
    let record = rental_bus::Record::new(1, &event, at, origin, rental_bus::record::GENESIS);
    let row = crate::journal::encode(&record);
    store.commit(&[write(Table::Journal, &1_u64.to_be_bytes(), Some(&row))]).unwrap();
    drop(store);
    put_meta(&path, b"format", None);
    let (_, said) = refusal(&path, Context::Totalview);
    assert!(said.contains("is the data file of billing, and this is the totalview worker"), "{said}");
}

/// Only the view and a context that receives all others have received what they do not say themselves.
#[test]
fn a_file_that_has_received_its_own_worker_is_anothers() {
    let (_folder, path) = store_of_order();
    let mut store = RedbStore::open(&path, Context::Order).unwrap();
    store.commit(&[write(Table::Positions, b"order", Some(b"x"))]).unwrap();
    drop(store);
    put_meta(&path, b"format", None);
    let (_, said) = refusal(&path, Context::Order);
    assert!(said.contains("is the data file of another context"), "{said}");
}

#[test]
fn a_damaged_file_is_said_to_be_damaged_and_to_be_kept() {
    let (_folder, path) = store_of_order();
    let whole = bytes(&path);
    let cut = whole[..whole.len() / 2].to_vec();
    let mut flipped = whole.clone();
    flipped[70] ^= 1;
    flipped[200] ^= 1;
    for damaged in [b"".to_vec(), b"no database".to_vec(), vec![0; 4096], cut, flipped] {
        std::fs::write(&path, &damaged).unwrap();
        let (error, said) = refusal(&path, Context::Order);
        assert!(matches!(error, OpenError::Damaged { .. }), "{} bytes: {said}", damaged.len());
        assert!(said.contains("keep it") && said.contains("ORDER"), "{said}");
    }
    std::fs::write(&path, b"no database").unwrap();
    let (_, said) = refusal(&path, Context::Totalview);
    assert!(said.contains("holds nothing of its own: move it away"), "{said}");
}

#[test]
fn a_file_that_may_not_be_used_and_a_full_disk_are_told_from_damage() {
    use std::io::{Error, ErrorKind};
    let said = |kind: ErrorKind| error::io("d.redb".into(), Context::Order, Error::from(kind)).to_string();
    assert!(said(ErrorKind::PermissionDenied).contains("chown"));
    assert!(said(ErrorKind::ReadOnlyFilesystem).contains("may not be read and written"));
    assert!(said(ErrorKind::StorageFull).contains("is full; make room"));
    for kind in [ErrorKind::PermissionDenied, ErrorKind::StorageFull, ErrorKind::TimedOut] {
        assert!(!said(kind).contains("move"), "{kind}");
    }
}
