/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `prose-sim message decode|protect|unprotect`: one PC5 message as hex in, explained out.
 */
#ifndef PROSE_MESSAGE_TOOL_H
#define PROSE_MESSAGE_TOOL_H

/**
 * prose_message_tool_main:
 * @argv: %argv[0] is "message", then the verb, the message and options; left as it is
 *
 * Writes the answer to standard output, and what is wrong with the command line, all of it, to standard error. Exits never.
 *
 * Returns: the exit status: 0 done or accepted, 1 rejected, 2 the command line is wrong.
 */
int prose_message_tool_main(int argc, char **argv);

#endif
