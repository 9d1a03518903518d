package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"apixo-batch/runner/simulator"
)

// rehearsal runs commands in this process and in virtual time, at one simulator,
// which knows what was bought.
type rehearsal struct {
	sim   *simulator.Simulator
	local *simulator.Local
	env   map[string]string
}

func inVirtualTime(t *testing.T, test func(*testing.T, *rehearsal)) {
	// The goroutine that package signal starts and keeps must not be of the bubble.
	_, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	synctest.Test(t, func(t *testing.T) {
		sim, err := simulator.New(simulator.Config{Seed: simulatedSeed, Speed: simulatedSpeed, AnyModel: true, Parameters: simulator.KnownParameters}) // as connectSimulator has it
		if err != nil {
			t.Fatal(err)
		}
		local := simulator.Serve(sim)
		test(t, &rehearsal{sim: sim, local: local})
		if err := errors.Join(local.Close(), sim.Close()); err != nil {
			t.Error(err)
		}
	})
}

// command runs a command that has to end with the given code, and returns what
// it wrote.
func (r *rehearsal) command(t *testing.T, exit int, args ...string) string {
	t.Helper()
	p, out, err := testProgram(args, r.env)
	p.stdin = os.Stdin
	p.carrier = func(http.RoundTripper) http.RoundTripper { return r.local.Transport() }
	if code := p.execute(append([]string{"apixo-batch"}, args...)); code != exit {
		t.Errorf("apixo-batch %s ends with %d, want %d:\n%s%s", strings.Join(args, " "), code, exit, out, err)
	}
	return out.String()
}
