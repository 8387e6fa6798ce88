-- A pipeline's database: one login role for whatever works on it, a member of
-- the tables' owner. It could become the auditor, but doesn't have his rights
-- without saying so. Run again, it is all as it was.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS analytics, hr, decoy CASCADE;
SELECT lo_unlink(oid) FROM pg_largeobject_metadata;

CREATE SCHEMA analytics AUTHORIZATION orders_owner;
SET ROLE orders_owner;
CREATE TABLE analytics.orders (
    id bigint PRIMARY KEY,
    customer text NOT NULL,
    status varchar(10) NOT NULL DEFAULT 'new',
    amount numeric(12,2)
);
INSERT INTO analytics.orders VALUES
    (1, 'Ada', 'new', 12.50), (2, 'Grace', 'paid', 99.99);
CREATE TABLE analytics.events (at date NOT NULL, what text)
    PARTITION BY RANGE (at);
CREATE SEQUENCE analytics.invoice_number;
CREATE FUNCTION analytics.purge() RETURNS int LANGUAGE sql AS
    'DELETE FROM analytics.orders; SELECT 1';
CREATE TABLE analytics.invoices (number bigint PRIMARY KEY, total numeric);
INSERT INTO analytics.invoices VALUES (1, 12.50);
CREATE FUNCTION analytics.check_total() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RETURN NEW; END';
CREATE TRIGGER check_total BEFORE INSERT ON analytics.invoices
    FOR EACH ROW EXECUTE FUNCTION analytics.check_total();
RESET ROLE;

CREATE SCHEMA hr AUTHORIZATION auditor;
SET ROLE auditor;
CREATE TABLE hr.salaries (name text, amount text);
INSERT INTO hr.salaries VALUES ('Ada', 'salary-4711');
RESET ROLE;

-- A table of the same name, where a changed search_path finds it first.
CREATE SCHEMA decoy AUTHORIZATION orders_owner;
CREATE TABLE decoy.orders AS SELECT 1::bigint AS id, 'decoyed' AS customer;
ALTER TABLE decoy.orders OWNER TO orders_owner;
