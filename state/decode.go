package state

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"apixo-batch/spec/task"
)

// parser reads JSON that stands as object writes it, member by member and in its
// order, in a fraction of the time that encoding/json takes: a state has a record and
// a row of the ledger for each task. Whatever stands otherwise is odd, and left to
// encoding/json. So there is no second opinion on what a state may hold: what the
// parser reads is what encoding/json would have read.
type parser struct {
	rest   []byte
	inside bool // something of the object or list at hand was read
	odd    bool
	shared map[string]string // texts that many records have
	clear  []byte            // the last value without its escapes or indentation
}

func newParser() *parser { return &parser{shared: make(map[string]string)} }

// decode decodes one value, by read if that can. raw is the JSON if it has fields that
// this release does not know.
func decode[T any](p *parser, data []byte, read func(*parser, *T)) (value *T, raw json.RawMessage, err error) {
	if read != nil {
		value = new(T)
		p.rest, p.odd = data, false
		if read(p, value); !p.odd && len(p.rest) == 0 {
			return value, nil, nil
		}
	}
	if value = new(T); decodeKnown(data, value) {
		return value, nil, nil
	}
	value, raw = new(T), bytes.Clone(data)
	return value, raw, json.Unmarshal(raw, value)
}

// decodeKnown decodes one value, unless it has fields that this release does not know
// or there is something after it.
func decodeKnown(data []byte, value any) bool {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(value) == nil && decoder.InputOffset() == int64(len(data))
}

// take takes the next byte that is no space, if it is this one.
func (p *parser) take(c byte) bool {
	for i, next := range p.rest {
		if next == c {
			p.rest = p.rest[i+1:]
			return true
		}
		if !isSpace(next) {
			return false
		}
	}
	return false
}

func (p *parser) must(ok bool) {
	if !ok {
		p.odd = true
	}
}

func (p *parser) open(c byte) {
	p.must(p.take(c))
	p.inside = false
}

func (p *parser) close(c byte) {
	p.must(p.take(c))
	p.inside = true
}

// element tells whether the list at hand has another element, and goes there.
func (p *parser) element() bool {
	if p.odd || p.ends(']') {
		return false
	}
	p.must(!p.inside || p.take(','))
	p.inside = true
	return !p.odd
}

// ends tells whether the next byte that is no space is this one.
func (p *parser) ends(c byte) bool {
	before := p.rest
	found := p.take(c)
	p.rest = before
	return found
}

// member goes to the value of a member, if that comes next.
func (p *parser) member(name string) bool {
	before := p.rest
	if !p.odd && (!p.inside || p.take(',')) && p.take('"') && len(p.rest) > len(name) &&
		string(p.rest[:len(name)]) == name && p.rest[len(name)] == '"' {
		p.rest = p.rest[len(name)+1:]
		p.must(p.take(':'))
		p.inside = true
		return true
	}
	p.rest = before
	return false
}

// need is member for one that is always there.
func (p *parser) need(name string) { p.must(p.member(name)) }

// value takes a value, which need not be JSON. It is a part of the data.
func (p *parser) value() []byte {
	for len(p.rest) > 0 && isSpace(p.rest[0]) {
		p.rest = p.rest[1:]
	}
	n := valueEnd(p.rest)
	if n <= 0 {
		p.odd = true
		return nil
	}
	value := p.rest[:n]
	p.rest = p.rest[n:]
	return value
}

// quoted takes a text with its quotes and escapes.
func (p *parser) quoted() []byte {
	value := p.value()
	if len(value) < 2 || value[0] != '"' || !utf8.Valid(value) {
		p.odd = true
		return []byte(`""`)
	}
	for _, c := range value {
		if c < ' ' {
			p.odd = true
		}
	}
	return value
}

// chars takes a text. It is valid until the next call.
func (p *parser) chars() []byte {
	value := p.quoted()
	value = value[1 : len(value)-1]
	at := bytes.IndexByte(value, '\\')
	if at < 0 {
		return value
	}
	p.clear = append(p.clear[:0], value[:at]...)
	for i := at; i < len(value); i++ {
		if value[i] == '\\' {
			i++
			p.must(value[i] == '\\' || value[i] == '"')
		}
		p.clear = append(p.clear, value[i])
	}
	return p.clear
}

func (p *parser) text() string { return string(p.chars()) }

func (p *parser) textTo(s *string) { *s = p.text() }

// parseList takes a list, of one element most often.
func parseList[T any](p *parser, read func(*parser, *T)) []T {
	list := make([]T, 0, 1)
	p.open('[')
	for p.element() {
		var value T
		read(p, &value)
		list = append(list, value)
	}
	p.close(']')
	return list
}

// maxShared bounds the texts that are kept to be shared.
const maxShared = 1000

// sharedText is text for what many records have.
func (p *parser) sharedText() string {
	chars := p.chars()
	if s, known := p.shared[string(chars)]; known {
		return s
	}
	s := string(chars)
	if len(p.shared) < maxShared {
		p.shared[s] = s
	}
	return s
}

func (p *parser) address() (a task.Address) {
	p.must(a.UnmarshalText(p.chars()) == nil)
	return a
}

func (p *parser) time() (t time.Time) {
	p.must(t.UnmarshalJSON(p.quoted()) == nil)
	return t
}

// number takes a whole number without a sign.
func (p *parser) number() int64 {
	value := p.value()
	n, err := strconv.ParseInt(string(value), 10, 64)
	p.must(err == nil && (value[0] > '0' && value[0] <= '9' || n == 0 && len(value) == 1))
	return n
}

// count is number for what is an int, however wide that is.
func (p *parser) count() int {
	n := p.number()
	p.must(int64(int(n)) == n)
	return int(n)
}

func (p *parser) bool() bool {
	value := string(p.value())
	p.must(value == "true" || value == "false")
	return value == "true"
}

// json takes any JSON, without the indentation that it has in a snapshot.
func (p *parser) json() json.RawMessage {
	value := p.value()
	p.must(json.Valid(value))
	if !p.odd && bytes.IndexByte(value, '\n') >= 0 {
		p.clear = appendCompact(p.clear[:0], value)
		value = p.clear
	}
	return bytes.Clone(value)
}

// other leaves a value of any kind to encoding/json.
func (p *parser) other(value any) { p.must(decodeKnown(p.value(), value)) }
