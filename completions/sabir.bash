# bash completion for sabir

_sabir_devices()
{
    command sabir devices --json 2>/dev/null | sed -n 's/.*"id"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p'
}

_sabir_operators()
{
    command sabir info --json 2>/dev/null | sed -n 's/.*"operators"[[:space:]]*:[[:space:]]*\[\([^]]*\)\].*/\1/p' | tr -d '",'
}

_sabir()
{
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options
    local line=${COMP_LINE:0:COMP_POINT}

    # A device id holds a colon, at which readline breaks words: complete the part after it.
    if [[ $line =~ --device[[:space:]]+([^[:space:]]*)$ ]]; then
        local typed=${BASH_REMATCH[1]} colons all=
        colons=${typed%"${typed##*:}"}
        [[ $COMP_WORDBREAKS == *:* ]] || colons=
        [[ $command != check ]] || all=all
        mapfile -t COMPREPLY < <(compgen -W "auto $all $(_sabir_devices)" -- "$typed")
        COMPREPLY=("${COMPREPLY[@]#"$colons"}")
        return
    fi
    if [[ $COMP_CWORD -eq 1 ]]; then
        mapfile -t COMPREPLY < <(compgen -W "devices check bench info help --help --version" -- "$word")
        return
    fi
    case $previous in
    --specialise)
        mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$word")
        return
        ;;
    --op | --only | --seconds | --random | --seed | --clamp) return ;;
    esac
    case $command in
    help) options="devices check bench info" ;;
    devices) options="--json --help" ;;
    info)
        options="--device --json --help"
        [[ $word == -* ]] || options+=" $(_sabir_operators)"
        ;;
    check) options="--device --op --coverage --large --gradients --random --seed --specialise --clamp --json --help" ;;
    bench) options="--device --only --seconds --json --help" ;;
    *) options= ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
}

complete -F _sabir sabir
