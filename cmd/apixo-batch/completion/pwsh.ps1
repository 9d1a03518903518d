# Completion of apixo-batch for PowerShell 7.3 and later.
Register-ArgumentCompleter -Native -CommandName 'apixo-batch' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $elements = @($commandAst.CommandElements | Where-Object { $_.Extent.StartOffset -lt $cursorPosition })
    $words = @($elements | Select-Object -Skip 1 | ForEach-Object {
        if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.Extent.Text }
    })
    if ($elements[-1].Extent.EndOffset -lt $cursorPosition) { $words += '' }
    & $elements[0].Extent.Text __complete pwsh @words 2>$null | ForEach-Object {
        $text, $about, $null = $_ -split "`t"
        $typed = $text
        if ($text -match '[^\w./=-]' -or $text -match '^-.*[.]') { $typed = "'" + $text.Replace("'", "''") + "'" }
        if (-not $about) { $about = $text }
        [System.Management.Automation.CompletionResult]::new($typed, $text, 'ParameterValue', $about)
    }
}
