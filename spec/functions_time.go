package spec

import (
	"crypto/rand"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// timeFunctions handle times, and make values that differ at each evaluation.
func timeFunctions() map[string]function.Function {
	return map[string]function.Function{
		"formatdate": stdlib.FormatDateFunc,
		"timeadd":    stdlib.TimeAddFunc,
		"timecmp":    timecmpFunction(),
		"timestamp":  volatileFunction(now),
		"uuid":       volatileFunction(newUUID),
	}
}

// volatileFunction makes a function whose result is marked, so that it cannot
// get into a request: the request would differ, and be paid for, at each run.
func volatileFunction(f func() string) function.Function {
	return function.New(&function.Spec{
		Type: function.StaticReturnType(cty.String),
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.StringVal(f()).Mark(volatileMark), nil
		},
	})
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }

// newUUID makes a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return formatUUID(b[:])
}

// timecmpFunction compares two times: -1, 0 or 1.
func timecmpFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "timestamp_a", Type: cty.String}, {Name: "timestamp_b", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var times [2]time.Time
			for n, arg := range args {
				var err error
				if times[n], err = time.Parse(time.RFC3339, arg.AsString()); err != nil {
					return cty.NilVal, function.NewArgErrorf(n, "not a time as RFC 3339 writes it, such as 2026-01-31T23:59:00Z")
				}
			}
			return cty.NumberIntVal(int64(times[0].Compare(times[1]))), nil
		},
	})
}
