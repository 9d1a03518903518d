package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// A snapshot with elements of a newer release, and large enough that what was read
// is let go of on the way.
func largeSnapshot(t *testing.T) []byte {
	t.Helper()
	v := newView(newHeader("test"))
	v.header.Serial = 1
	for i := range 500 {
		r := running(i)
		r.Request.Input = []byte(`{"prompt":"` + strings.Repeat("x", 500) + `"}`)
		v.records[r.Address] = &stored{record: &r}
	}
	var b bytes.Buffer
	if _, err := encodeSnapshot(&b, v, "00000000"); err != nil {
		t.Fatal(err)
	}
	return reseal(strings.ReplaceAll(b.String(), `"attempt": 1,`, `"attempt": 1, "newer": {"a": [1]},`))
}

func TestASnapshotReadInPiecesIsTheOneReadAtOnce(t *testing.T) {
	data := largeSnapshot(t)
	whole, err := parseSnapshot(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, reader := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(bytes.NewReader(data)), "the end with data": iotest.DataErrReader(bytes.NewReader(data)),
	} {
		r := newSealedReader(reader)
		got, err := decodeSnapshot(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(r.held) > 200<<10 {
			t.Errorf("%s: %d of %d bytes were held", name, len(r.held), len(data))
		}
		if got.sum != whole.sum || len(got.view.records) != len(whole.view.records) {
			t.Errorf("%s: sum %s of %d records, want %s of %d", name, got.sum, len(got.view.records), whole.sum, len(whole.view.records))
		}
		for address, want := range whole.view.records {
			raw := got.view.records[address].raw
			if !bytes.Contains(raw, []byte(`"newer"`)) || !bytes.Equal(raw, want.raw) {
				t.Fatalf("%s: %s is kept as\n%s\nwant\n%s", name, address, raw, want.raw)
			}
		}
	}
}

func TestASnapshotThatCannotBeReadIsNotCalledDamaged(t *testing.T) {
	data := largeSnapshot(t)
	broken := errors.New("broken disk")
	r := newSealedReader(io.MultiReader(bytes.NewReader(data[:len(data)/2]), iotest.ErrReader(broken)))
	if _, err := decodeSnapshot(r); err == nil || !errors.Is(r.err, broken) {
		t.Errorf("%v, and the reader has %v", err, r.err)
	}
}

func TestCompactRemovesTheSpaceOutsideOfTexts(t *testing.T) {
	for _, text := range []string{
		"{\n  \"a b\": \"c\\\" \\\\\",\t\"d\": [1, 2.5e3,\r\n null, true]\n}", "[\n]", "\" x \"\n", "{\n\"\\\\\": \"  \\u0022 \"}",
	} {
		got := json.RawMessage(text)
		compact(&got)
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if string(got) != want.String() {
			t.Errorf("%s\nis %s\nwant %s", text, got, &want)
		}
	}
}
