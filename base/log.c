#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/fdio.h"

static int log_fd = -1;
static enum log_level log_max = LOG_INFO;

void log_open(int fd, enum log_level level)
{
	log_fd = fd;
	log_max = level;
}

void log_write(enum log_level level, const char *fmt, ...)
{
	static const char *const names[] = { "error", "warn", "info", "debug", "trace" };
	AUTO(buf) struct buf line = BUF_INIT;
	AUTO(mem) char *now = NULL;
	va_list ap;

	if (log_fd < 0 || level > log_max)
		return;
	now = time_format_rfc3339(clock_wall_ns(), true);
	buf_addf(&line, "%s %s ", now, names[level]);
	va_start(ap, fmt);
	buf_vaddf(&line, fmt, ap);
	va_end(ap);
	buf_addch(&line, '\n');
	(void)fd_write_all(log_fd, line.p, line.n);
}
