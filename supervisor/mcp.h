/*
 * mcp.h - `pgmend mcp`: the guarded tools for any MCP host.
 */
#ifndef SUPERVISOR_MCP_H
#define SUPERVISOR_MCP_H

/* argv[0] = "mcp"; returns the exit status: 0 at the end of input, else as
 * heal's. */
int command_mcp(int argc, char **argv);

#endif
