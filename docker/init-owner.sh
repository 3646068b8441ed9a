#!/usr/bin/env bash
# Runs once, when the database's volume is new: the owner of the records and its database.
# The owner may create the serving role, and is no superuser.
set -euo pipefail

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set password `cat "$OWNER_PASSWORD_FILE"`
CREATE ROLE exolot_owner LOGIN NOSUPERUSER CREATEROLE PASSWORD :'password';
CREATE DATABASE exolot OWNER exolot_owner ENCODING 'UTF8';
SQL
