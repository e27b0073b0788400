#!/bin/sh
# As the official image's: flags alone, a subcommand, or any other program.
set -e
case "${1-}" in
  -*) exec traefik "$@" ;;
esac
if traefik "${1-}" --help >/dev/null 2>&1; then
  exec traefik "$@"
fi
exec "$@"
