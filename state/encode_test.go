package state

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"apixo-batch/spec/task"
)

// Whatever a change holds, it is written as encoding/json would write it: each
// field alone, and any number of them together.
func TestAChangeIsWrittenAsEncodingJSONWould(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		var c Change
		share := []float64{0.1, 0.5, 1}[i%3]
		fill(rng, share, reflect.ValueOf(&c).Elem())
		want, errWant := encode(lineChange(c))
		got, err := encodeChange(c)
		if (err != nil) != (errWant != nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("wrote %s (%v)\nwant  %s (%v)", got, err, want, errWant)
		}
	}
}

func TestWhatIsNoJSONIsNotWritten(t *testing.T) {
	bad := running(1)
	bad.Request.Input = json.RawMessage(`{"a":`)
	late := running(2)
	late.SubmittedAt = time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range []Record{bad, late} {
		if _, err := encodeBody(Change{Op: "put", Put: []Record{r}}); err == nil {
			t.Errorf("%+v was written", r)
		}
	}
}

// fill sets a share of all fields in a value, by their types.
func fill(rng *rand.Rand, share float64, v reflect.Value) {
	texts := []string{"a", `"q\`, "é猫", "<&>", "\u2028\x00\x7f", "bad\xff", "task 1"}
	switch v.Interface().(type) {
	case task.Address:
		v.Set(reflect.ValueOf([]task.Address{{Name: "a"}, {Name: "b", Key: task.IndexKey(3)}, {Name: "c", Key: task.TextKey("é\"${")}}[rng.IntN(3)]))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(rng.Int64N(1<<32), rng.Int64N(1e9)).In([]*time.Location{time.UTC, time.FixedZone("", 5400)}[rng.IntN(2)])))
		return
	case json.RawMessage:
		v.SetBytes([]byte([]string{`{"a": [1, 2.50, "<é\u0041>"]}`, "null", ` "x" `}[rng.IntN(3)]))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && rng.Float64() < share {
				fill(rng, share, v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(rng, share, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rng.IntN(3), 3))
		for i := range v.Len() {
			fill(rng, share, v.Index(i))
		}
	case reflect.String:
		v.SetString(texts[rng.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	default:
		v.SetInt(rng.Int64N(1000) - 500)
	}
}
