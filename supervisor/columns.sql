-- The live columns of a table, in order, and what hangs on each of them in the
-- table and in its partitions ($1, an array of oids, the table's first).
WITH RECURSIVE member AS MATERIALIZED (
    SELECT a.attrelid, a.attnum, a.attname
      FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = ANY ($1::pg_catalog.oid[])
       AND a.attnum > 0 AND NOT a.attisdropped
), depending AS MATERIALIZED (
    SELECT d.classid, d.objid, d.refobjid, d.refobjsubid
      FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refobjid = ANY ($1::pg_catalog.oid[]) AND d.refobjsubid > 0
-- if pg_rewrite
), dependent_view (attname, oid) AS (
    SELECT m.attname, r.ev_class
      FROM depending d
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
      JOIN member m
        ON m.attrelid = d.refobjid AND m.attnum = d.refobjsubid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
       AND r.ev_class <> d.refobjid
     UNION
    SELECT v.attname, r.ev_class
      FROM dependent_view v
      JOIN pg_catalog.pg_depend d
        ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refobjid = v.oid
       AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE r.ev_class <> v.oid
-- end
), indexed AS MATERIALIZED (
    -- With an expression or a predicate it is built anew when a type changes.
    SELECT m.attname, i.indisunique,
           i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
           OR NOT i.indisvalid AS is_fragile
      FROM pg_catalog.pg_index i
      JOIN member m ON m.attrelid = i.indrelid
     WHERE i.indrelid = ANY ($1::pg_catalog.oid[])
       AND (m.attnum = ANY (i.indkey)
            OR EXISTS (SELECT FROM depending d
                        WHERE d.classid
                              = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.objid = i.indexrelid
                          AND d.refobjid = m.attrelid
                          AND d.refobjsubid = m.attnum))
), constrained AS MATERIALIZED (
    -- A foreign key of another table's depends on the columns that it names.
    SELECT m.attname, k.contype, k.convalidated
      FROM depending d
      JOIN pg_catalog.pg_constraint k ON k.oid = d.objid
      JOIN member m
        ON m.attrelid = d.refobjid AND m.attnum = d.refobjsubid
     WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
)
SELECT a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.quote_ident(n.nspname) || '.'
           || pg_catalog.quote_ident(t.typname),
       -- The date or time in it, or in its elements or bounds; 0: none.
       (WITH RECURSIVE part (oid) AS (
            SELECT a.atttypid
             UNION
            SELECT o.oid
              FROM part p
              JOIN pg_catalog.pg_type y ON y.oid = p.oid
             CROSS JOIN LATERAL (
                   SELECT y.typbasetype AS oid
                    UNION ALL SELECT y.typelem
                    UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r
                               WHERE r.rngtypid = y.oid
                    UNION ALL SELECT r.rngsubtype           -- since 14
                               FROM pg_catalog.pg_range r   -- since 14
                              WHERE r.rngmultitypid = y.oid -- since 14
                   ) o
             WHERE o.oid <> 0)
        SELECT COALESCE(pg_catalog.max(p.oid::pg_catalog.int8), 0)
          FROM part p WHERE p.oid IN (1082, 1114, 1184, 1266)),
       t.typcategory = 'A',
       a.attnotnull,
       a.atthasdef OR a.attidentity <> '',
       a.attgenerated <> '',
       EXISTS (SELECT FROM indexed i WHERE i.attname = a.attname),
       EXISTS (SELECT FROM indexed i
                WHERE i.attname = a.attname AND i.indisunique)
           OR EXISTS (SELECT FROM constrained k
                       WHERE k.attname = a.attname
                         AND k.contype IN ('p', 'u', 'f')),
       EXISTS (SELECT FROM indexed i
                WHERE i.attname = a.attname AND i.is_fragile)
           OR EXISTS (SELECT FROM constrained k
                       WHERE k.attname = a.attname
                         AND k.contype = 'c' AND k.convalidated),
       -- Another schema's name differs from any of pg_catalog's.
       (SELECT CASE WHEN c.collnamespace
                         = 'pg_catalog'::pg_catalog.regnamespace
                    THEN c.collname
                    ELSE c.collnamespace::pg_catalog.regnamespace || '.'
                         || c.collname END
          FROM pg_catalog.pg_collation c
         WHERE c.oid = a.attcollation AND a.attcollation <> t.typcollation),
-- if pg_rewrite
       (SELECT pg_catalog.count(*) FROM dependent_view v
         WHERE v.attname = a.attname),
-- unless pg_rewrite
       0,
-- end
-- if pg_cast
       (SELECT COALESCE(pg_catalog.string_agg(
                   E'\n' || y.nspname || '.' || p.typname || E'\n', ''), '')
          FROM pg_catalog.pg_cast k
          JOIN pg_catalog.pg_type p ON p.oid = k.casttarget
          JOIN pg_catalog.pg_namespace y ON y.oid = p.typnamespace
         -- The first oid that isn't the server's own.
         WHERE k.oid >= 16384 AND k.castsource IN (t.oid, t.typelem))
-- unless pg_cast
       ''
-- end
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE a.attrelid = ($1::pg_catalog.oid[])[1]
   AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
