package gallery

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"apixo-batch/spec/catalog"
	"apixo-batch/spec/task"
	"apixo-batch/state"
)

// Source is what a Report is made of.
type Source struct {
	Title     string // the configuration's path, as the user named it
	State     string // the state's path
	Contents  *state.Contents
	Simulated bool
	Running   bool   // a run holds the state
	Dir       string // the configuration's directory, which recorded paths count from
	Page      string // the directory that the page will be in; "" without a page
	// Axes names the axes of a task's matrix, as the configuration has them; nil for
	// those that it has not.
	Axes func(task string) []string
	// Next is what can be done about a record; "" for nothing.
	Next func(*state.Record) (why, command string)
	// Uncover takes out of a text what may not be shown around, such as signatures
	// of URLs.
	Uncover func(string) string
	Codes   *catalog.Catalog
	Now     time.Time
}

// Collect makes a Report. It reads the beginnings of the recorded files. An error
// means that they cannot be looked for at all, or not be shown from the page.
func Collect(src Source) (report *Report, err error) {
	shelf, err := openShelf(src.Dir, src.Page)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, shelf.close()) }()
	c := collector{Source: src, shelf: shelf, axes: axesOf(src.Contents.Records, src.Axes)}
	report = &Report{
		Title: line(src.Title), State: line(src.State), Endpoint: line(src.Contents.Header.Endpoint),
		Simulated: src.Simulated, Running: src.Running, Made: src.Now,
		Items: make([]Item, len(src.Contents.Records)), Runs: c.runs(), Committed: src.Contents.Committed(),
	}
	for i := range src.Contents.Records {
		report.Items[i] = c.item(&src.Contents.Records[i])
	}
	for _, name := range slices.Sorted(maps.Keys(c.axes)) {
		report.Tasks = append(report.Tasks, Task{line(name), visibleAll(c.axes[name].names)})
	}
	for _, spend := range src.Contents.Spends {
		report.Reserved += spend.Reserved()
		if !spend.Priced && spend.ReleasedAt.IsZero() {
			report.Unpriced++
		}
	}
	return report, nil
}

// collector makes items of records.
type collector struct {
	Source
	shelf *shelf
	axes  map[string]axes // by task
}

func (c *collector) item(rec *state.Record) Item {
	item := Item{
		Address: line(rec.Address.String()), Task: line(rec.Address.Name), Key: line(rec.Address.Key.Text()),
		Parts: visibleAll(c.axes[rec.Address.Name].parts(rec.Address.Key)), Model: line(rec.Request.Model),
		Attempt: rec.Attempt, Repeats: rec.Repeats, TaskID: line(rec.TaskID),
		Submitted: momentOf(rec.SubmittedAt), Accepted: momentOf(rec.AcceptedAt), Finished: momentOf(rec.FinishedAt),
		Files: c.files(rec.Artifacts), Trouble: c.trouble(rec),
	}
	item.Prompt, item.Input = c.input(rec.Request.Input)
	if mayHaveCost(rec) && rec.Priced {
		item.Cost, item.Micros = rec.Cost.String(), int64(rec.Cost)
	}
	item.Status = statusOf(rec, item.Files, c.Running)
	if item.Trouble == nil && item.Status == NotOnDisk {
		item.Trouble = &Trouble{Reason: "not on disk", Message: "it is paid for, and not all of its files are here"}
	}
	item.Why, item.Command = c.Next(rec)
	item.Why, item.Command = strings.TrimSuffix(line(item.Why), ":"), line(item.Command)
	for i := range rec.Past {
		item.Earlier = append(item.Earlier, c.earlier(&rec.Past[i]))
	}
	return item
}

// mayHaveCost reports whether a record's latest submit was, or may have been, paid.
func mayHaveCost(rec *state.Record) bool {
	return rec.TaskID != "" || rec.Status == state.InDoubt || rec.Status == state.Submitting
}

func (c *collector) files(artifacts []state.Artifact) []File {
	var files []File
	for _, a := range artifacts {
		files = append(files, c.shelf.look(a))
	}
	return files
}

// trouble is what is wrong with a record, nil if nothing is.
func (c *collector) trouble(rec *state.Record) *Trouble {
	switch f := rec.Failure; {
	case f != nil:
		return c.failure(f, rec.TaskID == "")
	case rec.Doubt != nil:
		return &Trouble{Reason: string(task.InDoubt), Message: c.said(rec.Doubt.Cause), Advice: c.advice("", string(task.InDoubt))}
	case rec.Status == state.Submitting && !c.Running:
		return &Trouble{Reason: string(task.InDoubt), Message: state.AbandonedCause, Advice: c.advice("", string(task.InDoubt))}
	}
	return nil
}

func (c *collector) failure(f *task.Failure, refused bool) *Trouble {
	t := &Trouble{Reason: line(string(f.Reason)), Code: line(f.Code), Message: c.said(f.Message)}
	if refused {
		row, _ := c.Codes.ExplainRefusal(f.Code, string(f.Reason))
		t.Advice = row.Action
	} else {
		t.Advice = c.advice(f.Code, string(f.Reason))
	}
	return t
}

func (c *collector) advice(code, reason string) string {
	row, _ := c.Codes.Explain(code, reason)
	return row.Action
}

func (c *collector) said(text string) string { return visible(c.Uncover(text)) }

func (c *collector) earlier(p *state.Past) Earlier {
	e := Earlier{
		TaskID: line(p.TaskID), Submitted: momentOf(p.SubmittedAt), Finished: momentOf(p.FinishedAt),
		Files: c.files(p.Artifacts), Text: strings.ReplaceAll(string(p.Status), "_", " "),
	}
	if p.Cost > 0 && p.Status != state.Pending {
		e.Cost = p.Cost.String()
	}
	switch {
	case p.Status == state.Pending:
		e.Text = "in doubt once, and settled as not charged"
	case p.Failure != nil:
		e.Text = "failed: " + line(p.Failure.Kind())
		if p.Failure.Message != "" {
			e.Text += ": " + line(c.Uncover(p.Failure.Message))
		}
	}
	return e
}

// masked is what stands in a state for a sensitive value.
var masked = regexp.MustCompile(`hmac-sha256:[0-9a-f]{64}`)

// input takes the prompt out of an input, and lists the rest.
func (c *collector) input(raw json.RawMessage) (prompt string, rest []Parameter) {
	var parameters map[string]json.RawMessage
	if json.Unmarshal(raw, &parameters) != nil {
		return "", []Parameter{{"input", visible(c.value(raw))}}
	}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		if value := c.value(parameters[name]); name == "prompt" {
			prompt = visibleUpTo(maxPrompt, value)
		} else {
			rest = append(rest, Parameter{line(name), visible(value)})
		}
	}
	return prompt, rest
}

// value is a text as it is, and anything else as JSON, without what is hidden.
func (c *collector) value(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	return masked.ReplaceAllLiteralString(c.Uncover(text), "(sensitive)")
}

func visibleAll(texts []string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, line(text))
	}
	return all
}
