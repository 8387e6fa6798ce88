-- The table $1 (oid), its partitions and what hangs on them, one line a thing.
-- Two snapshots are compared line by line. pg_attver (15.20 and later) counts
-- type changes in attoptions and is left out.
WITH RECURSIVE tree AS (
    SELECT c.*
      FROM pg_catalog.pg_class c
     WHERE c.oid = $1::pg_catalog.oid
        OR c.oid IN (SELECT t.relid
                       FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid) t)
), dependent_view (oid) AS (
    SELECT r.ev_class
      FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND d.refobjid IN (SELECT oid FROM tree)
       AND r.ev_class <> d.refobjid
     UNION
    SELECT r.ev_class
      FROM dependent_view v
      JOIN pg_catalog.pg_depend d ON d.refobjid = v.oid
      JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       AND r.ev_class <> v.oid
)
SELECT pg_catalog.format(
           'relation %s: kind=%s owner=%s acl=%s rls=%s/%s identity=%s options=%s persistence=%s tablespace=%s bound=%s',
           c.oid::pg_catalog.regclass, c.relkind,
           pg_catalog.pg_get_userbyid(c.relowner), c.relacl, c.relrowsecurity,
           c.relforcerowsecurity, c.relreplident, c.reloptions,
           c.relpersistence, c.reltablespace,
           pg_catalog.pg_get_expr(c.relpartbound, c.oid)) AS line
  FROM tree c
UNION ALL
SELECT pg_catalog.format(
           'column %s.%s: type=%s not_null=%s default=%s identity=%s generated=%s collation=%s acl=%s options=%s',
           a.attrelid::pg_catalog.regclass,
           pg_catalog.quote_ident(a.attname),
           pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity,
           a.attgenerated,
           CASE WHEN a.attcollation <> t.typcollation
                THEN a.attcollation::pg_catalog.text ELSE '' END,
           a.attacl,
           (SELECT pg_catalog.string_agg(o, ',')
              FROM pg_catalog.unnest(a.attoptions) o
             WHERE o NOT LIKE 'pg\_attver=%'))
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef d
         ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid IN (SELECT oid FROM tree)
   AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT pg_catalog.format('constraint %s on %s: %s valid=%s',
           pg_catalog.quote_ident(k.conname),
           k.conrelid::pg_catalog.regclass,
           pg_catalog.pg_get_constraintdef(k.oid), k.convalidated)
  FROM pg_catalog.pg_constraint k
 WHERE k.conrelid IN (SELECT oid FROM tree)
    OR k.confrelid IN (SELECT oid FROM tree)
UNION ALL
SELECT pg_catalog.format('index %s valid=%s',
           pg_catalog.pg_get_indexdef(i.indexrelid), i.indisvalid)
  FROM pg_catalog.pg_index i
 WHERE i.indrelid IN (SELECT oid FROM tree)
UNION ALL
SELECT pg_catalog.format('trigger %s enabled=%s function_owner=%s',
           pg_catalog.pg_get_triggerdef(g.oid), g.tgenabled,
           pg_catalog.pg_get_userbyid(p.proowner))
  FROM pg_catalog.pg_trigger g
  JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
 WHERE g.tgrelid IN (SELECT oid FROM tree)
UNION ALL
SELECT pg_catalog.format('rule %s enabled=%s',
           pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled)
  FROM pg_catalog.pg_rewrite r
 WHERE r.ev_class IN (SELECT oid FROM tree)
UNION ALL
SELECT pg_catalog.format(
           'policy %s on %s: command=%s permissive=%s roles=%s using=%s check=%s',
           pg_catalog.quote_ident(p.polname),
           p.polrelid::pg_catalog.regclass, p.polcmd, p.polpermissive,
           p.polroles, pg_catalog.pg_get_expr(p.polqual, p.polrelid),
           pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_catalog.pg_policy p
 WHERE p.polrelid IN (SELECT oid FROM tree)
UNION ALL
SELECT pg_catalog.format('child %s of %s',
           h.inhrelid::pg_catalog.regclass, h.inhparent::pg_catalog.regclass)
  FROM pg_catalog.pg_inherits h
 WHERE h.inhrelid IN (SELECT oid FROM tree)
    OR h.inhparent IN (SELECT oid FROM tree)
UNION ALL
SELECT pg_catalog.format('view %s: owner=%s acl=%s %s',
           c.oid::pg_catalog.regclass,
           pg_catalog.pg_get_userbyid(c.relowner), c.relacl,
           pg_catalog.pg_get_viewdef(c.oid))
  FROM pg_catalog.pg_class c
 WHERE c.oid IN (SELECT oid FROM dependent_view)
UNION ALL
SELECT pg_catalog.format('published by %s: %s',
           pg_catalog.quote_ident(p.pubname),
           r.prrelid::pg_catalog.regclass)
  FROM pg_catalog.pg_publication_rel r
  JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
 WHERE r.prrelid IN (SELECT oid FROM tree)
UNION ALL
SELECT pg_catalog.format('member %s of role %s admin=%s',
           pg_catalog.pg_get_userbyid(m.member),
           pg_catalog.pg_get_userbyid(m.roleid), m.admin_option)
  FROM pg_catalog.pg_auth_members m
UNION ALL
SELECT pg_catalog.format(
           'role %s: super=%s createrole=%s createdb=%s login=%s replication=%s bypassrls=%s',
           r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb,
           r.rolcanlogin, r.rolreplication, r.rolbypassrls)
  FROM pg_catalog.pg_roles r
 ORDER BY 1
