package runner

import (
	"errors"
	"fmt"
	"strings"

	"apixo-batch/spec/task"
)

// Errors that end a run. What fails a single task is in its record.
var (
	// ErrState: the state could not be written; the error is a *StateError.
	// Without it nothing may be sent.
	ErrState = errors.New("the state could not be written")
	// ErrKeyRefused: the API does not accept the key, so no call would succeed.
	ErrKeyRefused = errors.New("the API refused the key")
)

// StateError ends a run whose state could not be written. It holds what is
// known and not in the state.
type StateError struct {
	// Err is the first write that failed.
	Err error
	// Unrecorded are the tasks that were accepted, and paid for, and that the
	// state does not hold: the next run takes their submits for doubts.
	Unrecorded []UnrecordedTask
	// Unsent are the submits by which nothing was created and whose intent may
	// be on disk all the same: the next run may take those for doubts too. An
	// instance that is in doubt with another nonce is not meant.
	Unsent []UnsentSubmit
}

// UnsentSubmit names a submit of an instance.
type UnsentSubmit struct {
	Address task.Address
	Nonce   string
}

func (e *StateError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v: %v", ErrState, e.Err)
	for i, t := range e.Unrecorded {
		separator := ", "
		if i == 0 {
			separator = "; accepted, paid for and not recorded: "
		}
		fmt.Fprintf(&b, "%s%s as task %q", separator, t.Address, t.TaskID)
	}
	return b.String()
}

// Is makes errors.Is(err, ErrState) true.
func (e *StateError) Is(target error) bool { return target == ErrState }

func (e *StateError) Unwrap() error { return e.Err }
