#ifndef FAULTY_DISK_H
#define FAULTY_DISK_H

// A disk for SQLite that fails when it is told to, and forgets what was not synced. For tests alone.
//
// It stands between SQLite and the file system as the default VFS of the process, so that a store needs to know nothing
// of it. Only databases and their logs are on it. It models what a real disk may do at its worst:
//
//   - what was written is there to be read, and survives a power cut only once a sync of that file has succeeded;
//   - a sync that fails loses what was written since the last one, as Linux drops dirty pages: a second sync that reports
//     success has saved nothing;
//   - of what was not synced, a power cut leaves any part.
//
// One store at a time. All calls may come from any thread.

#include <stdbool.h>

enum faulty_disk_fault {
    // The call does nothing and reports an input/output error.
    FAULTY_DISK_ERROR = 0,
    // Half of a write is on the disk, and the disk is full; any other call reports an input/output error.
    FAULTY_DISK_SHORT_WRITE = 1,
};

// Makes it the disk of every database that this process opens from now on. Returns whether SQLite took it.
bool faulty_disk_install(void);

// Lets the nth call from now fail (1 is the next), of those that write, truncate and sync; and all after it, where it
// persists.
void faulty_disk_arm(long nth, enum faulty_disk_fault fault, bool persists);

// From now on nothing fails.
void faulty_disk_disarm(void);

// Whether a call has failed since it was armed.
bool faulty_disk_struck(void);

// Calls that write, truncate or sync, since it was armed.
long faulty_disk_calls(void);

// Syncs that were asked for after one that failed, since it was armed.
long faulty_disk_syncs_after_failure(void);

// Takes the power: what was not synced is lost, or parts of it where the seed is not 0, and whoever has a file open can
// do nothing more with it. Until it is restored no file can be opened or deleted.
void faulty_disk_cut_power(unsigned seed);

void faulty_disk_restore_power(void);

// Lets go of what it knows of its files. No database may be open.
void faulty_disk_forget(void);

#endif
