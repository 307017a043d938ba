#!/bin/sh
# Options alone mean "the proxy, with these options"; one of ringway's own words (route, ring ...) means the program with
# that word; any other command is run as it is.
set -e
case ${1-} in
  -*) set -- haproxy "$@" ;;
  route | ring | diff | migrate) set -- ringway "$@" ;;
esac
case ${1-} in
  haproxy | ringway)
    program=$1
    shift
    case ${1-} in
      [!-]*) set -- "$program" "$@" ;;
      # In a container the proxy stays in the foreground, whatever the configuration says of `daemon`, and a master
      # watches the worker, so that SIGUSR2 reloads.
      *) set -- "$program" -W -db "$@" ;;
    esac ;;
esac
exec "$@"
