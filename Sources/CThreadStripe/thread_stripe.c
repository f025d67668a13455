#include "CThreadStripe.h"

#include <stdatomic.h>

static atomic_uint asked;
// One more than the number; 0 before the thread has asked.
static _Thread_local unsigned own;

unsigned thread_stripe(void) {
    if (own == 0) own = atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed) + 1;
    return own - 1;
}
