#compdef apixo-batch
# Completion of apixo-batch for zsh.
_apixo_batch() {
    local program=${(Q)words[1]} line text prefix=
    local -a fields whole whole_shown open open_shown
    if [[ $PREFIX == -*=* ]]; then
        prefix=${PREFIX%%=*}=
    fi
    for line in "${(@f)$("${program/#\~\//$HOME/}" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}"; do
        [[ -n $line ]] || continue
        fields=("${(@ps:\t:)line}")
        text=${fields[1]#$prefix}
        if [[ $fields[3] == + ]]; then
            open+=("$text")
            open_shown+=("$text${fields[2]:+  -- $fields[2]}")
        else
            whole+=("$text")
            whole_shown+=("$text${fields[2]:+  -- $fields[2]}")
        fi
    done
    [[ -n $prefix ]] && compset -P 1 '*='
    (( $#open )) && compadd -l -S '' -d open_shown -a open
    (( $#whole )) && compadd -l -d whole_shown -a whole
    (( $#open + $#whole ))
}
if [[ $funcstack[1] == _apixo-batch ]]; then
    _apixo_batch "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _apixo_batch apixo-batch
fi
