// What `pgmend mcp` answers about a table, by pg: the tools that both peers
// serve, with the same queries.

import pg from "pg";
import { z } from "zod";

const columnsQuery = `
	SELECT a.attname AS name,
	       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
	       NOT a.attnotnull AS nullable,
	       a.atthasdef OR a.attidentity <> '' AS has_default,
	       a.attgenerated <> '' AS generated,
	       a.attidentity <> '' AS identity,
	       EXISTS (SELECT FROM pg_catalog.pg_constraint k
	                WHERE k.conrelid = a.attrelid AND a.attnum = ANY (k.conkey)
	                  AND k.contype IN ('p', 'u', 'f')) AS in_key,
	       (SELECT pg_catalog.count(DISTINCT r.ev_class)::int
	          FROM pg_catalog.pg_depend d
	          JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
	         WHERE d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
	           AND d.classid = 'pg_catalog.pg_rewrite'::regclass
	           AND r.ev_class <> a.attrelid) AS views
	  FROM pg_catalog.pg_attribute a
	 WHERE a.attrelid = pg_catalog.format('%I.%I', $1::text, $2::text)::regclass
	   AND a.attnum > 0 AND NOT a.attisdropped
	 ORDER BY a.attnum`;

const constraintsQuery = `
	SELECT pg_catalog.quote_ident(k.conname) || ' '
	           || pg_catalog.pg_get_constraintdef(k.oid) AS text
	  FROM pg_catalog.pg_constraint k
	 WHERE k.conrelid = pg_catalog.format('%I.%I', $1::text, $2::text)::regclass
	   AND k.contype <> 'n' ORDER BY 1`;

const dependentsQuery = `
	SELECT DISTINCT pg_catalog.pg_describe_object(
	           d.classid, d.objid, d.objsubid) AS text
	  FROM pg_catalog.pg_depend d
	 WHERE d.refclassid = 'pg_catalog.pg_class'::regclass
	   AND d.refobjid = pg_catalog.format('%I.%I', $1::text, $2::text)::regclass
	 ORDER BY 1`;

const database = new pg.Client();
await database.connect();

async function rows(query, { schema, table }) {
	return (await database.query(query, [schema, table])).rows;
}

async function texts(query, where) {
	return (await rows(query, where)).map((row) => row.text);
}

const where = z.strictObject({ schema: z.string(), table: z.string() });
const column = z.object({
	name: z.string(), type: z.string(), nullable: z.boolean(),
	has_default: z.boolean(), generated: z.boolean(), identity: z.boolean(),
	in_key: z.boolean(), views: z.int(),
});

export const tools = {
	describe_table: {
		description: "Columns of a table: names, types, nullable or not",
		inputSchema: where,
		outputSchema: z.object({
			schema: z.string(), table: z.string(), columns: z.array(column),
		}),
		answer: async (asked) =>
			({ ...asked, columns: await rows(columnsQuery, asked) }),
	},
	list_constraints: {
		description: "Constraints of a table, as "
			+ "pg_get_constraintdef() writes them",
		inputSchema: where,
		outputSchema: z.object({ constraints: z.array(z.string()) }),
		answer: async (asked) =>
			({ constraints: await texts(constraintsQuery, asked) }),
	},
	list_dependents: {
		description: "What depends on a table: "
			+ "views, indexes, triggers, foreign keys",
		inputSchema: where,
		outputSchema: z.object({ dependents: z.array(z.string()) }),
		answer: async (asked) =>
			({ dependents: await texts(dependentsQuery, asked) }),
	},
	explain_statement: {
		description: "The plan of a statement, which isn't executed",
		inputSchema: z.strictObject({ statement: z.string() }),
		outputSchema: z.object({ plan: z.array(z.string()) }),
		answer: async ({ statement }) => {
			const { rows } = await database.query(
				{ text: `EXPLAIN ${statement}`, queryMode: "extended" });
			return { plan: rows.map((row) => row["QUERY PLAN"]) };
		},
	},
};

// Offers them by either SDK's McpServer, whose registerTool() is the same.
export function register(server) {
	for (const [name, { answer, ...tool }] of Object.entries(tools))
		server.registerTool(
			name, { ...tool, annotations: { readOnlyHint: true } },
			async (asked) => {
				const structuredContent = await answer(asked);
				const text = JSON.stringify(structuredContent);
				return { content: [{ type: "text", text }], structuredContent };
			});
}
