# Completion for bash: /usr/share/bash-completion/completions/ringway (cmake --install puts it there), or source it.
# Where haproxy is a link to ringway, link completions/haproxy to this file too: the name is completed only then.
# Written by the test of the option table: RINGWAY_WRITE_GENERATED=1 test_app. Do not edit.
_ringway() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  case ${COMP_WORDS[1]} in
    route) if [[ $COMP_CWORD -gt 1 ]]; then
      case $before in
        --input)
          mapfile -t COMPREPLY < <(compgen -W "auto uri address common combined httplog" -- "$word"); return ;;
        --config|-f|--running)
          mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --client|--request|-X|--header|-H|--listener|--backend|--down|--resolve)
          return ;;
      esac
      if [[ $word == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "--config -f --client --request -X --header -H --listener --backend --running --down --resolve --input --json --help -h" -- "$word")
      else mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi
      return
    fi ;;
    ring) if [[ $COMP_CWORD -gt 1 ]]; then
      case $before in
        --input)
          mapfile -t COMPREPLY < <(compgen -W "auto uri address common combined httplog" -- "$word"); return ;;
        --config|-f|--running|--keys|--svg)
          mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --backend|--down|--at-once|--resolve)
          return ;;
      esac
      if [[ $word == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "--config -f --backend --running --down --keys --input --at-once --svg --compare --resolve --json --help -h" -- "$word")
      else mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi
      return
    fi ;;
    diff) if [[ $COMP_CWORD -gt 1 ]]; then
      case $before in
        --input)
          mapfile -t COMPREPLY < <(compgen -W "auto uri address common combined httplog" -- "$word"); return ;;
        --keys)
          mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --listener|--fail-above|--resolve)
          return ;;
      esac
      if [[ $word == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "--keys --input --listener --fail-above --resolve --json --help -h" -- "$word")
      else mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi
      return
    fi ;;
    migrate) if [[ $COMP_CWORD -gt 1 ]]; then
      case $before in
        --output|-o)
          mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
        --to)
          return ;;
      esac
      if [[ $word == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "--output -o --in-place -i --to --no-comments --json --list --help -h" -- "$word")
      else mapfile -t COMPREPLY < <(compgen -f -- "$word"); fi
      return
    fi ;;
  esac
  case $before in
    --diagnostics)
      mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word"); return ;;
    -sf)
      mapfile -t COMPREPLY < <(compgen -W "$(pidof ringway haproxy)" -- "$word"); return ;;
    -st)
      mapfile -t COMPREPLY < <(compgen -W "$(pidof ringway haproxy)" -- "$word"); return ;;
    -f|--config|-p|-x)
      mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    -C)
      mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    -cc|--no-advice|-n|-N|-m|-L|--port|--resolve|--h1-parsing|--resolve-period|-S)
      return ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "-f --config -c --check --syntax-only --try-bind -cc --diagnostics --all --no-advice -dW -dD -q -V -D -db -d -W -Ws -C -p -sf -st -n -N -m -L --port --resolve --h1-parsing --resolve-period -dr -dR -dC -dK -dL -v --version -vv -vq -vqs -vqb -h --help --help-keywords --help-advice -S -x -4 -dM -dA -dI -dV -dT -dS -dZ -dF -dG -de -dp -dk -dv -dc -ds -dt" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W "route ring diff migrate" -- "$word")); fi
  fi
}
complete -o filenames -F _ringway ringway
if [[ $(readlink -f "$(type -P haproxy)" 2>/dev/null) == */ringway ]]; then complete -o filenames -F _ringway haproxy; fi
