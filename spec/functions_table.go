package spec

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// tableLimits bound a table.
type tableLimits struct{ rows, cells int }

var maxTable = tableLimits{rows: 1_000_000, cells: maxValueNodes}

// maxColumns is that of spreadsheets.
const maxColumns = 16_384

// tableFunctions decode tables and note where each row stands. A byte order
// mark at the beginning is dropped, and lines may end in CR LF, as spreadsheets
// write both.
func tableFunctions(known *tables) map[string]function.Function {
	return map[string]function.Function{
		"csvdecode":   tableFunction(known, decodeCSV),
		"tsvdecode":   tableFunction(known, decodeTSV),
		"jsonldecode": tableFunction(known, decodeJSONLines),
	}
}

// rowsOf is what a decoder makes of a text: the value, and the line that each
// of its rows begins on.
type rowsOf func(text string) (table cty.Value, rows []cty.Value, lines []int, err error)

// rowError is about one line of a table.
type rowError struct {
	line int
	err  error
}

func (e *rowError) Error() string { return fmt.Sprintf("line %d: %v", e.line, e.err) }
func (e *rowError) Unwrap() error { return e.err }

func rowErrorf(line int, format string, args ...any) error {
	return &rowError{line, fmt.Errorf(format, args...)}
}

func tableFunction(known *tables, decode rowsOf) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "str", Type: cty.String}},
		Type:   function.StaticReturnType(cty.DynamicPseudoType), // that of the columns
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text := args[0].AsString()
			value, rows, _, err := decode(text)
			if err == nil && len(rows) > 0 {
				known.noteTable(text, decode)
			}
			if err == nil {
				return value, nil
			}
			var row *rowError
			if file := known.fileOf(text); file != "" && errors.As(err, &row) {
				err = fmt.Errorf("%s:%d: %w", file, row.line, row.err)
			}
			return cty.NilVal, function.NewArgError(0, err)
		},
	})
}

const byteOrderMark = "\uFEFF"

// decodeCSV reads comma-separated values (RFC 4180) with a header line, as
// Terraform's csvdecode does. Empty lines are skipped.
func decodeCSV(text string) (cty.Value, []cty.Value, []int, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, byteOrderMark)))
	r.FieldsPerRecord = -1 // decode counts them, and says more
	r.ReuseRecord = true
	return maxTable.decode(func() ([]string, int, error) {
		cells, err := r.Read()
		var wrong *csv.ParseError
		switch {
		case errors.As(err, &wrong):
			return nil, 0, rowErrorf(wrong.Line, "%w", wrong.Err)
		case err != nil:
			return nil, 0, err
		}
		line, _ := r.FieldPos(0)
		return cells, line, nil
	})
}

// decodeTSV reads tab-separated values with a header line: a tab ends a cell
// and a line end a row, and nothing else has a meaning, quotes neither (IANA's
// text/tab-separated-values). Empty lines are skipped.
func decodeTSV(text string) (cty.Value, []cty.Value, []int, error) {
	text = strings.TrimPrefix(text, byteOrderMark)
	line := 0
	return maxTable.decode(func() ([]string, int, error) {
		for text != "" {
			row, rest, _ := strings.Cut(text, "\n")
			text = rest
			line++
			if row = strings.TrimSuffix(row, "\r"); row != "" {
				return strings.Split(row, "\t"), line, nil
			}
		}
		return nil, 0, io.EOF
	})
}

// decode makes a list of objects from rows of cells, of which the first names
// the columns. next gives io.EOF after the last.
func (l tableLimits) decode(next func() ([]string, int, error)) (cty.Value, []cty.Value, []int, error) {
	names, line, err := next()
	if errors.Is(err, io.EOF) {
		return cty.NilVal, nil, nil, errors.New("missing header line; the first line names the columns")
	}
	if err != nil {
		return cty.NilVal, nil, nil, err
	}
	header, row, err := columns(names, line)
	if err != nil {
		return cty.NilVal, nil, nil, err
	}
	var rows []cty.Value
	var lines []int
	for {
		cells, line, err := next()
		switch {
		case errors.Is(err, io.EOF) && len(rows) == 0:
			return cty.ListValEmpty(row), nil, nil, nil
		case errors.Is(err, io.EOF):
			list := cty.ListVal(rows)
			return list, list.AsValueSlice(), lines, nil // these share one type; each of rows has its own
		case err != nil:
			return cty.NilVal, nil, nil, err
		case len(cells) != len(header):
			return cty.NilVal, nil, nil, rowErrorf(line, "the row has %d cells, the header %d: a cell that holds the separator is not quoted, or one is missing at the end", len(cells), len(header))
		case len(rows) >= l.rows, (len(rows)+1)*len(header) > l.cells:
			return cty.NilVal, nil, nil, rowErrorf(line, "the table has more than %d rows or %d cells; split it", l.rows, l.cells)
		}
		values := make(map[string]cty.Value, len(header))
		for n, cell := range cells {
			values[header[n]] = cty.StringVal(cell)
		}
		rows = append(rows, cty.ObjectVal(values))
		lines = append(lines, line)
	}
}

// columns checks a header line and gives the names and the type of the rows.
func columns(names []string, line int) (header []string, row cty.Type, err error) {
	if len(names) > maxColumns {
		return nil, cty.NilType, rowErrorf(line, "the table has %d columns, more than %d: perhaps a line break is missing", len(names), maxColumns)
	}
	header = make([]string, len(names))
	types := make(map[string]cty.Type, len(names))
	first := make(map[string]int, len(names))
	for n, name := range names {
		name = cty.NormalizeString(name)
		if at, ok := first[name]; ok {
			return nil, cty.NilType, rowErrorf(line, "duplicate column name %q, of the columns %d and %d; each needs its own", clip(name, 60), at, n+1)
		}
		first[name] = n + 1
		header[n], types[name] = name, cty.String
	}
	return header, cty.Object(types), nil
}

// decodeJSONLines reads one JSON value from each line that is not empty.
func decodeJSONLines(text string) (cty.Value, []cty.Value, []int, error) {
	text = strings.TrimPrefix(text, byteOrderMark)
	if n := mayHoldNodes(text); n > maxValueNodes {
		return cty.NilVal, nil, nil, fmt.Errorf("it holds up to %d values, more than %d; split it", n, maxValueNodes)
	}
	var rows []cty.Value
	var lines []int
	for line := 1; text != ""; line++ {
		row, rest, _ := strings.Cut(text, "\n")
		text = rest
		if row = strings.TrimSpace(row); row == "" {
			continue
		}
		value, err := decodeJSON([]byte(row))
		if err != nil {
			return cty.NilVal, nil, nil, rowErrorf(line, "%w", err)
		}
		rows = append(rows, value)
		lines = append(lines, line)
	}
	return cty.TupleVal(rows), rows, lines, nil
}

// decodeJSON gives what jsondecode gives.
func decodeJSON(raw []byte) (cty.Value, error) {
	if _, err := checkJSON(raw); err != nil {
		return cty.NilVal, err
	}
	var whole json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		return cty.NilVal, fmt.Errorf("the line is not one JSON value: %w", err)
	}
	t, err := ctyjson.ImpliedType(raw)
	if err != nil {
		return cty.NilVal, err
	}
	value, err := ctyjson.Unmarshal(raw, t)
	if err == nil {
		err = near(value)
	}
	return value, err
}

// mayHoldNodes is an upper bound of the values in JSON lines.
func mayHoldNodes(text string) int {
	n := 1
	for _, b := range []byte(text) {
		switch b {
		case ',', '[', '{', '\n':
			n++
		}
	}
	return n
}
