/*
 * A slow disk for a program of dynamic linking that knows nothing of it: each operation on files below SLOW_DIRECTORY
 * sleeps for SLOW_MILLISECONDS first, in the thread that asked. Files behave as they do without it, so a file that was
 * replaced stays what it was to whoever has it open.
 *
 *   gcc -O2 -shared -fPIC -o slow-disk.so slow-disk.c -ldl
 *   SLOW_DIRECTORY=/srv/audio SLOW_MILLISECONDS=20 LD_PRELOAD=./slow-disk.so node server.js
 *
 * It knows what libuv calls: open, pread, preadv, read, statx (by its number too) and realpath.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 65536

static char is_slow[MOST_DESCRIPTORS];

static void wait_for_disk(void) {
  long milliseconds = atol(getenv("SLOW_MILLISECONDS"));
  struct timespec delay = {milliseconds / 1000, (milliseconds % 1000) * 1000000};
  nanosleep(&delay, NULL);
}

static int is_slow_path(const char *path) {
  const char *directory = getenv("SLOW_DIRECTORY");
  if (directory == NULL || path == NULL) return 0;
  size_t length = strlen(directory);
  return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int is_slow_descriptor(int fd) { return fd >= 0 && fd < MOST_DESCRIPTORS && is_slow[fd]; }

#define SYSTEM(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  static __typeof__(&open64) system_open;
  if (system_open == NULL) system_open = SYSTEM(open64);
  int slow = is_slow_path(path);
  if (slow) wait_for_disk();
  int fd = system_open(path, flags, mode);
  if (fd >= 0 && fd < MOST_DESCRIPTORS) is_slow[fd] = slow;
  return fd;
}

int close(int fd) {
  static __typeof__(&close) system_close;
  if (system_close == NULL) system_close = SYSTEM(close);
  if (fd >= 0 && fd < MOST_DESCRIPTORS) is_slow[fd] = 0;
  return system_close(fd);
}

ssize_t read(int fd, void *target, size_t size) {
  static __typeof__(&read) system_read;
  if (system_read == NULL) system_read = SYSTEM(read);
  if (is_slow_descriptor(fd)) wait_for_disk();
  return system_read(fd, target, size);
}

ssize_t pread64(int fd, void *target, size_t size, off64_t position) {
  static __typeof__(&pread64) system_pread;
  if (system_pread == NULL) system_pread = SYSTEM(pread64);
  if (is_slow_descriptor(fd)) wait_for_disk();
  return system_pread(fd, target, size, position);
}

ssize_t preadv64(int fd, const struct iovec *targets, int count, off64_t position) {
  static __typeof__(&preadv64) system_preadv;
  if (system_preadv == NULL) system_preadv = SYSTEM(preadv64);
  if (is_slow_descriptor(fd)) wait_for_disk();
  return system_preadv(fd, targets, count, position);
}

int statx(int directory, const char *restrict path, int flags, unsigned int mask, struct statx *restrict found) {
  static __typeof__(&statx) system_statx;
  if (system_statx == NULL) system_statx = SYSTEM(statx);
  if (is_slow_path(path) || is_slow_descriptor(directory)) wait_for_disk();
  return system_statx(directory, path, flags, mask, found);
}

char *realpath(const char *restrict path, char *restrict resolved) {
  static __typeof__(&realpath) system_realpath;
  if (system_realpath == NULL) system_realpath = SYSTEM(realpath);
  if (is_slow_path(path)) wait_for_disk();
  return system_realpath(path, resolved);
}

long syscall(long number, ...) {
  va_list rest;
  va_start(rest, number);
  long values[6];
  for (int index = 0; index < 6; index++) values[index] = va_arg(rest, long);
  va_end(rest);
  static __typeof__(&syscall) system_call;
  if (system_call == NULL) system_call = SYSTEM(syscall);
  if (number == SYS_statx && (is_slow_path((const char *)values[1]) || is_slow_descriptor((int)values[0])))
    wait_for_disk();
  return system_call(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}
