// Command apixo-batch runs batches of paid generation tasks, declared in HCL,
// against the APIXO API: it plans and prices them, submits each at most once,
// follows them to their end and downloads the results.
//
// Each command is one file: flags in, one call into the packages below, the
// result to a view, an exit code out. The table of exit codes is in exit_codes.go,
// the wording of every error that ends a command in exit.go. Only this package reads
// flags, environment and signals, prints, and exits.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

// run is main with an exit code in place of an exit.
func run() int {
	// A reader of our output that goes away must not end a run that pays for
	// tasks: writes to it fail, and the run goes on.
	signal.Ignore(syscall.SIGPIPE)
	p := newProgram()
	return p.exit(newRoot(p).Run(context.Background(), os.Args))
}
