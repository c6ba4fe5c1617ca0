/* The messages between the caller and the future init. */
#include "runtime/launch.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fdio.h"

struct sync_head {
	int32_t kind, value;
};
enum { SYNC_TEXT_MAX = 8192 };

int sync_send(int fd, enum sync_kind kind, int value, const char *text)
{
	char packet[sizeof(struct sync_head) + SYNC_TEXT_MAX];
	struct sync_head h = { kind, value };
	size_t n = text ? strlen(text) : 0;

	if (n > SYNC_TEXT_MAX)
		n = SYNC_TEXT_MAX;
	memcpy(packet, &h, sizeof(h));
	if (n)
		memcpy(packet + sizeof(h), text, n);
	return sock_send(fd, packet, sizeof(h) + n, NULL, 0);
}

int sync_recv(int fd, enum sync_kind want, int *ret_value, struct err **e)
{
	char packet[sizeof(struct sync_head) + SYNC_TEXT_MAX + 1];
	struct sync_head h;
	ssize_t n = sock_recv(fd, packet, sizeof(packet) - 1, NULL, 0, NULL);

	if (n == 0)
		return -ECONNRESET;
	if (n < (ssize_t)sizeof(h))
		return n < 0 ? (int)n : -EPROTO;
	packet[n] = '\0';
	memcpy(&h, packet, sizeof(h));
	if (h.kind == SYNC_ERROR)
		return err_set(e, h.value > 0 ? h.value : EIO, "%s", packet + sizeof(h));
	if (h.kind != (int32_t)want)
		return err_set(e, EPROTO, "unexpected message %d while waiting for %d", h.kind,
			       (int)want);
	if (ret_value)
		*ret_value = h.value;
	return 0;
}

void report_failure(int fd, const struct err *e)
{
	int32_t number = err_code(e);

	/* Best effort: the reader may have gone. */
	(void)!write(fd, &number, sizeof(number));
	(void)fd_write_all(fd, err_text(e), strlen(err_text(e)));
}
