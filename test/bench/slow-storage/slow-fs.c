/*
 * A read-only file system that shows a directory, and sleeps in each operation that a remote storage would answer over
 * a network: look-up of a name, open, read, attributes, list. Bytes bypass the page cache, so that each read waits.
 *
 *   gcc -O2 -o slow-fs slow-fs.c $(pkg-config --cflags --libs fuse3)
 *   slow-fs DIRECTORY MILLISECONDS KEPT_FOR MOUNTPOINT -f -o max_threads=1200
 *
 * It sleeps from SIGUSR1 on: until then, every name can be looked up at once. The kernel looks up names of FUSE that it has
 * never seen one at a time, which no network file system does, and those that it has seen in parallel.
 *
 * KEPT_FOR is for how many seconds the kernel keeps names and attributes, as that of an NFS mount does; 0 for none.
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *directory;
static struct timespec delay;
static double kept_for;

static volatile sig_atomic_t is_slow;

static void become_slow(int signal_number) {
  (void)signal_number;
  is_slow = 1;
}

static void wait_for_storage(void) {
  if (is_slow) nanosleep(&delay, NULL);
}

static void full(char *target, const char *path) { snprintf(target, PATH_MAX, "%s%s", directory, path); }

static void *slow_init(struct fuse_conn_info *connection, struct fuse_config *config) {
  (void)connection;
  config->use_ino = 1;
  config->direct_io = 1;
  config->entry_timeout = kept_for;
  config->attr_timeout = kept_for;
  config->negative_timeout = 0;
  return NULL;
}

static int slow_getattr(const char *path, struct stat *found, struct fuse_file_info *open_file) {
  char name[PATH_MAX];
  wait_for_storage();
  if (open_file != NULL) return fstat((int)open_file->fh, found) == -1 ? -errno : 0;
  full(name, path);
  return lstat(name, found) == -1 ? -errno : 0;
}

static int slow_open(const char *path, struct fuse_file_info *open_file) {
  char name[PATH_MAX];
  wait_for_storage();
  full(name, path);
  int fd = open(name, O_RDONLY);
  if (fd == -1) return -errno;
  open_file->fh = (uint64_t)fd;
  return 0;
}

static int slow_read(const char *path, char *target, size_t size, off_t position, struct fuse_file_info *open_file) {
  (void)path;
  wait_for_storage();
  ssize_t bytes = pread((int)open_file->fh, target, size, position);
  return bytes == -1 ? -errno : (int)bytes;
}

static int slow_release(const char *path, struct fuse_file_info *open_file) {
  (void)path;
  close((int)open_file->fh);
  return 0;
}

static int slow_readdir(const char *path, void *target, fuse_fill_dir_t fill, off_t offset,
                        struct fuse_file_info *open_file, enum fuse_readdir_flags flags) {
  char name[PATH_MAX];
  (void)offset, (void)open_file, (void)flags;
  wait_for_storage();
  full(name, path);
  DIR *listing = opendir(name);
  if (listing == NULL) return -errno;
  /* With its type: without, Node looks at each name synchronously. */
  for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
    struct stat found = {.st_ino = entry->d_ino, .st_mode = DTTOIF(entry->d_type)};
    fill(target, entry->d_name, &found, 0, 0);
  }
  closedir(listing);
  return 0;
}

static const struct fuse_operations operations = {
    .init = slow_init, .getattr = slow_getattr, .open = slow_open,
    .read = slow_read, .release = slow_release, .readdir = slow_readdir,
};

int main(int count, char **values) {
  if (count < 5) return fprintf(stderr, "usage: slow-fs DIRECTORY MILLISECONDS KEPT_FOR MOUNTPOINT [FUSE OPTIONS]\n"), 2;
  directory = values[1];
  long milliseconds = atol(values[2]);
  delay = (struct timespec){milliseconds / 1000, (milliseconds % 1000) * 1000000};
  kept_for = atof(values[3]);
  signal(SIGUSR1, become_slow);
  values[3] = values[0];
  return fuse_main(count - 3, values + 3, &operations, NULL);
}
