#ifndef __SERVER_TEST_H__
#define __SERVER_TEST_H__

#include <message.h>

/// What vm answers to the servers' half.
error_t server_test_vm(struct message *m);

#endif
