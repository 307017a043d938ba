#!/bin/sh
# Options alone mean "the proxy, with these options"; any other command is run as it is.
set -e
case ${1-} in
  -*) set -- haproxy "$@" ;;
esac
case ${1-} in
  haproxy | ringway)
    program=$1
    shift
    # In a container the program stays in the foreground, whatever the configuration says of `daemon`, and a master
    # watches the worker, so that SIGUSR2 reloads.
    set -- "$program" -W -db "$@" ;;
esac
exec "$@"
