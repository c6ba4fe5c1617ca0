#include "compose/cmd/menu.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "compose/ui/term.h"

void menu_open(struct menu *m, bool color)
{
	*m = (struct menu){ .color = color, .is_open = term_keys(STDIN_FILENO) == 0 };
}

static void put(const char *text)
{
	(void)dprintf(STDOUT_FILENO, "%s", text);
}

void menu_clear(struct menu *m)
{
	if (!m->is_visible)
		return;
	put("\r\033[K");
	m->is_visible = false;
}

void menu_draw(struct menu *m)
{
	if (!m->is_open || m->is_visible)
		return;
	put(m->color ? "\033[7;1md\033[0m\033[2m Detach\033[0m" : "d Detach");
	m->is_visible = true;
}

bool menu_key(struct menu *m)
{
	char key;

	if (read(STDIN_FILENO, &key, 1) != 1) {
		menu_close(m);
		return false;
	}
	if (key == '\n' || key == '\r') {
		menu_clear(m);
		put("\n");
	}
	return key == 'd';
}

void menu_suspend(struct menu *m)
{
	menu_clear(m);
	term_restore();
	(void)kill(0, SIGSTOP); /* the whole group, as the terminal would have done */
	if (m->is_open)
		(void)term_keys(STDIN_FILENO);
}

void menu_close(struct menu *m)
{
	menu_clear(m);
	if (m->is_open)
		term_restore();
	m->is_open = false;
}
