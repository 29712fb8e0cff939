/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `prose-sim export DIR TABLE|SQL [--wide]`: rows of results.sqlite as CSV (RFC 4180) on standard output.
 *
 * A table comes in the order of its columns, so the text does not depend on the order in which runs finished; a statement comes in
 * the order it asks for. --wide puts the factors of each row's configuration beside it.
 */
#ifndef PROSE_EXPORT_H
#define PROSE_EXPORT_H

/* argv[0] is the command's name. Returns: the exit status. */
int prose_export_main(int argc, char **argv);

#endif
