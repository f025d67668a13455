// A small number for each thread that asks: 0, 1, 2 ... in the order in which they ask first.
//
// What many threads count in one place moves a cache line between processors at each count. With a place for each
// thread, chosen by this number, it stays where it is. In C because Swift has no thread-local variables.
#ifndef CTHREADSTRIPE_H
#define CTHREADSTRIPE_H

unsigned thread_stripe(void);

#endif
