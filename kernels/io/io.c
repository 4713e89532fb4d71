/* The build's list of I/O backends, made from Makefile.am's. */
#include "config.h"
#include "kernels/io/io.h"

#include "lists.h"

ET_BACKENDS(io, ET_LIST_IO);
