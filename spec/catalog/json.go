package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Error is what is wrong with a catalog file, and where.
type Error struct {
	Line    int    // from 1; 0 if it is about the file as a whole
	Pointer string // to the value, as in RFC 6901; "" for the file as a whole
	Problem string // with the value
}

// Error implements error.
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return e.Problem
	case e.Pointer == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
	default:
		return fmt.Sprintf("line %d, %s: %s", e.Line, e.Pointer, e.Problem)
	}
}

// MaxBytes is the size of the largest catalog that is read.
const MaxBytes = 16 << 20

const (
	maxDepth = 16
	maxNodes = 1_000_000
)

// node is a JSON value that knows where it stands.
type node struct {
	pointer string
	line    int
	value   any // nil, bool, string, json.Number, []*node or []member
}

type member struct {
	name string
	*node
}

// tree reads JSON into nodes.
type tree struct {
	data    []byte
	decoder *json.Decoder
	nodes   int
	line    int   // that of offset
	offset  int64 // up to which lines are counted
}

// parseJSON reads one JSON value and nothing behind it. An object that has a
// name twice is an error, since one of the two would be lost.
func parseJSON(data []byte) (*node, error) {
	if len(data) > MaxBytes {
		return nil, &Error{Problem: fmt.Sprintf("it is larger than %d MiB", MaxBytes>>20)}
	}
	t := &tree{data: data, decoder: json.NewDecoder(bytes.NewReader(data)), line: 1}
	t.decoder.UseNumber()
	root, err := t.read("", 0)
	if err != nil {
		return nil, err
	}
	if _, err := t.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &Error{Line: t.at(), Problem: "there is something after the end of the object"}
	}
	return root, nil
}

// at is the line that the decoder has come to.
func (t *tree) at() int {
	to := min(t.decoder.InputOffset(), int64(len(t.data)))
	t.line += bytes.Count(t.data[t.offset:to], []byte("\n"))
	t.offset = to
	return t.line
}

func (t *tree) token(pointer string) (json.Token, error) {
	token, err := t.decoder.Token()
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return token, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &Error{Line: t.at(), Pointer: pointer, Problem: "the file ends in the middle"}
	case errors.As(err, &syntax):
		return nil, &Error{Line: t.at(), Pointer: pointer, Problem: "it is no JSON here: " + syntax.Error()}
	default:
		return nil, &Error{Line: t.at(), Pointer: pointer, Problem: err.Error()}
	}
}

func (t *tree) read(pointer string, depth int) (*node, error) {
	token, err := t.token(pointer)
	if err != nil {
		return nil, err
	}
	n := &node{pointer: pointer, line: t.at(), value: token}
	if t.nodes++; t.nodes > maxNodes || depth > maxDepth {
		return nil, n.wrong("it holds too much, or nests too deeply, for a catalog")
	}
	switch token {
	case json.Delim('['):
		n.value, err = t.list(pointer, depth)
	case json.Delim('{'):
		n.value, err = t.object(pointer, depth)
	}
	return n, err
}

func (t *tree) list(pointer string, depth int) (elements []*node, err error) {
	for t.decoder.More() {
		element, err := t.read(pointer+"/"+strconv.Itoa(len(elements)), depth+1)
		if err != nil {
			return nil, err
		}
		elements = append(elements, element)
	}
	_, err = t.token(pointer)
	return elements, err
}

func (t *tree) object(pointer string, depth int) (members []member, err error) {
	seen := make(map[string]bool)
	for t.decoder.More() {
		token, err := t.token(pointer)
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the decoder allows nothing else
		value, err := t.read(pointer+"/"+escapePointer.Replace(name), depth+1)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, value.wrong("it is there twice")
		}
		seen[name] = true
		members = append(members, member{name, value})
	}
	_, err = t.token(pointer)
	return members, err
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

// wrong makes an error about the node.
func (n *node) wrong(format string, args ...any) *Error {
	return &Error{Line: n.line, Pointer: n.pointer, Problem: fmt.Sprintf(format, args...)}
}

// plain is a scalar as encoding/json decodes it into an any.
func (n *node) plain() (value any, scalar bool) {
	switch v := n.value.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case string, bool:
		return v, true
	default:
		return nil, false
	}
}

// show is the node for a message.
func (n *node) show() string {
	switch v := n.value.(type) {
	case []*node:
		return "a list"
	case []member:
		return "an object"
	default:
		return show(v)
	}
}
