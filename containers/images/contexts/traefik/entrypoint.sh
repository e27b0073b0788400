#!/bin/sh
# Like the official image's entry point: the arguments are flags, a subcommand, or another program.
set -e
case "${1-}" in
  -*) exec traefik "$@" ;;
esac
if traefik "${1-}" --help >/dev/null 2>&1; then
  exec traefik "$@"
fi
exec "$@"
