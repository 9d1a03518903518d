package runner

import (
	"fmt"
	"sync"

	"apixo-batch/spec/task"
)

// Halt says how many failures end submitting: the run's circuit breaker. Its
// zero value never does.
//
// Each task counts once, when it ends in this run: with a result, or failed. A
// task has failed when no further attempt follows, when its submit was refused
// for good, and when its submit is in doubt, since that too may have been paid. A
// doubt for which a webhook is awaited counts as long as it stands.
type Halt struct {
	// Equal is how many failures in a row, with one reason and code, end
	// submitting: the next would most likely fail alike, and cost as much. 0 for
	// any number.
	Equal int
	// Failed is how many failures of any kind end submitting; 0 for any number.
	Failed int
	// Percent is the share of the tasks that ended, in hundredths, at which
	// failures end submitting; the first two tasks say nothing. 0 for any share.
	Percent int
	// Now also ends polls and downloads. The tasks that run are paid for and go
	// on at the API; a later run collects them.
	Now bool
}

// minEnded is how many tasks have to end before a share of them says anything.
const minEnded = 3

// never reports whether no failure ends submitting.
func (h Halt) never() bool { return h.Equal == 0 && h.Failed == 0 && h.Percent == 0 }

// breaker counts how tasks end. Its methods may be called by all goroutines.
type breaker struct {
	Halt
	mu              sync.Mutex
	doubts          map[string]bool // that are counted, by nonce
	ended, failures int
	last            string // kind of failure
	equal           int    // failures of the last kind since the last success
}

func (b *breaker) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended++
	b.equal = 0
}

// failed counts a failure. It returns why submitting has to end, or false.
func (b *breaker) failed(f *task.Failure) (why string, halt bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count(f)
}

// doubted counts a doubt, once, as a failure.
func (b *breaker) doubted(nonce string) (why string, halt bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.doubts[nonce] {
		return "", false
	}
	if b.doubts == nil {
		b.doubts = make(map[string]bool)
	}
	b.doubts[nonce] = true
	return b.count(asFailure())
}

// takeBack undoes doubted, if the doubt is counted.
func (b *breaker) takeBack(nonce string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.doubts[nonce] {
		return
	}
	delete(b.doubts, nonce)
	b.ended--
	b.failures--
	if b.last == asFailure().Kind() && b.equal > 0 {
		b.equal--
	}
}

// asFailure is what a doubt counts as.
func asFailure() *task.Failure { return &task.Failure{Reason: task.InDoubt} }

func (b *breaker) count(f *task.Failure) (why string, halt bool) {
	b.ended++
	b.failures++
	kind := f.Kind()
	if kind != b.last {
		b.last, b.equal = kind, 0
	}
	b.equal++
	switch {
	case b.Equal > 0 && b.equal >= b.Equal:
		return fmt.Sprintf("%d equal failures in a row: %s", b.equal, kind), true
	case b.Failed > 0 && b.failures >= b.Failed,
		b.Percent > 0 && b.ended >= minEnded && b.failures*100 >= b.Percent*b.ended:
		return fmt.Sprintf("%d of the %d tasks that ended have failed, the last with %s", b.failures, b.ended, kind), true
	default:
		return "", false
	}
}
