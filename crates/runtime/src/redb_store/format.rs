//! Which version of our tables a file has, and whose it is.
//!
//! The stamp stands in [`Table::Meta`]. A file without one was written before
//! there were stamps; whose it is follows from what it holds.

use super::definition;
use crate::journal;
use crate::store::Table;
use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, TableError, WriteTransaction};
use rental_model::Context;
use serde::{Deserialize, Serialize};

/// The version this program writes. Raise it with every change that an older
/// program would misread; such a program then refuses the file.
///
/// 1: without a stamp. 2: with one.
pub(super) const FORMAT: u32 = 2;

/// The key of the stamp.
const STAMP: &[u8] = b"format";

/// What redb's own header begins with, and where its two halves tell the version of redb's layout.
const REDB_MAGIC: &[u8] = b"redb\x1a\x0a\xa9\x0d\x0a";
const REDB_VERSIONS: [usize; 2] = [64, 192];
/// The newest layout this redb reads.
const REDB_KNOWN: u8 = 3;

#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    format: u32,
    context: Context,
    /// The program that stamped it; for people.
    program: String,
}

/// What of a stamp every version can read.
#[derive(Debug, Deserialize)]
struct Version {
    format: u32,
    program: Option<String>,
}

/// What a file is to a worker of some context.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Ours, and of this version.
    Current,
    /// Ours, of an earlier version or without all tables.
    Older,
    Newer {
        format: String,
        program: String,
    },
    /// Another context's; whose, if it can be told.
    Foreign(Option<Context>),
    Unreadable,
}

/// Whether redb itself is too old for the file that begins so.
pub(super) fn newer_layout(header: &[u8]) -> Option<u8> {
    let versions = REDB_VERSIONS.map(|at| header.get(at).copied().unwrap_or_default());
    // One half alone is a damage and no version.
    (header.starts_with(REDB_MAGIC) && versions.iter().all(|version| *version > REDB_KNOWN)).then(|| versions[0])
}

type Bytes = &'static [u8];

/// A table, if the file has it.
fn table(transaction: &ReadTransaction, table: Table) -> Result<Option<ReadOnlyTable<Bytes, Bytes>>, redb::Error> {
    match transaction.open_table(definition(table)) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What the file is to a worker of `context`.
pub(super) fn examine(database: &Database, context: Context) -> Result<Found, redb::Error> {
    let transaction = database.begin_read()?;
    let stamp = match table(&transaction, Table::Meta)? {
        Some(meta) => meta.get(STAMP)?.map(|stamp| stamp.value().to_vec()),
        None => None,
    };
    let Some(stamp) = stamp else { return unstamped(&transaction, context) };
    let Ok(Version { format, program }) = serde_json::from_slice(&stamp) else { return Ok(Found::Unreadable) };
    if format > FORMAT {
        return Ok(Found::Newer { format: format.to_string(), program: program.unwrap_or_else(|| "unknown".into()) });
    }
    let Ok(Stamp { context: owner, .. }) = serde_json::from_slice(&stamp) else { return Ok(Found::Unreadable) };
    if owner != context {
        return Ok(Found::Foreign(Some(owner)));
    }
    for missing in Table::ALL {
        if table(&transaction, missing)?.is_none() {
            return Ok(Found::Older);
        }
    }
    Ok(if format == FORMAT { Found::Current } else { Found::Older })
}

/// A file from before there were stamps: whose events it holds, and whom it has received.
fn unstamped(transaction: &ReadTransaction, context: Context) -> Result<Found, redb::Error> {
    let first = match table(transaction, Table::Journal)? {
        Some(journal) => journal.first()?.map(|(key, row)| (key.value().to_vec(), row.value().to_vec())),
        None => None,
    };
    if let Some((key, row)) = first {
        let number = key.try_into().map(u64::from_be_bytes).unwrap_or_default();
        // A record that cannot be read is said where the journal is followed.
        let owner = journal::decode(number, &row).map_or(context, |record| record.kind.context());
        return Ok(if owner == context { Found::Older } else { Found::Foreign(Some(owner)) });
    }
    // No context receives itself.
    let has_received_itself = match table(transaction, Table::Positions)? {
        Some(received) => received.get(context.name().as_bytes())?.is_some(),
        None => false,
    };
    Ok(if has_received_itself { Found::Foreign(None) } else { Found::Older })
}

/// Makes the tables that are missing, and stamps the file.
pub(super) fn bring_up_to_date(database: &Database, context: Context) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for table in Table::ALL {
        transaction.open_table(definition(table))?;
    }
    write_stamp(&transaction, &Stamp { format: FORMAT, context, program: env!("CARGO_PKG_VERSION").to_owned() })?;
    Ok(transaction.commit()?)
}

fn write_stamp(transaction: &WriteTransaction, stamp: &Stamp) -> Result<(), redb::Error> {
    let stamp = serde_json::to_vec(stamp).unwrap_or_default();
    transaction.open_table(definition(Table::Meta))?.insert(STAMP, stamp.as_slice())?;
    Ok(())
}
