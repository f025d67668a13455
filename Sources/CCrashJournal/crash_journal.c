#include "CCrashJournal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SUBJECTS = 4096, SUBJECT_BYTES = 640, SLOTS = 1024, STACK_BYTES = 64 << 10 };

struct crash_subject {
    atomic_bool taken;
    unsigned short length;
    char lines[SUBJECT_BYTES];
};

// One thread's place. Threads beyond the last slot run without an entry.
struct slot {
    atomic_bool taken;
    _Atomic(crash_subject *) subject;
    atomic_int phase;
    void *stack;
};

static struct crash_subject subjects[SUBJECTS];
static struct slot slots[SLOTS];
static _Thread_local struct slot *own;
static _Thread_local bool asked;

static atomic_int report_descriptor = -1;
static atomic_flag is_reporting = ATOMIC_FLAG_INIT;

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
enum { SIGNALS = sizeof signals / sizeof signals[0] };
static struct sigaction before[SIGNALS];

// MARK: subjects

crash_subject *crash_subject_make(const char *lines) {
    size_t length = strlen(lines);
    if (length > SUBJECT_BYTES) return NULL;
    for (int index = 0; index < SUBJECTS; index++) {
        bool is_taken = false;
        if (!atomic_compare_exchange_strong(&subjects[index].taken, &is_taken, true)) continue;
        subjects[index].length = (unsigned short)length;
        memcpy(subjects[index].lines, lines, length);
        return &subjects[index];
    }
    return NULL;
}

void crash_subject_free(crash_subject *subject) {
    if (subject) atomic_store(&subject->taken, false);
}

// MARK: threads

static pthread_key_t ending;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void thread_ends(void *value) {
    struct slot *slot = value;
    if (slot->stack) {
        stack_t none = {.ss_flags = SS_DISABLE};
        sigaltstack(&none, NULL);
        munmap(slot->stack, STACK_BYTES);
        slot->stack = NULL;
    }
    own = NULL;
    // The next thread here is not busy with what this one was.
    atomic_store(&slot->subject, NULL);
    atomic_store(&slot->taken, false);
}

static void make_key(void) { pthread_key_create(&ending, thread_ends); }

// A stack for the handler: the thread's own may be what has overflowed.
static void *alternate_stack(void) {
    stack_t current;
    if (sigaltstack(NULL, &current) != 0 || !(current.ss_flags & SS_DISABLE)) return NULL;
    void *memory = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_BYTES};
    if (sigaltstack(&stack, NULL) == 0) return memory;
    munmap(memory, STACK_BYTES);
    return NULL;
}

// Threads that descend from a library's may have signals blocked, SIGABRT among them.
static void hear_signals(void) {
    sigset_t heard;
    sigemptyset(&heard);
    for (int index = 0; index < SIGNALS; index++) sigaddset(&heard, signals[index]);
    pthread_sigmask(SIG_UNBLOCK, &heard, NULL);
}

static struct slot *take_slot(void) {
    asked = true;
    pthread_once(&once, make_key);
    for (int index = 0; index < SLOTS; index++) {
        bool is_taken = false;
        if (!atomic_compare_exchange_strong(&slots[index].taken, &is_taken, true)) continue;
        own = &slots[index];
        own->stack = alternate_stack();
        hear_signals();
        pthread_setspecific(ending, own);
        return own;
    }
    return NULL;
}

crash_work crash_journal_begin(crash_subject *subject, int phase) {
    struct slot *slot = own;
    if (!slot && (asked || !(slot = take_slot()))) return (crash_work){NULL, 0};
    crash_work work = {
        atomic_load_explicit(&slot->subject, memory_order_relaxed),
        atomic_load_explicit(&slot->phase, memory_order_relaxed),
    };
    atomic_store_explicit(&slot->phase, phase, memory_order_relaxed);
    atomic_store_explicit(&slot->subject, subject, memory_order_release);
    return work;
}

void crash_journal_end(crash_work work) {
    struct slot *slot = own;
    if (!slot) return;
    atomic_store_explicit(&slot->phase, work.phase, memory_order_relaxed);
    atomic_store_explicit(&slot->subject, work.subject, memory_order_release);
}

crash_subject *crash_journal_current(void) { return own ? atomic_load(&own->subject) : NULL; }

// MARK: the handler; nothing below it allocates, locks or asks the C library for more than is promised to handlers

static size_t put_text(char *buffer, size_t at, const char *text, size_t length) {
    memcpy(buffer + at, text, length);
    return at + length;
}

static size_t put_line(char *buffer, size_t at, const char *name, long long value) {
    char digits[24];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    at = put_text(buffer, at, name, strlen(name));
    while (count > 0) buffer[at++] = digits[--count];
    buffer[at++] = '\n';
    return at;
}

static void report(int number) {
    int descriptor = atomic_load(&report_descriptor);
    // Whoever crashes is to blame, where it is busy with a model; threads that we make for the runtime are as long as they
    // live. Of any other nobody can say whose fault it is.
    struct slot *slot = own;
    if (descriptor < 0 || !slot) return;
    crash_subject *subject = atomic_load(&slot->subject);
    if (!subject || subject->length > SUBJECT_BYTES) return;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    static char buffer[SUBJECT_BYTES + 256];
    static const char start[] = "crash\n", load[] = "phase load\n", run[] = "phase run\n", end[] = "end\n";
    size_t at = put_text(buffer, 0, start, sizeof start - 1);
    at = put_line(buffer, at, "signal ", number);
    at = put_line(buffer, at, "at ", (long long)now.tv_sec);
    at = atomic_load(&slot->phase) == CRASH_PHASE_LOAD ? put_text(buffer, at, load, sizeof load - 1)
                                                       : put_text(buffer, at, run, sizeof run - 1);
    at = put_text(buffer, at, subject->lines, subject->length);
    at = put_text(buffer, at, end, sizeof end - 1);
    // One write, to a file that is open already: the next process finds all of it or none.
    while (write(descriptor, buffer, at) < 0 && errno == EINTR) continue;
}

static void on_crash(int number, siginfo_t *info, void *context) {
    (void)info;
    (void)context;
    if (!atomic_flag_test_and_set(&is_reporting)) {
        report(number);
    } else {
        // Another thread is writing: this one must not end the process before it has.
        struct timespec moment = {.tv_sec = 1};
        nanosleep(&moment, NULL);
    }
    for (int index = 0; index < SIGNALS; index++) {
        if (signals[index] == number) sigaction(number, &before[index], NULL);
    }
    // Blocked until this handler returns; then it ends the process the way it would have, also where somebody sent it.
    raise(number);
}

void crash_journal_install(int descriptor) {
    atomic_store(&report_descriptor, descriptor);
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    action.sa_sigaction = on_crash;
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < SIGNALS; index++) sigaction(signals[index], &action, &before[index]);
}
