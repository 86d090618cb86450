-- What every connection to the database sets for itself. None of it writes.

-- A commit that must survive a power cut syncs the log; Transaction lowers this to NORMAL for commits that need not, which
-- then become durable with the next one that does. (WAL keeps the order: never a later commit without an earlier one.)
PRAGMA synchronous = FULL;

-- Rows go with what they refer to: deleting an image deletes its names, layers and manifests.
PRAGMA foreign_keys = ON;

-- 8 MiB of pages: a store with ten thousand images is read without going to the file twice.
PRAGMA cache_size = -8192;

-- Fold the log into the database after 256 pages (1 MiB) rather than when the last connection closes (database.cc turns
-- that off): a command ends without two more syncs, and the next one replays at most 1 MiB, under a millisecond.
PRAGMA wal_autocheckpoint = 256;

-- Sorting and EXCEPT never touch the disk.
PRAGMA temp_store = MEMORY;

-- No mmap_size: a store is a few MiB, which the cache holds, and an I/O error on a mapping would be a SIGBUS instead of an
-- error message.

-- A damaged or doctored file cannot make its views or checks call functions with side effects.
PRAGMA trusted_schema = OFF;
