package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// indented is a record or row as it stands in a snapshot.
func indented(t testing.TB, value any) []byte {
	t.Helper()
	raw, err := encode(value)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "    ", "  "); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatARunLeavesIsNothingOdd(t *testing.T) {
	row := Spend{Nonce: "n", Address: odd().Address, Model: "m", TaskID: "t", Run: "r", Plan: "p", Cost: 1, ReservedAt: noon, ChargedAt: noon}
	row.Address.Key = running(1).Address.Key
	p := newParser()
	for _, r := range []Record{submitting(1), running(2), succeeded(3)} {
		p.rest = indented(t, r)
		if p.record(new(Record)); p.odd {
			t.Errorf("%s is odd, at %.60s", r.Status, p.rest)
		}
	}
	p.rest = indented(t, row)
	if p.spend(new(Spend)); p.odd {
		t.Errorf("a row of the ledger is odd, at %.60s", p.rest)
	}
	charge := money(Charge, "n", 1)
	charge.TaskID, charge.Run, charge.Plan = "t", "r", "p"
	p.rest = lineOf(t, Change{Op: "running", Put: []Record{running(2)}, Money: []Entry{charge}}, Change{Op: "succeeded", Put: []Record{succeeded(3)}})
	if p.line(new(journalLine)); p.odd {
		t.Errorf("a line of the journal is odd, at %.60s", p.rest)
	}
}

// Whatever a record or a row holds, it is read as encoding/json would read it.
func TestWhatIsReadIsWhatEncodingJSONReads(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		share := []float64{0.1, 0.5, 1}[i%3]
		var r Record
		fill(rng, share, reflect.ValueOf(&r).Elem())
		compareDecoders(t, indented(t, r), (*parser).record)
		var s Spend
		fill(rng, share, reflect.ValueOf(&s).Elem())
		compareDecoders(t, indented(t, s), (*parser).spend)
		var c, also Change
		fill(rng, share, reflect.ValueOf(&c).Elem())
		fill(rng, share, reflect.ValueOf(&also).Elem())
		compareDecoders(t, lineOf(t, c, also), (*parser).line)
	}
}

// compareDecoders holds decode against encoding/json alone.
func compareDecoders[T any](t *testing.T, data []byte, read func(*parser, *T)) {
	t.Helper()
	got, raw, err := decode(newParser(), data, read)
	want, wantRaw, wantErr := decode[T](newParser(), data, nil)
	if err == nil && wantErr == nil {
		compactAny(got)
		compactAny(want)
	}
	if (err == nil) != (wantErr == nil) || !bytes.Equal(raw, wantRaw) {
		t.Fatalf("%s\nis read with %v (raw: %s)\nwant %v (raw: %s)", data, err, raw, wantErr, wantRaw)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\nis read as %+v\nwant %+v", data, got, want)
	}
}

// compactAny does what the snapshot's reader does with records.
func compactAny(value any) {
	switch v := value.(type) {
	case *Record:
		compactRecord(v)
	case *journalLine:
		for _, c := range append([]lineChange{v.lineChange}, v.Also...) {
			for i := range c.Put {
				compactRecord(&c.Put[i])
			}
		}
	}
}

// lineOf is the line of changes that were committed together, without its newline.
func lineOf(t testing.TB, changes ...Change) []byte {
	t.Helper()
	var bodies [][]byte
	for _, c := range changes {
		body, err := encodeBody(c)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	line, _ := appendLine(nil, 7, noon, bodies, "00000000")
	return bytes.TrimSuffix(line, []byte("\n"))
}

func FuzzDecode(f *testing.F) {
	failed := odd()
	failed.RefreshedURLs, failed.LostChanges, failed.Triggers = nil, true, "t"
	for _, r := range []Record{submitting(1), running(2), succeeded(3), odd(), failed} {
		f.Add(indented(f, r))
	}
	f.Add(lineOf(f, Change{Op: "submitting", Put: []Record{submitting(1)}, Money: []Entry{money(Reserve, "n", 1)}}, Change{Op: "x", Put: []Record{odd()}}))
	for _, s := range []string{`{"address":"task.a"}`, `{"address": "task.a", "status": null, "x": [1e3]}`, `{"a`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		compareDecoders(t, data, (*parser).record)
		compareDecoders(t, data, (*parser).spend)
		compareDecoders(t, data, (*parser).line)
	})
}

// FuzzSnapshotLayout: what a snapshot is made of is found as encoding/json finds it.
func FuzzSnapshotLayout(f *testing.F) {
	f.Add([]byte(`{"lineage": "l", "serial": 1,"records":[{"address":"task.a","status":"failed","y":{"]":"\\\""}} , {}],"x":[1,"}"],"n" : -1e3}`))
	f.Add([]byte(`{"records":[],"spends":[null],}`))
	f.Add([]byte(`{"records":[{"a":1},],"a":[{]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		data = bytes.TrimLeft(data, " \t\r\n")
		if !bytes.HasPrefix(data, []byte("{")) {
			return // it is another file, see checkFormat
		}
		got, err := layout(newSealedReader(bytes.NewReader(data)))
		want, wantErr := layoutByDecoder(data)
		if (err == nil) != (wantErr == nil) || err == nil && got != want {
			t.Fatalf("%s\nis %s (%v)\nwant %s (%v)", data, got, err, want, wantErr)
		}
	})
}

// layout writes down the names and values of a snapshot, and the elements of lists.
func layout(r *sealedReader) (string, error) {
	var found strings.Builder
	if !r.take('{') {
		return "", errors.New("no object")
	}
	for n := 0; ; n++ {
		if more, err := r.item(n, '}'); err != nil || !more {
			return found.String(), err
		}
		name, err := r.name()
		if err != nil {
			return "", err
		}
		found.WriteString(name + "\n")
		add := func(v *any, _ json.RawMessage) error {
			text, err := json.Marshal(*v)
			found.Write(append(text, '\n'))
			return err
		}
		if name == "records" {
			err = list(r, newParser(), nil, add)
		} else if value, valueErr := r.value(); valueErr != nil {
			err = valueErr
		} else {
			var v any
			if err = json.Unmarshal(value, &v); err == nil {
				err = add(&v, nil)
			}
		}
		if err != nil {
			return "", err
		}
	}
}

func layoutByDecoder(data []byte) (string, error) {
	var found strings.Builder
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.Token() // the brace
	add := func() error {
		var v any
		if err := decoder.Decode(&v); err != nil {
			return err
		}
		text, err := json.Marshal(v)
		found.Write(append(text, '\n'))
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return "", err
		}
		found.WriteString(name.(string) + "\n")
		if name == "records" {
			token, err := decoder.Token()
			if err != nil || token != json.Delim('[') {
				return "", errors.Join(errors.New("no list"), err)
			}
			for decoder.More() {
				if err := add(); err != nil {
					return "", err
				}
			}
			_, err = decoder.Token()
			if err != nil {
				return "", err
			}
		} else if err := add(); err != nil {
			return "", err
		}
	}
	_, err := decoder.Token()
	return found.String(), err
}
