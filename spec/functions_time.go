package spec

import (
	"crypto/rand"
	"fmt"
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
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
