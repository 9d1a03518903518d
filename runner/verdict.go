package runner

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"apixo-batch/runner/apixo"
	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
)

// verdict is what the answer to a submit means.
type verdict int

const (
	accepted     verdict = iota // a task ID came back
	unsent                      // provably never left: submit again
	throttled                   // 429: submit again, later
	repeatable                  // a 5xx that the API's document says to repeat
	refused                     // nothing was created, and the same request would fare no better
	noFunds                     // no submit fares better until the balance is raised; with a 4xx nothing was created
	badKey                      // nothing was created, nor will anything with this key
	badParameter                // nothing was created: something in the request is bad, or its callback URL
	doubtful                    // nobody knows
)

// judgeSubmit sorts the answer to a submit. Whatever does not prove that
// nothing was created is doubtful: a second submit could be paid twice.
//
// calls are the statuses that may be repeated by themselves, out of 429, 500, 503
// and 504 (API document, section 9). With the envelope, a 5xx that the table says
// to repeat is a refusal; a 502 is none, being documented for another service.
// A fail code that may come with it (API document, section 10) decides what the
// refusal is about and whether to repeat it.
func judgeSubmit(a apixo.Answer, calls []int, c *catalog.Catalog) verdict {
	switch {
	case a.TaskID != "":
		return accepted
	case !a.Sent:
		return unsent
	case a.Envelope:
		return judgeEnvelope(a, calls, c)
	case a.Cut || a.HTTPStatus == 0:
		return doubtful
	default:
		return judgeBare(a.HTTPStatus, calls)
	}
}

func judgeEnvelope(a apixo.Answer, calls []int, c *catalog.Catalog) verdict {
	status := a.Status()
	switch row, documented := c.Status(status); {
	case status == http.StatusUnauthorized:
		return badKey
	case status < 400, status >= 500 && !(slices.Contains(calls, status) && documented && row.Repeats != 0):
		return doubtful
	case lacksFunds(a, c):
		return noFunds
	case status >= 500:
		return repeatable
	case status == http.StatusTooManyRequests && slices.Contains(calls, status) && repeatsOf(a, c) > 0:
		return throttled
	default:
		return refused
	}
}

// repeatsOf is how often a submit may be repeated after an answer: never after
// a fail code that says that the same request would fare no better, and after
// others as often as the table has it, within what a 5xx allows.
func repeatsOf(a apixo.Answer, c *catalog.Catalog) int {
	code, documented := immediateCode(a, c)
	if !documented || code.Attempts < 0 {
		return maxRepeats
	}
	return min(code.Attempts, maxRepeats)
}

// immediateCode is the row of a fail code that came with an error in place of a
// task, if the API itself gave it.
func immediateCode(a apixo.Answer, c *catalog.Catalog) (row catalog.Code, documented bool) {
	if !a.Envelope || a.FailCode == "" {
		return catalog.Code{}, false
	}
	return c.FailCode(a.FailCode)
}

// lacksFunds reports whether an answer says, in one of the spellings of the API
// document, section 11, that the balance is too low.
func lacksFunds(a apixo.Answer, c *catalog.Catalog) bool {
	status := a.Status()
	return a.Envelope && (status == http.StatusPaymentRequired ||
		status == http.StatusBadRequest && catalog.SpeaksOfFunds(a.Message) ||
		status >= 400 && codeStops(a, c))
}

// codeStops reports whether the fail code of an immediate error means that no
// submit would fare better.
func codeStops(a apixo.Answer, c *catalog.Catalog) bool {
	code, documented := immediateCode(a, c)
	return documented && code.StopsSubmits
}

// judgeBare is for an answer without the API's envelope: a proxy's or gateway's
// page. Only statuses that a front end gives instead of passing a request on
// prove anything.
func judgeBare(status int, calls []int) verdict {
	switch status {
	case http.StatusTooManyRequests:
		if slices.Contains(calls, status) {
			return throttled
		}
		return refused
	case http.StatusUnauthorized:
		return badKey
	case http.StatusForbidden, http.StatusNotFound, http.StatusProxyAuthRequired,
		http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge:
		return refused
	default:
		return doubtful
	}
}

// doubtCause says in one clause why an answer proves nothing.
func doubtCause(a apixo.Answer) string {
	switch {
	case a.Envelope:
		return fmt.Sprintf("status %d without a task ID", a.Status())
	case a.HTTPStatus != 0 && !a.Cut:
		return fmt.Sprintf("HTTP %d without the API's envelope", a.HTTPStatus)
	default:
		return fmt.Sprintf("no whole answer came: %v", a.Err)
	}
}

// refusalFailure is the failure of a submit that was refused for good or too
// often: by the table of fail codes if the answer has one, else by that of
// statuses. A refusal is no attempt, so a code with a cap of them, which could
// never be reached, leaves it at the repeats that were made.
func refusalFailure(a apixo.Answer, c *catalog.Catalog, retryable bool) *task.Failure {
	failure := &task.Failure{
		Reason: task.Unclassified, Code: strconv.Itoa(a.Status()), Message: a.Message, Retryable: retryable,
	}
	if code, documented := immediateCode(a, c); documented {
		failure.Reason, failure.Code = task.Reason(code.Reason), a.FailCode
		failure.Retryable = code.Attempts < 0
	} else if code, documented := c.Status(a.Status()); documented {
		failure.Reason = task.Reason(code.Reason)
	} else if a.Status() >= 400 && a.Status() < 500 {
		failure.Reason = task.InvalidInput
	}
	return failure
}

// taskFailure sorts the failure of an accepted task, by the table of fail codes
// (API document, section 10). attempts counts the accepted submits so far; a
// code that the table allows fewer of is not retryable any more.
func taskFailure(t *apixo.Task, attempts int, c *catalog.Catalog) (failure *task.Failure, stopsSubmits bool) {
	failure = &task.Failure{Reason: task.Unclassified, Code: t.FailCode, Message: t.FailMsg}
	code, documented := c.FailCode(t.FailCode)
	if !documented {
		return failure, false
	}
	failure.Reason = task.Reason(code.Reason)
	failure.Retryable = code.Attempts < 0 || attempts <= code.Attempts
	return failure, code.StopsSubmits
}
