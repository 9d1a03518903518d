package state

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"apixo-batch/spec/task"
)

// snapshot is a snapshot as read.
type snapshot struct {
	view     *view
	lastLine string // checksum of the last journal line that is in it
	sum      string // its own checksum
}

// readSnapshot reads and checks the whole snapshot; nil if there is none.
func readSnapshot(paths Paths) (*snapshot, error) {
	file, err := os.Open(paths.Snapshot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	defer file.Close()
	buffered := bufio.NewReaderSize(file, 64<<10)
	if err := checkSnapshotFormat(paths, buffered); err != nil {
		return nil, err
	}
	r := newSealedReader(buffered)
	s, err := decodeSnapshot(r)
	switch {
	case r.err != nil:
		return nil, fmt.Errorf("read state: %w", r.err)
	case err != nil:
		return nil, &CorruptError{Path: paths.Snapshot, Problem: err.Error(), Advice: adviceBackup(paths)}
	}
	return s, nil
}

// checkSnapshotFormat looks at the first bytes of a snapshot, and at all of a file
// in which they do not tell what it is.
func checkSnapshotFormat(paths Paths, r *bufio.Reader) error {
	head, err := r.Peek(4 << 10)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("read state: %w", err)
	case len(head) == 0:
		return &CorruptError{Path: paths.Snapshot, Problem: "the file is empty", Advice: adviceBackup(paths)}
	case checkFormat(paths.Snapshot, snapshotFormat, head) == nil:
		return nil
	}
	data, err := os.ReadFile(paths.Snapshot)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	return checkFormat(paths.Snapshot, snapshotFormat, data)
}

// adviceBackup says how to go on when the snapshot cannot be used.
func adviceBackup(paths Paths) string {
	if _, err := os.Stat(paths.Backup); err != nil {
		return adviceFile
	}
	return fmt.Sprintf("%s. The snapshot before it is %s, which lacks the last run: with it, what that run paid for may be paid again", adviceFile, paths.Backup)
}

// parseSnapshot reads and checks a snapshot that is in memory.
func parseSnapshot(data []byte) (*snapshot, error) {
	return decodeSnapshot(newSealedReader(bytes.NewReader(data)))
}

// decodeSnapshot reads a snapshot to its end. Nothing of it is handed on before its
// checksum is found to be right.
func decodeSnapshot(r *sealedReader) (*snapshot, error) {
	s := &snapshot{view: newView(Header{})}
	decodeErr := s.decode(r)
	sum, err := r.checksum()
	if err != nil {
		return nil, err
	}
	if decodeErr != nil {
		return nil, decodeErr
	}
	s.sum = sum
	return s, nil
}

func (s *snapshot) decode(r *sealedReader) error {
	var h snapshotHeader
	p := newParser()
	if !r.take('{') {
		return errors.New("it is not a JSON object")
	}
	for n := 0; ; n++ {
		if more, err := r.item(n, '}'); err != nil {
			return err
		} else if !more {
			break
		}
		if err := s.decodeField(r, p, &h); err != nil {
			return err
		}
	}
	s.lastLine = h.LastLine
	s.view.header.Version, s.view.header.Tool, s.view.header.Lineage = h.Version, h.Tool, h.Lineage
	s.view.header.Serial, s.view.header.Changes = h.Serial, h.Changes
	s.view.header.Endpoint, s.view.header.MaskKey, s.view.header.Created = h.Endpoint, h.MaskKey, h.Created
	if h.Lineage == "" || h.Serial < 1 || h.Changes < 0 {
		return errors.New("its header is incomplete")
	}
	return nil
}

func (s *snapshot) decodeField(r *sealedReader, p *parser, h *snapshotHeader) error {
	name, err := r.name()
	if err != nil {
		return err
	}
	switch name {
	case "records":
		return list(r, p, (*parser).record, s.view.load)
	case "spends":
		return list(r, p, (*parser).spend, s.view.loadSpend)
	case "approvals":
		return list(r, p, nil, s.view.loadApproval)
	case "balances":
		return list(r, p, nil, s.view.loadReading)
	case "interventions":
		return list(r, p, nil, s.view.loadIntervention)
	case "limits":
		return list(r, p, nil, s.view.loadLimit)
	}
	value, err := r.value()
	if err != nil {
		return err
	}
	targets := map[string]any{
		"format": &h.Format, "version": &h.Version, "tool": &h.Tool, "lineage": &h.Lineage, "serial": &h.Serial,
		"changes": &h.Changes, "last_line": &h.LastLine, "endpoint": &h.Endpoint, "mask_key": &h.MaskKey, "created": &h.Created,
		"checksum": new(string),
	}
	if target, known := targets[name]; known {
		return json.Unmarshal(value, target)
	}
	f := field{name: name}
	err = json.Unmarshal(value, &f.value)
	s.view.unknown = append(s.view.unknown, f)
	return err
}

// list decodes an array one by one; see decode.
func list[T any](r *sealedReader, p *parser, read func(*parser, *T), each func(*T, json.RawMessage) error) error {
	if !r.take('[') {
		return errors.New("a list is expected")
	}
	for n := 0; ; n++ {
		more, err := r.item(n, ']')
		if err != nil || !more {
			return err
		}
		data, err := r.value()
		if err != nil {
			return err
		}
		value, raw, err := decode(p, data, read)
		if err != nil {
			return err
		}
		if err := each(value, raw); err != nil {
			return err
		}
	}
}

func (v *view) load(r *Record, raw json.RawMessage) error {
	if err := checkRecord(*r, ""); err != nil {
		return err
	}
	if v.records[r.Address] != nil {
		return fmt.Errorf("record %s is twice in it", r.Address)
	}
	compactRecord(r)
	v.records[r.Address] = &stored{record: r, raw: raw}
	return nil
}

func (v *view) loadSpend(s *Spend, raw json.RawMessage) error {
	if err := checkEntry(Entry{Kind: Reserve, Nonce: s.Nonce, Address: s.Address, Cost: s.Cost}, v.spends[s.Nonce] != nil); err != nil {
		return err
	}
	if r := v.records[s.Address]; r != nil { // its submit, most often: the texts are the same
		s.Address = r.record.Address
		s.Nonce, s.TaskID = shared(s.Nonce, r.record.Nonce), shared(s.TaskID, r.record.TaskID)
	}
	v.add(*s, raw)
	return nil
}

// shared is the other of two texts where they are equal: one needs not be kept then.
func shared(text, other string) string {
	if text == other {
		return other
	}
	return text
}

func (v *view) loadApproval(a *Approval, raw json.RawMessage) error {
	if err := v.checkApproval(*a); err != nil {
		return err
	}
	v.approvals = append(v.approvals, kept[Approval]{*a, raw})
	return nil
}

func (v *view) loadReading(r *Reading, raw json.RawMessage) error {
	v.readings = append(v.readings, kept[Reading]{*r, raw})
	return nil
}

func (v *view) loadIntervention(i *Intervention, raw json.RawMessage) error {
	v.interventions = append(v.interventions, kept[Intervention]{*i, raw})
	return nil
}

// compactRecord undoes the indentation of the JSON that a record keeps as it
// was received: requests are compared byte by byte.
func compactRecord(r *Record) {
	compact(&r.Request.Input)
	compactResult(r.Result)
	for i := range r.Past {
		compact(&r.Past[i].Request.Input)
		compactResult(r.Past[i].Result)
	}
}

func compactResult(r *task.Result) {
	if r != nil {
		compact(&r.Raw)
	}
}

// compact removes the space between the tokens of JSON that was decoded, and is
// thus known to be valid.
func compact(raw *json.RawMessage) {
	if bytes.IndexByte(*raw, '\n') >= 0 {
		*raw = bytes.Clone(appendCompact(nil, *raw)) // without the room of the space
	}
}

// appendCompact appends valid JSON without the space between its tokens.
func appendCompact(to, raw []byte) []byte {
	to = slices.Grow(to, len(raw))
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			to = append(to, c)
			i++
		case c == '"':
			inString = !inString
		case !inString && isSpace(c):
			continue
		}
		to = append(to, raw[i])
	}
	return to
}
