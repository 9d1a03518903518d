package runner

import (
	"errors"
	"fmt"
	"testing"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

var documentedCalls = []int{429, 500, 503, 504}

// Every status, with and without the API's envelope: only what proves that
// nothing was created may be submitted again.
func TestSubmitVerdicts(t *testing.T) {
	want := func(status int, envelope bool) verdict {
		switch {
		case status == 401:
			return badKey
		case status == 402 && envelope:
			return noFunds
		case status == 429:
			return throttled
		case envelope && (status == 500 || status == 503 || status == 504):
			return repeatable
		case envelope && status >= 400 && status < 500:
			return refused
		case !envelope && (status == 403 || status == 404 || status == 407 || status == 413 || status == 414 || status == 431):
			return refused
		default:
			return doubtful
		}
	}
	for status := 200; status < 600; status++ {
		for _, envelope := range []bool{true, false} {
			answer := apixo.Answer{Sent: true, HTTPStatus: status, Envelope: envelope}
			if envelope {
				answer.Code = status
			} else {
				answer.Err = errors.New("not the API's answer")
			}
			name := fmt.Sprintf("status %d, envelope %t", status, envelope)
			if got := judgeSubmit(answer, documentedCalls, catalog.Default()); got != want(status, envelope) {
				t.Errorf("%s: verdict %d, want %d", name, got, want(status, envelope))
			}
			answer.TaskID = "task_1"
			if got := judgeSubmit(answer, documentedCalls, catalog.Default()); got != accepted {
				t.Errorf("%s with a task ID: verdict %d, want accepted", name, got)
			}
			answer.TaskID, answer.Envelope, answer.Cut = "", false, true
			if got := judgeSubmit(answer, documentedCalls, catalog.Default()); got != doubtful {
				t.Errorf("%s, cut: verdict %d, want doubtful", name, got)
			}
		}
	}
}

func TestSubmitVerdictDetails(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer apixo.Answer
		calls  []int
		want   verdict
	}{
		{"never sent", apixo.Answer{Err: errors.New("no such host")}, documentedCalls, unsent},
		{"sent, no answer", apixo.Answer{Sent: true, Err: errors.New("EOF")}, documentedCalls, doubtful},
		{"the envelope's code counts", apixo.Answer{Sent: true, HTTPStatus: 200, Envelope: true, Code: 402}, documentedCalls, noFunds},
		{"funds as 400", apixo.Answer{Sent: true, HTTPStatus: 400, Envelope: true, Code: 400, Message: "Insufficient credits"}, documentedCalls, noFunds},
		{"funds as fail code", apixo.Answer{Sent: true, HTTPStatus: 400, Envelope: true, Code: 400, FailCode: "InsufficientQuota"}, documentedCalls, noFunds},
		{"funds as the other fail code", apixo.Answer{Sent: true, HTTPStatus: 400, Envelope: true, Code: 400, FailCode: "INSUFFICIENT_CREDITS"}, documentedCalls, noFunds},
		{"5xx trusted less", apixo.Answer{Sent: true, HTTPStatus: 503, Envelope: true, Code: 503}, []int{429}, doubtful},
		{"429 trusted less", apixo.Answer{Sent: true, HTTPStatus: 429, Envelope: true, Code: 429}, []int{500}, refused},
		{"429 of a proxy trusted less", apixo.Answer{Sent: true, HTTPStatus: 429}, []int{500}, refused},
		// The document recommends to treat a 502 as a 503, which is repeated. This
		// deviates: only pages of another service have it, and a gateway says with it
		// that it passed the request on, so a task may run and a repeat be paid twice.
		{"502 deviates from the document: it is in doubt, even where the file repeats it", apixo.Answer{Sent: true, HTTPStatus: 502, Envelope: true, Code: 502}, []int{429, 500, 502, 503, 504}, doubtful},
		{"502 with a fail code", apixo.Answer{Sent: true, HTTPStatus: 502, Envelope: true, Code: 502, FailCode: "CONTENT_VIOLATION"}, documentedCalls, doubtful},
		{"funds as fail code of a 5xx", apixo.Answer{Sent: true, HTTPStatus: 500, Envelope: true, Code: 500, FailCode: "INSUFFICIENT_CREDITS"}, documentedCalls, noFunds},
		{"funds as fail code of a 5xx trusted less", apixo.Answer{Sent: true, HTTPStatus: 500, Envelope: true, Code: 500, FailCode: "INSUFFICIENT_CREDITS"}, []int{429}, doubtful},
		{"funds as fail code of a 429", apixo.Answer{Sent: true, HTTPStatus: 429, Envelope: true, Code: 429, FailCode: "InsufficientQuota"}, documentedCalls, noFunds},
		{"a fail code of the content with a 429", apixo.Answer{Sent: true, HTTPStatus: 429, Envelope: true, Code: 429, FailCode: "CONTENT_VIOLATION"}, documentedCalls, refused},
		{"a fail code that passes with a 429", apixo.Answer{Sent: true, HTTPStatus: 429, Envelope: true, Code: 429, FailCode: "RateLimited"}, documentedCalls, throttled},
		{"accepted without a task ID", apixo.Answer{Sent: true, HTTPStatus: 200, Envelope: true, Code: 200}, documentedCalls, doubtful},
	} {
		if got := judgeSubmit(c.answer, c.calls, catalog.Default()); got != c.want {
			t.Errorf("%s: verdict %d, want %d", c.name, got, c.want)
		}
	}
}

// A fail code that comes with an immediate error decides what the refusal is
// about, how often it is repeated and whether the next apply tries again.
func TestFailCodesOfImmediateErrorsDecide(t *testing.T) {
	for _, c := range []struct {
		status    int
		code      string
		repeats   int
		reason    task.Reason
		retryable bool // once the repeats are used up
	}{
		{500, "", 3, task.ServerError, true},
		{500, "BrandNewCode", 3, task.ServerError, true},
		{500, "CONTENT_VIOLATION", 0, task.ContentPolicy, false},
		{503, "content violation", 0, task.ContentPolicy, false},
		{500, "PROMPT_TOO_LONG", 0, task.InvalidInput, false},
		{500, "INSUFFICIENT_CREDITS", 0, task.InsufficientFunds, false},
		{500, "GENERATION_FAILED", 1, task.Unclassified, false},
		{504, "Timeout", 3, task.Timeout, true},
		{429, "CONTENT_VIOLATION", 0, task.ContentPolicy, false},
		{400, "CONTENT_VIOLATION", 0, task.ContentPolicy, false},
	} {
		answer := apixo.Answer{Sent: true, Envelope: true, HTTPStatus: c.status, Code: c.status, FailCode: c.code}
		if got := repeatsOf(answer, catalog.Default()); got != c.repeats {
			t.Errorf("%d with %q: %d repeats, want %d", c.status, c.code, got, c.repeats)
		}
		failure := refusalFailure(answer, catalog.Default(), true)
		if failure.Reason != c.reason || failure.Retryable != c.retryable {
			t.Errorf("%d with %q: %+v, want %s, retryable %t", c.status, c.code, *failure, c.reason, c.retryable)
		}
	}
}

func TestTaskFailures(t *testing.T) {
	for _, c := range []struct {
		code      string
		attempts  int
		reason    task.Reason
		retryable bool
		stops     bool
	}{
		{"SensitiveContentDetected", 1, task.ContentPolicy, false, false},
		{"sensitive_content-detected", 1, task.ContentPolicy, false, false},
		{"CONTENT_VIOLATION", 1, task.ContentPolicy, false, false},
		{"RateLimited", 7, task.RateLimited, true, false},
		{"Website TimeOut", 2, task.Timeout, true, false},
		{"Task TimeOut", 1, task.Timeout, true, false},
		{"Task TimeOut", 2, task.Timeout, false, false}, // the document: once, as a new task
		{"INSUFFICIENT_CREDITS", 1, task.InsufficientFunds, false, true},
		{"BrandNewCode", 1, task.Unclassified, false, false},
		{"", 1, task.Unclassified, false, false},
	} {
		failure, stops := taskFailure(&apixo.Task{FailCode: c.code, FailMsg: "m"}, c.attempts, catalog.Default())
		if failure.Reason != c.reason || failure.Retryable != c.retryable || stops != c.stops || failure.Code != c.code {
			t.Errorf("%q, attempt %d: %+v, stops %t; want %s, retryable %t, stops %t",
				c.code, c.attempts, *failure, stops, c.reason, c.retryable, c.stops)
		}
	}
}
