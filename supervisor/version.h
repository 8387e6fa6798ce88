/*
 * version.h - pgmend's version and those of the libraries it runs with.
 */
#ifndef SUPERVISOR_VERSION_H
#define SUPERVISOR_VERSION_H

#include <stdio.h>

void version_write(FILE *out);

#endif
