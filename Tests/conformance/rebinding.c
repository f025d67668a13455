// A name server that changes its mind: the first question for rebind.test is answered 127.0.0.2, every later one 127.0.0.1.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>

static atomic_int asked;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node != NULL && strcmp(node, "rebind.test") == 0) {
        node = atomic_fetch_add(&asked, 1) == 0 ? "127.0.0.2" : "127.0.0.1";
    }
    return real(node, service, hints, found);
}
