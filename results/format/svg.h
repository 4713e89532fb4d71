/* svg: a drawn figure put inside a page. The file lies in a run directory, so
 * it is not trusted: what is not a plain drawing stays out.
 */
#ifndef ET_RESULTS_FORMAT_SVG_H
#define ET_RESULTS_FORMAT_SVG_H

#include <stdbool.h>
#include <stdio.h>

/* Write dir/plots/<name>.svg without its prolog, its ids made the figure's
 * own. False, and nothing written, where there is none, or it holds script,
 * event handlers, styles, links or anything from elsewhere. */
bool et_svg_inline(const char *dir, const char *name, size_t figure, FILE *to);

#endif
