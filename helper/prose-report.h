/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `prose-sim report DIR`: one self-contained HTML page, DIR/report.html, from the results.sqlite of a run or a campaign.
 *
 * The same results give the same octets: nothing of the host, the date or the table `perf` enters. Plots are drawn by gnuplot,
 * run as a child process, and stand in the page as SVG; beside each is a table of the numbers plotted.
 */
#ifndef PROSE_REPORT_H
#define PROSE_REPORT_H

#include <glib.h>
#include <stdbool.h>

#define PROSE_REPORT_FILE "report.html"

/**
 * prose_report_write:
 * @directory: holds results.sqlite; report.html is written there, whole or not at all
 * @error: PROSE_RUN_ERROR; its code is the exit status it deserves: USAGE if there are no results or results of another
 *   version, FAILED if they are damaged, gnuplot is missing or fails, or the page cannot be written
 */
bool prose_report_write(const char *directory, GError **error);

/* `prose-sim report DIR`; argv[0] is the command's name. Returns: the exit status. */
int prose_report_main(int argc, char **argv);

#endif
