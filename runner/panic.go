package runner

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// PanicError is a bug of the program that was met during a run.
type PanicError struct {
	Value any
	Stack []byte // of the goroutine
}

// Error quotes a panic only if it is the Go runtime's own, as of an index out of
// range. The text of any other may hold what no message may, such as a sensitive
// input; Stack tells where it came from.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(runtime.Error); ok {
		return "internal error: " + err.Error()
	}
	return fmt.Sprintf("internal error: panic with a value of type %T", e.Value)
}

// guarded calls f, and makes a panic in it an error, which ends the run in good
// order: POSTs that are out are still waited for and recorded. If the process
// ended instead, each of them would be in doubt.
func guarded(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{value, debug.Stack()}
		}
	}()
	return f()
}
