# Completion of apixo-batch for bash 4 and later.
_apixo_batch() {
    local line more=
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line%%$'\t'*}")
        [[ $line == *$'\t+' ]] && more=1
    done < <("${1/#\~\//$HOME/}" __complete bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null </dev/null)
    [[ -n $more ]] && compopt -o nospace
    return 0
}
complete -F _apixo_batch apixo-batch
