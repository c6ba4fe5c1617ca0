/*
 * runtime/runtime.h - what callers of the runtime programs need to know: names, annotations, exit codes.
 *
 * The input of the runtime is an OCI config.json and nothing else; what OCI has no word for is said
 * by the annotations below. Another runtime ignores them.
 *
 * Owns:    nothing.
 * Units:   none.
 * Errors:  none.
 * Thread:  any.
 * Source:  runtime-spec config.md; ARCHITECTURE.md "Contract: config.json".
 */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#define RUNTIME_OCI_VERSION "1.1.0"

/* A JSON object as text: {"lower":["/top","/below"],"upper":"/u","work":"/w"}; mounted on root.path.
 * Without "upper" it is read-only. */
#define RUNTIME_ANNOTATION_OVERLAY "compose.overlay"
/* "true": pid 1 is a small init that forwards signals and reaps. */
#define RUNTIME_ANNOTATION_INIT "compose.init"
/* "default": the built-in system call filter, for a config without linux.seccomp. It is resolved
 * against process.capabilities.bounding. Absent or "unconfined": no filter. */
#define RUNTIME_ANNOTATION_SECCOMP "compose.seccomp"

/* Files in the state directory of one container, ROOT/ID. */
#define RUNTIME_STATE_NAME   "state.json"
#define RUNTIME_CONFIG_NAME  "config.json"
#define RUNTIME_FIFO_NAME    "exec.fifo"
#define RUNTIME_CGROUPS_NAME "cgroups" /* lines "VERSION CONTROLLERS PATH" */
#define RUNTIME_HOOKS_NAME   "hooks"   /* there when start or delete have hooks to run */

/* The cgroup directory that holds those of all containers; it goes with the last of them. */
#define RUNTIME_CGROUP_PARENT "compose"

/* Exit codes of a container that could not be started, and of `exec`. */
enum runtime_exit {
	RUNTIME_EXIT_NOT_EXECUTABLE = 126,
	RUNTIME_EXIT_NOT_FOUND = 127,
	RUNTIME_EXIT_START_FAILED = 128,
};

#endif
