package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// fault is one way in which an answer goes wrong.
type fault struct {
	shape  shape
	status int // HTTP status; of shape mismatch the envelope's code
	// accepted: the task was created and billed before the answer went wrong.
	accepted   bool
	times      int    // how often it happens; 0 always
	retryAfter string // the header of that name; empty sends none
	message    string
}

// shape is what the answer of a fault looks like on the wire.
type shape byte

const (
	sound        shape = iota // the right answer: no fault
	envelope                  // {code,message,data} with the status
	page                      // a proxy's HTML
	empty                     // no body
	garbage                   // bytes that are no JSON
	mismatch                  // HTTP 200, and another code in the envelope
	noTaskID                  // a success whose data is null
	cut                       // half of the right answer, then the connection ends
	drop                      // the connection ends without an answer
	cutHead                   // status and headers, then the connection ends
	cutAnywhere               // the right answer up to some byte, then the connection ends
	cutTail                   // all of the right answer, then the connection ends where more was announced
	twice                     // the right answer, two times in one body
	late                      // the right answer, after lateness
	trickle                   // the right answer in drops
	stall                     // half of the right answer, then nothing, then the connection ends
	redirect                  // to a host of its own
	otherTask                 // of status calls: the end of another task
	oddState                  // of status calls: a state that nobody knows
	earlierState              // of status calls: the state before the right one
	lastShape    = earlierState
)

var shapeNames = map[string]shape{
	"envelope": envelope, "html": page, "empty": empty, "garbage": garbage, "cut": cut, "drop": drop,
	"cut-head": cutHead, "cut-anywhere": cutAnywhere, "cut-tail": cutTail, "twice": twice,
	"late": late, "trickle": trickle, "stall": stall, "redirect": redirect,
	"other-task": otherTask, "odd-state": oddState, "earlier-state": earlierState,
}

// How slow the slow answers are, at speed 1: all of them too slow for a client
// that gives up after a minute, except for one that takes drops for progress.
const (
	lateness = 90 * time.Second
	drops    = 16
	dropGap  = 20 * time.Second
	stalling = 10 * time.Minute
)

// acceptedPrefix names the answers of a gateway that gave up on a request which
// went through all the same.
const acceptedPrefix = "accepted"

// submitFault reads a fault of a submit as markers and the faults text name it,
// without their values: "429", "drop", "accepted504".
func submitFault(name string) (fault, bool) {
	switch name {
	case "drop-unaccepted":
		return fault{shape: drop}, true
	case "no-task-id":
		return fault{shape: noTaskID, status: http.StatusOK, accepted: true}, true
	case "drop", "cut", "garbage", "empty", "cut-head", "cut-anywhere", "cut-tail", "twice", "late", "trickle", "stall":
		return fault{shape: shapeNames[name], status: http.StatusOK, accepted: true}, true
	}
	if gateway, accepted := strings.CutPrefix(name, acceptedPrefix); accepted {
		return acceptedFault(gateway)
	}
	if f, ok := pageFault(name); ok {
		return f, true
	}
	return httpFault(name)
}

// acceptedFault reads what follows acceptedPrefix: "504", "504-envelope",
// "-portal", "-redirect".
func acceptedFault(name string) (fault, bool) {
	if name == "-portal" || name == "-redirect" {
		f, _ := pageFault(name[1:])
		f.accepted = true
		return f, true
	}
	digits, enveloped := strings.CutSuffix(name, "-envelope")
	status, ok := parseStatus(digits)
	f := fault{shape: page, status: status, accepted: true}
	if enveloped {
		f.shape = envelope
	}
	return f, ok && status >= 500
}

// pageFault reads an answer of something in between, which does not know the API:
// "html", "html504", "portal", "redirect".
func pageFault(name string) (fault, bool) {
	switch name {
	case "html":
		return fault{shape: page, status: http.StatusBadGateway}, true
	case "portal": // how a gateway answers that wants a login
		return fault{shape: page, status: http.StatusOK}, true
	case "redirect":
		return fault{shape: redirect, status: http.StatusTemporaryRedirect}, true
	}
	digits, ok := strings.CutPrefix(name, "html")
	status, known := parseStatus(digits)
	return fault{shape: page, status: status}, ok && known
}

// statusFault reads a fault of a status call: "500", "html", "cut".
func statusFault(name string) (fault, bool) {
	switch name {
	case "other-task", "odd-state", "earlier-state", "twice":
		return fault{shape: shapeNames[name], status: http.StatusOK}, true
	}
	return answerFault(name)
}

// answerFault reads what can befall any answer.
func answerFault(name string) (fault, bool) {
	switch name {
	case "drop", "cut", "garbage", "empty", "cut-head", "cut-anywhere", "cut-tail", "late", "trickle", "stall":
		return fault{shape: shapeNames[name], status: http.StatusOK}, true
	}
	if f, ok := pageFault(name); ok {
		return f, true
	}
	return httpFault(name)
}

// fileFault reads a fault of a result file. Hosts of files send pages.
func fileFault(name string) (fault, bool) {
	f, ok := answerFault(name)
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
	switch {
	case f.shape == noTaskID:
		return "no-task-id"
	case f.shape == page && f.status == http.StatusOK:
		return acceptedPrefix + "-portal"
	case f.shape == page:
		return fmt.Sprint(acceptedPrefix, f.status)
	case f.shape == envelope:
		return fmt.Sprint(acceptedPrefix, f.status, "-envelope")
	case f.shape == redirect:
		return acceptedPrefix + "-redirect"
	}
	for n, s := range shapeNames {
		if s == f.shape {
			return n
		}
	}
	return ""
}

// happens reports whether the fault still happens the n-th time, counted from 1.
func (f fault) happens(n int) bool { return f.times == 0 || n <= f.times }
