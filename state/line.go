package state

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"apixo-batch/spec/task"
)

// castagnoli is CRC-32C, which processors compute in hardware.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A journal line is one JSON object whose last field is the checksum of all
// bytes before it: {"n":12,...,"p":"9f3a01bc","c":"51d0c0de"}
const sealLength = len(`,"c":"00000000"}`)

// seal closes an object that is still open: it adds the checksum, the brace and
// the newline.
func seal(open []byte) (line []byte, sum string) {
	sum = checksum(open)
	open = append(open, `,"c":"`...)
	open = append(open, sum...)
	return append(open, '"', '}', '\n'), sum
}

// unseal returns the checksum of a line (without its newline) if it holds.
func unseal(line []byte) (sum string, ok bool) {
	if len(line) < sealLength {
		return "", false
	}
	body, tail := line[:len(line)-sealLength], line[len(line)-sealLength:]
	sum = checksum(body)
	return sum, string(tail) == `,"c":"`+sum+`"}`
}

func checksum(b []byte) string {
	var sum [4]byte
	return hex.EncodeToString(appendUint32(sum[:0], crc32.Checksum(b, castagnoli)))
}

func appendUint32(b []byte, v uint32) []byte {
	return append(b, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// journalHeader is a journal's first line. It names the snapshot that the
// journal continues; Serial 0 is the empty state, whose header it then holds.
type journalHeader struct {
	Format   string    `json:"format"`
	Version  int       `json:"version"`
	Tool     string    `json:"tool"`
	Lineage  string    `json:"lineage"`
	Serial   int64     `json:"serial"`
	Changes  int64     `json:"changes"`
	Snapshot string    `json:"snapshot,omitempty"` // its checksum
	MaskKey  string    `json:"mask_key,omitempty"` // with Serial 0 only
	Created  time.Time `json:"created"`            // the state, not the journal
}

// journalLine is a line after the first: what one write made durable. That is
// one Change, and Also those which were committed together with it. Since a
// write is a line, a power loss that leaves any parts of an unfinished write
// damages no line but the last.
type journalLine struct {
	N int64     `json:"n"` // of the first change; counts them over the state's whole life
	T time.Time `json:"t"`
	lineChange
	Also []lineChange `json:"also"`
	P    string       `json:"p"` // the checksum of the line before: a chain
	C    string       `json:"c"` // the checksum of this one
}

// lineChange is a Change as it stands in a line.
type lineChange struct {
	Op          string         `json:"op"`
	Put         []Record       `json:"put,omitempty"`
	Remove      []task.Address `json:"remove,omitempty"`
	Money       []Entry        `json:"money,omitempty"`
	Approve     *Approval      `json:"approve,omitempty"`
	Balance     *Reading       `json:"balance,omitempty"`
	Limits      []Limit        `json:"limits,omitempty"`
	Intervene   *Intervention  `json:"intervene,omitempty"`
	UnlessNamed []string       `json:"-"` // what is written was accepted
	Endpoint    string         `json:"endpoint,omitempty"`
}

// changes are those of the line, in order.
func (l *journalLine) changes() []Change {
	all := []Change{Change(l.lineChange)}
	for _, c := range l.Also {
		all = append(all, Change(c))
	}
	return all
}

// encodeHeader makes a journal's first line.
func encodeHeader(h journalHeader) (line []byte, sum string, err error) {
	open, err := encode(h)
	if err != nil {
		return nil, "", err
	}
	line, sum = seal(open[:len(open)-1])
	return line, sum, nil
}

// encodeBody makes the part of a line that does not depend on its place. What
// cannot be read back, such as a result nested too deeply for encoding/json, is
// refused here, where it does no harm yet.
func encodeBody(c Change) ([]byte, error) {
	object, err := encodeChange(c)
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", c.Op, err)
	}
	if len(object) > maxNesting && depth(object)+2 > maxNesting { // as deep as in "also"
		return nil, fmt.Errorf("record %s: the change is nested too deeply to be read back", c.Op)
	}
	return object[1 : len(object)-1], nil
}

// maxNesting is how deeply nested JSON may be for encoding/json to read it.
const maxNesting = 10_000

// appendLine appends the line of changes that are committed together, to an empty slice.
func appendLine(to []byte, n int64, at time.Time, bodies [][]byte, previous string) (line []byte, sum string) {
	size := 128 // what stands around the bodies
	for _, body := range bodies {
		size += len(body) + len("},{")
	}
	b := fmt.Appendf(slices.Grow(to, size), `{"n":%d,"t":"%s",`, n, at.UTC().Format(time.RFC3339Nano))
	b = append(b, bodies[0]...)
	for i, body := range bodies[1:] {
		b = append(b, []string{`,"also":[{`, "},{"}[min(i, 1)]...)
		b = append(b, body...)
	}
	if len(bodies) > 1 {
		b = append(b, "}]"...)
	}
	return seal(fmt.Appendf(b, `,"p":"%s"`, previous))
}

// encode is compact JSON without HTML escapes, so that URLs stay readable.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
