package task

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Address names one instance: task.hero, task.shot[3], task.shot["night"].
// It is comparable, so it can be a map key. The zero Address names nothing.
type Address struct {
	Name string // the label of the task block, an HCL identifier
	Key  Key
}

// Key tells the instances of one task block apart. The zero Key is that of a
// block without for_each, count or matrix. Keys are comparable.
type Key struct {
	kind  keyKind
	text  string
	index int
}

type keyKind uint8

const (
	noKey keyKind = iota
	indexKey
	textKey
)

// IndexKey is the key of an instance made by count.
func IndexKey(i int) Key { return Key{kind: indexKey, index: i} }

// TextKey is the key of an instance made by for_each or matrix.
func TextKey(s string) Key { return Key{kind: textKey, text: s} }

// IsZero reports whether the block has a single, unkeyed instance.
func (k Key) IsZero() bool { return k.kind == noKey }

// Index returns the number of a count key.
func (k Key) Index() (int, bool) { return k.index, k.kind == indexKey }

// Text returns the key as plain text: "night", "3", or "" for no key.
func (k Key) Text() string {
	if k.kind == indexKey {
		return strconv.Itoa(k.index)
	}
	return k.text
}

// String returns the address as users write it. Quotes, backslashes, control
// characters and template openers in a key are escaped, so the text is safe to
// print and ParseAddress gives the same address back.
func (a Address) String() string {
	switch a.Key.kind {
	case indexKey:
		return "task." + a.Name + "[" + strconv.Itoa(a.Key.index) + "]"
	case textKey:
		return "task." + a.Name + "[" + quoteKey(a.Key.text) + "]"
	default:
		return "task." + a.Name
	}
}

// Block returns the address of the task block: "task.hero".
func (a Address) Block() string { return "task." + a.Name }

// MarshalText makes an Address usable as a JSON string and object key.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText accepts what MarshalText writes.
func (a *Address) UnmarshalText(text []byte) error {
	parsed, err := ParseAddress(string(text))
	if err == nil {
		*a = parsed
	}
	return err
}

// Compare orders addresses by name, then by key: none, numbers in their own
// order, texts by bytes.
func (a Address) Compare(b Address) int {
	return cmp.Or(
		strings.Compare(a.Name, b.Name),
		cmp.Compare(a.Key.kind, b.Key.kind),
		cmp.Compare(a.Key.index, b.Key.index),
		strings.Compare(a.Key.text, b.Key.text),
	)
}

// ParseAddress reads an address as String writes it.
func ParseAddress(s string) (Address, error) {
	rest, ok := strings.CutPrefix(s, "task.")
	if strings.HasPrefix(s, "module.") {
		return Address{}, fmt.Errorf("address %q is in a module, and there are no modules; an address looks like task.hero or task.hero[\"cat\"]", s)
	}
	if !ok {
		return Address{}, fmt.Errorf("address %q does not start with \"task.\"; an address looks like task.hero or task.hero[\"cat\"]", s)
	}
	name, key, keyed := strings.Cut(rest, "[")
	if !validName(name) {
		return Address{}, fmt.Errorf("address %q: %q is not the name of a task", s, name)
	}
	if !keyed {
		return Address{Name: name}, nil
	}
	key, ok = strings.CutSuffix(key, "]")
	if !ok {
		return Address{}, fmt.Errorf("address %q: the key is not closed with ]", s)
	}
	parsed, err := parseKey(key)
	if err != nil {
		return Address{}, fmt.Errorf("address %q: %w", s, err)
	}
	return Address{Name: name, Key: parsed}, nil
}

func parseKey(s string) (Key, error) {
	if !strings.HasPrefix(s, `"`) {
		i, err := strconv.Atoi(s)
		if err != nil || i < 0 || strconv.Itoa(i) != s {
			return Key{}, fmt.Errorf("key %s is neither a number nor a quoted text (in a shell, put the address in single quotes)", s)
		}
		return IndexKey(i), nil
	}
	if text, closed := strings.CutSuffix(s[1:], `"`); closed && isPlain(text) {
		return TextKey(text), nil
	}
	var text string
	if err := json.Unmarshal([]byte(s), &text); err != nil {
		return Key{}, fmt.Errorf("key %s is not a quoted text", s)
	}
	return TextKey(unescapeTemplate.Replace(text)), nil
}

// A key is written as an HCL string: JSON's escapes, and doubled template
// openers, since "${" in HCL would begin an interpolation.
var (
	escapeTemplate   = strings.NewReplacer("${", "$${", "%{", "%%{")
	unescapeTemplate = strings.NewReplacer("$${", "${", "%%{", "%{")
)

// isPlain reports whether a text stands in quotes as it is, as most keys do.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '$' || c == '%' {
			return false
		}
	}
	return true
}

func quoteKey(s string) string {
	if isPlain(s) {
		return `"` + s + `"`
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range escapeTemplate.Replace(s) {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == utf8.RuneError || !unicode.IsPrint(r):
			writeEscaped(&b, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func writeEscaped(b *strings.Builder, r rune) {
	if r > 0xFFFF { // JSON has only 16-bit escapes: a surrogate pair
		r -= 0x10000
		fmt.Fprintf(b, `\u%04x\u%04x`, 0xD800+(r>>10), 0xDC00+(r&0x3FF))
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}

func validName(s string) bool {
	for i, r := range s {
		letter := r == '_' || unicode.IsLetter(r)
		if !letter && (i == 0 || r != '-' && !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}
