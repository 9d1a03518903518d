package state

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// encodeChange is a change as it stands in a line. It is what encoding/json makes
// of a lineChange, to the byte, and takes a fraction of the time: a run writes
// three changes for each task. What is rare in them is left to encoding/json.
func encodeChange(c Change) ([]byte, error) {
	o := newObject(1024)
	o.text("op", c.Op)
	if len(c.Put) > 0 {
		o.list("put", len(c.Put), func(i int) { o.record(&c.Put[i]) })
	}
	o.maybe("remove", len(c.Remove) > 0, c.Remove)
	if len(c.Money) > 0 {
		o.list("money", len(c.Money), func(i int) { o.entry(&c.Money[i]) })
	}
	o.maybe("approve", c.Approve != nil, c.Approve)
	o.maybe("balance", c.Balance != nil, c.Balance)
	o.maybe("limits", len(c.Limits) > 0, c.Limits)
	o.maybe("intervene", c.Intervene != nil, c.Intervene)
	o.maybeText("endpoint", c.Endpoint)
	return o.finish()
}

// record writes a record as it stands in a snapshot.
func (o *object) record(r *Record) {
	o.out.WriteByte('{')
	o.text("address", r.Address.String())
	o.text("status", string(r.Status))
	o.name("request")
	o.out.WriteByte('{')
	o.text("model", r.Request.Model)
	o.json("input", r.Request.Input)
	o.out.WriteByte('}')
	o.text("fingerprint", string(r.Fingerprint))
	o.number("attempt", int64(r.Attempt))
	o.maybe("repeats", r.Repeats != 0, r.Repeats)
	o.maybeText("nonce", r.Nonce)
	o.maybeText("task_id", r.TaskID)
	o.number("cost_usd_micros", int64(r.Cost))
	o.bool("priced", r.Priced)
	o.maybeTime("submitted_at", r.SubmittedAt)
	o.maybeTime("accepted_at", r.AcceptedAt)
	o.maybeTime("finished_at", r.FinishedAt)
	o.maybe("result", r.Result != nil, r.Result)
	o.maybe("failure", r.Failure != nil, r.Failure)
	o.maybe("doubt", r.Doubt != nil, r.Doubt)
	o.maybe("refreshed_urls", len(r.RefreshedURLs) > 0, r.RefreshedURLs)
	o.maybe("artifacts", len(r.Artifacts) > 0, r.Artifacts)
	o.maybe("lost_changes", r.LostChanges, true)
	o.maybeText("triggers", r.Triggers)
	o.maybe("past", len(r.Past) > 0, r.Past)
	o.out.WriteByte('}')
}

func (o *object) entry(e *Entry) {
	o.out.WriteByte('{')
	o.text("kind", string(e.Kind))
	o.text("nonce", e.Nonce)
	o.text("address", e.Address.String())
	o.text("model", e.Model)
	o.maybeText("task_id", e.TaskID)
	o.maybeText("run", e.Run)
	o.maybeText("plan", e.Plan)
	o.number("cost_usd_micros", int64(e.Cost))
	o.bool("priced", e.Priced)
	o.time("at", e.At)
	o.maybe("settled", e.Settled != nil, e.Settled)
	o.out.WriteByte('}')
}

// object is JSON being written, member by member. It keeps the first error.
type object struct {
	out bytes.Buffer
	err error
}

func newObject(size int) *object {
	o := &object{}
	o.out.Grow(size)
	o.out.WriteByte('{')
	return o
}

func (o *object) finish() ([]byte, error) {
	o.out.WriteByte('}')
	return o.out.Bytes(), o.err
}

func (o *object) name(name string) {
	if b := o.out.Bytes(); b[len(b)-1] != '{' {
		o.out.WriteByte(',')
	}
	o.out.WriteByte('"')
	o.out.WriteString(name)
	o.out.WriteString(`":`)
}

func (o *object) list(name string, n int, element func(i int)) {
	o.name(name)
	o.out.WriteByte('[')
	for i := range n {
		if i > 0 {
			o.out.WriteByte(',')
		}
		element(i)
	}
	o.out.WriteByte(']')
}

func (o *object) text(name, s string) {
	o.name(name)
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		o.encode(s)
		return
	}
	o.out.WriteByte('"')
	for i := strings.IndexAny(s, `"\`); i >= 0; i = strings.IndexAny(s, `"\`) {
		o.out.WriteString(s[:i])
		o.out.WriteByte('\\')
		o.out.WriteByte(s[i])
		s = s[i+1:]
	}
	o.out.WriteString(s)
	o.out.WriteByte('"')
}

func (o *object) maybeText(name, s string) {
	if s != "" {
		o.text(name, s)
	}
}

func (o *object) number(name string, n int64) {
	o.name(name)
	o.out.Write(strconv.AppendInt(o.out.AvailableBuffer(), n, 10))
}

func (o *object) bool(name string, b bool) {
	o.name(name)
	o.out.WriteString(strconv.FormatBool(b))
}

func (o *object) time(name string, t time.Time) {
	o.name(name)
	text, err := t.AppendText(append(o.out.AvailableBuffer(), '"'))
	o.fail(err)
	o.out.Write(append(text, '"'))
}

func (o *object) maybeTime(name string, t time.Time) {
	if !t.IsZero() {
		o.time(name, t)
	}
}

// json writes JSON as it was received, without the spaces.
func (o *object) json(name string, raw json.RawMessage) {
	o.name(name)
	if raw == nil {
		raw = json.RawMessage("null")
	}
	o.fail(json.Compact(&o.out, raw))
}

// maybe writes a value of any kind, if it is there.
func (o *object) maybe(name string, there bool, value any) {
	if there {
		o.name(name)
		o.encode(value)
	}
}

func (o *object) encode(value any) {
	encoded, err := encode(value)
	o.fail(err)
	o.out.Write(encoded)
}

func (o *object) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}
