package main

import (
	"fmt"
	"io"

	"apixo-batch/cmd/apixo-batch/view"
)

// environment lists the variables that the program reads, for its help. It honours
// NO_COLOR, CI, TERM=dumb and the proxy variables beside them, as others do.
var environment = [...]struct{ name, meaning string }{
	{keyVariable, "the API key; nothing else gives it"},
	{baseURLVariable, "another API than APIXO's, such as the simulator; outranks base_url"},
	{catalogVariable, "a catalog of models to use in place of the program's, as -catalog=FILE gives it"},
	{inputVariable, "0 or false: never ask, as -input=false; what would be asked is then an error"},
	{"APIXO_VAR_name", "the value of a variable, as -var=name=value gives it"},
	{logVariable, "a log: trace, debug, info, warn, error or off; json, or json,debug, as JSON lines. " +
		"Every call is in it from debug on, bodies at trace; neither the key nor a sensitive value is"},
	{logPathVariable, "the file that the log is appended to, in place of standard error"},
}

func writeEnvironment(w io.Writer) {
	fmt.Fprintln(w, "Environment:")
	for _, variable := range environment {
		fmt.Fprintf(w, "  %-*s%s\n", flagColumn-2, variable.name, view.Wrap(variable.meaning, flagColumn, flagColumn, view.DefaultWidth))
	}
	fmt.Fprintln(w)
}
