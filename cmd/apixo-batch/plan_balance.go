package main

import (
	"context"
	"errors"

	"apixo-batch/cmd/apixo-batch/view"
	"apixo-batch/runner"
)

// readBalance puts the balance, or why it is not known, beside the plan. A key
// that is refused is an error: nothing would work.
func (w *planning) readBalance(ctx context.Context, shown *view.Plan) error {
	if w.endpoint.api == nil {
		shown.NoBalance = "not known, since " + keyVariable + " is not set."
		return nil
	}
	balance, err := w.endpoint.balance(ctx)
	switch {
	case errors.Is(err, runner.ErrKeyRefused):
		return err
	case err != nil:
		shown.NoBalance = "not known: " + view.Clean(err.Error()) + "."
		return nil
	}
	shown.Balance = balance
	return nil
}
