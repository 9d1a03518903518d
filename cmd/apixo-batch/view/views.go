package view

import (
	"context"
	"os"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/runner"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// Views are several views of one command, each of which is shown everything.
type Views []View

// Plan implements View.
func (v Views) Plan(p Plan) {
	for _, one := range v {
		one.Plan(p)
	}
}

// Explain implements View.
func (v Views) Explain(p Plan, of map[task.Address]bool) {
	for _, one := range v {
		one.Explain(p, of)
	}
}

// Begin implements View.
func (v Views) Begin(p Plan) {
	for _, one := range v {
		one.Begin(p)
	}
}

// Event implements View.
func (v Views) Event(e runner.Event) {
	for _, one := range v {
		one.Event(e)
	}
}

// Follow implements View. Each view follows in a goroutine of its own, so that none
// waits for another's reader.
func (v Views) Follow(ctx context.Context, resized <-chan os.Signal) {
	var all sync.WaitGroup
	for _, one := range v {
		if _, is := one.(*Human); is {
			all.Go(func() { one.Follow(ctx, resized) })
		} else {
			all.Go(func() { one.Follow(ctx, nil) })
		}
	}
	all.Wait()
}

// Summary implements View.
func (v Views) Summary(s Summary) {
	for _, one := range v {
		one.Summary(s)
	}
}

// Outputs implements View.
func (v Views) Outputs(outputs []spec.Output) {
	for _, one := range v {
		one.Outputs(outputs)
	}
}

// Diagnostics implements View.
func (v Views) Diagnostics(diagnostics hcl.Diagnostics, sources map[string]*hcl.File) {
	for _, one := range v {
		one.Diagnostics(diagnostics, sources)
	}
}

// Note implements View.
func (v Views) Note(text string) {
	for _, one := range v {
		one.Note(text)
	}
}

// Error implements View.
func (v Views) Error(text string) {
	for _, one := range v {
		one.Error(text)
	}
}

// Log writes a line of the log where a person reads; false if nobody does.
func (v Views) Log(line []byte) bool {
	for _, one := range v {
		if human, is := one.(*Human); is {
			human.Log(line)
			return true
		}
	}
	return false
}
