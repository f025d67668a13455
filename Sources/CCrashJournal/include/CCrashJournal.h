// Which model each thread is busy with, and the handler that writes it down when the process crashes.
//
// In C because a signal handler may not allocate, lock, or wait for anything that is made when it is first used, and
// none of that can be promised of Swift.
#ifndef CCRASHJOURNAL_H
#define CCRASHJOURNAL_H

// What a thread is doing with the model that it is busy with.
enum crash_phase { CRASH_PHASE_LOAD = 0, CRASH_PHASE_RUN = 1 };

// Something that can be named as the culprit. It lives in memory that is never given back, so that the handler can read
// it whatever other threads do meanwhile.
typedef struct crash_subject crash_subject;

// What a thread was busy with before; `crash_journal_end` wants it back, so that phases may lie in each other.
typedef struct {
    crash_subject *subject;
    int phase;
} crash_work;

// A subject whose lines, each ended by a line feed, go into the report as they are. NULL when all subjects are taken or
// the lines are too long: such a model is run without an entry.
crash_subject *crash_subject_make(const char *lines);
void crash_subject_free(crash_subject *subject);

// Notes that this thread is busy with `subject` (NULL: with nothing that could be named). A few nanoseconds.
crash_work crash_journal_begin(crash_subject *subject, int phase);
void crash_journal_end(crash_work before);

// What this thread is busy with; NULL for nothing that could be named. A thread that works for it alone, for as long as
// it lives, begins with `crash_journal_begin` of what the thread that made it was busy with, and never ends.
crash_subject *crash_journal_current(void);

// From now on SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT and SIGTRAP append a report to `descriptor` when the thread that
// gets them is busy with a subject; then they end the process as they did before.
void crash_journal_install(int descriptor);

#endif
