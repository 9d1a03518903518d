package simulator

import (
	"fmt"
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
	failCode   string // the provider's identifier in an immediate error
}

// shape is what the answer of a fault looks like on the wire. The numbers are
// part of task IDs.
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
	twice                     // the right answer, two times
	late                      // the right answer, after lateness
	trickle                   // the right answer in drops
	stall                     // half of the right answer, then nothing, then the connection ends
	redirect                  // to a host of its own
	otherTask                 // of status calls: the end of another task
	oddState                  // of status calls: a state that nobody knows
	earlierState              // of status calls: the state before the right one
	errorKey                  // an envelope with "error" in place of "message"
	errorObject               // an envelope whose data is {"error": message}
	lost                      // of webhooks: never posted
	swapped                   // of webhooks: posted after that of a task that ended later
	untyped                   // of files: without a Content-Type
	octets                    // of files: with the Content-Type of any bytes
	mistyped                  // of files: with the Content-Type of another type
	lastShape    = mistyped
)

// answers are the kinds of answers that a fault can befall.
type answers byte

const (
	ofSubmit answers = 1 << iota
	ofStatus
	ofFile
	ofBalance
	ofWebhook
	ofCall = ofSubmit | ofStatus | ofFile | ofBalance
)

// namedFault is a fault without a number in its name.
type namedFault struct {
	shape    shape
	status   int
	of       answers
	accepted bool // if it befalls a submit
}

var namedFaults = map[string]namedFault{
	"drop":              {drop, 200, ofCall, true},
	"drop-unaccepted":   {drop, 0, ofSubmit, false},
	"cut":               {cut, 200, ofCall, true},
	"cut-head":          {cutHead, 200, ofCall, true},
	"cut-anywhere":      {cutAnywhere, 200, ofCall, true},
	"cut-tail":          {cutTail, 200, ofCall, true},
	"twice":             {twice, 200, ofSubmit | ofStatus | ofBalance | ofWebhook, true},
	"late":              {late, 200, ofCall | ofWebhook, true},
	"trickle":           {trickle, 200, ofCall, true},
	"stall":             {stall, 200, ofCall, true},
	"garbage":           {garbage, 200, ofCall, true},
	"empty":             {empty, 200, ofCall, true},
	"no-task-id":        {noTaskID, 200, ofSubmit, true},
	"html":              {page, 502, ofCall, false},
	"portal":            {page, 200, ofCall, false}, // how a gateway answers that wants a login
	"redirect":          {redirect, 307, ofCall, false},
	"accepted-portal":   {page, 200, ofSubmit, true},
	"accepted-redirect": {redirect, 307, ofSubmit, true},
	"other-task":        {otherTask, 200, ofStatus, false},
	"odd-state":         {oddState, 200, ofStatus, false},
	"earlier-state":     {earlierState, 200, ofStatus, false},
	"lost":              {lost, 200, ofWebhook, false},
	"swapped":           {swapped, 200, ofWebhook, false},
	"no-type":           {untyped, 200, ofFile, false},
	"octet-stream":      {octets, 200, ofFile, false},
	"wrong-type":        {mistyped, 200, ofFile, false},
}

// numberedFault is a fault whose name holds a status from least to 599.
type numberedFault struct {
	prefix, suffix string
	least          int
	shape          shape
	of             answers
	accepted       bool
}

// numberedFaults: what is accepted is the answer of a gateway that gave up on a
// request which went through all the same.
var numberedFaults = []numberedFault{
	{"", "", 400, envelope, ofCall, false},
	{"html", "", 400, page, ofCall, false},
	{"code", "", 400, mismatch, ofSubmit | ofStatus | ofBalance, false},
	{"accepted", "", 500, page, ofSubmit, true},
	{"accepted", "-envelope", 500, envelope, ofSubmit, true},
}

// findFault reads the name of a fault that befalls one kind of answers, as
// markers and the faults text have it: "429", "drop", "accepted504".
func findFault(name string, of answers) (fault, bool) {
	if n, ok := namedFaults[name]; ok && n.of&of != 0 {
		return fault{shape: n.shape, status: n.status, accepted: n.accepted && of == ofSubmit}, true
	}
	for _, n := range numberedFaults {
		rest, begins := strings.CutPrefix(name, n.prefix)
		digits, ends := strings.CutSuffix(rest, n.suffix)
		if status, ok := parseStatus(digits); begins && ends && ok && status >= n.least && n.of&of != 0 {
			return fault{shape: n.shape.sentBy(of), status: status, accepted: n.accepted}, true
		}
	}
	return fault{}, false
}

// sentBy is the shape as a kind of answers has it: hosts of files know no
// envelope.
func (s shape) sentBy(of answers) shape {
	if s == envelope && of == ofFile {
		return page
	}
	return s
}

// bodies are the shapes that the option body gives to an answer with a status.
var bodies = map[string]shape{
	"envelope": envelope, "html": page, "empty": empty, "garbage": garbage,
	"error-key": errorKey, "error-object": errorObject,
}

// How slow the slow answers are, at speed 1: all of them too slow for a client
// that gives up after a minute, except for one that takes drops for progress.
const (
	lateness = 90 * time.Second
	drops    = 16
	dropGap  = 20 * time.Second
	stalling = 10 * time.Minute
)

// parseStatus accepts the statuses that mean an error.
func parseStatus(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && len(s) == 3 && n >= 400 && n <= 599
}

// name is the fault of an accepted submit as the ledger has it, empty for none.
func (f fault) name() string {
	for name, n := range namedFaults {
		if n.accepted && n.of&ofSubmit != 0 && n.shape == f.shape && n.status == f.status {
			return name
		}
	}
	for _, n := range numberedFaults {
		if n.accepted && n.shape == f.shape {
			return fmt.Sprint(n.prefix, f.status, n.suffix)
		}
	}
	return f.bodyName()
}

// bodyName names an accepted answer whose body an option has changed.
func (f fault) bodyName() string {
	for name, s := range bodies {
		if s == f.shape {
			return fmt.Sprint("accepted", f.status, "-", name)
		}
	}
	return ""
}

// happens reports whether the fault still happens the n-th time, counted from 1.
func (f fault) happens(n int) bool { return f.times == 0 || n <= f.times }
