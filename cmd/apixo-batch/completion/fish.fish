# Completion of apixo-batch for fish.
function __apixo_batch
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    # What is typed may stand in quotes that are still open.
    set -l plain (string unescape -- $current 2>/dev/null; or string unescape -- $current"'" 2>/dev/null; or string unescape -- $current'"' 2>/dev/null; or echo -- $current)
    $words[1] __complete fish $words[2..-1] "$plain" 2>/dev/null </dev/null | string replace -r '\t+\+?$' ''
end
complete -c apixo-batch -f -a '(__apixo_batch)'
