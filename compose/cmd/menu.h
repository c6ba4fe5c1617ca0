/*
 * compose/cmd/menu.h - the line of keys below the logs of attached `up` on a terminal.
 *
 * Owns:    the terminal's input mode while it is open.
 * Units:   none.
 * Errors:  none: a terminal that cannot be set has no menu.
 * Thread:  main thread.
 * Source:  cli reference 6.
 */
#ifndef COMPOSE_CMD_MENU_H
#define COMPOSE_CMD_MENU_H

#include <stdbool.h>

struct menu {
	bool is_open;    /* keys are read one by one */
	bool is_visible; /* the line is on the screen */
	bool color;
};

void menu_open(struct menu *m, bool color);
/* Before anything else is written to the terminal. */
void menu_clear(struct menu *m);
void menu_draw(struct menu *m);
/* Standard input is readable: true when the key for detaching was pressed. */
bool menu_key(struct menu *m);
/* SIGTSTP arrived: gives the terminal back, stops, and takes it again. */
void menu_suspend(struct menu *m);
void menu_close(struct menu *m);

#endif
