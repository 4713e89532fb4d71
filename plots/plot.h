/* plot: draws a doc's figures: writes plots/<name>.dat and .gp into the run
 * directory and has gnuplot make the .svg. Reads files, computes nothing; no
 * text of the data reaches gnuplot as a command.
 */
#ifndef ET_PLOTS_PLOT_H
#define ET_PLOTS_PLOT_H

#include "results/format/doc.h"

/* templates: the folder of *.gp. gnuplot missing or failing is a warning in
 * the log and a figure without its .svg; only a full disk is an error. */
enum et_status et_plot_draw(const struct et_doc *doc, const char *templates,
                            const char *dir);

#endif
