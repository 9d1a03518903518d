package spec

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// decoders are those of tables, by the separator they cut rows at.
var decoders = map[string]rowsOf{"csv": decodeCSV, "tsv": decodeTSV, "jsonl": decodeJSONLines}

// FuzzTables holds the decoders to what follow-ups rely on: as many lines as
// rows, in order and inside the text, and errors that name a line of it.
func FuzzTables(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a\tb\r\n1\t\"2\r\n", "{\"a\":1}\n[2]\n", "a\n\"x\ny\"\nz\n", "\"", "a,a", "\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		count := strings.Count(text, "\n") + 1
		for name, decode := range decoders {
			value, rows, lines, err := decode(text)
			var wrong *rowError
			if errors.As(err, &wrong) && (wrong.line < 1 || wrong.line > count) {
				t.Errorf("%s: an error in line %d of %d: %v", name, wrong.line, count, err)
			}
			if err != nil {
				continue
			}
			if len(rows) != len(lines) || value.LengthInt() != len(rows) {
				t.Fatalf("%s: %d rows on %d lines in %#v", name, len(rows), len(lines), value)
			}
			last := 0
			for _, line := range lines {
				if line <= last || line > count {
					t.Fatalf("%s: lines %v of %d", name, lines, count)
				}
				last = line
			}
		}
	})
}

func TestTablesAreBounded(t *testing.T) {
	for limits, want := range map[tableLimits]string{
		{rows: 10, cells: 20}: "",
		{rows: 9, cells: 20}:  "line 11: the table has more than 9 rows",
		{rows: 10, cells: 19}: "line 11: the table has more than 10 rows or 19 cells",
	} {
		line := 0
		_, _, _, err := limits.decode(func() ([]string, int, error) {
			if line++; line > 11 {
				return nil, 0, io.EOF
			}
			return []string{"a", "b"}, line, nil
		})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %v, want %q", limits, err, want)
		}
	}
	for name, text := range map[string]string{
		"values": strings.Repeat("[,", maxValueNodes),
		"depth":  strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
	} {
		if _, _, _, err := decodeJSONLines(text); err == nil {
			t.Errorf("JSON lines, %s: not refused", name)
		}
	}
}

func TestErrorsOfTablesNameTheFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.csv", "\uFEFFid,p\r\n1,x\r\n2\r\n")
	write(t, dir, "b.tsv", "id\tid\n")
	write(t, dir, "c.jsonl", "{}\n{\n")
	context := functionContext(dir)
	for expr, want := range map[string]string{
		`csvdecode(file("a.csv"))`:     "a.csv:3: the row has 1 cells, the header 2",
		`csvdecode(file("./a.csv"))`:   "a.csv:3:",
		`tsvdecode(file("b.tsv"))`:     "b.tsv:1: duplicate column name",
		`jsonldecode(file("c.jsonl"))`: "c.jsonl:2: the line is not one JSON value",
		`csvdecode("id,p\n1")`:         "line 2: the row",
	} {
		if _, diags := parseExpr(t, expr).Value(context); !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: %v, want %q", expr, diags, want)
		}
	}
}

// hcl ends what a function says by a full stop.
func TestErrorsOfTablesEndInOneStop(t *testing.T) {
	context := functionContext(t.TempDir())
	for expr, want := range map[string]string{
		`csvdecode("id,p\n1")`:                                 "the row has 1 cells, the header 2: ",
		`csvdecode("` + strings.Repeat(",", maxColumns) + `")`: "columns, more than",
	} {
		_, diags := parseExpr(t, expr).Value(context)
		if text := diags.Error(); !strings.Contains(text, want) || strings.Contains(text, "?.") || strings.Contains(text, "..") {
			t.Errorf("%.40s: %s", expr, text)
		}
	}
}

func TestRowsAreFoundByWhatIsInThem(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.csv", "id,p\n1,x\n\"2\n\",y\n1,x\n")
	write(t, dir, "b.tsv", "id\n7\n")
	write(t, dir, "c.jsonl", "{\"n\": 1}\n\n{\"n\": 1, \"m\": [2]}\n5\n")
	files := newFileReader(dir)
	table := functions(dir, files)
	decoded := func(function, file string) cty.Value {
		text, err := table["file"].Call([]cty.Value{cty.StringVal(file)})
		if err != nil {
			t.Fatal(err)
		}
		value, err := table[function].Call([]cty.Value{text})
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	decoded("csvdecode", "a.csv")
	decoded("tsvdecode", "b.tsv")
	decoded("jsonldecode", "c.jsonl")
	object := func(pairs ...any) cty.Value {
		values := make(map[string]cty.Value)
		for n := 0; n < len(pairs); n += 2 {
			values[pairs[n].(string)] = pairs[n+1].(cty.Value)
		}
		return cty.ObjectVal(values)
	}
	text := cty.StringVal
	for name, c := range map[string]struct {
		value cty.Value
		want  string
	}{
		"row":               {object("id", text("2\n"), "p", text("y")), "[a.csv:3]"},
		"equal rows":        {object("id", text("1"), "p", text("x")), "[a.csv:2 a.csv:5]"},
		"with more":         {object("id", text("2\n"), "p", text("y"), "z", cty.True), "[a.csv:3]"},
		"sensitive":         {object("id", text("7").Mark(sensitiveMark)), "[b.tsv:2]"},
		"exact before more": {object("n", cty.NumberIntVal(1)), "[c.jsonl:1]"},
		"list in it":        {object("n", cty.NumberIntVal(1), "m", cty.TupleVal([]cty.Value{cty.NumberIntVal(2)})), "[c.jsonl:3]"},
		"another":           {object("id", text("1"), "p", text("z")), "[]"},
		"too little":        {object("p", text("y")), "[]"},
		"unknown":           {object("id", text("1"), "p", cty.UnknownVal(cty.String)), "[]"},
		"text":              {text("7"), "[]"},
		"nothing":           {cty.NilVal, "[]"},
		"null":              {cty.NullVal(cty.EmptyObject), "[]"},
	} {
		if got := fmt.Sprint(files.tables.find(c.value)); got != c.want {
			t.Errorf("%s is found at %s, want %s", name, got, c.want)
		}
	}
}
