-- What a write to a table or to one of its partitions ($1, an array of oids, the
-- table's first) would reach, and what a change of it would: functions, types
-- and relations whose owner is neither the table's owner nor a superuser. $2:
-- the loader's schemas, an array. Nothing is run: only the catalogue is read.
--
-- What lies in pg_catalog has no pg_depend rows and belongs to a superuser;
-- operator classes can be made by superusers only.
WITH RECURSIVE target AS MATERIALIZED (
    SELECT c.* FROM pg_catalog.pg_class c
     WHERE c.oid = ($1::pg_catalog.oid[])[1]
), trusted AS MATERIALIZED (
    SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolsuper
     UNION
    SELECT t.relowner FROM target t
), tree AS MATERIALIZED (
    SELECT c.oid, c.relowner, c.relkind, c.relname
      FROM pg_catalog.pg_class c
     WHERE c.oid = ANY ($1::pg_catalog.oid[])
), column_type (oid, typname, typbasetype, typelem, typrelid, typowner) AS (
    SELECT t.oid, t.typname, t.typbasetype, t.typelem, t.typrelid, t.typowner
      FROM pg_catalog.pg_type t
     WHERE t.oid = ANY (ARRAY(
           SELECT a.atttypid FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = ANY ($1::pg_catalog.oid[])
              AND a.attnum > 0 AND NOT a.attisdropped
            UNION ALL
           -- An enum of the owner's in the same schema may become a column's.
           SELECT e.oid FROM target c
             JOIN pg_catalog.pg_type e ON e.oid = ANY (ARRAY(
                  SELECT d.objid FROM pg_catalog.pg_depend d
                   WHERE d.refclassid
                         = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                     AND d.refobjid = c.relnamespace
                     AND d.classid
                         = 'pg_catalog.pg_type'::pg_catalog.regclass))
            WHERE e.typowner = c.relowner AND e.typtype = 'e'))
     UNION
    -- What reading a value reads on the way: base, elements, fields, bounds.
    SELECT part.*
      FROM column_type k
     CROSS JOIN LATERAL (
           SELECT t.oid, t.typname, t.typbasetype, t.typelem, t.typrelid,
                  t.typowner
             FROM pg_catalog.pg_type t
            WHERE t.oid = ANY (ARRAY(
                  SELECT k.typbasetype
                   UNION ALL SELECT k.typelem
                   UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                              WHERE a.attrelid = k.typrelid
                                AND k.typrelid <> 0
                                AND a.attnum > 0 AND NOT a.attisdropped
                   UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r
                              WHERE r.rngtypid = k.oid
                   UNION ALL SELECT r.rngtypid              -- since 14
                               FROM pg_catalog.pg_range r   -- since 14
                              WHERE r.rngmultitypid = k.oid -- since 14
                  ))
           OFFSET 0) part
), typed AS MATERIALIZED (
    -- As an array it is looked up by index, however many the server expects.
    SELECT ARRAY(SELECT k.oid FROM column_type k) AS oids
), linked AS MATERIALIZED (
    -- All constraints of the tables and the types, and the foreign keys that
    -- lead to the tables: these have no index but what they depend on.
    SELECT k.*, k.conrelid = ANY ($1::pg_catalog.oid[]) AS is_own,
           k.confrelid = ANY ($1::pg_catalog.oid[]) AS leads_here
      FROM pg_catalog.pg_constraint k
     WHERE k.oid = ANY (ARRAY(
           SELECT o.oid FROM pg_catalog.pg_constraint o
            WHERE o.conrelid = ANY ($1::pg_catalog.oid[])
            UNION ALL
           SELECT d.objid FROM pg_catalog.pg_depend d
            WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              AND d.refobjid = ANY ($1::pg_catalog.oid[])
              AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
            UNION ALL
           SELECT d.objid FROM pg_catalog.pg_depend d
            WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
              AND d.refobjid
                  = ANY ((SELECT y.oids FROM typed y)::pg_catalog.oid[])
              AND d.classid
                  = 'pg_catalog.pg_constraint'::pg_catalog.regclass))
), reached (what, classid, objid) AS MATERIALIZED (
    SELECT 'trigger ' || g.tgname,
           'pg_catalog.pg_trigger'::pg_catalog.regclass, g.oid
      FROM pg_catalog.pg_trigger g
     WHERE g.tgrelid = ANY ($1::pg_catalog.oid[]) AND NOT g.tgisinternal
    UNION ALL
    SELECT 'rule ' || r.rulename,
           'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid
      FROM pg_catalog.pg_rewrite r
     WHERE r.ev_class = ANY ($1::pg_catalog.oid[])
    UNION ALL
    SELECT 'constraint ' || k.conname,
           'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
      FROM linked k
     WHERE k.is_own AND k.contype <> 'f' OR k.contypid <> 0
    UNION ALL
    SELECT 'default or generated column of ' || t.relname,
           'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid
      FROM pg_catalog.pg_attrdef d
      JOIN tree t ON t.oid = d.adrelid
     WHERE d.adrelid = ANY ($1::pg_catalog.oid[])
    UNION ALL
    SELECT 'policy ' || p.polname,
           'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid
      FROM pg_catalog.pg_policy p
     WHERE p.polrelid = ANY ($1::pg_catalog.oid[])
    UNION ALL
    SELECT 'index ' || c.relname,
           'pg_catalog.pg_class'::pg_catalog.regclass, c.oid
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
     WHERE i.indrelid = ANY ($1::pg_catalog.oid[])
    UNION ALL
    SELECT 'partition key of ' || t.relname,
           'pg_catalog.pg_class'::pg_catalog.regclass, t.oid
      FROM tree t
    UNION ALL
    SELECT 'type ' || k.typname,
           'pg_catalog.pg_type'::pg_catalog.regclass, k.oid
      FROM column_type k
), depending AS MATERIALIZED (
    SELECT r.what, d.refclassid, d.refobjid
      FROM reached r
     CROSS JOIN LATERAL (
           SELECT d.refclassid, d.refobjid
             FROM pg_catalog.pg_depend d
            WHERE d.classid = r.classid AND d.objid = r.objid
           OFFSET 0) d
), code (what, name, owner, function) AS MATERIALIZED (
    SELECT d.what, o.*
      FROM depending d
     CROSS JOIN LATERAL (
           SELECT p.proname, p.proowner, p.oid
             FROM pg_catalog.pg_proc p
            WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
              AND p.oid = d.refobjid
            UNION ALL
           SELECT o.oprname, p.proowner, p.oid
             FROM pg_catalog.pg_operator o
             JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode
            WHERE d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
              AND o.oid = d.refobjid
            UNION ALL
           SELECT o.opcname, o.opcowner, 0
             FROM pg_catalog.pg_opclass o
            WHERE d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
              AND o.oid = d.refobjid
            UNION ALL
           -- A policy or a rule may read a view, which calls what its owner
           -- likes.
           SELECT c.relname, c.relowner, 0
             FROM pg_catalog.pg_class c
            WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              AND c.oid = d.refobjid AND c.relkind <> 'S') o
    UNION ALL
    -- Whoever owns a type may give it a cast or a check at any time.
    SELECT 'column type', k.typname, k.typowner, 0
      FROM column_type k
    UNION ALL
    SELECT 'cast to ' || pg_catalog.format_type(k.casttarget, NULL),
           p.proname, p.proowner, p.oid
      FROM typed y, pg_catalog.pg_cast k
      JOIN pg_catalog.pg_type s ON s.oid = k.castsource
      JOIN pg_catalog.pg_proc p ON p.oid = k.castfunc
     WHERE k.casttarget = ANY (y.oids)
       AND (s.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
            OR s.oid = ANY (y.oids))
    UNION ALL
    SELECT 'partition ' || t.relname, t.relname, t.relowner, 0
      FROM tree t
), planter (schema, owner) AS (
    -- Who else may put something into a schema of the search_path.
    SELECT n.nspname, a.role
      FROM pg_catalog.pg_namespace n
     CROSS JOIN LATERAL (
           SELECT CASE WHEN e.grantee = g.oid THEN b.datdba
                       ELSE e.grantee END AS role
             FROM pg_catalog.aclexplode(COALESCE(n.nspacl,
                      pg_catalog.acldefault('n', n.nspowner))) e,
                  pg_catalog.pg_roles g, pg_catalog.pg_database b
            WHERE e.privilege_type = 'CREATE'
              AND g.rolname = 'pg_database_owner'
              AND b.datname = pg_catalog.current_database()) a
     WHERE n.nspname = ANY ($2::pg_catalog.text[])
       AND a.role NOT IN (SELECT oid FROM trusted)
), loose AS (
    -- Functions whose text is read when they run, along the session's path.
    SELECT c.what, c.name
      FROM code c
      JOIN pg_catalog.pg_proc p ON p.oid = c.function
      JOIN pg_catalog.pg_language l ON l.oid = p.prolang
     WHERE l.lanname NOT IN ('internal', 'c')
       AND p.prosqlbody IS NULL -- since 14
       AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) s
                        WHERE s LIKE 'search\_path=%')
), whole_row AS (
    SELECT g.tgname, p.proname
      FROM pg_catalog.pg_trigger g
      JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
     WHERE g.tgrelid = ANY ($1::pg_catalog.oid[]) AND NOT g.tgisinternal
       -- RETURN NEW and NEW.column are how every trigger looks; NEW or OLD
       -- in any other place may mean the whole row.
       AND pg_catalog.regexp_replace(
               p.prosrc, '\mreturn\s+(new|old)\s*;', '', 'gi')
           ~* '\m(new|old)\M(?!\s*\.\s*["a-z_])'
)
SELECT 'code' AS hazard,
       pg_catalog.format('%s reaches %s, which belongs to %s', c.what, c.name,
                         pg_catalog.pg_get_userbyid(c.owner))
  FROM code c
 WHERE c.owner NOT IN (SELECT oid FROM trusted)
UNION ALL
SELECT 'code', pg_catalog.format(
           '%s reaches %s, which finds what %s puts into the schema %s', l.what,
           l.name, CASE WHEN p.owner = 0 THEN 'anybody'
                        ELSE pg_catalog.pg_get_userbyid(p.owner) END, p.schema)
  FROM loose l, planter p
UNION ALL
SELECT 'code', pg_catalog.format(
           'the rule %s puts something else in the place of the INSERT',
           r.rulename)
  FROM pg_catalog.pg_rewrite r
 WHERE r.ev_class = ANY ($1::pg_catalog.oid[]) AND r.ev_type = '3'
UNION ALL
SELECT 'update', pg_catalog.format(
           'an updated key is followed by %s of %s', k.conname,
           k.conrelid::pg_catalog.regclass)
  FROM linked k
 WHERE k.leads_here AND k.contype = 'f' AND k.confupdtype IN ('c', 'n', 'd')
UNION ALL
SELECT 'operator', pg_catalog.format(
           'NULLIF may use an operator that %s puts into the schema %s',
           CASE WHEN p.owner = 0 THEN 'anybody'
                ELSE pg_catalog.pg_get_userbyid(p.owner) END, p.schema)
  FROM planter p
UNION ALL
SELECT 'change', pg_catalog.format('%s inherits from it',
                                   h.inhrelid::pg_catalog.regclass)
  FROM pg_catalog.pg_inherits h
  JOIN target t ON t.oid = h.inhparent AND t.relkind = 'r'
UNION ALL
SELECT 'change', CASE WHEN t.relispartition
                      THEN 'it is a partition: the parent gets the column'
                      ELSE 'it is a table of a type: the type gets the column'
                 END
  FROM target t
 WHERE t.relispartition OR t.reloftype <> 0
UNION ALL
SELECT 'change', pg_catalog.format(
           'the column %I of %s has its row type', a.attname,
           a.attrelid::pg_catalog.regclass)
  FROM target t
  JOIN pg_catalog.pg_type y ON y.oid = t.reltype
  JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass
   AND d.refobjid IN (y.oid, y.typarray)
   AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  JOIN pg_catalog.pg_attribute a
    ON a.attrelid = d.objid AND a.attnum = d.objsubid
 WHERE NOT a.attisdropped
UNION ALL
-- A type change compares every key again, as the owner, and through whatever
-- cast leads from the other column's type to the new one.
SELECT 'key', pg_catalog.format(
           'the foreign key %s of %s compares it with what belongs to %s',
           k.conname, k.conrelid::pg_catalog.regclass,
           pg_catalog.pg_get_userbyid(o.role))
  FROM linked k
 CROSS JOIN LATERAL (
       SELECT c.relowner AS role
         FROM pg_catalog.pg_class c
        WHERE c.oid IN (k.conrelid, k.confrelid)
        UNION ALL
       SELECT y.typowner
         FROM pg_catalog.pg_attribute a
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
         JOIN pg_catalog.pg_type y ON y.oid IN (t.oid, t.typbasetype)
        WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
           OR a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)) o
 WHERE k.contype = 'f' AND (k.is_own OR k.leads_here)
   AND o.role NOT IN (SELECT oid FROM trusted)
UNION ALL
SELECT 'event', pg_catalog.format(
           'the event trigger %s calls %s, which belongs to %s', e.evtname,
           p.proname, pg_catalog.pg_get_userbyid(p.proowner))
  FROM pg_catalog.pg_event_trigger e
  JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
 WHERE e.evtenabled <> 'D'
   AND p.proowner NOT IN (SELECT oid FROM trusted)
UNION ALL
SELECT 'row', pg_catalog.format(
           'trigger %s calls %s, which uses the whole row', w.tgname,
           w.proname)
  FROM whole_row w
UNION ALL
SELECT 'foreign', pg_catalog.format('%s is a foreign partition',
                                    t.oid::pg_catalog.regclass)
  FROM tree t
 WHERE t.relkind = 'f'
 ORDER BY 1, 2
