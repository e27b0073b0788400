#!/bin/sh
# Stands for Prisma's command line, whose schema engine is in no package registry. LiteLLM runs it at each start, and with
# DISABLE_SCHEMA_UPDATE only to print what differs: nothing does, because the tables are made by its own migrations.
case "$*" in
  "" | "migrate diff "*) exit 0 ;;
esac
echo "prisma $*: this image cannot change a schema" >&2
exit 1
