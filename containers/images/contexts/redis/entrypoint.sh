#!/bin/sh
# Flags alone are those of redis-server, and a container accepts connections without a password, as in the official image.
set -eu
case "${1-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1-}" = redis-server ]; then
  case " $* " in
    *" --protected-mode "* | *.conf*) ;;
    *) set -- "$@" --protected-mode no ;;
  esac
  [ "$(id -u)" != 0 ] || exec setpriv --reuid=redis --regid=redis --init-groups "$@"
fi
exec "$@"
