package apixo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// foreignError describes an answer without the API's envelope.
func foreignError(resp *http.Response, length int) error {
	if target, err := resp.Location(); err == nil && resp.StatusCode/100 == 3 {
		return fmt.Errorf("HTTP %d redirects to host %q, which is never followed", resp.StatusCode, target.Host)
	}
	return fmt.Errorf("HTTP %d without the API's JSON envelope (%d bytes, type %.100q)", resp.StatusCode, length, resp.Header.Get("Content-Type"))
}

// timedOut puts our own timeout in the place of the errors that it causes.
func timedOut(ctx context.Context, err error) error {
	if timeout, ok := context.Cause(ctx).(timeoutError); ok {
		return timeout
	}
	return err
}

// timeoutError tells our own patience from the end of the caller's context.
// It is a context.DeadlineExceeded, as any timeout of a call.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("no complete answer within %s", e.after) }
func (e timeoutError) Unwrap() error { return context.DeadlineExceeded }

// callError names the call and hides the key, wherever an error carries it.
func (c *Client) callError(method, path string, err error) error {
	err = fmt.Errorf("%s %s: %w", method, path, err)
	if text := c.key.Redact(err.Error()); text != err.Error() {
		return redactedError{text, err}
	}
	return err
}

// redactedError stands for an error whose text held the key. It still is what
// it was to errors.Is, but gives nobody the text.
type redactedError struct {
	text string
	err  error
}

func (e redactedError) Error() string        { return e.text }
func (e redactedError) Is(target error) bool { return errors.Is(e.err, target) }
