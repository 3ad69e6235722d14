//! A view whose file is damaged is moved aside and built anew.
//!
//! What only shows can be had again from the streams, so nobody need be called
//! for it. A deciding context's file is a ledger: it may hold what no stream
//! has yet, and whether it is to be given up is for a person to say.

use crate::driver::{RunError, TaskError};
use crate::engine::{Engine, Fatal};
use crate::observe::{MeasuredStore, Observer};
use crate::policy::Policy;
use crate::redb_store::{OpenError, RedbStore};
use crate::store::StoreError;
use crate::unit_of_work::StoreFailure;
use rental_bus::status::alert;
use rental_model::UnixMs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Opens a worker on its file. A view's damaged one is moved aside before.
pub(crate) fn open(policy: &Policy, data: &Path, now: UnixMs, observer: &Observer) -> Result<Engine, RunError> {
    let error = match open_as_it_is(policy, data, observer) {
        Ok(engine) => return Ok(engine),
        Err(error) => error,
    };
    let Some(aside) = move_aside(policy, data, now, &error) else { return Err(error) };
    let mut engine = open_as_it_is(policy, data, observer)?;
    engine.alert(alert::VIEW_DAMAGED, None, || moved(&aside));
    Ok(engine)
}

fn open_as_it_is(policy: &Policy, data: &Path, observer: &Observer) -> Result<Engine, RunError> {
    let store = MeasuredStore::new(RedbStore::open(data, policy.context())?, observer.clone());
    Ok(Engine::open(policy.clone(), Box::new(store))?)
}

/// Moves a view's file aside, if `error` says that it is damaged. Answers where it is now.
pub(crate) fn move_aside(policy: &Policy, data: &Path, now: UnixMs, error: &RunError) -> Option<PathBuf> {
    if !matches!(policy, Policy::Projecting(_)) || !is_damage(error) {
        return None;
    }
    let aside = free_name(data, now)?;
    match std::fs::rename(data, &aside) {
        Ok(()) => {
            tracing::error!("{error}: {}", moved(&aside));
            Some(aside)
        }
        Err(why) => {
            tracing::error!(%why, "{} cannot be moved away", data.display());
            None
        }
    }
}

fn moved(aside: &Path) -> String {
    format!(
        "its data file was damaged and lies in {} now; what it shows is built anew from the streams. \
         Look at the disk; delete that file when it is not wanted any more",
        aside.display()
    )
}

/// `<file>.damaged-<date and time, UTC>`, with a number behind it if that is taken.
fn free_name(data: &Path, now: UnixMs) -> Option<PathBuf> {
    let name = |number: u32| {
        let mut name = data.as_os_str().to_owned();
        name.push(format!(".damaged-{}", now.stamp()));
        if number > 1 {
            name.push(format!("-{number}"));
        }
        PathBuf::from(name)
    };
    (1..1000).map(name).find(|name| !name.exists())
}

/// Whether the file's content is at fault: not the disk, not its rights, not a newer version.
pub(crate) fn is_damage(error: &RunError) -> bool {
    match error {
        RunError::Open(OpenError::Damaged { .. }) | RunError::Task(TaskError::Damaged(_)) => true,
        RunError::Fatal(Fatal::Store(broken)) => is_broken(broken),
        _ => false,
    }
}

/// The same of what was met while reading.
pub(crate) fn is_broken(broken: &StoreFailure) -> bool {
    match broken {
        StoreFailure::Damaged(_) => true,
        StoreFailure::Store(StoreError { source, .. }) => source.downcast_ref::<redb::Error>().is_some_and(is_damaged),
    }
}

fn is_damaged(error: &redb::Error) -> bool {
    match error {
        redb::Error::Corrupted(_) => true,
        redb::Error::Io(why) => matches!(why.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, Table, Write};
    use rental_model::Context;
    use rental_model::order::OrderPolicy;
    use rental_model::totalview::TotalView;

    const NOW: UnixMs = UnixMs(1_795_580_160_000);

    /// A file of a worker that has something in it.
    fn written(folder: &Path, context: Context) -> PathBuf {
        let path = folder.join(format!("{context}.redb"));
        let mut store = RedbStore::open(&path, context).unwrap();
        let writes: Vec<Write> = (0..2000_u32)
            .map(|key| Write { table: Table::Answers, key: key.to_be_bytes().to_vec(), value: Some(vec![7; 100]) })
            .collect();
        store.commit(&writes).unwrap();
        path
    }

    /// The ways a file is found damaged when it is opened.
    type Damage = (&'static str, fn(&Path));

    fn damages() -> Vec<Damage> {
        fn overwrite(path: &Path, at: std::ops::Range<usize>) {
            let mut bytes = std::fs::read(path).unwrap();
            bytes[at].fill(0xA5);
            std::fs::write(path, bytes).unwrap();
        }
        vec![
            ("other bytes", |path| std::fs::write(path, "no database at all").unwrap()),
            ("empty", |path| std::fs::write(path, "").unwrap()),
            ("cut off", |path| std::fs::File::options().write(true).open(path).unwrap().set_len(4096).unwrap()),
            ("its first bytes", |path| overwrite(path, 0..512)),
            ("its middle", |path| overwrite(path, 512..200_000)),
        ]
    }

    fn asides(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains(".damaged-")).collect()
    }

    fn observer() -> Observer {
        Observer::new(rental_model::Context::Totalview, Path::new("x"))
    }

    #[test]
    fn a_damaged_view_is_moved_aside_with_all_its_bytes_and_said() {
        for (what, damage) in damages() {
            let folder = tempfile::tempdir().unwrap();
            let path = written(folder.path(), Context::Totalview);
            damage(&path);
            let bytes = std::fs::read(&path).unwrap();
            let engine = open(&Policy::projecting(TotalView), &path, NOW, &observer()).unwrap();
            assert_eq!(asides(folder.path()), ["totalview.redb.damaged-20261125041600"], "{what}");
            assert_eq!(std::fs::read(folder.path().join(&asides(folder.path())[0])).unwrap(), bytes, "{what}");
            assert!(engine.progress().alert_messages()[0].contains("damaged-20261125041600"), "{what}");
        }
    }

    #[test]
    fn a_damaged_ledger_stays_where_it_is() {
        for (what, damage) in damages() {
            let folder = tempfile::tempdir().unwrap();
            let path = written(folder.path(), Context::Order);
            damage(&path);
            let error = open(&Policy::deciding(OrderPolicy::default()), &path, NOW, &observer()).unwrap_err();
            assert!(is_damage(&error), "{what}: {error:?}");
            assert!(path.exists() && asides(folder.path()).is_empty(), "{what}");
        }
    }

    #[test]
    fn a_view_in_which_a_question_met_damage_is_moved_aside_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), Context::Totalview);
        let error = RunError::Task(TaskError::Damaged("a value cannot be read".to_owned()));
        assert!(move_aside(&Policy::deciding(OrderPolicy::default()), &path, NOW, &error).is_none());
        assert!(move_aside(&Policy::projecting(TotalView), &path, NOW, &error).is_some() && !path.exists());
    }

    #[test]
    fn what_is_not_damaged_is_not_moved() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), Context::Totalview);
        let view = Policy::projecting(TotalView);
        assert!(open(&view, &path, NOW, &observer()).unwrap().progress().alert_messages().is_empty());
        let _held = RedbStore::open(&path, Context::Totalview).unwrap();
        assert!(matches!(open(&view, &path, NOW, &observer()), Err(RunError::Open(OpenError::InUse(_)))));
        let folder_in_its_place = folder.path().join("other.redb");
        std::fs::create_dir(&folder_in_its_place).unwrap();
        open(&view, &folder_in_its_place, NOW, &observer()).unwrap_err();
        assert_eq!(asides(folder.path()), [""; 0]);
    }

    #[test]
    fn a_second_one_gets_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("totalview.redb");
        std::fs::write(free_name(&path, NOW).unwrap(), "first").unwrap();
        assert!(free_name(&path, NOW).unwrap().ends_with("totalview.redb.damaged-20261125041600-2"));
    }
}
