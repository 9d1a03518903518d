package main

import (
	"errors"
	"fmt"
)

// closing adds the error of a close to that of the work before it. Where the
// work has said all there is to say, the close has the last word.
func closing(err error, shut func() error) error {
	closed := shut()
	if closed == nil {
		return err
	}
	closed = fmt.Errorf("close: %w", closed)
	var status *exitStatus
	if err == nil || errors.As(err, &status) && status.err == nil {
		return closed
	}
	return fmt.Errorf("%w; %w", err, closed)
}
