/*
 * model_day.h - what all runs of a database together may ask and spend in a
 * day, counted under one lock: two runs can't both take the last of it.
 */
#ifndef SUPERVISOR_MODEL_DAY_H
#define SUPERVISOR_MODEL_DAY_H

struct error;
struct model;

/* Takes the lock, and tells the model's gate what other runs spent and asked in
 * the last 24 hours. What is admitted is recorded before the day is closed. */
int model_day_open(struct model *model, struct error *err);
int model_day_close(struct model *model, struct error *err);

#endif
