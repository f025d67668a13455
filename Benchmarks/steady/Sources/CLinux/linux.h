// What Swift's module of the C library leaves out.
#include <sys/epoll.h>
#include <sys/prctl.h>

/// How much later than asked for the kernel may wake this thread, in nanoseconds.
static inline int set_timer_slack(unsigned long nanoseconds) { return prctl(PR_SET_TIMERSLACK, nanoseconds); }
