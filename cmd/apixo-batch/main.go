// Command apixo-batch runs batches of paid generation tasks, declared in HCL,
// against the APIXO API: it plans and prices them, submits each at most once,
// follows them to their end and downloads the results.
//
// Each command is one file: flags in, one call into the packages below, the
// result to a view, an exit code out. The table of exit codes is in exit_codes.go,
// the wording of every error that ends a command in exit.go, what signals do in
// signals.go. Only this package reads flags, environment and signals, prints,
// and exits.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"apixo-batch/runner"
)

func main() { os.Exit(newProgram().execute(os.Args)) }

// execute is main with an exit code in place of an exit. A panic, which is a bug
// of the program, ends the command like an error: Go's own exit code for it, 2,
// would read as "changes are pending" after plan.
func (p *program) execute(args []string) (code int) {
	ignoreSignals()
	p.guardStderr()
	defer p.stopListening()
	defer func() {
		if value := recover(); value != nil {
			bug := &runner.PanicError{Value: value, Stack: debug.Stack()}
			code = p.exit(bug)
			p.closeStreams()
			p.logEnd(code, bug)
		}
	}()
	err := newRoot(p).Run(context.Background(), args)
	code = p.exit(err)
	p.closeStreams()
	code = p.answered(code)
	p.logEnd(code, err)
	return code
}
