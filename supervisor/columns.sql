-- The live columns of the table $1 (oid), in order.
SELECT a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.quote_ident(n.nspname) || '.'
           || pg_catalog.quote_ident(t.typname),
       a.atttypid,
       t.typcategory = 'A',
       a.attnotnull,
       a.atthasdef OR a.attidentity <> '',
       a.attgenerated <> ''
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
 WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
