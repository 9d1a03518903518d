package state

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"

	"apixo-batch/state/atomicfile"
	"apixo-batch/state/disk"
)

// snapshotHeader is what a snapshot says before its records. Readers find the
// fields in any order; we write them in this one.
type snapshotHeader struct {
	Format   string    `json:"format"`
	Version  int       `json:"version"`
	Tool     string    `json:"tool"`
	Lineage  string    `json:"lineage"`
	Serial   int64     `json:"serial"`
	Changes  int64     `json:"changes"`
	LastLine string    `json:"last_line"` // checksum of the last journal line that is in it
	Endpoint string    `json:"endpoint"`
	MaskKey  string    `json:"mask_key"`
	Created  time.Time `json:"created"`
}

// field is a named JSON value.
type field struct {
	name  string
	value json.RawMessage
}

// writeSnapshot replaces the snapshot by the view and returns its checksum.
func writeSnapshot(d disk.FS, path string, v *view, lastLine string) (sum string, err error) {
	err = atomicfile.Write(d, path, 0o600, func(w io.Writer) error {
		sum, err = encodeSnapshot(w, v, lastLine)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("write state %s: %w", path, err)
	}
	return sum, nil
}

// encodeSnapshot writes the view as a snapshot and returns its checksum.
func encodeSnapshot(w io.Writer, v *view, lastLine string) (sum string, err error) {
	buffered := bufio.NewWriterSize(w, 1<<20)
	content := &snapshotWriter{out: buffered, sum: sha256.New()}
	content.header(v, lastLine)
	content.records(v.sorted())
	content.spends(v.order)
	elements(content, "approvals", v.approvals)
	elements(content, "balances", v.readings)
	elements(content, "interventions", v.interventions)
	if len(v.limits) > 0 {
		elements(content, "limits", v.limits)
	}
	sum = content.finish()
	if content.err != nil {
		return "", content.err
	}
	return sum, buffered.Flush()
}

// snapshotWriter writes indented JSON and remembers the first error.
type snapshotWriter struct {
	out     io.Writer
	sum     hash.Hash
	scratch bytes.Buffer
	err     error
}

func (w *snapshotWriter) header(v *view, lastLine string) {
	h := v.header
	known, err := encode(snapshotHeader{
		Format: snapshotFormat, Version: h.Version, Tool: h.Tool, Lineage: h.Lineage, Serial: h.Serial, Changes: h.Changes,
		LastLine: lastLine, Endpoint: h.Endpoint, MaskKey: h.MaskKey, Created: h.Created,
	})
	w.fail(err)
	w.write(bytes.TrimSuffix(w.indented(known, ""), []byte("\n}")))
	for _, f := range v.unknown {
		name, err := encode(f.name)
		w.fail(err)
		w.text(",\n  " + string(name) + ": ")
		w.write(w.indented(f.value, "  "))
	}
}

func (w *snapshotWriter) records(all []*stored) {
	w.text(",\n  \"records\": [")
	var o object // one for all: they are many
	for i, s := range all {
		raw := s.raw
		if raw == nil {
			o.out.Reset()
			o.record(s.record)
			raw = o.out.Bytes()
		}
		w.element(i, nil, raw)
	}
	w.fail(o.err)
	w.endList(len(all))
}

func (w *snapshotWriter) spends(all []*row) {
	w.text(",\n  \"spends\": [")
	for i, r := range all {
		w.element(i, r.spend(), r.raw())
	}
	w.endList(len(all))
}

func elements[T any](w *snapshotWriter, name string, all []kept[T]) {
	w.text(",\n  \"" + name + "\": [")
	for i, k := range all {
		w.element(i, k.value, k.raw)
	}
	w.endList(len(all))
}

// finish ends the content and adds its checksum, which covers all before it.
func (w *snapshotWriter) finish() string {
	sum := "sha256:" + hex.EncodeToString(w.sum.Sum(nil))
	w.text(checksumLead + sum + checksumEnd)
	return sum
}

const (
	checksumLead = ",\n  \"checksum\": \""
	checksumEnd  = "\"\n}\n"
	// sealedEnd is how many bytes the checksum and all around it have.
	sealedEnd = len(checksumLead) + len("sha256:") + 2*sha256.Size + len(checksumEnd)
)

// element writes a value, or the JSON it was read from if that says more.
func (w *snapshotWriter) element(i int, value any, raw json.RawMessage) {
	if raw == nil {
		var err error
		raw, err = encode(value)
		w.fail(err)
	}
	if i > 0 {
		w.text(",")
	}
	w.text("\n    ")
	if bytes.IndexByte(raw, '\n') >= 0 || depth(raw) > maxIndent { // it stood so in a snapshot, or is absurd
		w.write(raw)
		return
	}
	w.write(w.indented(raw, "    "))
}

func (w *snapshotWriter) endList(n int) {
	if n > 0 {
		w.text("\n  ")
	}
	w.text("]")
}

func (w *snapshotWriter) indented(raw json.RawMessage, prefix string) []byte {
	w.scratch.Reset()
	w.fail(json.Indent(&w.scratch, raw, prefix, "  "))
	return w.scratch.Bytes()
}

func (w *snapshotWriter) text(s string) { w.write([]byte(s)) }

func (w *snapshotWriter) write(b []byte) {
	if w.err != nil {
		return
	}
	w.sum.Write(b)
	_, w.err = w.out.Write(b)
}

func (w *snapshotWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// maxIndent is how deeply nested JSON is indented. Beyond it the spaces would be
// most of the file: they grow with the square of the depth.
const maxIndent = 100

// depth is how deeply valid JSON is nested.
func depth(raw []byte) int {
	deepest, now, inString := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}
