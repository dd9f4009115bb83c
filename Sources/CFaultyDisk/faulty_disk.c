#include "faulty_disk.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// One write or truncation that no sync has made durable yet.
struct change {
    struct change *earlier, *later;
    off_t offset, size_before;
    // What stood at the offset before, as far as the file reached; and what was written there. A truncation writes nothing.
    size_t before_length, after_length;
    unsigned char *before, *after;
    bool is_truncation;
};

// A file of the disk, whoever has it open and how often.
struct place {
    struct place *next;
    char *path;
    int descriptor;
    struct change *first, *last;
};

struct open_file {
    sqlite3_file base;
    // NULL for what is not on this disk, such as temporary files.
    struct place *place;
    // In which it was opened: after a power cut it is good for nothing.
    long era;
    sqlite3_file *below;
};

static struct {
    pthread_mutex_t lock;
    sqlite3_vfs *below;
    struct place *places;
    long era;
    bool has_power;
    bool is_armed, persists, is_struck, has_failed_sync;
    enum faulty_disk_fault fault;
    long nth, calls, syncs_after_failure;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .has_power = true};

static void begin(void) { pthread_mutex_lock(&disk.lock); }
static void end(void) { pthread_mutex_unlock(&disk.lock); }

// MARK: What is not durable yet

static off_t size_of(const struct place *place) {
    struct stat status;
    return fstat(place->descriptor, &status) == 0 ? status.st_size : 0;
}

static void forget_changes(struct place *place) {
    while (place->first) {
        struct change *change = place->first;
        place->first = change->later;
        free(change->before);
        free(change->after);
        free(change);
    }
    place->last = NULL;
}

static void note_change(struct place *place, off_t offset, const void *bytes, size_t length, bool is_truncation) {
    struct change *change = calloc(1, sizeof *change);
    change->offset = offset;
    change->size_before = size_of(place);
    change->is_truncation = is_truncation;
    off_t reach = is_truncation ? change->size_before : offset + (off_t)length;
    if (reach > change->size_before) reach = change->size_before;
    if (reach > offset) {
        change->before = malloc((size_t)(reach - offset));
        ssize_t found = pread(place->descriptor, change->before, (size_t)(reach - offset), offset);
        change->before_length = found > 0 ? (size_t)found : 0;
    }
    if (!is_truncation) {
        change->after = malloc(length);
        memcpy(change->after, bytes, length);
        change->after_length = length;
    }
    change->earlier = place->last;
    if (place->last) place->last->later = change; else place->first = change;
    place->last = change;
}

static bool write_all(int descriptor, const unsigned char *bytes, size_t length, off_t offset) {
    return pwrite(descriptor, bytes, length, offset) == (ssize_t)length;
}

// Undoes all that was not synced, and then does again what has reached the disk all the same.
static void lose_changes(struct place *place, unsigned seed) {
    for (struct change *change = place->last; change; change = change->earlier) {
        if (change->before_length)
            (void)write_all(place->descriptor, change->before, change->before_length, change->offset);
        (void)ftruncate(place->descriptor, change->size_before);
    }
    unsigned word = seed;
    for (struct change *change = place->first; change && seed; change = change->later) {
        word = word * 1103515245u + 12345u;
        if (!(word >> 16 & 1u)) continue;
        if (change->is_truncation) (void)ftruncate(place->descriptor, change->offset);
        else (void)write_all(place->descriptor, change->after, change->after_length, change->offset);
    }
    forget_changes(place);
}

static struct place *place_at(const char *path) {
    for (struct place *place = disk.places; place; place = place->next)
        if (strcmp(place->path, path) == 0) return place;
    return NULL;
}

static struct place *keep_place(const char *path) {
    struct place *place = place_at(path);
    if (!place) {
        place = calloc(1, sizeof *place);
        place->path = strdup(path);
        place->descriptor = -1;
        place->next = disk.places;
        disk.places = place;
    }
    if (place->descriptor < 0) place->descriptor = open(path, O_RDWR | O_CLOEXEC);
    return place;
}

// MARK: A file

static struct open_file *of(sqlite3_file *file) { return (struct open_file *)file; }
static sqlite3_file *below(sqlite3_file *file) { return of(file)->below; }
static bool is_dead(sqlite3_file *file) { return of(file)->place && of(file)->era != disk.era; }

// Whether this call is one that fails.
static bool strikes(sqlite3_file *file) {
    if (!disk.is_armed || !of(file)->place) return false;
    disk.calls++;
    bool is_hit = disk.calls == disk.nth || (disk.persists && disk.calls > disk.nth);
    if (is_hit) disk.is_struck = true;
    return is_hit;
}

static int write_noted(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    if (of(file)->place) note_change(of(file)->place, offset, bytes, (size_t)length, false);
    return below(file)->pMethods->xWrite(below(file), bytes, length, offset);
}

static int on_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    begin();
    int result = SQLITE_IOERR_WRITE;
    if (!is_dead(file)) {
        if (!strikes(file)) {
            result = write_noted(file, bytes, length, offset);
        } else if (disk.fault == FAULTY_DISK_SHORT_WRITE) {
            (void)write_noted(file, bytes, length / 2, offset);
            result = SQLITE_FULL;
        }
    }
    end();
    return result;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size) {
    begin();
    int result = SQLITE_IOERR_TRUNCATE;
    if (!is_dead(file) && !strikes(file)) {
        if (of(file)->place) note_change(of(file)->place, size, NULL, 0, true);
        result = below(file)->pMethods->xTruncate(below(file), size);
    }
    end();
    return result;
}

static int on_sync(sqlite3_file *file, int flags) {
    begin();
    int result = SQLITE_IOERR_FSYNC;
    if (!of(file)->place) {
        result = below(file)->pMethods->xSync(below(file), flags);
    } else if (!is_dead(file)) {
        if (disk.has_failed_sync) disk.syncs_after_failure++;
        if (strikes(file)) {
            disk.has_failed_sync = true;
            lose_changes(of(file)->place, 0);
        } else {
            // The disk below is not asked: what is durable is known here.
            forget_changes(of(file)->place);
            result = SQLITE_OK;
        }
    }
    end();
    return result;
}

static int on_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
    begin();
    int result = is_dead(file) ? SQLITE_IOERR_READ
                               : below(file)->pMethods->xRead(below(file), bytes, length, offset);
    end();
    return result;
}

static int on_close(sqlite3_file *file) {
    int result = below(file)->pMethods ? below(file)->pMethods->xClose(below(file)) : SQLITE_OK;
    sqlite3_free(below(file));
    return result;
}

static int on_file_size(sqlite3_file *file, sqlite3_int64 *size) {
    return below(file)->pMethods->xFileSize(below(file), size);
}
static int on_lock(sqlite3_file *file, int level) { return below(file)->pMethods->xLock(below(file), level); }
static int on_unlock(sqlite3_file *file, int level) { return below(file)->pMethods->xUnlock(below(file), level); }
static int on_check_reserved_lock(sqlite3_file *file, int *is_reserved) {
    return below(file)->pMethods->xCheckReservedLock(below(file), is_reserved);
}
static int on_sector_size(sqlite3_file *file) { return below(file)->pMethods->xSectorSize(below(file)); }
static int on_device_characteristics(sqlite3_file *file) {
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
}
static int on_shm_map(sqlite3_file *file, int page, int size, int extends, void volatile **address) {
    return below(file)->pMethods->xShmMap(below(file), page, size, extends, address);
}
static int on_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return below(file)->pMethods->xShmLock(below(file), offset, count, flags);
}
static void on_shm_barrier(sqlite3_file *file) { below(file)->pMethods->xShmBarrier(below(file)); }
static int on_shm_unmap(sqlite3_file *file, int deletes) {
    return below(file)->pMethods->xShmUnmap(below(file), deletes);
}

static int on_file_control(sqlite3_file *file, int operation, void *argument) {
    // These would change the file past `on_write`.
    if (operation == SQLITE_FCNTL_SIZE_HINT || operation == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_NOTFOUND;
    return below(file)->pMethods->xFileControl(below(file), operation, argument);
}

// Version 2: no memory-mapped reading, which would go past `on_read`.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_file_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_reserved_lock,
    .xFileControl = on_file_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_device_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

// MARK: The disk

static int on_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *flags_out) {
    (void)vfs;
    begin();
    of(file)->base.pMethods = NULL;
    int result = SQLITE_CANTOPEN;
    if (disk.has_power) {
        sqlite3_file *real = sqlite3_malloc(disk.below->szOsFile);
        memset(real, 0, (size_t)disk.below->szOsFile);
        result = disk.below->xOpen(disk.below, path, real, flags, flags_out);
        if (result == SQLITE_OK) {
            const int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
            of(file)->below = real;
            of(file)->era = disk.era;
            of(file)->place = path && (flags & kept) ? keep_place(path) : NULL;
            of(file)->base.pMethods = &methods;
        } else {
            if (real->pMethods) real->pMethods->xClose(real);
            sqlite3_free(real);
        }
    }
    end();
    return result;
}

static int on_delete(sqlite3_vfs *vfs, const char *path, int syncs_folder) {
    (void)vfs;
    begin();
    int result = SQLITE_IOERR_DELETE;
    if (disk.has_power) {
        struct place *place = place_at(path);
        result = disk.below->xDelete(disk.below, path, syncs_folder);
        if (place && result == SQLITE_OK) {
            forget_changes(place);
            if (place->descriptor >= 0) close(place->descriptor);
            place->descriptor = -1;
        }
    }
    end();
    return result;
}

bool faulty_disk_install(void) {
    static sqlite3_vfs vfs;
    disk.below = sqlite3_vfs_find(NULL);
    if (!disk.below) return false;
    // All that is not named goes to the disk below.
    vfs = *disk.below;
    vfs.pNext = NULL;
    vfs.zName = "faulty-disk";
    vfs.szOsFile = sizeof(struct open_file);
    vfs.xOpen = on_open;
    vfs.xDelete = on_delete;
    return sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
}

void faulty_disk_arm(long nth, enum faulty_disk_fault fault, bool persists) {
    begin();
    disk.nth = nth;
    disk.fault = fault;
    disk.persists = persists;
    disk.calls = disk.syncs_after_failure = 0;
    disk.is_struck = disk.has_failed_sync = false;
    disk.is_armed = true;
    end();
}

void faulty_disk_disarm(void) {
    begin();
    disk.is_armed = false;
    end();
}

bool faulty_disk_struck(void) {
    begin();
    bool is_struck = disk.is_struck;
    end();
    return is_struck;
}

long faulty_disk_calls(void) {
    begin();
    long count = disk.calls;
    end();
    return count;
}

long faulty_disk_syncs_after_failure(void) {
    begin();
    long count = disk.syncs_after_failure;
    end();
    return count;
}

void faulty_disk_cut_power(unsigned seed) {
    begin();
    disk.has_power = false;
    disk.is_armed = false;
    disk.era++;
    for (struct place *place = disk.places; place; place = place->next) lose_changes(place, seed);
    end();
}

void faulty_disk_restore_power(void) {
    begin();
    disk.has_power = true;
    end();
}

void faulty_disk_forget(void) {
    begin();
    while (disk.places) {
        struct place *place = disk.places;
        disk.places = place->next;
        forget_changes(place);
        if (place->descriptor >= 0) close(place->descriptor);
        free(place->path);
        free(place);
    }
    end();
}
