/*
 * claude.h - the planner that asks Claude: a conversation in which the model
 * calls the supervisor's tools, until a proposal was taken.
 *
 * The model's words are as untrusted here as they are later: a call is passed
 * on only when its tool was offered and its input is sound JSON, and none is
 * ever made from an answer that broke off.
 */
#ifndef AGENT_CLAUDE_H
#define AGENT_CLAUDE_H

struct error;
struct mcp;

/*
 * Holds the conversation to its end: a proposal that was taken, or the
 * supervisor told that there is none, by give_up or pgmend/model_failed. Fails
 * only when the wire breaks.
 */
int claude_plan(struct mcp *mcp, struct error *err);

#endif
