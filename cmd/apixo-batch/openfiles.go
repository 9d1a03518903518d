package main

import (
	"net/http"

	"apixo-batch/runner/apixo"
)

const (
	// otherFiles is what a run has open at most beside its connections to the
	// API: the standard streams, the state, and for each of its downloads a
	// connection, a file and a directory or two.
	otherFiles = 48
	// fewConnections are opened in any case.
	fewConnections = 4
)

// apiTransport carries calls to the API over no more connections than the limit
// on open files leaves room for. Calls then wait for one; without room, results
// that are paid for could not be saved.
func apiTransport() *http.Transport {
	t := apixo.DefaultTransport()
	t.MaxConnsPerHost = max(fewConnections, min(t.MaxConnsPerHost, openFileLimit()-otherFiles))
	return t
}
