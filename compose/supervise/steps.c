#include "compose/supervise/op.h"

struct step_kind_row {
	void (*run)(struct run_step *rs);
	const char *working, *done; /* what a dry run says; NULL = nothing */
};

static void run_join(struct run_step *rs)
{
	step_end(rs, NULL);
}

static void run_running(struct run_step *rs)
{
	step_say(rs, "Running", "Done", NULL);
	step_end(rs, NULL);
}

static const struct step_kind_row rows[STEP_KINDS] = {
	[STEP_JOIN] = { run_join, NULL, NULL },
	[STEP_NETWORK_CREATE] = { run_network_create, "Creating", "Created" },
	[STEP_NETWORK_REMOVE] = { run_network_remove, "Removing", "Removed" },
	[STEP_VOLUME_CREATE] = { run_volume_create, "Creating", "Created" },
	[STEP_VOLUME_REMOVE] = { run_volume_remove, "Removing", "Removed" },
	[STEP_RUNNING] = { run_running, NULL, "Running" },
	[STEP_CREATE] = { run_create, "Creating", "Created" },
	[STEP_RENAME] = { run_rename, NULL, "Recreated" },
	[STEP_START] = { run_start, "Starting", "Started" },
	[STEP_STOP] = { run_stop, "Stopping", "Stopped" },
	[STEP_REMOVE] = { run_remove, "Removing", "Removed" },
	[STEP_RESTART] = { run_restart, "Restarting", "Started" },
	[STEP_KILL] = { run_kill, "Killing", "Killed" },
	[STEP_PAUSE] = { run_pause, NULL, "Paused" },
	[STEP_UNPAUSE] = { run_unpause, NULL, "Unpaused" },
	[STEP_GATE] = { run_gate, NULL, NULL },
};

void step_run(struct run_step *rs)
{
	rows[rs->step->kind].run(rs);
}

void step_pretend(struct run_step *rs)
{
	const struct step *s = rs->step;
	const struct step_kind_row *row = &rows[s->kind];
	const char *working = row->working, *done = row->done;

	if (s->kind == STEP_CREATE && s->replaces) {
		working = "Recreate";
		done = NULL;
	}
	if (s->kind == STEP_RENAME || !s->is_silent) {
		if (working)
			step_say(rs, working, "Working", NULL);
		if (done)
			step_say(rs, done, "Done", NULL);
	}
	step_end(rs, NULL);
}
