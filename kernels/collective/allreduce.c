/* The build's list of all-reduce backends, made from Makefile.am's. */
#include "config.h"
#include "kernels/collective/allreduce.h"

#include "lists.h"

ET_BACKENDS(allreduce, ET_LIST_ALLREDUCE);
