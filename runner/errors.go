package runner

import (
	"errors"
	"fmt"

	"apixo-batch/spec/task"
)

// Errors that end a run. What fails a single task is in its record.
var (
	// ErrState: the state could not be written. Without it nothing may be sent.
	ErrState = errors.New("the state could not be written")
	// ErrKeyRefused: the API does not accept the key, so no call would succeed.
	ErrKeyRefused = errors.New("the API refused the key")
)

// LostTaskError is a task that was accepted, and paid for, and that the state
// could not hold: whoever shows the error must show the task ID.
type LostTaskError struct {
	Address task.Address
	Model   string
	TaskID  string
	Err     error
}

func (e *LostTaskError) Error() string {
	return fmt.Sprintf("%s was accepted as task %q, which is paid for and could not be recorded: write the task ID down (%v)",
		e.Address, e.TaskID, e.Err)
}

func (e *LostTaskError) Unwrap() error { return e.Err }
