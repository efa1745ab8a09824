-- The least that nightclerk needs on MariaDB: it reads the retailer's tables and has a database of its own.
--
--     mariadb --init-command="SET @shop = 'retail', @ours = 'nightclerk', @user = 'nightclerk', @password = '...'" < grants.mariadb.sql
--
-- In nightclerk.toml: url = "mariadb://nightclerk:${NIGHTCLERK_PASSWORD}@host/nightclerk" and
-- source_url = "mariadb://nightclerk:${NIGHTCLERK_PASSWORD}@host/retail".
EXECUTE IMMEDIATE CONCAT('CREATE DATABASE `', @ours, '` CHARACTER SET utf8mb4');
EXECUTE IMMEDIATE CONCAT('CREATE USER ''', @user, '''@''%'' IDENTIFIED BY ''', @password, '''');
EXECUTE IMMEDIATE CONCAT('GRANT SELECT ON `', @shop, '`.* TO ''', @user, '''@''%''');
EXECUTE IMMEDIATE CONCAT('GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, CREATE VIEW, SHOW VIEW ON `', @ours, '`.* TO ''', @user, '''@''%''');
