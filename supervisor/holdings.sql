-- Everything that belongs to a table and to its partitions ($1, an array of
-- oids, the table's first), by oid: what a change of the table may write to or
-- lock. "neighbour" are tables that a foreign key leads to or comes from. Tables
-- and indexes have a name and a file.
WITH relation AS MATERIALIZED (
    SELECT c.oid, c.relname, c.relnamespace, c.relowner, c.reltoastrelid,
           c.reltype, c.relfilenode
      FROM pg_catalog.pg_class c
     WHERE c.oid = ANY ($1::pg_catalog.oid[])
), constrained AS MATERIALIZED (
    SELECT k.oid, k.conrelid, k.confrelid
      FROM pg_catalog.pg_constraint k
     WHERE k.conrelid = ANY ($1::pg_catalog.oid[])
     UNION
    SELECT k.oid, k.conrelid, k.confrelid
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_constraint k ON k.oid = d.objid AND k.confrelid <> 0
     WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refobjid = ANY ($1::pg_catalog.oid[])
       AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
), indexed AS MATERIALIZED (
    SELECT i.indexrelid AS oid
      FROM pg_catalog.pg_index i
     WHERE i.indrelid = ANY ($1::pg_catalog.oid[])
)
SELECT 'table' AS kind, r.oid,
       r.oid::pg_catalog.regclass::pg_catalog.text AS name, r.relfilenode
  FROM relation r
UNION ALL
SELECT 'index', x.oid, x.oid::pg_catalog.regclass::pg_catalog.text,
       c.relfilenode
  FROM indexed x
  JOIN pg_catalog.pg_class c ON c.oid = x.oid
UNION ALL
SELECT 'toast', r.reltoastrelid, NULL, NULL
  FROM relation r WHERE r.reltoastrelid <> 0
UNION ALL
SELECT 'toast', i.indexrelid, NULL, NULL
  FROM relation r
  JOIN pg_catalog.pg_index i ON i.indrelid = r.reltoastrelid
UNION ALL
SELECT 'constraint', k.oid, NULL, NULL FROM constrained k
UNION ALL
SELECT 'neighbour', o.oid, NULL, NULL
  FROM (SELECT k.conrelid AS oid FROM constrained k
         UNION SELECT k.confrelid FROM constrained k) o
 WHERE o.oid <> 0 AND o.oid <> ALL ($1::pg_catalog.oid[])
UNION ALL
SELECT 'default', d.oid, NULL, NULL
  FROM relation r
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid
UNION ALL
SELECT 'trigger', g.oid, NULL, NULL
  FROM pg_catalog.pg_trigger g
 WHERE g.tgrelid = ANY ($1::pg_catalog.oid[])
    OR g.tgconstraint IN (SELECT k.oid FROM constrained k)
UNION ALL
SELECT 'statistics', s.oid, NULL, NULL
  FROM relation r
  JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = r.oid
UNION ALL
SELECT 'type', y.oid, NULL, NULL
  FROM relation r
  JOIN pg_catalog.pg_type t ON t.oid = r.reltype
 CROSS JOIN LATERAL (SELECT t.oid UNION SELECT t.typarray) y
UNION ALL
SELECT 'enum', t.oid, NULL, NULL
  FROM relation r
  JOIN pg_catalog.pg_type t
    ON t.typnamespace = r.relnamespace AND t.typowner = r.relowner
   AND t.typtype = 'e'
 WHERE r.oid = ($1::pg_catalog.oid[])[1]
