# Completion for bash; source it, or put it into /usr/share/bash-completion/completions as ringway.
# Written by the test of the option table: RINGWAY_WRITE_GENERATED=1 test_app. Do not edit.
_ringway() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [[ $COMP_CWORD -gt 1 ]]; then case ${COMP_WORDS[1]} in
    route) [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W "--help --config --client --request --header --listener --backend --running --down --resolve --input --json" -- "$word") || mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    ring) [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W "--help --config --backend --running --down --keys --input --at-once --svg --compare --resolve --json" -- "$word") || mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    diff) [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W "--help --keys --input --listener --fail-above --resolve --json" -- "$word") || mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    migrate) [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W "--help --output --in-place --to --no-comments --json --list" -- "$word") || mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
  esac; fi
  case $before in
    -f|--config|-p|-x)
      mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    -C)
      mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    --diagnostics)
      mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word"); return ;;
    -sf|-st)
      mapfile -t COMPREPLY < <(compgen -W "$(pidof ringway haproxy)" -- "$word"); return ;;
    -cc|--no-advice|-n|-N|-m|-L|--port|--resolve|--resolve-period|-S)
      return ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "-f --config -c --check --syntax-only --try-bind -cc --diagnostics --no-advice -dW -dD -q -V -D -db -d -W -Ws -C -p -sf -st -n -N -m -L --port --resolve --resolve-period -dr -dR -dC -dK -dL -v --version -vv -vq -vqs -vqb -h --help --help-keywords --help-advice -S -x -4 -dM -dA -dI -dV -dT -dS -dZ -dF -dG -de -dp -dk -dv -dc -ds -dt" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W "route ring diff migrate" -- "$word")); fi
  fi
}
complete -o filenames -F _ringway ringway
