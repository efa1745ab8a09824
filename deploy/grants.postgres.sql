-- The least that nightclerk needs on PostgreSQL: it reads the retailer's tables and owns one schema, in which it makes its own.
--
--     psql -v role=nightclerk -v schema=nightclerk -v shop=public -f grants.postgres.sql 'postgres://admin@host/retail'
--     psql -c '\password nightclerk' 'postgres://admin@host/retail'
--
-- `shop` is the schema with the retailer's tables; run the three lines about it once for each such schema. `schema` is
-- `[warehouse] schema` of nightclerk.toml. Whoever runs this may create roles and schemas.
\set ON_ERROR_STOP on
BEGIN;
CREATE ROLE :"role" LOGIN;
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), :'role') \gexec
CREATE SCHEMA :"schema" AUTHORIZATION :"role";
GRANT USAGE ON SCHEMA :"shop" TO :"role";
GRANT SELECT ON ALL TABLES IN SCHEMA :"shop" TO :"role";
-- Tables that whoever runs this creates later.
ALTER DEFAULT PRIVILEGES IN SCHEMA :"shop" GRANT SELECT ON TABLES TO :"role";
COMMIT;
