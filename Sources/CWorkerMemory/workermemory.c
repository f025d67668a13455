#define _GNU_SOURCE
#include "CWorkerMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint64_t WorkerNanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int32_t WorkerMemoryCreate(size_t byte_count) {
    int descriptor = memfd_create("slipway-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -1;
    if (ftruncate(descriptor, (off_t)byte_count) == 0
        && fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        return descriptor;
    }
    int code = errno;
    close(descriptor);
    errno = code;
    return -1;
}

void WorkerCopy(void *target, const void *source, size_t byte_count) { memcpy(target, source, byte_count); }

uint32_t WorkerWordLoad(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }

void WorkerWordStore(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

uint32_t WorkerWordAdd(uint32_t *word, uint32_t value) { return __atomic_add_fetch(word, value, __ATOMIC_ACQ_REL); }

void WorkerWordWake(uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0); }

_Bool WorkerWordWait(uint32_t *word, uint32_t seen, uint64_t deadline) {
    struct timespec until = {(time_t)(deadline / 1000000000u), (long)(deadline % 1000000000u)};
    // With a bit set the time is a moment, not a duration.
    long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, deadline == UINT64_MAX ? NULL : &until, NULL,
                          FUTEX_BITSET_MATCH_ANY);
    return result == 0 || errno != ETIMEDOUT;
}

_Bool WorkerSend(int32_t socket, const void *bytes, size_t byte_count, int32_t descriptor) {
    struct iovec part = {(void *)bytes, byte_count};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } extra = {0};
    if (descriptor >= 0) {
        message.msg_control = extra.room;
        message.msg_controllen = sizeof extra.room;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        int number = descriptor;
        memcpy(CMSG_DATA(head), &number, sizeof number);
    }
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)byte_count;
}

ptrdiff_t WorkerReceive(int32_t socket, void *bytes, size_t byte_count, int32_t *descriptor) {
    struct iovec part = {bytes, byte_count};
    union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } extra = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = extra.room, .msg_controllen = sizeof extra.room};
    ssize_t received;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    *descriptor = -1;
    if (received <= 0) return received;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS
        && head->cmsg_len == CMSG_LEN(sizeof(int))) {
        int number;
        memcpy(&number, CMSG_DATA(head), sizeof number);
        *descriptor = number;
    }
    return received;
}

int32_t WorkerCurrentProcessor(void) { return sched_getcpu(); }

int32_t WorkerCurrentThread(void) { return (int32_t)syscall(SYS_gettid); }

void WorkerPlaceThread(int32_t thread, int32_t processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (processor >= CPU_SETSIZE) return;
    if (processor >= 0) {
        CPU_SET(processor, &set);
    } else if (sched_getaffinity(getpid(), sizeof set, &set) != 0) {
        return;
    }
    sched_setaffinity(thread, sizeof set, &set);
}
