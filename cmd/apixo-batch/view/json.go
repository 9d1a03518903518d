package view

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"apixo-batch/runner/plan"
	"apixo-batch/spec"
	"apixo-batch/spec/task"
)

// UIVersion is the version of the JSON lines: a new minor version adds, a new
// major version changes. Readers ignore types and keys they do not know.
const UIVersion = "1.0"

// JSON is the view for programs: one object per line, in the shapes of
// Terraform's machine-readable UI. Money is a decimal string, never a float. Types
// and fields are in lines.go; WriteEvents shows them.
//
// No run waits for whoever reads the lines; see stream.
type JSON struct {
	version string // of the program
	out     *stream

	mu      sync.Mutex // of everything below, and of the order of lines
	greeted bool
	run     *runState // nil before a run
}

// NewJSON makes the view for programs. A reader of out that takes nothing is waited
// for as long as patience before a run begins, and for ever if that is 0. The caller
// closes it.
func NewJSON(out io.Writer, version string, patience time.Duration) *JSON {
	j := &JSON{version: version}
	j.out = newStream(out, patience, func(n int) []byte {
		return line("warn", "events_dropped", fmt.Sprintf("%s dropped here: nobody was reading", count(n, "line")), eventsDroppedLine{n})
	})
	return j
}

// Close waits for the reader to take what is left, and not for ever after a run. lost
// is how many lines it did not get; err is that of a write.
func (j *JSON) Close() (lost int, err error) { return j.out.close() }

// fields are a JSON object that is made in one place.
type fields map[string]any

// write writes one line; the first is preceded by the version line.
func (j *JSON) write(level, kind, message string, payload any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.put(level, kind, message, payload, true)
}

// put is write for who holds mu. What does not matter is the first to be dropped.
func (j *JSON) put(level, kind, message string, payload any, matters bool) {
	if !j.greeted {
		j.greeted = true
		j.out.put(line("info", "version", "apixo-batch "+j.version, versionLine{j.version, UIVersion}), true)
	}
	j.out.put(line(level, kind, message, payload), matters)
}

// line is one line, its line break included: what all have, then what is its own.
func line(level, kind, message string, payload any) []byte {
	common := commonLine{level, message, "apixo-batch.ui", time.Now().UTC().Format("2006-01-02T15:04:05.000000Z07:00"), kind}
	var b, own bytes.Buffer
	_ = WriteJSON(&b, common, "") // a buffer takes everything, and lines are made of what JSON has
	_ = WriteJSON(&own, payload, "")
	if own.Len() > len("{}\n") {
		b.Truncate(b.Len() - len("}\n"))
		b.WriteByte(',')
		b.Write(own.Bytes()[1:])
	}
	return b.Bytes()
}

// refer names an instance as Terraform names a resource.
func refer(a task.Address, model string) resourceRef {
	ref := resourceRef{Addr: a.String(), Resource: a.String(), Type: "task", Name: a.Name, Model: model}
	if i, isIndex := a.Key.Index(); isIndex {
		ref.Key = i
	} else if !a.Key.IsZero() {
		ref.Key = a.Key.Text()
	}
	return ref
}

// referTo is nil without an address.
func referTo(a task.Address) *resourceRef {
	if a == (task.Address{}) {
		return nil
	}
	return new(refer(a, ""))
}

// price is null where nobody knows the price: unknown is not zero.
func price(p plan.Price) perhaps[priceSpan] {
	if !p.Known {
		return perhaps[priceSpan]{there: true}
	}
	return perhaps[priceSpan]{true, &priceSpan{amount(p.Low), amount(p.High)}}
}

// Outputs implements View.
func (j *JSON) Outputs(outputs []spec.Output) {
	values := make(map[string]outputValue, len(outputs))
	for _, o := range outputs {
		values[o.Name] = newOutputValue(o)
	}
	j.write("info", "outputs", fmt.Sprintf("Outputs: %d", len(outputs)), outputsLine{values})
}

// newOutputValue leaves the value out where it is sensitive or not known.
func newOutputValue(o spec.Output) outputValue {
	v := outputValue{Sensitive: o.Sensitive, Known: o.Known}
	if o.Known && !o.Sensitive {
		v.Value = o.Value
	}
	return v
}

// Diagnostics implements View.
func (j *JSON) Diagnostics(diagnostics hcl.Diagnostics, sources map[string]*hcl.File) {
	for _, d := range diagnostics {
		object := DiagnosticJSON(d, sources)
		level := "error"
		if d.Severity == hcl.DiagWarning {
			level = "warn"
		}
		j.write(level, "diagnostic", fmt.Sprintf("%s: %s", object.Severity, d.Summary), diagnosticLine{object})
	}
}

// Note implements View.
func (j *JSON) Note(text string) { j.write("warn", "log", text, logLine{}) }

// Error implements View.
func (j *JSON) Error(text string) {
	j.write("error", "diagnostic", "error: "+text, diagnosticLine{Diagnostic{Severity: "error", Summary: text}})
}
