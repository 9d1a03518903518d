package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// fault is one way in which an answer goes wrong.
type fault struct {
	shape  shape
	status int // HTTP status; of shape mismatch the envelope's code
	// accepted: the task was created and billed before the answer went wrong.
	accepted   bool
	times      int // how often it happens; 0 always
	retryAfter int // seconds; 0 sends no header
	message    string
}

// shape is what the answer of a fault looks like on the wire.
type shape byte

const (
	sound    shape = iota // the right answer: no fault
	envelope              // {code,message,data} with the status
	page                  // a proxy's HTML
	empty                 // no body
	garbage               // bytes that are no JSON
	mismatch              // HTTP 200, and another code in the envelope
	noTaskID              // a success whose data is null
	cut                   // half of the right answer, then the connection ends
	drop                  // the connection ends without an answer
)

var shapeNames = map[string]shape{
	"envelope": envelope, "html": page, "empty": empty, "garbage": garbage, "cut": cut, "drop": drop,
}

// acceptedPrefix names the answers of a gateway that gave up on a request which
// went through all the same.
const acceptedPrefix = "accepted"

// submitFault reads a fault of a submit as markers and the faults text name it,
// without their values: "429", "drop", "accepted504".
func submitFault(name string) (fault, bool) {
	switch name {
	case "html":
		return fault{shape: page, status: http.StatusBadGateway}, true
	case "drop-unaccepted":
		return fault{shape: drop}, true
	case "no-task-id":
		return fault{shape: noTaskID, status: http.StatusOK, accepted: true}, true
	case "drop", "cut", "garbage", "empty":
		return fault{shape: shapeNames[name], status: http.StatusOK, accepted: true}, true
	}
	digits, accepted := strings.CutPrefix(name, acceptedPrefix)
	if !accepted {
		return httpFault(name)
	}
	digits, enveloped := strings.CutSuffix(digits, "-envelope")
	status, ok := parseStatus(digits)
	if !ok || status < 500 {
		return fault{}, false
	}
	f := fault{shape: page, status: status, accepted: true}
	if enveloped {
		f.shape = envelope
	}
	return f, true
}

// statusFault reads a fault of a status call: "500", "html", "cut".
func statusFault(name string) (fault, bool) {
	switch name {
	case "html":
		return fault{shape: page, status: http.StatusBadGateway}, true
	case "drop", "cut", "garbage", "empty":
		return fault{shape: shapeNames[name], status: http.StatusOK}, true
	}
	return httpFault(name)
}

// fileFault reads a fault of a result file. Hosts of files send pages.
func fileFault(name string) (fault, bool) {
	f, ok := statusFault(name)
	if f.shape == envelope {
		f.shape = page
	}
	return f, ok
}

// httpFault reads an HTTP status.
func httpFault(name string) (fault, bool) {
	status, ok := parseStatus(name)
	return fault{shape: envelope, status: status}, ok
}

// parseStatus accepts the statuses that mean an error.
func parseStatus(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && len(s) == 3 && n >= 400 && n <= 599
}

// name is the fault as the ledger has it.
func (f fault) name() string {
	for n, s := range shapeNames {
		if s == f.shape && s != envelope && s != page {
			return n
		}
	}
	switch f.shape {
	case noTaskID:
		return "no-task-id"
	case page:
		return fmt.Sprint(acceptedPrefix, f.status)
	case envelope:
		return fmt.Sprint(acceptedPrefix, f.status, "-envelope")
	}
	return ""
}

// happens reports whether the fault still happens the n-th time, counted from 1.
func (f fault) happens(n int) bool { return f.times == 0 || n <= f.times }
