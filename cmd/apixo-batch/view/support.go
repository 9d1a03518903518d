package view

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"apixo-batch/runner"
	"apixo-batch/state"
)

// Support is what goes to APIXO's support.
type Support struct {
	Records  []state.Record
	Endpoint string // of the state
	// Simulated: the records are of a rehearsal, which APIXO knows nothing of.
	Simulated bool
	Version   string // of the program
}

// listURLs bounds the URLs of one result that are listed.
const listURLs = 10

// WriteSupport writes what APIXO's support asks for: of each record the task ID or
// that there is none, code, message, times in UTC, and the parameters as the state
// has them, with sensitive values masked and the queries of URLs cut out.
func WriteSupport(w io.Writer, s Support) error {
	out := bufio.NewWriter(w)
	if s.Simulated {
		fmt.Fprintln(out, "SIMULATED: nothing of this happened at APIXO, so there is nothing to send.")
	} else {
		fmt.Fprintln(out, "To: support@apixo.ai")
	}
	for _, r := range s.Records {
		fmt.Fprintln(out)
		reportWriter{out}.record(r, s)
	}
	return out.Flush()
}

// reportWriter writes lines of a report.
type reportWriter struct{ io.Writer }

// line writes what is known under a label, if anything is.
func (w reportWriter) line(label, text string) {
	if text != "" {
		fmt.Fprintf(w, "%-12s %s\n", label+":", CleanLine(runner.WithoutQueries(text)))
	}
}

func (w reportWriter) record(r state.Record, s Support) {
	w.line("Task ID", orNone(r.TaskID))
	w.line("Model", r.Request.Model)
	w.line("Status", strings.ReplaceAll(string(r.Status), "_", " "))
	w.outcome(r)
	w.line("Submitted", utc(r.SubmittedAt))
	w.line("Accepted", utc(r.AcceptedAt))
	w.line("Finished", utc(r.FinishedAt))
	w.result(r)
	w.line("Endpoint", s.Endpoint)
	w.line("Client", "apixo-batch "+s.Version)
	w.line("Instance", r.Address.String())
	for _, past := range r.Past {
		if past.Nonce != r.Nonce { // one that ended in a 5xx stands among the past ones too
			w.line("Earlier", earlier(past, r))
		}
	}
	fmt.Fprintf(w, "Parameters:\n%s\n", parameters(r.Request.Input))
}

// outcome writes what is wrong.
func (w reportWriter) outcome(r state.Record) {
	if f := r.Failure; f != nil {
		w.line("Reason", string(f.Reason))
		w.line("Code", orNone(f.Code))
		w.line("Message", orNone(f.Message))
	}
	switch {
	case r.Doubt != nil:
		w.line("Doubt", r.Doubt.Cause)
		w.line("HTTP status", number(r.Doubt.HTTPStatus))
	case r.Status == state.Submitting:
		w.line("Doubt", "no answer to the submit is recorded")
	}
}

// result writes when the task was worked on by APIXO's clock, and what it made.
func (w reportWriter) result(r state.Record) {
	if r.Result == nil {
		return
	}
	w.line("Created", utc(r.Result.CreatedAt))
	w.line("Completed", utc(r.Result.CompletedAt))
	for i, url := range r.Result.URLs {
		if i == listURLs {
			w.line("Result", fmt.Sprintf("and %d more", len(r.Result.URLs)-listURLs))
			break
		}
		w.line("Result", url)
	}
}

// earlier is a submit of the instance before its latest.
func earlier(past state.Past, r state.Record) string {
	parts := []string{"task ID " + orNone(past.TaskID), strings.ReplaceAll(string(past.Status), "_", " ")}
	if past.Fingerprint != r.Fingerprint {
		parts = append(parts, "with other parameters")
	}
	if at := utc(past.SubmittedAt); at != "" {
		parts = append(parts, "submitted "+at)
	}
	if at := utc(past.FinishedAt); at != "" {
		parts = append(parts, "finished "+at)
	}
	if past.Failure != nil {
		parts = append(parts, strings.TrimSpace("code "+orNone(past.Failure.Code)+" "+past.Failure.Message))
	}
	return strings.Join(parts, ", ")
}

// parameters indents the input, and makes each line safe to show and to send.
func parameters(input json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, runner.InputWithoutQueries(input), "  ", "  ") != nil {
		return "  " + CleanLine(string(input))
	}
	return "  " + cleanLines(b.String())
}

func orNone(s string) string {
	if s == "" {
		return runner.NoTaskID
	}
	return s
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
