/*
 * Starts AddressSanitizer before any other library of the server starts. Left to itself it starts in the middle of what the C
 * library does for one of them, under a lock that it then waits for, for ever. Built with -Wl,-z,initfirst; libasan stands before it in LD_PRELOAD.
 */
#include <stdlib.h>

__attribute__((constructor)) static void
allocate(void)
{
	void *volatile memory = malloc(1);

	free(memory);
}
