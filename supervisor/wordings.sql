-- The defaults and checks of a table and its partitions ($1, an array of oids),
-- by the names that the snapshot gives their objects: the type that each has,
-- without modifiers, and something outside pg_catalog, the table and its
-- columns' plain types that it reaches.
WITH expression AS (
    SELECT pg_catalog.format('column %s.%I', d.adrelid::pg_catalog.regclass,
                             a.attname) AS object,
           a.atttypid AS type, d.adrelid AS relation,
           'pg_catalog.pg_attrdef'::pg_catalog.regclass AS classid, d.oid
      FROM pg_catalog.pg_attrdef d
      JOIN pg_catalog.pg_attribute a
        ON a.attrelid = d.adrelid AND a.attnum = d.adnum
     WHERE d.adrelid = ANY ($1::pg_catalog.oid[])
     UNION ALL
    SELECT pg_catalog.format('constraint %I on %s', k.conname,
                             k.conrelid::pg_catalog.regclass),
           'pg_catalog.bool'::pg_catalog.regtype, k.conrelid,
           'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
      FROM pg_catalog.pg_constraint k
     WHERE k.conrelid = ANY ($1::pg_catalog.oid[]) AND k.contype = 'c'
)
SELECT e.object,
       pg_catalog.quote_ident(n.nspname) || '.'
           || pg_catalog.quote_ident(t.typname),
       (SELECT pg_catalog.min(pg_catalog.pg_describe_object(
                   d.refclassid, d.refobjid, d.refobjsubid))
          FROM pg_catalog.pg_depend d
         WHERE d.classid = e.classid AND d.objid = e.oid
           AND d.refclassid <> 'pg_catalog.pg_collation'::pg_catalog.regclass
           AND NOT (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND d.refobjid = e.relation)
           AND NOT (d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
                    AND d.refobjid IN (
                        -- Reading a constant of another type may run a check.
                        SELECT t.oid
                          FROM pg_catalog.pg_attribute a
                          JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                          LEFT JOIN pg_catalog.pg_type p ON p.oid
                               IN (t.typelem, t.typbasetype)
                         WHERE a.attrelid = e.relation
                           AND (t.typtype = 'e' OR p.typtype = 'e'
                                OR (t.typtype = 'd' AND p.typtype = 'b'
                                    AND p.oid < 16384)))))
  FROM expression e
  JOIN pg_catalog.pg_type t ON t.oid = e.type
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
