/* Counts the bytes that a process moves in large pieces: preloaded in front of the C library's memcpy and memmove.
 * The sums lie in the file that COPY_COUNTER names, as two 64-bit numbers: bytes, and calls. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const size_t large = 4 << 10;
static _Atomic uint64_t *counter;

__attribute__((constructor)) static void open_counter(void) {
    const char *path = getenv("COPY_COUNTER");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(0, 16, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) counter = page;
    close(file);
}

static void count(size_t bytes) {
    if (bytes < large || !counter) return;
    counter[0] += bytes;
    counter[1] += 1;
}

void *memmove(void *to, const void *from, size_t bytes) {
    count(bytes);
    char *target = to;
    const char *source = from;
    if (target == source || bytes == 0) return to;
    if (target < source || target >= source + bytes) {
        void *end = target;
        size_t left = bytes;
        __asm__ volatile("rep movsb" : "+D"(end), "+S"(source), "+c"(left) : : "memory");
    } else {
        while (bytes--) target[bytes] = source[bytes];
    }
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) { return memmove(to, from, bytes); }
