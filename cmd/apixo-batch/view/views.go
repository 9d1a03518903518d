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

// views are several views of one command, each of which is shown everything. None of
// them is made of others.
type views []View

// Together is a view that shows everything in each of several.
func Together(several ...View) View {
	var all views
	for _, one := range several {
		if parts, is := one.(views); is {
			all = append(all, parts...)
		} else {
			all = append(all, one)
		}
	}
	return all
}

// Log writes a line of the log, its line break included, where a person reads, above the
// area of a run; false if nobody does.
func Log(v View, line []byte) bool {
	for _, one := range Together(v).(views) {
		if human, is := one.(*Human); is {
			human.say(message{string(line), true})
			return true
		}
	}
	return false
}

// Plan implements View.
func (v views) Plan(p Plan) {
	for _, one := range v {
		one.Plan(p)
	}
}

// Explain implements View.
func (v views) Explain(p Plan, of map[task.Address]bool) {
	for _, one := range v {
		one.Explain(p, of)
	}
}

// Begin implements View.
func (v views) Begin(p Plan) {
	for _, one := range v {
		one.Begin(p)
	}
}

// Event implements View.
func (v views) Event(e runner.Event) {
	for _, one := range v {
		one.Event(e)
	}
}

// Follow implements View. Each view follows in a goroutine of its own, so that none
// waits for another's reader.
func (v views) Follow(ctx context.Context, resized <-chan os.Signal) {
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
func (v views) Summary(s Summary) {
	for _, one := range v {
		one.Summary(s)
	}
}

// Outputs implements View.
func (v views) Outputs(outputs []spec.Output) {
	for _, one := range v {
		one.Outputs(outputs)
	}
}

// Diagnostics implements View.
func (v views) Diagnostics(diagnostics hcl.Diagnostics, sources map[string]*hcl.File) {
	for _, one := range v {
		one.Diagnostics(diagnostics, sources)
	}
}

// Note implements View.
func (v views) Note(text string) {
	for _, one := range v {
		one.Note(text)
	}
}

// Error implements View.
func (v views) Error(text string) {
	for _, one := range v {
		one.Error(text)
	}
}
