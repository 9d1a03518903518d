package spec

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// tables remembers where the rows of the tables stand that csvdecode, tsvdecode
// and jsonldecode read from files, so that what is wrong with a row can be said
// of its line. Values carry nothing of this: a row is recognised by what is in
// it, so it is also found within an object that has more. It may be used
// concurrently.
type tables struct {
	dir string

	mu      sync.Mutex
	names   map[textSum]string // the files read, relative to dir, by their text
	decoded map[textSum]*table
}

type textSum [sha256.Size]byte

// table is one decoded text. It is decoded anew when its rows are first needed, after an
// error: they would be most of what a large batch holds.
type table struct {
	file   string
	text   string
	decode rowsOf

	once   sync.Once
	rows   []cty.Value
	lines  []int         // on which each row begins, from 1
	shapes [][]string    // the names of the rows' columns
	index  map[int][]int // rows by their hash
}

func newTables(dir string) *tables {
	return &tables{dir: dir, names: make(map[textSum]string), decoded: make(map[textSum]*table)}
}

// noteFile remembers which file a text came from.
func (t *tables) noteFile(text, file string) {
	sum := sha256.Sum256([]byte(text))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names[sum] = file
}

// fileOf is the file that the text is all of, "" if there is none.
func (t *tables) fileOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.names[sum]
}

// noteTable remembers a text with rows that came from a file, and how it is decoded.
func (t *tables) noteTable(text string, decode rowsOf) {
	file := t.fileOf(text)
	if file == "" {
		return
	}
	sum := sha256.Sum256([]byte(text))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.decoded[sum] = &table{file: file, text: text, decode: decode}
}

// rowPlace is the line that a row of a file begins on.
type rowPlace struct {
	table *table
	line  int
}

func (p rowPlace) String() string { return fmt.Sprintf("%s:%d", p.table.file, p.line) }

// find lists the rows that v is, or has all columns of, in the order of files
// and lines.
func (t *tables) find(v cty.Value) []rowPlace {
	if v == cty.NilVal {
		return nil
	}
	v, _ = v.UnmarkDeep()
	if !v.IsWhollyKnown() || v.IsNull() || !v.Type().IsObjectType() {
		return nil
	}
	t.mu.Lock()
	all := make([]*table, 0, len(t.decoded))
	for _, decoded := range t.decoded {
		all = append(all, decoded)
	}
	t.mu.Unlock()
	var exact, within []rowPlace
	for _, decoded := range all {
		for _, shape := range decoded.shapesOf() {
			places := decoded.find(v, shape)
			if len(shape) == len(v.Type().AttributeTypes()) {
				exact = append(exact, places...)
			} else {
				within = append(within, places...)
			}
		}
	}
	if len(exact) == 0 {
		exact = within
	}
	slices.SortFunc(exact, func(a, b rowPlace) int {
		if a.table != b.table {
			return strings.Compare(a.table.file, b.table.file)
		}
		return a.line - b.line
	})
	return exact
}

// maxShapes bounds the different sets of columns that rows are looked up by:
// only the lines of a jsonl file can differ.
const maxShapes = 20

// shapesOf indexes the rows when they are first needed: after an error.
func (t *table) shapesOf() [][]string {
	t.once.Do(func() {
		_, t.rows, t.lines, _ = t.decode(t.text) // which it was before, without an error
		t.index = make(map[int][]int, len(t.rows))
		seen := make(map[string]bool)
		for n, row := range t.rows {
			if !row.Type().IsObjectType() || row.IsNull() || row.LengthInt() == 0 {
				continue
			}
			hash := row.Hash()
			t.index[hash] = append(t.index[hash], n)
			shape := sortedKeys(row.Type().AttributeTypes())
			if name := strings.Join(shape, "\x00"); !seen[name] && len(t.shapes) < maxShapes {
				seen[name] = true
				t.shapes = append(t.shapes, shape)
			}
		}
	})
	return t.shapes
}

// find looks for the part of v that has the columns of shape.
func (t *table) find(v cty.Value, shape []string) []rowPlace {
	part := make(map[string]cty.Value, len(shape))
	for _, column := range shape {
		if !v.Type().HasAttribute(column) {
			return nil
		}
		part[column] = v.GetAttr(column)
	}
	wanted := cty.ObjectVal(part)
	var places []rowPlace
	for _, n := range t.index[wanted.Hash()] {
		if t.rows[n].RawEquals(wanted) {
			places = append(places, rowPlace{t, t.lines[n]})
		}
	}
	return places
}

// source is the row's line as a place that diagnostics can show, and the file
// to show it from.
func (t *tables) source(p rowPlace) (hcl.Range, *hcl.File) {
	start := 0
	for range p.line - 1 {
		start += strings.IndexByte(p.table.text[start:], '\n') + 1
	}
	end := len(p.table.text)
	if length := strings.IndexByte(p.table.text[start:], '\n'); length >= 0 {
		end = start + length
	}
	line := strings.TrimSuffix(p.table.text[start:end], "\r")
	return hcl.Range{
		Filename: filepath.Join(t.dir, filepath.FromSlash(p.table.file)),
		Start:    hcl.Pos{Line: p.line, Column: 1, Byte: start},
		End:      hcl.Pos{Line: p.line, Column: len([]rune(line)) + 1, Byte: start + len(line)},
	}, &hcl.File{Bytes: []byte(p.table.text)}
}
