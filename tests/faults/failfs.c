/* A disk that fails, preloaded into the program under test (LD_PRELOAD). Only files whose path
 * starts with FAILFS_DIR are touched:
 *
 *   FAILFS_SYNC_AT=n    the n-th fsync or fdatasync syncs nothing and answers EIO; later ones work
 *                       again, so that a program which merely tries again believes what is not so
 *   FAILFS_WRITE_AT=n   the n-th write is cut short in its middle, every later one answers ENOSPC
 *
 * The moment of the fault is marked by a line `fault in ...` on stdout, in order with the lines of
 * the program itself. The calls go straight to the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long syncs;
static atomic_long writes;

static long from_environment(const char* name) {
  const char* value = getenv(name);
  return value == NULL ? 0 : atol(value);
}

static int is_ours(int descriptor) {
  const char* folder = getenv("FAILFS_DIR");
  char link[64];
  char path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (folder == NULL || length < 0) {
    return 0;
  }
  path[length] = '\0';
  return strncmp(path, folder, strlen(folder)) == 0;
}

static void mark(const char* call, long count) {
  char line[64];
  const int length = snprintf(line, sizeof line, "fault in %s %ld\n", call, count);
  syscall(SYS_write, STDOUT_FILENO, line, length);
}

static int sync_fails(int descriptor) {
  const long at = from_environment("FAILFS_SYNC_AT");
  if (at == 0 || !is_ours(descriptor) || atomic_fetch_add(&syncs, 1) + 1 != at) {
    return 0;
  }
  mark("sync", at);
  errno = EIO;
  return 1;
}

/* How many of `size` bytes may be written; -1 when none, with errno set. */
static ssize_t allowed(int descriptor, size_t size) {
  const long at = from_environment("FAILFS_WRITE_AT");
  const long count = at == 0 || !is_ours(descriptor) ? -1 : atomic_fetch_add(&writes, 1) + 1;
  if (count < at) {
    return (ssize_t)size;
  }
  if (count == at) {
    mark("write", at);
    if (size > 1) {
      return (ssize_t)(size / 2);
    }
  }
  errno = ENOSPC;
  return -1;
}

int fsync(int descriptor) {
  return sync_fails(descriptor) ? -1 : (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
  return sync_fails(descriptor) ? -1 : (int)syscall(SYS_fdatasync, descriptor);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  const ssize_t now = allowed(descriptor, size);
  return now < 0 ? -1 : syscall(SYS_write, descriptor, bytes, now);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  const ssize_t now = allowed(descriptor, size);
  return now < 0 ? -1 : syscall(SYS_pwrite64, descriptor, bytes, now, offset);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  return pwrite(descriptor, bytes, size, offset);
}

ssize_t writev(int descriptor, const struct iovec* parts, int count) {
  size_t size = 0;
  for (int i = 0; i < count; ++i) {
    size += parts[i].iov_len;
  }
  const ssize_t now = allowed(descriptor, size);
  if (now < 0) {
    return -1;
  }
  if ((size_t)now == size) {
    return syscall(SYS_writev, descriptor, parts, count);
  }
  const size_t first = parts[0].iov_len;
  return syscall(SYS_write, descriptor, parts[0].iov_base,
                 first < (size_t)now ? first : (size_t)now);
}
