#include "base/test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/fdio.h"
#include "compose/ui/progress.h"

static int64_t fake_ns;

static int64_t fake_now(void)
{
	return fake_ns;
}

static struct progress *make(enum progress_mode mode, int fd, bool color, bool dry_run)
{
	fake_ns = 0;
	return progress_new(&(struct progress_options){
		.mode = mode, .color = color, .dry_run = dry_run, .operation = "up", .fd = fd,
		.now = fake_now, .rows = 30, .cols = 100,
	});
}

static void say(struct progress *p, const char *id, const char *text, enum progress_status status,
		const char *details)
{
	progress_event(p, &(struct progress_event){
				  .id = id, .text = text, .status = status, .details = details });
}

static char *written(int fd)
{
	struct buf b = BUF_INIT;

	(void)lseek(fd, 0, SEEK_SET);
	assert_int_equal(fd_read_all(fd, 1 << 20, &b), 0);
	(void)ftruncate(fd, 0);
	(void)lseek(fd, 0, SEEK_SET);
	return buf_take(&b);
}

static void plain_lines_begin_with_a_blank(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_PLAIN, fd, false, false);
	AUTO(mem) char *text = NULL;

	(void)state;
	say(p, "Container p-web-1", "Creating", PROGRESS_WORKING, NULL);
	say(p, "Container p-db-1", "Error", PROGRESS_ERROR, "dependency db failed to start");
	text = written(fd);
	assert_string_equal(text, " Container p-web-1 Creating \n"
				  " Container p-db-1 Error dependency db failed to start\n");
}

static void dry_run_is_marked(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_PLAIN, fd, false, true);
	AUTO(progress) struct progress *j = make(PROGRESS_JSON, fd, false, true);
	AUTO(mem) char *text = NULL;

	(void)state;
	say(p, "Container p-web-1", "Creating", PROGRESS_WORKING, NULL);
	say(j, "Container p-web-1", "Creating", PROGRESS_WORKING, NULL);
	text = written(fd);
	assert_string_equal(text, " DRY-RUN MODE -  Container p-web-1 Creating \n"
				  "{\"dry-run\":true,\"id\":\"Container p-web-1\","
				  "\"status\":\"Working\",\"text\":\"Creating\"}\n");
}

static void json_has_its_keys_in_order_and_no_empty_ones(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_JSON, fd, false, false);
	AUTO(mem) char *text = NULL;

	(void)state;
	progress_event(p, &(struct progress_event){ .id = "abc", .parent = "Image x", .text = "Extracting",
						    .details = "d", .current = 5, .total = 10,
						    .percent = 50 });
	text = written(fd);
	assert_string_equal(text, "{\"id\":\"abc\",\"parent_id\":\"Image x\",\"status\":\"Working\","
				  "\"text\":\"Extracting\",\"details\":\"d\",\"current\":5,\"total\":10,"
				  "\"percent\":50}\n");
}

static void quiet_says_nothing(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_QUIET, fd, false, false);
	AUTO(mem) char *text = NULL;

	(void)state;
	say(p, "Container p-web-1", "Creating", PROGRESS_WORKING, NULL);
	text = written(fd);
	assert_string_equal(text, "");
}

/* The bytes of a recorded run of docker compose on a terminal of 100 columns. */
static void frames_are_painted_over_each_other(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_TTY, fd, true, false);
	AUTO(mem) char *first = NULL, *second = NULL;

	(void)state;
	say(p, "Network up-tty_default", "Created", PROGRESS_DONE, NULL);
	say(p, "Container up-tty-db-1", "Starting", PROGRESS_WORKING, NULL);
	say(p, "Container up-tty-web-1", "Created", PROGRESS_DONE, NULL);
	assert_int_equal(progress_timeout_ms(p), 100);
	fake_ns = 100000000;
	assert_int_equal(progress_timeout_ms(p), 0);
	progress_tick(p);
	first = written(fd);
	assert_string_equal(
		first,
		"\033[?25l\033[0G[+] up 2/3\n"
		" \033[32m✔\033[0m Network up-tty_default \033[32mCreated\033[0m"
		"                                                               \033[34m0.0s\033[0m\n"
		" \033[33m⠋\033[0m Container up-tty-db-1  Starting"
		"                                                              \033[34m0.1s\033[0m\n"
		" \033[32m✔\033[0m Container up-tty-web-1 \033[32mCreated\033[0m"
		"                                                               \033[34m0.0s\033[0m\n"
		"\033[?25h");
	fake_ns = 200000000;
	progress_tick(p);
	second = written(fd);
	assert_memory_equal(second, "\033[?25l\033[4A\033[0G[+] up 2/3\n", 25);
	assert_non_null(strstr(second, "⠙"));
}

static void the_last_frame_is_drawn_at_once(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_TTY, fd, false, false);
	AUTO(mem) char *text = NULL;

	(void)state;
	say(p, "Container a", "Started", PROGRESS_DONE, NULL);
	progress_end(p);
	text = written(fd);
	assert_non_null(strstr(text, "[+] up 1/1\n"));
	assert_int_equal(progress_timeout_ms(p), -1);
}

static void events_outside_an_operation_are_single_lines(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_TTY, fd, true, false);
	AUTO(mem) char *text = NULL;

	(void)state;
	progress_end(p);
	say(p, "Container x", "Created", PROGRESS_DONE, NULL);
	text = written(fd);
	assert_string_equal(text, "Container x \033[32mCreated\033[0m \n");
}

static void elapsed_stops_when_a_task_is_done(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_TTY, fd, false, false);
	AUTO(mem) char *text = NULL;

	(void)state;
	say(p, "Container a", "Started", PROGRESS_DONE, NULL);
	fake_ns = 5000000000;
	progress_end(p);
	text = written(fd);
	assert_non_null(strstr(text, "0.0s"));
}

static void rows_that_do_not_fit_are_counted(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = progress_new(&(struct progress_options){
		.mode = PROGRESS_TTY, .operation = "up", .fd = fd, .now = fake_now, .rows = 6, .cols = 40 });
	AUTO(mem) char *text = NULL;

	(void)state;
	for (int i = 0; i < 9; i++) {
		AUTO(mem) char *id = xasprintf("Container c-%d", i);

		say(p, id, "Created", PROGRESS_DONE, NULL);
	}
	progress_end(p);
	text = written(fd);
	assert_non_null(strstr(text, " ... 6 more"));
	assert_non_null(strstr(text, "Container c-2"));
	assert_null(strstr(text, "Container c-3"));
}

static void narrow_terminals_cut_details_first(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = progress_new(&(struct progress_options){
		.mode = PROGRESS_TTY, .operation = "up", .fd = fd, .now = fake_now, .rows = 24, .cols = 40 });
	AUTO(mem) char *text = NULL;

	(void)state;
	say(p, "Container abc", "Error", PROGRESS_ERROR, "a text much longer than what is left of the line");
	progress_end(p);
	text = written(fd);
	assert_non_null(strstr(text, "Container abc"));
	assert_non_null(strstr(text, "..."));
}

static void layers_become_a_bar(void **state)
{
	AUTO(fd) int fd = memfd_create("out", 0);
	AUTO(progress) struct progress *p = make(PROGRESS_TTY, fd, false, false);
	AUTO(mem) char *text = NULL;

	(void)state;
	say(p, "Image nginx", "Pulling", PROGRESS_WORKING, NULL);
	progress_event(p, &(struct progress_event){ .id = "a", .parent = "Image nginx", .text = "Downloading",
						    .current = 10000000, .total = 10000000 });
	progress_event(p, &(struct progress_event){ .id = "b", .parent = "Image nginx", .text = "Downloading",
						    .current = 2300000, .total = 35600000 });
	progress_end(p);
	text = written(fd);
	assert_non_null(strstr(text, "Image nginx [⣿⠀] 12.3MB / 45.6MB Pulling"));
	assert_non_null(strstr(text, "[+] up 0/1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_lines_begin_with_a_blank),
		cmocka_unit_test(dry_run_is_marked),
		cmocka_unit_test(json_has_its_keys_in_order_and_no_empty_ones),
		cmocka_unit_test(quiet_says_nothing),
		cmocka_unit_test(frames_are_painted_over_each_other),
		cmocka_unit_test(the_last_frame_is_drawn_at_once),
		cmocka_unit_test(events_outside_an_operation_are_single_lines),
		cmocka_unit_test(elapsed_stops_when_a_task_is_done),
		cmocka_unit_test(rows_that_do_not_fit_are_counted),
		cmocka_unit_test(narrow_terminals_cut_details_first),
		cmocka_unit_test(layers_become_a_bar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
