-- A table ($1, its oid), its partitions, and what there is to be read about
-- them. One row; where the owner has enum types in the table's schema one for
-- each: they may become a column's.
--
-- "kinds": the catalogues that hold anything about the table or a partition,
-- with a space before and after each. Parts of other queries are left out by
-- them (catalog_query.h).
WITH tree (oids) AS MATERIALIZED (
    SELECT ARRAY(
           SELECT $1::pg_catalog.oid
            UNION ALL
           SELECT t.relid
             FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) t
            WHERE t.relid <> $1::pg_catalog.oid)
)
SELECT t.oids,
       pg_catalog.concat(' ',
           (SELECT pg_catalog.string_agg(DISTINCT
                       d.classid::pg_catalog.regclass || ' ', '')
              FROM pg_catalog.pg_depend d
             WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
               AND d.refobjid = ANY (t.oids)),
           CASE WHEN c.relkind = 'p' THEN 'pg_partitioned_table ' END,
           CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits h
                              WHERE h.inhrelid = ANY (t.oids)
                                 OR h.inhparent = ANY (t.oids))
                THEN 'pg_inherits ' END,
           CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_publication)
                THEN 'pg_publication ' END,
           -- The first oid that isn't the server's own.
           CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_cast k
                              WHERE k.oid >= 16384)
                THEN 'pg_cast ' END,
           CASE WHEN e.oid IS NOT NULL THEN 'pg_enum ' END) AS kinds,
       e.typname
  FROM tree t
 CROSS JOIN pg_catalog.pg_class c
  LEFT JOIN LATERAL (
       SELECT y.oid, y.typname
         FROM pg_catalog.pg_type y
        WHERE y.oid = ANY (ARRAY(
              SELECT d.objid FROM pg_catalog.pg_depend d
               WHERE d.refclassid
                     = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                 AND d.refobjid = c.relnamespace
                 AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass))
          AND y.typowner = c.relowner AND y.typtype = 'e') e ON true
 WHERE c.oid = $1::pg_catalog.oid
