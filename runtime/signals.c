#include "runtime/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

void signals_attend(void)
{
	static bool is_done;
	struct sigaction now;

	for (int sig = 1; !is_done && sig < NSIG; sig++)
		if (sigaction(sig, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
			(void)signal(sig, SIG_DFL);
	is_done = true;
}

void signals_reset(void)
{
	sigset_t none;

	signals_attend();
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}
