package view

import (
	"bytes"
	"context"
	"io"
	"os"
	"testing"
	"testing/synctest"
)

// However views were put together, the log goes above the area of the one that people
// read, and that one is told when its terminal gets another size.
func TestTheLogFindsWhoeverReadsItAmongSeveralViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := onScreen(80, 24, true)
		annotations := &Annotations{Out: io.Discard}
		lines := NewJSON(io.Discard, "dev", 0)
		defer lines.Close()
		all := Together(Together(h, annotations), lines)
		resized := make(chan os.Signal, 1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		all.Begin(twoSubmits())
		go func() { defer close(ended); all.Follow(ctx, resized) }()
		settled(redrawEvery)
		if !Log(all, []byte("a line\n")) {
			t.Error("nobody reads the log")
		}
		settled(redrawEvery)
		shows(t, s, "\na line\n   0% [                        ]  0/2 ended, 0s\n  $0.00 of $0.06")
		s.Resize(40, 24)
		resized <- os.Interrupt
		synctest.Wait()
		if len(resized) > 0 {
			t.Error("nobody was told of another size")
		}
		cancel()
		<-ended
		all.Summary(Summary{Operation: "apply"})
	})
}

func TestALogThatNobodyReadsIsNotTaken(t *testing.T) {
	var out bytes.Buffer
	lines := NewJSON(io.Discard, "dev", 0)
	defer lines.Close()
	if Log(Together(lines, &Annotations{Out: &out}), []byte("a line\n")) {
		t.Error("a program was given a line of the log")
	}
}
