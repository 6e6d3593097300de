#!/usr/bin/env bash
# A PostgreSQL server for the tests, from Debian's packages; the tests start one of their own and stop it.
set -euo pipefail
if compgen -G '/usr/lib/postgresql/*/bin/pg_ctl' >/dev/null; then exit 0; fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
