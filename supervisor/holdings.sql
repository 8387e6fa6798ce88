-- Everything that belongs to a table and to its partitions ($1, an array of
-- oids, the table's first), by oid: what a change of the table may write to or
-- lock. "neighbour" are tables that a foreign key leads to or comes from. Tables
-- and indexes have a name and a file, and "written" are the catalogues, each with
-- the number of rows that this session wrote there.
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
), counting AS MATERIALIZED (
    -- Rolled back or not, each row counts, and up to COMMIT no count is lost.
    -- Only a superuser, and whom one lets, can stop the counting. The login is
    -- none and acts as none, but a function may: it is relied on where none
    -- looks as if it did.
    SELECT pg_catalog.current_setting('track_counts') = 'on'
       AND NOT EXISTS (                               -- since 15
           SELECT FROM pg_catalog.pg_parameter_acl a  -- since 15
            WHERE a.parname = 'track_counts')         -- since 15
       AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_proc p
            -- The first oid that isn't the server's own.
            WHERE p.oid >= 16384
              AND (pg_catalog.strpos(pg_catalog.lower(p.prosrc),
                          'track_counts') > 0
                   OR pg_catalog.strpos(pg_catalog.lower(     -- since 14
                          pg_catalog.pg_get_function_sqlbody( -- since 14
                              p.oid)), 'track_counts') > 0    -- since 14
                   OR pg_catalog.strpos(pg_catalog.lower(
                          p.proconfig::pg_catalog.text),
                          'track_counts') > 0)) AS is_on
), indexed AS MATERIALIZED (
    SELECT i.indexrelid AS oid
      FROM pg_catalog.pg_index i
     WHERE i.indrelid = ANY ($1::pg_catalog.oid[])
)
SELECT 'table' AS kind, r.oid,
       r.oid::pg_catalog.regclass::pg_catalog.text AS name,
       r.relfilenode::pg_catalog.int8
  FROM relation r
UNION ALL
SELECT 'index', x.oid, x.oid::pg_catalog.regclass::pg_catalog.text,
       c.relfilenode::pg_catalog.int8
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
 WHERE g.oid = ANY (ARRAY(
       SELECT o.oid FROM pg_catalog.pg_trigger o
        WHERE o.tgrelid = ANY ($1::pg_catalog.oid[])
        UNION ALL
       SELECT o.oid FROM pg_catalog.pg_trigger o
        WHERE o.tgconstraint = ANY (ARRAY(SELECT k.oid FROM constrained k))))
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
  JOIN pg_catalog.pg_type t ON t.oid = ANY (ARRAY(
       SELECT d.objid FROM pg_catalog.pg_depend d
        WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
          AND d.refobjid = r.relnamespace
          AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass))
 WHERE r.oid = ($1::pg_catalog.oid[])[1]
   AND t.typowner = r.relowner AND t.typtype = 'e'
UNION ALL
-- NULL where they are not to be relied on.
SELECT 'written', c.oid, c.relname,
       CASE WHEN n.is_on
            THEN pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)
                 + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
                 + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) END
  FROM counting n, pg_catalog.pg_class c
 WHERE c.oid < 16384 AND c.relkind = 'r'
