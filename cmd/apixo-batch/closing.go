package main

import (
	"errors"
	"fmt"

	"apixo-batch/runner"
)

// closing adds the error of a close to that of the work before it. Where the
// work has said all there is to say, the close has the last word.
func closing(err error, shut func() error) error {
	closed := shut()
	if closed == nil {
		return err
	}
	if errors.Is(err, runner.ErrState) {
		return err // which says why the state cannot be closed in order
	}
	closed = fmt.Errorf("close: %w", closed)
	var status *exitStatus
	if err == nil || errors.As(err, &status) && status.err == nil {
		return closed
	}
	return fmt.Errorf("%w; %w", err, closed)
}
