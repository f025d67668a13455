// What a server and its workers need of Linux that Swift does not import: sealed shared memory, words in it that one
// process waits for and another one changes, descriptors sent over a socket, and a thread's processor.
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Nanoseconds of CLOCK_MONOTONIC: the clock of every deadline here.
uint64_t WorkerNanoseconds(void);

// A descriptor of new memory of this size, sealed: nobody can make it smaller or larger any more, so that no truncation
// turns a read of ours into SIGBUS. -1 with errno.
int32_t WorkerMemoryCreate(size_t byte_count);

// Copies out of memory that another process may be changing: done once, wherever the compiler would rather read twice.
void WorkerCopy(void *target, const void *source, size_t byte_count);

uint32_t WorkerWordLoad(const uint32_t *word);           // acquires
void WorkerWordStore(uint32_t *word, uint32_t value);    // releases
uint32_t WorkerWordAdd(uint32_t *word, uint32_t value);   // what it is then; acquires and releases
void WorkerWordWake(uint32_t *word);                     // everybody who waits for it, in any process
// Waits while `word` holds `seen`, until `deadline` (UINT64_MAX: for ever). May come back early. False when the deadline
// has passed.
_Bool WorkerWordWait(uint32_t *word, uint32_t seen, uint64_t deadline);

// One message over a SOCK_SEQPACKET socket, with a descriptor unless that is -1; never blocks, never signals. False with
// errno.
_Bool WorkerSend(int32_t socket, const void *bytes, size_t byte_count, int32_t descriptor);
// One message of at most `byte_count` bytes; blocks. `descriptor` becomes what came with it, or -1. Its length, 0 at the
// end, -1 with errno.
ptrdiff_t WorkerReceive(int32_t socket, void *bytes, size_t byte_count, int32_t *descriptor);

int32_t WorkerCurrentProcessor(void);
int32_t WorkerCurrentThread(void);
// Lets a thread of any of our processes run on one processor only, or with -1 on all those of this process. A hint: no
// error is told.
void WorkerPlaceThread(int32_t thread, int32_t processor);

#pragma clang assume_nonnull end
