package apixo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"apixo-batch/runner/awake"
)

// maxBody bounds the body of an answer. The largest honest one, a result of
// many files, is a few kilobytes.
const maxBody = 4 << 20

func (c *Client) post(ctx context.Context, path string, body []byte) (Answer, json.RawMessage) {
	return c.call(ctx, c.submitTimeout, http.MethodPost, path, body, nil)
}

func (c *Client) get(ctx context.Context, path string, fits payloadCheck) (Answer, json.RawMessage) {
	return c.call(ctx, c.statusTimeout, http.MethodGet, path, nil, fits)
}

// payloadCheck reports whether what stands under "data" is what a call asked for.
// It vouches for an answer without a code; nil, for a submit, lets none pass.
type payloadCheck func(payload json.RawMessage) bool

// call makes one call and gathers its evidence. It uses the transport without
// an http.Client around it, so there is nothing that could follow a redirect.
func (c *Client) call(ctx context.Context, timeout time.Duration, method, path string, body []byte, fits payloadCheck) (Answer, json.RawMessage) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	transport := c.connections.forCall()
	patience := awake.After(timeout, func() { cancel(timeoutError{timeout}) })
	defer func() {
		if inTime := patience.Stop(); !inTime {
			c.connections.silent(transport)
		}
	}()
	once := &onceBody{reader: bytes.NewReader(body)}
	req, err := c.newRequest(ctx, method, path, once, len(body))
	if err != nil {
		return Answer{Err: fmt.Errorf("%s %s: %w", method, path, err)}, nil
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		sent := once.seal()
		return Answer{Sent: sent, Err: c.callError(method, path, timedOut(ctx, err))}, nil
	}
	defer resp.Body.Close()
	answer, payload, err := c.readAnswer(ctx, resp, fits)
	if err != nil {
		answer.Err = c.callError(method, path, err)
	}
	return answer, payload
}

// readAnswer reads a response. A body that breaks off behind the end of its
// envelope is a whole answer, since a JSON object says itself where it ends;
// one that is too long is none. A body without an envelope that ends with its
// connection may have been cut anywhere.
//
// A code that is no number leaves it to the HTTP status what is said (API document,
// section 2). That is so for calls that only ask, and where the payload fits.
func (c *Client) readAnswer(ctx context.Context, resp *http.Response, fits payloadCheck) (Answer, json.RawMessage, error) {
	answer := Answer{Sent: true, HTTPStatus: resp.StatusCode, RetryAfter: retryAfter(resp.Header, time.Now())}
	text, readErr := readBody(resp.Body)
	if readErr == nil && endsWithConnection(resp) {
		readErr = errors.New("it ends with its connection, so nobody knows whether it is whole")
	}
	answer.key, answer.body = c.key, c.key.Redact(string(text))
	payload, code := readEnvelope(&answer, []byte(answer.body))
	payload = c.key.redactJSON(payload)
	if fits != nil && !answer.Envelope {
		answer.Code, answer.Envelope = readCode([]byte(literalText(code)))
	}
	answer.Message = bounded(c.key.Redact(answer.Message))
	answer.FailCode = bounded(c.key.Redact(answer.FailCode))
	switch {
	case len(text) <= maxBody && (answer.Envelope || fits != nil && resp.StatusCode == http.StatusOK && fits(payload)):
		return answer, payload, nil
	case readErr != nil:
		answer.Envelope, answer.Code, answer.Cut = false, 0, true
		return answer, nil, fmt.Errorf("read the answer (HTTP %d): %w", resp.StatusCode, timedOut(ctx, readErr))
	default:
		return answer, nil, foreignError(resp, len(text))
	}
}

// endsWithConnection reports whether a response announced neither its length nor
// its end, as those of HTTP/1.0 do.
func endsWithConnection(resp *http.Response) bool {
	return resp.ProtoMajor == 1 && resp.ContentLength < 0 && len(resp.TransferEncoding) == 0
}

// newRequest makes a request that the transport cannot send twice: its body
// can be read once (GetBody is nil), and no idempotency key, which net/http
// would take as leave to repeat a POST, is among its headers.
func (c *Client) newRequest(ctx context.Context, method, path string, body *onceBody, length int) (*http.Request, error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: body.wroteHeaders})
	req, err := http.NewRequestWithContext(ctx, method, c.base.String()+"/"+path, nil)
	if err != nil {
		return nil, errors.New("the model or task ID cannot be part of a URL")
	}
	req.Header.Set("Authorization", "Bearer "+c.key.reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Encoding", "identity") // nothing is ever unpacked
	req.Header.Set("User-Agent", c.userAgent)
	if method == http.MethodPost {
		req.Body, req.ContentLength = body, int64(length)
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// readBody reads a whole body. It returns what it has read also with an error:
// a cut answer may still hold the task ID.
func readBody(body io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err == nil && len(text) > maxBody {
		err = fmt.Errorf("it is longer than %d MiB", maxBody>>20)
	}
	return text, err
}

// modelPath is the path of a call for a model. A model of dots would be another
// path to a server that cleans paths.
func modelPath(call, model string) (string, error) {
	if model == "" || model == "." || model == ".." {
		return "", fmt.Errorf("%s: %q cannot be the ID of a model", call, model)
	}
	return call + "/" + url.PathEscape(model), nil
}
