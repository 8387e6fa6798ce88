/*
 * policy_mcp.h - what becomes of an MCP host's proposal, by the policy set:
 * section mcp, the most careful of all layers.
 */
#ifndef POLICY_POLICY_MCP_H
#define POLICY_POLICY_MCP_H

#include <stdbool.h>

struct policy;

/* May one that is allowed be applied at once? Only where a layer of the base
 * set says `propose apply`, and no layer at all `propose store`; else a person
 * approves it first. */
bool policy_applies_proposals(const struct policy *policy);

#endif
