package gallery

import (
	"encoding/csv"
	"io"
	"regexp"
	"strconv"
	"strings"

	"apixo-batch/spec/task"
)

// CSVHead is the first line of what WriteCSV writes.
const CSVHead = "address,task,key,model,status,attempts,task_id,cost_usd,submitted,accepted,finished,seconds," +
	"reason,code,message,what_to_do,files,files_with_problems,prompt"

// WriteCSV writes a line for each instance, with the latest of its tasks. Times are
// in UTC, seconds those from acceptance to end, and a cost that nobody knows is empty.
func WriteCSV(w io.Writer, r *Report) error {
	out := csv.NewWriter(w)
	_ = out.Write(strings.Split(CSVHead, ",")) // see Error
	for i := range r.Items {
		_ = out.Write(csvRow(&r.Items[i]))
	}
	out.Flush()
	return out.Error()
}

func csvRow(i *Item) []string {
	seconds, cost := "", ""
	if s, ok := i.Seconds(); ok {
		seconds = strconv.FormatFloat(s, 'f', -1, 64)
	}
	if i.Cost != "" {
		cost = task.Cost(i.Micros).Decimal()
	}
	trouble := Trouble{}
	if i.Trouble != nil {
		trouble = *i.Trouble
	}
	paths, problems := i.paths()
	row := []string{i.Address, "task." + i.Task, i.Key, i.Model, string(i.Status), strconv.Itoa(i.Attempt), i.TaskID, cost,
		i.Submitted.String(), i.Accepted.String(), i.Finished.String(), seconds,
		trouble.Reason, trouble.Code, trouble.Message, trouble.Advice,
		strings.Join(paths, "; "), strings.Join(problems, "; "), i.Prompt}
	for n, text := range row {
		row[n] = csvCell(text)
	}
	return row
}

// paths are those of the item's files, and what is wrong with which.
func (i *Item) paths() (paths, problems []string) {
	for _, f := range i.Files {
		paths = append(paths, f.Path)
		if f.Problem != "" {
			problems = append(problems, f.Path+": "+f.Problem)
		}
	}
	return paths, problems
}

// csvCell makes a text safe for a spreadsheet, which carries out what looks like a
// formula: at its beginning, and wherever a spreadsheet that splits lines at
// semicolons or tabs would begin a cell.
func csvCell(text string) string { return formula.ReplaceAllString(text, "$1'$2") }

var formula = regexp.MustCompile(`((?:^|[;\t\n])[\p{Z}\t\n]*)([-=+@＝＋－＠])`)
